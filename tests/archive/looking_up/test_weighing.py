# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Confidence: the order of what is more and less sure, and the reasons that go with it."""

import re
from pathlib import Path

import pytest

from onrecord.archive.looking_up import read_asked
from onrecord.archive.looking_up.titles import taken_apart
from onrecord.archive.looking_up.weighing import LEAST, Candidate, Weighed, weigh

SONG = Candidate(
    "recording", ("Three Wishes",), ("Singer",), ("Album",), (203.0,), frozenset({"GBAAA2600003"})
)


def song(title: str, artist: str = "Singer", seconds: float = 203.0) -> Candidate:
    return Candidate("recording", (title,), (artist,), (), (seconds,))


def weighed(candidate: Candidate = SONG, equal: tuple[str, ...] = (), **fields: object) -> Weighed:
    return weigh(read_asked(fields), candidate, equal)


def test_less_that_agrees_is_less_sure() -> None:
    code = {"isrc": "GBAAA2600003"}
    names = {"title": "Three Wishes", "artist": "Singer"}
    falling = [
        weighed(equal=("isrc",), **code, **names, length=203),
        weighed(equal=("isrc",), **code),
        weighed(**names, length=203),
        weighed(**names),
        weighed(**names, length=209),
        weighed(title="Three Wishes", length=203),
        weighed(equal=("isrc",), **code, title="Quite Another", artist="Singer"),
        weighed(**names, length=290),
    ]
    values = [it.confidence for it in falling]
    assert values == sorted(values, reverse=True) and len(set(values)) == len(values)
    assert values[0] == 0.99 and values[-1] >= LEAST


def test_the_how_to_names_the_values_that_are_given() -> None:
    names = {"title": "Three Wishes", "artist": "Singer"}
    told = {
        "the bytes (SHA-256), or an id of the archive | 1": weighed(equal=("sha256",), sha256="ab" * 32),
        "an MBID; an ISRC with title and artist | 0.99": weighed(
            equal=("isrc",), isrc="GBAAA2600003", **names
        ),
        "codes are reused now and then | 0.95": weighed(equal=("isrc",), isrc="GBAAA2600003"),
        "and the length within 3 s | 0.9": weighed(**names, length=203),
        "no length to compare | 0.8": weighed(**names),
        "one mistake in typing | 0.6 to 0.81": weigh(
            read_asked({"title": "Rain", "artist": "Singer"}), song("Pain")
        ),
        "no artist to compare | 0.54": weighed(title="Three Wishes", length=203),
        "which many record | 0.5": weighed(equal=("iswc",), iswc="T0345246801"),
        "whose title here is another | 0.47": weighed(equal=("isrc",), isrc="GBAAA2600003", title="Other"),
        "at most 0.68 (remaster)": weigh(
            read_asked({**names, "length": 203}), song("Three Wishes (Remastered)")
        ),
        "or 0.41 (others)": weigh(read_asked({**names, "length": 203}), song("Three Wishes (Live)")),
    }
    text = (Path(__file__).parents[3] / "docs" / "howto" / "look-up-a-list.md").read_text("utf-8")
    for said, found in told.items():
        value = re.findall(r"[0-9]+(?:\.[0-9]+)?", said.split("| ")[-1])[0]
        assert said in text and float(value) == found.confidence, (said, found)


def test_reasons_are_sentences_about_what_was_compared() -> None:
    assert weighed(title="three wishes", artist="SINGER", length="3:25").reasons == (
        "title equal",
        "artist equal",
        "length within 3 s",
    )
    said = weighed(equal=("isrc",), isrc="GBAAA2600003", title="Quite Another", length=300).reasons
    assert said[0] == "ISRC equal" and "the title here is another: “Three Wishes”" in said
    assert "the length differs by 97 s" in said


