# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The browser that tests use, and what axe says of a page in it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from onrecord.web.reader import Reader
from onrecord.web.serve import prepare
from onrecord.web.site import Site

CHROMIUM = "/usr/bin/chromium"
ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def faults_of(page: Any, only: Sequence[str] = STANDARDS) -> list[tuple[str, str]]:
    """What axe finds wrong with a page, by these standards or rules: the rule, and the first element that breaks it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(f"axe.run({{resultTypes: ['violations'], runOnly: {list(only)}}})")
    return [(fault["id"], fault["nodes"][0]["html"]) for fault in found["violations"]]


_WATCH = """window.broken = [];
document.addEventListener("securitypolicyviolation", (event) => window.broken.push(event.violatedDirective));"""


@contextmanager
def served(archive: Reader, site: Site | None = None) -> Iterator[str]:
    """The address of an archive's page, in a thread of this process."""
    ready: list[str] = []
    told = threading.Event()

    def tell(address: str) -> None:
        ready.append(address)
        told.set()

    server = prepare(archive, "127.0.0.1", 0, tell, site=site)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert told.wait(20)
    yield ready[0].rstrip("/")
    server.should_exit = True
    thread.join(20)


def _is_wrong(message: Any) -> bool:
    """A page that refuses is noted by the browser as what could not be loaded; whoever went there looks at that."""
    refused = "Failed to load resource" in message.text and message.location["url"] == message.page.url
    return message.type == "error" and not refused


@contextmanager
def watched(chromium: Any, site: str) -> Iterator[Callable[..., Any]]:
    """Opens pages that fail the test if the console complains, the policy is broken or another host is asked."""
    pages, complaints = [], []

    def open_page(path: str, width: int = 1440, scheme: str = "light", script: bool = True) -> Any:
        context = chromium.new_context(
            base_url=site,
            viewport={"width": width, "height": 844},
            color_scheme=scheme,
            java_script_enabled=script,
        )
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.add_init_script(_WATCH)
        page.on("console", lambda message: complaints.append(message.text) if _is_wrong(message) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith((site, "data:")) else complaints.append(request.url)
            ),
        )
        page.goto(path)
        pages.append((page, script))
        return page

    yield open_page
    for page, script in pages:
        broken = page.evaluate("window.broken") if script else []
        page.context.close()
        assert broken == []
    assert complaints == []
