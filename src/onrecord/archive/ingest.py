# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a worker process does with a file: one read for the digests, one decode for what the bytes say.

Runs in worker processes; commits nothing.
"""

import errno
import os
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from onrecord import audio
from onrecord.errors import OnrecordError
from onrecord.model.sound import Probe
from onrecord.store import Arrival, Root, Staged, Store
from onrecord.store.roots import refused_write


class Incoming(Struct, frozen=True):
    """A file to read. `maybe_held` False promises that the store has no blob of this size."""

    path: Path
    size: int
    maybe_held: bool


class Chunk(Struct, frozen=True):
    """Files for one worker, with all that it needs to know."""

    files: Sequence[Incoming]
    roots: Sequence[Root]
    reserve: int
    arrival: Arrival
    whole: dict[str, str]  # digests of blobs that may be met again, with their roots
    seconds: float
    memory_mb: int


class Ingested(Struct, frozen=True):
    """One file's answer: staged and probed, or refused with a code and a sentence."""

    path: Path
    size: int
    staged: Staged | None
    probe: Probe | None
    refused: tuple[str, str] | None = None


def ingest(chunk: Chunk) -> list[Ingested]:
    """Stage and probe each file of a chunk. One file's failure costs that file; a full disk stops the chunk."""
    store = Store(chunk.roots, reserve=chunk.reserve)
    return [_one(store, chunk, incoming) for incoming in chunk.files]


def _one(store: Store, chunk: Chunk, incoming: Incoming) -> Ingested:
    path, size = incoming.path, incoming.size

    def held(sha256: str) -> str | None:
        return chunk.whole.get(sha256) if store.find(sha256) else None

    try:
        # Most of what lies beside sound is told by its first bytes; it is not copied to find that out.
        if other := audio.other_than_sound(_head(path)):
            return Ingested(path, size, None, None, (other.code, other.detail))
        staged = store.stage(path, chunk.arrival, maybe_held=incoming.maybe_held, held=held)
        # The bytes that were staged, whatever the path leads to by now.
        kept = staged.part or store.path(staged.digests.sha256, staged.root)
        probe = audio.probe(kept, seconds=chunk.seconds, memory=chunk.memory_mb * 1024 * 1024)
    except OnrecordError as error:
        if error.exit_code != 1 or type(error) is not OnrecordError:
            raise
        return Ingested(path, size, None, None, ("unreadable", error.message))
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise refused_write(error, path) from error
        return Ingested(path, size, None, None, ("unreadable", f"{path}: {error.strerror or error}"))
    if probe.sound is None:
        if staged.part:
            staged.part.unlink(missing_ok=True)
        # The last one is why there is no sound; what was wrong with the tags came before.
        fault = probe.faults[-1] if probe.faults else None
        refused = (
            (fault.code, fault.detail) if fault else ("not-sound", "nothing in it can be decoded as sound")
        )
        return Ingested(path, size, None, None, refused)
    return Ingested(path, size, staged, probe)


def _head(path: Path) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return os.read(fd, audio.HEAD)
    finally:
        os.close(fd)
