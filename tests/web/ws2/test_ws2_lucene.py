# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of Lucene's language that clients send, and that everything else is refused or bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.search.fields import WORDS, All, Between, Code, Group, Term
from onrecord.web.ws2.lucene import DEEPEST, LONGEST, MOST, MOST_LOOSE, Unreadable, parse

ANY = tuple(WORDS)
NAME = ("name", "others")


def test_words_without_an_operator_may_each_fit() -> None:
    assert parse("recording", "one two") == Group((("may", Term(ANY, "one")), ("may", Term(ANY, "two"))))


def test_and_requires_both_its_sides_and_or_neither() -> None:
    asked = parse("recording", 'recording:"let it be" AND artist:(the beatles) OR arid:X')
    beatles = Group((("may", Term(("artist",), "the")), ("may", Term(("artist",), "beatles"))))
    assert asked == Group(
        (("must", Term(NAME, "let it be", phrase=True)), ("must", beatles), ("may", Code("arid", "X")))
    )


@pytest.mark.parametrize("query", ["a NOT b", "a -b", "a !b", "a AND NOT b"])
def test_what_must_not_fit(query: str) -> None:
    asked = parse("artist", query)
    assert isinstance(asked, Group)
    assert asked.parts[-1] == ("not", Term(ANY, "b"))


def test_the_same_field_means_another_thing_in_another_kind() -> None:
    assert parse("release", "release:x") == Term(NAME, "x")
    assert parse("recording", "release:x") == Term(("releases",), "x")
    assert parse("recording", "track:x") == parse("recording", "recording:x") == Term(NAME, "x")


def test_boosts_do_not_count_and_escapes_are_taken_off() -> None:
    assert parse("artist", r"AC\/DC^2.5") == Term(ANY, "AC/DC")
    assert parse("artist", r"artist:(a \- b)") == Group((("may", Term(NAME, "a")), ("may", Term(NAME, "b"))))
    assert parse("artist", r'"say \"hi\""^3') == Term(ANY, 'say "hi"', phrase=True)


def test_signs_are_looked_for_where_there_is_nothing_else() -> None:
    assert parse("artist", r'artist:("!!!")') == Term(NAME, "!!!", phrase=True)
    assert parse("artist", r"artist:(\!\!\!) AND a") == Group(
        (("must", Term(NAME, "!!!")), ("must", Term(ANY, "a")))
    )
    assert parse("recording", r"recording:(rock \& roll)") == parse("recording", "recording:(rock roll)")


def test_prefix_near_and_everything() -> None:
    assert parse("work", "symph*") == Term(ANY, "symph", prefix=True)
    assert parse("work", "symphny~1") == Term(ANY, "symphny", near=1)
    assert parse("work", "simfny~9") == Term(ANY, "simfny", near=2)
    assert parse("work", "*:*") == All()


def test_beginnings_and_wrong_letters_are_few() -> None:
    asked = parse("work", "opus* " * (MOST_LOOSE + 3))
    assert isinstance(asked, Group)
    assert sum(isinstance(part, Term) and part.prefix for _, part in asked.parts) == MOST_LOOSE
    assert parse("work", "o*") == Term(ANY, "o")


def test_numbers_dates_and_codes() -> None:
    assert parse("recording", "dur:[1000 TO 2000]") == Between("length", 1000, 2000)
    assert parse("recording", "dur:[* TO 2000]") == Between("length", None, 2000)
    assert parse("release", "date:[2010 TO 2012-06]") == Between("day", 20100000, 20120699)
    assert parse("release", "date:2010-05") == Code("date", "2010-05")
    assert parse("recording", "isrc:GB-AHS-14-00099") == Code("isrc", "GBAHS1400099")
    assert parse("label", "code:LC-0542") == Code("code", "542")
    assert parse("release", "tracks:12") == Between("tracks", 12, 12)
    assert parse("recording", "qdur:(35)") == Between("length", 70_000, 71_999)
    assert parse("recording", "qdur:[* TO 35]") == Between("length", None, 71_999)


def test_a_field_that_is_not_held_fits_nothing() -> None:
    assert parse("release", "catno:K1") == Group(())


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("nonsense:x", "undefined field nonsense"),
        ("(a", "not closed"),
        ("a)", r"no '\)'"),
        ("artist:", "expected a value"),
        ('"open', "cannot be read"),
        ("dur:[a TO b]", "a number"),
        ("date:[yesterday TO *]", "a date"),
        ("(" * (DEEPEST + 2) + "a" + ")" * (DEEPEST + 2), "deeper"),
        ("a " * (MOST + 1), "parts"),
        ("a" * (LONGEST + 1), "characters"),
        ("a\x00b", "null"),
        ("\\", "cannot be read"),
    ],
)
def test_what_cannot_be_read_says_why(query: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        parse("recording", query)


@given(st.text(alphabet='ab:"()[]{}^~*?\\+-!&| TO1.AND', max_size=80))
def test_any_text_is_read_or_refused(query: str) -> None:
    try:
        parse("recording", query)
    except Unreadable as reason:
        assert str(reason)
