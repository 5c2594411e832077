# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of a file is kept of no other: not of what takes its place, nor of a copy that went its own way."""

import shutil
from pathlib import Path

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
