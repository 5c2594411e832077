# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From file to file: answers in place, killed at any point, gone on with, never mixed with those to another table."""

import csv
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from onrecord.archive.looking_up import Asked, LookedUp, LookUp, Shape, Summary, look_up_file
from onrecord.archive.looking_up.tables import ADDED
from onrecord.errors import ArchiveLocked, NotFound, UsageError
from onrecord.model.filters import Filters

TABLE = (
    "Title,Artist,ISRC,Note\n"
    "Three Wishes,Singer,GBAAA2600003,=cmd()\n"
    'Never Sung,Nobody,,"two\nlines"\n'
    ",,broken,\n"
    "Echo,Singer,,\n"
    'Two Hearts,Singer,broken,"said ""so"""\n'
)


class Counting(LookUp):
    """Remembers which rows were asked, and ends the process's work at one of them."""

    def __init__(self, folder: Path, stop_at: int = 0) -> None:
        super().__init__(folder)
        self.rows: list[int] = []
        self.stop_at = stop_at

    def answer(self, asked: Asked, row: int, line: int, most: int = 5) -> LookedUp:
        if row == self.stop_at:
            raise KeyboardInterrupt
        self.rows.append(row)
        return super().answer(asked, row, line, most)


def table(folder: Path, text: str | bytes = TABLE) -> Path:
    path = folder / "songs.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def read(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def test_every_row_is_answered_in_its_place(songs: Path, tmp_path: Path) -> None:
    target = tmp_path / "found.csv"
    seen: list[int] = []
    summary, before = look_up_file(
        LookUp(songs), table(tmp_path), target, Shape(), progress=lambda rows, size: seen.append(rows)
    )
    rows = read(target)
    assert list(rows[0]) == ["Title", "Artist", "ISRC", "Note", *ADDED]
    assert [row["onrecord_result"] for row in rows] == ["found", "nothing found", "wrong", "several", "found"]
    assert [row["Title"] for row in rows] == ["Three Wishes", "Never Sung", "", "Echo", "Two Hearts"]
    assert rows[0]["onrecord_confidence"] == "0.99" and rows[0]["onrecord_kind"] == "recording"
    assert rows[0]["onrecord_reasons"].startswith("ISRC equal; title equal; artist equal")
    assert (rows[0]["onrecord_title"], rows[0]["onrecord_artist"]) == ("Three Wishes", "Singer")
    assert rows[1]["onrecord_reasons"] == "nothing found"
    assert rows[2]["onrecord_reasons"].startswith("isrc: expected two letters")
    assert rows[3]["onrecord_others"].endswith("=" + rows[3]["onrecord_confidence"])
    assert "isrc: expected" in rows[4]["onrecord_reasons"]
    assert (rows[0]["Note"], rows[1]["Note"], rows[4]["Note"]) == ("'=cmd()", "two\nlines", 'said "so"')
    assert summary == Summary(
        rows=5, found=2, several=1, nothing_found=1, wrong=1, certain=1, likely=2, doubtful=0
    )
    assert (before, seen) == (0, [1, 2, 3, 4, 5])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["found.csv", "songs.csv"]


def test_the_table_keeps_its_delimiter_and_its_mark(songs: Path, tmp_path: Path) -> None:
    source = table(tmp_path, "title;artist\nEcho;Singer\n".encode("utf-8-sig"))
    look_up_file(LookUp(songs), source, tmp_path / "found.csv", Shape())
    assert (tmp_path / "found.csv").read_bytes().startswith(b"\xef\xbb\xbftitle;artist;onrecord_result")


def test_rows_that_are_answered_are_not_asked_again(songs: Path, tmp_path: Path) -> None:
    source, whole, target = table(tmp_path), tmp_path / "whole.csv", tmp_path / "found.csv"
    expected, _ = look_up_file(LookUp(songs), source, whole, Shape())
    asked: list[int] = []
    for stop in (3, 3, 5):
        look_up = Counting(songs, stop_at=stop)
        with pytest.raises(KeyboardInterrupt):
            look_up_file(look_up, source, target, Shape())
        assert not target.exists()
        asked += look_up.rows
    last = Counting(songs)
    summary, before = look_up_file(last, source, target, Shape())
    assert [*asked, *last.rows] == [1, 2, 3, 4, 5] and before == 4
    assert summary == expected and target.read_bytes() == whole.read_bytes()


