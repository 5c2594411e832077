# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps of ListenBrainz: the canonical metadata of MusicBrainz, and which recordings were listened to."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar, Final

import msgspec
from msgspec import Struct

from onrecord.engine import plugins
from onrecord.errors import RecordRejected
from onrecord.model import identifiers
from onrecord.model.records import Claims, Page, Record, Terms, TrackClaim, Whole
from onrecord.sources import full_dumps, listenbrainz_canonical, listenbrainz_listens
from onrecord.sources.codes import Codes
from onrecord.sources.listenbrainz_listens import Listen
from onrecord.sources.paging import Filling, Place, Unread, unread

#: A recording stands once a page: large pages repeat the popular ones less often.
_PAGE_RECORDS: Final = 5_000
_LISTENED: Final = "listened-recording"
#: Names of dumps that hold everything; incremental ones have names of their own.
_PUBLISHED: Final = re.compile(
    r"(?:(?P<canonical>musicbrainz-canonical-dump)|listenbrainz-(?:listens|spark)-dump-\d+)"
    r"-(?P<day>\d{8}-\d{6})(?(canonical)|-full)\.tar(?:\.zst|\.xz)?"
)
_ABOUT: Final = frozenset(
    {"COPYING", "TIMESTAMP", "START_TIMESTAMP", "END_TIMESTAMP", "SCHEMA_SEQUENCE", "README"}
)


class ListenBrainz:
    """A dump's file (`.tar.zst`, `.tar.xz`, `.tar`), what was unpacked from it, or a folder of these.

    Of the canonical metadata each row is a record (`listenbrainz_canonical`). Of listens no record is kept, for each is
    somebody's: a record is made of each recording that occurs on a page, without who, when and how often, and only
    where ListenBrainz itself found the recording in MusicBrainz. What listeners typed claims nothing.
    `listenbrainz_listens.listens` reads the plays themselves.
    """

    name = "listenbrainz"
    terms: ClassVar[Terms] = Terms(
        state="read",
        license="CC0-1.0",
        summary=(
            "The dumps of listens and of canonical metadata are CC0. Dumps of listens name listeners: their names are "
            "not read. Listens that people delete stay in incremental dumps."
        ),
        redistribute=True,
        address=(
            "https://github.com/metabrainz/metabrainz.org/blob/2a8e235fb074a85ad6bb1d86e505958965a7f824"
            "/metabrainz/templates/index/datasets/postgres-dumps.html"
        ),
        day=dt.date(2026, 11, 28),
        digest="382819b6e18bb7e0770082838bfe2346fa44b8a32ee15ce3c24ccc786ffb624a",
    )

    def __init__(self, location: Path, settings: Mapping[str, str]) -> None:
        self.name = plugins.settings(type(self).name, settings, {"name": type(self).name})["name"]
        self._location = location

    def pages(self, cursor: str = "") -> Iterator[Page]:
        page = Filling(cursor, _PAGE_RECORDS)
        for file in unread(self._location, Place.of(cursor), page):
            last = file.name.rsplit("/", 1)[-1]
            if last in _ABOUT:
                continue
            if ".csv" in last:
                steps = self._canonical(file, page)
            elif any(map(listenbrainz_listens.holds_listens, (last, last.rpartition(".")[0]))):
                steps = self._listened(file, page)
            else:
                page.reject(file.name, "not read: expected canonical metadata (.csv) or listens")
                continue
            for place in steps:
                page.cursor = place.cursor
                if page.full():
                    yield page.cut()
        yield from page.rest()

    def whole(self) -> Whole | None:
        """A dump that still is as it was published, under its name."""
        return full_dumps.named_full(
            self._location, _PUBLISHED, lambda name: "recording" if name["canonical"] else _LISTENED
        )

    def claims(self, record: Record) -> Claims:
        if record.deleted:
            return Claims()
        if record.kind == "recording":
            return listenbrainz_canonical.claims(self.name, record.payload)
        if record.kind == _LISTENED:
            return _listened_claims(self.name, record.payload)
        raise RecordRejected(f"expected a recording or a {_LISTENED}, got the kind {record.kind[:60]!r}")

    def _canonical(self, file: Unread, page: Filling) -> Iterator[Place]:
        for row in listenbrainz_canonical.rows(file):
            where = f"{file.name}:{row.line}"
            if row.wrong:
                page.reject(where, row.wrong)
            else:
                try:
                    fields = listenbrainz_canonical.fields(row.payload)
                    mbid = identifiers.mbid(fields["recording_mbid"])
                    page.add(Record(self.name, "recording", mbid, "text/csv", row.payload))
                except RecordRejected as reason:
                    page.reject(where, reason.message)
            yield row.behind

    def _listened(self, file: Unread, page: Filling) -> Iterator[Place]:
        on_page: set[str] = set()
        for heard in listenbrainz_listens.read(file):
            for unreadable in heard.unreadable:
                page.reject(*unreadable)
            unmapped = sum(not listen.mapped for listen in heard.listens)
            if unmapped:
                page.pass_over(
                    "listens name no recording that ListenBrainz found, and claim nothing", unmapped
                )
            for listen in heard.listens:
                if listen.mapped and listen.recording_mbid not in on_page:
                    on_page.add(listen.recording_mbid)
                    page.add(self._record(listen))
            if page.full():
                on_page = (
                    set()
                )  # the next page knows nothing of this one, or a cursor would not go on exactly
            yield heard.behind

    def _record(self, listen: Listen) -> Record:
        said = _Listened(
            recording_mbid=listen.recording_mbid,
            recording_name=listen.title,
            artist_name=listen.artist,
            artist_mbids=listen.artist_mbids,
            release_mbid=listen.release_mbid,
            release_name=listen.release,
        )
        payload = msgspec.json.encode(said)
        return Record(self.name, _LISTENED, listen.recording_mbid, "application/json", payload)


class _Listened(Struct, frozen=True, forbid_unknown_fields=True):
    """A recording that somebody listened to, by the field names of the dumps."""

    recording_mbid: str
    recording_name: str
    artist_name: str
    artist_mbids: tuple[str, ...] = ()
    release_mbid: str = ""
    release_name: str = ""


def _listened_claims(source: str, payload: bytes) -> Claims:
    try:
        said = msgspec.json.decode(payload, type=_Listened)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RecordRejected(f"not a recording that was listened to: {error}") from error
    id, codes = f"listened/{said.recording_mbid}", Codes()
    track = TrackClaim(
        source=source,
        id=id,  # the canonical row of the same recording stays beside it
        title=said.recording_name,
        artist=said.artist_name,
        artist_id=codes.code(id, "mbid", said.artist_mbids[:1]),
        release=said.release_name,
        release_id=codes.code(id, "mbid", [said.release_mbid]),
        mbid=codes.code(id, "mbid", [said.recording_mbid]),
    )
    return Claims(tracks=(track,), odd=codes.odd)
