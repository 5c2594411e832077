# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Knows metadata that was taken out of a streaming service against its terms, by what it is; every door asks. Pure.

Each function gives the reason to refuse, "" where there is none. Nothing is opened, unlocked or looked up. What people
carry home of themselves (listening histories, their own playlists) is no such set, nor is one answer of a service.
"""

import bz2
import codecs
import csv
import json
import lzma
import re
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, Final, TypeVar

from onrecord.model import identifiers

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: Bytes of a file's start that are looked at, of records and of sound.
HEAD: Final = 256 * 1024
#: So many rows next to each other are judged at a time: those that come first, in the middle and last of what is seen.
SAMPLE: Final = 100
#: So many rows that a service's own ids name are no accident, whatever their columns are called.
_FEWEST_NAMED: Final = 50
#: No answer of a service lists more things than this; a longer list is a collection of answers.
_LONGEST_ANSWER: Final = 100
#: Bytes that are unpacked of a packed file, and packed ones that this may take (a block of bzip2 comes whole).
UNPACKED: Final = 1024 * 1024
PACKED: Final = 1024 * 1024
#: What may stand in a piece from the middle of a document before it is given up.
_MOST_TRIES: Final = 50
_SERVICES: Final = r"(?:spotify|deezer|tidal|qobuz|apple_?music|amazon_?music|soundcloud)"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Columns that one service gives its rows and hardly anybody else does; and those that others have, too.
_STRONG: Final = _words(
    "previewurl availablemarkets availablemarketsrowid externalids externalidisrc externalidupc externalidsisrc"
    " externalidsupc releasedateprecision isplayable linkedfrom albumrowid"
)
_WEAK: Final = _words("popularity explicit isrc albumtype islocal followerstotal")
_FEATURES: Final = _words("danceability energy speechiness acousticness instrumentalness liveness valence")
#: A person's own acts: what is listed beside them is a history or a playlist of theirs.
_PERSONAL: Final = _words("msplayed playedat listenedat addedat addedby addedbyid")
#: Beside these a person lists what they play: a playlist as tools carry it from one service to another has codes, too.
_LISTED: Final = _words("username platform playlist playlistname conncountry listname")
#: Names inside other services, which no public description of theirs has; so many of them are no accident.
_INTERNAL: Final = {
    "Deezer": (3, _words("sngid md5origin mediaversion token tokenexpire filesizeflac")),
    "Tidal": (
        4,
        _words(
            "allowstreaming streamready premiumstreamingonly adsupportedstreamready stemready djready"
            " payperstreamingonly"
        ),
    ),
    "Apple Music": (
        4,
        _words(
            "playparams extendedasseturls isappledigitalmaster ismasteredforitunes audiotraits audiolocale"
        ),
    ),
}
_ADDRESS: Final = re.compile(
    r"(?:spotify:|https?://open\.spotify\.com/(?:intl-[a-z]+/)?)(?:track|album|artist)[:/][0-7][0-9A-Za-z]{21}(?:\?\S*)?"
)
#: 128 bits in base 62: the first sign is never above 7.
_BARE: Final = re.compile(r"[0-7][0-9A-Za-z]{21}")
_NAMED: Final = re.compile(
    rf"\baacid__\w*{_SERVICES}|annas[_ -]archive\w*{_SERVICES}|\bspotify_clean(?:_\w+)?\.sqlite3?\b",
    re.IGNORECASE,
)
_SOUND: Final = re.compile(r"([^/\\]+)\.(?:ogg|oga|opus|mp3|m4a|mp4|aac|flac)", re.IGNORECASE)
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_BEFORE_A_VALUE: Final = re.compile(r"[\[,\n]\s*(?=\{)")
_BETWEEN: Final = re.compile(r"[\s,]*")
_MARKS: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_T = TypeVar("_T")
_CREATE: Final = re.compile(
    r"CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?[\"`\[]?\w+[\"`\]]?\s*\(", re.IGNORECASE
)


def taken_table(columns: Sequence[str], sample_rows: Iterable[Sequence[object]]) -> str:
    """About a table with these columns, of which some rows may be given as their cells, in the order of the columns.

    With rows, a column that holds hardly anything but one service's own ids or addresses is looked for, and columns
    beside it that are that service's. Where columns were renamed the values tell: fifty rows or more that such ids
    name, with their recording codes. Without rows only the columns of the published set itself are sure enough.
    """
    names = [_plain(column) for column in columns]
    known = frozenset(names)
    for service, (fewest, internal) in _INTERNAL.items():
        if len(known & internal) >= fewest:
            return f"its columns are internal ones of {service}: {_listed(columns, internal)}"
    strong, weak = known & _STRONG, known & _WEAK
    features = known & _FEATURES if len(known & _FEATURES) >= 4 else frozenset[str]()
    if known & _PERSONAL and not known & {"availablemarkets", "availablemarketsrowid", "albumrowid"}:
        return ""
    telling = _listed(columns, strong | weak | features)
    if "availablemarketsrowid" in known and known & {"externalidisrc", "externalidupc"}:
        return f"its columns are those of a published copy of Spotify's catalog: {telling}"
    rows = list(islice(sample_rows, SAMPLE))
    ids = [_kind_of_ids(row[at] for row in rows if at < len(row)) for at in range(len(names))]
    sure = len(strong) + len(weak) >= 3 or bool(features)
    if sure and ("address" in ids or ("bare" in ids and (strong or features))):
        return f"its rows are named by Spotify's own ids, and hold what only that service gives: {telling}"
    return "" if known & _LISTED else _named_rows(columns, rows)


def taken_json(value: object) -> str:
    """About a JSON document, or about a list of the first values of a file of JSON lines.

    One answer of a service, as programs keep it, is no set; a list of such things is.
    """
    if isinstance(value, list):
        return _rows(value) if len(value) > 1 else _named(value)
    if not isinstance(value, dict):
        return ""
    if reason := _named([value]):
        return reason
    lists = (item for outer in (value, *_inner(value)) for item in outer.values() if isinstance(item, list))
    return next(filter(None, (_rows(item) for item in lists if len(item) > _LONGEST_ANSWER)), "")


def taken_torrent(names: Iterable[str]) -> str:
    """About a torrent or a folder: its own name and the paths of its files."""
    counted = Names()
    for name in names:
        counted.add(name)
    return counted.reason


class Names:
    """Names of files, counted as they come: a folder may hold any number of them."""

    def __init__(self) -> None:
        self._named = ""
        self._sound = 0
        self._ids = 0
        self._some: list[str] = []

    def add(self, name: str) -> None:
        """Count a file by its path below the torrent or folder that is judged."""
        if not self._named and (found := _NAMED.search(name)):
            self._named = found[0][:80]
        if (found := _SOUND.search(name)) and found.end() == len(name):
            self._sound += 1
            if _BARE.fullmatch(found[1]):
                self._ids += 1
                self._some += [found[1]] if len(self._some) < SAMPLE else []

    def join(self, other: "Names") -> None:
        """Count the sound that `other` has counted: a folder in this one. A set's own name is that folder's alone."""
        self._sound += other._sound
        self._ids += other._ids
        self._some = [*self._some, *other._some][:SAMPLE]

    @property
    def reason(self) -> str:
        if self._named:
            return f"{self._named!r} is the name of a set that was taken from a streaming service"
        many = self._ids >= 10 and self._ids * 10 >= self._sound * 8
        if many and _kind_of_ids(self._some) == "bare":
            return (
                f"{self._ids} of its {self._sound} sound files are named by a streaming service's track ids"
            )
        return ""


def taken_head(head: bytes, later: Sequence[bytes] = ()) -> str:
    """About a file of records, by its first bytes (256 KiB are enough): SQLite, JSON, JSON lines, CSV, also packed.

    `later` are pieces from further on in a text, each from an even place; they may begin and end inside a row.
    """
    head = unpacked(head)
    if head.startswith(b"SQLite format 3\0"):
        text = head.decode("latin-1")
        tables = (_created(text, found.end()) for found in _CREATE.finditer(text))
        return next(filter(None, (taken_table(columns, ()) for columns in tables)), "")
    encoding = next((name for mark, name in _MARKS.items() if head.startswith(mark)), "utf-8")
    text, *pieces = (piece.decode(encoding, "replace") for piece in (head, *later))
    text = text.lstrip("\ufeff").lstrip()
    return _taken_values(text, pieces) if text.startswith(("{", "[")) else _taken_lines(text, pieces)


def unpacked(head: bytes) -> bytes:
    """The beginning of what is packed here, at most 1 MiB; the bytes themselves where they are not packed."""
    try:
        if head.startswith(b"\x1f\x8b"):
            return zlib.decompressobj(31).decompress(head, UNPACKED)
        if head.startswith(b"BZh"):
            return bz2.BZ2Decompressor().decompress(head, UNPACKED)
        if head.startswith(b"\x28\xb5\x2f\xfd"):
            return zstd.ZstdDecompressor().decompress(head, UNPACKED)
        if head.startswith(b"\xfd7zXZ"):
            return lzma.LZMADecompressor(memlimit=128 * 1024 * 1024).decompress(head, UNPACKED)
    except (zlib.error, zstd.ZstdError, lzma.LZMAError, EOFError, OSError, ValueError):
        return b""
    return head


def _plain(column: str) -> str:
    """`preview_url`, `previewUrl` and `Track Preview URL` are one name."""
    return "".join(sign for sign in column.lower() if sign.isalnum()).removeprefix("track")


def _listed(columns: Sequence[str], telling: frozenset[str]) -> str:
    return ", ".join(column[:40] for column in columns if _plain(column) in telling)[:200]


def _kind_of_ids(cells: Iterable[object]) -> str:
    """`address` or `bare` where nine tenths of what stands in a column are a service's ids, else ""."""
    values = [cell for cell in cells if cell not in ("", None)]
    if not values:
        return ""
    if len(_matching(_ADDRESS, values)) * 10 >= len(values) * 9:
        return "address"
    ids = _matching(_BARE, values)
    signs = "".join(ids)
    mixed = signs.upper() != signs and signs.lower() != signs and any(map(str.isdigit, signs))
    return "bare" if mixed and len(ids) * 10 >= len(values) * 9 else ""


