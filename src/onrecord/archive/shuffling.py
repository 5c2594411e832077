# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings by chance: of all that may be heard here today each is as likely as any other, however many there are.

The ledger keeps kept sound in the order of its digests. A part of that order is drawn, all parts being of one width;
of what lies in it one is drawn, and taken with a likelihood that grows with how many lie there, so that crowded parts
are not at a disadvantage (rejection sampling, as in Olken and Rotem, Random Sampling from Databases, 1995). A file that
may not be heard, or is not the first of its recording that may, is drawn and left.
"""

import random
from collections.abc import Iterator
from typing import Final

from onrecord.archive.core import Archive
from onrecord.archive.reading import Reader
from onrecord.archive.shelves import on_shelf
from onrecord.errors import IsWithdrawn, NotFound
from onrecord.ledger import Ledger
from onrecord.model.rights import Use
from onrecord.model.views import RecordingView, SoundView

#: Digests that a part may hold. With eight in the mean, a part of more is not met with (2 in 10^32).
_MOST: Final = 64
#: Where there are no more than this they are drawn one after the other, so an archive of which nothing may be heard is
#: seen to be one.
_FEW: Final = 2_000
#: Files that are drawn for one answer. Where fewer than one in some hundreds may be heard, the answer may be short.
_DRAWS: Final = 5_000


def shuffled(
    archive: Archive,
    reader: Reader,
    wanted: int,
    territory: str,
    shelf: str = "",
    chance: random.Random | None = None,
) -> list[tuple[RecordingView, SoundView]]:
    """So many recordings, none twice, each with the file that may be streamed to `territory` today.

    `shelf` narrows to files of volumes whose name has it as a part, such as `cc-by`.
    """
    chance = chance or random.SystemRandom()
    found: dict[str, tuple[RecordingView, SoundView]] = {}
    if wanted < 1:
        return []
    for sha256 in _drawn(archive.ledger, chance):
        if shelf and not on_shelf(archive.ledger.volume(sha256), shelf):
            continue
        try:
            view = reader.why(sha256)
        except (NotFound, IsWithdrawn):
            continue
        first = next((it for it in view.sounds if _may(reader, it, territory)), None)
        if first is not None and first.sha256 == sha256 and view.id not in found:
            found[view.id] = view, first
            if len(found) == wanted:
                break
    return list(found.values())


def _may(reader: Reader, sound: SoundView, territory: str) -> bool:
    return sound.state == "ok" and reader.may(sound.sha256, Use.STREAM, territory).allow


def _drawn(ledger: Ledger, chance: random.Random) -> Iterator[str]:
    every = ledger.sounds_from(0, 0, _FEW + 1)
    if len(every) <= _FEW:
        chance.shuffle(every)
        yield from every
        return
    depth = _depth(ledger, chance)
    for _ in range(_DRAWS):
        yield _draw(ledger, depth, chance)


def _depth(ledger: Ledger, chance: random.Random) -> int:
    """Bits that name a part, so that a part holds some eight digests in the mean."""
    depth = 1
    while (
        max(len(ledger.sounds_from(chance.getrandbits(depth), depth, _MOST + 1)) for _ in range(3))
        > _MOST // 4
    ):
        depth += 1
    return depth


def _draw(ledger: Ledger, depth: int, chance: random.Random) -> str:
    while True:
        part = ledger.sounds_from(chance.getrandbits(depth), depth, _MOST)
        at = chance.randrange(_MOST)
        if at < len(part):
            return part[at]
