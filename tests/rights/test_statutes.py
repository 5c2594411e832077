# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The statutes that rules quote: where they were read, each clause once, and the words that a term rests on."""

import datetime as dt
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import onrecord.rights

FOLDER = Path(onrecord.rights.__file__).parent / "statutes"
FILES = sorted(FOLDER.glob("*.toml"))


def load(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def clauses(name: str) -> dict[str, str]:
    return {clause["id"]: clause["text"] for clause in load(FOLDER / f"{name}.toml")["clauses"]}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_statute_says_where_and_when_it_was_read(path: Path) -> None:
    statute = load(path)
    read = statute["read"]
    assert statute["title"] and statute["territories"] and read["publisher"]
    assert isinstance(read["day"], dt.date) and isinstance(read["whole"], bool) and read["missing"]
    for part in read.get("parts", [read]):
        assert part["address"].startswith("http") and re.fullmatch(r"[0-9a-f]{64}", part["sha256"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_text_that_was_not_read_whole_says_what_it_lacks(path: Path) -> None:
    statute = load(path)
    unread = [item["id"] for item in statute.get("unread", [])]
    assert bool(unread) is not statute["read"]["whole"]
    assert not {*unread} & {clause["id"] for clause in statute["clauses"]}
    assert all(item["about"] and item["means"] for item in statute.get("unread", []))


def test_every_clause_has_an_id_of_its_own_a_citation_and_its_words() -> None:
    found = [clause for path in FILES for clause in load(path)["clauses"]]
    ids = [clause["id"] for clause in found]
    assert len(ids) == len({*ids}) and all(re.fullmatch(r"[\w-]+", id) for id in ids)
    for clause in found:
        assert {*clause} <= {"id", "citation", "heading", "text", "note"}
        assert clause["citation"] and clause["text"] == " ".join(clause["text"].split())


@pytest.mark.parametrize(
    ("clause", "words"),
    [
        (
            "17-usc-1401-a-2-A-i",
            "through December 31 of the year that is 95 years after the year of first publication",
        ),
        ("17-usc-1401-a-2-A-ii", "shall not apply to any sound recording after February 15, 2067"),
        ("17-usc-1401-a-2-B-i", "December 31 of the year that is 3 years after the date of enactment"),
        ("17-usc-1401-enactment-note", "approved Oct. 11, 2018"),
        (
            "17-usc-1401-a-2-B-ii",
            "5 years after the last day of the period described in subparagraph (A)(i)(I)",
        ),
        (
            "17-usc-1401-a-2-B-iii",
            "15 years after the last day of the period described in subparagraph (A)(i)(I)",
        ),
        ("17-usc-1401-a-2-B-iv", "shall end on February 15, 2067"),
        ("17-usc-302-a", "the life of the author and 70 years"),
        ("17-usc-302-c", "95 years from the year of its first publication, or a term of 120 years"),
        ("17-usc-303-a", "shall not expire before December 31, 2047"),
        ("17-usc-304-b", "95 years from the date copyright was originally secured"),
        ("17-usc-305", "run to the end of the calendar year"),
        ("17-usc-104A-h-6", "fixed before February 15, 1972"),
    ],
)
def test_the_words_of_the_united_states_code(clause: str, words: str) -> None:
    assert words in clauses("us-title-17")[clause]


def test_the_words_of_the_directive() -> None:
    text = clauses("eu-directive-2006-116")
    assert "in a phonogram is lawfully published" in text["2006-116-3-1"]
    assert text["2006-116-3-1"].endswith(
        "70 years from the date of the first such publication or the first such communication to the public,"
        " whichever is the earlier."
    )
    assert text["2006-116-3-2"].startswith(
        "The rights of producers of phonograms shall expire 50 years after"
    )
    assert "no longer protected on 22 December 2002" in text["2006-116-3-2-2"]
    assert "still protected" in text["2006-116-10-5"] and "as at 1 November 2013" in text["2006-116-10-5"]
    assert "2006-116-8" not in text and "2006-116-1" not in text, "articles 1 and 8 were not read"
