# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases that share recordings under one title are one where nothing tells them apart; and artists by their names."""

from pathlib import Path
from typing import Any

import pytest

from tests.catalog.claimed import grouped

EAN, OTHER = "4006381333931", "0075678275722"


def release(id: str, source: str = "", **said: Any) -> dict[str, Any]:
    return {
        "id": id,
        "source": source or f"source of {id}",
        "title": "Album",
        "artist": "X",
        "tracks": 1,
        **said,
    }


def song(of: dict[str, Any], artist: str = "X") -> dict[str, Any]:
    """A track that all these releases share."""
    common = {"title": "Song", "artist": artist, "duration_ms": 100_000, "artist_id": "artist"}
    return {**common, "id": of["id"], "source": of["source"], "release": of["title"], "release_id": of["id"]}


CASES: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "nothing tells them apart": ([release("a"), release("b")], ["a b"]),
    "one barcode, with and without a nought": (
        [release("a", barcode=OTHER), release("b", barcode=OTHER[1:])],
        ["a b"],
    ),
    "two barcodes": ([release("a", barcode=EAN), release("b", barcode=OTHER)], ["a", "b"]),
    "two years": ([release("a", date="1999-01-02"), release("b", date="2008")], ["a", "b"]),
    "a year and a day in it": ([release("a", date="1999-01-02"), release("b", date="1999")], ["a b"]),
    "other numbers of tracks": ([release("a", tracks=10), release("b", tracks=12)], ["a", "b"]),
    "one source tells two": ([release("a", "s"), release("b", "s")], ["a", "b"]),
    "two MBIDs": ([release("a", mbid="m1"), release("b", mbid="m2")], ["a", "b"]),
    "without a barcode, the one that fits": (
        [
            release("a", barcode=EAN, date="1999"),
            release("b", barcode=OTHER, date="2008"),
            release("c", date="2008"),
        ],
        ["a", "b c"],
    ),
    "without a barcode, two that fit": (
        [release("a", barcode=EAN), release("b", barcode=OTHER), release("c")],
        ["a", "b", "c"],
    ),
    "without a barcode, two of one source": (
        [release("a", barcode=EAN), release("b", "s"), release("c", "s")],
        ["a", "b", "c"],
    ),
    "another title": ([release("a"), release("b", title="Best of")], ["a", "b"]),
    "another source's, of which two are told by one": (
        [release("a", "s"), release("b", "s"), release("c")],
        ["a", "b", "c"],
    ),
}


@pytest.mark.parametrize("turned", [False, True], ids=["in order", "the other way round"])
def test_editions(tmp_path: Path, turned: bool) -> None:
    """Each case with a title and an artist of its own, so that one match tells of all of them."""
    claims = [
        (
            release | {"id": f"{number}/{release['id']}", "title": f"{release['title']} {number}"},
            f"Artist {number}",
        )
        for number, (releases, _) in enumerate(CASES.values())
        for release in releases
    ]
    if turned:
        claims.reverse()
    releases = [release | {"artist": artist} for release, artist in claims]
    members = grouped(tmp_path, [song(*claim) for claim in claims], releases, kind="release")
    found: dict[str, list[str]] = {case: [] for case in CASES}
    for ids in members:
        [number] = {id.partition("/")[0] for id in ids}
        found[list(CASES)[int(number)]].append(" ".join(sorted(id.partition("/")[2] for id in ids)))
    assert {case: sorted(groups) for case, groups in found.items()} == {
        case: expected for case, (_, expected) in CASES.items()
    }


def test_artists_of_one_recording(tmp_path: Path) -> None:
    """By a name without its article, and in another script; not by a name alone."""
    names = {"a": "The Oaks", "b": "Oaks", "c": "Кино", "d": "Kino", "e": "Oaks"}
    artists = [{"id": f"{it} artist", "source": it, "name": name} for it, name in names.items()]
    title = {"a": "One", "b": "One", "c": "Three", "d": "Three", "e": "Four"}
    tracks = [
        {
            "id": it,
            "source": it,
            "title": title[it],
            "artist": name,
            "artist_id": f"{it} artist",
            "duration_ms": 60_000,
        }
        for it, name in names.items()
    ]
    found = grouped(tmp_path, tracks, [], artists, kind="artist")
    assert found == {
        frozenset(("a artist", "b artist")): "name+recording",
        frozenset(("c artist", "d artist")): "sound-of-name+recording",
        frozenset(("e artist",)): "",
    }


def test_artists_of_one_isni(tmp_path: Path) -> None:
    artists = [
        {"id": it, "source": it, "name": it, "isni": isni} for it, isni in zip("abc", "112", strict=True)
    ]
    assert grouped(tmp_path, [], [], artists, kind="artist") == {
        frozenset("ab"): "isni",
        frozenset("c"): "",
    }


def test_a_barcode_that_lacks_a_nought_needs_no_recording_in_common(tmp_path: Path) -> None:
    releases = [
        release("a", barcode=OTHER),
        release("b", barcode=OTHER[1:]),
        release("c", barcode="0" * 13),
        release("d", barcode="0" * 12),
    ]
    songs = [{**song(it), "title": f"Song {it['id']}"} for it in releases]
    found = grouped(tmp_path, songs, releases, kind="release")
    assert sorted(" ".join(sorted(members)) for members in found) == ["a b", "c", "d"]
