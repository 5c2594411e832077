# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pages an update touched (`updating`), and what they are made of, for `pages` to make these and no others."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any, Final

from onrecord.catalog.match import KINDS, PAGED, sql
from onrecord.catalog.merging import claims_of, widen
from onrecord.catalog.pages import Thing, number_things, things_with
from onrecord.engine.duck import Duck

#: What the jobs of `pages` read; of these the rows that matter take the place of all.
_NARROWED: Final = (
    "recording_members",
    "release_members",
    "artist_members",
    "canonical_recordings",
    "canonical_releases",
    "canonical_artists",
    "canonical_tracks",
)


#: Numbers of releases, and of recordings.
Listed = tuple[list[int], list[int]]


class ChangedOtherwise(Exception):
    """A page that is held lists something else than what the tables of before say: all has to be written anew."""


def find_touched(duck: Duck) -> list[str]:
    """Ids of the things whose pages may be others than before, those that are gone among them: `touched_pages`.
    Behind `updating.update` and `naming`."""
    duck.run(sql("touched_pages"))
    return [str(id) for (id,) in duck.run("SELECT id FROM touched_pages ORDER BY rank, id")]


def narrow(duck: Duck) -> None:
    """Leave of what pages are made of what `touched_pages` are made of."""
    duck.run(sql("touched_lists"))
    duck.run(sql("touched_rows"))
    for kind, thing in KINDS.items():
        if thing in PAGED:
            duck.run(
                f"CREATE OR REPLACE TABLE {kind}_laid AS {claims_of(duck, kind, f'shown_{thing}_members')}"
            )
            duck.run(sql(f"{kind}_nodes").replace(f"{kind}_current", f"{kind}_laid"))
    for name in _NARROWED:
        duck.run(f"DROP VIEW {name}")
        short = name.replace("canonical_", "")
        duck.run(f"ALTER TABLE shown_{short} RENAME TO {name}")
    # What was kept, for where it comes to be all again.
    duck.run("CREATE OR REPLACE TABLE held_blobs AS FROM recording_blobs")
    duck.run("DELETE FROM recording_blobs WHERE recording NOT IN (SELECT id FROM page_things)")


def give_back(duck: Duck) -> None:
    """Undo `narrow`: where so much is touched that all is written anew."""
    for name in _NARROWED:
        duck.run(f"DROP TABLE {name}")
    duck.run("DROP TABLE release_makers; DROP TABLE credited_releases")
    widen(duck)
    duck.run("CREATE OR REPLACE TABLE recording_blobs AS FROM held_blobs")


def wanted(duck: Duck) -> list[str]:
    """Ids of the things that have to have a number, after `narrow`."""
    gone = "SELECT release FROM listed_releases UNION SELECT recording FROM listed_gone"
    query = f"SELECT id FROM page_things UNION {gone}"
    return [str(id) for (id,) in duck.run(query)]


def number(duck: Duck, last: int) -> None:
    """As `pages.number`, after `narrow`."""
    number_things(duck, last)


def things(duck: Duck, listed: Callable[[int], Listed]) -> Iterator[Thing]:
    """As `pages.things`, after `number`. `listed` gives what the page of an artist lists that has a number from before:
    of its releases and its recordings the numbers. ChangedOtherwise where that is not what it was changed from."""
    # What is gone has a number, and no page.
    numbers = "(SELECT id, number FROM numbered UNION SELECT id, number FROM page_numbers)"
    gone = _by_artist(
        duck,
        f"SELECT l.artist, k.number FROM listed_gone l JOIN {numbers} k ON k.id = l.recording",
    )
    come = _by_artist(
        duck,
        "SELECT l.artist, l.place, p.number FROM listed_come l JOIN page_numbers p ON p.id = l.recording ORDER BY ALL",
    )
    releases = _by_artist(
        duck,
        f"SELECT l.artist, k.number, l.stands FROM listed_releases l JOIN {numbers} k ON k.id = l.release",
    )
    counts = dict(duck.run("SELECT artist, count FROM listed_counts"))

    def lists(at: int, id: str) -> Listed:
        made, recorded = listed(at)
        lie = recorded
        if id in gone or id in come:
            left = {number for (number,) in gone.get(id, ())}
            stay = (number for number in recorded if number not in left)
            lie = []
            for place, number in come.get(id, ()):
                lie.extend(itertools.islice(stay, place - len(lie)))
                lie.append(number)
            lie.extend(stay)
            if len(lie) != counts.get(id, 0):
                raise ChangedOtherwise(id)
        moved = releases.get(id, ())
        stand = set(made).difference(number for number, _ in moved)
        stand.update(number for number, stands in moved if stands)
        return sorted(stand), lie

    return things_with(duck, lists, _SOUNDING)


_SOUNDING: Final = "SELECT p.number, 1 FROM sounding_artists s JOIN page_numbers p ON p.id = s.id ORDER BY 1"


def _by_artist(duck: Duck, query: str) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for artist, *said in duck.run(query):
        found.setdefault(str(artist), []).append(tuple(said))
    return found
