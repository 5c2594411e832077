# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord search --from`: what it prints, its exit codes, and what it refuses."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from onrecord.archive import Archive
from onrecord.cli.search import command


def search(folder: Path, *arguments: str, as_json: bool = False) -> Result:
    obj = {"folder": str(folder), "as_json": as_json, "quiet": False}
    return CliRunner().invoke(command, list(arguments), obj=obj)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "pieces.csv"
    path.write_text("Lied,Wer\nPiece 2,The Test Tones\nPiece 99,Nobody\n")
    return path


def test_a_table_is_answered_and_summed_up(filled: Archive, table: Path, tmp_path: Path) -> None:
    columns = ("--column", "title=Lied", "--column", "artist=2")
    target = tmp_path / "found.csv"
    answer = search(filled.folder, "--from", str(table), "--to", str(target), *columns)
    assert answer.exit_code == 0, answer.output
    assert "read: title from 'Lied', artist from 'Wer'" in answer.stderr
    assert "not read" not in answer.stderr and "Western" not in answer.stderr
    assert (
        "2 rows: 1 found, 0 with several that are equally good, 1 nothing found, 0 not understood"
        in answer.output
    )
    first, second = target.read_text().splitlines()[1:]
    assert first.startswith("Piece 2,The Test Tones,found,0.80,title equal; artist equal; no length")
    assert second == "Piece 99,Nobody,nothing found,,nothing found,,,,,"
    again = tmp_path / "again.csv"
    answer = search(filled.folder, "--from", str(table), "--to", str(again), *columns, as_json=True)
    said = json.loads(answer.stdout)
    assert said["schema"] == "onrecord.search.table/1" and said["summary"]["rows"] == 2
    assert again.read_bytes() == target.read_bytes()


def test_filters_and_limit_count_for_every_row(filled: Archive, table: Path, tmp_path: Path) -> None:
    table.write_text("words\npiece 2 the test tones\n")
    for number, (options, said) in enumerate(
        [((), "1 found"), (("--kind", "artist"), "1 nothing found"), (("--no-sound",), "1 nothing found"),
         (("--license", "CC-BY", "--limit", "1"), "1 found")]
    ):  # fmt: skip
        answer = search(
            filled.folder, "--from", str(table), "--to", str(tmp_path / f"{number}.csv"), *options
        )
        assert said in answer.output, (options, answer.output)


def test_rows_that_are_not_understood_end_with_3(filled: Archive, table: Path, tmp_path: Path) -> None:
    table.write_text("isrc\nbroken\n")
    answer = search(filled.folder, "--from", str(table), "--to", str(tmp_path / "found.csv"))
    assert answer.exit_code == 3 and "1 not understood" in answer.output
    assert "isrc: expected two letters" in (tmp_path / "found.csv").read_text()


def test_what_was_not_read_and_what_was_guessed_is_said(filled: Archive, table: Path, tmp_path: Path) -> None:
    table.write_bytes("Titel;Wer;Ort\nPiece 2;Tönes;Köln\n".encode("cp1252"))
    answer = search(filled.folder, "--from", str(table), "--to", str(tmp_path / "found.csv"))
    assert answer.exit_code == 0 and "not read: 'Wer', 'Ort'" in answer.stderr
    assert "Western European" in answer.stderr and "--encoding" in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "expected words to search for, or --from"),
        (("piece", "--from", "pieces.csv", "--to", "x.csv"), "expected words to search for, or --from"),
        (("piece", "--to", "x.csv"), "go with --from"),
        (("piece", "--no-header"), "go with --from"),
        (("--from", "pieces.csv"), "--from needs --to"),
        (("--from", "pieces.csv", "--to", "-"), "the name of a file"),
        (("--from", "pieces.csv", "--to", "x.csv", "--license", "CC-BYE"), "'CC-BYE' is not known"),
        (("--years", "1999-1990", "piece"), "got 1999 to 1990"),
        ((" ",), "expected words to search for"),
        (("--from", "pieces.csv", "--to", "x.csv", "--column", "title"), "expected FIELD=COLUMN"),
        (("--from", "pieces.csv", "--to", "x.csv", "--limit", "21"), "at most 20"),
    ],
)
def test_what_does_not_go_together_is_refused(filled: Archive, arguments: tuple[str, ...], said: str) -> None:
    answer = search(filled.folder, *arguments)
    assert answer.exit_code == 2 and said in answer.output
