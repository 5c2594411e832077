# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much is committed at a time, for a kill costs at most one portion of the work; and what is told on the way."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from msgspec import Struct

from onrecord.errors import OnrecordError

Item = TypeVar("Item")

#: Whichever is reached first.
FILES = 4096
SECONDS = 60.0


class Progress(Struct, frozen=True):
    """Files and bytes that were looked at so far, and seconds of sound that were decoded."""

    files: int
    bytes: int
    sound: float


class Done(Protocol):
    """Something that a worker has done: bytes that it read, and seconds of sound that it decoded."""

    @property
    def size(self) -> int: ...

    @property
    def seconds(self) -> float: ...


Work = TypeVar("Work", bound=Done)


def told(results: Iterable[Sequence[Work]], tell: Callable[[Progress], None]) -> Iterator[Sequence[Work]]:
    """The same results, with the progress told on the way."""
    files, size, sound = 0, 0, 0.0
    for found in results:
        files += len(found)
        size += sum(item.size for item in found)
        sound += sum(item.seconds for item in found)
        tell(Progress(files, size, sound))
        yield found


def in_portions(
    results: Iterable[Sequence[Item]], files: int = FILES, seconds: float = SECONDS
) -> Iterator[list[Item]]:
    """What workers give, joined to portions worth a commit. The last may be small; an empty one is never given.

    Where work stops (somebody asked for it, a disk is full) what is finished is given before that is raised.
    """
    waiting: list[Item] = []
    last = time.monotonic()
    try:
        for found in results:
            waiting += found
            if waiting and (len(waiting) >= files or time.monotonic() - last >= seconds):
                portion, waiting, last = waiting, [], time.monotonic()
                yield portion
    except (KeyboardInterrupt, OnrecordError):
        if waiting:
            yield waiting
        raise
    if waiting:
        yield waiting
