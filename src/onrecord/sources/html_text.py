# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a piece of HTML, as plain text. What is not text (scripts, styles, attributes) is left out."""

from html.parser import HTMLParser
from typing import Final

#: Longer pieces are cut: a name or a title is short, and a parser's time must be bounded.
LONGEST: Final = 20_000
_SILENT: Final = frozenset({"script", "style", "template", "noscript"})
_BREAKS: Final = frozenset({"br", "p", "div", "li", "td", "tr", "dd", "dt"})


def html_text(html: str) -> str:
    """One line of text. Nothing of it is markup any more; it is still text from outside."""
    html = html[:LONGEST]
    if "<" not in html and "&" not in html:
        return " ".join(html.split())
    words = _Words()
    words.feed(html)
    words.close()
    return " ".join("".join(words.parts).split())


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag in _BREAKS:
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT and self._silent > 0
        if tag in _BREAKS:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)
