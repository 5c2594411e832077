# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The FMA dataset of the Free Music Archive (Defferrard and others, 2017): `tracks.csv` and `raw_tracks.csv`.

Metadata alone. The dataset's sound comes as archives that the operator adds like any files; the live site is not asked.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar, Final

from onrecord.engine import plugins
from onrecord.errors import RecordRejected
from onrecord.model.records import ArtistClaim, Claims, Page, Record, ReleaseClaim, Terms, TrackClaim
from onrecord.model.rights import Evidence
from onrecord.rights.texts import takes_back
from onrecord.sources import csv_rows, packed, paging, spelled
from onrecord.sources.codes import Codes
from onrecord.sources.html_text import html_text
from onrecord.sources.json_elements import Element
from onrecord.sources.json_texts import Text
from onrecord.sources.outside_values import Values
from onrecord.sources.paging import Unread
from onrecord.sources.spelled import leading_date
from onrecord.sources.stated_license import Stated

#: Header lines: of `tracks.csv` groups, columns and the name of the index; of `raw_tracks.csv` columns.
_HEADERS: Final = {"track": 3, "raw-track": 1}
_TRACK: Final = frozenset({"track.title", "track.license", "artist.name", "album.title"})
_RAW: Final = frozenset({"track_id", "track_title", "artist_name", "license_url"})
_GENRE: Final = re.compile(r"'genre_title': (?:'([^'\\]*)'|\"([^\"\\]*)\")")
_TITLE: Final = re.compile(
    r"(Attribution[A-Za-z -]*?)(?: \(aka Music Sharing\))?(?: (\d\.\d)(?: ([A-Za-z .:&]+))?)?"
)
_NO_PORT: Final = frozenset({"", "international", "unported", "generic"})
#: Countries in the titles, as the addresses of the ports have them.
_PORTS: Final = {
    "united states": "us",
    "australia": "au",
    "austria": "at",
    "belgium": "be",
    "brazil": "br",
    "canada": "ca",
    "france": "fr",
    "germany": "de",
    "italy": "it",
    "japan": "jp",
    "netherlands": "nl",
    "new zealand": "nz",
    "poland": "pl",
    "portugal": "pt",
    "spain": "es",
    "sweden": "se",
    "switzerland": "ch",
}
_ELEMENTS: Final = (("nc", "noncommercial"), ("nd", "noderiv"), ("sa", "sharealike"))


class Fma:
    """Tracks of the dataset. A record is the header and one row, both verbatim: a table of one track.

    `tracks.csv` gives `track` records, whose license is a title; `raw_tracks.csv` gives `raw-track` records, whose
    license has its address too. Both claim the same track. The dataset's other tables are named as left out.
    """

    name = "fma"
    terms: ClassVar[Terms] = Terms(
        state="read",
        license="CC-BY-4.0",
        summary=(
            "The metadata is CC BY 4.0, and its makers ask to be cited; each track has the license that its artist "
            "chose; the dataset is meant for research. The site freemusicarchive.org is not harvested."
        ),
        address="https://github.com/mdeff/fma/blob/607364e7d8263f890d23c838802f29637600611f/README.md",
        day=dt.date(2026, 11, 28),
        digest="54148723ff06c19374c368499f1e97afb3d10f58646d20a221e4d9c7ab63fac9",
    )

    def __init__(self, location: Path, settings: Mapping[str, str]) -> None:
        self.name = plugins.settings(type(self).name, settings, {"name": type(self).name})["name"]
        self._location = location

    def pages(self, cursor: str = "") -> Iterator[Page]:
        return paging.pages(self._location, cursor, lambda data: [Element(data)], self._record, _texts)

    def claims(self, record: Record) -> Claims:
        if record.deleted:
            return Claims()
        if record.kind not in _HEADERS:
            raise RecordRejected(f"expected a track or a raw-track, got the kind {record.kind[:60]!r}")
        row = _row(record.payload, record.kind)
        reading = _Track(row, self.name) if record.kind == "track" else _RawTrack(row, self.name)
        track, stated = reading.track(), Stated(self.name, record.payload)
        said = [*reading.evidence(stated), *stated.writers("composer", track.composer, track.artist)]
        return Claims(
            artists=reading.artists(),
            releases=reading.releases(),
            tracks=[track],
            evidence=[(track.id, fact) for fact in said],
            odd=reading.codes.odd,
        )

    def _record(self, element: Element) -> Record:
        kind = _kind(element.raw.splitlines(keepends=True)[:3])
        if not kind:
            raise RecordRejected("expected a row of tracks.csv or raw_tracks.csv with its header")
        record = Record(self.name, kind, _id(_row(element.raw, kind)), "text/csv", element.raw)
        self.claims(record)
        return record


