# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of the matcher left of its tables: each a base, and beside it what updates have put in its place since.

A newer file has rows of some things and, for things of which no row is left, one that does not stand. What it says of a
thing counts in place of all that older files and the base say. Readers take a table as the query that `rows` gives.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from onrecord.catalog import numbered
from onrecord.catalog.match import KINDS
from onrecord.durable import link, replace, sync
from onrecord.engine.duck import Duck
from onrecord.engine.parquet import row_count
from onrecord.engine.quoting import parquet

#: The tables in the order in which they are written, the largest when others were let go; each with the total order in
#: which updates of it are written; their bases bear numbers for ids, and are in the order of these (`numbered`).
ORDER: Final = {
    "canonical_releases": "artist, date, id",
    "canonical_artists": "id",
    "canonical_works": "id",
    "canonical_labels": "id",
    "canonical_tracks": "release, disc, position, recording",
    "canonical_recordings": "artist_id, date, id",
    "recording_members": "recording, source, source_id",
    "release_members": "release, source, source_id",
    "artist_members": "artist, source, source_id",
    "work_members": "work, source, source_id",
    "label_members": "label, source, source_id",
    "versions": "a, b",
}
#: The column of a table that names the thing; `versions` are written whole.
KEY: Final = {
    **{f"canonical_{thing}s": "id" for thing in KINDS.values()},
    "canonical_tracks": "recording",
    **{f"{thing}_members": thing for thing in KINDS.values()},
}
#: Newer files of a table, and what part of the base they may be together: then they become one, or go into the base.
_MOST: Final = 8
_PART: Final = 7
#: zstd's level for the few rows of an update: 4 % less than at that of the base, for a tenth of a second.
_EFFORT: Final = 16
#: There were updates since all tables were written whole.
_UPDATED: Final = "updated"


def rows(folder: Path, name: str, things: str = "", claims: str = "", by: str = "") -> str:
    """The query that gives the rows of a table, in no order. IntegrityError where ids of it are lost. `things` and
    `claims` as for `numbered.rows`, `things` by the table's `KEY`, or by another column of ids."""
    key, newer = KEY.get(name, ""), _newer(folder, name)
    every = numbered.rows(folder / f"{name}.parquet", by or key, things, claims)
    if not newer:
        return every
    asked = f" SEMI JOIN ({things}) o ON o.id = n.{by or key}" if things else ""
    asked += f" SEMI JOIN ({claims}) c ON c.source = n.source AND c.id = n.source_id" if claims else ""
    said = f"SELECT {key} FROM {parquet(newer)}"
    # Not as an anti join: that is done with the ids of all things before few rows are looked up.
    return (
        f"SELECT * FROM ({every}) WHERE {key} NOT IN ({said})"
        f" UNION ALL SELECT n.* EXCLUDE (stands) FROM ({_latest(key, newer)}) n{asked} WHERE n.stands"
    )


def count(duck: Duck, folder: Path, name: str) -> int:
    """How many rows `rows` gives, by little more than what updates say. For tables of one row a thing."""
    key, newer, base = KEY[name], _newer(folder, name), folder / f"{name}.parquet"
    every = row_count(base)
    if not newer:
        return every
    said = f"SELECT DISTINCT {key} AS id FROM {parquet(newer)}"
    [(gone,)] = duck.run(f"SELECT count(*) FROM ({numbered.rows(base, key, said)})")
    [(there,)] = duck.run(f"SELECT count(*) FROM ({_latest(key, newer)}) WHERE stands")
    return every - int(gone) + int(there)


def is_whole(folder: Path, name: str, duck: Duck | None = None) -> bool:
    """Is a table there, and the ids of its rows? With `duck` it is looked at more closely (`numbered.lost`)."""
    path = folder / f"{name}.parquet"
    return path.exists() and not numbered.lost(path, duck)


@contextmanager
def standing(folder: Path, prefix: str) -> Iterator[Path]:
    """A folder beside it with the same files under other names: they stay while a run puts new ones in their place, as
    who has begun to read a file by its name would then read two."""
    with tempfile.TemporaryDirectory(prefix=prefix, dir=folder.parent) as name:
        beside = Path(name)
        while True:
            before = _seen(folder)
            shutil.rmtree(beside)
            (beside / numbered.IDS).mkdir(parents=True)
            with suppress(FileNotFoundError):  # replaced meanwhile: looked at again
                for path in before:
                    link(path, beside / path.relative_to(folder))
                if before == _seen(folder):
                    break
        yield beside


def _seen(folder: Path) -> dict[Path, tuple[int, int]]:
    """All files that tables are made of, with what tells a replaced one."""
    found = {}
    for path in (
        *folder.glob("*.parquet"), *folder.glob("*.gone"), *folder.glob(_UPDATED),
        *folder.glob(f"{numbered.IDS}/*.parquet")
    ):  # fmt: skip
        with suppress(FileNotFoundError):
            status = path.stat()
            found[path] = status.st_ino, status.st_mtime_ns
    return found


def files(folder: Path, name: str) -> list[Path]:
    """What `rows` reads beside the files of ids. A newer file stays until the second run from now. The base is replaced
    by the next that writes it, and ids go with the run that writes all tables with others: a query that has opened its
    files goes on, one that has not has to be asked for again."""
    return [folder / f"{name}.parquet", *_newer(folder, name)]


def mark(folder: Path, names: Iterable[str]) -> int:
    """Another number after each run that changed one of these tables, 0 where there are none."""
    every = (path for name in names for path in files(folder, name))
    return sum(path.stat().st_mtime_ns for path in every if path.exists()) % 2**63


