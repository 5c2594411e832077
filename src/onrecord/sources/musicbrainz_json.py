# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""MusicBrainz as JSON: web-service answers and the dumps as published, a file or a folder. Core data is CC0.

Tags, genres, ratings and annotations stand in the same answers under CC BY-NC-SA 3.0; they are kept with the record.
Of these the genre of a track alone becomes a claim, and the terms name its license.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple

from onrecord.engine import plugins
from onrecord.errors import RecordRejected
from onrecord.model import identifiers
from onrecord.model.records import Claims, Page, Part, Record, Terms
from onrecord.sources import json_elements, musicbrainz_claims, packed, strict_json
from onrecord.sources.json_texts import Text
from onrecord.sources.paging import Filling, Place, Unread, unread

_LISTS: Final = {f"{kind}s": kind for kind in musicbrainz_claims.KINDS}
#: Keys that only one kind of MusicBrainz object has, asked in this order. A track has a `recording`, nothing else has.
_TELLING: Final = (
    ("release", {"media", "release-events", "text-representation", "label-info", "packaging"}),
    ("release-group", {"primary-type", "secondary-types"}),
    ("recording", {"length", "isrcs", "video"}),
    ("label", {"label-code"}),
    ("work", {"iswcs", "languages"}),
)
#: What a dump's tar holds beside its one table.
_ABOUT: Final = frozenset(
    {"COPYING", "README", "TIMESTAMP", "SCHEMA_SEQUENCE", "REPLICATION_SEQUENCE", "JSON_DUMPS_SCHEMA_NUMBER"}
)


class MusicBrainzJson:
    """Releases, recordings, artists, works, labels and release groups, as `/ws/2` answers and the JSON dumps hold them.

    A dump (`release.tar.xz`) is read as it streams by. It cannot be sought in: going on behind a cursor unpacks again
    what was read before, and reads none of it. The dump of recordings holds only those that are on no release; the
    others come with their releases.
    An object with the key `onrecord:origin` was not written by MusicBrainz: its identifiers are not claimed as MBIDs.
    """

    name = "musicbrainz-json"
    terms: ClassVar[Terms] = Terms(
        state="read",
        license="CC0-1.0",
        summary=(
            "Core data and the JSON dumps are CC0, supplementary data is CC BY-NC-SA 3.0. Tags, genres, ratings and "
            "annotations are taken for supplementary where they occur; of these the genre of a track alone is claimed. "
            "Live replication packets are not read."
        ),
        redistribute=True,
        parts=(Part(("tracks.genre",), "CC-BY-NC-SA-3.0", redistribute=True),),
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
        page = Filling(cursor)
        for file in unread(self._location, Place.of(cursor), page):
            if file.name.rsplit("/", 1)[-1] in _ABOUT:
                continue
            if why := _not_read(file.part):
                page.reject(file.name, why)
                continue
            kind = _kind_in(file)
            for text in file.json_texts():
                self._read(text, f"{file.name}:{text.line}", kind, page)
                page.cursor = file.place(text.offset, text.lines).cursor
                if page.full():
                    yield page.cut()
        yield from page.rest()

    def claims(self, record: Record) -> Claims:
        if record.deleted:
            return Claims()
        return musicbrainz_claims.claims(self.name, record.kind, record.payload)

    def _read(self, text: Text, where: str, kind: str, page: Filling) -> None:
        if text.wrong:
            page.reject(where, text.wrong)
            return
        try:
            found = _objects(text.data, kind)
        except RecordRejected as reason:
            page.reject(where, reason.message)
            return
        for item in found:
            page.take(item, where, self._record)

    def _record(self, item: "_Object") -> Record:
        id = item.value.get("id") if isinstance(item.value, dict) else None
        if not isinstance(id, str) or not identifiers.mbid(id):
            raise RecordRejected(f"expected an object with a UUID as `id`, got {str(id)[:60]!r}")
        musicbrainz_claims.check(item.kind, item.raw)
        return Record(self.name, item.kind, identifiers.mbid(id), "application/json", item.raw)


def _not_read(part: packed.Part) -> str:
    table = part.name.rpartition("mbdump/")[2]
    answer = packed.plain_name(part.name).endswith((".json", ".jsonl"))  # tables of dumps have no ending
    if not part.name or answer or table in musicbrainz_claims.KINDS:
        return ""
    return f"not read: of MusicBrainz dumps mbdump/{', '.join(musicbrainz_claims.KINDS)} are"


def _kind_in(file: Unread) -> str:
    """The kind that the place of a dump's table says, "" elsewhere: an object's keys say it there."""
    *_, above, table = ["", *file.name.split("/")]
    return table if above == "mbdump" and table in musicbrainz_claims.KINDS else ""


class _Object(NamedTuple):
    """An object in a text: the text itself, or an element of a list answer; `raw` is its bytes as they stand there."""

    kind: str
    value: Any
    raw: bytes
    place: str = ""


def _objects(data: bytes, kind: str) -> list[_Object]:
    value = strict_json.read(data)
    if not isinstance(value, dict):
        raise RecordRejected(f"expected an object, got {type(value).__name__}")
    lists = [key for key in _LISTS if isinstance(value.get(key), list)]
    if kind or "id" in value or not lists:
        return [_Object(kind or _kind(value), value, data)]
    return [
        _Object(_LISTS[key], item, *element)
        for key in lists
        for item, element in zip(value[key], json_elements.elements(data, key), strict=True)
    ]


def _kind(value: dict[str, Any]) -> str:
    if "error" in value:
        raise RecordRejected(f"an error answer, not a record: {str(value['error'])[:200]!r}")
    if "recording" not in value:
        for kind, keys in _TELLING:
            if not keys.isdisjoint(value):
                return kind
        if "sort-name" in value and "life-span" in value:
            return "artist"
    keys_of_it = ", ".join(sorted(value)[:8])
    raise RecordRejected(
        f"expected one of {', '.join(musicbrainz_claims.KINDS)}, got an object with the keys: {keys_of_it}"[
            :300
        ]
    )
