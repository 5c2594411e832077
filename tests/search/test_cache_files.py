# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of a file is kept of no other: not of what takes its place, nor of a copy that went its own way."""

import multiprocessing
import os
import shutil
import signal
from pathlib import Path

import apsw
import pytest

from onrecord.durable import file_mark
from onrecord.errors import StoreFailed
from onrecord.search import cache_files

TABLES = "CREATE TABLE said (word TEXT);"


def told(path: Path) -> str:
    with cache_files.reading(path, 1, TABLES) as db:
        return cache_files.told_apart(db)


def test_files_are_told_apart_from_their_copies_and_from_what_takes_their_place(tmp_path: Path) -> None:
    path, copy = tmp_path / "rows.sqlite", tmp_path / "copy.sqlite"
    with cache_files.reading(path, 1, TABLES) as db:
        assert cache_files.told_apart(db) == "", "there is none yet"
    with cache_files.made_anew(path, 1, TABLES):
        pass
    shutil.copyfile(path, copy)
    first = told(path)
    assert first == told(path) != told(copy)
    with cache_files.changing(path) as db, db:
        db.execute("INSERT INTO said VALUES ('more')")
    assert told(path) == first, "a change adds to it"
    seen = {first}
    for _ in range(3):  # a number of the file system may come again
        with cache_files.made_anew(path, 1, TABLES):
            pass
        seen.add(told(path))
    assert len(seen) == 4


BESIDE = "CREATE TABLE more (word TEXT);"


def put(path: Path, word: str) -> None:
    with cache_files.changing(path) as db:
        db.execute("BEGIN; INSERT INTO more VALUES (?)", (word,))
        cache_files.commit(db, path)


def words(path: Path) -> list[str]:
    with cache_files.reading(path, 1, TABLES + BESIDE) as db:
        query = "SELECT word FROM said UNION ALL SELECT word FROM more"
        return [str(word) for (word,) in db.execute(query)]


@pytest.fixture
def two(tmp_path: Path) -> Path:
    path = tmp_path / "rows.sqlite"
    with cache_files.made_anew(path, 1, TABLES, changes=BESIDE) as db:
        db.execute("INSERT INTO said VALUES ('old')")
        db.execute("INSERT INTO more VALUES ('beside')")
    return path


def test_a_change_is_written_beside_the_file_alone(two: Path) -> None:
    before, seen = two.read_bytes(), file_mark(two)
    assert words(two) == ["old", "beside"]
    put(two, "new")
    assert words(two) == ["old", "beside", "new"], "of who has it open, too"
    assert two.read_bytes() == before
    assert file_mark(two) != seen, "who looks at its time alone sees that there was a change"
    assert {path.name for path in two.parent.iterdir()} == {two.name, beside(two).name}


def test_only_the_file_beside_can_be_changed(two: Path) -> None:
    with cache_files.changing(two) as db, pytest.raises(apsw.AuthError):
        db.execute("UPDATE said SET word = 'other'")
    assert words(two) == ["old", "beside"]


def test_what_ends_badly_leaves_what_was_there(two: Path) -> None:
    before = {path.name: path.read_bytes() for path in two.parent.iterdir()}
    with pytest.raises(ZeroDivisionError), cache_files.made_anew(two, 1, TABLES, changes=BESIDE):
        raise ZeroDivisionError
    there = {path.name: path.read_bytes() for path in two.parent.iterdir()}
    assert there.pop(f"{two.name}.part"), "which the next takes the place of"
    assert there == before


def test_what_takes_its_place_has_another_file_beside_it(two: Path) -> None:
    first = beside(two)
    with cache_files.reading(two, 1, TABLES + BESIDE) as reader:
        with cache_files.made_anew(two, 1, TABLES, changes=BESIDE) as db:
            db.execute("INSERT INTO more VALUES ('anew')")
        assert reader.execute("SELECT word FROM more").fetchall() == [("beside",)], "who reads goes on"
    assert words(two) == ["anew"]
    assert beside(two) != first
    assert not first.exists()


def test_without_the_file_beside_it_nothing_is_told(two: Path) -> None:
    other = beside(two)
    content = other.read_bytes()
    for damage in (lambda: other.write_bytes(b""), lambda: other.write_bytes(b"x" * 4_096), other.unlink):
        damage()
        assert not cache_files.is_usable(two, 1, lambda db: None)
        with pytest.raises(StoreFailed, match=r"rows\.sqlite: .*"):
            words(two)
    other.write_bytes(content)
    assert words(two) == ["old", "beside"]


def test_a_file_beside_it_that_was_put_back_is_seen(two: Path, tmp_path: Path) -> None:
    was = tmp_path / "was"
    shutil.copyfile(beside(two), was)
    put(two, "new")
    assert words(two) == ["old", "beside", "new"]
    marked, apart = cache_files.mark(two), told(two)
    was.replace(beside(two))
    assert words(two) == ["old", "beside"], "of who has it open, too"
    assert cache_files.mark(two) != marked
    assert told(two) != apart


def test_who_opens_both_while_others_take_their_place_gets_these(
    two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attach, places = cache_files._attach, 0

    def other(db: apsw.Connection, path: Path) -> object:
        nonlocal places
        if not places:
            places = 1
            with cache_files.made_anew(two, 1, TABLES, changes=BESIDE) as made:
                made.execute("INSERT INTO more VALUES ('anew')")
        return attach(db, path)

    monkeypatch.setattr(cache_files, "_attach", other)
    assert words(two) == ["anew"]


def test_a_change_that_was_left_half_written_is_taken_back(two: Path) -> None:
    killed = multiprocessing.get_context("spawn").Process(target=_spill_and_die, args=(two,))
    killed.start()
    killed.join()
    assert beside(two).with_name(beside(two).name + "-journal").stat().st_size > 0, "a hot journal lies there"
    assert words(two) == ["old", "beside"]


def _spill_and_die(path: Path) -> None:
    with cache_files.changing(path) as db:
        db.execute("PRAGMA changes.cache_size=2; PRAGMA cache_spill=ON; BEGIN; DELETE FROM more")
        db.executemany("INSERT INTO more VALUES (?)", [("x" * 900,)] * 100)
        os.kill(os.getpid(), signal.SIGKILL)


def beside(path: Path) -> Path:
    found = cache_files.beside(path)
    assert found is not None
    return found
