# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes what the MusicBrainz web service reads: which UUID is which thing, what belongs together, what is searched."""

import uuid
from collections.abc import Iterator
from typing import Final

from onrecord.archive.core import Archive
from onrecord.catalog import named
from onrecord.catalog.named import Text
from onrecord.engine.duck import Duck
from onrecord.search.entities import Seat
from onrecord.search.entity_filling import Thing, fill
from onrecord.search.fields import Document, dated, day_of
from onrecord.search.finishing import ENTITIES
from onrecord.search.row_filling import Filled

#: The license of MusicBrainz's core data: a kept record under any other is not what an answer is made of.
FREE: Final = "CC0-1.0"
#: The file below `search/`.
FILE: Final = ENTITIES


def name_things(archive: Archive, duck: Duck) -> Filled:
    """Bring both up to what was matched in `duck`, behind a match and in its database; what is as it was is not written
    again."""
    free = [name for name, (license, _) in archive.ledger.sources().items() if license == FREE]
    named.mention(duck, archive.canonical("record_mentions"), free)
    # As it was called while it had votes, which are not CC0, and while it had no languages.
    for earlier in ("mentioned", "mentions"):
        archive.canonical(earlier).unlink(missing_ok=True)

    def things() -> Iterator[Thing]:
        return map(_thing, named.things(duck))

    return fill(
        archive.folder / "search" / FILE,
        things,
        lambda: named.links(duck),
        lambda: named.kept_records(duck),
    )


def _thing(text: Text) -> Thing:
    seats = tuple(Seat(uuid.UUID(mbid).bytes, source, seq) for mbid, source, seq in text.seats)
    return Thing(text.name, text.body, seats, _document(text))


def _document(text: Text) -> Document:
    codes = list(text.codes)
    numbers = {}
    if day := day_of(text.date):
        numbers["day"] = day
        codes += dated(text.date)
    words = {
        "name": text.name,
        "others": " ".join(text.others),
        "artist": text.artist,
        "releases": " ".join(text.releases),
        "label": text.label,
    }
    return Document(text.kind, text.thing, words, codes, numbers)
