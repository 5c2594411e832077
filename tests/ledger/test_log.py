# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hash-chained log: what is committed stays, what was altered is found (format clause 4)."""

import datetime as dt
import json
from pathlib import Path

import pytest

from onrecord.errors import LogBroken
from onrecord.ledger import Log


def made(folder: Path, entries: int = 5) -> Log:
    log = Log(folder, lambda: dt.datetime(2026, 1, 2, tzinfo=dt.UTC))
    for number in range(entries):
        log.append("checked", {"number": number})
    return log


def lines(folder: Path) -> list[str]:
    [path] = folder.glob("*.jsonl")
    return path.read_text().splitlines(keepends=True)


def rewrite(folder: Path, content: list[str]) -> None:
    [path] = folder.glob("*.jsonl")
    path.write_text("".join(content))


def test_entries_come_back_in_order_with_their_data(tmp_path: Path) -> None:
    made(tmp_path)
    entries = list(Log(tmp_path).entries())
    assert [entry.data["number"] for entry in entries] == [0, 1, 2, 3, 4]
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]
    assert entries[0].time == "2026-01-02T00:00:00Z"
    assert [entry.seq for entry in Log(tmp_path).entries(after=3)] == [4, 5]


def test_a_reopened_log_goes_on_where_it_was(tmp_path: Path) -> None:
    made(tmp_path)
    assert Log(tmp_path).append("checked", {}).seq == 6
    assert len(list(Log(tmp_path).entries())) == 6


def test_an_altered_entry_is_found(tmp_path: Path) -> None:
    made(tmp_path)
    content = lines(tmp_path)
    content[2] = content[2].replace('"number":2', '"number":7')
    rewrite(tmp_path, content)
    with pytest.raises(LogBroken, match="line 3"):
        list(Log(tmp_path).entries())


def test_an_entry_that_was_altered_and_hashed_again_is_found_at_the_next(tmp_path: Path) -> None:
    made(tmp_path)
    content = lines(tmp_path)
    other = lines(made_elsewhere(tmp_path / "other"))
    content[2] = other[2]
    rewrite(tmp_path, content)
    with pytest.raises(LogBroken):
        list(Log(tmp_path).entries())


def made_elsewhere(folder: Path) -> Path:
    log = Log(folder, lambda: dt.datetime(2026, 1, 3, tzinfo=dt.UTC))
    for number in range(5):
        log.append("checked", {"number": number})
    return folder


@pytest.mark.parametrize("kept", [[0, 1, 3, 4], [0, 2, 1, 3, 4], [1, 2, 3, 4]])
def test_missing_and_moved_lines_are_found(tmp_path: Path, kept: list[int]) -> None:
    made(tmp_path)
    content = lines(tmp_path)
    rewrite(tmp_path, [content[place] for place in kept])
    with pytest.raises(LogBroken):
        list(Log(tmp_path).entries())


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_line_that_a_crash_left_unfinished_never_counted(tmp_path: Path, cut: int) -> None:
    made(tmp_path)
    content = "".join(lines(tmp_path))
    rewrite(tmp_path, [content, content.splitlines()[-1][:cut]])
    log = Log(tmp_path)
    assert log.last is not None
    assert log.last.seq == 5
    assert len(log.mend()) == cut
    assert log.append("checked", {}).seq == 6
    assert len(list(Log(tmp_path).entries())) == 6


def test_rubbish_is_named_with_its_line(tmp_path: Path) -> None:
    made(tmp_path)
    content = lines(tmp_path)
    content[1] = json.dumps({"seq": "two"}) + "\n"
    rewrite(tmp_path, content)
    with pytest.raises(LogBroken, match="line 2"):
        list(Log(tmp_path).entries())
