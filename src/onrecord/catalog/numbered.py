# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables that the matcher left, with numbers for ids: an id is ten bytes that nothing makes shorter, and three tables
of millions of rows name it. So each id is written once, beside its number, and the tables bear the number.

The ids of a kind of thing are files of their own, `ids/<thing>-<stamp>.parquet`. A number begins with the stamp, and
the stamp is 31 bits of a hash of the ids and their numbers: other ids get another stamp, but for a chance of one in two
thousand million. So a table that a killed run left is read with the ids that it was written with. A file of ids goes
when all tables were written without it; where one is lost before, rows without ids are not given out as all there are
(`lost`).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from onrecord.catalog.match import KINDS
from onrecord.catalog.numbered_parts import (
    MEMBERS,
    MEMBERS_IN_ORDER,
    RECORDINGS,
    RECORDINGS_IN_ORDER,
    let_members_go,
    order_members,
    order_recordings,
)
from onrecord.engine.duck import Duck
from onrecord.engine.packed import Packed
from onrecord.engine.parquet import bounds, column_types
from onrecord.engine.quoting import parquet, parquet_within
from onrecord.errors import IntegrityError

#: Where the ids lie, below the tables.
IDS: Final = "ids"
#: Files of ids by kind of thing.
Ids = dict[str, list[Path]]

_FOUNDED: Final = "m.source, length(m.source_id), m.source_id"
#: The order in which the ids of a kind get numbers, by canonical row `c` and founding claim `m`. Rows are written in
#: the order of numbers, so it brings together what is alike, and has an album's tracks follow each other.
_ALIKE: Final = {
    "recording": f"c.artist, c.date, {_FOUNDED}",
    "release": f"c.artist, c.date, {_FOUNDED}",
    **dict.fromkeys(("artist", "work", "label"), _FOUNDED),
}
#: The columns of a table that are ids, with the kind of thing; the first is never empty.
_COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "canonical_recordings": {"id": "recording", "artist_id": "artist"},
    "canonical_releases": {"id": "release"},
    "canonical_artists": {"id": "artist"},
    "canonical_works": {"id": "work"},
    "canonical_labels": {"id": "label", "parent": "label"},
    "canonical_tracks": {"release": "release", "recording": "recording"},
    **{f"{thing}_members": {thing: thing} for thing in KINDS.values()},
}
#: Begins in a file of ids one that does not begin with the letter of its kind.
_AS_IT_IS: Final = "="
#: The kind whose ids may be numbered by parts.
_PARTED: Final = "recording"
_MAY_BE_EMPTY: Final = frozenset({"artist_id", "parent"})
#: The order of a table's rows, ids as numbers.
_ORDER: Final = {
    **{f"canonical_{thing}s": "id" for thing in KINDS.values()},
    "canonical_tracks": "release, disc, position, recording",
    **{f"{thing}_members": f"{thing}, source, length(source_id), source_id" for thing in KINDS.values()},
}

#: With more values in a group a column has no dictionary: MBIDs of recordings hardly come twice.
_VALUES: Final = {"canonical_recordings": 40_000}


def has_ids(name: str) -> bool:
    """Is this a table with numbers for ids?"""
    return name in _COLUMNS


def lost(path: Path, duck: Duck | None = None) -> list[Path]:
    """The files of ids that a table was written with and that are not there. By the bounds of its row groups, which
    costs next to nothing, but one whose numbers all lie amid those of others is seen with `duck` alone."""
    columns, gone = _COLUMNS.get(path.stem, {}), set[Path]()
    if not columns or not _is_numbered(path):
        return []
    for column, numbers in bounds(path, columns).items():
        stamps = {number >> 32 for number in numbers}
        if duck is not None and len(stamps) > 1:
            every = f"SELECT DISTINCT {column} >> 32 FROM {parquet(path)} WHERE {column} IS NOT NULL"
            stamps = {int(stamp) for (stamp,) in duck.run(every)}
        files = [path.parent / IDS / _file(columns[column], stamp) for stamp in stamps]
        gone |= {file for file in files if not file.exists()}
    return sorted(gone)


