# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listens of ListenBrainz without whoever listened: JSON dumps, Parquet dumps for Spark, API answers, submissions.

No name or number of a person becomes a value of this module: the fields are not read.
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from onrecord.errors import RecordRejected
from onrecord.model import identifiers
from onrecord.sources import packed, parquet_cells, strict_json
from onrecord.sources.paging import Filling, Place, Unread, unread

#: 1 October 2002, before which nobody could scrobble; ListenBrainz refuses earlier times.
EARLIEST: Final = 1_033_430_400
_TEN_DAYS_MS: Final = 10 * 24 * 3600 * 1000
_BATCH: Final = 4_096
#: Largest row group that is read, unpacked; the dumps aim at files of 128 MB.
_LARGEST_GROUP: Final = 1024 * 1024 * 1024
#: Bytes of one row; names of a recording, its artists and its release are a few hundred.
_LONGEST_ROW: Final = 64 * 1024
#: `user_id` stands beside them.
_COLUMNS: Final = (
    "listened_at",
    "artist_name",
    "recording_name",
    "release_name",
    "recording_mbid",
    "release_mbid",
    "artist_credit_mbids",
    "artist_credit_id",
)


class Listen(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One play by nobody in particular.

    listened_at  seconds since 1970 (UTC)
    mapped       ListenBrainz found the recording: title, artist and identifiers are MusicBrainz's; else they are what
                 a listener's program sent
    """

    listened_at: int
    title: str
    artist: str
    release: str = ""
    recording_mbid: str = ""
    release_mbid: str = ""
    artist_mbids: tuple[str, ...] = ()
    isrc: str = ""
    duration_ms: int | None = None
    mapped: bool = False


class Unreadable(NamedTuple):
    """A listen or a file that cannot be read: where it stands, and why."""

    where: str
    why: str


class Heard(NamedTuple):
    """What one line, document or batch of rows holds, and the place behind it."""

    behind: Place
    listens: tuple[Listen, ...]
    unreadable: tuple[Unreadable, ...]


def listens(location: Path) -> Iterator[Listen | Unreadable]:
    """Every listen in a dump, a file or a folder, in its order, one at a time; memory is a batch."""
    aside = Filling("")
    for file in unread(location, Place.of(""), aside):
        for heard in read(file):
            yield from heard.listens
            yield from heard.unreadable
    for page in aside.rest():
        yield from (Unreadable(where, why) for where, why in page.rejected)


def holds_listens(name: str) -> bool:
    """Whether a file of a dump, by its name, holds listens."""
    return name.endswith((".listens", ".parquet", ".json", ".jsonl"))


def read(file: Unread) -> Iterator[Heard]:
    """The listens of one file behind the place that `file` names; a file that holds none gives nothing."""
    if file.name.endswith(".parquet"):
        yield from _rows(file)
    elif holds_listens(packed.plain_name(file.name)):
        yield from _texts(file)


# --- JSON -----------------------------------------------------------------------------------------------------------


class _Info(Struct):
    """What a listener's program adds; any of it may be anything."""

    recording_mbid: Any = None
    release_mbid: Any = None
    artist_mbids: Any = None
    isrc: Any = None
    duration_ms: Any = None
    duration: Any = None


class _Artist(Struct):
    artist_credit_name: str | None = None
    join_phrase: str | None = None


class _Mapping(Struct):
    recording_mbid: str | None = None
    recording_name: str | None = None
    release_mbid: str | None = None
    artist_mbids: list[str] | None = None
    artists: list[_Artist] | None = None


class _Metadata(Struct):
    artist_name: str | None = None
    track_name: str | None = None
    release_name: str | None = None
    additional_info: _Info | None = None
    mbid_mapping: _Mapping | None = None


class _Line(Struct):
    track_metadata: _Metadata | None = None
    listened_at: int | float | str | None = None
    timestamp: int | float | str | None = None  # its name in older dumps


class _Answer(Struct):
    listens: list[msgspec.Raw] = []


class _Document(Struct):
    payload: list[msgspec.Raw] | _Answer | None = None
    track_metadata: msgspec.Raw = msgspec.Raw()


_line: Final = msgspec.json.Decoder(_Line).decode
_document: Final = msgspec.json.Decoder(_Document).decode


def _texts(file: Unread) -> Iterator[Heard]:
    for text in file.json_texts():
        place = file.place(text.offset, text.lines)
        where = f"{file.name}:{text.line}"
        if text.wrong:
            yield Heard(place, (), (Unreadable(where, text.wrong),))
        else:
            yield Heard(place, *_of_text(text.data, where))


def _of_text(data: bytes, where: str) -> tuple[tuple[Listen, ...], tuple[Unreadable, ...]]:
    found: list[Listen] = []
    unreadable: list[Unreadable] = []
    try:
        strict_json.read(data)
        lines = _lines(data)
    except RecordRejected as reason:
        return (), (Unreadable(where, reason.message),)
    for number, line in enumerate(lines):
        try:
            found.append(_listen(line))
        except RecordRejected as reason:
            place = f"{where}#payload[{number}]" if len(lines) > 1 else where
            unreadable.append(Unreadable(place, reason.message))
    return tuple(found), tuple(unreadable)


def _lines(data: bytes) -> list[bytes]:
    """A listen as it is, or the listens of a submission or an API answer."""
    try:
        document = _document(data)
    except msgspec.MsgspecError as error:
        raise RecordRejected(f"not a listen: {error}") from error
    if document.track_metadata:
        return [data]
    if document.payload is None:
        raise RecordRejected("expected a listen with `track_metadata`, or a `payload` of listens")
    payload = document.payload
    return [bytes(line) for line in (payload.listens if isinstance(payload, _Answer) else payload)]


def _listen(data: bytes) -> Listen:
    try:
        line = _line(data)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise RecordRejected(f"not a listen: {error}") from error
    metadata = line.track_metadata or _Metadata()
    if not (metadata.artist_name or "").strip() or not (metadata.track_name or "").strip():
        raise RecordRejected("a listen without an artist's or a track's name")
    when = _seconds(line.timestamp if line.listened_at is None else line.listened_at)
    mapping = metadata.mbid_mapping
    if mapping and identifiers.mbid(mapping.recording_mbid or "") and mapping.recording_name:
        return _mapped(when, metadata, mapping)
    info = metadata.additional_info or _Info()
    return Listen(
        listened_at=when,
        title=metadata.track_name or "",
        artist=metadata.artist_name or "",
        release=metadata.release_name or "",
        recording_mbid=_mbid(info.recording_mbid),
        release_mbid=_mbid(info.release_mbid),
        artist_mbids=_mbids(info.artist_mbids),
        isrc=identifiers.isrc(info.isrc) if isinstance(info.isrc, str) else "",
        duration_ms=_milliseconds(info),
    )


def _mapped(when: int, metadata: _Metadata, mapping: _Mapping) -> Listen:
    credit = "".join(f"{a.artist_credit_name or ''}{a.join_phrase or ''}" for a in mapping.artists or [])
    return Listen(
        listened_at=when,
        title=mapping.recording_name or "",
        artist=credit or metadata.artist_name or "",
        recording_mbid=_mbid(mapping.recording_mbid),
        release_mbid=_mbid(mapping.release_mbid),
        artist_mbids=_mbids(mapping.artist_mbids),
        duration_ms=_milliseconds(metadata.additional_info or _Info()),
        mapped=bool(credit),
    )


def _seconds(value: int | float | str | None) -> int:
    try:
        if isinstance(value, str) and not value.strip().isdigit():
            moment = dt.datetime.fromisoformat(value.strip())
            value = (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()
        seconds = int(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError) as error:
        raise RecordRejected(f"listened_at: expected seconds since 1970, got {str(value)[:40]!r}") from error
    if not EARLIEST <= seconds < 2**32:
        raise RecordRejected(f"listened_at: {seconds} is no time at which anybody could have scrobbled")
    return seconds


def _milliseconds(info: _Info) -> int | None:
    for value, unit in ((info.duration_ms, 1), (info.duration, 1000)):
        if isinstance(value, int | float) and 0 < value * unit < _TEN_DAYS_MS:
            return int(value * unit) or None
    return None


def _mbid(value: Any) -> str:
    return identifiers.mbid(value) if isinstance(value, str) else ""


def _mbids(values: Any) -> tuple[str, ...]:
    return tuple(filter(None, map(_mbid, values))) if isinstance(values, list) else ()


# --- Parquet --------------------------------------------------------------------------------------------------------


def _rows(file: Unread) -> Iterator[Heard]:
    """Rows are counted where bytes cannot be: a place in a Parquet file is the number of rows behind it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = file.behind.count
    try:
        if not file.part.stream.seekable():
            raise RecordRejected("Parquet cannot be read in a packed tar: unpack it first")
        with pq.ParquetFile(file.part.stream, pre_buffer=False) as table:
            columns = _columns(table)
            for group in range(table.metadata.num_row_groups):
                if parquet_cells.longest(file.part.stream, table.metadata, group) > _LONGEST_ROW:
                    raise RecordRejected(f"values of more than {_LONGEST_ROW} bytes, which no listen has")
            number, passed = 0, file.behind.count
            for batch in table.iter_batches(batch_size=_BATCH, columns=columns, use_threads=False):
                start, number = number, number + batch.num_rows
                if number <= passed:
                    continue
                yield _batch(
                    file, batch.slice(max(passed - start, 0)).to_pylist(), max(passed, start), number
                )
    except (RecordRejected, pa.ArrowException, OSError, ValueError, EOFError) as error:
        place = file.place(0, number)
        yield Heard(place, (), (Unreadable(file.name, f"cannot be read: {error}"[:400]),))


def _columns(table: Any) -> list[str]:
    names = set(table.schema_arrow.names)
    missing = {"listened_at", "artist_name", "recording_name"} - names
    if missing:
        raise RecordRejected(f"no table of listens: it has no column {', '.join(sorted(missing))}")
    groups = (table.metadata.row_group(number) for number in range(table.metadata.num_row_groups))
    if any(group.total_byte_size > _LARGEST_GROUP for group in groups):
        raise RecordRejected(f"a row group of more than {_LARGEST_GROUP} bytes")
    return [name for name in _COLUMNS if name in names]


def _batch(file: Unread, rows: list[dict[str, Any]], start: int, end: int) -> Heard:
    found: list[Listen] = []
    unreadable: list[Unreadable] = []
    for number, row in enumerate(rows, start + 1):
        try:
            found.append(_of_row(row))
        except RecordRejected as reason:
            unreadable.append(Unreadable(f"{file.name}#{number}", reason.message))
    return Heard(file.place(0, end), tuple(found), tuple(unreadable))


def _of_row(row: dict[str, Any]) -> Listen:
    when, title, artist = row["listened_at"], row["recording_name"], row["artist_name"]
    if not isinstance(title, str) or not isinstance(artist, str) or not title.strip() or not artist.strip():
        raise RecordRejected("a listen without an artist's or a track's name")
    if isinstance(when, dt.datetime):
        when = (when if when.tzinfo else when.replace(tzinfo=dt.UTC)).timestamp()
    release = row.get("release_name")
    recording = _mbid(row.get("recording_mbid"))
    return Listen(
        listened_at=_seconds(when),
        title=title,
        artist=artist,
        release=release if isinstance(release, str) else "",
        recording_mbid=recording,
        release_mbid=_mbid(row.get("release_mbid")),
        artist_mbids=_mbids(row.get("artist_credit_mbids")),
        mapped=bool(recording) and row.get("artist_credit_id") is not None,
    )