@pytest.mark.parametrize(
    ("asked", "here", "word"),
    [
        ("Three Wishes", "Three Wishes (Live at the Hall)", "live"),
        ("Three Wishes (Some DJ Remix)", "Three Wishes", "remix"),
        ("Three Wishes - 2011 Remaster", "Three Wishes", "remaster"),
        ("Three Wishes", "Three Wishes [Instrumental]", "instrumental"),
        ("Três Desejos", "Três Desejos (Ao Vivo)", "live"),
        ("三つの願い", "三つの願い（ライブ）", "live"),
        ("Three Wishes (Live)", "Three Wishes (Acoustic)", "acoustic and live"),
    ],
)
def test_another_version_is_less_sure_and_said(asked: str, here: str, word: str) -> None:
    same = weigh(read_asked({"title": asked, "artist": "Singer", "length": 203}), song(asked))
    other = weigh(read_asked({"title": asked, "artist": "Singer", "length": 203}), song(here))
    assert LEAST <= other.confidence <= 0.7 < same.confidence
    assert f"the versions differ: {word} is said of" in other.reasons[0]


def test_an_equal_code_does_not_hide_that_the_version_is_another() -> None:
    live = song("Three Wishes (live)")
    found = weighed(live, ("isrc",), isrc="GBAAA2600003", title="Three Wishes", artist="Singer")
    assert found.confidence < weighed(equal=("isrc",), isrc="GBAAA2600003").confidence
    assert any("the versions differ" in reason for reason in found.reasons)


def test_two_concerts_are_not_one_recording() -> None:
    wanted = read_asked({"title": "Wishes (live in Paris)", "artist": "Singer", "length": 203})
    other = weigh(wanted, song("Wishes (live in Rome)"))
    assert other.confidence < 0.6 and "both live" in other.reasons[0]


def test_a_concert_is_said_in_brackets_or_behind_a_dash() -> None:
    assert taken_apart("Live and Let Die").versions == frozenset()
    assert taken_apart("Song - Live").versions == taken_apart("Song [Live]").versions == {"live"}
    assert taken_apart("Song (feat. Live Wires)").versions == frozenset()
    assert taken_apart("Concerto - Allegro").base == ("concerto", "allegro")
    assert taken_apart("(Live)").base == ("live",)


@pytest.mark.parametrize(
    ("asked", "here"),
    [
        ("The Beatles", "Beatles, The"),
        ("Björk", "Bjork"),
        ("Simon & Garfunkel", "Garfunkel and Simon"),
        ("Singer feat. Other", "Singer"),
        ("Led Zepelin", "Led Zeppelin"),
        ("AC/DC", "ACDC"),
        ("Чайковский", "ЧАЙКОВСКИЙ"),
    ],
)
def test_artists_that_are_written_otherwise(asked: str, here: str) -> None:
    found = weigh(read_asked({"title": "Song", "artist": asked, "length": 203}), song("Song", here))
    assert 0.6 < found.confidence <= 0.9


@pytest.mark.parametrize(
    ("title", "artist"),
    [("Three Wishes", "Somebody"), ("Wish", "Singer"), ("", "Singer"), ("Three Wishes 2", "Singer")],
)
def test_what_does_not_agree_is_no_match(title: str, artist: str) -> None:
    assert weighed(title=title or "x", artist=artist, length=203).confidence < LEAST


def test_numbers_are_not_mistakes_in_typing() -> None:
    assert weigh(read_asked({"title": "Symphony 5", "artist": "Singer"}), song("Symphony 6")).confidence == 0
    assert weigh(read_asked({"title": "Symphoni 5", "artist": "Singer"}), song("Symphony 5")).confidence > 0.6


def test_release_barcode_and_another_isrc_count() -> None:
    names = {"title": "Three Wishes", "artist": "Singer"}
    alone = weighed(**names)
    asked = read_asked(names)
    assert weighed(**names, release="Album").confidence > alone.confidence
    assert weighed(**names, release="Elsewhere").confidence < alone.confidence
    on = weigh(asked, SONG, on=("barcode",))
    assert on.confidence > alone.confidence and on.reasons[-1] == "on the release with this barcode"
    other = weighed(**names, isrc="GBAAA2600099")
    assert other.confidence < alone.confidence and other.reasons[-1] == "its ISRC here is another"


def test_a_work_s_code_is_no_recording_s() -> None:
    assert weighed(equal=("iswc",), iswc="T0345246801").confidence == 0.5


def test_only_bytes_and_own_ids_are_certain() -> None:
    assert weighed(equal=("sha256",), sha256="ab" * 32).confidence == 1.0
    both = weighed(equal=("isrc", "mbid"), isrc="GBAAA2600003", title="Three Wishes", artist="Singer")
    assert both.confidence == 0.99
