# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger can be deleted, damaged or left behind: it is made again from the log, row for row (faults 18 to 20)."""

from pathlib import Path

import apsw
import pytest

from onrecord.archive import Archive
from onrecord.archive.checking import check
from onrecord.archive.matching import rematch
from onrecord.errors import IntegrityError, NewerFormat


@pytest.fixture
def full(published: Archive) -> Archive:
    check(published)
    return published


def test_a_deleted_ledger_comes_back_row_for_row(full: Archive) -> None:
    before = full.ledger.dump()
    assert before["blobs"]
    assert before["links"]
    assert before["editions"]
    assert before["volumes"]
    full.rebuild_ledger()
    assert full.ledger.dump() == before


def test_a_ledger_that_is_behind_catches_up(full: Archive, tmp_path: Path) -> None:
    full.ledger.close()
    saved = {path.name: path.read_bytes() for path in full.folder.glob("ledger.sqlite*")}
    with Archive.open(full.folder) as again:
        check(again)
        after = again.ledger.dump()
    for path in full.folder.glob("ledger.sqlite*"):
        path.unlink()
    for name, content in saved.items():
        (full.folder / name).write_bytes(content)
    with Archive.open(full.folder) as again:
        assert again.ledger.dump() == after


def test_a_ledger_of_a_newer_schema_is_left_alone(full: Archive) -> None:
    full.ledger.close()
    path = full.folder / "ledger.sqlite"
    db = apsw.Connection(str(path))
    db.execute("PRAGMA user_version=99")
    db.close()
    before = path.read_bytes()
    with pytest.raises(NewerFormat, match="99"):
        Archive.open(full.folder)
    assert path.read_bytes() == before


def test_a_file_that_is_no_ledger_is_moved_aside_and_made_again(full: Archive) -> None:
    before = full.ledger.dump()
    full.ledger.close()
    for path in full.folder.glob("ledger.sqlite*"):
        path.unlink()
    rubbish = b"not a database at all, " * 100
    (full.folder / "ledger.sqlite").write_bytes(rubbish)
    with Archive.open(full.folder) as again:
        assert again.ledger.dump() == before
    assert [path.read_bytes() for path in full.folder.glob("ledger.damaged-*")] == [rubbish]


def test_a_damaged_page_is_found_by_check_and_the_ledger_made_again(full: Archive) -> None:
    before = full.ledger.dump()
    full.ledger.close()
    path = full.folder / "ledger.sqlite"
    db = apsw.Connection(str(path))
    # Not those of the schema itself: they are found damaged as soon as the file is opened.
    query = "SELECT rootpage FROM sqlite_schema WHERE rootpage > 0 AND name != 'meta'"
    starts = [(int(page) - 1) * 4096 for (page,) in db.execute(query)]
    db.close()
    content = bytearray(path.read_bytes())
    for start in starts:
        content[start : start + 8] = b"\xff" * 8
    path.write_bytes(content)
    with Archive.open(full.folder) as again:
        report = check(again)
        assert [bad.what for bad in report.bad] == ["ledger.sqlite"]
        assert check(again).bad == []
        after = again.ledger.dump()
    assert {name: after[name] for name in ("blobs", "links", "segments", "volumes")} == {
        name: before[name] for name in ("blobs", "links", "segments", "volumes")
    }


def test_where_its_first_table_is_damaged_it_is_made_again_by_whoever_opens_it(full: Archive) -> None:
    before = full.ledger.dump()
    full.ledger.close()
    path = full.folder / "ledger.sqlite"
    db = apsw.Connection(str(path))
    [(page,)] = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'meta'").fetchall()
    db.close()
    content = bytearray(path.read_bytes())
    content[(int(page) - 1) * 4096 : int(page) * 4096] = bytes(4096)
    path.write_bytes(content)
    with Archive.open(full.folder) as again:
        assert again.ledger.dump() == before


def test_a_ledger_ahead_of_the_log_is_refused(full: Archive) -> None:
    full.ledger.close()
    [log] = (full.folder / "log").glob("*.jsonl")
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(IntegrityError, match="log/ ends at"):
        Archive.open(full.folder)


def test_the_folder_may_be_moved(full: Archive, tmp_path: Path) -> None:
    before = full.ledger.dump()
    full.ledger.close()
    full.folder.rename(tmp_path / "elsewhere")
    with Archive.open(tmp_path / "elsewhere") as moved:
        assert moved.ledger.dump() == before
        assert check(moved).bad == []
        assert rematch(moved).founded == 0