def write(duck: Duck, folder: Path, name: str, query: str, ids: numbered.Ids | None = None) -> None:
    """Write a table whole: the rows of `query`, whatever was kept before. `ids` as for `numbered.write`.

    Killed between its two steps, it leaves newer files that count over the new base. What they say is no older than
    what readers had, and goes when the table is written whole again: who calls this notes before that a run began, and
    matches everything where it was cut short.
    """
    newer = _newer(folder, name)
    _write(duck, folder, name, query, ids)
    _let_go(folder, name, newer)


def put(duck: Duck, folder: Path, name: str, now: str, others: str) -> None:
    """Put the rows that the query `now` gives in place of what is kept of the things whose keys `others` gives: some of
    the rows that it gives, or none. It is durable after `make_durable`."""
    key = KEY[name]
    for swept in [name] if (folder / _UPDATED).exists() else ORDER:
        _sweep(folder, swept)
    (folder / _UPDATED).touch()
    duck.run(
        f"CREATE OR REPLACE TABLE written AS SELECT *, true AS stands FROM ({now}) WHERE {key} IN ({others})"
    )
    duck.run(
        f"INSERT INTO written ({key}, stands) SELECT *, false FROM ({others}) EXCEPT SELECT {key}, false FROM written"
    )
    newer = _newer(folder, name)
    newer.append(_add(duck, folder, name))
    base = folder / f"{name}.parquet"
    if sum(map(row_count, newer)) * _PART > row_count(base):
        fold(duck, folder, name)
    elif len(newer) > _MOST:
        duck.run(f"CREATE OR REPLACE TABLE written AS {_latest(key, newer)}")
        _add(duck, folder, name)
        sync(folder)  # before what it stands for goes
        _let_go(folder, name, newer)
    duck.run("DROP TABLE IF EXISTS written")


def make_durable(folder: Path) -> None:
    """Make the names of what was put durable, all together: each by itself would write the folder as often."""
    sync(folder)


def fold(duck: Duck, folder: Path, name: str) -> None:
    """Write a table whole where updates lie beside it: the same rows."""
    if (newer := _newer(folder, name)) and (folder / f"{name}.parquet").exists():
        _fold(duck, folder, name, newer, None)


def fold_all(duck: Duck, folder: Path) -> None:
    """Where there were updates: write all tables, to the byte as a match of everything writes them."""
    if not (folder / _UPDATED).exists():
        return
    for name in ORDER:
        duck.run(f"CREATE OR REPLACE VIEW {name} AS {rows(folder, name)}")
    ids = numbered.number(duck, folder)
    for name in ORDER:
        _fold(duck, folder, name, _newer(folder, name), ids)
    settle(folder, ids)


def settle(folder: Path, ids: numbered.Ids) -> None:
    """All tables were written whole, with these ids."""
    numbered.let_go(folder, ids)
    (folder / _UPDATED).unlink(missing_ok=True)


def _fold(duck: Duck, folder: Path, name: str, newer: list[Path], ids: numbered.Ids | None) -> None:
    # A file says whether a column has nulls, which is not known of a query.
    duck.run(f"CREATE OR REPLACE TABLE written AS {rows(folder, name)}")
    # Until the newer files are let go, what they say is told twice, and the same.
    _write(duck, folder, name, "SELECT * FROM written", ids)
    duck.run("DROP TABLE written")
    _let_go(folder, name, newer)


def _write(duck: Duck, folder: Path, name: str, query: str, ids: numbered.Ids | None) -> None:
    path = folder / f"{name}.parquet"
    if numbered.has_ids(name):
        numbered.write(duck, path, query, ids)
    else:
        duck.export(f"{query} ORDER BY {ORDER[name]}", path, dense=True)


def _newer(folder: Path, name: str) -> list[Path]:
    """The files that count, from the oldest on; none where all tables were written since, whatever else is lost."""
    if not (folder / _UPDATED).exists():
        return []
    gone = _gone(folder, name)
    return [path for path in _every(folder, name) if _number(path) > gone]


def _every(folder: Path, name: str) -> list[Path]:
    return sorted(folder.glob(f"{name}-newer-*.parquet"))


def _number(path: Path) -> int:
    return int(path.stem.rpartition("-")[2])


def _gone(folder: Path, name: str) -> int:
    """The number of the last newer file that counts no more."""
    try:
        return int((folder / f"{name}.gone").read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return 0


def _let_go(folder: Path, name: str, newer: list[Path]) -> None:
    """Let newer files count no more. They stay for those who read them, until the next run comes by (`_sweep`)."""
    if newer:
        replace(folder / f"{name}.gone", str(_number(newer[-1])).encode())


def _sweep(folder: Path, name: str) -> None:
    count = _newer(folder, name)
    for path in _every(folder, name):
        if path not in count:
            path.unlink()


def _add(duck: Duck, folder: Path, name: str) -> Path:
    """`written` as the newest file."""
    last = max([_gone(folder, name), *map(_number, _every(folder, name))])
    path = folder / f"{name}-newer-{last + 1:06}.parquet"
    rows = f"SELECT * FROM written ORDER BY {ORDER[name]}, {KEY[name]}"
    duck.export(rows, path, dense=True, effort=_EFFORT, lasting=False)
    return path


def _latest(key: str, newer: list[Path]) -> str:
    """The rows of newer files of which no still newer one says anything."""
    parts = [f"SELECT * FROM {parquet(newer[-1])}"]
    for at, path in enumerate(newer[:-1]):
        later = f"SELECT {key} FROM {parquet(newer[at + 1 :])}"
        parts.append(f"SELECT * FROM {parquet(path)} ANTI JOIN ({later}) USING ({key})")
    return " UNION ALL ".join(parts)
