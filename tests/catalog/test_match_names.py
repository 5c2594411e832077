# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tracks whose names are written in two ways are one recording; versions of a song are not."""

import random
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from tests.catalog.claimed import grouped, matched

#: A title, an artist, a length in seconds, and the name of a release with the place on it.
Short = tuple[str, str, float | None, str, int | None]


def told(
    title: str, artist: str = "Somebody", length: float | None = 100, on: str = "", at: int | None = None
) -> Short:
    return title, artist, length, on, at


ONE: dict[str, tuple[str, Short, Short]] = {
    "guest in the title": ("like-names+duration", told("Elevator (feat. Timbaland)"), told("Elevator")),
    "guest in the artist": (
        "like-names+duration",
        told("Crush (Ft. Julian)", "Daft Punk"),
        told("Crush", "Daft Punk featuring Julian C."),
    ),
    "guest without brackets": ("like-names+duration", told("Rise feat. Skylar (Live)"), told("Rise - Live")),
    "guest with a sign": ("like-names+duration", told("Goodbye To You (+ Dot)"), told("Goodbye to You [with Dot]")),
    "first of several": (
        "names+duration",
        told("Hummingbird", "Metro Boomin, James Blake"),
        told("Hummingbird", "Metro Boomin"),
    ),
    "article and joining word": (
        "like-names+duration",
        told("Wood and Stone", "The Oaks & Ash"),
        told("Wood & Stone", "Oaks and Ash"),
    ),
    "version in other order": ("like-names+duration", told("Song (2009 Remaster)"), told("Song - Remastered 2009")),
    "version in other words": ("like-names+duration", told("Chão (Ao Vivo)"), told("Chão [Live Version]")),
    "what says nothing": ("like-names+duration", told("Rain [Explicit]"), told("Rain (Album Version)")),
    "words cut elsewhere": ("like-names+duration", told("Don’t Lovesong"), told("Dont love-song")),
    "live by its release": (
        "like-names+duration",
        told("Trooper", on="Live at Leeds"),
        told("Trooper (Live)", on="Rarities"),
    ),
    "live by its release, and none named": (
        "names+duration",
        told("Trooper", on="Live at Leeds"),
        told("Trooper", length=100.9),
    ),
    "first of two, in Japanese": ("names+duration", told("細道", "椎名林檎と宮本浩次"), told("細道", "椎名林檎")),
    "one typing mistake": ("near-names+duration", told("In the Clounds"), told("In the Clouds", length=102)),
    "a mistake at a place": (
        "near-names+release",
        told("Juze", on="X", at=3, length=None),
        told("Jjuze", on="X", at=3),
    ),
    "no length, one release": ("names+release", told("Song", on="Album", length=None), told("Song", on="ALBUM!")),
    "somewhat another length, one release": (
        "names+release",
        told("Song", on="Album"),
        told("Song", on="Album", length=106),
    ),
    "no length, and all others have one": (
        "names-alone",
        told("Song", on="One", length=None),
        told("Song", on="Other"),
    ),
    "a translation": (
        "script+place+duration",
        told("長い道", "椎名", 213.36, on="道", at=1),
        told("Long Road", "椎名", 213.36, on="Road", at=1),
    ),
    "a translation on one release": (
        "script+release+place",
        told("長い道", "椎名", on="ROAD", at=3),
        told("Long Road", "椎名", None, on="Road", at=3),
    ),
    "no length, one disc of a release": (
        "names+release",
        told("Song", on="Album (Disc 1)", length=None),
        told("Song", on="ALBUM CD1", length=None),
    ),
    "a subtitle": (
        "subtitle+duration",
        told("Rocket Man (I Think It’s Going to Be a Long, Long Time)", "Elton"),
        told("Rocket Man", "Elton", 100.9),
    ),
    "a subtitle behind a sign": ("subtitle+duration", told("Home Again – The Sea"), told("Home Again")),
    "a title in two scripts": ("subtitle+duration", told("愛情學測 Love Exam", "棒"), told("愛情學測", "棒")),
    "parts of a medley": ("subtitle+duration", told("Give Me Love / The Parting Glass"), told("Give Me Love")),
    "Cyrillic": (
        "sound-of-names+duration",
        told("Лебединое озеро", "Чайковский"),
        told("Lebedinoye ozero", "Tchaikovsky"),
    ),
    "Greek": ("sound-of-names+duration", told("Ρεμπέτικο", "Νίκος"), told("Rempetiko", "Nikos")),
    "kana": ("sound-of-names+duration", told("がくせい", "サカナ"), told("Gakusei", "Sakana", 101)),
    "Hangul": ("sound-of-names+duration", told("바람", "김수"), told("Baram", "Gim Su")),
    "another script, no length": (
        "sound-of-names+release",
        told("Нови", "Телоло", on="Лихо", length=None),
        told("Novi", "Telolo", on="Likho"),
    ),
}  # fmt: skip
TWO: dict[str, tuple[Short, Short]] = {
    "live": (told("Song"), told("Song (Live)")),
    "live by its release, and none named": (told("Song", on="Live After Death"), told("Song", length=101.1)),
    "another length, one release": (told("Song", on="Album"), told("Song", on="Album", length=106.1)),
    "another disc, no length": (
        told("Song", on="Album (Disc 1)", length=None),
        told("Song", on="Album II (Disc 1)", length=None),
    ),
    "live by its release": (told("Song", on="Live After Death"), told("Song", on="Powerslave")),
    "remix": (told("Song"), told("Song (DJ Remix)")),
    "two remixes": (told("Song (A Remix)"), told("Song (B Remix)")),
    "remaster": (told("Song"), told("Song - 2011 Remaster")),
    "years": (told("Song (2009 Remaster)"), told("Song (2011 Remaster)")),
    "acoustic": (told("Song"), told("Song (Acoustic)")),
    "instrumental": (told("Song"), told("Song (Instrumental)")),
    "edit": (told("Song (Radio Edit)"), told("Song (Extended)")),
    "karaoke": (told("Song"), told("Song [Karaoke Version]")),
    "mono": (told("Song (Mono)"), told("Song (Stereo)")),
    "other number": (told("Symphony Number 41"), told("Symphony Number 40")),
    "other part": (told("The Long Way Part A"), told("The Long Way Part B")),
    "a mistake in a short word": (told("The Way to Go On"), told("The Day to Go On")),
    "a mistake, another length": (told("In the Clounds Above"), told("In the Clouds Above", length=103)),
    "a mistake, another artist": (told("In the Clounds Above"), told("In the Clouds Above", "Else")),
    "two mistakes": (told("In the Cluonds Abvoe"), told("In the Clouds Above")),
    "a mistake at another place": (told("Juze", on="X", at=3, length=None), told("Jjuze", on="X", at=4)),
    "same title by others": (told("Angel", "Aerosmith"), told("Angel", "Lenny Kravitz")),
    "nobody in particular": (told("Angel", "Various Artists"), told("Angel", "Various Artists")),
    "what many are called": (told("Intro", on="One"), told("Intro", on="Other")),
    "a translation, at another place": (
        told("長い道", "椎名", 213.36, on="道", at=1),
        told("Long Road", "椎名", 213.36, on="Road", at=2),
    ),
    "a translation, without its singer": (
        told("長い道 (カラオケ)", "椎名", 213.36, on="道", at=1),
        told("Long Road", "椎名", 213.36, on="Road", at=1),
    ),
    "a translation, another length": (
        told("長い道", "椎名", on="Road", at=1),
        told("Long Road", "椎名", 104, on="Road", at=1),
    ),
    "a subtitle, another length": (told("Rocket Man (I Think So)"), told("Rocket Man", length=101.1)),
    "a subtitle that is a language": (told("Rocket Man (Deutsch)"), told("Rocket Man")),
    "a subtitle that is a number": (told("Nocturne (No. 2)"), told("Nocturne")),
    "a subtitle that is an instrument": (told("Rocket Man (Piano)"), told("Rocket Man")),
    "two subtitles": (told("Rocket Man (Croatia)"), told("Rocket Man (Estonia)")),
    "no length, no release": (told("Song", length=None), told("Song", length=None)),
    "another script, another length": (told("Нови", "Телоло"), told("Novi", "Telolo", 103)),
    "another script, other words": (told("Нови", "Телоло"), told("Lihod", "Telolo")),
}


