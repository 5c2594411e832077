# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of pages: found by id, through redirects, replaced as a whole while others read."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from onrecord.search.row_filling import fill as fill_rows
from onrecord.search.row_making import Entry
from onrecord.search.rows import Row, Rows


def row(identifier: str, newest: int = 0, kind: str = "recording") -> Row:
    return Row(kind, identifier, f"Title of {identifier}", "", False, newest, 1.5, b"{}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "search" / "rows.sqlite"


def fill(path: Path, names: Iterable[str], redirects: Iterable[tuple[str, str]] = ()) -> Rows:
    entries = [Entry(row(name, number)) for number, name in enumerate(names)]
    fill_rows(path, lambda: entries, redirects, [("blob", "b")])
    return Rows(path)


def test_nothing_was_matched_yet(path: Path) -> None:
    rows = Rows(path)
    assert rows.get("a") is rows.holder("blob") is None
    assert (rows.newest("recording", 10), rows.count(), rows.seconds()) == ([], {}, 0)
    assert not path.exists(), "reading makes nothing"


def test_what_goes_in_comes_out(path: Path) -> None:
    rows = fill(path, "abc")
    assert rows.get("b") == rows.holder("blob") == row("b", 1)
    assert [item.id for item in rows.newest("recording", 2)] == ["c", "b"]
    assert (rows.count(), rows.seconds()) == ({"recording": 3}, 4.5)
    assert rows.get("x") is None


def test_redirects_are_followed_to_their_end(path: Path) -> None:
    rows = fill(path, "c", [("a", "b"), ("b", "c"), ("gone", "nowhere")])
    assert rows.get("a") == rows.get("b") == rows.get("c") == row("c")
    assert rows.get("gone") is None


def test_redirects_in_a_circle_end(path: Path) -> None:
    assert fill(path, "c", [("a", "b"), ("b", "a")]).get("a") is None


def test_a_rewritten_file_is_seen_at_once(path: Path) -> None:
    rows = fill(path, "a")
    fill(path, "b")
    assert (rows.get("a"), rows.get("b")) == (None, row("b"))


def test_a_write_that_fails_leaves_the_old_rows(path: Path) -> None:
    rows = fill(path, "a")

    def broken() -> Iterable[Entry]:
        yield Entry(row("b"))
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError):
        fill_rows(path, broken)
    assert rows.get("a") == row("a")
    fill(path, "c")
    assert rows.get("c") is not None


@pytest.mark.parametrize(
    "name", ["", "\x00", "'; DROP TABLE rows; --", "\U0001f3b5" * 10_000, "%", "a" * 100_000]
)
def test_hostile_names(path: Path, name: str) -> None:
    rows = fill(path, ["a"])
    assert rows.get(name) is None
    assert rows.holder(name) is None
    assert rows.newest(name, 5) == []
