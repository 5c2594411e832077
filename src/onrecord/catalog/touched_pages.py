# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pages an update touched (`updating`), and what they are made of, for `pages` to make these and no others."""

from typing import Final

from onrecord.catalog.match import sql
from onrecord.catalog.merging import widen
from onrecord.catalog.pages import number_things
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


def find_touched(duck: Duck) -> list[str]:
    """Ids of the things whose pages may be others than before, those that are gone among them: `touched_pages`.
    Behind `updating.update` and `naming`."""
    duck.run(sql("touched_pages"))
    return [str(id) for (id,) in duck.run("SELECT id FROM touched_pages ORDER BY rank, id")]


def narrow(duck: Duck) -> None:
    """Leave of what pages are made of what `touched_pages` are made of."""
    duck.run(sql("touched_rows"))
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
    duck.run("DROP TABLE release_makers")
    widen(duck)
    duck.run("CREATE OR REPLACE TABLE recording_blobs AS FROM held_blobs")


def number(duck: Duck, last: int) -> None:
    """As `pages.number`, after `narrow`."""
    number_things(duck, last)
