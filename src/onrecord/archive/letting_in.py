# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets the files of another archive's edition in: by the one door, read and decoded here, and counted."""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct, field

from onrecord.archive.batch import Batch
from onrecord.archive.core import Archive
from onrecord.archive.door import Admission, admit
from onrecord.archive.foreign import RECORD, source_of
from onrecord.archive.ingest import Chunk, Incoming, Ingested, chunk_of, ingest, limits_of
from onrecord.archive.quarantining import Listed
from onrecord.engine.pool import Workers
from onrecord.errors import DigestMismatch, MirrorFailed
from onrecord.model.identifiers import sha256
from onrecord.model.rights import Evidence
from onrecord.rights import RULES
from onrecord.sources.sidecars import tag_evidence
from onrecord.store import Arrival

_CHUNK = 8
_COMMIT = 1024


class SyncReport(Struct):
    """What one `sync` of one archive brought. `refused` files are left out by this archive's own rights gate.

    `hidden` files are held, and were withdrawn by the archive since the last run; `shown` is how many of its
    withdrawals were lifted. `expired` is the day on which its feed ceased to be good, "" where it is: then nothing was
    fetched over the network, and `number` is the edition that goes on being served. `left_out` are volumes that are
    not in the plan. `absent` counts files that a disk did not have, `damaged` names those that were not right on it.
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


class LettingIn:
    """Takes files of one archive's edition. `listed` is the archive's list of withdrawals.

    With `link_now` what the edition says of a file is linked with the file; else that is left to the commit of the
    edition itself, which links all at once.
    """

    def __init__(
        self,
        archive: Archive,
        archive_id: str,
        workers: Workers,
        report: SyncReport,
        listed: Listed | None,
        *,
        link_now: bool,
    ) -> None:
        self._archive = archive
        self._archive_id = archive_id
        self._workers = workers
        self._report = report
        self._listed = listed
        self._link_now = link_now

    def take(self, chunks: Iterator[Chunk], allowed: dict[str, list[Evidence]]) -> None:
        """Let files in by the one door: read and decoded here, and refused where they are not what they were called."""
        waiting: list[Ingested] = []
        for results in self._workers.map(ingest, chunks):
            for result in results:
                self._look_at(result)
            waiting += results
            if len(waiting) >= _COMMIT:
                self._commit(waiting, allowed)
                waiting = []
        self._commit(waiting, allowed)

    def _look_at(self, result: Ingested) -> None:
        if result.staged is None or result.probe is None:
            code, why = result.refused or ("not-sound", "nothing in it can be decoded")
            raise MirrorFailed(f"{result.path.name}: {why} [{code}]", "ask the archive's owner")
        expect(result.path.name, result.staged.digests.sha256, digest_in(result.path.name))

    def chunks(self, files: list[Path]) -> Iterator[Chunk]:
        limits = limits_of(self._archive)
        for start in range(0, len(files), _CHUNK):
            listed = files[start : start + _CHUNK]
            for path in listed:
                path.chmod(0o444)
            incoming = [Incoming(path, path.stat().st_size, maybe_held=True) for path in listed]
            yield chunk_of(self._archive, incoming, Arrival.MOVE, {}, limits)

    def _commit(self, results: list[Ingested], allowed: dict[str, list[Evidence]]) -> None:
        batch = Batch(self._archive.ledger)
        kept: list[Ingested] = []
        for result in results:
            admission = self._admit(result, allowed)
            if admission.code or result.staged is None or result.probe is None:
                self._report.refused += 1
                allowed.pop(admission.sha256, None)
                name = f"{source_of(self._archive_id)}:{result.path.name}"
                batch.refuse(name, admission.sha256, admission.code, admission.detail)
                continue
            batch.hold(result.staged, result.probe, result.pictures)
            # What the edition says is linked as its word; what the bytes say of themselves is ours to read.
            batch.link(admission.sha256, tag_evidence(result.probe.tags))
            if self._link_now:
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

    def _admit(self, result: Ingested, allowed: dict[str, list[Evidence]]) -> Admission:
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
