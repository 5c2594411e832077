# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Terms that say `read` have a note in docs/terms, with the same address, day and digest; no value goes beyond it."""

import re
from pathlib import Path

import pytest

from onrecord.model.records import Terms
from onrecord.sources.loading import load_sources

NOTES = Path(__file__).parents[2] / "docs" / "terms"
TERMS: dict[str, Terms] = {name: source.terms for name, source in load_sources().loaded.items()}
READ = sorted(name for name, terms in TERMS.items() if terms.state == "read")
#: Sources that are other spellings of one that has a note.
SHARED = {"musicbrainz-xml": "musicbrainz-json"}


def note(name: str) -> str:
    return (NOTES / f"{SHARED.get(name, name)}.md").read_text("utf-8")


def table(text: str) -> dict[str, str]:
    """First cell of each row to its second: term to value."""
    rows = re.findall(r"^\| `?([^|`]+?)`? \| ([^|]+?) \|", text, re.MULTILINE)
    return {term: value for term, value in rows if not set(term) <= {"-"}}


@pytest.mark.parametrize("name", READ)
def test_the_note_names_the_text_that_was_read(name: str) -> None:
    terms, text = TERMS[name], note(name)
    assert re.fullmatch(r"[0-9a-f]{64}", terms.digest)
    assert f"- Address: <{terms.address}>" in text
    assert f"- Read: {terms.day}, whole" in text
    assert f"- SHA-256 of the file: `{terms.digest}`" in text
    assert "Not known:" in text, "what the text does not say is said"


@pytest.mark.parametrize("name", READ)
def test_the_values_are_those_of_the_note(name: str) -> None:
    terms, said = TERMS[name], table(note(name))
    words = {True: "yes", False: "no"}
    assert said["harvest_live"] == words[terms.harvest_live]
    assert said["redistribute"] == words[terms.redistribute]
    assert said["license"] == (terms.license or "by record")


def test_every_source_is_listed_with_its_state() -> None:
    text = (NOTES / "README.md").read_text("utf-8")
    listed: dict[str, str] = {}
    for names, state in re.findall(r"^\| (`[^|]+`) \| \[?(read|unread)\b", text, re.MULTILINE):
        listed |= dict.fromkeys(re.findall(r"`([^`]+)`", names), state)
    assert listed == {name: terms.state for name, terms in TERMS.items()}


def test_no_note_is_of_a_source_that_is_unread() -> None:
    assert {path.stem for path in NOTES.glob("*.md")} - {"README"} == {
        SHARED.get(name, name) for name in READ
    }


@pytest.mark.parametrize("name", sorted(TERMS))
def test_what_is_unread_allows_nothing_live(name: str) -> None:
    if TERMS[name].state == "unread":
        assert not TERMS[name].harvest_live and not TERMS[name].digest and TERMS[name].day is None
