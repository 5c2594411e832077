# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table and the updates beside it are read as one, however many there are. (In what bytes it is written:
`test_numbered`.)"""

import random
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from onrecord.catalog import canonical_files, numbered
from onrecord.engine.duck import Duck

NAME = "canonical_tracks"
Table = dict[str, list[tuple[str, int]]]


@pytest.fixture
def duck(tmp_path: Path) -> Iterator[Duck]:
    opened = Duck(tmp_path / "spill", "500MB", 1)
    yield opened
    opened.close()


def query(table: Table) -> str:
    rows = [
        f"('{release}', '{recording}', 1, {position})"
        for recording, places in table.items()
        for release, position in places
    ]
    listed = f"VALUES {', '.join(rows)}" if rows else "SELECT '', '', 1, 1 WHERE false"
    return f"SELECT * FROM ({listed}) t(release, recording, disc, position)"


def made(chance: random.Random, names: range) -> Table:
    return {
        f"r{name}": [(f"l{chance.randrange(50)}", place) for place in range(chance.randrange(1, 3))]
        for name in names
    }


def put(duck: Duck, folder: Path, table: Table, changed: Table, gone: list[str]) -> None:
    others = ", ".join(f"('{name}')" for name in (*changed, *gone))
    canonical_files.put(duck, folder, NAME, query(changed), f"SELECT * FROM (VALUES {others}) t(id)")
    table |= changed
    for name in gone:
        table.pop(name, None)


def held(duck: Duck, folder: Path) -> list[tuple[object, ...]]:
    return sorted(duck.run(canonical_files.rows(folder, NAME)))


def test_updates_are_read_with_their_table_and_fold_into_it(tmp_path: Path, duck: Duck) -> None:
    chance, folder = random.Random(7), tmp_path / "kept"
    table = made(chance, range(1_000))
    canonical_files.write(duck, folder, NAME, query(table))
    base = (folder / f"{NAME}.parquet").read_bytes()
    most, marks = 0, set()
    for _ in range(11):
        names = chance.sample(range(1_010), 6)
        put(
            duck,
            folder,
            table,
            made(chance, range(names[0], names[0] + 2)),
            [f"r{name}" for name in names[3:]],
        )
        assert held(duck, folder) == sorted(duck.run(query(table)))
        most = max(most, len(canonical_files.files(folder, NAME)))
        marks.add(canonical_files.mark(folder, [NAME]))
        some = [f"r{name}" for name in {*names, *range(0, 1_000, 97)}]
        among = f"SELECT unnest({some}) AS id"
        assert sorted(duck.run(canonical_files.rows(folder, NAME, things=among))) == sorted(
            duck.run(query({name: table[name] for name in some if name in table}))
        )
    assert (folder / f"{NAME}.parquet").read_bytes() == base, "little changed: it was not written again"
    assert 3 < most <= 9 and len(marks) == 11
    reading = canonical_files.rows(folder, NAME)
    canonical_files.fold(duck, folder, NAME)
    assert held(duck, folder) == sorted(duck.run(query(table))) == sorted(duck.run(reading))
    assert canonical_files.files(folder, NAME) == [folder / f"{NAME}.parquet"]


def test_much_that_changed_goes_into_the_table_at_once(tmp_path: Path, duck: Duck) -> None:
    chance, folder = random.Random(7), tmp_path / "kept"
    table = made(chance, range(1_000))
    canonical_files.write(duck, folder, NAME, query(table))
    put(duck, folder, table, made(chance, range(500)), [])
    assert canonical_files.files(folder, NAME) == [folder / f"{NAME}.parquet"]
    assert held(duck, folder) == sorted(duck.run(query(table)))
    put(duck, folder, table, {"r1": [("x", 1)]}, ["r2"])
    assert held(duck, folder) == sorted(duck.run(query(table))), "what was folded counts no more"


def test_a_table_that_is_written_whole_never_falls_behind_its_updates(
    tmp_path: Path, duck: Duck, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, folder = random.Random(7), tmp_path / "kept"
    table = made(chance, range(1_000))
    canonical_files.write(duck, folder, NAME, query(table))
    put(duck, folder, table, {"r1": [("updated", 1)]}, ["r2"])
    with pytest.raises(duckdb.Error):
        canonical_files.write(duck, folder, NAME, "SELECT * FROM nowhere")
    assert held(duck, folder) == sorted(duck.run(query(table))), "killed before the base was written"

    def killed(path: Path, body: bytes) -> None:
        raise KeyboardInterrupt

    whole = {**made(chance, range(900)), "r1": [("whole", 1)], "r2": [("whole", 1)]}
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(canonical_files, "replace", killed)
        canonical_files.write(duck, folder, NAME, query(whole))
    between = {**whole, "r1": table["r1"]}
    del between["r2"]
    assert held(duck, folder) == sorted(duck.run(query(between))), "killed behind it"
    canonical_files.write(duck, folder, NAME, query(whole))
    assert held(duck, folder) == sorted(duck.run(query(whole)))


def test_members_are_read_by_the_names_of_claims(tmp_path: Path, duck: Duck) -> None:
    def members(*rows: str) -> str:
        columns = "artist, source, source_id, rank, founds, joined, reason, confidence"
        return f"SELECT * FROM (VALUES {', '.join(rows)}) t({columns})"

    canonical_files.write(
        duck,
        tmp_path,
        "artist_members",
        members(
            *(f"('a{n}', 's', '{n}', 1, true, false, '', 1.0)" for n in range(90)),
            "('a0', 'z', '0', 1, false, true, '', 1.0)",
        ),
    )
    moved = members("('a1', 's', '1', 1, true, true, '', 1.0)", "('a1', 'z', '0', 1, false, true, '', 1.0)")
    others = members("('a0', 's', '0', 1, true, false, '', 1.0)")
    now = f"{moved} UNION ALL {others}"
    canonical_files.put(duck, tmp_path, "artist_members", now, "SELECT * FROM (VALUES ('a0'), ('a1')) t(id)")
    claims = "SELECT * FROM (VALUES ('z', '0'), ('s', '7'), ('s', '0'), ('z', '7')) t(source, id)"
    found = duck.run(
        f"SELECT artist, source, source_id FROM ({canonical_files.rows(tmp_path, 'artist_members', claims=claims)})"
    )
    assert sorted(found) == [("a0", "s", "0"), ("a1", "z", "0"), ("a7", "s", "7")]


def test_what_says_which_files_count_no_more_may_be_lost(duck: Duck, tmp_path: Path) -> None:
    chance, folder = random.Random(7), tmp_path / "kept"
    table = made(chance, range(1_000))
    canonical_files.write(duck, folder, NAME, query(table))
    put(duck, folder, table, {"r1": [("updated", 1)]}, ["r2"])
    whole = {**table, "r1": [("whole", 1)]}
    canonical_files.write(duck, folder, NAME, query(whole))
    canonical_files.settle(folder, numbered.there(folder))
    assert list(folder.glob("*-newer-*")), "they stay for those who read them"
    (folder / f"{NAME}.gone").unlink()
    assert held(duck, folder) == sorted(duck.run(query(whole)))
    put(duck, folder, whole, {"r3": [("later", 1)]}, [])
    assert held(duck, folder) == sorted(duck.run(query(whole)))
    with canonical_files.standing(folder, ".standing-") as beside:
        assert held(duck, beside) == sorted(duck.run(query(whole)))