def claims(pairs: dict[str, tuple[Short, Short]]) -> list[dict[str, Any]]:
    """Two claims a pair. All are matched at a time, so each pair has a word of its own in its artist, or none."""
    return [
        {
            "id": f"{name}/{side}",
            "source": f"source {side}",
            "title": title,
            "artist": artist,
            "duration_ms": None if length is None else round(length * 1000),
            "release": release,
            "release_id": release,
            "position": position,
        }
        for name, pair in pairs.items()
        for side, (title, artist, length, release, position) in enumerate(
            (title, alone(artist, number), length, on, at)
            for number in [list(pairs).index(name)]
            for title, artist, length, on, at in pair
        )
    ]


def alone(artist: str, number: int) -> str:
    is_nobody = artist == "Various Artists"
    letters = "".join(chr(ord("a") + int(digit)) for digit in str(number))
    return artist if is_nobody else f"Q{letters}q {artist}"


def test_two_ways_to_write_one(tmp_path: Path) -> None:
    found = grouped(tmp_path, claims({name: (one, other) for name, (_, one, other) in ONE.items()}))
    assert found == {frozenset((f"{name}/0", f"{name}/1")): reason for name, (reason, _, _) in ONE.items()}


def test_what_is_alike_and_is_not_one(tmp_path: Path) -> None:
    found = grouped(tmp_path, claims(TWO))
    assert {name for members in found if len(members) > 1 for name in members} == set()


