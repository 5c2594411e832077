# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What persons decided: claims that are one, claims that are not, whoever came first and whatever joins them."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.catalog.deciding import Edge, part
from onrecord.catalog.tables import DecisionRow
from tests.catalog.test_match import MBID, World, song

NODES = range(1, 7)
SEVERAL = st.lists(
    st.tuples(st.sampled_from(NODES), st.sampled_from(NODES), st.sampled_from(["mbid", "names+duration"]),
              st.sampled_from([0.9, 0.99])).filter(lambda edge: edge[0] < edge[1]),
    max_size=12,
)  # fmt: skip
PAIRS = st.lists(
    st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)).filter(lambda it: it[0] != it[1]), max_size=4
)


class Deciding(World):
    """The world, with a person in it."""

    def decide(self, act: str, *sides: list[str], of: str = "") -> str:
        decision = of or f"decision {self._seq + 1}"
        common = {
            "thing": "",
            "field": "",
            "value": "",
            "person": "Ada",
            "why": "so",
            "kind": "track",
            "act": act,
        }
        claims = [(side, place, name) for side, names in enumerate(sides) for place, name in enumerate(names)]
        self._commit({
            "decisions": [
                DecisionRow(decision=decision, side=side, place=place, source="test", source_id=name, **common)  # type: ignore[arg-type]
                for side, place, name in claims or [(0, 0, "")]
            ]
        })  # fmt: skip
        return decision

    def sets(self) -> list[list[str]]:
        return sorted(sorted(members) for members in self.groups().values())


@pytest.fixture
def world(tmp_path: Path) -> Deciding:
    return Deciding(tmp_path)


def test_a_person_joins_what_nothing_joins_and_takes_it_back(world: Deciding) -> None:
    world.say(("one", song("A")), ("two", song("B")))
    world.match()
    one, two = world.of("one"), world.of("two")
    made = world.decide("same", ["one"], ["two"])
    world.match()
    assert world.sets() == [["one", "two"]]
    assert world.leads(one) == world.leads(two) == world.of("one")
    world.decide("undo", of=made)
    world.match()
    assert (world.of("one"), world.of("two")) == (one, two)
    assert (world.leads(one), world.leads(two)) == (one, two)


def test_a_join_holds_by_whoever_is_left_of_a_side(world: Deciding) -> None:
    world.say(("a1", song("A")), ("a2", song("A")), ("b1", song("B")))
    world.decide("same", ["a1", "a2"], ["b1"])
    world.match()
    assert world.sets() == [["a1", "a2", "b1"]]
    world.say(gone="a1")
    world.match()
    assert world.sets() == [["a2", "b1"]]
    world.say(("a1", song("A")))
    world.match()
    assert world.sets() == [["a1", "a2", "b1"]]


def test_what_is_split_stays_apart_and_the_rest_together(world: Deciding) -> None:
    """The middle of a chain is taken out: what it alone connected stays one, since its own claims agree."""
    world.say(*((f"c{n}", song("A", length=100_000 + 2_000 * n)) for n in range(3)))
    world.match()
    whole = world.of("c0")
    world.decide("apart", ["c1"], ["c0", "c2"])
    found = world.match()
    assert world.sets() == [["c0"], ["c1"], ["c2"]], "four seconds are too many for names and length"
    world.say(("c2", song("A", length=101_000)))
    world.match()
    assert world.sets() == [["c0", "c2"], ["c1"]]
    assert world.of("c0") == whole
    assert {(row.old, row.kind) for row in found.splits} == {(whole, "track")}
    assert len({row.new for row in found.splits}) == found.founded == 2


def test_a_first_claim_that_is_split_off_does_not_scatter_the_rest(world: Deciding) -> None:
    """Joins run from the first claim of a group; without it the others still have one."""
    world.say(*((name, song(name, mbid=MBID, length=None)) for name in ("a", "b", "c", "d")))
    world.match()
    world.decide("apart", ["a"], ["b", "c", "d"])
    world.match()
    assert world.sets() == [["a"], ["b", "c", "d"]]
    world.say(("e", song("E", mbid=MBID, length=None)))
    world.match()
    assert world.sets() == [["a", "e"], ["b", "c", "d"]], (
        "who is on no side goes with the first that it meets"
    )


