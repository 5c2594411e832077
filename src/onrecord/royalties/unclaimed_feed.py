# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A collective's bulk data as views for SQL: DDEX BWARM, tab-separated files of tens of millions of lines, never held.

Layout: bwarm.ddex.net, clause 6.15 (unclaimed right shares), and for the files beside it the cells that public loaders
of The MLC's feed name. No real file was seen. A line is split at its tabs and nowhere else, so that a quotation mark in
a title is a character; quotation marks around a whole cell are taken off. Lines that cannot be read are counted.
"""

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from onrecord.engine.duck import Duck
from onrecord.engine.quoting import csv_file
from onrecord.errors import SourceRefused

#: So many lines that cannot be read are listed; all are counted.
LISTED: Final = 1000
#: What the cells of the unclaimed shares are, in order: in the first edition of the standard, in the second.
_SHARES: Final[Mapping[str, tuple[str, ...]]] = {
    "share": ("FeedProvidersRightShareId", "UnclaimedMusicalWorkRightShareRecordId"),
    "recording": ("FeedProvidersRecordingId", "ResourceRecordId"),
    "work": ("FeedProvidersWorkId", "MusicalWorkRecordId"),
    "isrc": ("ISRC",),
    "dsp": ("DspRecordingId", "DspResourceId"),
    "title": ("RecordingTitle", "ResourceTitle"),
    "subtitle": ("RecordingSubTitle", "ResourceSubTitle"),
    "alternative": ("AlternativeRecordingTitle", "AlternativeResourceTitle"),
    "artist": ("DisplayArtistName",),
    "isni": ("DisplayArtistISNI",),
    "duration": ("Duration",),
    "percent": ("UnclaimedPercentage",),
    "priority": ("PercentileForPrioritisation",),
}
_ALWAYS: Final = ("share", "work", "isrc", "title", "artist")
#: Files that may lie beside it: which cells of them are used, from 1.
_BESIDE: Final[Mapping[str, Mapping[str, int]]] = {
    "works": {"work": 1, "iswc": 2, "title": 3},
    "recordings": {"recording": 1, "isrc": 2, "title": 3, "subtitle": 4, "artist": 5},
    "workrightshares": {"share": 1, "work": 2, "party": 3, "role": 4, "percent": 5, "kind": 6},
    "parties": {"party": 1, "name": 6},
}
_UNCLAIMED: Final = ("unclaimedworkrightshares.tsv", "unclaimedmusicalworkrightshares.tsv")
_GZIP: Final = b"\x1f\x8b"
#: So many lines that are no text are written down; in a file with more of them the rest is left out uncounted.
_MOST_TORN: Final = 100_000
#: No text has it, so that a line is one column.
_NO_DELIMITER: Final = "\x1f"


class Feed(Struct, frozen=True, kw_only=True):
    """What was opened: the view `unclaimed`, and of `beside` those views whose files lie in the same folder; the other
    ones are there and empty. `cells` is how many a line of the unclaimed shares must have."""

    path: Path
    beside: tuple[str, ...]
    cells: int
    skipped: int


class Unread(Struct, frozen=True, kw_only=True):
    """A line that cannot be read, from 1."""

    line: int
    reason: str
    text: str


def open_feed(duck: Duck, path: Path) -> Feed:
    """`path` is the file of unclaimed shares, plain or in gzip, or the folder of the feed it is part of."""
    folder = path if path.is_dir() else path.parent
    if path.is_dir():
        path = _find(path)
    header = _first(path)
    places, cells, is_header = _places(path, header)
    _lines(duck, "unclaimed_lines", path, is_header)
    chosen = {name: _cell(at) for name, at in places.items()}
    chosen |= {name: "''" for name in _SHARES if name not in places}
    _view(duck, "unclaimed", "unclaimed_lines", chosen, f"len(cells) >= {cells} AND {chosen['share']} <> ''")
    there = []
    for name, wanted in _BESIDE.items():
        beside = next(
            (one for one in (folder / f"{name}.tsv", folder / f"{name}.tsv.gz") if one.exists()), None
        )
        if beside is None:
            columns = ", ".join(f"'' AS {column}" for column in wanted)
            duck.run(f"CREATE VIEW {name} AS SELECT {columns} WHERE false")
            continue
        there.append(name)
        _lines(duck, f"{name}_lines", beside, _is_header(_first(beside)))
        cell = {column: _cell(at) for column, at in wanted.items()}
        _view(duck, name, f"{name}_lines", cell, f"len(cells) >= {max(wanted.values())}")
    return Feed(path=path, beside=tuple(there), cells=cells, skipped=int(is_header))


def count(duck: Duck, feed: Feed) -> tuple[int, int, list[Unread]]:
    """(lines that are not empty, lines that cannot be read, the first of those)."""
    why = (
        f"CASE WHEN line IS NULL OR trim(line) = '' THEN NULL "
        f"WHEN len(cells) < {feed.cells} THEN 'expected {feed.cells} cells or more, got ' || len(cells) "
        f"WHEN {_cell(1)} = '' THEN 'expected an id of the share in the first cell, got nothing' END"
    )
    [(lines, bad)] = duck.run(f"SELECT count(nullif(trim(line), '')), count({why}) FROM unclaimed_lines")
    torn = _torn(duck, feed.path)
    unread = []
    if bad:
        # The empty ones are numbered too: a number is that of the line in the file.
        rows = duck.run(
            f"SELECT number, why, text FROM (SELECT row_number() OVER () + {feed.skipped} AS number, {why} AS why, "
            f"line[:120] AS text FROM unclaimed_lines) WHERE why IS NOT NULL ORDER BY number LIMIT {LISTED}"
        )
        unread = [Unread(line=number, reason=reason, text=text) for number, reason, text in rows]
    unread += [Unread(line=number, reason=reason, text="") for number, reason in torn[:LISTED]]
    return lines + len(torn), bad + len(torn), unread


def _torn(duck: Duck, path: Path) -> list[tuple[int, str]]:
    """Lines that are no UTF-8, or too long to be one: the reader left them out and wrote down where."""
    if not duck.run("SELECT 1 FROM duckdb_tables() WHERE table_name = 'reject_errors'"):
        return []
    rows = duck.run(
        "SELECT line, any_value(error_type) FROM reject_errors JOIN reject_scans USING (scan_id, file_id) "
        "WHERE file_path = $path GROUP BY line ORDER BY line",
        {"path": str(path)},
    )
    return [(number, f"not text: {why.lower()}") for number, why in rows]


def _find(folder: Path) -> Path:
    for name in _UNCLAIMED:
        for path in (folder / name, folder / f"{name}.gz"):
            if path.exists():
                return path
    raise SourceRefused(
        f"{folder}: expected the file {_UNCLAIMED[0]} in this folder, got none",
        "unpack the feed, or name the file",
    )


def _first(path: Path) -> list[str]:
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == _GZIP
        with gzip.open(path) if packed else path.open("rb") as stream:
            head = stream.readline(1 << 20)
    except (OSError, EOFError) as error:
        raise SourceRefused(f"{path}: cannot be read: {error}", "download it again") from error
    if head[:4] == b"PK\x03\x04":
        raise SourceRefused(
            f"{path}: expected a tab-separated file, got a zip", "unpack it, and name the folder"
        )
    return head.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n").split("\t")


def _is_header(first: Sequence[str]) -> bool:
    known = {name for names in _SHARES.values() for name in names}
    return first[0].startswith("#") or first[0].strip().strip('"') in known or "ISWC" in first


def _places(path: Path, first: Sequence[str]) -> tuple[dict[str, int], int, bool]:
    """(the number of each cell, how many cells a line must have, whether the first line names them)."""
    if not _is_header(first):
        # The last cell, a percentile, may be left out.
        fewest = len(_SHARES) - 1
        if len(first) < fewest:
            raise SourceRefused(
                f"{path}, line 1: expected {len(_SHARES)} cells between tabs (BWARM, unclaimed right shares), got "
                f"{len(first)}: {' | '.join(first)[:120]!r}",
                "name the file unclaimedworkrightshares.tsv of the feed",
            )
        return {name: at for at, name in enumerate(_SHARES, 1)}, fewest, False
    named = {
        cell.strip().strip('"').removeprefix("#").strip().casefold(): at for at, cell in enumerate(first, 1)
    }
    places = {
        name: named[known.casefold()]
        for name, names in _SHARES.items()
        for known in names
        if known.casefold() in named
    }
    if missing := [_SHARES[name][0] for name in _ALWAYS if name not in places]:
        raise SourceRefused(
            f"{path}, line 1: expected the cells of unclaimed right shares, got none named {', '.join(missing)}",
            "name the file unclaimedworkrightshares.tsv of the feed",
        )
    return places, max(places[name] for name in _ALWAYS), True


def _lines(duck: Duck, name: str, path: Path, header: bool) -> None:
    with path.open("rb") as stream:
        packed = stream.read(2) == _GZIP
    # Every line is one column: DuckDB's reader of CSV is fast and in parallel, the splitting is ours.
    lines = csv_file(
        path,
        f"header=false, auto_detect=false, delim='{_NO_DELIMITER}', quote='', escape=''",
        f"columns={{'line': 'VARCHAR'}}, strict_mode=false, skip={int(header)}, store_rejects=true",
        f"rejects_limit={_MOST_TORN}, compression='{'gzip' if packed else 'none'}'",
    )
    duck.run(
        f"CREATE VIEW {name} AS SELECT line, string_split(rtrim(line, chr(13)), chr(9)) AS cells FROM {lines}"
    )


def _view(duck: Duck, name: str, lines: str, cells: Mapping[str, str], where: str) -> None:
    chosen = ", ".join(f"{text} AS {column}" for column, text in cells.items())
    duck.run(f"CREATE VIEW {name} AS SELECT {chosen} FROM {lines} WHERE {where}")


def _cell(at: int) -> str:
    return f"coalesce(trim(trim(cells[{at}]), '\"'), '')"
