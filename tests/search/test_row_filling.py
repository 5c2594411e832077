# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows and text index change together, only where something differs, and a kill at any moment is made good."""

import multiprocessing
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from onrecord.errors import StoreFailed
from onrecord.search import row_filling
from onrecord.search.finding import Finder
from onrecord.search.row_filling import Filled, fill
from onrecord.search.row_making import Entry
from onrecord.search.rows import Rows
from onrecord.search.text import TextIndex
from tests.search.filled import entry, fill_with

MANY = [entry(f"r{number}", f"Song number{number}", "Somebody") for number in range(300)]


def found(search: Path, query: str) -> list[str]:
    return [item.id for item in Finder(search).find(query, k=1000)]


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    assert fill_with(tmp_path, MANY) == Filled(300, 300, True)
    name = Rows(tmp_path / "rows.sqlite").text()
    assert fill_with(tmp_path, MANY) == Filled(300, 0, False)
    changed = [*MANY[:10], entry("r10", "Another name", "Somebody"), *MANY[11:299], entry("new", "Newcomer")]
    assert fill_with(tmp_path, changed) == Filled(300, 3, False)
    assert Rows(tmp_path / "rows.sqlite").text() == name, "the index was not made anew"
    assert found(tmp_path, "another name") == ["r10"]
    assert found(tmp_path, "newcomer") == ["new"]
    assert "r10" not in found(tmp_path, "number10") and "r299" not in found(tmp_path, "number299")
    assert Rows(tmp_path / "rows.sqlite").get("r299") is None


def test_a_reader_sees_a_change_at_its_next_question(tmp_path: Path) -> None:
    fill_with(tmp_path, MANY)
    finder = Finder(tmp_path)
    assert finder.find("newcomer") == []
    fill_with(tmp_path, [*MANY, entry("new", "Newcomer")])
    assert [item.id for item in finder.find("newcomer")] == ["new"]
    (tmp_path / "rows.sqlite").unlink()
    fill_with(tmp_path, [entry("only", "Newcomer")])
    assert [item.id for item in finder.find("newcomer")] == ["only"], "also where the index is another"


def test_a_number_is_never_given_twice(tmp_path: Path) -> None:
    fill_with(tmp_path, MANY[:3])
    fill_with(tmp_path, MANY[:2])
    fill_with(tmp_path, [*MANY[:2], entry("new", "Newcomer")])
    assert Rows(tmp_path / "rows.sqlite").number("new") == 4


def test_identifiers_follow_a_change(tmp_path: Path) -> None:
    code, other = ("isrc", "USS1Z9900001"), ("isrc", "USS1Z9900002")
    fill_with(tmp_path, [entry("a", "A", codes=(code,)), entry("b", "B", codes=(code,))])
    rows = Rows(tmp_path / "rows.sqlite")
    assert rows.bearing("isrc", "US-S1Z-99-00001") == ["a", "b"]
    fill_with(tmp_path, [entry("a", "A", codes=(other,)), entry("b", "B", codes=(code,))])
    assert (rows.bearing(*code), rows.bearing(*other)) == (["b"], ["a"])


def test_redirects_and_holders_follow_too(tmp_path: Path) -> None:
    fill_with(tmp_path, MANY[:3], [("old", "r0"), ("older", "r1")], [("blob", "r0"), ("gone", "r1")])
    fill_with(tmp_path, MANY[:3], [("old", "r2")], [("blob", "r2")])
    rows = Rows(tmp_path / "rows.sqlite")
    held = rows.get("old"), rows.holder("blob")
    assert [row and row.id for row in held] == ["r2", "r2"]
    assert rows.get("older") is rows.holder("gone") is None


def test_much_that_changed_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_filling, "_MOST_CHANGES", 10)
    fill_with(tmp_path, MANY)
    other = [entry(f"r{number}", f"Tune number{number}") for number in range(300)]
    assert fill_with(tmp_path, other) == Filled(300, 300, True)
    assert len(found(tmp_path, "tune")) == 300 and found(tmp_path, "somebody") == []
    assert len(list(tmp_path.glob("text-*"))) == 1