@pytest.mark.parametrize("seed", [1, 2])
def test_it_does_not_matter_who_came_first(tmp_path: Path, seed: int) -> None:
    everything = claims({**{name: (one, other) for name, (_, one, other) in ONE.items()}, **TWO})
    shuffled = random.Random(seed).sample(everything, len(everything))
    assert grouped(tmp_path / "one", everything) == grouped(tmp_path / "other", shuffled)


def test_a_title_that_a_release_has_twice_is_not_known_by_the_release(tmp_path: Path) -> None:
    common = {"title": "Song", "artist": "X", "release": "Album", "release_id": "1"}
    twice = [{**common, "id": f"a{place}", "source": "a", "position": place} for place in (1, 2)]
    assert len(grouped(tmp_path, [*twice, {**common, "id": "b", "source": "b"}])) == 3


def test_who_plays_is_known_behind_the_composer(tmp_path: Path) -> None:
    common = {"title": "Symphony II", "duration_ms": 100_000, "release": "", "release_id": ""}
    artists = ("Beethoven; Cleveland Orchestra, Szell", "The Cleveland Orchestra, Szell", "Szell")
    three = [{**common, "id": artist, "source": artist, "artist": artist} for artist in artists]
    assert grouped(tmp_path, three) == {frozenset(artists[:2]): "names+duration", frozenset(artists[2:]): ""}


def test_a_subtitle_tells_two_apart_where_one_release_has_both(tmp_path: Path) -> None:
    common = {"artist": "X", "release": "Album", "release_id": "1", "duration_ms": 100_000, "source": "a"}
    both = [{**common, "id": title, "title": title} for title in ("Song", "Song (The Sea)")]
    other = {**common, "id": "b", "source": "b", "release_id": "2", "title": "Song (The Sea)"}
    assert set(grouped(tmp_path, [*both, other])) == {frozenset({"Song"}), frozenset({"Song (The Sea)", "b"})}


def test_of_two_subtitles_none_is_known_by_the_title(tmp_path: Path) -> None:
    common = {"artist": "X", "release": "", "release_id": "", "duration_ms": 100_000}
    titles = ("Song", "Song (The Sea)", "Song (The Wood)")
    three = [{**common, "id": title, "source": title, "title": title} for title in titles]
    assert len(grouped(tmp_path, three)) == 3


