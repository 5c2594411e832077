# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""MusicBrainz web-service answers as XML (`/ws/2`, mmd-2.0): lookups, searches, browsed lists and collections.

The payload of a record is its element's bytes, from start tag to end tag. The two namespaces that the service declares
on the root are put around it again where it is read.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple
from xml.parsers import expat

from lxml import etree

from onrecord.engine import plugins
from onrecord.errors import RecordRejected
from onrecord.model import identifiers
from onrecord.model.records import Claims, Page, Record, Terms
from onrecord.sources import folder, musicbrainz_claims, safe_xml
from onrecord.sources.musicbrainz_json import MusicBrainzJson

_NAMESPACE: Final = "http://musicbrainz.org/ns/mmd-2.0#"
_BEFORE: Final = f'<metadata xmlns="{_NAMESPACE}" xmlns:ext="http://musicbrainz.org/ns/ext#-2.0">'.encode()
_BEHIND: Final = b"</metadata>"
_ENCODING = re.compile(rb"""^<\?xml[^>]*\sencoding\s*=\s*["']([^"']*)""")
_START_TAG = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=>]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*(/?)>""")

Dict = dict[str, Any]


class MusicBrainzXml:
    """Releases, recordings, artists, works, labels and release groups; a file is a page.

    Events, places, instruments and the like are rejected by name: nothing here has a place for them.
    """

    name = "musicbrainz-xml"
    terms: ClassVar[Terms] = MusicBrainzJson.terms

    def __init__(self, location: Path, settings: Mapping[str, str]) -> None:
        self.name = plugins.settings(type(self).name, settings, {"name": type(self).name})["name"]
        self._location = location

    def pages(self, cursor: str = "") -> Iterator[Page]:
        for member in folder.members(self._location):
            if cursor and member.parts <= folder.place(cursor):
                continue
            records: list[Record] = []
            rejected: list[tuple[str, str]] = []
            try:
                for number, element in enumerate(_elements(_bytes(member)), 1):
                    try:
                        records.append(self._record(element))
                    except RecordRejected as reason:
                        rejected.append((f"{member.name}:{element.line}#{number}", reason.message))
            except RecordRejected as reason:
                rejected.append((member.name, reason.message))
            yield Page(tuple(records), member.name, tuple(rejected))

    def claims(self, record: Record) -> Claims:
        if record.deleted:
            return Claims()
        if record.kind not in _READ:
            raise RecordRejected(f"expected one of {', '.join(_READ)}, got the kind {record.kind[:60]!r}")
        root = safe_xml.read(_BEFORE + record.payload + _BEHIND)
        if [child.tag for child in root] != [record.kind]:
            raise RecordRejected(f"expected one element {record.kind!r} and nothing beside it")
        return musicbrainz_claims.claims_of(self.name, record.kind, _READ[record.kind](root[0]))

    def _record(self, element: "_Element") -> Record:
        if element.kind not in _READ:
            raise RecordRejected(f"expected one of {', '.join(_READ)}, got {element.kind[:60]!r}")
        id = identifiers.mbid(element.id)
        if not id:
            raise RecordRejected(f"expected a UUID as `id`, got {element.id[:60]!r}")
        record = Record(self.name, element.kind, id, "application/xml", element.raw)
        self.claims(record)
        return record


class _Element(NamedTuple):
    """An entity that an answer holds; `raw` is its bytes as they stand there."""

    kind: str
    id: str
    line: int
    raw: bytes


def _bytes(member: folder.Member) -> bytes:
    if member.refused:
        raise RecordRejected(member.refused)
    with member.path.open("rb") as stream:
        return stream.read(safe_xml.LONGEST + 1)


def _elements(raw: bytes) -> list[_Element]:
    root = safe_xml.read(raw)
    if root.tag != f"{{{_NAMESPACE}}}metadata":
        raise RecordRejected(f"expected `metadata` of {_NAMESPACE}, got the root {str(root.tag)[:120]!r}")
    declared = _ENCODING.match(raw)
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RecordRejected(f"expected UTF-8, which the service sends: {error.reason}") from error
    if declared and declared[1].lower() != b"utf-8":
        raise RecordRejected(f"expected UTF-8, which the service sends, got {declared[1][:40]!r}")
    return _Finding(raw).found


class _Finding:
    """Finds where the entities of an answer stand: below `metadata`, in its lists, in the lists of a collection."""

    def __init__(self, raw: bytes) -> None:
        self.found: list[_Element] = []
        self._raw = raw
        self._above: list[str] = []
        self._open: list[tuple[int, str, str, int, int]] = []
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.Parse(raw, True)  # cannot fail: it was read as XML without a document type before

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        outer = bool(self._above) and all(_holds(above) for above in self._above)
        if outer and not self._open and not _holds(tag) and tag not in ("name", "editor"):
            at, line = self._parser.CurrentByteIndex, self._parser.CurrentLineNumber
            self._open.append((len(self._above), tag, attributes.get("id", ""), at, line))
        self._above.append(tag)

    def _end(self, tag: str) -> None:
        self._above.pop()
        if not self._open or self._open[-1][0] != len(self._above):
            return
        _, kind, id, start, line = self._open.pop()
        first = _START_TAG.match(self._raw, start)
        empty = first is not None and first[1] == b"/"
        end = first.end() if first and empty else self._raw.index(b">", self._parser.CurrentByteIndex) + 1
        self.found.append(_Element(kind, id, line, self._raw[start:end]))


def _holds(tag: str) -> bool:
    return tag in ("metadata", "collection") or tag.endswith("-list")


# --- elements in the shape that the JSON has ------------------------------------------------------------------------


def _text(element: etree._Element, path: str) -> str | None:
    return element.findtext(path) or None


def _each(element: etree._Element, path: str, read: Callable[[etree._Element], Dict]) -> list[Dict]:
    return [read(found) for found in element.findall(path)]


def _one(element: etree._Element, path: str, read: Callable[[etree._Element], Dict]) -> Dict | None:
    found = element.find(path)
    return None if found is None else read(found)


def _artist(element: etree._Element) -> Dict:
    return {
        "id": element.get("id"),
        "name": _text(element, "name"),
        "sort-name": _text(element, "sort-name"),
        "country": _text(element, "country"),
        "isnis": [isni.text for isni in element.findall("isni-list/isni")],
    }


def _credit(element: etree._Element) -> Dict:
    artist = _one(element, "artist", _artist) or {}
    return {
        "name": _text(element, "name") or artist.get("name"),  # written only where it differs
        "joinphrase": element.get("joinphrase"),
        "artist": artist or None,
    }


def _credits(element: etree._Element) -> list[Dict]:
    return _each(element, "artist-credit/name-credit", _credit)


def _relation(element: etree._Element) -> Dict:
    return {
        "type": element.get("type"),
        "artist": _one(element, "artist", _artist),
        "work": _one(element, "work", _work),
    }


def _work(element: etree._Element) -> Dict:
    codes = [*element.findall("iswc-list/iswc"), *element.findall("iswc")]
    return {
        "id": element.get("id"),
        "title": _text(element, "title"),
        "type": element.get("type"),
        "language": _text(element, "language"),
        "iswcs": [code.text for code in codes],
        "relations": _each(element, "relation-list/relation", _relation),
    }


def _genre(element: etree._Element) -> Dict:
    return {"name": _text(element, "name") or element.get("name"), "count": element.get("count")}


def _genres(element: etree._Element) -> list[Dict]:
    return _each(element, "genre-list/genre", _genre)


def _recording(element: etree._Element) -> Dict:
    return {
        "id": element.get("id"),
        "title": _text(element, "title"),
        "length": _text(element, "length"),
        "isrcs": [isrc.get("id") for isrc in element.findall("isrc-list/isrc")],
        "artist-credit": _credits(element),
        "first-release-date": _text(element, "first-release-date"),
        "relations": _each(element, "relation-list/relation", _relation),
        "genres": _genres(element),
    }


def _track(element: etree._Element) -> Dict:
    return {
        "id": element.get("id"),
        "title": _text(element, "title"),
        "length": _text(element, "length"),
        "position": _text(element, "position"),
        "artist-credit": _credits(element),
        "recording": _one(element, "recording", _recording),
    }


def _medium(element: etree._Element) -> Dict:
    tracks = element.find("track-list")
    return {
        "position": _text(element, "position"),
        "pregap": _one(element, "pregap", _track),
        "tracks": _each(element, "track-list/track", _track),
        "data-tracks": _each(element, "data-track-list/track", _track),
        "track-count": None if tracks is None else tracks.get("count"),
    }


def _label(element: etree._Element) -> Dict:
    return {
        **_artist(element),
        "label-code": _text(element, "label-code"),
        "type": element.get("type"),
    }


def _group(element: etree._Element) -> Dict:
    kind = _text(element, "primary-type") or element.get("type")
    return {"primary-type": kind, "artist-credit": _credits(element), "genres": _genres(element)}


def _release(element: etree._Element) -> Dict:
    labels = element.findall("label-info-list/label-info")
    return {
        "id": element.get("id"),
        "title": _text(element, "title"),
        "genres": _genres(element),
        "date": _text(element, "date"),
        "country": _text(element, "country"),
        "barcode": _text(element, "barcode"),
        "artist-credit": _credits(element),
        "label-info": [{"label": _one(label, "label", _label)} for label in labels],
        "release-group": _one(element, "release-group", _group),
        "media": _each(element, "medium-list/medium", _medium),
    }


_READ: Final[dict[str, Callable[[etree._Element], Dict]]] = {
    "release": _release,
    "recording": _recording,
    "artist": _artist,
    "work": _work,
    "label": _label,
    "release-group": _group,
}
