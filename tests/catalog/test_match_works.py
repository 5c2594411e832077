# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Works and labels of several sources are one by what identifies them; a name or a code alone is never enough."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.catalog.claimed import grouped

#: Claims, and which of them are one thing, by what a case is called.
Cases = dict[str, tuple[list[dict[str, Any]], list[str]]]
ISWC, OTHER = "T0345246801", "T0000000010"


def work(id: str, source: str = "", **said: Any) -> dict[str, Any]:
    return {"id": id, "source": source or f"source of {id}", "title": "Cantata", **said}


def label(id: str, source: str = "", **said: Any) -> dict[str, Any]:
    return {"id": id, "source": source or f"source of {id}", "name": "Quiet Harbour", **said}


def song(of: dict[str, Any], title: str = "") -> dict[str, Any]:
    """A track that the source of a work says is of it; those of all works are one recording."""
    common = {"artist": "X", "duration_ms": 100_000, "composer": of["composer"], "isrc": "QM2Z12600001"}
    return {**common, "id": f"song of {of['id']}", "source": of["source"], "title": title or of["title"]}


def each_for_itself(cases: Cases) -> Iterator[dict[str, Any]]:
    """All claims, with no word in common between two cases, so that one match does for all."""
    for number, (claims, _) in enumerate(cases.values()):
        for claim in claims:
            own = {"country", "composer"}
            yield {name: value if name in own else f"{value} {number}" for name, value in claim.items()}


def named(found: Mapping[frozenset[str], str], cases: Cases) -> dict[str, list[str]]:
    things: dict[str, list[str]] = {name: [] for name in cases}
    for ids in found:
        [number] = {int(id.split()[1]) for id in ids}
        things[list(cases)[number]].append(" ".join(sorted(id.split()[0] for id in ids)))
    return {name: sorted(groups) for name, groups in things.items()}


WORKS: Cases = {
    "one MBID, whatever else": ([work("a", mbid="m"), work("b", mbid="m", title="Air")], ["a b"]),
    "one ISWC and title": ([work("a", iswc=ISWC), work("b", iswc=ISWC, title="CANTATA!")], ["a b"]),
    "one ISWC and makers in another order": (
        [
            work("a", iswc=ISWC, composer="Ann, Bob"),
            work("b", iswc=ISWC, composer="bob, Ann", title="Kantate"),
        ],
        ["a b"],
    ),
    "one ISWC and nothing else": ([work("a", iswc=ISWC), work("b", iswc=ISWC, title="Air")], ["a", "b"]),
    "one ISWC, two MBIDs": (
        [work("a", iswc=ISWC, mbid="m1"), work("b", iswc=ISWC, mbid="m2"), work("c", iswc=ISWC)],
        ["a", "b", "c"],
    ),
    "one source tells two": ([work("a", "s", iswc=ISWC), work("b", "s", iswc=ISWC)], ["a", "b"]),
    "title and makers alone": ([work("a", composer="Ann"), work("b", composer="Ann")], ["a", "b"]),
}


def test_works(tmp_path: Path) -> None:
    found = grouped(tmp_path, works=list(each_for_itself(WORKS)), kind="work")
    assert named(found, WORKS) == {name: expected for name, (_, expected) in WORKS.items()}


def test_works_that_are_recorded_as_one(tmp_path: Path) -> None:
    """By title and makers where the sources call one recording so, and their ISWCs do not differ."""
    works = [
        work("a", composer="Ann", iswc=ISWC),
        work("b", composer="ann"),
        work("c", composer="Bob"),
        work("d", composer="Ann", title="Air"),
    ]
    found = grouped(tmp_path, [song(each) for each in works], works=works, kind="work")
    assert found == {
        frozenset("ab"): "title+composer+recording",
        frozenset("c"): "",
        frozenset("d"): "",
    }


def test_works_with_two_iswcs_are_two_also_where_recorded_as_one(tmp_path: Path) -> None:
    works = [work("a", composer="Ann", iswc=ISWC), work("b", composer="Ann", iswc=OTHER)]
    found = grouped(tmp_path, [song(each) for each in works], works=works, kind="work")
    assert set(found) == {frozenset("a"), frozenset("b")}


LABELS: Cases = {
    "one MBID": ([label("a", mbid="m"), label("b", mbid="m", name="QH")], ["a b"]),
    "one ISNI": ([label("a", isni="i"), label("b", isni="i", name="QH")], ["a b"]),
    "one code and name": (
        [
            label("a", code="LC00193", country="GB"),
            label("b", code="LC00193", name="quiet harbour", country="US"),
        ],
        ["a b"],
    ),
    "one code, two names": (
        [label("a", code="LC00193"), label("b", code="LC00193", name="Loud")],
        ["a", "b"],
    ),
    "a name that nothing tells apart": ([label("a"), label("b", name="Quiet  harbour")], ["a b"]),
    "one name, two codes": ([label("a", code="LC00193"), label("b", code="LC00194")], ["a", "b"]),
    "one name, two countries": ([label("a", country="GB"), label("b", country="US")], ["a", "b"]),
    "one name, two MBIDs": ([label("a", mbid="m1"), label("b", mbid="m2"), label("c")], ["a", "b", "c"]),
    "one source tells two of one name": ([label("a", "s"), label("b", "s"), label("c")], ["a", "b", "c"]),
}


def test_labels(tmp_path: Path) -> None:
    found = grouped(tmp_path, labels=list(each_for_itself(LABELS)), kind="label")
    assert named(found, LABELS) == {name: expected for name, (_, expected) in LABELS.items()}
