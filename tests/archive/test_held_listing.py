# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of what is held: lots are fair, what did not change keeps its stamp, and what is made anew is the same."""

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.held_listing import HeldListing
from onrecord.archive.held_renewing import mark_of
from onrecord.archive.matching import rematch
from onrecord.archive.withdrawing import withdraw
from onrecord.model.rights import Target
from tests.tones import write


def test_only_what_changed_gets_another_stamp(filled: Archive, tmp_path: Path) -> None:
    listing = HeldListing(filled.folder)
    listing.renew()
    before = {held.id: held for held in listing.newest("", 100)}
    assert Counter(held.kind for held in before.values()) == {"recording": 6, "release": 1}
    listing.renew()
    assert {held.id: held for held in listing.newest("", 100)} == before
    write(tmp_path / "more" / "new.flac", 30, tags={"title": "New", "artist": "Somebody", "genre": "Ambient"})
    add(filled, [tmp_path / "more"], held_as="owner")
    rematch(filled)
    listing.renew()
    after = {held.id: held for held in listing.newest("", 100)}
    [new] = after.keys() - before.keys()
    assert {id: held for id, held in after.items() if id != new} == before
    assert listing.genres() == {"Ambient": {"recording": 1}}
    assert [held.id for held in listing.of_genre("Ambient", "recording", 5)] == [new]
    assert [held.id for held in listing.drawn_of(random.Random(1).randrange, "Ambient", "recording", 5)] == [
        new
    ]
    withdraw(filled, Target("recording", new), by="the maker", text="not any more")
    listing.renew()
    found = listing.find(new)
    assert found is not None and found.gone and not listing.genres()
    assert new not in {held.id for held in listing.piece(0)}


def test_a_table_that_is_not_there_takes_nothing_off_the_list(filled: Archive) -> None:
    listing = HeldListing(filled.folder)
    listing.renew()
    before = {held.id: held for held in listing.newest("", 100)}
    filled.canonical("canonical_releases").unlink()
    listing.renew()
    assert {held.id: held for held in listing.newest("", 100)} == before
    rematch(filled)
    listing.renew()
    assert {held.id: held for held in listing.newest("", 100)} == before


def test_lots_are_fair(filled: Archive) -> None:
    listing = HeldListing(filled.folder)
    assert listing.drawn(random.Random(1).randrange, "recording", 3) == [], "nothing is listed yet"
    listing.renew()
    draw = random.Random(1).randrange
    drawn = Counter(held.id for _ in range(300) for held in listing.drawn(draw, "recording", 1))
    assert len(drawn) == 6 and min(drawn.values()) > 25
    every = listing.drawn(draw, "recording", 6)
    assert len({held.id for held in every}) == len(every) <= 6
    assert listing.pieces()[0][0] == 0 and len(listing.piece(0)) == 7 and listing.piece(1) == []


def test_a_list_that_was_lost_is_made_again(filled: Archive) -> None:
    listing = HeldListing(filled.folder)
    listing.renew()
    before = {(held.id, held.kind, held.gone, held.parts) for held in listing.newest("", 100)}
    for path in (filled.folder / "search").glob("held.sqlite*"):
        path.unlink()
    assert listing.newest("", 100) == [] and listing.earliest() is None
    listing.renew()
    assert {(held.id, held.kind, held.gone, held.parts) for held in listing.newest("", 100)} == before


@pytest.mark.parametrize(
    "name", ["recording_members", "canonical_recordings", "canonical_releases", "canonical_tracks"]
)
def test_it_is_another_list_once_a_table_that_it_reads_was_written(filled: Archive, name: str) -> None:
    before, path = mark_of(filled), filled.canonical(name)
    assert mark_of(filled) == before
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
    assert mark_of(filled) != before