def test_answers_that_were_cut_anywhere_become_the_same(songs: Path, tmp_path: Path) -> None:
    """Whatever a failing machine left of the file, the end is that of a run that nothing stopped."""
    source, whole = table(tmp_path), tmp_path / "whole.csv"
    look_up_file(LookUp(songs), source, whole, Shape())
    content = whole.read_bytes()
    draw = random.Random(5)
    cuts = [0, 1, len(content) - 1, len(content), *(draw.randrange(len(content)) for _ in range(12))]
    for number, cut in enumerate(cuts):
        for rest in (b"", b"\x00" * 40, b'"', b"half,a,row"):
            target = tmp_path / f"{number}.csv"
            with pytest.raises(KeyboardInterrupt):
                look_up_file(Counting(songs, stop_at=1), source, target, Shape())
            part = tmp_path / f"{number}.csv.part"
            part.write_bytes(content[:cut] + rest)
            if not part.stat().st_size:
                part.with_name(f"{number}.csv.state").unlink()
            look_up_file(LookUp(songs), source, target, Shape())
            assert target.read_bytes() == content, (cut, rest)
            target.unlink()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda source, target: source.write_text(TABLE + "one,more,,\n"),
            "the table is another than before",
        ),
        (lambda source, target: target.with_name("found.csv.state").unlink(), "nothing says of which table"),
        (
            lambda source, target: target.with_name("found.csv.state").write_text("{}"),
            "nothing says of which table",
        ),
    ],
)
def test_another_table_is_not_gone_on_with(
    songs: Path, tmp_path: Path, change: Callable[[Path, Path], object], said: str
) -> None:
    source, target = table(tmp_path), tmp_path / "found.csv"
    with pytest.raises(KeyboardInterrupt):
        look_up_file(Counting(songs, stop_at=3), source, target, Shape())
    part = target.with_name("found.csv.part").read_bytes()
    change(source, target)
    with pytest.raises(UsageError) as error:
        look_up_file(LookUp(songs), source, target, Shape())
    assert said in error.value.message and "found.csv.part" in error.value.hint
    assert target.with_name("found.csv.part").read_bytes() == part and not target.exists()


def test_other_options_are_not_gone_on_with(songs: Path, tmp_path: Path) -> None:
    source, target = table(tmp_path), tmp_path / "found.csv"
    with pytest.raises(KeyboardInterrupt):
        look_up_file(Counting(songs, stop_at=3), source, target, Shape())
    for look_up, shape, most in (
        (LookUp(songs, Filters(sound=True)), Shape(), 5),
        (LookUp(songs), Shape(columns={"title": "Artist"}), 5),
        (LookUp(songs), Shape(), 1),
    ):
        with pytest.raises(UsageError, match="the archive or the options are others"):
            look_up_file(look_up, source, target, shape, most)


def test_a_table_that_changes_while_it_is_read_gets_no_answers(songs: Path, tmp_path: Path) -> None:
    source, target = table(tmp_path), tmp_path / "found.csv"

    def change(rows: int, size: int) -> None:
        if rows == 2:
            source.write_text(TABLE + "one,more,,\n")

    with pytest.raises(UsageError, match="was changed while it was read"):
        look_up_file(LookUp(songs), source, target, Shape(), progress=change)
    assert not target.exists()


def test_two_processes_do_not_write_one_file(songs: Path, tmp_path: Path) -> None:
    source, target = table(tmp_path), tmp_path / "found.csv"

    def again(rows: int, size: int) -> None:
        with pytest.raises(ArchiveLocked, match=r"found\.csv\.part"):
            look_up_file(LookUp(songs), source, target, Shape())

    assert look_up_file(LookUp(songs), source, target, Shape(), progress=again)[0].rows == 5


def test_nothing_is_written_over_and_nothing_is_made_of_nothing(songs: Path, tmp_path: Path) -> None:
    source, target = table(tmp_path), tmp_path / "found.csv"
    with pytest.raises(NotFound, match="no such file"):
        look_up_file(LookUp(songs), tmp_path / "none.csv", target, Shape())
    target.write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        look_up_file(LookUp(songs), source, target, Shape())
    assert target.read_text() == "mine" and sorted(path.name for path in tmp_path.iterdir()) == [
        "found.csv",
        "songs.csv",
    ]


def test_a_killed_process_is_gone_on_with(songs: Path, tmp_path: Path) -> None:
    rows = ["title,artist,n", *(f"Three Wishes,Singer,{number}" for number in range(400))]
    source, target = table(tmp_path, "\n".join(rows) + "\n"), tmp_path / "found.csv"
    part = tmp_path / "found.csv.part"
    command = [
        sys.executable,
        "-m",
        "onrecord",
        "-C",
        str(songs),
        "search",
        "--from",
        str(source),
        "--to",
        str(target),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        while process.poll() is None and not (part.exists() and part.stat().st_size > 2000):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    killed = part.read_bytes()
    before = killed.count(b"\n") - 1
    assert not target.exists() and killed.endswith(b"\n")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"went on behind {before:,} rows" in done.stderr
    assert "400 rows: 400 found" in done.stdout
    content = target.read_bytes()
    assert content.startswith(killed) and not part.exists()
    assert [row["n"] for row in read(target)] == [str(number) for number in range(400)]
