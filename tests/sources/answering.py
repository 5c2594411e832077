# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service for tests of live sources: it answers what a function says, remembers what it was asked, and can fail."""

import json
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from onrecord.errors import SourceFailed
from onrecord.model.records import Answer

MADE = Path(__file__).parents[1] / "data" / "sources"
SHARED = Path(__file__).parents[3] / "shared" / "data"


class Service:
    """`answer(path, parameters)` gives a value, or bytes, or raises. It is what `Fetch` is to a connector."""

    def __init__(self, answer):
        self._answer = answer
        self.asked = []

    def __call__(self, address, *, accept="*/*", record=""):
        parts = urlsplit(address)
        assert parts.scheme == "https"
        parameters = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.asked.append((parts.path, parameters))
        value = self._answer(parts.path, parameters)
        if value is None:
            raise SourceFailed(f"{address}: answered 503")
        content = value if isinstance(value, bytes) else json.dumps(value).encode()
        return Answer(address, "application/json", content)


def harvest(source, cursor=""):
    """Records, rejections by place, and pages of a location."""
    pages = list(source.pages(cursor))
    return (
        [r for page in pages for r in page.records],
        dict(r for page in pages for r in page.rejected),
        pages,
    )


def ids(pages):
    return [record.id for page in pages for record in page.records]


def goes_on_exactly(make, answer, query=""):
    """From the cursor of each page, a live run gives what an uninterrupted one gives."""
    whole = list(make().live(Service(answer), query))
    for at, page in enumerate(whole):
        rest = list(make().live(Service(answer), query, page.cursor))
        assert ids(rest) == ids(whole[at + 1 :]), f"page {at}"
    return whole
