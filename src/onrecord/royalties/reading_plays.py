# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a table of plays, CSV or Parquet, into DuckDB; every row is kept or refused with its number and the reason.

Parquet is read where it lies. CSV is staged as Parquet once: by DuckDB where every row is good, else row by row.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from onrecord.durable import sha256_of
from onrecord.engine.duck import Duck
from onrecord.engine.quoting import csv_file, parquet, quoted
from onrecord.errors import SourceRefused, StoreFailed, StoreFull
from onrecord.royalties.rows import rows

#: What makes a pool, beside the money.
KEYS: Final = ("service", "month", "territory", "tier", "right")
COUNTS: Final = ("plays", "seconds", "engaged")
#: So many refused rows are listed; all are counted.
LISTED: Final = 1000
#: The most plays, and seconds, that one row may count.
MOST: Final = 10**9
_NAMES: Final = ("listener", "artist", "recording", *COUNTS, *KEYS)
_MONTH: Final = r"\d{4}-(0[1-9]|1[0-2])"
_WHOLE_KINDS: Final = frozenset(
    "TINYINT SMALLINT INTEGER BIGINT UTINYINT USMALLINT UINTEGER UBIGINT HUGEINT UHUGEINT".split()  # noqa: SIM905
)


class Refused(Struct, frozen=True):
    """A row that is not counted. `row` is the line of a CSV file that it starts in, or a row of Parquet, from 1."""

    file: str
    row: int
    reason: str


class Plays(Struct, frozen=True):
    """What was read: the view `input` has the kept rows, with every column of `_NAMES` and `payee`.

    `pools` are the different values of `KEYS`, in order; no key, one pool.
    """

    files: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    rows: int
    kept: int
    refused: int
    listed: tuple[Refused, ...]
    pools: tuple[tuple[str, ...], ...]

    def has(self, column: str) -> bool:
        return column in self.columns


def read_plays(duck: Duck, path: Path, spill: Path) -> Plays:
    """Open `path`, a file or a folder of Parquet files. `spill` takes what is staged."""
    paths = files_of(path)
    if not paths:
        raise SourceRefused(
            f"{path}: expected a file of plays or a folder of Parquet files, got an empty folder"
        )
    files = tuple((each.name, sha256_of(each)) for each in paths)
    if is_parquet(paths[0]):
        return _parquet(duck, paths, files)
    if path.is_dir():
        raise SourceRefused(f"{paths[0]}: expected Parquet, which begins with PAR1; got something else")
    return _csv(duck, path, files, spill)


def files_of(path: Path) -> list[Path]:
    """The files of plays that `path` names, in the order in which they are read; an empty folder has none."""
    return sorted(path.glob("*.parquet")) if path.is_dir() else [path]


def is_parquet(path: Path) -> bool:
    """By its first bytes: names say nothing."""
    with path.open("rb") as stream:
        return stream.read(4) == b"PAR1"


def columns_of(file: str, header: Sequence[str]) -> dict[str, str]:
    """Our names of columns with the file's, in our order; SourceRefused where one is missing or there twice."""
    folded = Counter(name.strip().lower() for name in header)
    twice = [name for name in _NAMES if folded[name] > 1]
    if twice:
        raise SourceRefused(
            f"{file}: the column {twice[0]!r} is there {folded[twice[0]]} times, expected it once"
        )
    missing = [name for name in ("listener", "plays") if not folded[name]]
    if not folded["artist"] and not folded["recording"]:
        missing.append("artist (or recording)")
    if missing:
        raise SourceRefused(
            f"{file}: expected the columns listener, artist (or recording) and plays; there is no {', '.join(missing)}",
            hint=f"the header has: {', '.join(header)[:300]}",
        )
    given = {name.strip().lower(): name for name in header}
    return {name: given[name] for name in _NAMES if name in given}


def payee_of(columns: Collection[str]) -> str:
    """Whom plays pay, as one of our names of columns: their artist, or their recording where no artist is told."""
    return "artist" if "artist" in columns else "recording"


def delimiter_of(path: Path) -> str:
    """By the header alone, for names have commas too."""
    with path.open("rb") as stream:
        head = stream.read(65536)
    text = head.decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1", "replace")
    line = re.split(r"[\r\n]", text, maxsplit=1)[0]
    return max(",;\t", key=line.count)


