# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The monthly dumps of Discogs: releases, masters, artists and labels as XML, packed or not. They are CC0."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar, Final

from onrecord.engine import plugins
from onrecord.errors import RecordRejected
from onrecord.model.records import Claims, Page, Record, Terms, Whole
from onrecord.sources import discogs_claims, discogs_records, full_dumps
from onrecord.sources.discogs_records import Cut
from onrecord.sources.paging import Filling, Place, unread

_KINDS: Final = ("release", "master", "artist", "label")
#: The name under which Discogs publishes a dump. Each month's holds everything.
_PUBLISHED: Final = re.compile(r"discogs_(?P<day>\d{8})_(?P<kind>release|master|artist|label)s\.xml(?:\.gz)?")


class Discogs:
    """A dump's file, or a folder of them. A record's payload is its element's bytes, from start tag to end tag.

    What a file holds, its root says. A dump is read as it streams by and cannot be sought in: going on behind a cursor
    unpacks again what was read before. Answers of the Discogs API are under other terms and are not read.
    """

    name = "discogs"
    terms: ClassVar[Terms] = Terms(
        state="unread",
        license="CC0-1.0",
        summary="The monthly data dumps are CC0. Images and parts of the API's answers are not, and are not read.",
        redistribute=True,
        address="https://data.discogs.com/",
    )

    def __init__(self, location: Path, settings: Mapping[str, str]) -> None:
        self.name = plugins.settings(type(self).name, settings, {"name": type(self).name})["name"]
        self._location = location

    def pages(self, cursor: str = "") -> Iterator[Page]:
        page = Filling(cursor)
        for file in unread(self._location, Place.of(cursor), page):
            for cut in discogs_records.cut(file.part.stream, file.behind.offset, file.behind.count):
                self._read(cut, f"{file.name}#{cut.number}", page)
                page.cursor = file.place(cut.offset, cut.number).cursor
                if page.full():
                    yield page.cut()
        yield from page.rest()

    def whole(self) -> Whole | None:
        """A dump that has its published name; one that is cut off has a rejection, and is none."""
        return full_dumps.named_full(self._location, _PUBLISHED, lambda name: name["kind"])

    def claims(self, record: Record) -> Claims:
        if record.deleted:
            return Claims()
        if record.kind not in _KINDS:
            raise RecordRejected(f"expected one of {', '.join(_KINDS)}, got the kind {record.kind[:60]!r}")
        return discogs_claims.claims(
            self.name, record.kind, discogs_records.parsed(record.kind, record.payload)
        )

    def _read(self, cut: Cut, where: str, page: Filling) -> None:
        if cut.wrong:
            page.reject(where, cut.wrong)
            return
        try:
            page.add(self._record(cut.kind, cut.data))
        except RecordRejected as reason:
            page.reject(where, reason.message)
            # A record that lacks its end takes the next one with it; records start on a line of their own.
            behind = [
                found.start() + 1 for found in re.finditer(rb"\n<%b[\s>]" % cut.kind.encode(), cut.data)
            ]
            if behind:
                self._read(cut._replace(data=cut.data[behind[-1] :]), f"{where} (behind it)", page)

    def _record(self, kind: str, data: bytes) -> Record:
        id = discogs_claims.id_of(kind, discogs_records.parsed(kind, data))
        if not id:
            raise RecordRejected(f"expected a {kind} with a number as its id")
        return Record(self.name, kind, id, "application/xml", data)
