# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from collections.abc import Callable, Iterator

import pytest

from tests.net.serving import Script, Server


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    servers: list[Server] = []

    def start(*scripts: Script, robots: Script | None = None) -> Server:
        servers.append(Server(*scripts, robots=robots))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