def test_names_that_are_written_otherwise_do_not_lead_around_a_person(world: Deciding) -> None:
    """What joins claims by a form of their names, joins them on either side and not across."""
    world.say(
        ("a1", song("Rise (feat. Sky)", "The Oaks & Ash")),
        ("a2", song("Rise", "Oaks and Ash")),
        ("b1", song("Rise [with Sky]", "Oaks")),
        ("b2", song("Rise", "The Oaks")),
    )
    world.match()
    assert world.sets() == [["a1", "a2", "b1", "b2"]]
    world.decide("apart", ["a1", "a2"], ["b1", "b2"])
    world.match()
    assert world.sets() == [["a1", "a2"], ["b1", "b2"]]


def test_of_two_that_contradict_each_other_the_newer_holds(world: Deciding) -> None:
    world.say(("one", song("A")), ("two", song("A")))
    world.decide("apart", ["one"], ["two"])
    world.match()
    assert world.sets() == [["one"], ["two"]]
    world.decide("same", ["one"], ["two"])
    world.match()
    assert world.sets() == [["one", "two"]]
    last = world.decide("apart", ["two"], ["one"])
    world.match()
    assert world.sets() == [["one"], ["two"]]
    world.decide("undo", of=last)
    world.match()
    assert world.sets() == [["one", "two"]]


def test_it_survives_that_claims_go_and_come_again(world: Deciding) -> None:
    world.say(("one", song("A")), ("two", song("A")))
    world.decide("apart", ["one"], ["two"])
    world.match()
    two = world.of("two")
    world.say(gone="two")
    world.match()
    world.say(("two", song("A")), ("three", song("A")))
    world.match()
    assert world.sets() == [["one", "three"], ["two"]]
    assert world.of("two") == two


@given(st.permutations([("c1", "A", ""), ("c2", "A", MBID), ("c3", "B", MBID), ("c4", "A", "")]))
@settings(max_examples=3, deadline=None)
def test_groups_do_not_depend_on_the_order_of_arrival(
    tmp_path_factory: pytest.TempPathFactory, order: list[tuple[str, str, str]]
) -> None:
    world = Deciding(tmp_path_factory.mktemp("world"))
    world.decide("apart", ["c1"], ["c3"])
    for name, title, mbid in order:
        world.say((name, song(title, mbid=mbid)))
    world.match()
    assert world.sets() == [["c1"], ["c2", "c3", "c4"]], "an MBID is surer than names"


# The grouping itself ---------------------------------------------------------------------------------------------


@given(SEVERAL, PAIRS, PAIRS, st.randoms(use_true_random=False))
def test_laws_of_parting(
    edges: list[Edge], same: list[tuple[int, int]], apart: list[tuple[int, int]], random: object
) -> None:
    decided = [(min(pair), max(pair), seq) for seq, pair in enumerate(same, start=1)][::-1]
    sides = [
        (f"d{seq}", seq, side, node)
        for seq, pair in enumerate(apart, start=len(same) + 1)
        for side, node in enumerate(pair)
    ]
    label = part(list(NODES), edges, decided, sides)
    assert all(label[it] <= it and label[label[it]] == label[it] for it in NODES), (
        "a group is called by its first"
    )
    for a, b in apart:
        assert label[a] != label[b], "these are the newest words"
    reached = {frozenset((a, b)) for a, b, *_ in (*edges, *decided)}
    for group in {label[it] for it in NODES}:
        members = [it for it in NODES if label[it] == group]
        seen, waiting = {members[0]}, [members[0]]
        while waiting:
            here = waiting.pop()
            for there in members:
                if there not in seen and frozenset((here, there)) in reached:
                    seen.add(there)
                    waiting.append(there)
        assert seen == set(members), "nobody is in a group without a reason"
    shuffled = list(edges)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert part(list(NODES), shuffled, decided, sides) == label
    free = part(list(NODES), edges, decided, [])
    assert all(free[a] == free[b] for a, b in itertools.combinations(NODES, 2) if label[a] == label[b])


def test_joins_by_place_stay_what_they_were_where_a_person_parts_others(world: Deciding) -> None:
    """They rest on the rest of both releases, which the claims that are parted do not show."""

    def listed(release: str, titles: str, step: int = 10_000) -> list[tuple[str, dict[str, Any]]]:
        on = {"artist": "椎名", "release": release, "release_id": release}
        return [
            (f"{release}{at}", song(title, **on, position=at + 1, length=200_000 + step * at))
            for at, title in enumerate(titles.split("/"))
        ]

    world.say(*listed("J", "長い道/夜/海/雨"), *listed("L", "Long Road/Night/Sea/Rain"))
    world.say(*listed("C", "Long Road/Fire/Stone", 50_000))
    world.match()
    assert ["C0", "J0", "L0"] in world.sets()
    world.decide("apart", ["C0"], ["L0"])
    world.match()
    assert ["J0", "L0"] in world.sets() and ["C0"] in world.sets()
