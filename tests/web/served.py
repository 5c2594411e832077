# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An archive's page on a port of loopback, for clients that nobody here wrote."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onrecord.archive.reading import open_reader
from onrecord.web.serve import prepare
from onrecord.web.site import site_of


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of the page of the archive in a folder, which ends with a slash."""
    ready: list[str] = []
    told = threading.Event()

    def tell(address: str) -> None:
        ready.append(address)
        told.set()

    server = prepare(open_reader(folder), "127.0.0.1", 0, tell, site=site_of(folder))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        assert told.wait(20)
        yield ready[0]
    finally:
        server.should_exit = True
        thread.join(20)
