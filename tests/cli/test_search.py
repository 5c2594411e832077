# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord search` narrows what it finds, and says which value of an option it does not understand."""

import pytest
from click.testing import CliRunner

from onrecord.archive import Archive
from onrecord.cli.search import command

#: What the options before a command's name leave for it.
OBJ = {"folder": None, "as_json": False, "quiet": False}


@pytest.fixture
def search(filled: Archive, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.chdir(filled.folder)
    return CliRunner()


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], True),
        (["--sound"], True),
        (["--no-sound", "--kind", "recording"], False),
        (["--license", "CC-BY"], True),
        (["--license", "CC-BY-SA"], False),
        (["--source", "file"], True),
        (["--territory", "de"], True),
        (["--years", "1900-1901"], False),
        (["--length", "-0:30"], True),
        (["--length", "0:30-"], False),
    ],
)
def test_options_narrow(search: CliRunner, options: list[str], found: bool) -> None:
    answer = search.invoke(command, [*options, "piece", "2"], obj=dict(OBJ))
    assert answer.exit_code == 0, answer.output
    assert ("Piece 2" in answer.output) == found
    assert ("nothing found" in answer.output) != found


def test_without_words_options_list(search: CliRunner) -> None:
    first = search.invoke(command, ["--sound", "--kind", "recording", "--limit", "1"], obj=dict(OBJ))
    assert first.exit_code == 0, first.output
    line, more = first.output.splitlines()
    place = more.removeprefix("there is more: --after ")
    rest = search.invoke(command, ["--sound", "--kind", "recording", "--after", place], obj=dict(OBJ))
    assert rest.exit_code == 0 and line not in rest.output and "recording" in rest.output
    assert "--after" not in rest.output
    assert search.invoke(command, [], obj=dict(OBJ)).exit_code == 2
    assert search.invoke(command, ["--after", place, "piece"], obj=dict(OBJ)).exit_code == 2
    assert (
        search.invoke(command, ["--sound", "--after", "x"], obj=dict(OBJ), standalone_mode=False).exit_code
        != 0
    )


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--years", "nineties", "1990-1999"),
        ("--years", "-", "1990-1999"),
        ("--years", "19999", "1990-1999"),
        ("--territory", "XX", "ISO 3166-1"),
        ("--territory", "Germany", "ISO 3166-1"),
        ("--kind", "genre", "'genre'"),
        ("--license", "CC-BYE", "CC-BY-SA-4.0"),
        ("--source", "spotify", "file"),
        ("--length", "long", "2:30-3:00"),
        ("--length", "2:60-3", "2:30-3:00"),
        ("--language", "english", "ISO 639-3"),
        ("--shelf", "attic", "there are: none"),
    ],
)
def test_what_is_not_understood_is_named(search: CliRunner, option: str, value: str, said: str) -> None:
    answer = search.invoke(command, [option, value, "piece"], obj=dict(OBJ))
    assert answer.exit_code == 2
    assert said in answer.output and value in answer.output
