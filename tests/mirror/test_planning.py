# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a mirror chooses: never more than its space, what is held least first, the same on every machine."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.mirror.planning import (
    FRESH,
    HALVED,
    WHOLE,
    Choice,
    Offered,
    Proof,
    basis,
    copies,
    need,
    plan,
    shown,
    total,
    worth,
)

GB = 10**9


@st.composite
def volumes(draw: st.DrawFn) -> list[Offered]:
    made = []
    for number in range(draw(st.integers(0, 12))):
        size = draw(st.integers(0, 64)) * GB
        held = draw(st.sampled_from([0, 0, size // 3, size // 2, size]))
        why = draw(st.sampled_from(["", "", "it is on shelf x"]))
        made.append(Offered(f"v{number}", draw(st.sampled_from("ab")) * 16, size, held, why))
    return made


counts = st.dictionaries(st.integers(0, 11).map(lambda number: f"v{number}"), st.integers(0, 500))
spaces = st.integers(0, 500).map(lambda number: number * GB)


def chosen(choices: list[Choice]) -> list[str]:
    return [choice.volume for choice in choices if choice.chosen]


@given(volumes(), counts, spaces)
def test_never_over_the_space_and_every_volume_is_spoken_of_once(
    offered: list[Offered], counted: dict[str, int], space: int
) -> None:
    made = plan(offered, counted, space, "key")
    assert total(made) <= space
    assert sorted(choice.volume for choice in made) == sorted(volume.name for volume in offered)
    assert all(choice.why for choice in made)


@given(volumes(), counts, spaces, st.randoms(use_true_random=False))
def test_the_order_in_which_volumes_are_offered_changes_nothing(
    offered: list[Offered], counted: dict[str, int], space: int, source: random.Random
) -> None:
    shuffled = source.sample(offered, len(offered))
    assert plan(shuffled, counted, space, "key") == plan(offered, counted, space, "key")
    assert basis(shuffled) == basis(offered)


@given(volumes(), counts, spaces, spaces)
def test_more_space_loses_a_volume_to_one_before_it_alone(
    offered: list[Offered], counted: dict[str, int], one: int, other: int
) -> None:
    """In the order in which volumes are asked about, the first on which two plans differ is in the larger one."""
    less, more = sorted((one, other))
    order = [
        choice.volume for choice in sorted(plan(offered, counted, 10**15, "key"), key=_by(offered, counted))
    ]
    small, large = (set(chosen(plan(offered, counted, space, "key"))) for space in (less, more))
    for name in order:
        if (name in small) != (name in large):
            assert name in large
            break


def _by(offered: list[Offered], counted: dict[str, int]):  # type: ignore[no-untyped-def]
    order, known = need(counted, "key"), {volume.name: volume for volume in offered}

    def turn(choice: Choice) -> tuple[int, tuple[int, bytes, str]]:
        volume = known[choice.volume]
        first = (3 - volume.is_here) if volume.unwanted else (1 - volume.is_here)
        return first, order(choice.volume)

    return turn


@given(volumes(), counts, spaces, spaces)
def test_what_was_brought_by_a_plan_stays_when_there_is_more_space(
    offered: list[Offered], counted: dict[str, int], one: int, other: int
) -> None:
    less, more = sorted((one, other))
    first = set(chosen(plan(offered, counted, less, "key")))
    synced = [
        Offered(volume.name, volume.archive, volume.size, volume.size if volume.name in first else 0)
        for volume in offered
    ]
    assert first <= set(chosen(plan(synced, counted, more, "key")))


@given(st.integers(1, 9), counts)
def test_volumes_of_one_size_are_taken_by_need_alone(room: int, counted: dict[str, int]) -> None:
    offered = [Offered(f"v{number}", "a" * 16, GB) for number in range(12)]
    made = plan(offered, counted, room * GB, "key")
    assert len(chosen(made)) == room
    worst = max(counted.get(name, 0) for name in chosen(made))
    assert all(counted.get(choice.volume, 0) >= worst for choice in made if not choice.chosen)


def test_mirrors_that_know_the_same_do_not_choose_the_same() -> None:
    offered = [Offered(f"v{number}", "a" * 16, GB) for number in range(100)]
    taken: dict[str, int] = {}
    for mirror in range(40):
        for name in chosen(plan(offered, {}, 25 * GB, f"key {mirror}")):
            taken[name] = taken.get(name, 0) + 1
    assert len(taken) == 100, "ten copies each on average, and none is left out"
    assert max(taken.values()) < 25


def test_least_held_comes_first_and_what_is_here_stays() -> None:
    offered = [
        Offered("everywhere", "a" * 16, 4 * GB),
        Offered("rare", "a" * 16, 4 * GB),
        Offered("here", "a" * 16, 4 * GB, held=4 * GB),
        Offered("unloved", "a" * 16, 2 * GB, held=2 * GB, unwanted="it is on shelf pop"),
        Offered("huge", "a" * 16, 40 * GB),
    ]
    counted = {"everywhere": 900, "here": 500, "rare": 50}
    made = plan(offered, counted, 8 * GB, "key")
    assert chosen(made) == ["here", "rare"]
    why = {choice.volume: choice.why for choice in made}
    assert why["rare"] == "0.5 copies elsewhere"
    assert why["here"] == "it is here; 5 copies elsewhere"
    assert "more than the whole space" in why["huge"]
    assert why["unloved"] == "it is on shelf pop, and 0 bytes are left, too few; 0 copies elsewhere"
    assert chosen(plan(offered, counted, 10 * GB, "key")) == ["here", "rare", "unloved"]


def test_where_space_lacks_for_what_is_here_the_most_held_goes() -> None:
    offered = [Offered(name, "a" * 16, GB, held=GB) for name in ("rare", "common")]
    assert chosen(plan(offered, {"rare": 10, "common": 300}, GB, "key")) == ["rare"]


# What a proof is worth -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "asked", "proved", "expected"),
    [
        (0, 100, 100, WHOLE),
        (FRESH, 100, 100, WHOLE),
        (FRESH + HALVED, 100, 100, WHOLE // 2),
        (FRESH + 2 * HALVED, 100, 100, WHOLE // 4),
        (FRESH + HALVED, 100, 50, WHOLE // 4),
        (0, 100, 0, 0),
        (0, 0, 0, 0),
        (0, 10, 20, WHOLE),
        (5000, 100, 100, 0),
    ],
)
def test_a_proof_is_worth_less_the_older_it_is(age: int, asked: int, proved: int, expected: int) -> None:
    assert worth(Proof("k", "v", age, asked, proved)) == expected


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_an_older_proof_is_never_worth_more(one: int, other: int) -> None:
    younger, older = sorted((one, other))
    assert worth(Proof("k", "v", younger, 9, 9)) >= worth(Proof("k", "v", older, 9, 9))


def test_the_last_proof_of_each_other_holder_counts() -> None:
    proofs = [
        Proof("one", "v", 0, 10, 10),
        Proof("one", "v", 0, 10, 0),
        Proof("two", "v", 0, 10, 10),
        Proof("two", "w", 0, 10, 5),
        Proof("me", "v", 0, 10, 10),
    ]
    assert copies(proofs, without="me") == {"v": 100, "w": 50}
    assert (shown(250), shown(100), shown(0)) == ("2.5", "1", "0")
