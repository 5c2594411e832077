# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the made sources claim, as rows of the archive's own tables: any range of row numbers, by source."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from onrecord.catalog.tables import TABLES
from onrecord.engine.parquet import schema_of
from onrecord.errors import UsageError
from onrecord.sources.generated import codes
from onrecord.sources.generated.layout import (
    ARTISTS,
    COMMUNITY,
    KNOWN,
    RELEASES,
    SERVICE,
    SHOP,
    SOURCES,
    TRACKS,
    VARIOUS,
    layout_of,
    releases_of,
)
from onrecord.sources.generated.measured import share
from onrecord.sources.generated.numbers import Flags, Places, below, happens
from onrecord.sources.generated.recordings import VERSIONS, Recordings
from onrecord.sources.generated.words import LATIN, PLAIN, TYPO

#: The largest catalog: numbers of rows have to stay below 2^32.
MOST: Final = 2**32 - TRACKS
#: What was done to a track's claim, as bits of the truth's column `perturbed`.
TYPED, FEATURED, TRANSLITERATED, WRONG_ISRC, ISRC_ANEW = 1, 2, 4, 8, 16

_LABELS: Final = TRACKS // 512
_WORKS: Final = TRACKS // 16
_BLOCK: Final = {
    "artists": ARTISTS,
    "releases": RELEASES,
    "tracks": TRACKS,
    "works": _WORKS,
    "labels": _LABELS,
}
_VARIOUS: Final = "Various Artists"
#: How each source writes a version behind a title.
_VERSION: Final = ((" - ", ""), (" (", ")"), (" (", ")"))


