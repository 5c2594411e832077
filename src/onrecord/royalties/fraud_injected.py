# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a week of plays of people and of bots, to measure detectors with: the same seed gives the same plays.

People: ordinary ones; heavy ones, who play five times as much; samplers, who skip what they begin soon after it counts;
superfans, who play little else than one artist; clubs, the few fans of an artist whom nobody else plays; sleepers, who
leave one piece on at night; households that share an account; and shops that play all day and night. They are there
because detectors take them for bots. Bots: blunt ones, who play one artist's tracks for just over thirty seconds all
day; disguised ones, who mix in what everybody plays, stay on for a while and rest at night; and quiet ones, who play no
more than people do, at their hours, to the end, but what they were bought for: they may well pass for a club.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

#: Monday, 2024-03-04, midnight UTC.
_BEGIN: Final = 1_709_510_400
_DAYS: Final = 7
_HOUR: Final = 3600
_ARTISTS: Final = 2000


class Heard(NamedTuple):
    """A play: `at` in seconds since 1970, heard for `seconds`."""

    listener: str
    artist: str
    track: str
    at: int
    seconds: int


#: How many there are of each kind, of a hundred accounts.
MIX: Final[Mapping[str, int]] = {
    "ordinary": 60, "heavy": 5, "sampler": 5, "superfan": 5, "club": 4, "sleeper": 3, "household": 2, "shop": 1,
    "blunt": 5, "disguised": 5, "quiet": 5,
}  # fmt: skip
FRAUD: Final = ("blunt", "disguised", "quiet")


def injected(seed: int, hundreds: int = 1) -> Iterator[Heard]:
    """A week of `hundreds` times a hundred accounts. An account's name begins with its kind."""
    drawn = random.Random(seed)
    weights = [1 / (rank + 1) for rank in range(_ARTISTS)]
    for kind, count in MIX.items():
        for number in range(count * hundreds):
            yield from _KINDS[kind](f"{kind}-{number:05}", drawn, weights)


def is_fraud(listener: str) -> bool:
    return kind_of(listener) in FRAUD


def kind_of(listener: str) -> str:
    return listener.partition("-")[0]


def _ordinary(listener: str, drawn: random.Random, weights: list[float]) -> Iterator[Heard]:
    for artist, at in _taste(drawn, weights, drawn.randint(40, 600), 7, 23):
        yield Heard(listener, artist, f"{artist} {drawn.randint(1, 12)}", at, _length(drawn))


def _heavy(listener: str, drawn: random.Random, weights: list[float]) -> Iterator[Heard]:
    for artist, at in _taste(drawn, weights, drawn.randint(1200, 2400), 6, 24):
        yield Heard(listener, artist, f"{artist} {drawn.randint(1, 12)}", at, _length(drawn))


def _sampler(listener: str, drawn: random.Random, weights: list[float]) -> Iterator[Heard]:
    for artist, at in _taste(drawn, weights, drawn.randint(300, 900), 7, 24):
        heard = drawn.randint(25, 60) if drawn.random() < 0.8 else drawn.randint(120, 300)
        yield Heard(listener, artist, f"{artist} {drawn.randint(1, 12)}", at, heard)


def _superfan(listener: str, drawn: random.Random, weights: list[float]) -> Iterator[Heard]:
    love = f"artist {drawn.randrange(_ARTISTS)}"
    for artist, at in _taste(drawn, weights, drawn.randint(200, 700), 7, 23):
        played = love if drawn.random() < 0.9 else artist
        yield Heard(listener, played, f"{played} {drawn.randint(1, 12)}", at, _length(drawn))


def _club(listener: str, drawn: random.Random, weights: list[float]) -> Iterator[Heard]:
    love = f"unknown {int(listener.rpartition('-')[2]) // MIX['club']}"
    for artist, at in _taste(drawn, weights, drawn.randint(200, 600), 7, 23):
        played = love if drawn.random() < 0.6 else artist
        yield Heard(listener, played, f"{played} {drawn.randint(1, 12)}", at, _length(drawn))


def _sleeper(listener: str, drawn: random.Random, weights: list[float]) -> Iterator[Heard]:
    yield from _ordinary(listener, drawn, weights)
    piece = f"rain {drawn.randrange(50)}"
    for day in range(_DAYS):
        for minute in range(0, 8 * 60, 3):
            yield Heard(listener, piece, f"{piece} 1", _BEGIN + day * 86_400 + minute * 60, 178)


def _household(listener: str, drawn: random.Random, weights: list[float]) -> Iterator[Heard]:
    for begin, end in ((5, 14), (9, 19), (14, 24), (0, 3)):
        for artist, at in _taste(drawn, weights, drawn.randint(100, 400), begin, end):
            yield Heard(listener, artist, f"{artist} {drawn.randint(1, 12)}", at, _length(drawn))


def _shop(listener: str, drawn: random.Random, weights: list[float]) -> Iterator[Heard]:
    for artist, at in _taste(drawn, weights, drawn.randint(2400, 3200), 0, 24):
        yield Heard(listener, artist, f"{artist} {drawn.randint(1, 12)}", at, drawn.randint(120, 300))


def _blunt(listener: str, drawn: random.Random, weights: list[float]) -> Iterator[Heard]:
    farm = f"farm {drawn.randrange(3)}"
    for day in range(_DAYS):
        for number in range(drawn.randint(900, 1600)):
            track = f"{farm} {number % 8}"
            yield Heard(listener, farm, track, _at(drawn, day, 0, 24), drawn.randint(31, 33))


def _disguised(listener: str, drawn: random.Random, weights: list[float]) -> Iterator[Heard]:
    farm = f"farm {drawn.randrange(3)}"
    for artist, at in _taste(drawn, weights, drawn.randint(1200, 3000), 4, 24):
        ours = drawn.random() < 0.6
        played = farm if ours else artist
        yield Heard(
            listener, played, f"{played} {drawn.randint(1, 8)}", at, drawn.randint(31, 37 if ours else 200)
        )


def _quiet(listener: str, drawn: random.Random, weights: list[float]) -> Iterator[Heard]:
    farm = f"farm {drawn.randrange(3)}"
    for artist, at in _taste(drawn, weights, drawn.randint(200, 600), 7, 23):
        played = farm if drawn.random() < 0.5 else artist
        yield Heard(listener, played, f"{played} {drawn.randint(1, 8)}", at, _length(drawn))


_KINDS: Final[Mapping[str, Callable[[str, random.Random, list[float]], Iterator[Heard]]]] = {
    "ordinary": _ordinary,
    "heavy": _heavy,
    "sampler": _sampler,
    "superfan": _superfan,
    "club": _club,
    "sleeper": _sleeper,
    "household": _household,
    "shop": _shop,
    "blunt": _blunt,
    "disguised": _disguised,
    "quiet": _quiet,
}


def _taste(
    drawn: random.Random, weights: list[float], plays: int, begin: int, end: int
) -> Iterator[tuple[str, int]]:
    """(artist, time) of plays over the week, between two hours of the day."""
    mine = drawn.choices(range(_ARTISTS), weights, k=40)
    for _ in range(plays):
        yield f"artist {drawn.choice(mine)}", _at(drawn, drawn.randrange(_DAYS), begin, end)


def _at(drawn: random.Random, day: int, begin: int, end: int) -> int:
    return _BEGIN + day * 86_400 + drawn.randrange(begin * _HOUR, end * _HOUR)


def _length(drawn: random.Random) -> int:
    """People skip a fifth of what they begin, most of it before it counts."""
    return drawn.randint(1, 60) if drawn.random() < 0.2 else drawn.randint(120, 300)
