# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes what the MusicBrainz web service reads: which UUID is which thing, what belongs together, what is searched."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from onrecord.archive.core import Archive
from onrecord.catalog import named
from onrecord.catalog.named import Text
from onrecord.engine.duck import Duck
from onrecord.search.entity_filling import Seat, Thing, fill
from onrecord.search.fields import Document
from onrecord.search.finishing import ENTITIES
from onrecord.search.row_filling import Filled

#: The license of MusicBrainz's core data: a kept record under any other is not what an answer is made of.
FREE: Final = "CC0-1.0"
#: The file below `search/`.
FILE: Final = ENTITIES
_DATE: Final = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")


def name_things(archive: Archive, duck: Duck, redirects: Sequence[tuple[str, str]]) -> Filled:
    """Bring both up to what was matched in `duck`, behind a match and in its database; what is as it was is not written
    again."""
    free = [name for name, (license, _) in archive.ledger.sources().items() if license == FREE]
    named.mention(duck, archive.canonical("mentions"), free)
    archive.canonical("mentioned").unlink(
        missing_ok=True
    )  # as it was called while it had votes, which are not CC0

    def things() -> Iterator[Thing]:
        return map(_thing, named.things(duck))

    return fill(archive.folder / "search" / FILE, things, lambda: named.links(duck), named.turned(redirects))


def _thing(text: Text) -> Thing:
    own = Seat(named.own_id(text.kind, text.thing), not text.seats)
    seats = (*(Seat(mbid, True, source, seq) for mbid, source, seq in text.seats), own)
    return Thing(text.name, text.body, seats, _document(text))


def _document(text: Text) -> Document:
    codes = list(text.codes)
    numbers = {}
    if date := _DATE.fullmatch(text.date):
        year, month, day = date.groups()
        numbers["day"] = int(f"{year}{month or '00'}{day or '00'}")
        codes += [f"date={text.date}", f"date={text.date[:4]}", f"date={text.date[:7]}"]
    if text.length is not None:
        numbers["length"] = text.length
    if text.tracks is not None:
        numbers["tracks"] = text.tracks
    words = {
        "name": text.name,
        "others": " ".join(text.others),
        "artist": text.artist,
        "releases": " ".join(text.releases),
        "label": text.label,
    }
    return Document(text.kind, text.id, text.thing, words, codes, numbers)
