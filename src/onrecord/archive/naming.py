# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes what the MusicBrainz web service reads: which UUID is which thing, what belongs together, what is searched."""

import re
import secrets
from collections.abc import Iterator, Sequence
from typing import Final

from onrecord.archive.core import Archive
from onrecord.catalog import named
from onrecord.engine.duck import Duck
from onrecord.search import entities
from onrecord.search.fields import Document, FieldIndex, leave_only

#: The license of MusicBrainz's core data: a kept record under any other is not what an answer is made of.
FREE: Final = "CC0-1.0"
#: The file below `search/`.
FILE: Final = "entities.sqlite"
_DATE: Final = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")


def name_things(archive: Archive, duck: Duck, redirects: Sequence[tuple[str, str]]) -> None:
    """Write both beside the old ones, then point readers to them. Runs behind a match, in its database."""
    search = archive.folder / "search"
    free = [name for name, (license, _) in archive.ledger.sources().items() if license == FREE]
    named.mention(duck, archive.canonical("mentions"), free)
    fresh = f"fields-{archive.log.next_seq}-{secrets.token_hex(4)}"
    FieldIndex(search / fresh, make=True).add(_documents(duck))
    entities.write(search / FILE, named.named(duck, redirects), named.links(duck), fresh)
    leave_only(search, fresh)


def _documents(duck: Duck) -> Iterator[Document]:
    for text in named.texts(duck):
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
        yield Document(
            text.kind,
            text.id,
            text.thing,
            {
                "name": text.name,
                "others": " ".join(filter(None, text.others)),
                "artist": text.artist,
                "releases": " ".join(text.releases),
                "label": text.label,
            },
            codes,
            numbers,
        )