def _parquet(duck: Duck, paths: Sequence[Path], files: tuple[tuple[str, str], ...]) -> Plays:
    files_read = parquet(paths, "file_row_number = true", "filename = 'onrecord_file'")
    try:
        duck.run(f"CREATE OR REPLACE VIEW raw AS SELECT * FROM {files_read}")
        kinds = {str(name): str(kind) for name, kind, *_ in duck.run("DESCRIBE raw")}
        kinds = {
            name: kind for name, kind in kinds.items() if name not in ("file_row_number", "onrecord_file")
        }
        found = columns_of(paths[0].name, list(kinds))
        columns = {name: (column, kinds[column]) for name, column in found.items()}
        count, bad = _without_fault(duck, columns), 0
        refused: list[Refused] = []
        pools: tuple[tuple[str, ...], ...] = ()
        if count is not None:
            _view(duck, "raw", columns, "")
            pools = _pools(duck, columns)
        if count is None or not _are_months(pools, columns):
            why = _reason(columns)
            [(count, bad)] = duck.run(f"SELECT count(*), count(*) FILTER (WHERE {why} IS NOT NULL) FROM raw")
            _view(duck, "raw", columns, why if bad else "")
            pools = _pools(duck, columns)
            # One more pass, and only where there is something to name.
            named = duck.run(
                f"SELECT onrecord_file, file_row_number + 1, {why} FROM raw WHERE {why} IS NOT NULL "
                f"ORDER BY 1, 2 LIMIT {LISTED if bad else 0}"
            )
            refused = [Refused(Path(str(file)).name, int(row), str(reason)) for file, row, reason in named]
    except StoreFull:
        raise
    except StoreFailed as error:
        raise SourceRefused(
            f"{paths[0].parent}: a Parquet file that cannot be read: {error.message}"
        ) from error
    ignored = tuple(sorted(set(kinds) - set(found.values())))
    kept = int(count) - int(bad)
    return Plays(files, tuple(found), ignored, int(count), kept, int(bad), tuple(refused), pools)


def _without_fault(duck: Duck, columns: Mapping[str, tuple[str, str]]) -> int | None:
    """The number of rows, where a look at the ends of each column tells that every row is good, months aside.

    None where one is not, or where it takes more than that to know: then `_reason` looks at row after row.
    """
    faults = []
    for name, (column, kind) in columns.items():
        value = _name(column)
        if name in ("listener", "artist", "recording") and (kind in _WHOLE_KINDS or kind == "VARCHAR"):
            faults.append(f"count(*) - count({value})")
            faults += [f"count(*) FILTER (WHERE {value} = '')"] if kind == "VARCHAR" else []
        elif name in COUNTS and kind in _WHOLE_KINDS:
            faults += [
                f"count(*) - count({value})",
                f"CAST(min({value}) < 0 OR max({value}) > {MOST} AS INTEGER)",
            ]
        elif name not in KEYS:
            return None
    if "engaged" in columns:
        faults.append(
            f"count(*) FILTER (WHERE {_name(columns['engaged'][0])} > {_name(columns['plays'][0])})"
        )
    [(count, *found)] = duck.run(f"SELECT count(*), {', '.join(faults)} FROM raw")
    return None if any(found) else int(count)


def _are_months(pools: Sequence[tuple[str, ...]], columns: Mapping[str, tuple[str, str]]) -> bool:
    if "month" not in columns:
        return True
    pattern = ".+" if _is_day(columns["month"][1]) else _MONTH
    return all(re.fullmatch(pattern, pool[KEYS.index("month")], re.ASCII) for pool in pools)


def _pools(duck: Duck, columns: Mapping[str, object]) -> tuple[tuple[str, ...], ...]:
    present = [key for key in KEYS if key in columns]
    if not present:
        return (("",) * len(KEYS),) if duck.run("SELECT 1 FROM input LIMIT 1") else ()
    listed = ", ".join(f'"{key}"' for key in present)
    found = duck.run(f"SELECT DISTINCT {listed} FROM input ORDER BY ALL")
    cells = [dict(zip(present, map(str, row), strict=True)) for row in found]
    return tuple(tuple(each.get(key, "") for key in KEYS) for each in cells)


