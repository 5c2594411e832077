# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is joined with whom, and why, does not hang on who came first: tried on catalogs so small in names, lengths and
codes that most claims could be joined with several."""

import random
from pathlib import Path
from typing import Any

import pytest

from onrecord.catalog.match import KINDS
from tests.catalog.claimed import Said, matched

ARTISTS = [
    "Ada Blue",
    "The Ada Blue",
    "Ada Blue feat. Bob Red",
    "Bob Red & Ada Blue",
    "Сплин",
    "Splin",
    "Various",
]
TITLES = [
    "Moon",
    "Moon (live)",
    "Moon feat. Bob Red",
    "Mooon over Water",
    "Moon over Water",
    "Москва",
    "Moskva",
]
ALBUMS = ["Hits", "Hits (Disc 2)", "Live", "Хиты", ""]
CODES = ["", "", "QZAAA0000001", "QZAAA0000002"]
BARCODES = ["", "", "4006381333931", "0075678275722", "075678275722"]


def crowd(chance: random.Random, count: int = 120) -> dict[str, list[dict[str, Any]]]:
    tracks, releases, artists = [], {}, {}
    for number in range(count):
        source, artist, album = chance.choice("abcd"), chance.choice(ARTISTS), chance.choice(ALBUMS)
        release, maker = f"{album} {chance.randrange(3)}", f"{artist} {chance.randrange(2)}"
        tracks.append(
            {
                "source": source,
                "id": f"{number}",
                "title": chance.choice(TITLES),
                "artist": artist,
                "artist_id": maker,
                "release": album,
                "release_id": release if album else "",
                "position": chance.choice([1, 2, None]),
                "duration_ms": chance.choice([None, 200_000, 200_000, 201_000, 203_000, 260_000]),
                "isrc": chance.choice(CODES),
            }
        )
        artists[source, maker] = {"source": source, "id": maker, "name": artist}
        if album:
            said = {"title": album, "artist": artist, "tracks": chance.choice([10, 12, None])}
            said |= {"barcode": chance.choice(BARCODES), "date": chance.choice(["", "1999", "2001-02-03"])}
            releases[source, release] = {"source": source, "id": release, **said}
    return {"tracks": tracks, "releases": [*releases.values()], "artists": [*artists.values()]}


def told(folder: Path, claims: dict[str, list[Said]]) -> dict[str, dict[tuple[str, str], tuple[object, ...]]]:
    duck = matched(folder, **claims)
    try:
        return {
            thing: {
                (source, id): said
                for source, id, *said in duck.run(
                    "SELECT source, source_id, min(source || ' ' || source_id) OVER of, reason, confidence"
                    f" FROM {thing}_members WINDOW of AS (PARTITION BY {thing})"
                )
            }
            for thing in KINDS.values()
        }
    finally:
        duck.close()


@pytest.mark.parametrize("seed", range(3))
def test_a_crowd_comes_out_the_same(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    claims = crowd(chance)
    first = told(tmp_path / "first", claims)
    assert len({said[0] for said in first["recording"].values()}) < len(claims["tracks"]) * 0.8
    for turn in range(2):
        other = {name: chance.sample(rows, len(rows)) for name, rows in claims.items()}
        assert told(tmp_path / f"other {turn}", other) == first
