# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Knows metadata that was taken out of a streaming service against its terms, by what it is; every door asks. Pure.

Each function gives the reason to refuse, "" where there is none. Nothing is opened, unlocked or looked up. What people
carry home of themselves (listening histories, their own playlists) is no such set, nor is one answer of a service.
"""

import csv
import json
import lzma
import re
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: Bytes of a file's start that are looked at, of records and of sound.
HEAD: Final = 256 * 1024
#: So many rows are looked at; the rest of a set looks alike.
SAMPLE: Final = 100
#: No answer of a service lists more things than this; a longer list is a collection of answers.
_LONGEST_ANSWER: Final = 100
_UNPACKED: Final = 1024 * 1024
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
_CREATE: Final = re.compile(
    r"CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?[\"`\[]?\w+[\"`\]]?\s*\(", re.IGNORECASE
)


def taken_table(columns: Sequence[str], sample_rows: Iterable[Sequence[object]]) -> str:
    """About a table with these columns, of which some rows may be given as their cells, in the order of the columns.

    With rows, a column that holds nothing but one service's own ids or addresses is looked for, and columns beside it
    that are that service's. Without rows only the columns of the published set itself are sure enough.
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
    return ""


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


def taken_torrent(names: Sequence[str]) -> str:
    """About a torrent or a folder: its own name and the paths of its files."""
    for name in names:
        if found := _NAMED.search(name):
            return f"{found[0][:80]!r} is the name of a set that was taken from a streaming service"
    stems = [found[1] for name in names if (found := _SOUND.search(name)) and found.end() == len(name)]
    ids = [stem for stem in stems if _BARE.fullmatch(stem)]
    if len(ids) >= 10 and len(ids) * 10 >= len(stems) * 8 and _kind_of_ids(ids) == "bare":
        return f"{len(ids)} of its {len(stems)} sound files are named by a streaming service's track ids"
    return ""


def taken_head(head: bytes) -> str:
    """About a file of records, by its first bytes (256 KiB are enough): SQLite, JSON, JSON lines, CSV, also packed."""
    head = _unpacked(head)
    if head.startswith(b"SQLite format 3\0"):
        text = head.decode("latin-1")
        tables = (_created(text, found.end()) for found in _CREATE.finditer(text))
        return next(filter(None, (taken_table(columns, ()) for columns in tables)), "")
    text = head.decode("utf-8-sig", "replace").lstrip()
    if text.startswith(("{", "[")):
        return taken_json(_values(text))
    lines = text.splitlines()[: SAMPLE + 1]
    for delimiter in ",\t;|" if lines else "":
        try:
            columns, *rows = csv.reader(lines, delimiter=delimiter)
        except (csv.Error, ValueError):
            continue
        if len(columns) > 2 and (reason := taken_table(columns, rows)):
            return reason
    return ""


def _plain(column: str) -> str:
    """`preview_url`, `previewUrl` and `Track Preview URL` are one name."""
    return "".join(sign for sign in column.lower() if sign.isalnum()).removeprefix("track")


def _listed(columns: Sequence[str], telling: frozenset[str]) -> str:
    return ", ".join(column[:40] for column in columns if _plain(column) in telling)[:200]


def _kind_of_ids(cells: Iterable[object]) -> str:
    """`address` or `bare` where all that stands in a column is a service's ids, "" where anything else does."""
    values = [cell for cell in cells if cell not in ("", None)]
    texts = [cell.strip() for cell in values if isinstance(cell, str)]
    if not texts or len(texts) != len(values):
        return ""
    if all(map(_ADDRESS.fullmatch, texts)):
        return "address"
    signs = "".join(texts)
    mixed = signs.upper() != signs and signs.lower() != signs and any(map(str.isdigit, signs))
    return "bare" if mixed and all(map(_BARE.fullmatch, texts)) else ""


def _named(values: Sequence[object]) -> str:
    for value in values:
        name = value.get("aacid") if isinstance(value, dict) else None
        if isinstance(name, str) and (found := _NAMED.search(name)):
            return f"its records are named {found[0][:80]!r}, as those of a set that was taken from a streaming service"
    return ""


def _rows(values: Sequence[object]) -> str:
    rows = [_flat(value) for value in values[:SAMPLE] if isinstance(value, dict)]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = ([row.get(column) for column in columns] for row in rows)
    return _named(values[:SAMPLE]) or (taken_table(columns, cells) if rows else "")


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


def _unpacked(head: bytes) -> bytes:
    try:
        if head.startswith(b"\x1f\x8b"):
            return zlib.decompressobj(31).decompress(head, _UNPACKED)
        if head.startswith(b"\x28\xb5\x2f\xfd"):
            return zstd.ZstdDecompressor().decompress(head, _UNPACKED)
        if head.startswith(b"\xfd7zXZ"):
            return lzma.LZMADecompressor(memlimit=128 * 1024 * 1024).decompress(head, _UNPACKED)
    except (zlib.error, zstd.ZstdError, lzma.LZMAError, EOFError):
        return b""
    return head


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
    while len(values) < SAMPLE:
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