class _Track:
    """A row of `tracks.csv`. Its duration is in seconds; -1 and 0 stand where nothing is known."""

    def __init__(self, row: Values, source: str) -> None:
        self._row = row
        self._source = source
        self.codes = Codes()

    def artists(self) -> list[ArtistClaim]:
        id = self._known("artist.id")
        return [ArtistClaim(self._source, id, self._row.text("artist.name"))] if id else []

    def releases(self) -> list[ReleaseClaim]:
        id, row = self._known("album.id"), self._row
        if not id:
            return []
        release = ReleaseClaim(
            source=self._source,
            id=id,
            title=row.text("album.title"),
            artist=row.text("artist.name"),
            date=self.codes.date(id, row.text("album.date_released")),
            kind=row.text("album.type"),
            tracks=row.whole("album.tracks") or None,
        )
        return [release]

    def track(self) -> TrackClaim:
        row = self._row
        return TrackClaim(
            source=self._source,
            id=_id(row),
            title=row.text("track.title"),
            artist=row.text("artist.name"),
            artist_id=self._known("artist.id"),
            release=row.text("album.title"),
            release_id=self._known("album.id"),
            position=row.whole("track.number") or None,
            duration_ms=self.codes.duration(_id(row), row.text("track.duration")),
            date=self.codes.date(_id(row), row.text("track.date_recorded"))
            or leading_date(row.text("album.date_released")),
            genre=row.text("track.genre_top"),
            composer=row.text("track.composer"),
        )

    def evidence(self, stated: Stated) -> Iterator[Evidence]:
        if title := self._row.text("track.license"):
            yield stated.license("license", title, [_spelled(title)], holder=self._row.text("artist.name"))

    def _known(self, name: str) -> str:
        return self._row.text(name) if self._row.whole(name) else ""


class _RawTrack:
    """A row of `raw_tracks.csv`, as the site's API gave it: durations by the clock, dates as in the United States."""

    def __init__(self, row: Values, source: str) -> None:
        self._row = row
        self._source = source
        self.codes = Codes()

    def artists(self) -> list[ArtistClaim]:
        id = self._row.text("artist_id")
        return [ArtistClaim(self._source, id, self._row.text("artist_name"))] if id else []

    def releases(self) -> list[ReleaseClaim]:
        id, row = self._row.text("album_id"), self._row
        if not id:
            return []
        return [ReleaseClaim(self._source, id, row.text("album_title"), artist=row.text("artist_name"))]

    def track(self) -> TrackClaim:
        row = self._row
        genre = _GENRE.search(row.text("track_genres"))
        return TrackClaim(
            source=self._source,
            id=_id(row),
            title=row.text("track_title"),
            artist=row.text("artist_name"),
            artist_id=row.text("artist_id"),
            release=row.text("album_title"),
            release_id=row.text("album_id"),
            disc=row.whole("track_disc_number") or None,
            position=row.whole("track_number") or None,
            duration_ms=self.codes.duration(_id(row), row.text("track_duration")),
            date=self.codes.read(_id(row), "date", [row.text("track_date_recorded")], _date) or "",
            genre=(genre[1] or genre[2] or "") if genre else "",
            composer=row.text("track_composer"),
        )

    def evidence(self, stated: Stated) -> Iterator[Evidence]:
        """Title and address of the license: both must be understood, and as the same one."""
        title, address = self._row.text("license_title"), self._row.text("license_url")
        holder = self._row.text("track_copyright_p", "track_copyright_c") or self._row.text("artist_name")
        if words := "\n".join(filter(None, (title, address))):
            readings = [text for text in (_spelled(title), address) if text]
            yield stated.license("license", words, readings, holder=holder)
        for field in ("track_copyright_c", "track_copyright_p"):
            notice = html_text(self._row.text(field))
            if takes_back(notice, noncommercial=True):
                yield stated.objection(field, notice)