def _csv(duck: Duck, path: Path, files: tuple[tuple[str, str], ...], spill: Path) -> Plays:
    delimiter = delimiter_of(path)
    with path.open("rb") as stream:
        head = next(rows(stream, delimiter), None)
    if head is None or head.wrong:
        raise SourceRefused(f"{path}: expected a header with listener, artist and plays, got nothing")
    header = [cell.strip() for cell in head.cells]
    found = columns_of(path.name, header)
    staged = spill / "plays.parquet"
    ignored = tuple(sorted(set(header) - set(found.values())))
    kinds = {name: (name, "VARCHAR") for name in found}
    count = _stage_whole(duck, path, staged, delimiter, header, found)
    refused: list[Refused] = []
    bad = 0
    if count is None:
        count, bad, refused = _stage_rows(path, staged, delimiter, header, found)
    duck.run(f"CREATE OR REPLACE VIEW raw AS SELECT * FROM {parquet(staged)}")
    _view(duck, "raw", kinds, "")
    pools = _pools(duck, kinds)
    return Plays(files, tuple(found), ignored, count, count - bad, bad, tuple(refused), pools)


def _stage_whole(
    duck: Duck, path: Path, staged: Path, delimiter: str, header: Sequence[str], found: Mapping[str, str]
) -> int | None:
    """The fast way, for a file without any fault; None where there is one, and nothing is taken from it."""
    names = [f"c{number}" for number in range(len(header))]
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    chosen = ", ".join(f'{names[header.index(column)]} AS "{name}"' for name, column in found.items())
    read = csv_file(
        path,
        "auto_detect = false, header = true, strict_mode = true",
        f"delim = '{delimiter}', quote = '\"', escape = '\"', columns = {{{columns}}}",
    )
    source = f"(SELECT {chosen} FROM {read})"
    why = _reason({name: (name, "VARCHAR") for name in found})
    try:
        [(count,)] = duck.run(f"COPY (SELECT * FROM {source}) TO {quoted(staged)} (FORMAT parquet)")
        bad = duck.run(f"SELECT 1 FROM {parquet(staged)} WHERE {why} IS NOT NULL LIMIT 1")
    except StoreFull:
        raise
    except StoreFailed:
        return None
    return None if bad else int(count)


