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
        (["--source", "musicbrainz"], False),
        (["--territory", "de"], True),
        (["--years", "1900-1901"], False),
    ],
)
def test_options_narrow(search: CliRunner, options: list[str], found: bool) -> None:
    answer = search.invoke(command, [*options, "piece", "2"], obj=dict(OBJ))
    assert answer.exit_code == 0, answer.output
    assert ("Piece 2" in answer.output) == found
    assert ("nothing found" in answer.output) != found


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--years", "nineties", "1990-1999"),
        ("--years", "-", "1990-1999"),
        ("--years", "19999", "1990-1999"),
        ("--territory", "XX", "ISO 3166-1"),
        ("--territory", "Germany", "ISO 3166-1"),
        ("--kind", "label", "'label'"),
    ],
)
def test_what_is_not_understood_is_named(search: CliRunner, option: str, value: str, said: str) -> None:
    answer = search.invoke(command, [option, value, "piece"], obj=dict(OBJ))
    assert answer.exit_code == 2
    assert said in answer.output and value in answer.output