def _texts(file: Unread) -> Iterator[Text]:
    """The rows of a table that is known by its header, whatever the file is called; another file is named once."""
    above = csv_rows.head(file.part.stream, 3)
    kind, behind = _kind(above), file.behind
    if kind:
        stream = packed.again(file.part.stream, b"".join(above))
        yield from csv_rows.texts(stream, above[: _HEADERS[kind]], behind.offset, behind.count)
    elif not behind.offset:
        yield Text(
            1, 1, 1, b"", "not a table that is read: expected the header of tracks.csv or raw_tracks.csv"
        )


def _kind(above: list[bytes]) -> str:
    try:
        header = csv_rows.rows(b"".join(above[:1]))[0]
        if set(header) >= _RAW:
            return "raw-track"
        return "track" if len(above) == 3 and set(_columns(csv_rows.rows(b"".join(above)))) >= _TRACK else ""
    except RecordRejected:
        return ""


def _columns(header: list[list[str]]) -> list[str]:
    """`track.title` of group and column; the index has its name in the third line."""
    groups, columns, index = header[:3]
    if len(groups) != len(columns) or len(columns) != len(index):
        return []
    named = zip(groups, columns, index, strict=True)
    return [f"{group}.{column}" if group else name for group, column, name in named]


def _row(payload: bytes, kind: str) -> Values:
    table = csv_rows.rows(payload)
    lines = _HEADERS[kind]
    if len(table) != lines + 1:
        raise RecordRejected(f"expected {lines} lines of header and a row, got {len(table)} rows")
    columns = _columns(table) if kind == "track" else table[0]
    if len(columns) != len(table[-1]) or not (_TRACK if kind == "track" else _RAW) <= set(columns):
        raise RecordRejected(
            f"expected a row of {len(columns)} cells, got {len(table[-1])}: damaged or cut off"
        )
    return Values(dict(zip(columns, table[-1], strict=True)))


def _id(row: Values) -> str:
    found = row.whole("track_id")
    if found is None:
        raise RecordRejected(f"expected a number as `track_id`, got {row.text('track_id')[:60]!r}")
    return str(found)


def _date(text: str) -> str:
    """`11/26/2008`: month, day, year."""
    return spelled.date(text, "MM/DD/YYYY") or leading_date(text)


def _spelled(title: str) -> str:
    """A license's title in the Free Music Archive's words, as its address where it is one of Creative Commons'.

    Titles leave out who publishes the license: `Attribution-Noncommercial-Share Alike 3.0 United States`.
    """
    match = _TITLE.fullmatch(title)
    country = (match[3] or "").lower().strip() if match else ""
    if not match or not (country in _NO_PORT or country in _PORTS):
        return title
    if not match[2]:
        return f"Creative Commons {match[1].strip()}"
    plain = re.sub(r"[ -]", "", match[1]).lower()
    kind = "-".join(("by", *(short for short, long in _ELEMENTS if long in plain)))
    port = "" if country in _NO_PORT else f"{_PORTS[country]}/"
    return f"https://creativecommons.org/licenses/{kind}/{match[2]}/{port}"
