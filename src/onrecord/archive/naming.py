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
from onrecord.search.entities import Entities, Seat
from onrecord.search.entity_changes import Renewed, Thing
from onrecord.search.entity_filling import fill, is_usable, renew
from onrecord.search.fields import Document, dated, day_of
from onrecord.search.finishing import ENTITIES
from onrecord.search.row_filling import Filled

#: The license of MusicBrainz's core data: a kept record under any other is not what an answer is made of.
FREE: Final = "CC0-1.0"
#: The file below `search/`.
FILE: Final = ENTITIES
_MENTIONS: Final = "mentions_of_records"
#: As it was called while it had votes, which are not CC0, while it had no languages, and while it had only what might
#: be shown when it was read.
_EARLIER: Final = ("mentioned", "mentions", "record_mentions")


def mention(archive: Archive, duck: Duck) -> None:
    """Bring up to date what records name, behind a match and in its database."""
    named.mention(duck, archive.canonical(_MENTIONS), _free(archive))
    for earlier in _EARLIER:
        archive.canonical(earlier).unlink(missing_ok=True)


def has_mentions(archive: Archive) -> bool:
    """Is what records name there, and nothing that an earlier version noted of them?"""
    return archive.canonical(_MENTIONS).exists() and not any(
        archive.canonical(earlier).exists() for earlier in _EARLIER
    )


def shown_otherwise(archive: Archive, duck: Duck, since: int) -> str:
    """A source whose records came up to a log entry, and may be shown now but not when that was matched, or the other
    way round; "" where there is none."""
    path = archive.folder / "search" / FILE
    if not is_usable(path):
        return ""  # nothing is told of any, and this run makes it again
    for source in sorted(Entities(path).rests_on().symmetric_difference(_free(archive))):
        if duck.run("SELECT 1 FROM records WHERE source = ? AND seq <= ? LIMIT 1", [source, since]):
            return source
    return ""


def name_things(archive: Archive, duck: Duck, *, updated: bool = False) -> Filled:
    """Bring both up to what was matched in `duck`, behind `mention`; what is as it was is not written again. Where
    `updating` left it and `touched_pages` were found, only what that touched is looked at."""

    def things() -> Iterator[Thing]:
        return map(_thing, named.things(duck))

    def renewed(most: int) -> Renewed | None:
        touched, ends = named.touch(duck), named.touched_ends(duck)
        if len(touched) + len(ends) > most:
            return None
        told = list(things())
        return Renewed(touched, told, ends, list(named.touched_links(duck)), named.touched_records(duck))

    path, free = archive.folder / "search" / FILE, _free(archive)
    if updated and (filled := renew(path, renewed, free)):
        return filled
    named.tell(duck)
    filled = fill(path, things, lambda: named.links(duck), lambda: named.kept_records(duck), free)
    named.keep(duck)
    return filled


def _free(archive: Archive) -> list[str]:
    """The sources whose records may be shown."""
    return [name for name, (license, _) in archive.ledger.sources().items() if license == FREE]


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