@pytest.mark.parametrize("damage", [b"", b"SQLite format 3\x00", b"x" * 5000])
def test_rows_that_cannot_be_read_are_made_again(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "rows.sqlite").write_bytes(damage)
    assert fill_with(tmp_path, MANY).anew
    assert found(tmp_path, "number7") != []


def test_rows_of_an_older_version_are_made_again(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "rows.sqlite")
    old.executescript("CREATE TABLE rows (id TEXT PRIMARY KEY); PRAGMA user_version=1")
    old.close()
    assert Rows(tmp_path / "rows.sqlite").count() == {}, "until then nothing is found"
    assert fill_with(tmp_path, MANY).anew


def test_a_text_index_that_is_gone_is_made_again(tmp_path: Path) -> None:
    fill_with(tmp_path, MANY)
    index = tmp_path / Rows(tmp_path / "rows.sqlite").text()
    (index / "meta.json").unlink()
    with pytest.raises(StoreFailed):
        found(tmp_path, "song")
    assert fill_with(tmp_path, MANY).anew
    assert len(found(tmp_path, "song")) == 300


def _fill_and_die(search: Path, entries: list[Entry], moment: str) -> None:
    """Runs in a process of its own, which ends by a kill at a moment of the change."""

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def dying() -> Iterator[Entry]:
        yield from entries[: len(entries) // 2]
        die()

    source: Callable[[], Iterator[Entry]] = lambda: iter(entries)  # noqa: E731
    if moment == "comparing":
        source = dying
    elif moment == "between":
        row_filling.catch_up = die  # type: ignore[assignment]
    elif moment == "applying":
        row_filling._SWAP = "SELECT die()"  # type: ignore[misc]
        apsw.connection_hooks.append(lambda db: db.create_scalar_function("die", die))
    elif moment == "noting":
        TextIndex.change = _then(TextIndex.change, die)  # type: ignore[method-assign]
    fill(search / "rows.sqlite", source)


def _then(first: Callable[..., int], second: Callable[[], None]) -> Callable[..., int]:
    def both(*arguments: object) -> int:
        count = first(*arguments)
        second()
        return count

    return both


@pytest.mark.parametrize("moment", ["comparing", "applying", "between", "noting"])
def test_a_kill_is_made_good(tmp_path: Path, moment: str) -> None:
    fill_with(tmp_path, MANY)
    changed = [entry("r0", "Another name"), *MANY[2:], entry("new", "Newcomer")]
    killed = multiprocessing.get_context("spawn").Process(
        target=_fill_and_die, args=(tmp_path, changed, moment)
    )
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    committed = moment in ("between", "noting")
    rows = Rows(tmp_path / "rows.sqlite")
    assert (rows.get("new") is not None, rows.is_behind()) == (committed, committed)
    assert set(found(tmp_path, "somebody")) >= {f"r{number}" for number in range(2, 300)}, "readers go on"
    fill_with(tmp_path, changed)
    assert not rows.is_behind()
    assert found(tmp_path, "another name") == ["r0"] and found(tmp_path, "newcomer") == ["new"]
    assert set(found(tmp_path, "somebody")) == {f"r{number}" for number in range(2, 300)}


def test_a_change_that_was_left_half_written_is_taken_back_by_a_reader(tmp_path: Path) -> None:
    fill_with(tmp_path, MANY)
    path = tmp_path / "rows.sqlite"
    killed = multiprocessing.get_context("spawn").Process(target=_spill_and_die, args=(path,))
    killed.start()
    killed.join()
    assert path.with_name("rows.sqlite-journal").stat().st_size > 0, "a hot journal lies there"
    assert len(found(tmp_path, "somebody")) == 300


def _spill_and_die(path: Path) -> None:
    db = apsw.Connection(str(path))
    db.execute("PRAGMA cache_size=5; PRAGMA cache_spill=ON; BEGIN; UPDATE blocks SET block=zeroblob(30000)")
    os.kill(os.getpid(), signal.SIGKILL)