def rows(path: Path, key: str = "", things: str = "", claims: str = "") -> str:
    """The query that gives the rows of a table, in no order. IntegrityError where ids of it are lost.

    `things` is a query of ids (`id`): only rows whose column `key` has one of them; `claims` one of names of claims
    (`source`, `id`): only rows of members that are of these. The numbers of the few are looked up first, so that little
    else of the table is unpacked.
    """
    # Seldom a run writes the table and lets the ids go between two looks.
    if (gone := lost(path)) and (gone := lost(path)):
        raise IntegrityError(
            f"{gone[0]}: is not there, and {path.name} was written with the ids in it",
            "`onrecord match` makes both anew",
        )
    table, columns = parquet(path), _COLUMNS.get(path.stem, {})
    if claims:
        table = f"(SELECT t.* FROM {table} t SEMI JOIN ({claims}) c ON c.source = t.source AND c.id = t.source_id)"
    if not columns or not _is_numbered(path):
        return f"SELECT k.* FROM {table} k" + (f" SEMI JOIN ({things}) o ON o.id = k.{key}" if things else "")
    said, joined = [], ""
    for column, thing in columns.items():
        asked, may_be_empty = things and column == key, column in _MAY_BE_EMPTY
        ids = _whole_ids(
            thing, parquet_within(path.parent / IDS, f"{thing}-*.parquet"), things if asked else ""
        )
        joined += f" {'LEFT ' * (may_be_empty and not asked)}JOIN ({ids}) {column}_ ON {column}_.number = k.{column}"
        said.append(f"coalesce({column}_.id, '')" if may_be_empty else f"{column}_.id")
        said[-1] += f" AS {column}"
    return f"SELECT k.* REPLACE ({', '.join(said)}) FROM {table} k{joined}"


def number(duck: Duck, folder: Path) -> Ids:
    """Number all ids anew, as the canonical tables and the members in `duck` have them."""
    made: Ids = {}
    for thing, order in _ALIKE.items():
        if duck.packed is not None and thing == _PARTED:
            continue
        duck.run(
            f"CREATE OR REPLACE TABLE numbers AS SELECT id, row_number() OVER (ORDER BY {order}, id) - 1 AS number"
            f" FROM canonical_{thing}s c JOIN (SELECT * FROM {thing}_members WHERE founds) m ON m.{thing} = c.id"
        )
        made[thing] = [_keep(duck, folder, thing, "SELECT * FROM numbers ORDER BY number")]
        duck.run("DROP TABLE numbers")
    if duck.packed is not None:
        order_recordings(duck, duck.packed, _ALIKE[_PARTED], _numbers("artist", made["artist"]))
        made[_PARTED] = [_keep(duck, folder, _PARTED, f"SELECT id, number FROM {RECORDINGS_IN_ORDER}")]
    return made


def write(duck: Duck, path: Path, query: str, ids: Ids | None = None) -> None:
    """Write a table: the rows of `query`. `ids` are those that `number` left for all tables, else the ids that lie
    there have numbers, and those that have none get one."""
    name, folder = path.stem, path.parent
    known = there(folder) if ids is None else ids
    if ids is not None and duck.packed is not None and name in (RECORDINGS, MEMBERS):
        _write_in_order(duck, duck.packed, path, ids[_PARTED])
        return
    said, joined = _lists(duck, query), ""
    for column, thing in _COLUMNS[name].items():
        _complete(duck, folder, thing, f"SELECT {column} AS id FROM ({query}) WHERE {column} <> ''", known)
        joined += f" LEFT JOIN ({_numbers(thing, known[thing])}) {column}_ ON {column}_.id = k.{column}"
        said.append(f"{column}_.number AS {column}")
    numbered = f"SELECT k.* REPLACE ({', '.join(said)}) FROM ({query}) k{joined}"
    _export(duck, f"SELECT * FROM ({numbered}) ORDER BY {_ORDER[name]}", path)


def _export(duck: Duck, query: str, path: Path) -> None:
    duck.export(query, path, dense=True, values=_VALUES.get(path.stem, 0))


def _lists(duck: Duck, query: str) -> list[str]:
    """Lists, of which it is not known whether they may be null. A file says that of its columns, and what comes from
    several files says it of no list; of what a LEFT JOIN gives, as numbers, nobody knows it."""
    columns = duck.run(f"DESCRIBE {query}")
    return [f"{column}[:] AS {column}" for column, kind, *_ in columns if str(kind).endswith("[]")]


