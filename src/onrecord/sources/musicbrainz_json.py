# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""MusicBrainz as JSON: web-service answers and dump lines, from a file or a folder. Core data only, which is CC0.

Tags, genres, ratings and annotations stand in the same answers under CC BY-NC-SA 3.0; they are kept with the record
and never become claims.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple

import msgspec

from onrecord.engine import plugins
from onrecord.errors import RecordRejected, UsageError
from onrecord.model import identifiers
from onrecord.model.records import Claims, Page, Record, Terms
from onrecord.sources import folder, json_texts, musicbrainz_claims, strict_json

_PAGE_RECORDS: Final = 500
_PAGE_BYTES: Final = 4 * 1024 * 1024
_LISTS: Final = {"releases": "release", "recordings": "recording", "artists": "artist"}
#: Keys that only one kind of MusicBrainz object has. A track has a `recording`, which no recording has.
_RELEASE_KEYS: Final = frozenset(
    {"media", "release-events", "text-representation", "label-info", "packaging"}
)
_RECORDING_KEYS: Final = frozenset({"length", "isrcs", "video"})


class MusicBrainzJson:
    """Releases, recordings and artists, as `/ws/2` answers and as the JSON dumps hold them.

    An object with the key `onrecord:origin` was not written by MusicBrainz: its identifiers are not claimed as MBIDs.
    """

    name = "musicbrainz-json"
    terms: ClassVar[Terms] = Terms(
        state="unread",
        license="CC0-1.0",
        summary=(
            "Core data is CC0. Tags, genres, ratings and annotations are CC BY-NC-SA 3.0 and are not claimed. "
            "Live replication packets are CC BY-NC-SA 3.0 and are not read."
        ),
        redistribute=True,
        address="https://musicbrainz.org/doc/About/Data_License",
    )

    def __init__(self, location: Path, settings: Mapping[str, str]) -> None:
        self.name = plugins.settings(type(self).name, settings, {"name": type(self).name})["name"]
        self._location = location

    def pages(self, cursor: str = "") -> Iterator[Page]:
        start, offset, lines = _parsed(cursor)
        page = _Page(cursor)
        for member in folder.members(self._location):
            if member.parts < folder.place(start):
                continue
            if member.refused:
                page.rejected.append((member.name, member.refused))
                continue
            resumed = (offset, lines) if member.name == start else (0, 0)
            for text in json_texts.texts(member.path, *resumed):
                self._read(text, f"{member.name}:{text.line}", page)
                page.cursor = msgspec.json.encode((member.name, text.offset, text.lines)).decode()
                if page.full():
                    yield page.cut()
        if page.records or page.rejected:
            yield page.cut()

    def claims(self, record: Record) -> Claims:
        if record.deleted:
            return Claims()
        return musicbrainz_claims.claims(self.name, record.kind, record.payload)

    def _read(self, text: json_texts.Text, where: str, page: "_Page") -> None:
        if text.wrong:
            page.rejected.append((where, text.wrong))
            return
        try:
            found = _objects(text.data)
        except RecordRejected as reason:
            page.rejected.append((where, reason.message))
            return
        for item in found:
            try:
                page.add(self._record(item))
            except RecordRejected as reason:
                page.rejected.append((where + item.place, reason.message))

    def _record(self, item: "_Object") -> Record:
        id = item.value.get("id") if isinstance(item.value, dict) else None
        if not isinstance(id, str) or not identifiers.mbid(id):
            raise RecordRejected(f"expected an object with a UUID as `id`, got {str(id)[:60]!r}")
        musicbrainz_claims.claims(self.name, item.kind, item.raw)
        return Record(self.name, item.kind, identifiers.mbid(id), "application/json", item.raw)


class _Page:
    """The page that is being filled; its cursor is the last text that went in."""

    def __init__(self, cursor: str) -> None:
        self.cursor = cursor
        self.records: list[Record] = []
        self.rejected: list[tuple[str, str]] = []
        self._bytes = 0

    def add(self, record: Record) -> None:
        self.records.append(record)
        self._bytes += len(record.payload)

    def full(self) -> bool:
        return len(self.records) + len(self.rejected) >= _PAGE_RECORDS or self._bytes >= _PAGE_BYTES

    def cut(self) -> Page:
        page = Page(tuple(self.records), self.cursor, tuple(self.rejected))
        self.records, self.rejected, self._bytes = [], [], 0
        return page


def _parsed(cursor: str) -> tuple[str, int, int]:
    if not cursor:
        return "", 0, 0
    try:
        return msgspec.json.decode(cursor, type=tuple[str, int, int])
    except msgspec.MsgspecError as error:
        raise UsageError(
            f"expected the cursor of an earlier page, got {cursor[:100]!r}", hint="harvest from the start"
        ) from error


class _Object(NamedTuple):
    """An object in a text: the text itself, or an element of a list answer; `raw` is its bytes as they stand there."""

    kind: str
    value: Any
    raw: bytes
    place: str = ""


def _objects(data: bytes) -> list[_Object]:
    value = strict_json.read(data)
    if not isinstance(value, dict):
        raise RecordRejected(f"expected an object, got {type(value).__name__}")
    lists = [key for key in _LISTS if isinstance(value.get(key), list)]
    if "id" in value or not lists:
        return [_Object(_kind(value), value, data)]
    raw = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    return [
        _Object(_LISTS[key], value[key][at], bytes(element), f"#{key}[{at}]")
        for key in lists
        for at, element in enumerate(msgspec.json.decode(raw[key], type=list[msgspec.Raw]))
    ]


def _kind(value: dict[str, Any]) -> str:
    if "error" in value:
        raise RecordRejected(f"an error answer, not a record: {str(value['error'])[:200]!r}")
    if "recording" not in value:
        if _RELEASE_KEYS & value.keys():
            return "release"
        if _RECORDING_KEYS & value.keys():
            return "recording"
        if "sort-name" in value and "life-span" in value:
            return "artist"
    keys = ", ".join(sorted(value)[:8])
    raise RecordRejected(
        f"expected a release, a recording or an artist, got an object with the keys: {keys}"[:300]
    )
