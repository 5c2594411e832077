# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is matched by way of what came since the last run is what would have been matched anew."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from msgspec import structs

from onrecord.catalog.canonical_files import KEY
from onrecord.catalog.match import KINDS, Matched, match
from onrecord.catalog.merging import Earlier
from onrecord.catalog.tables import TABLES, DecisionRow, RecordRow, Row, Tables
from onrecord.catalog.updating import update
from onrecord.engine.duck import Duck
from onrecord.ledger import Segment

TABLE = {"track": "tracks", "artist": "artists", "release": "releases", "work": "works", "label": "labels"}
KEPT = {
    "versions": "a, b",
    **{f"{thing}_members": f"{thing}, source, source_id" for thing in KINDS.values()},
    **{f"canonical_{thing}s": "id" for thing in KINDS.values()},
    "canonical_tracks": "release, disc, position, recording",
}
PRECEDENCE = ["b"]


class Side:
    """An archive's claims and what a match leaves of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tables = Tables(folder / "catalog")
        self._segments: list[Segment] = []
        self._rows: list[tuple[int, set[str]]] = []
        self.seq = self._seen = 0
        self.said: list[Any] = []

    def commit(self, rows: dict[str, Sequence[Row]]) -> None:
        self.seq += 1
        appended = (self._tables.append(name, self.seq, listed) for name, listed in rows.items())
        fresh = [segment for segment in appended if segment]
        self._segments += fresh
        self._rows.append((self.seq, {segment.name for segment in fresh}))

    def match(self, anew: bool) -> None:
        duck = Duck(self._folder / "spill", "1GB", 1)
        try:
            self._tables.attach(duck, self._segments)
            now, before = self._folder / f"{self.seq}", self._folder / f"{self._seen}"
            left = _left(before)
            if anew or not self._seen:
                members = {thing: left(f"{thing}_members") for thing in KINDS.values()}
                found = match(duck, [], PRECEDENCE, members if self._seen else None)
            else:
                tracks = [seq for seq, names in self._rows if "tracks" in names]
                keys = self._folder / "keys"
                found = update(duck, self._seen, left, keys, tracks, PRECEDENCE)
            for name, order in KEPT.items():
                columns = "* EXCLUDE (node)" if name.endswith("_members") else "*"
                duck.export(f"SELECT {columns} FROM {name} ORDER BY {order}", now / name)
        finally:
            duck.close()
        self._seen = self.seq
        self.said.append(_told(found))
        if found.heirs or found.redirects or found.splits:
            self.commit({"ids": found.heirs, "redirects": found.redirects, "splits": found.splits})
            now.rename(self._folder / f"{self.seq}")
            self._seen = self.seq

    def left(self) -> dict[str, list[tuple[Any, ...]]]:
        duck = Duck(self._folder / "spill", "1GB", 1)
        try:
            return {
                name: duck.run(f"SELECT * FROM read_parquet('{self._folder / str(self._seen) / name}')")
                for name in KEPT
            }
        finally:
            duck.close()


def _left(folder: Path) -> Earlier:
    def rows(name: str, /, things: str = "", claims: str = "", by: str = "") -> str:
        some = f" SEMI JOIN ({things}) o ON o.id = k.{by or KEY[name]}" if things else ""
        some += f" SEMI JOIN ({claims}) c ON c.source = k.source AND c.id = k.source_id" if claims else ""
        return f"SELECT k.* FROM read_parquet('{folder / name}') k{some}"

    return rows


def _told(found: Matched) -> Any:
    return found.founded, found.heirs, found.redirects, found.splits


TITLES = (
    *("Long way home", "Long way homr", "Long way hone", "Long way home (live)", "Long way home feat. Ann"),
    *("Группа крови на рукаве", "Gruppa krovi na rukave", "Untitled", "Tide", "Tide - Remix", ""),
    *("遠い家", "遠い家 (カラオケ)", "潮"),
    *("Long way home (to the sea)", "Tide / Under the bridge", "Tide (over there)", "潮 Tide"),
)
ARTISTS = ("Кино", "Kino", "Ann", "Ann feat. Bob", "Bob", "The Ann", "Various Artists", "")
RELEASES = ("Night", "Night!", "Night (live)", "")
few = st.integers(0, 3).map(str)


def claim(kind: str) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    code = st.sampled_from(["", "", "", "1", "2"])
    fields: dict[str, st.SearchStrategy[Any]] = {
        "track": st.fixed_dictionaries(
            {
                "title": st.sampled_from(TITLES),
                "artist": st.sampled_from(ARTISTS),
                "artist_id": few,
                "release": st.sampled_from(RELEASES),
                "release_id": few,
                "position": st.sampled_from([None, 1, 2]),
                "duration_ms": st.sampled_from([None, 200_000, 201_500, 202_900, 205_000, 209_000, 300_000]),
                "isrc": code,
                "mbid": st.sampled_from(["", "", "", "", "m"]),
                "composer": st.sampled_from(["", "Ann", "Ann, Bob"]),
            }
        ),
        "artist": st.fixed_dictionaries(
            {"name": st.sampled_from([name for name in ARTISTS if name]), "mbid": code, "isni": code}
        ),
        "release": st.fixed_dictionaries(
            {
                "title": st.sampled_from(RELEASES),
                "artist": st.sampled_from(ARTISTS),
                "barcode": st.sampled_from(["", "", "12", "012", "34"]),
                "tracks": st.sampled_from([None, 2, 3]),
                "date": st.sampled_from(["", "1999", "1999-01-02", "2000"]),
                "mbid": st.sampled_from(["", "", "", "m"]),
            }
        ),
        "work": st.fixed_dictionaries(
            {
                "title": st.sampled_from(TITLES),
                "composer": st.sampled_from(["", "Ann", "Ann, Bob"]),
                "iswc": code,
                "mbid": code,
            }
        ),
        "label": st.fixed_dictionaries(
            {"name": st.sampled_from(["Nord", "Nord!", "Süd"]), "code": code, "isni": code, "parent": few}
        ),
    }
    return st.tuples(st.just(kind), fields[kind])


Said = tuple[str, str, dict[str, Any]]
#: (source, record, claims with their kinds and ids).
record = st.tuples(
    st.sampled_from("abc"),
    st.integers(0, 11).map(str),
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from(
                ["track", "track", "track", "track", "artist", "release", "work", "label"]
            ).flatmap(claim),
        ),
        max_size=3,
    ),
)
decision = st.tuples(
    st.sampled_from(["same", "apart"]),
    st.sampled_from(["track", "track", "artist", "release"]),
    st.lists(st.tuples(st.integers(0, 1), st.sampled_from("abc"), few), min_size=2, max_size=4),
)


def rows_of(records: Sequence[Any]) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {"records": []}
    for source, name, claims in {(it[0], it[1]): it for it in records}.values():
        rows["records"].append(
            RecordRow(
                source=source,
                record=name,
                media_type="",
                payload=b"",
                sha256="",
                deleted=not claims,
                version="",
            )
        )
        for place, (kind, values) in claims:
            # Tracks of a record are its own; of the rest several records speak.
            id = f"{name}-{place}" if kind == "track" else str(place)
            rows.setdefault(TABLE[kind], []).append(made(kind, source, name, id, values))
    return rows


def made(kind: str, source: str, record: str, id: str, values: dict[str, Any]) -> Row:
    row = TABLES[TABLE[kind]]
    blank = {field.name: "" if field.type is str else None for field in structs.fields(row)}
    return row(**{**blank, "seq": 0, "source": source, "record": record, "id": id, **values})


def decided(number: int, said: Any) -> list[Row]:
    act, kind, claims = said
    return [
        DecisionRow(
            decision=f"d{number}",
            act=act,
            kind=kind,
            thing="",
            side=side,
            place=place,
            source=source,
            source_id=f"{id}-0" if kind == "track" else id,
            field="",
            value="",
            person="p",
            why="",
        )
        for place, (side, source, id) in enumerate(claims)
    ]


numbers = itertools.count()


def walk(folder: Path, first: Sequence[Any], decisions: Sequence[Any], others: Sequence[Any]) -> None:
    folder = folder / str(next(numbers))
    sides = [Side(folder / "updated"), Side(folder / "anew")]
    for step, records in enumerate([first, *others]):
        rows: dict[str, Any] = rows_of(records)
        if not step:
            rows["decisions"] = [
                row for number, said in enumerate(decisions) for row in decided(number, said)
            ]
        for side, anew in zip(sides, (False, True), strict=True):
            side.commit(rows)
            side.match(anew)
        updated, anew_ = (side.left() for side in sides)
        for name in KEPT:
            assert updated[name] == anew_[name], (step, name)
        assert sides[0].said == sides[1].said, step


#: Each history takes seconds, so that one which fails is told as it is: making it smaller would take hours.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)


@pytest.mark.slow
@settings(max_examples=6, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
@given(
    st.lists(record, min_size=6, max_size=24),
    st.lists(decision, max_size=2),
    st.lists(st.lists(record, min_size=1, max_size=4), min_size=1, max_size=2),
)
def test_an_update_leaves_what_matching_anew_leaves(
    tmp_path_factory: pytest.TempPathFactory, first: Any, decisions: Any, others: Any
) -> None:
    note(str(decisions))
    walk(tmp_path_factory.mktemp("worlds"), first, decisions, others)


@pytest.mark.slow
def test_who_comes_between_two_that_are_alike_parts_them(tmp_path: Path) -> None:
    def song(name: int, title: str, length: int) -> Any:
        return "a", str(name), [(0, ("track", {"title": title, "artist": "Ann", "duration_ms": length}))]

    # One typing mistake, and three neighbours at most are looked at.
    between = [song(1, "Long way under water", 200_300), song(2, "Long way into winter", 200_600)]
    first = [song(0, "Long way home tonight", 200_000), *between, song(3, "Long way home tonigjt", 200_900)]
    steps: list[Any] = [first, [song(4, "Long way over rivers", 200_700)], [("a", "4", [])]]
    assert joined_after(tmp_path, steps, "0-0", "3-0") == [True, False, True]


@pytest.mark.slow
def test_what_else_stands_at_a_place_parts_two_in_two_scripts(tmp_path: Path) -> None:
    def song(name: int, title: str, release: str, at: int, length: int = 200_000) -> Any:
        said = {"title": title, "artist": "Ann", "release": release, "release_id": release, "position": at}
        return "a", str(name), [(0, ("track", {**said, "duration_ms": length}))]

    first = [song(0, "長い道", "道", 1), song(1, "Long Road", "Road", 1)]
    # Three titles in Latin letters at that place may be any; another length on both releases says that it was chance.
    steps: list[Any] = [
        first,
        [song(2, "Fire", "Fire", 1, 90_000), song(3, "Snow", "Snow", 1, 80_000)],
        [("a", "3", [])],
        [song(4, "夜", "道", 2), song(5, "Night", "Road", 2, 300_000)],
        [song(5, "Night", "Road", 2, 200_500)],
    ]
    assert joined_after(tmp_path, steps, "0-0", "1-0") == [True, False, True, False, True]


@pytest.mark.slow
def test_what_else_a_release_has_parts_two_in_two_scripts(tmp_path: Path) -> None:
    def song(name: int, title: str, release: str, at: int, length: int) -> Any:
        said = {"title": title, "artist": "Ann", "release": release, "release_id": release, "position": at}
        return "a", str(name), [(0, ("track", {**said, "duration_ms": length}))]

    # To the millisecond as long as each other: not what else stands at that place matters, but what both releases have.
    first = [song(0, "長い道", "道", 1, 200_123), song(1, "Long Road", "Road", 1, 200_123)]
    crowd = [song(name, f"Song {name}", f"Other {name}", 1, 100_000 + name) for name in range(10, 20)]
    steps: list[Any] = [
        first + crowd,
        [song(2, "夜", "道", 2, 150_000)],
        [song(3, "Night", "Road", 2, 250_000)],
        [song(3, "Night", "Road", 2, 150_400)],
        [song(4, "潮", "道", 3, 90_000), song(5, "Tide", "Road", 3, 80_000)],
        [("a", "5", [])],
        # Three that are equal need no length to the millisecond.
        [song(0, "長い道", "道", 1, 200_000), song(1, "Long Road", "Road", 1, 200_500)],
        [song(5, "Tide", "Road", 3, 90_300)],
    ]
    assert joined_after(tmp_path, steps, "0-0", "1-0") == [True, True, False, True, False, True, False, True]


@pytest.mark.slow
def test_another_subtitle_parts_a_title_from_its_subtitle(tmp_path: Path) -> None:
    def song(name: int, title: str) -> Any:
        return "a", str(name), [(0, ("track", {"title": title, "artist": "Ann", "duration_ms": 200_000}))]

    first = [song(0, "Rocket"), song(1, "Rocket (Over the Sea)")]
    steps: list[Any] = [
        first,
        [song(2, "Rocket (Under Water)")],
        [("a", "2", [])],
        [song(0, "Engine")],
        [song(0, "Rocket")],
    ]
    assert joined_after(tmp_path, steps, "0-0", "1-0") == [True, False, True, False, True]


@pytest.mark.slow
def test_who_is_named_with_others_is_one_with_who_is_named_alone(tmp_path: Path) -> None:
    def song(name: int, artist: str, release: str) -> Any:
        said = {"title": "Long way home", "artist": artist, "release": release, "duration_ms": 200_000}
        return "a", str(name), [(0, ("track", said))]

    # Of two claims that share a key, each is once the one that comes, and another artist's is asked for meanwhile.
    alone, together = song(0, "Ann", "Road"), song(1, "Ann & Bob", "Road")
    steps: list[Any] = [
        [alone, song(2, "Eve", "Night")],
        [together, song(3, "Eve", "Night")],
        [("a", "0", [])],
        [alone, song(4, "Eve & Bob", "Night")],
    ]
    assert joined_after(tmp_path, steps, "0-0", "1-0") == [True, True, True, True]


def joined_after(folder: Path, steps: list[Any], one: str, other: str) -> list[bool]:
    """Are two claims of one recording after each step? What updates leave is what a match of everything leaves."""
    sides = [Side(folder / "updated"), Side(folder / "anew")]
    joined = []
    for records in steps:
        rows: dict[str, Any] = rows_of(records)
        for side, anew in zip(sides, (False, True), strict=True):
            side.commit(rows)
            side.match(anew)
        updated, anew_ = (side.left() for side in sides)
        assert updated == anew_
        joined.append(len({row[0] for row in updated["recording_members"] if row[2] in (one, other)}) == 1)
    return joined
