# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file that a thread keeps open is read as it is now: changed where it lies, or with another in its place."""

import os
import threading
from pathlib import Path

import pytest

from onrecord.errors import StoreFailed
from onrecord.search.cache_files import changing, made_anew, reading

TABLES = "CREATE TABLE said (words TEXT);"
SCHEMA = 3


def write(path: Path, words: str, schema: int = SCHEMA) -> None:
    with made_anew(path, schema, TABLES) as db:
        db.execute("INSERT INTO said VALUES (?)", (words,))


def read(path: Path) -> list[str]:
    with reading(path, SCHEMA, TABLES) as db:
        return [str(words) for (words,) in db.execute("SELECT words FROM said")]


def open_files(path: Path) -> int:
    links = Path("/proc/self/fd").iterdir()
    return sum(os.path.realpath(link) == str(path) for link in links if link.exists())


def test_what_is_kept_open_is_read_as_it_is_now(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    assert read(path) == []
    write(path, "one")
    assert read(path) == ["one"] and read(path) == ["one"]
    assert open_files(path) == 1
    with changing(path) as db, db:
        db.execute("UPDATE said SET words = 'two'")
    assert read(path) == ["two"]
    write(path, "three")
    assert read(path) == ["three"]
    write(path, "of another version", SCHEMA + 1)
    assert read(path) == []
    write(path, "four")
    assert read(path) == ["four"]
    path.unlink()
    assert read(path) == []


def test_readers_keep_nobody_from_writing(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    write(path, "one")
    threads = [threading.Thread(target=read, args=(path,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(path, SCHEMA, TABLES) as db:
        assert db.execute("SELECT words FROM said").fetchone() == ("one",)
        with reading(path, SCHEMA, TABLES) as again:
            assert again.execute("SELECT count(*) FROM said").fetchone() == (1,)
    with changing(path) as db:
        db.set_busy_timeout(0)
        with db:
            db.execute("UPDATE said SET words = 'two'")
    assert read(path) == ["two"]


def test_a_thread_keeps_few_open(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.sqlite" for number in range(12)]
    for path in paths:
        write(path, path.stem)
        assert read(path) == [path.stem]
    assert sum(map(open_files, paths)) <= 4
    assert [read(path) for path in paths] == [[path.stem] for path in paths]


def test_what_is_no_such_file_any_more_is_said_and_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    write(path, "one")
    assert read(path) == ["one"]
    whole = path.read_bytes()
    (tmp_path / "other").write_bytes(b"no database at all" * 400)
    (tmp_path / "other").rename(path)
    with pytest.raises(StoreFailed, match=r"cache\.sqlite"):
        read(path)
    (tmp_path / "other").write_bytes(whole)
    (tmp_path / "other").rename(path)
    assert read(path) == ["one"]
