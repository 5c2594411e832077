# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decisions in bulk are those of the gate asked for each one alone."""

import itertools
import random
from collections.abc import Iterator

import pytest

from onrecord.model.rights import Dated, Deal, Decision, Event, Evidence, Part, Preference, Says, Use
from onrecord.rights import decide
from onrecord.rights.bulk import ask_each, decide_each
from tests.rights.generating import DAY

_TEXTS = (
    ("CC BY 3.0", "CC-BY-3.0"),
    ("CC BY-SA 3.0", "CC-BY-SA-3.0"),
    ("CC BY-NC 4.0", "CC-BY-NC-4.0"),
    ("CC0", "CC0-1.0"),
    ("GPL-2+", "GPL-2.0-or-later"),
    ("CC BY", ""),
    ("ask me", ""),
)
_PARTS = ("all", "recording", "composition", "artwork")
_ORIGINS = ("tag:LICENSE", "album.json")


def _pool() -> list[Evidence]:
    """Pieces of every kind."""
    pool = [
        Evidence(Says.LICENSE, origin, text, license=license, part=part, holder=holder)
        for (text, license), part, origin in itertools.product(_TEXTS, _PARTS, _ORIGINS)
        for holder in ("", "2012 Ann Example")
    ]
    pool += [
        Evidence(Says.DEAL, "ddex-ern", "", part=part, deal=Deal((use,), (place,), but, None, end))
        for part, use, place in itertools.product(
            _PARTS, (Use.STREAM, Use.DOWNLOAD), ("FR", "Worldwide", "UK")
        )
        for but, end in (((), None), (("US",), DAY))
    ]
    pool += [
        Evidence(says, "ruling", "", license=license, uses=uses, part=part)
        for says, license, part in itertools.product((Says.ALLOWED, Says.REFUSED), ("", "CC-BY-4.0"), _PARTS)
        for uses in ((), (Use.STREAM,), (Use.MINE, Use.SHARE))
    ]
    pool += [
        Evidence(Says.DATED, origin, date, part=part, dated=Dated(event, date, "Ann Example"))
        for event, date, part, origin in itertools.product(
            Event, ("1890", "1915", "1920", "1960"), _PARTS, ("tag:DATE", "source:date")
        )
    ]
    for part in _PARTS:
        pool += [Evidence(Says.HELD, "depositor", "", held_as=word, part=part) for word in ("owner", "no")]
        pool += [
            Evidence(Says.NOT_OFFERED, "source:flag", "", uses=uses, part=part)
            for uses in ((), (Use.KEEP,), (Use.DOWNLOAD,))
        ]
        pool += [
            Evidence(Says.PREFERENCE, "tdmrep", "", preference=Preference("tdm", allow), part=part)
            for allow in (True, False)
        ]
        pool.append(Evidence(Says.WITHDRAWN, "notice", "", part=part))
    pool += [
        Evidence(Says.WRITER, origin, name, holder=name, part="composition")
        for name in ("Ann Example", "Bob Example")
        for origin in ("tag:composer", "source:writer")
    ]
    return pool


POOL = _pool()


def _profiles(count: int, seed: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """As in a catalog: many with one of few profiles, and a tail that nothing else has."""
    chance = random.Random(seed)
    common = [_profile(chance) for _ in range(200)]
    for number in range(count):
        yield f"{number:064x}", chance.choice(common) if chance.random() < 0.7 else _profile(chance)


def _profile(chance: random.Random) -> tuple[int, ...]:
    return tuple(chance.randrange(len(POOL)) for _ in range(chance.choice((0, 1, 1, 2, 2, 3, 4, 5))))


def _evidence(profile: tuple[int, ...]) -> list[Evidence]:
    return [POOL[number] for number in profile]


def _questions(seed: int) -> Iterator[tuple[Use, str, bool, Part]]:
    chance = random.Random(seed)
    while True:
        yield (
            chance.choice(list(Use)),
            chance.choice(("Worldwide", "FR", "US", "DE", "unknown")),
            chance.random() < 0.5,
            chance.choice((Part.RECORDING, Part.RECORDING, Part.COMPOSITION, Part.ARTWORK)),
        )


def _differing(questions: int, profiles: int, seed: int) -> int:
    """How many of the decisions in bulk are not those of the gate asked alone. They must come in order, all of them."""
    differ = 0
    for number, (use, territory, commercial, part) in zip(range(questions), _questions(seed), strict=False):
        given = _profiles(profiles, seed + number)
        found = decide_each(
            _profiles(profiles, seed + number), _evidence, use, territory, DAY, commercial, part
        )
        for (id, profile), (same, decision) in zip(given, found, strict=True):
            alone = decide(_evidence(profile), use, territory, DAY, commercial, part)
            differ += (id, alone) != (same, decision)
    return differ


def test_in_bulk_as_one_at_a_time() -> None:
    assert _differing(questions=10, profiles=100, seed=1) == 0


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_in_bulk_as_one_at_a_time_a_million_times() -> None:
    assert _differing(questions=100, profiles=10_000, seed=1_000) == 0


def test_the_cases_hold_yes_and_no_of_many_rules() -> None:
    """Else equality would say little."""
    codes: set[str] = set()
    for (use, territory, commercial, part), _ in zip(_questions(3), range(40), strict=False):
        pairs = decide_each(_profiles(1000, 3), _evidence, use, territory, DAY, commercial, part)
        codes |= {decision.codes[0] for _, decision in pairs}
    assert len(codes) > 20
    assert {"R-LICENSE", "R-DEAL", "R-RULED-YES", "R-HELD", "R-OTHER-WRITER", "R-BAD-DEAL"} <= codes


def test_a_profile_is_asked_once() -> None:
    asked: list[int] = []

    def evidence_of(number: int) -> list[Evidence]:
        asked.append(number)
        return [POOL[number]]

    pairs = [("a", 0), ("b", 5), ("c", 0), ("d", 5), ("e", 0)]
    found = dict(decide_each(pairs, evidence_of, Use.SHARE, "Worldwide", DAY))
    assert asked == [0, 5]
    assert found["a"] is found["c"] is found["e"]


def test_memory_has_a_bound_and_the_answers_stay_the_same() -> None:
    asked: list[int] = []

    def ask(number: int) -> Decision:
        asked.append(number)
        return decide([POOL[number]], Use.SHARE, "Worldwide", DAY)

    pairs = [(str(at), number) for at, number in enumerate([0, 5, 9, 0, 0, 5])]
    found = [decision for _, decision in ask_each(pairs, ask, most=2)]
    assert asked == [0, 5, 9, 0, 5]
    assert found == [decide([POOL[number]], Use.SHARE, "Worldwide", DAY) for _, number in pairs]
