# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tracks that a match of everything compares with each other have a key in common."""

import itertools
from collections.abc import Iterator
from typing import Final

import pytest

from onrecord.catalog.match import define, sql
from onrecord.catalog.tables import Tables, TrackRow
from onrecord.catalog.updating import key_files
from onrecord.engine.duck import Duck
from onrecord.engine.quoting import parquet

WORDS: Final = (
    *(
        "Tide",
        "Night and Day",
        "Alive in Liverpool",
        "Intro",
        "Track 12",
        "a",
        "Lyve",
        "Ночь",
        "夜",
        "がく",
        "かく",
        "Gaku",
    ),
    *(
        "Kaku",
        "カラオケの夜",
        "Long way home tonight",
        "Long way home tonigjt",
        "Night / Day",
        "Live",
        "Noch",
        "Nocch",
    ),
)
VERSIONS: Final = (
    *(
        "",
        " (live)",
        " - Live Edit",
        " (Remix)",
        " live remix",
        " (feat. Bob)",
        " [Deluxe Edition]",
        " - Live at 1999",
    ),
    *(" (カラオケ)", " pt 2", " / Reprise", " (Over the Sea)"),
)
RELEASES: Final = ("", "Night", "Night live", "Live at the Tide", "My live album", "My album", "夜")
ARTISTS: Final = ("Ann", "The Ann", "Ann feat. Bob", "Bob & Ann", "Various Artists")

#: What claims are compared by where all are (`track_chosen.sql`), and the keys that stand for it.
COMPARED: Final = {
    "all of a title": (
        ("but_live(title)", "artist", "words", "name"),
        ("but_live(title)", "first", "NOT is_nobody(first)", "first_name"),
        ("but_live(comparable_main(main, release))", "artist", "main <> ''", "subtitle"),
    ),
    "its beginning or its end": (
        ("left(title, 5)", "artist", "long", "beginning"),
        ("right(title, 5)", "artist", "long", "ending"),
    ),
    "place": (("(lower(release), disc, position)", "artist", "placed", "place"),),
    "sound": (("sounded(if(contains(title, '|'), title, voiced(raw, title)))", "''", "words", "sounding"),),
}


@pytest.fixture(scope="module")
def duck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Duck]:
    folder = tmp_path_factory.mktemp("keys")
    tables, duck = Tables(folder), Duck(folder / "spill", "1GB", 1)
    rows = [
        row(number, *said)
        for number, said in enumerate(itertools.product(WORDS, VERSIONS, RELEASES, ARTISTS))
    ]
    # Of two log entries, as keys are made for each by itself.
    entries = {1: rows[::2], 2: rows[1::2]}
    segments = [tables.append("tracks", seq, listed) for seq, listed in entries.items()]
    tables.attach(duck, [segment for segment in segments if segment])
    define(duck)
    files = parquet(key_files(duck, folder / "keys", list(entries)))
    duck.run(sql("track_keys").replace("{files}", files))
    duck.run(COMPARABLE)
    yield duck
    duck.close()


def row(number: int, title: str, version: str, release: str, artist: str) -> TrackRow:
    return TrackRow(
        source="a",
        record=f"r:{number}",
        id=str(number),
        title=title + version,
        artist=artist,
        artist_id="",
        release=release,
        release_id="",
        disc=(None, 1, 2, 2**62)[number % 4],
        position=(None, 1, -1, 2**62)[number % 3],
        duration_ms=None if number % 11 == 0 else 200_000,
        isrc="",
        mbid="",
        date="",
        genre="",
        composer="",
        blob="",
    )


COMPARABLE: Final = """
CREATE TABLE comparable AS
SELECT
  *, words AND length(title) >= 11 AND duration_ms IS NOT NULL AND NOT is_nobody(artist) AS long,
  release <> '' AND position IS NOT NULL AND NOT is_nobody(artist) AS placed,
  if(duration_ms IS NULL OR is_nobody(artist), '', main_words(before_subtitle(raw), raw, folded)) AS main
FROM (
  SELECT
    node, t.title AS raw, fold(t.title) AS folded, has_words(t.title) AS words, release, disc, position, duration_ms,
    told_as(comparable_title(bare_title(t.title, fold(t.title))), release) AS title,
    comparable_artist(fold(t.artist)) AS artist, comparable_artist(fold(first_artist(t.artist))) AS first
  FROM numbered_tracks t
)
"""


@pytest.mark.parametrize("what", COMPARED)
def test_what_is_compared_has_a_key_in_common(duck: Duck, what: str) -> None:
    parts = " UNION ALL ".join(
        f"SELECT ({by})::VARCHAR AS said, {artist} AS artist, key FROM comparable"
        f" JOIN (SELECT node, {key} AS key FROM track_keys) USING (node) WHERE {where}"
        for by, artist, where, key in COMPARED[what]
    )
    apart = duck.run(
        f"SELECT said, artist FROM ({parts}) GROUP BY ALL HAVING count(DISTINCT key) > 1 OR count(key) = 0"
    )
    assert not apart
    # It is not one key for all, either. Names of versions share the key of their sound.
    [(compared, keys)] = duck.run(
        f"SELECT count(DISTINCT (said, artist)), count(DISTINCT key) FROM ({parts})"
    )
    assert keys > compared // 3


@pytest.mark.parametrize("what", COMPARED)
def test_what_is_not_compared_has_no_key(duck: Duck, what: str) -> None:
    for _, _, where, key in COMPARED[what]:
        needless = duck.run(
            f"SELECT raw FROM comparable JOIN (SELECT node, {key} AS key FROM track_keys) USING (node)"
            f" WHERE NOT ({where}) AND key IS NOT NULL LIMIT 1"
        )
        assert not needless, key
