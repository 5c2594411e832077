# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a worker process does with a file: one read for the digests, one decode for what the bytes say.

Runs in worker processes; commits nothing.
"""

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from onrecord import audio
from onrecord.archive.taken_files import taken_file
from onrecord.errors import OnrecordError
from onrecord.model.sound import Probe
from onrecord.rights.taken import HEAD
from onrecord.rights.taken_sound import taken_sound
from onrecord.store import Arrival, Pace, Root, Staged, Store
from onrecord.store.roots import refused_write

if TYPE_CHECKING:
    from onrecord.archive.core import Archive


class Incoming(Struct, frozen=True):
    """A file to read. `maybe_held` False promises that the store has no blob of this size."""

    path: Path
    size: int
    maybe_held: bool


class Limits(Struct, frozen=True):
    """What one file may cost, and how fast one worker may read (bytes a second, 0: as fast as the disk)."""

    seconds: float
    memory: int
    rate: float = 0.0

    def seconds_for(self, size: int) -> float:
        """A long file may take longer: `seconds` for each 100 MB that it has begun."""
        return self.seconds * (1 + size // 100_000_000)


class Chunk(Struct, frozen=True):
    """Files for one worker, with all that it needs to know."""

    files: Sequence[Incoming]
    roots: Sequence[Root]
    reserve: int
    arrival: Arrival
    whole: dict[str, str]  # digests of blobs that may be met again, with their roots
    limits: Limits


class Ingested(Struct, frozen=True):
    """One file's answer: staged and probed, or refused with a code and a sentence.

    `pictures` are staged in the probe's order; the probe itself no longer bears their bytes.
    """

    path: Path
    size: int
    staged: Staged | None
    probe: Probe | None
    refused: tuple[str, str] | None = None
    pictures: Sequence[Staged] = ()

    @property
    def parts(self) -> list[Staged]:
        """All that waits to be committed with this file."""
        return [*([self.staged] if self.staged else []), *self.pictures]


def limits_of(archive: "Archive", io_limit: float = 0.0) -> Limits:
    """The limits by the settings; `io_limit` is what all workers together may read, in bytes a second."""
    settings = archive.settings
    return Limits(
        settings.work.decode_seconds, settings.work.decode_mb * 1024 * 1024, io_limit / settings.workers
    )


def chunk_of(
    archive: "Archive", files: Sequence[Incoming], arrival: Arrival, whole: dict[str, str], limits: Limits
) -> Chunk:
    """Work for one worker on files that come into `archive`."""
    return Chunk(files, archive.store.roots, archive.store.reserve, arrival, whole, limits)


def ingest(chunk: Chunk) -> list[Ingested]:
    """Stage and probe each file of a chunk. One file's failure costs that file; a full disk stops the chunk."""
    store = Store(chunk.roots, chunk.reserve, Pace(chunk.limits.rate))
    return [_one(store, chunk, incoming) for incoming in chunk.files]


def _one(store: Store, chunk: Chunk, incoming: Incoming) -> Ingested:
    path, size = incoming.path, incoming.size

    def held(sha256: str) -> str | None:
        return chunk.whole.get(sha256) if store.find(sha256) else None

    try:
        # Most of what lies beside sound is told by its first bytes; it is not copied to find that out.
        if refused := refused_by_ends(path, size):
            return Ingested(path, size, None, None, refused)
        staged = store.stage(path, chunk.arrival, maybe_held=incoming.maybe_held, held=held)
        # The bytes that were staged, whatever the path leads to by now.
        kept = staged.part or store.path(staged.digests.sha256, staged.root)
        limits = chunk.limits
        probe = audio.probe(kept, seconds=limits.seconds_for(size), memory=limits.memory)
        why = "" if probe.sound else taken_file(path)
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
        if why:
            return Ingested(path, size, None, None, ("taken-set", why))
        # The last one is why there is no sound; what was wrong with the tags came before.
        fault = probe.faults[-1] if probe.faults else None
        refused = (
            (fault.code, fault.detail) if fault else ("not-sound", "nothing in it can be decoded as sound")
        )
        return Ingested(path, size, None, None, refused)
    probe, pictures = stage_pictures(store, probe)
    return Ingested(path, size, staged, probe, pictures=pictures)


def refused_by_ends(path: Path, size: int) -> tuple[str, str] | None:
    """Why a file is not read, by its first and last bytes: (code, sentence). Raises OSError."""
    head, tail = _ends(path, size)
    other = audio.other_than_sound(head[: audio.HEAD])
    if why := taken_file(path) if other else taken_sound(head, tail):
        return "taken-set", why
    return (other.code, other.detail) if other else None


def stage_pictures(store: Store, probe: Probe) -> tuple[Probe, list[Staged]]:
    """Stage the pictures of a probe; gives it without their bytes, and what was staged, in its order."""
    staged = [store.stage_bytes(picture.data) for picture in probe.pictures]
    bare = tuple(structs.replace(picture, data=b"") for picture in probe.pictures)
    return structs.replace(probe, pictures=bare), staged


def _ends(path: Path, size: int) -> tuple[bytes, bytes]:
    """The first bytes of a file, and the last ones of what lies behind them."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        head = os.read(fd, HEAD)
        tail = os.pread(fd, _TAIL, max(len(head), size - _TAIL))
        return head, tail
    finally:
        os.close(fd)


#: Bytes of a file's end in which a set that was taken from a service may show.
_TAIL = 64 * 1024