def _stage_rows(
    path: Path, staged: Path, delimiter: str, header: Sequence[str], found: Mapping[str, str]
) -> tuple[int, int, list[Refused]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    places = {name: list(header).index(column) for name, column in found.items()}
    schema = pa.schema([(name, pa.string()) for name in places])
    count = bad = 0
    refused: list[Refused] = []
    batch: list[list[str]] = []
    with path.open("rb") as stream, pq.ParquetWriter(staged, schema, compression="zstd") as writer:

        def flush() -> None:
            columns = [[cells[number] for cells in batch] for number in range(len(places))]
            writer.write_table(
                pa.Table.from_arrays([pa.array(c, pa.string()) for c in columns], schema=schema)
            )
            batch.clear()

        for row in _data_rows(stream, delimiter):
            count += 1
            why = row.wrong
            if not why and len(row.cells) != len(header):
                why = f"expected {len(header)} cells, got {len(row.cells)}"
            cells = {} if why else {name: row.cells[place] for name, place in places.items()}
            why = why or _why(cells)
            if why:
                bad += 1
                if len(refused) < LISTED:
                    refused.append(Refused(path.name, row.line, why))
            else:
                batch.append(list(cells.values()))
                if len(batch) == 50_000:
                    flush()
        flush()
    return count, bad, refused


def _data_rows(stream: Any, delimiter: str) -> Iterator[Any]:
    found = rows(stream, delimiter)
    next(found, None)
    return found


def _why(cells: Mapping[str, str]) -> str:
    """Why a row of text is refused; the same rules, in the same order and words, as `_reason`."""
    for name, cell in cells.items():
        if name in ("listener", "artist", "recording"):
            if not cell:
                return f"{name}: expected a name, got nothing"
        elif name in COUNTS:
            if not re.fullmatch(r"[0-9]{1,10}", cell) or int(cell) > MOST:
                return f"{name}: expected a whole number from 0 to {MOST}, got {cell[:40] or 'nothing'}"
        elif name == "month" and not re.fullmatch(_MONTH, cell, re.ASCII):
            return f"month: expected YYYY-MM, got {cell[:40] or 'nothing'}"
    if "engaged" in cells and int(cells["engaged"]) > int(cells["plays"]):
        return f"engaged: expected at most the {int(cells['plays'])} plays, got {int(cells['engaged'])}"
    return ""


def _reason(columns: Mapping[str, tuple[str, str]]) -> str:
    """The SQL of the first thing that is wrong with a row; null where nothing is."""
    cases = []
    for name, (column, kind) in columns.items():
        value, text = _name(column), f"CAST({_name(column)} AS VARCHAR)"
        got = f"coalesce(nullif(left({text}, 40), ''), 'nothing')"
        if name in ("listener", "artist", "recording"):
            empty = f"{value} IS NULL" + ("" if kind in _WHOLE_KINDS else f" OR {text} = ''")
            cases.append(f"WHEN {empty} THEN '{name}: expected a name, got nothing'")
        elif name in COUNTS:
            if kind in _WHOLE_KINDS or kind in ("DOUBLE", "FLOAT") or kind.startswith("DECIMAL"):
                good = f"{value} BETWEEN 0 AND {MOST}" + (
                    "" if kind in _WHOLE_KINDS else f" AND {value} = floor({value})"
                )
            else:
                good = f"regexp_full_match({text}, '[0-9]{{1,10}}') AND TRY_CAST({text} AS BIGINT) <= {MOST}"
            said = f"'{name}: expected a whole number from 0 to {MOST}, got '"
            cases.append(f"WHEN NOT coalesce({good}, false) THEN {said} || {got}")
        elif name == "month" and not _is_day(kind):
            good = f"regexp_full_match({text}, '{_MONTH}')"
            cases.append(f"WHEN NOT coalesce({good}, false) THEN 'month: expected YYYY-MM, got ' || {got}")
        elif name == "month":
            cases.append(f"WHEN {value} IS NULL THEN 'month: expected YYYY-MM, got nothing'")
    if "engaged" in columns:
        plays, engaged = (f"TRY_CAST({_name(columns[name][0])} AS BIGINT)" for name in ("plays", "engaged"))
        said = f"'engaged: expected at most the ' || {plays} || ' plays, got ' || {engaged}"
        cases.append(f"WHEN {engaged} > {plays} THEN {said}")
    return f"(CASE {' '.join(cases)} END)"


def _view(duck: Duck, source: str, columns: Mapping[str, tuple[str, str]], why: str) -> None:
    """The view `input`: every column there is, the others as constants."""

    def name_of(name: str) -> str:
        column, kind = columns[name]
        keep = kind in _WHOLE_KINDS or kind == "VARCHAR"
        return _name(column) if keep else f"CAST({_name(column)} AS VARCHAR)"

    payee = name_of(payee_of(columns))
    recording = name_of("recording" if "recording" in columns else "artist")
    chosen = [f"{name_of('listener')} AS listener", f"{payee} AS payee", f"{recording} AS recording"]
    for name in COUNTS:
        if name in columns:
            chosen.append(f"CAST({_name(columns[name][0])} AS BIGINT) AS {name}")
        else:
            chosen.append(f"CAST(0 AS BIGINT) AS {name}")
    for name in KEYS:
        if name not in columns:
            chosen.append(f"'' AS \"{name}\"")
        elif name == "month" and _is_day(columns[name][1]):
            chosen.append(f"strftime({_name(columns[name][0])}, '%Y-%m') AS month")
        else:
            chosen.append(f"coalesce(CAST({_name(columns[name][0])} AS VARCHAR), '') AS \"{name}\"")
    where = f" WHERE {why} IS NULL" if why else ""
    duck.run(f"CREATE OR REPLACE VIEW input AS SELECT {', '.join(chosen)} FROM {source}{where}")


def _is_day(kind: str) -> bool:
    return kind == "DATE" or kind.startswith("TIMESTAMP")


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
