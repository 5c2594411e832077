# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The browser that tests use, and what axe says of a page in it."""

from pathlib import Path
from typing import Any

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


def faults_of(page: Any) -> list[tuple[str, str]]:
    """What axe finds wrong with a page: the rule, and the first element that breaks it."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(f"axe.run({{resultTypes: ['violations'], runOnly: {STANDARDS}}})")
    return [(fault["id"], fault["nodes"][0]["html"]) for fault in found["violations"]]
