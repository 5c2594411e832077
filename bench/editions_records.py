# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Digest records of files that do not exist, in the order of their digests; a number always gives the same record."""

import hashlib
import resource
import time
from collections.abc import Iterator
from typing import Final

from onrecord.model.digests import PIECE, PIECE_HEIGHT, Digests, merkle_root
from onrecord.publish.volume import VolumeFile

#: What the archive is designed for.
WHOLE: Final = 86_000_000
WHOLE_BYTES: Final = 300_000_000_000_000
#: Sizes in hundredths of the middle one: pieces of music from one minute to a quarter of an hour.
_SPREAD: Final = (30, 55, 70, 80, 90, 95, 100, 105, 115, 130, 140, 190)
_STEP: Final = 2**64 // WHOLE
_CHUNK: Final = 500


class Records:
    """Records from one number on; `spent` is the CPU time that making them took."""

    def __init__(self, start: int, stop: int) -> None:
        self.start, self.stop = start, stop
        self.spent = 0.0

    def __iter__(self) -> Iterator[VolumeFile]:
        for first in range(self.start, self.stop, _CHUNK):
            begun = time.process_time()
            chunk = [record(number) for number in range(first, min(first + _CHUNK, self.stop))]
            self.spent += time.process_time() - begun
            yield from chunk


def record(number: int) -> VolumeFile:
    size = WHOLE_BYTES // WHOLE * _SPREAD[number % len(_SPREAD)] // 100
    pieces = -(-size // PIECE)
    noise = hashlib.shake_128(b"%d" % number).digest(24 + 32 + 52 * pieces + 20)
    layer = noise[56 : 56 + 32 * pieces]
    v1 = noise[56 + 32 * pieces : 56 + 52 * pieces]
    root = merkle_root([layer[at : at + 32] for at in range(0, len(layer), 32)], PIECE_HEIGHT)
    sha256 = f"{number * _STEP:016x}{noise[:24].hex()}"
    return VolumeFile(
        sha256,
        "ogg",
        Digests(sha256, size, noise[24:56], root, layer if pieces > 1 else b"", v1, noise[-20:]),
    )


def cpu() -> float:
    """CPU seconds of this process, all its threads, and of the children that it has waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def largest_memory() -> int:
    """The most bytes that this process ever had in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