def _matching(pattern: re.Pattern[str], cells: Iterable[object]) -> list[str]:
    texts = (cell.strip() for cell in cells if isinstance(cell, str))
    return [text for text in texts if pattern.fullmatch(text)]


def _named_rows(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A column of bare ids that names nine rows of ten, beside one of ISRCs, or one called popularity from 0 to 100.

    Addresses of a service's tracks are links, which a label keeps beside its codes; and what hangs on ids of
    MusicBrainz is a table of links. Both pass.
    """
    if len(rows) < _FEWEST_NAMED:
        return ""
    cells = [[row[at] if at < len(row) else None for row in rows] for at in range(len(columns))]
    keys = [
        at
        for at, column in enumerate(cells)
        if _kind_of_ids(column) == "bare"
        and len(_matching(_BARE, column)) >= max(_FEWEST_NAMED, len(rows) * 9 // 10)
    ]
    if not keys or any(len(_matching(_UUID, column)) * 10 >= len(rows) * 9 for column in cells):
        return ""
    for name, column in zip(columns, cells, strict=True):
        codes = sum(isinstance(cell, str) and bool(identifiers.isrc(cell)) for cell in column)
        popular = _plain(name) == "popularity" and all(map(_is_of_hundred, column))
        if codes * 2 >= len(rows) or popular:
            beside = "popularity" if popular else "recording codes (ISRC)"
            return f"Spotify's own ids name its rows (column {columns[keys[0]][:40]!r}), with {beside} beside them"
    return ""


def _is_of_hundred(cell: object) -> bool:
    return str(cell).isdecimal() and len(str(cell)) <= 3 and int(str(cell)) <= 100


def _windows(rows: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """The first, the middle and the last rows."""
    last = max(len(rows) - SAMPLE, 0)
    for start in sorted({0, last // 2, last}):
        yield rows[start : start + SAMPLE]


def _named(values: Sequence[object]) -> str:
    for value in values:
        name = value.get("aacid") if isinstance(value, dict) else None
        if isinstance(name, str) and (found := _NAMED.search(name)):
            return f"its records are named {found[0][:80]!r}, as those of a set that was taken from a streaming service"
    return ""


def _rows(values: Sequence[object]) -> str:
    return next(filter(None, map(_some_rows, _windows(values))), "")


def _some_rows(values: Sequence[object]) -> str:
    rows = [_flat(value) for value in values if isinstance(value, dict)]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = ([row.get(column) for column in columns] for row in rows)
    return _named(values) or (taken_table(columns, cells) if rows else "")


def _taken_lines(text: str, pieces: Sequence[str]) -> str:
    """About delimited text. A piece from further on has its columns from the first line, and loses its torn ends."""
    lines = text.splitlines()
    later = [piece.splitlines()[1:-1] for piece in pieces]
    for delimiter in ",\t;|":
        if not lines or delimiter not in lines[0]:
            continue
        columns = next(iter(_split(lines[:1], delimiter)), [])
        for rows in map(_split, (lines[1:], *later), delimiter * (1 + len(later))):
            for window in _windows(rows):
                if len(columns) > 1 and (reason := taken_table(columns, window)):
                    return reason
    return ""


def _split(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """The rows as far as they can be read."""
    rows: list[list[str]] = []
    with suppress(csv.Error, ValueError):
        rows += csv.reader(lines, delimiter=delimiter)
    return rows


def _taken_values(text: str, pieces: Sequence[str]) -> str:
    """About JSON: a document, lines, or a list; of one that is cut off a list is known by its many elements."""
    value = _values(text)
    if reason := taken_json(value):
        return reason
    is_list = text.startswith("[") or (isinstance(value, list) and len(value) > 1)
    whole = not isinstance(value, list) or is_list
    for piece in pieces if whole else (text, *pieces):
        for run in _values_within(piece):
            if len(run) > (1 if is_list else _LONGEST_ANSWER) and (reason := _rows(run)):
                return reason
    return ""


def _values_within(text: str) -> Iterator[list[object]]:
    """Objects that follow each other in a piece from the middle of a document, run by run."""
    decoder = json.JSONDecoder()
    at = 0
    for _ in range(_MOST_TRIES):
        found = _BEFORE_A_VALUE.search(text, at)
        if found is None:
            return
        at = found.end()
        run: list[object] = []
        try:
            while text.startswith("{", at):
                value, end = decoder.raw_decode(text, at)
                run.append(value)
                between = _BETWEEN.match(text, end)
                at = between.end() if between else end
        except (ValueError, RecursionError):
            pass
        if run:
            yield run


def _flat(value: Mapping[str, Any]) -> dict[str, Any]:
    """A record with what stands in it one level down: sets wrap their rows. Of names that meet, points tell apart."""
    flat: dict[str, Any] = {}
    plain = {key: item for key, item in value.items() if not isinstance(item, dict)}
    for part in (plain, *_inner(value)):
        for key, item in part.items():
            while key in flat:
                key += "."
            flat[key] = item
    return flat


def _inner(value: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    return (item for item in value.values() if isinstance(item, dict))


def _values(text: str) -> object:
    """The document, or its values as far as they are whole: lines, or elements of an array that is cut off."""
    values: list[object] = []
    decoder = json.JSONDecoder()
    at = 0
    try:
        value, end = decoder.raw_decode(text)
        if not text[end:].strip():
            return value
    except (ValueError, RecursionError):
        at = 1 if text.startswith("[") else 0
    while at < len(text):
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        values.append(value)
    return values


def _created(text: str, start: int) -> list[str]:
    """The columns that a CREATE TABLE statement names behind its opening bracket."""
    depth, end = 1, start
    while depth and end < min(len(text), start + 20_000):
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        end += 1
    body = re.sub(r"\([^()]*\)", "", text[start : end - 1])
    return [part.split()[0].strip("\"`[]'") for part in body.split(",") if part.split()]