def test_who_is_credited_first_has_to_be_the_same(tmp_path: Path) -> None:
    common = {"title": "Song", "duration_ms": 100_000}
    both = [
        {**common, "id": it, "artist": artist}
        for it, artist in (("a", "X & Y"), ("b", "Y & X"), ("c", "Z, X"))
    ]
    assert len(grouped(tmp_path, both)) == 3


def test_several_that_lack_a_length_may_be_several(tmp_path: Path) -> None:
    common = {"title": "Song", "artist": "X", "source": "a"}
    told_ = [{**common, "id": it, "release": it, "release_id": it} for it in "bc"]
    assert len(grouped(tmp_path, [*told_, {**common, "id": "d", "duration_ms": 100_000}])) == 3


def test_lists_in_two_scripts_are_one_where_their_lengths_are(tmp_path: Path) -> None:
    def listed(release: str, titles: str, lengths: list[int]) -> list[dict[str, Any]]:
        common = {"artist": "椎名", "source": release, "release": release, "release_id": release}
        tracks = enumerate(zip(titles.split(), lengths, strict=True), 1)
        return [
            {**common, "id": f"{release}{at}", "title": title, "position": at, "duration_ms": ms}
            for at, (title, ms) in tracks
        ]

    native = listed("N", "長い道 夜 海 雨", [200_000, 180_000, 240_000, 100_000])
    same = listed("S", "Nagaimichi Yoru Umi Ame", [200_500, 180_900, 239_100, 100_000])
    other = listed("O", "Fire Snow Wind Stone", [200_013, 190_000, 230_000, 120_000])
    found = grouped(tmp_path, [*native, *same, *other])
    joined = {frozenset((f"N{at}", f"S{at}")) for at in range(1, 5)}
    assert dict.fromkeys(joined, "track-list") == {it: why for it, why in found.items() if len(it) > 1}


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
def test_lengths_of_two_recordings_name_none(tmp_path: Path, order: tuple[int, ...]) -> None:
    """A claim without a length goes with the one recording that there is, whoever came first."""
    common = {"title": "Song", "artist": "X"}
    three = [
        {**common, "id": "a", "release": "a", "release_id": "a", "duration_ms": 200_000},
        {**common, "id": "b", "release": "b", "release_id": "b", "duration_ms": 203_500},
        {**common, "id": "n", "release": "n", "release_id": "n"},
    ]
    assert len(grouped(tmp_path, [three[place] for place in order])) == 3


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
def test_of_two_titles_in_latin_letters_neither_is_meant(tmp_path: Path, order: tuple[int, ...]) -> None:
    common = {"artist": "椎名", "release": "Road", "release_id": "r", "position": 1}
    three = [
        {**common, "id": "a", "source": "a", "title": "Long Road", "duration_ms": 213_000},
        {**common, "id": "b", "source": "b", "title": "Nagai Michi", "duration_ms": 210_500},
        {**common, "id": "j", "source": "j", "title": "長い道", "duration_ms": 211_900},
    ]
    assert len(grouped(tmp_path, [three[place] for place in order])) == 3


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_of_equal_lengths_the_surest_reason_is_told_whoever_came_first(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    three = [
        {"id": id, "title": title, "artist": "Ada Blue", "duration_ms": 201_000}
        for id, title in (("a", "Yellow Moon"), ("b", "Yellow Moon feat. Bob Red"), ("c", "Yellow Moon"))
    ]
    duck = matched(tmp_path, [three[place] for place in order])
    try:
        found = duck.run("SELECT source_id, reason FROM recording_members ORDER BY source_id")
    finally:
        duck.close()
    names = "names+duration"
    assert found == [("a", names), ("b", f"like-{names}"), ("c", names)]


def test_very_long_titles_are_not_compared_letter_by_letter(tmp_path: Path) -> None:
    """Of two of a hundred thousand letters that took some forty gigabytes."""
    two = [
        {"id": id, "title": "Song " + "la " * 33_000 + end, "artist": "Ada Blue", "duration_ms": 200_000}
        for id, end in (("a", "over the sea"), ("b", "over the see"))
    ]
    assert len(grouped(tmp_path, two)) == 2
