# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which row is what: 4,096 tracks, 928 releases and 240 artists are a block, as 256, 58 and 15 million are.

An album is told once or several times: by one source or more, in one edition or two. A telling is a release with its
tracks. A recording goes by the number of the track that tells it first. 64 layouts take turns, so that which row is
what is looked up, never counted: any row can be made alone.
"""

from functools import cache
from typing import Final

import numpy as np
from msgspec import Struct

from onrecord.sources.generated.measured import measured
from onrecord.sources.generated.numbers import Flags, Places, choose, draw

TRACKS: Final = 4096
RELEASES: Final = 928
#: Artists that every source knows, and those that only the first one does; together 240 claims of artists a block.
KNOWN: Final = 40
UNKNOWN: Final = 120
ARTISTS: Final = KNOWN + UNKNOWN
LAYOUTS: Final = 64

#: Who speaks: a service that has everything, a community's database, a market place.
SERVICE, COMMUNITY, SHOP = range(3)
SOURCES: Final = ("generated", "generated-community", "generated-shop")

#: Whose an album is: of an artist whose first it is (known to all, or to the service alone), of any artist that all
#: sources know, of any at all, of many.
FIRST_KNOWN, FIRST_UNKNOWN, KNOWN_ONE, ANY, VARIOUS = range(5)

#: Tellings of an album as (source, edition), with the weight of each.
_TOLD: Final = (
    (66, ((SERVICE, 0),)),
    (8, ((SERVICE, 0), (SERVICE, 1))),
    (6, ((SERVICE, 0), (COMMUNITY, 0))),
    (5, ((SERVICE, 0), (SHOP, 0))),
    (4, ((SERVICE, 0), (COMMUNITY, 0), (SHOP, 0))),
    (2, ((SERVICE, 0), (SERVICE, 1), (COMMUNITY, 0))),
    (3, ((COMMUNITY, 0),)),
    (3, ((SHOP, 0),)),
)
_COMPILED: Final = 0.03


class Layout(Struct, frozen=True):
    """One of the layouts, or all of them as `stack` gives them. Of each release: its source, edition, album, size,
    first track, whose it is, and `debut`, the number in the block of the artist whose first it is; of each track: its
    release, its place in it, the track that tells the same recording first, and one near by that is on no
    compilation."""

    source: Places
    edition: Places
    album: Places
    size: Places
    start: Places
    whose: Places
    debut: Places
    release: Places
    place: Places
    first: Places
    plain: Places


@cache
def stack(seed: int) -> Layout:
    """All layouts, a row each, to be looked up for many rows at once."""
    made = [_layout(seed, number) for number in range(LAYOUTS)]
    return Layout(
        **{name: np.stack([getattr(one, name) for one in made]) for name in Layout.__struct_fields__}
    )


def layout_of(seed: int, blocks: Places) -> Places:
    return (draw(seed, "layout", blocks) % np.uint64(LAYOUTS)).astype(np.int64)


def releases_of(seed: int, tracks: int) -> int:
    """How many releases the first `tracks` tracks are on."""
    whole, rest = divmod(tracks, TRACKS)
    if not rest:
        return whole * RELEASES
    layout = int(layout_of(seed, np.array([whole]))[0])
    return whole * RELEASES + int(stack(seed).release[layout, rest - 1]) + 1


def _layout(seed: int, number: int) -> Layout:
    """Tellings until there are enough releases; sizes that make the number of tracks come out even; then shuffled."""
    told = choose(_bits(seed, number, "told", RELEASES), [weight for weight, _ in _TOLD])
    albums: list[tuple[tuple[int, int], ...]] = []
    room = RELEASES
    for which in told:
        if not room:
            break
        albums.append(_TOLD[which][1][:room])
        room -= len(albums[-1])
    sizes = _sizes(seed, number, [len(album) for album in albums])
    whose, debut = _owners(albums)
    tellings = [(album, source, edition) for album, list_ in enumerate(albums) for source, edition in list_]
    order = np.argsort(_bits(seed, number, "order", RELEASES), kind="stable")
    album, source, edition = np.array(tellings, dtype=np.int64)[order].T
    size = sizes[album]
    start = np.concatenate([[0], np.cumsum(size)[:-1]])
    release = np.repeat(np.arange(RELEASES), size)
    place = np.arange(TRACKS) - start[release]
    #: The place in the block of each album's first telling.
    firsts = np.full(len(albums), RELEASES)
    np.minimum.at(firsts, album, np.arange(RELEASES))
    first = start[firsts[album[release]]] + place
    plain = _next_plain(whose[album[release]] != VARIOUS)
    return Layout(
        source, edition, album, size, start, whose[album], debut[album], release, place, first, first[plain]
    )


def _sizes(seed: int, number: int, tellings: list[int]) -> Places:
    discogs, chosen = measured()["discogs"], measured()["chosen"]
    count = len(tellings)
    single = choose(_bits(seed, number, "single", count), discogs["single_tracks"]) + 1
    album = choose(_bits(seed, number, "album", count), discogs["album_tracks"]) + 4
    is_single = (_bits(seed, number, "kind", count) >> np.uint64(32)) < np.uint64(
        int(chosen["single_share"] * 2**32)
    )
    sizes = np.where(is_single, single, album)
    told = np.array(tellings)
    # Albums that are told once take up what is missing or too much, one track each, round after round.
    at = 0
    while (missing := TRACKS - int((sizes * told).sum())) != 0:
        place = at % count
        if told[place] == 1 and (missing > 0 or sizes[place] > 4 or 1 < sizes[place] <= 3):
            sizes[place] += 1 if missing > 0 else -1
        at += 1
    return sizes


def _owners(albums: list[tuple[tuple[int, int], ...]]) -> tuple[Places, Places]:
    """Each artist has an album of their own in the block that they come with."""
    whose, debut = np.empty(len(albums), dtype=np.int64), np.zeros(len(albums), dtype=np.int64)
    known = unknown = compiled = 0
    for at, album in enumerate(albums):
        if any(source != SERVICE for source, _ in album):
            whose[at] = KNOWN_ONE
            if known < KNOWN and len(album) > 1:
                whose[at], debut[at] = FIRST_KNOWN, known
                known += 1
        elif unknown < UNKNOWN:
            whose[at], debut[at] = FIRST_UNKNOWN, KNOWN + unknown
            unknown += 1
        elif compiled < int(_COMPILED * len(albums)) and len(album) == 1:
            whose[at] = VARIOUS
            compiled += 1
        else:
            whose[at] = ANY
    return whose, debut


def _next_plain(is_plain: Flags) -> Places:
    """For each track itself, or the next one (around the end) that is on no compilation."""
    places = np.flatnonzero(is_plain)
    found = np.searchsorted(places, np.arange(len(is_plain)))
    return places[found % len(places)]


def _bits(seed: int, number: int, purpose: str, count: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return draw(seed, f"layout {purpose}", number * TRACKS + np.arange(count))
