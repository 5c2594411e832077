# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The append-only tables (format clause 6): their columns, their files, and how a batch becomes a segment.

Every row carries `seq`, the number of the log entry that committed it. A segment that no entry names does not count.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from msgspec import Struct

from onrecord.engine.duck import Duck, sql_file
from onrecord.engine.parquet import as_tables, write_tables
from onrecord.ledger import Segment


class Row(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`seq` is stamped on every row when its segment is written."""

    seq: int = 0


class FileRow(Row, frozen=True):
    """Digest record of a blob (format clause 3): enough to name, check and publish it without reading it.

    `root` is the id of the root that it was written to, `kind` is `sound`,
    `picture` or `copy`.
    """

    sha256: str
    size: int
    blake3: bytes
    v2_root: bytes
    v2_layer: bytes
    v1_pieces: bytes
    v1_tail: bytes
    root: str
    kind: str


class SoundRow(Row, frozen=True):
    """What one decode said of a blob (model.sound.Sound). The newest row of a blob holds: a newer analyser adds one."""

    sha256: str
    analyser: str
    version: str
    container: str
    codec: str
    duration_samples: int
    sample_rate: int
    channels: int
    bit_depth: int | None
    bit_rate: int
    loudness: float | None
    loudness_range: float | None
    momentary_max: float | None
    short_term_max: float | None
    peak: float
    true_peak: float
    clipped_samples: int
    dc_offset: float
    silent_start: int
    silent_end: int
    silent_samples: int
    cutoff: int | None
    tempo: float | None
    tempo_confidence: float | None
    tempo_method: str
    musical_key: str
    musical_key_confidence: float | None
    musical_key_method: str
    peaks: bytes
    fingerprint: bytes
    audio_sha256: str
    suspicions: str
    faults: str


class PictureRow(Row, frozen=True):
    """A picture that lay in a file's tags; it is a blob of its own, kept once. `kind` is ID3's type: 3 is the front."""

    sha256: str
    picture: str
    place: int
    kind: int
    media_type: str
    width: int
    height: int
    description: str


class CopyRow(Row, frozen=True):
    """An access copy of the sound `sha256`: a blob of its own, which can be made again by recipe and encoder."""

    sha256: str
    copy: str
    recipe: str
    encoder: str
    kilobits: int
    duration_samples: int
    sample_rate: int
    channels: int


class DepositRow(Row, frozen=True):
    """A file as it was added. `name` is its path below the added folder, `path` the whole path as bytes."""

    sha256: str
    name: str
    path: bytes
    size: int
    mtime_ns: int
    inode: int
    held_as: str


class RefusalRow(Row, frozen=True):
    """A file that `add` did not take, and why."""

    name: str
    sha256: str
    code: str
    detail: str


class RecordRow(Row, frozen=True):
    """A source's answer, verbatim. `record` is `<kind>:<id>`."""

    source: str
    record: str
    media_type: str
    payload: bytes
    sha256: str
    deleted: bool
    version: str


class ArtistRow(Row, frozen=True):
    source: str
    record: str
    id: str
    name: str
    sort_name: str
    mbid: str
    isni: str
    country: str


class ReleaseRow(Row, frozen=True):
    source: str
    record: str
    id: str
    title: str
    artist: str
    mbid: str
    barcode: str
    label: str
    date: str
    country: str
    kind: str
    tracks: int | None


class WorkRow(Row, frozen=True):
    source: str
    record: str
    id: str
    title: str
    mbid: str
    iswc: str
    composer: str
    lyricist: str
    language: str
    kind: str


class LabelRow(Row, frozen=True):
    source: str
    record: str
    id: str
    name: str
    sort_name: str
    mbid: str
    isni: str
    code: str
    country: str
    kind: str
    parent: str


class TrackRow(Row, frozen=True):
    source: str
    record: str
    id: str
    title: str
    artist: str
    artist_id: str
    release: str
    release_id: str
    disc: int | None
    position: int | None
    duration_ms: int | None
    isrc: str
    mbid: str
    date: str
    genre: str
    composer: str
    blob: str


class OddRow(Row, frozen=True):
    """A value that stood in a record where it cannot be claimed; `id` is the claim's, `field` its field, `value` the
    first 1,000 characters as they stood."""

    source: str
    record: str
    id: str
    field: str
    value: str


class FetchedRow(Row, frozen=True):
    """The sound of a source's track, fetched from where the source says it is; `digest` is the source's own, if any."""

    source: str
    record: str
    track: str
    address: str
    sha256: str
    size: int
    digest: str


class ValidatorRow(Row, frozen=True):
    """What a service said to tell its answer from a later one: `record` was the whole answer from `address`, with this
    digest. The newest row of a source's address holds."""

    source: str
    address: str
    record: str
    sha256: str
    etag: str
    last_modified: str


class RecheckRow(Row, frozen=True):
    """A source was asked again for a record that evidence about held sound rests on; `asked` is when.

    `outcome` is `unchanged`, `renewed` (other bytes, the same word on rights), `changed` (another word), `gone`,
    `returned` or `failed`; `sha256` is the record's digest as it is held from then on; `change` tells before, after and
    the answers that differ, as JSON.
    """

    source: str
    record: str
    asked: str
    outcome: str
    sha256: str
    files: int
    detail: str
    change: str


class TagRow(Row, frozen=True):
    """A text frame of a file, verbatim, in file order."""

    sha256: str
    place: int
    key: str
    value: str


class LinkRow(Row, frozen=True):
    """Evidence is about a blob (`blob`), or about a source's track (`source`, `track`)."""

    blob: str
    source: str
    record: str
    track: str
    evidence: str


class WithdrawnRow(Row, frozen=True):
    """A blob that a withdrawal reaches: other bytes with the same decoded audio are refused by it, too."""

    sha256: str
    audio_sha256: str
    evidence: str


class IdRow(Row, frozen=True):
    """A canonical id and a claim that founds it. Minted once, never given another meaning; where the founding claim was
    withdrawn, another claim of the same thing founds the id from then on."""

    kind: str
    id: str
    source: str
    source_id: str


class RedirectRow(Row, frozen=True):
    """`old` leads to `new`; the newest row of an id holds. One that leads to itself has its own page again."""

    kind: str
    old: str
    new: str


class SplitRow(Row, frozen=True):
    """Claims of `old` became the thing `new`, which was founded then; `old` went on with its founding claim."""

    kind: str
    old: str
    new: str


class DecisionRow(Row, frozen=True):
    """What a person decided, one row a claim that the decision names. `act` says what:

    `same`: the first claim of side 0 that is here and the first of side 1 are one thing. `apart`: no claim of side 0 is
    one thing with a claim of side 1. `says`: `field` of `thing` is `value`, whatever sources say. `undo`: the decision
    counts no more. The newest of two that contradict each other holds.
    """

    decision: str
    act: str
    kind: str
    thing: str
    side: int
    place: int
    source: str
    source_id: str
    field: str
    value: str
    person: str
    why: str


class VolumeRow(Row, frozen=True):
    """A blob's place in a volume, for ever: volumes do not change, a withdrawal makes a new one."""

    volume: str
    shelf: str
    sha256: str
    extension: str


TABLES: dict[str, type[Row]] = {
    "files": FileRow,
    "sounds": SoundRow,
    "pictures": PictureRow,
    "copies": CopyRow,
    "deposits": DepositRow,
    "refusals": RefusalRow,
    "records": RecordRow,
    "artists": ArtistRow,
    "releases": ReleaseRow,
    "tracks": TrackRow,
    "works": WorkRow,
    "labels": LabelRow,
    "odd": OddRow,
    "fetched": FetchedRow,
    "validators": ValidatorRow,
    "rechecks": RecheckRow,
    "tags": TagRow,
    "links": LinkRow,
    "withdrawn": WithdrawnRow,
    "ids": IdRow,
    "redirects": RedirectRow,
    "splits": SplitRow,
    "decisions": DecisionRow,
    "volumes": VolumeRow,
}


#: How columns of claims are written that rarely say the same twice: ids follow each other, lengths and titles do not.
_ENCODINGS = {
    **dict.fromkeys(("id", "mbid"), "DELTA_BYTE_ARRAY"),
    **dict.fromkeys(("title", "name", "isrc", "barcode", "date", "record"), "DELTA_LENGTH_BYTE_ARRAY"),
    "release_id": "DELTA_LENGTH_BYTE_ARRAY",
    **dict.fromkeys(("artist_id", "release"), "PLAIN"),
    **dict.fromkeys(("duration_ms", "position"), "BYTE_STREAM_SPLIT"),
}
#: Claims: short rows by the million.
_DENSE = frozenset({"artists", "releases", "tracks", "works", "labels"})
#: What most rows of a table say once more in another, as SQL: null in the file stands for it (format clause 6.1).
_SAID_TWICE: dict[str, dict[str, str]] = {
    "tracks": {
        "release": "coalesce(release, title)",
        "record": "coalesce(record, 'release:' || release_id)",
    }
}


class Tables:
    """The tables under `catalog/`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def append(self, name: str, seq: int, rows: Iterable[Row]) -> Segment | None:
        """Write a segment, durable when this returns; None where there are no rows.

        It counts from the moment that log entry `seq` names it. What a killed run left under this name is replaced.
        """
        listed = list(rows)
        if not listed:
            return None
        place = Path(name) / f"{seq:012}.parquet"
        digest, count = self._write(place, name, seq, as_tables(TABLES[name], listed))
        return Segment(name=name, path=str(place), sha256=digest, rows=count)

    def append_tables(self, name: str, seq: int, tables: Iterable[Any]) -> Segment | None:
        """As `append`, from Arrow tables with the columns of `name`: for rows by the million."""
        place = Path(name) / f"{seq:012}.parquet"
        digest, count = self._write(place, name, seq, tables)
        if not count:
            (self._folder / place).unlink()
            return None
        return Segment(name=name, path=str(place), sha256=digest, rows=count)

    def sweep(self, next_seq: int) -> None:
        """Remove the segments of an entry that a killed run did not come to write: they would be that of `next_seq`.

        Only the holder of the write lock may call.
        """
        for name in TABLES:
            path = self._folder / name / f"{next_seq:012}.parquet"
            path.unlink(missing_ok=True)
            path.with_name(path.name + ".part").unlink(missing_ok=True)

    def attach(self, duck: Duck, segments: Iterable[Segment]) -> None:
        """Name every table in DuckDB, over the committed segments, and the views of what is current in them."""
        paths: dict[str, list[Path]] = {name: [] for name in TABLES}
        for segment in segments:
            paths[segment.name].append(self._folder / segment.path)
        for name, row in TABLES.items():
            self._name(duck, name, row, paths[name])
        for views in ("current_sounds", "standing_decisions"):
            duck.run(sql_file("onrecord.catalog", views))

    def attach_again(self, duck: Duck, segments: Iterable[Segment], name: str) -> None:
        """Let one of the tables have what was committed since."""
        paths = [self._folder / segment.path for segment in segments if segment.name == name]
        self._name(duck, name, TABLES[name], paths)

    def _name(self, duck: Duck, name: str, row: type[Row], paths: list[Path]) -> None:
        duck.view(name, paths, row, _SAID_TWICE.get(name, {}))

    def _write(self, place: Path, name: str, seq: int, tables: Iterable[Any]) -> tuple[str, int]:
        said = map(_said_once, tables) if name in _SAID_TWICE else tables
        path, dense = self._folder / place, name in _DENSE
        return write_tables(
            path, TABLES[name], said, {"seq": seq}, _ENCODINGS, dense, _SAID_TWICE.get(name, ())
        )


def _said_once(tracks: Any) -> Any:
    """Tracks whose release is called as they are, or whose record is called after their release, say that once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    named = pc.binary_join_element_wise("release", tracks["release_id"], ":")
    for name, other in (("release", tracks["title"]), ("record", named)):
        once = pc.if_else(pc.equal(tracks[name], other), pa.scalar(None, pa.string()), tracks[name])
        field = tracks.schema.field(name).with_nullable(True)
        tracks = tracks.set_column(tracks.schema.get_field_index(name), field, once)
    return tracks
