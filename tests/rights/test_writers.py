# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who wrote the song: names in tags and notices, and what another writer does to a license."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.model.rights import Evidence, Says, Use
from onrecord.model.sound import Tags
from onrecord.rights import decide
from onrecord.rights.writers import not_granting, other_writers
from onrecord.sources.sidecars import tag_evidence

DAY = dt.date(2026, 11, 22)


@pytest.mark.parametrize(
    ("writers", "artists", "others"),
    [
        ("Daniel Roux", "daniel roux", []),
        ("Björk Guðmundsdóttir", "Bjork Gudmundsdottir", []),
        ("P. J. Example", "PJ Example", []),
        ("Ann Example", "Bob Example feat. Ann Example", []),
        ("Ann Example", "Bob (feat. Ann Example)", []),
        ("Ann Example & Bob Example", "Bob Example, Ann Example", []),
        ("Ann Example (BMI)", "Ann Example", []),
        ("Simon and Garfunkel", "Simon and Garfunkel", []),
        ("Unknown", "Ann Example", []),
        ("n/a", "Ann Example", []),
        ("", "Ann Example", []),
        ("J. S. Bach", "Ann Example", ["J. S. Bach"]),
        ("Ann Example; Bob Example", "Ann Example", ["Ann Example", "Bob Example"]),
        ("Ann", "Ann Example", ["Ann"]),
        ("Traditional", "Ann Example", ["Traditional"]),
        ("(Traditional)", "Ann Example", ["(Traditional)"]),
        ("Кино", "Kino", ["Кино"]),
        ("Ann Example", "", ["Ann Example"]),
    ],
)
def test_other_writers(writers: str, artists: str, others: list[str]) -> None:
    assert other_writers(writers, artists) == others


def _license(holder: str) -> Evidence:
    return Evidence(Says.LICENSE, "debian-copyright", "CC-BY-4.0", license="CC-BY-4.0", holder=holder)


def _writer(name: str) -> Evidence:
    return Evidence(Says.WRITER, "tag:composer", name, holder=name, part="composition")


@pytest.mark.parametrize(
    ("holder", "writer", "granting"),
    [
        ("2012 Ann Example 2013 Bob Example <bob@example.org>", "Bob Example", True),
        ("Copyright (C) 2001-2014, Daniel Roux, EPSITEC SA & TerranovaTeam.", "Daniel Roux", True),
        ("© 2014 Brett Example. All rights reserved", "Brett Example", True),
        ("Ann Example (annex) https://example.org/ann", "annex", True),
        ("The 1975", "The 1975", True),
        ("2012 Ann Example", "Ann Example; Bob Example", False),
        ("2012 Ann Example", "Ann", False),
        ("2012 Annabel Example", "Ann", False),
        ("2012 Ann Example <bob@example.org>", "bob", False),
        ("", "Ann Example", False),
        ("2012 Ann Example", "unknown", True),
    ],
)
def test_a_writer_among_the_holders(holder: str, writer: str, granting: bool) -> None:
    said = [_license(holder), _writer(writer)]
    assert (not_granting(said) == ()) is granting
    decision = decide(said, Use.SHARE, "Worldwide", DAY)
    assert decision.allow is granting
    assert granting or (decision.codes, decision.review) == (("R-OTHER-WRITER",), True)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_gets_an_answer_and_a_list_is_within_itself(one: str, other: str) -> None:
    assert other_writers(one, one) == []
    assert other_writers(one, other) in ([], other_writers(one, ""))
    assert not_granting([_license(one), _writer(one)]) == ()


def _named(tags: Tags) -> list[tuple[str, str]]:
    return [(item.origin, item.holder) for item in tag_evidence(tags) if item.says is Says.WRITER]


def test_tags_name_writers_who_are_not_the_artist() -> None:
    assert _named(Tags(artist="Ann", composer="ann")) == []
    assert _named(Tags(artist="Ann")) == []
    assert _named(Tags(artist="Ann", composer="Bob")) == [("tag:composer", "Bob")]
    assert _named(Tags(artist="Ann", composer="Ann", frames=(("LYRICIST", "Cy"),))) == [
        ("tag:composer", "Ann"),
        ("tag:LYRICIST", "Cy"),
    ]
    assert _named(Tags(artist="", album_artist="Ann", composer="Ann")) == []
    assert _named(Tags(artist="Ann", composer="; ".join(f"N{n}" for n in range(50))))[1:] == []


@pytest.mark.parametrize("composer", ["Ann Example", "", "unknown"])
def test_the_performers_license_covers_her_own_song(composer: str) -> None:
    said = tag_evidence(Tags(artist="Ann Example", composer=composer, licenses=("CC BY 4.0",)))
    assert decide(said, Use.SHARE, "Worldwide", DAY).allow


def test_the_performers_license_does_not_cover_a_cover() -> None:
    said = tag_evidence(Tags(artist="Ann Example", composer="Bob Example", licenses=("CC BY 4.0",)))
    assert decide(said, Use.SHARE, "Worldwide", DAY).codes == ("R-OTHER-WRITER",)
    by_him = tag_evidence(
        Tags(
            artist="Ann Example",
            composer="Bob Example",
            licenses=("CC BY 4.0",),
            copyright="2012 Bob Example, Ann Example",
        )
    )
    assert decide(by_him, Use.SHARE, "Worldwide", DAY).allow
