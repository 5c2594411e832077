# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables bear numbers for ids, and are read with the ids: whatever order files come to lie there in, and whenever a run
was killed."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from onrecord.catalog import canonical_files, numbered
from onrecord.catalog.match import KINDS
from onrecord.engine.duck import Duck
from onrecord.engine.parquet import column_types
from onrecord.errors import IntegrityError

THINGS = sorted(KINDS.values())


@pytest.fixture
def duck(tmp_path: Path) -> Iterator[Duck]:
    opened = Duck(tmp_path / "spill", "500MB", 1)
    yield opened
    opened.close()


def lay_out(duck: Duck, seed: int, count: int = 200) -> None:
    """All tables of a match, of made things."""
    chance = random.Random(seed)
    ids = {thing: [f"{thing[0]}{chance.randrange(10**9):09}" for _ in range(count)] for thing in THINGS}
    for thing in THINGS:
        members = [(it, "s", f"{n}", "", 0, True) for n, it in enumerate(ids[thing])]
        members += [(chance.choice(ids[thing]), "t", f"{n}", "", 0, False) for n in range(count // 2)]
        columns = {thing: "VARCHAR", "source": "VARCHAR", "source_id": "VARCHAR", "blob": "VARCHAR"}
        duck.table(f"{thing}_members", {**columns, "rank": "INTEGER", "founds": "BOOLEAN"}, members)
    text = dict.fromkeys(("id", "artist", "artist_id", "date", "title"), "VARCHAR")
    named = [(it, "A", chance.choice(["", *ids["artist"]]), "2001", f"t{it}") for it in ids["recording"]]
    duck.table("canonical_recordings", text, named)
    text = dict.fromkeys(("id", "artist", "date"), "VARCHAR")
    duck.table("canonical_releases", text, [(it, "A", "2001") for it in ids["release"]])
    for thing in ("artist", "work"):
        duck.table(
            f"canonical_{thing}s", dict.fromkeys(("id", "name"), "VARCHAR"), [(it, "N") for it in ids[thing]]
        )
    parents = [(it, chance.choice(["", *ids["label"]])) for it in ids["label"]]
    duck.table("canonical_labels", dict.fromkeys(("id", "parent"), "VARCHAR"), parents)
    placed = [(chance.choice(ids["release"]), it, 1, n) for n, it in enumerate(ids["recording"])]
    columns = {"release": "VARCHAR", "recording": "VARCHAR", "disc": "BIGINT", "position": "BIGINT"}
    duck.table("canonical_tracks", columns, placed)
    duck.table("versions", dict.fromkeys(("a", "b"), "VARCHAR"), [("x", "y")])


def write_all(duck: Duck, folder: Path, names: list[str]) -> numbered.Ids:
    ids = numbered.number(duck, folder)
    for name in names:
        canonical_files.write(duck, folder, name, f"SELECT * FROM {name}", ids)
    return ids


def held(duck: Duck, folder: Path) -> dict[str, list[tuple[object, ...]]]:
    return {name: sorted(duck.run(canonical_files.rows(folder, name))) for name in canonical_files.ORDER}


def meant(duck: Duck) -> dict[str, list[tuple[object, ...]]]:
    return {name: sorted(duck.run(f"FROM {name}")) for name in canonical_files.ORDER}


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.parquet")}


def test_ids_are_written_once_and_read_everywhere(tmp_path: Path, duck: Duck) -> None:
    lay_out(duck, 1)
    numbered.let_go(tmp_path, write_all(duck, tmp_path, [*canonical_files.ORDER]))
    assert held(duck, tmp_path) == meant(duck)
    assert column_types(tmp_path / "canonical_tracks.parquet")["recording"] == "int64"
    an_id = duck.run("SELECT id FROM canonical_recordings LIMIT 1")[0][0].encode()
    files = bytes_in(tmp_path)
    assert len(files) == len(canonical_files.ORDER) + len(THINGS) and not any(
        an_id in body for name, body in files.items() if not name.startswith(numbered.IDS)
    )


def test_a_run_that_is_killed_while_it_writes_leaves_each_table_with_its_own_ids(
    tmp_path: Path, duck: Duck
) -> None:
    lay_out(duck, 1)
    write_all(duck, tmp_path, [*canonical_files.ORDER])
    before = meant(duck)
    lay_out(duck, 2)
    written = ["canonical_recordings", "recording_members", "canonical_labels"]
    write_all(duck, tmp_path, written)
    now = meant(duck)
    assert held(duck, tmp_path) == {
        name: (now if name in written else before)[name] for name in canonical_files.ORDER
    }
    numbered.let_go(tmp_path, write_all(duck, tmp_path, [*canonical_files.ORDER]))
    assert held(duck, tmp_path) == now
    assert {len(paths) for paths in numbered.there(tmp_path).values()} == {1}


def test_what_updates_left_is_written_as_a_match_of_everything_does(tmp_path: Path, duck: Duck) -> None:
    lay_out(duck, 1)
    write_all(duck, tmp_path / "a", [*canonical_files.ORDER])
    name = "canonical_tracks"
    others = "SELECT 'rnew' AS recording UNION SELECT min(recording) FROM canonical_tracks"
    for _ in range(2):  # beside it, and then in it
        canonical_files.put(
            duck,
            tmp_path / "a",
            name,
            "SELECT 'lnew' AS release, 'rnew' AS recording, 1 AS disc, 1 AS position",
            others,
        )
        canonical_files.fold(duck, tmp_path / "a", name)
        duck.run(f"DELETE FROM {name} WHERE recording IN ({others})")
        duck.run(f"INSERT INTO {name} VALUES ('lnew', 'rnew', 1, 1)")
        assert held(duck, tmp_path / "a") == meant(duck)
    for table in canonical_files.ORDER:
        duck.run(f"ALTER TABLE {table} RENAME TO {table}_meant")
        duck.run(f"CREATE TABLE {table} AS FROM {table}_meant")
    numbered.let_go(tmp_path / "b", write_all(duck, tmp_path / "b", [*canonical_files.ORDER]))
    beside = Duck(tmp_path / "spill", "500MB", 1)
    canonical_files.fold_all(beside, tmp_path / "a")
    beside.close()
    shutil.rmtree(tmp_path / "spill", ignore_errors=True)
    canonical_files._sweep(tmp_path / "a", name)
    assert bytes_in(tmp_path / "a") == bytes_in(tmp_path / "b")


def test_a_table_from_before_there_were_numbers_is_read(tmp_path: Path, duck: Duck) -> None:
    lay_out(duck, 1)
    duck.export("SELECT * FROM canonical_tracks ORDER BY ALL", tmp_path / "canonical_tracks.parquet")
    write_all(duck, tmp_path, ["canonical_recordings"])
    assert (
        sorted(duck.run(canonical_files.rows(tmp_path, "canonical_tracks")))
        == meant(duck)["canonical_tracks"]
    )


def test_rows_whose_ids_are_lost_are_not_left_out(tmp_path: Path, duck: Duck) -> None:
    lay_out(duck, 1)
    write_all(duck, tmp_path, [*canonical_files.ORDER])
    name = "recording_members"
    for new in ("rone", "rtwo"):  # each in a file of ids of its own, of which one stamp is amid the others
        canonical_files.put(
            duck,
            tmp_path,
            name,
            f"SELECT '{new}' AS recording, 's' AS source, '{new}' AS source_id, '' AS blob, 0 AS rank, true AS founds",
            f"SELECT '{new}' AS id",
        )
        canonical_files.fold(duck, tmp_path, name)
    files = numbered.there(tmp_path)["recording"]
    assert len(files) == 3 and canonical_files.is_whole(tmp_path, name, duck)
    seen = []
    for path in files:
        body = path.read_bytes()
        path.unlink()
        assert not canonical_files.is_whole(tmp_path, name, duck)
        if not canonical_files.is_whole(tmp_path, name):
            with pytest.raises(IntegrityError, match=path.name):
                canonical_files.rows(tmp_path, name)
            seen.append(path)
        path.write_bytes(body)
    assert seen == [files[0], files[-1]], "by their bounds"
    assert canonical_files.is_whole(tmp_path, name)


def test_the_same_ids_in_another_order_are_another_file(tmp_path: Path, duck: Duck) -> None:
    """Ids that came by an update are numbered in the order of their letters; written with the others, as they stand."""
    for name in ("there", "anew"):
        (tmp_path / name / numbered.IDS).mkdir(parents=True)
    ids = [(f"w{chr(122 - at)}", "s", f"{at}", "", 0, True) for at in range(5)]
    columns = dict.fromkeys(("work", "source", "source_id", "blob"), "VARCHAR")
    lay_out(duck, 1)
    duck.table("work_members", {**columns, "rank": "INTEGER", "founds": "BOOLEAN"}, ids)
    duck.table("canonical_works", dict.fromkeys(("id", "name"), "VARCHAR"), [(it[0], it[2]) for it in ids])
    for name in ("canonical_works", "work_members"):
        canonical_files.write(duck, tmp_path / "there", name, f"FROM {name}")
    (tmp_path / "there" / "updated").touch()
    for name in canonical_files.ORDER:
        if name not in ("canonical_works", "work_members"):
            canonical_files.write(duck, tmp_path / "there", name, f"FROM {name}")
    write_all(duck, tmp_path / "anew", [*canonical_files.ORDER])
    before = held(duck, tmp_path / "there")
    for name in canonical_files.ORDER:
        duck.run(f"DROP TABLE {name}")
    canonical_files.fold_all(duck, tmp_path / "there")
    assert held(duck, tmp_path / "there") == before == held(duck, tmp_path / "anew")
    assert bytes_in(tmp_path / "there") == bytes_in(tmp_path / "anew")
