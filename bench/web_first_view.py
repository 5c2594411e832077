# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first view of a page by somebody who was never there: bytes as they travel, and when its largest part is painted,
in Chromium with its processor slowed four times."""

import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote_plus

from measure import progress, spread
from web_questions import questions
from web_server import Served, served

CHROMIUM: Final = "/usr/bin/chromium"
_ARGS: Final = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
SLOWER: Final = 4
ROUNDS: Final = 5
_SETTLED_MS: Final = 1_500
#: Pictures of the archive's things; those of the page itself count.
_ARTWORK: Final = "/picture/"
_TARGETS: Final = {"bytes": 150_000, "largest_paint_ms": 1_000}
_WATCH: Final = """window.painted = 0;
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.painted = entry.startTime; })
  .observe({type: "largest-contentful-paint", buffered: true});"""


def measure(archive: Path, seconds: int) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright

    with served(archive) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGS))
        pages = {name: _page(browser, server, path) for name, path in _paths(archive).items()}
        browser.close()
    return {"targets": _TARGETS, "slower": SLOWER, "rounds": ROUNDS, "pages": pages}


def _paths(archive: Path) -> dict[str, str]:
    from onrecord.archive.reading import open_reader

    question = next(questions(archive))
    sounding = open_reader(archive).recent(1)
    return {
        "home": "/",
        "search": f"/search?q={quote_plus(question.text.split()[0])}",
        "recording": f"/recording/{question.recording}",
        "recording with sound": f"/recording/{sounding[0].id if sounding else question.recording}",
    }


def _page(browser: Any, server: Served, path: str) -> dict[str, Any]:
    progress(path)
    views = [_view(browser, server.address + path) for _ in range(ROUNDS)]
    return {
        "path": path,
        "bytes": max(size for size, _, _ in views),
        "requests": views[0][2],
        "largest_paint_ms": spread(painted for _, painted, _ in views),
    }


def _view(browser: Any, address: str) -> tuple[int, float, int]:
    """Bytes over the wire with headers and without artwork, when the largest part was painted, requests."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(_WATCH)
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    asked: dict[str, str] = {}
    sizes: dict[str, int] = {}
    devtools.on("Network.requestWillBeSent", lambda it: asked.update({it["requestId"]: it["request"]["url"]}))
    devtools.on(
        "Network.loadingFinished", lambda it: sizes.update({it["requestId"]: int(it["encodedDataLength"])})
    )
    page.goto(address, wait_until="load")
    page.wait_for_timeout(_SETTLED_MS)
    painted = float(page.evaluate("window.painted"))
    deadline = time.monotonic() + 5
    while not painted and time.monotonic() < deadline:
        page.wait_for_timeout(100)
        painted = float(page.evaluate("window.painted"))
    context.close()
    counted = [size for id, size in sizes.items() if _ARTWORK not in asked.get(id, "")]
    return sum(counted), painted, len(counted)
