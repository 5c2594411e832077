# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What visitors ask an archive for: names that are in it, typed as people type them, one in ten with a mistake."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct
from search_made import mistype

SEED: Final = 2026
_SAMPLE: Final = 20_000
#: A word this long may be mistyped; shorter ones are typed right.
_LONG: Final = 5


class Question(Struct, frozen=True):
    """`recording` is what was meant."""

    text: str
    kind: str
    recording: str


def questions(archive: Path) -> Iterator[Question]:
    """Without end; the same archive gives the same ones."""
    chance = random.Random(SEED)
    things = _things(archive)
    while True:
        recording, title, artist = chance.choice(things)
        kind, text = chance.choice(
            [
                ("a title", title),
                ("an artist", artist),
                ("a title and a name of its artist", f"{title} {artist.split()[0]}"),
                ("a word of each", f"{title.split()[0]} {artist.split()[-1]}"),
                ("a beginning", title[: max(len(title) * 2 // 3, 3)]),
            ]
        )
        words = text.split()
        long = [at for at, word in enumerate(words) if len(word) >= _LONG and word.isascii()]
        if chance.random() < 0.1 and long:
            at = chance.choice(long)
            words[at] = mistype(words[at].lower(), chance)
            kind = "one mistake"
        yield Question(" ".join(words), kind, recording)


def _things(archive: Path) -> list[tuple[str, str, str]]:
    import duckdb

    from onrecord.catalog import canonical_files

    query = canonical_files.rows(archive / "catalog" / "canonical", "canonical_recordings")
    with duckdb.connect(config={"memory_limit": "1GB", "threads": 1}) as db:
        found = db.execute(
            f"SELECT id, title, artist FROM ({query}) WHERE trim(title) <> '' AND trim(artist) <> ''"
            f" USING SAMPLE reservoir({_SAMPLE} ROWS) REPEATABLE ({SEED})"
        ).fetchall()
    return sorted((str(id), str(title), str(artist)) for id, title, artist in found)
