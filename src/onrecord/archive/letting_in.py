# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets the files of another archive's edition in that are not kept on its word: read and decoded here first."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from onrecord.archive.allowed import Allowed
from onrecord.archive.batch import Batch
from onrecord.archive.core import Archive
from onrecord.archive.door import Admission, admit
from onrecord.archive.foreign import RECORD, source_of
from onrecord.archive.ingest import Chunk, Incoming, Ingested, chunk_of, ingest, limits_of
from onrecord.archive.quarantining import Listed
from onrecord.engine.pool import Workers
from onrecord.errors import DigestMismatch, MirrorFailed
from onrecord.model.identifiers import sha256
from onrecord.rights import RULES
from onrecord.sources.sidecars import tag_evidence
from onrecord.store import Arrival

_CHUNK: Final = 8
#: Files that are let in by one commit, and seconds for which the write lock is held for that: others write between.
_COMMIT: Final = 1024
_AT_A_TIME: Final = 4.0
_PAUSE: Final = 0.1


class SyncReport(Struct):
    """What one `sync` of one archive brought. `refused` files are left out by this archive's own rights gate.

    `hidden` files are held, and were withdrawn by the archive since the last run; `shown` is how many of its
    withdrawals were lifted. `expired` is the day on which its feed ceased to be good, "" where it is: then nothing was
    fetched over the network, and `number` is the edition that goes on being served. `left_out` are volumes that are
    not in the plan. `absent` counts files that a disk or a page did not have, `damaged` names those that were not right
    on the disk. `unlike` names files that are not what the archive's word said, and why: they were set aside.
    `failed` says what ended it, "" where nothing did, `hint` what can be done, and `exit_code` is that of the error.
    """

    archive: str
    number: int = 0
    files: int = 0
    bytes: int = 0
    had: int = 0
    refused: int = 0
    downloaded: int = 0
    volumes: int = 0
    hidden: int = 0
    shown: int = 0
    expired: str = ""
    left_out: int = 0
    absent: int = 0
    damaged: list[str] = field(default_factory=list)
    unlike: list[str] = field(default_factory=list)
    failed: str = ""
    hint: str = ""
    exit_code: int = 0


class LettingIn:
    """Takes files of one archive's edition. `listed` is the archive's list of withdrawals.

    Where `link_now()`, what the edition says of a file is linked with the file; else that is left to the commit of the
    edition itself, which links all at once.
    """

    def __init__(
        self,
        archive: Archive,
        archive_id: str,
        workers: Workers,
        report: SyncReport,
        listed: Listed | None,
        link_now: Callable[[], bool],
    ) -> None:
        self._archive = archive
        self._archive_id = archive_id
        self._workers = workers
        self._report = report
        self._listed = listed
        self._link_now = link_now

    def take(self, files: list[Path], allowed: Allowed) -> None:
        """Let files in by the one door: read and decoded here, and refused where they are not what they were called.

        The write lock is held for a few seconds at a time.
        """
        allowed.look_up([digest_in(path.name) for path in files])
        left = deque(files)
        while left:
            with self._archive.writing(moment=True):
                taken: list[Ingested] = []
                for results in self._workers.map(ingest, self._chunks(left)):
                    for result in results:
                        self._look_at(result)
                    taken += results
                self._commit(taken, allowed)
            if left:
                time.sleep(_PAUSE)  # for who waits to write

    def _look_at(self, result: Ingested) -> None:
        if result.staged is None or result.probe is None:
            code, why = result.refused or ("not-sound", "nothing in it can be decoded")
            raise MirrorFailed(f"{result.path.name}: {why} [{code}]", "ask the archive's owner")
        expect(result.path.name, result.staged.digests.sha256, digest_in(result.path.name))

    def _chunks(self, left: deque[Path]) -> Iterator[Chunk]:
        """What one commit takes of the files that are left."""
        limits, until = limits_of(self._archive), time.monotonic() + _AT_A_TIME
        for _ in range(0, _COMMIT, _CHUNK):
            listed = [left.popleft() for _ in range(min(_CHUNK, len(left)))]
            if not listed:
                return
            for path in listed:
                path.chmod(0o444)
            incoming = [Incoming(path, path.stat().st_size, maybe_held=True) for path in listed]
            yield chunk_of(self._archive, incoming, Arrival.MOVE, {}, limits)
            if time.monotonic() > until:
                return

    def _commit(self, results: list[Ingested], allowed: Allowed) -> None:
        batch = Batch(self._archive.ledger)
        kept: list[Ingested] = []
        for result in results:
            admission = self._admit(result, allowed)
            if admission.code or result.staged is None or result.probe is None:
                self._report.refused += 1
                allowed.refuse(admission.sha256)
                name = f"{source_of(self._archive_id)}:{result.path.name}"
                batch.refuse(name, admission.sha256, admission.code, admission.detail)
                continue
            batch.hold(result.staged, result.probe, result.pictures)
            # What the edition says is linked as its word; what the bytes say of themselves is ours to read.
            batch.link(admission.sha256, tag_evidence(result.probe.tags))
            if self._link_now():
                batch.link(
                    admission.sha256, allowed.get(admission.sha256, ()), source_of(self._archive_id), RECORD
                )
            kept.append(result)
            self._report.files += 1
            self._report.bytes += result.size
        if batch.rows:
            data = {"files": len(kept), "mirror_of": self._archive_id, **batch.repaired_data()}
            staged = [part for result in kept for part in result.parts]
            self._archive.commit("added", data, batch.rows, batch.evidence, staged)

    def _admit(self, result: Ingested, allowed: Allowed) -> Admission:
        digest = digest_in(result.path.name)
        sound = result.probe.sound if result.probe else None
        if self._listed is not None and sound is not None and self._listed.has(digest, sound.audio_sha256):
            return Admission(digest, code="R-WITHDRAWN", detail=RULES["R-WITHDRAWN"].sentence)
        return admit(self._archive, result, allowed.get(digest, ()))


def digest_in(name: str) -> str:
    """The digest that a payload file is called by, "" for any other name."""
    return sha256(name.partition(".")[0])


def expect(name: str, found: str, expected: str) -> None:
    """DigestMismatch where a file is not what it should be."""
    if found != expected:
        raise DigestMismatch(
            f"{name}: expected SHA-256 {expected}, got {found}", "fetch it again from another mirror"
        )