def _write_in_order(duck: Duck, packed: Packed, path: Path, ids: list[Path]) -> None:
    """As `write`, of what lies in parts."""
    if path.stem == RECORDINGS:
        rows = RECORDINGS_IN_ORDER
        said = [f"[{_stamp(ids[0]) << 32} + number][1] AS id", "[artist_id][1] AS artist_id"]
    else:
        rows = MEMBERS_IN_ORDER
        said = [f"[{_PARTED}][1] AS {_PARTED}"]
        order_members(duck, packed, _ORDER[MEMBERS], _numbers(_PARTED, ids), ids[0])
    said += _lists(duck, f"SELECT * FROM {rows}")
    _export(duck, f"SELECT * EXCLUDE (number) REPLACE ({', '.join(said)}) FROM {rows}", path)
    if path.stem == MEMBERS:
        let_members_go(duck, packed)


def there(folder: Path) -> Ids:
    """The files of ids that lie beside tables."""
    return {thing: sorted((folder / IDS).glob(f"{thing}-*.parquet")) for thing in _ALIKE}


def let_go(folder: Path, ids: Ids) -> None:
    """Remove all files of ids but these, when no table is written with others."""
    for thing, paths in there(folder).items():
        for path in paths:
            if path not in ids[thing]:
                path.unlink()


def _complete(duck: Duck, folder: Path, thing: str, named: str, ids: Ids) -> None:
    """Give those ids of a column numbers that have none."""
    if ids[thing]:
        missing = f"SELECT id FROM ({named}) ANTI JOIN ({_numbers(thing, ids[thing])}) USING (id)"
        if not duck.run(f"{missing} LIMIT 1"):
            return
        named = missing
    duck.run(
        "CREATE OR REPLACE TABLE numbers AS SELECT id, row_number() OVER (ORDER BY id) - 1 AS number"
        f" FROM (SELECT DISTINCT id FROM ({named}))"
    )
    ids[thing].append(_keep(duck, folder, thing, "SELECT * FROM numbers ORDER BY number"))
    duck.run("DROP TABLE numbers")


def _keep(duck: Duck, folder: Path, thing: str, numbers: str) -> Path:
    """Write ids and their numbers, a query in the order of these, as a file of ids."""
    # Hashed twice: a hash of two values is a sum of two, and would be the same for the same ids in another order.
    stamped = "coalesce(bit_xor(hash(xor(hash(id), number::UBIGINT))), 0) >> 33"
    [(stamp,)] = duck.run(f"SELECT {stamped} FROM ({numbers})")
    path = folder / IDS / _file(thing, stamp)
    duck.export(
        f"SELECT ({stamp}::BIGINT << 32) + number AS number, {_written_id(thing)} AS id FROM ({numbers})",
        path,
        dense=True,
    )
    return path


def _file(thing: str, stamp: int) -> str:
    return f"{thing}-{stamp:08x}.parquet"


def _stamp(path: Path) -> int:
    return int(path.stem.rpartition("-")[2], 16)


def _numbers(thing: str, paths: list[Path]) -> str:
    """The query of ids and numbers. After a run that was killed an id may have several: one of them is as good."""
    every = _whole_ids(thing, parquet(paths))
    return every if len(paths) == 1 else f"SELECT id, min(number) AS number FROM ({every}) GROUP BY id"


def _whole_ids(thing: str, files: str, things: str = "") -> str:
    """The query of numbers and ids in files, of all or of those that `things` gives (`id`): there, ids lack the letter
    that they all begin with."""
    whole = f"if(starts_with(id, '{_AS_IT_IS}'), substr(id, 2), '{thing[0]}' || id)"
    # Few are brought into the form of the files, instead of all of these into theirs.
    asked = (
        f" i SEMI JOIN (SELECT {_written_id(thing)} AS id FROM ({things})) o ON o.id = i.id" if things else ""
    )
    return f"SELECT number, {whole} AS id FROM {files}{asked}"


def _written_id(thing: str) -> str:
    """An id as files have it."""
    return f"if(starts_with(id, '{thing[0]}'), substr(id, 2), '{_AS_IT_IS}' || id)"


def _is_numbered(path: Path) -> bool:
    """Or was it written before there were numbers?"""
    return column_types(path)[next(iter(_COLUMNS[path.stem]))] == "int64"
