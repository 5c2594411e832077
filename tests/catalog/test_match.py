# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is who: why claims are joined, and that an id, once given, answers for ever."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from onrecord.catalog.match import Matched, match
from onrecord.catalog.tables import TABLES, Row, Tables, TrackRow
from onrecord.engine.duck import Duck
from onrecord.engine.parquet import read_rows
from onrecord.ledger import Segment
from onrecord.model.identifiers import mint

BLANK = {
    field.name: None if field.name in ("disc", "position", "duration_ms") else ""
    for field in structs.fields(TrackRow)
    if field.name != "seq"
}


class World:
    """Claims as they come and go, matched after each change as the archive does it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tables = Tables(folder / "catalog")
        self._segments: list[Segment] = []
        self._seq = 0

    def say(self, *claims: tuple[str, dict[str, Any]], gone: str = "") -> None:
        """One entry: each claim is a record of its own, which replaces what that record said before."""
        rows: dict[str, list[Row]] = {"records": [], "tracks": []}
        for name in [name for name, _ in claims] + gone.split():
            rows["records"].append(record(name, deleted=name in gone.split()))
        for name, values in claims:
            source = values.get("source", "test")
            rows["tracks"].append(
                made(TrackRow, **BLANK | {"source": source, "id": name, "record": name} | values)
            )
        self._commit(rows)

    def match(self) -> Matched:
        duck = Duck(self._folder / "spill", "1GB", 1)
        try:
            self._tables.attach(duck, self._segments)
            place = self._folder / "members.parquet"
            before = {"recording": f"FROM read_parquet('{place}')"} if place.exists() else {}
            found = match(duck, [], ["test"], before)
            duck.export("SELECT * FROM recording_members ORDER BY recording, source, source_id", place)
        finally:
            duck.close()
        self._commit({"ids": list(found.heirs), "redirects": list(found.redirects)})
        return found

    def groups(self) -> dict[str, set[str]]:
        """Members of each canonical recording, by its id."""
        found: dict[str, set[str]] = {}
        for row in read_rows(self._folder / "members.parquet", ["recording", "source_id"]):
            found.setdefault(row["recording"], set()).add(row["source_id"])
        return found

    def of(self, name: str) -> str:
        [identifier] = [identifier for identifier, members in self.groups().items() if name in members]
        return identifier

    def leads(self, identifier: str) -> str:
        """The canonical id that a reader who asks for an id gets, "" for none."""
        newest: dict[str, str] = {}
        for segment in self._segments:
            if segment.name == "redirects":
                for row in read_rows(self._folder / "catalog" / segment.path, ["old", "new"]):
                    newest[row["old"]] = row["new"]
        seen = set()
        while newest.get(identifier, identifier) != identifier:
            assert identifier not in seen, "redirects in a circle"
            seen.add(identifier)
            identifier = newest[identifier]
        return identifier if identifier in self.groups() else ""

    def _commit(self, rows: dict[str, list[Row]]) -> None:
        self._seq += 1
        for name, listed in rows.items():
            segment = self._tables.append(name, self._seq, listed)
            if segment:
                self._segments.append(segment)


def made(row: type[Row], **values: Any) -> Row:
    return row(**values)


def record(name: str, deleted: bool) -> Row:
    return made(
        TABLES["records"],
        source="test",
        record=name,
        media_type="",
        payload=b"",
        sha256="00" * 32,
        deleted=deleted,
        version="",
    )


def song(title: str, artist: str = "Somebody", length: int | None = 100_000, **more: Any) -> dict[str, Any]:
    return {"title": title, "artist": artist, "duration_ms": length, **more}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


# Why two claims are one recording --------------------------------------------------------------------------------

MBID = "8b04df8d-9df5-45ea-8b4c-be0c803ff178"
JOINED = {
    "the same words and length": (song("Für Elise"), song("fur  ELISE!")),
    "lengths that follow each other": (song("A", length=100_000), song("A", length=103_000)),
    "the same MBID": (song("A", mbid=MBID), song("Other", "Else", 5, mbid=MBID)),
    "the same ISRC and title": (
        song("A", "X", 1, isrc="QM2Z12600001"),
        song("a", "Y", 99_999, isrc="QM2Z12600001"),
    ),
    "the same bytes": (song("A", blob="aa" * 32), song("B", "Y", 5, blob="aa" * 32)),
}
APART = {
    "another title": (song("A"), song("B")),
    "another artist": (song("A"), song("A", "Somebody else")),
    "another length": (song("A", length=100_000), song("A", length=103_001)),
    "no length": (song("A", length=None), song("A", length=None)),
    "no names": (song("", "", 100), song("", "", 100)),
    "no artist": (song("A", ""), song("A", "")),
    "the same ISRC, but another title": (song("A", isrc="QM2Z12600001"), song("B", isrc="QM2Z12600001")),
    "another MBID with nothing else": (song("A", "X", mbid=MBID), song("B", "Y", mbid=MBID[:-1] + "9")),
    "only punctuation": (song("!!!", "???"), song("...", "---")),
}


@pytest.mark.parametrize("pair", JOINED.values(), ids=JOINED)
def test_joined(world: World, pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    world.say(("one", pair[0]), ("two", pair[1]))
    world.match()
    assert list(world.groups().values()) == [{"one", "two"}]


@pytest.mark.parametrize("pair", APART.values(), ids=APART)
def test_apart(world: World, pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    world.say(("one", pair[0]), ("two", pair[1]))
    world.match()
    assert sorted(world.groups().values(), key=str) == [{"one"}, {"two"}]


def test_joins_are_followed_to_their_end(world: World) -> None:
    """A chain of two hundred, each joined only with its neighbours: by the one's MBID, by the other's code."""
    world.say(
        *(
            (
                f"c{number:03}",
                song(
                    "A",
                    f"X{number}",
                    mbid=f"{number // 2:08}{MBID[8:]}",
                    isrc=f"QM2Z12{(number + 1) // 2:06}",
                ),
            )
            for number in range(200)
        )
    )
    world.match()
    assert [len(members) for members in world.groups().values()] == [200]


def test_lengths_that_lead_from_one_recording_to_another_join_only_what_is_close(world: World) -> None:
    world.say(*((f"c{number}", song("A", length=2000 * number)) for number in (1, 2, 3)))
    world.match()
    assert len(world.groups()) == 1, "four seconds from the first to the last"
    world.say(("c4", song("A", length=8000)), ("close", song("A", length=8900)))
    world.match()
    assert sorted(map(sorted, world.groups().values())) == [["c1"], ["c2"], ["c3"], ["c4", "close"]]


def test_an_id_is_made_of_the_first_claim(world: World) -> None:
    """In SQL as in Python, whatever stands in the names."""
    names = ["one", "zwei 2", "три", "四\U0001f3b5", "it's", 'a"b', "\\x"]
    world.say(*((name, song(f"T{number}")) for number, name in enumerate(names)))
    world.match()
    assert world.groups() == {mint("recording", "test", name): {name} for name in names}
    world.say(("0", song("T0")))
    world.match()
    assert world.groups()[mint("recording", "test", "one")] == {"one", "0"}


# Ids -------------------------------------------------------------------------------------------------------------


def test_a_merge_leaves_a_redirect(world: World) -> None:
    world.say(("one", song("A")), ("two", song("B")))
    world.match()
    one, two = world.of("one"), world.of("two")
    world.say(("bridge", song("A", mbid=MBID)), ("other", song("B", mbid=MBID)))
    world.match()
    assert len(world.groups()) == 1
    assert world.leads(one) == world.leads(two) == world.of("bridge")
    assert world.match().redirects == []


def test_a_split_gives_each_its_page_back(world: World) -> None:
    world.say(("one", song("A")), ("two", song("B")))
    world.match()
    one, two = world.of("one"), world.of("two")
    world.say(("bridge", song("A", mbid=MBID)), ("other", song("B", mbid=MBID)))
    world.match()
    world.say(gone="bridge")
    world.match()
    assert (world.of("one"), world.of("two")) == (one, two)
    assert (world.leads(one), world.leads(two)) == (one, two)
    # And together again.
    world.say(("bridge", song("A", mbid=MBID)))
    world.match()
    assert world.leads(one) == world.leads(two)


def test_an_id_outlives_its_founding_claim(world: World) -> None:
    world.say(("founder", song("A")))
    world.match()
    identifier = world.of("founder")
    world.say(("later", song("A")))
    world.match()
    world.say(gone="founder")
    world.match()
    assert world.groups() == {identifier: {"later"}}
    world.say(("founder", song("A")))
    assert world.match().founded == 0
    assert world.groups() == {identifier: {"founder", "later"}}


def test_a_founder_that_comes_back_as_something_else_takes_its_id(world: World) -> None:
    world.say(("founder", song("A")))
    world.match()
    identifier = world.of("founder")
    world.say(("later", song("A")))
    world.match()
    world.say(gone="founder")
    world.match()
    world.say(("founder", song("Another thing")))
    world.match()
    assert world.of("founder") == identifier != world.of("later"), "no id is borne by two"


def test_a_merged_id_whose_founder_goes_leads_to_the_heir(world: World) -> None:
    world.say(("one", song("A")), ("two", song("B")))
    world.match()
    one, two = world.of("one"), world.of("two")
    world.say(("one", song("A", mbid=MBID)), ("two", song("B", mbid=MBID)))
    world.match()
    world.say(gone=min("one", "two") if world.of("one") == one else "two")
    world.match()
    assert world.leads(one) == world.leads(two) != ""


NAMES = ["c1", "c2", "c3", "c4"]
CHANGES = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["A", "B", "C", ""]), st.sampled_from(["", MBID])),
    min_size=1,
    max_size=7,
)


def hold_laws(folder: Path, changes: list[tuple[str, str, str]]) -> None:
    """Whatever comes and goes: one id a group, none shared, and no id that still has a claim is lost."""
    world = World(folder)
    bore: dict[str, set[str]] = {}
    for name, title, mbid in changes:
        if title:
            world.say((name, song(title, mbid=mbid)))
        else:
            world.say(gone=name)
        world.match()
        groups = world.groups()
        members = list(itertools.chain(*groups.values()))
        assert len(members) == len(set(members)), "a claim is in one group"
        for identifier, held in groups.items():
            assert world.leads(identifier) == identifier
            bore[identifier] = held
        for identifier, held in bore.items():
            if held & set(members):
                assert world.leads(identifier), f"{identifier} once bore {held}"
        again = world.match()
        assert (again.founded, again.heirs, again.redirects) == (0, [], [])


@given(CHANGES)
@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_laws_of_ids(tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, str, str]]) -> None:
    hold_laws(tmp_path_factory.mktemp("world"), changes)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@given(CHANGES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_many_laws_of_ids(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, str, str]]
) -> None:
    hold_laws(tmp_path_factory.mktemp("world"), changes)


@given(st.permutations([("c1", "A", ""), ("c2", "A", MBID), ("c3", "B", MBID), ("c4", "C", "")]))
@settings(max_examples=3, deadline=None)
def test_groups_do_not_depend_on_the_order(
    tmp_path_factory: pytest.TempPathFactory, order: list[tuple[str, str, str]]
) -> None:
    world = World(tmp_path_factory.mktemp("world"))
    for name, title, mbid in order:
        world.say((name, song(title, mbid=mbid)))
    world.match()
    assert sorted(map(sorted, world.groups().values())) == [["c1", "c2", "c3"], ["c4"]]
