# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and decodes files that are held on another archive's word: what they are, whatever was said of them."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from onrecord.archive.chunk import Blobs
from onrecord.archive.ingest import Limits, refused_by_ends
from onrecord.errors import DigestMismatch, IntegrityError, NotFound, StoreFailed
from onrecord.store.digest import digest_file


class Looked(Struct, frozen=True):
    """What one read and one decode of a blob said: `Digests` and `Probe` as MessagePack, its pictures included; or
    neither, and why (a code, a sentence)."""

    sha256: str
    digests: bytes = b""
    probe: bytes = b""
    code: str = ""
    detail: str = ""


def look(chunk: Blobs) -> Iterator[Looked]:
    """Read each blob once for all its digests, and decode it once, in a confined child."""
    store = chunk.store
    for sha256, root, size in chunk.blobs:
        try:
            with store.holding(sha256, root) as path:
                yield _looked(path, chunk.limits, sha256, size)
        except (NotFound, DigestMismatch) as error:
            yield Looked(sha256, code="missing", detail=error.message)
        except (IntegrityError, StoreFailed) as error:
            yield Looked(sha256, code="unreadable", detail=error.message)
        except OSError as error:
            yield Looked(sha256, code="unreadable", detail=f"{sha256}: {error.strerror or error}")


def look_at_once(chunk: Blobs) -> list[Looked]:
    """The same for a few, in a worker process whose answers are awaited."""
    return list(look(chunk))


def _looked(path: Path, limits: Limits, sha256: str, size: int) -> Looked:
    from onrecord import audio

    digests = digest_file(path)
    if digests.sha256 != sha256:
        # Before anything is said of what it is: damage is nobody's false word.
        return Looked(sha256, code="unreadable", detail=f"{path}: it is damaged, run `onrecord check`")
    if refused := refused_by_ends(path, size):
        return Looked(sha256, code=refused[0], detail=refused[1])
    probe = audio.probe(path, seconds=limits.seconds_for(size), memory=limits.memory)
    if probe.sound is None:
        # The last one is why there is no sound; what was wrong with the tags came before.
        fault = probe.faults[-1] if probe.faults else None
        code, detail = (
            (fault.code, fault.detail) if fault else ("not-sound", "nothing in it can be decoded as sound")
        )
        return Looked(sha256, code=code, detail=detail)
    told = msgspec.msgpack.encode(structs.asdict(digests))
    return Looked(sha256, told, msgspec.msgpack.encode(probe))
