# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files to begin with: they call what is there, and set what the page believes of a proxy."""

import json
import re
import shlex
from pathlib import Path

from tests.test_docs import understood

DEPLOY = Path(__file__).parents[3] / "deploy"


def test_unit_and_image_start_what_there_is() -> None:
    unit = (DEPLOY / "onrecord.service").read_text("utf-8")
    [started] = re.findall(r"^ExecStart=\S+/onrecord (.*)$", unit, re.MULTILINE)
    image = (DEPLOY / "Containerfile").read_text("utf-8")
    [entry] = re.findall(r"^ENTRYPOINT (\[.*\])$", image, re.MULTILINE)
    [words] = re.findall(r"^CMD (\[.*\])$", image, re.MULTILINE)
    for line in (shlex.split(started), json.loads(entry)[1:] + json.loads(words)):
        assert "serve" in line
        understood(line)


def test_proxies_say_what_is_believed_and_keep_the_counters_inside() -> None:
    nginx, caddy = ((DEPLOY / name).read_text("utf-8") for name in ("nginx.conf", "Caddyfile"))
    for header in ("Host $host", "X-Forwarded-For $remote_addr", "X-Forwarded-Proto $scheme"):
        assert f"proxy_set_header {header};" in nginx
    assert re.search(r"location = /metrics \{\s+return 404;", nginx) and "respond /metrics 404" in caddy
    assert "trusted_proxies" in nginx and "trusted_proxies" in caddy