class Generated(Struct, frozen=True):
    """A catalog of `tracks` tracks. A larger one of the same seed begins with the same rows."""

    tracks: int
    seed: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.tracks <= MOST:
            raise UsageError(f"a catalog of {self.tracks:,} tracks: expected 1 to {MOST:,}")

    def counts(self) -> dict[str, int]:
        """How many row numbers each table has. One of a track or a release is one source's row; an artist's is a row of
        each source that knows the artist."""
        blocks = -(-self.tracks // TRACKS)
        return {
            "artists": blocks * ARTISTS,
            "releases": releases_of(self.seed, self.tracks),
            "tracks": self.tracks,
            "works": blocks * _WORKS,
            "labels": blocks * _LABELS,
        }

    @staticmethod
    def rows_of_block(table: str) -> int:
        """Row numbers by block: rows of whole blocks belong together across tables."""
        return _BLOCK[table]

    def rows(self, table: str, source: str, start: int, stop: int) -> Any:
        """Those of the rows `start` up to `stop` of a table that `source` says, as an Arrow table."""
        columns = self._columns(_CLAIMS[table], source, start, min(stop, self.counts()[table]))
        schema = schema_of(TABLES[table])
        return pa.table([_filled(columns, field) for field in schema], schema=schema)

    def truth(self, table: str, source: str, start: int, stop: int) -> Any:
        """Of the same rows which thing each claim is about. Claims of one thing have the same `thing`.

        Of tracks also what was done to the claim (`perturbed`, bits), and of which thing it is what `version`.
        """
        return pa.table(self._columns(_TRUTH[table], source, start, min(stop, self.counts()[table])))

    def _columns(self, made: "_Making", source: str, start: int, stop: int) -> dict[str, Any]:
        return made(Recordings(self.seed), SOURCES.index(source), np.arange(start, max(start, stop)))


_Making = Callable[[Recordings, int, Places], dict[str, Any]]


def _filled(columns: Mapping[str, Any], field: Any) -> Any:
    """A column as the schema wants it; one that nobody made is empty."""
    rows = len(columns["id"])
    value = columns.get(field.name)
    if value is None:
        value = pa.nulls(rows) if field.nullable and field.type != pa.string() else None
    if value is None:
        value = pa.repeat(pa.scalar("" if field.type == pa.string() else 0, field.type), rows)
    if not isinstance(value, pa.Array | pa.ChunkedArray):
        value = pa.array(value)
    return value.cast(field.type) if value.type != field.type else value


class _Tracks:
    """The tracks of some rows that a source tells, and what is done to each claim."""

    def __init__(self, made: Recordings, source: int, rows: Places) -> None:
        block, place = np.divmod(rows, TRACKS)
        layout = layout_of(made.seed, block)
        release = made.stack.release[layout, place]
        mine = made.stack.source[layout, release] == source
        self.track, self.block, self.layout, self.release = (
            rows[mine],
            block[mine],
            layout[mine],
            release[mine],
        )
        self.made, self.source = made, source
        self.place = made.stack.place[self.layout, place[mine]]
        self.edition = made.stack.edition[self.layout, self.release]
        self.number = self.block * RELEASES + self.release
        self.recording = made.told_by(self.track)
        self.artist = made.artist(self.recording)
        self.typo = happens(made.bits("typo", self.track), share("typo")) & (source != SERVICE)
        self.latin = _in_latin(made, source, self.artist)
        featuring, self.guest = made.guest(self.recording)
        self.featuring: Flags = featuring
        service = source == SERVICE
        self.coded = happens(
            made.bits("isrc", self.track),
            {SERVICE: share("isrc_present"), COMMUNITY: share("isrc_present_community"), SHOP: 0.0}[source],
        )
        self.anew = happens(made.bits("isrc anew", self.track), share("isrc_anew")) & (self.edition > 0)
        self.wrong = self.coded & happens(made.bits("isrc wrong", self.track), share("isrc_wrong") * service)

    def titles(self) -> Any:
        form = np.where(self.typo, TYPO, np.where(self.latin, LATIN, PLAIN))
        kind, _ = self.made.version(self.recording)
        before, after = _VERSION[self.source]
        ends = pa.array(["", *(f"{before}{version}{after}" for version in VERSIONS[1:])])
        parts = [self.made.titles(self.recording, form)]
        if self.source != COMMUNITY:
            parts.append(self._guests(" (feat. ", ")"))
        return pc.binary_join_element_wise(*parts, ends.take(pa.array(kind)), "")

    def artists(self) -> Any:
        names = self.made.names(self.artist, self.latin)
        return (
            pc.binary_join_element_wise(names, self._guests(" feat. ", ""), "")
            if self.source == COMMUNITY
            else names
        )

    def isrcs(self) -> Any:
        owner = np.where(
            self.wrong,
            below(self.made.bits("isrc of another", self.track), self.recording + 1),
            self.recording,
        )
        return codes.texts(self.made.isrc(owner, self.anew), self.coded)

    def durations(self) -> Any:
        length = self.made.duration(self.recording)
        bits = self.made.bits("measured", self.track)
        if self.source == SERVICE:
            return length + np.where(self.edition > 0, below(bits, 1001) - 500, 0)
        near = length + below(bits, 2001) - 1000
        present = share("duration_present_community" if self.source == COMMUNITY else "duration_present")
        absent = ~happens(self.made.bits("length told", self.track), present)
        return pa.array(near // 1000 * 1000 if self.source == SHOP else near, mask=absent)

    def perturbed(self) -> Places:
        moved = self.latin & (self.made.script(self.artist) > 0)
        done = ((self.typo, TYPED), (self.featuring, FEATURED), (moved, TRANSLITERATED))
        codes_ = ((self.wrong, WRONG_ISRC), (self.anew & self.coded, ISRC_ANEW))
        return sum(
            (flags * bit for flags, bit in (*done, *codes_)), np.zeros(len(self.track), dtype=np.int64)
        )

    def _guests(self, before: str, after: str) -> Any:
        texts = np.full(len(self.track), "", dtype=object)
        if self.featuring.any():
            names = self.made.names(self.guest[self.featuring], self.latin[self.featuring])
            texts[self.featuring] = [f"{before}{name}{after}" for name in names.to_pylist()]
        return pa.array(texts, pa.string())


def _tracks(made: Recordings, source: int, rows: Places) -> dict[str, Any]:
    told = _Tracks(made, source, rows)
    albums = _Releases(made, told.block, told.layout, told.release)
    first, back = np.unique(told.number, return_index=True)[1], np.unique(told.number, return_inverse=True)[1]
    about = albums.at(first)
    each = pa.array(back)
    release_id = _numbers(told.number)
    composer = happens(
        made.bits("composer", told.recording), share("composer_present") * (source == COMMUNITY)
    )
    columns = {
        "source": _all(SOURCES[source], len(told.track)),
        "record": pc.binary_join_element_wise("release:", release_id, ""),
        "id": _numbers(told.track),
        "title": told.titles(),
        "artist": told.artists(),
        "artist_id": _numbers(told.artist),
        "release": about.titles(source).take(each),
        "release_id": release_id,
        "disc": np.ones(len(told.track), dtype=np.int64),
        "position": told.place + 1,
        "duration_ms": told.durations(),
        "isrc": told.isrcs(),
        "date": about.dates(source).take(each),
        "genre": about.genres(source).take(each),
    }
    if source == COMMUNITY:
        columns["mbid"] = codes.texts(_mbids("recording", told.recording))
        columns["composer"] = _where(composer, made.names(told.artist, told.latin))
    return columns


class _Releases:
    """Some releases: what their source says of them."""

    def __init__(self, made: Recordings, block: Places, layout: Places, release: Places) -> None:
        self.made, self.block, self.layout, self.release = made, block, layout, release
        self.album = block * RELEASES + made.stack.album[layout, release]
        self.edition = made.stack.edition[layout, release]
        self.various = made.stack.whose[layout, release] == VARIOUS
        self.size = made.stack.size[layout, release]
        self.artist = made.artist_of(block, layout, release)

    def at(self, places: Places) -> "_Releases":
        return _Releases(self.made, self.block[places], self.layout[places], self.release[places])

    def titles(self, source: int) -> Any:
        """Most are called after their first track."""
        first = self.made.stack.start[self.layout, self.release]
        recording = self.block * TRACKS + self.made.stack.first[self.layout, first]
        form = np.where(_in_latin(self.made, source, self.artist), LATIN, PLAIN)
        named = happens(self.made.bits("named after", self.album), 0.7)
        # A compilation's own first place is told by nobody, so that its words are its own.
        words = np.where(named | self.various, recording, recording + np.minimum(self.size, 2) - 1)
        return self.made.titles(words, form)

    def artists(self, source: int) -> Any:
        names = self.made.names(self.artist, _in_latin(self.made, source, self.artist))
        return pc.if_else(pa.array(self.various), _VARIOUS, names)

    def dates(self, source: int) -> Any:
        year = self.made.year_of(self.album) + self.edition * 9
        full = codes.texts(codes.dates(year, self.made.bits("day", self.album * 2 + self.edition)))
        if source == SERVICE:
            return full
        told = happens(
            self.made.bits(f"day told {source}", self.album), share("full_date") * (2 - (source == SHOP))
        )
        return pc.if_else(pa.array(told), full, pc.utf8_slice_codeunits(full, 0, 4))

    def genres(self, source: int) -> Any:
        said = self.made.genre(self.album)
        return said if source == SHOP else _all("", len(self.album))

    def barcodes(self, source: int) -> Any:
        present = {
            SERVICE: share("barcode_present_service"),
            COMMUNITY: 2 * share("barcode_present"),
            SHOP: share("barcode_present"),
        }
        told = happens(self.made.bits(f"barcode told {source}", self.album), present[source])
        return codes.texts(codes.barcodes(self.made.bits("barcode", self.album * 2 + self.edition)), told)


def _releases(made: Recordings, source: int, rows: Places) -> dict[str, Any]:
    block, release = np.divmod(rows, RELEASES)
    layout = layout_of(made.seed, block)
    mine = made.stack.source[layout, release] == source
    about = _Releases(made, block[mine], layout[mine], release[mine])
    number = _numbers(rows[mine])
    kind = np.where(about.various, "compilation", np.where(about.size < 4, "single", "album"))
    columns = {
        "source": _all(SOURCES[source], len(number)),
        "record": pc.binary_join_element_wise("release:", number, ""),
        "id": number,
        "title": about.titles(source),
        "artist": about.artists(source),
        "barcode": about.barcodes(source),
        "label": made.label_names(made.label(about.album)),
        "date": about.dates(source),
        "country": made.country("release's country", about.album),
        "kind": pa.array(kind.astype(object), pa.string()),
        "tracks": about.size,
    }
    if source == COMMUNITY:
        columns["mbid"] = codes.texts(_mbids("release", about.album * 2 + about.edition))
    return columns


def _artists(made: Recordings, source: int, rows: Places) -> dict[str, Any]:
    artist = _known_to(source, rows)
    number = _numbers(artist)
    latin = _in_latin(made, source, artist)
    columns = {
        "source": _all(SOURCES[source], len(number)),
        "record": pc.binary_join_element_wise("artist:", number, ""),
        "id": number,
        "name": made.names(artist, latin),
    }
    if source == COMMUNITY:
        columns["sort_name"] = made.names(artist, np.ones(len(artist), dtype=np.bool_))
        columns["mbid"] = codes.texts(_mbids("artist", artist))
        columns["country"] = made.country("artist's country", artist)
        present = happens(made.bits("isni told", artist), share("isni_present"))
        columns["isni"] = codes.texts(codes.isnis(made.bits("isni", artist)), present)
    return columns


def _works(made: Recordings, source: int, rows: Places) -> dict[str, Any]:
    """The community's: of every sixteenth recording the work."""
    work = rows if source == COMMUNITY else rows[:0]
    number, recording = _numbers(work), work * 16
    native = np.zeros(len(work), dtype=np.bool_)
    artist = made.artist(recording)
    return {
        "source": _all(SOURCES[source], len(work)),
        "record": pc.binary_join_element_wise("work:", number, ""),
        "id": number,
        "title": made.titles(recording, native.astype(np.int64)),
        "mbid": codes.texts(_mbids("work", work)),
        "iswc": codes.texts(
            codes.iswcs(work), happens(made.bits("iswc", work), share("isrc_present_community"))
        ),
        "composer": made.names(artist, native),
        "kind": _all("Song", len(work)),
    }


def _labels(made: Recordings, source: int, rows: Places) -> dict[str, Any]:
    label = rows if source == COMMUNITY else rows[:0]
    number = _numbers(label)
    return {
        "source": _all(SOURCES[source], len(label)),
        "record": pc.binary_join_element_wise("label:", number, ""),
        "id": number,
        "name": made.label_names(label),
        "mbid": codes.texts(_mbids("label", label)),
        "country": made.country("label's country", label),
    }


def _track_truth(made: Recordings, source: int, rows: Places) -> dict[str, Any]:
    told = _Tracks(made, source, rows)
    kind, base = made.version(told.recording)
    return {
        "source": _all(SOURCES[source], len(told.track)),
        "id": _numbers(told.track),
        "thing": told.recording,
        "perturbed": told.perturbed(),
        "version": pa.array(VERSIONS).take(pa.array(kind)),
        "version_of": pa.array(base, mask=kind == 0),
    }


def _release_truth(made: Recordings, source: int, rows: Places) -> dict[str, Any]:
    block, release = np.divmod(rows, RELEASES)
    layout = layout_of(made.seed, block)
    mine = made.stack.source[layout, release] == source
    about = _Releases(made, block[mine], layout[mine], release[mine])
    thing = about.album * 2 + about.edition
    return {"source": _all(SOURCES[source], len(thing)), "id": _numbers(rows[mine]), "thing": thing}


def _artist_truth(made: Recordings, source: int, rows: Places) -> dict[str, Any]:
    artist = _known_to(source, rows)
    return {"source": _all(SOURCES[source], len(artist)), "id": _numbers(artist), "thing": artist}


_CLAIMS: Final[Mapping[str, _Making]] = {
    "artists": _artists,
    "releases": _releases,
    "tracks": _tracks,
    "works": _works,
    "labels": _labels,
}
_TRUTH: Final[Mapping[str, _Making]] = {
    "artists": _artist_truth,
    "releases": _release_truth,
    "tracks": _track_truth,
}


def _known_to(source: int, rows: Places) -> Places:
    return rows if source == SERVICE else rows[rows % ARTISTS < KNOWN]


def _in_latin(made: Recordings, source: int, artist: Places) -> Flags:
    """The shop writes some artists in Latin letters, with all that is theirs."""
    return happens(made.bits("transliterated", artist), share("transliterated") * (source == SHOP))


def _mbids(kind: str, numbers: Places) -> codes.Signs:
    things, back = np.unique(numbers, return_inverse=True)
    return codes.mbids(kind, things.tolist())[back]


def _numbers(values: Places) -> Any:
    return pa.array(values).cast(pa.string())


def _all(text: str, rows: int) -> Any:
    return pa.repeat(text, rows)


def _where(present: Flags, texts_: Any) -> Any:
    return pc.if_else(pa.array(present), texts_, "")
