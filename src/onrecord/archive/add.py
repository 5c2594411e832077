# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound comes in: files are found, read once, decoded once, judged for keeping, and committed in batches."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

import msgspec
from msgspec import Struct

from onrecord import audio
from onrecord.archive.batch import Batch
from onrecord.archive.core import Archive
from onrecord.archive.door import Admission, Refused, admit
from onrecord.archive.finding import find
from onrecord.archive.ingest import Chunk, Incoming, Ingested, chunk_of, ingest, limits_of
from onrecord.archive.portions import FILES, Progress, in_portions
from onrecord.archive.taken_files import taken_folders
from onrecord.engine.pool import Workers
from onrecord.errors import NotFound
from onrecord.model.rights import Evidence, Says
from onrecord.rights.taken import taken_torrent
from onrecord.sources.sidecars import Sidecars
from onrecord.store import Arrival

#: What one worker is given at a time: little, so that all workers have something to do to the end.
_CHUNK_FILES = 8
_CHUNK_BYTES = 32 * 1024 * 1024
#: Endings under which people keep sound: such a file that holds none is refused aloud, others are passed over.
_SOUND_ENDINGS = frozenset(
    {
        "aac",
        "aif",
        "aiff",
        "alac",
        "ape",
        "asf",
        "dsf",
        "flac",
        "it",
        "m4a",
        "m4b",
        "mka",
        "mod",
        "mp2",
        "mp3",
    }
    | {"mp4", "mpc", "oga", "ogg", "opus", "ra", "s3m", "spx", "tta", "wav", "wma", "wv", "xm"}
)


class AddReport(Struct):
    """What one `add` did. `known` files were added before from the same place and have not changed.

    `pictures` were found in the tags of what is new; `sound` and `elapsed` are seconds: of sound that was decoded, and
    of work. `notes` are what has to be said of the servers that took some.
    """

    found: int = 0
    new: int = 0
    new_bytes: int = 0
    again: int = 0
    known: int = 0
    repaired: int = 0
    passed_over: int = 0
    pictures: int = 0
    sound: float = 0.0
    elapsed: float = 0.0
    refused: list[Refused] = msgspec.field(default_factory=list)
    with_faults: list[Refused] = msgspec.field(default_factory=list)
    documents_refused: list[Refused] = msgspec.field(default_factory=list)
    left_out: list[Refused] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)


def add(
    archive: Archive,
    paths: Sequence[Path],
    *,
    held_as: str = "",
    arrival: Arrival = Arrival.COPY,
    io_limit: float = 0.0,
    progress: Callable[[Progress], None] = lambda _: None,
) -> AddReport:
    """Add files and folders. `held_as` is the depositor's statement: `owner`, `deposit`, `licensed`, or "" for none.
    `io_limit` bounds what all workers together read, in bytes a second; 0 means no bound.

    Each committed batch stays, whatever happens afterwards; the next call goes on from there. Raises NotFound for a
    path that is not there, StoreFull where no root has room.
    """
    for path in paths:
        if not path.exists():
            raise NotFound(f"{path}: no such file or folder")
    begun = time.monotonic()
    with archive.writing(), Workers(archive.settings.workers, audio.preload) as workers:
        run = _Run(archive, workers, held_as, arrival, io_limit, progress)
        alone = [path.resolve() for path in paths if not path.is_dir()]
        if why := taken_torrent(path.name for path in alone):
            run.refuse_taken(alone, why)
        for path in paths:
            run.take(path.resolve())
        run.finish()
        run.report.elapsed = time.monotonic() - begun
        run.report.notes = archive.store.notes()
        return run.report


def measure(paths: Sequence[Path]) -> int:
    """Bytes that `add` would look at."""
    return sum(status.st_size for path in paths for _, status in find(path.resolve(), lambda left, why: None))


class _Run:
    """One `add` under the write lock."""

    def __init__(
        self,
        archive: Archive,
        workers: Workers,
        held_as: str,
        arrival: Arrival,
        io_limit: float,
        progress: Callable[[Progress], None],
    ) -> None:
        self.report = AddReport()
        self._archive = archive
        self._workers = workers
        self._scanned: tuple[Path, bool] | None = None
        self._held_as = held_as
        self._arrival = arrival
        self._limits = limits_of(archive, io_limit)
        self._progress = progress
        self._seen_files = 0
        self._seen_bytes = 0
        self._known: list[tuple[str, str]] = []
        self._sidecars = Sidecars([], [], [])
        self._taken: set[Path] = set()
        self._refused: list[tuple[str, str]] = []

    def refuse_taken(self, paths: Iterable[Path], why: str) -> None:
        """Pass over files and folders whose names are those of a set that was taken from a service."""
        for path in paths:
            self._taken.add(path)
            self._refused.append((str(path), why))
            self.report.refused.append(Refused(str(path), "taken-set", why))

    def finish(self) -> None:
        """Commit what no file came with."""
        if self._refused:
            self._commit([])

    def take(self, top: Path) -> None:
        """Add one file or folder."""
        if top in self._taken:
            return
        for folder, why in taken_folders(top).items() if top.is_dir() else ():
            self.refuse_taken([folder], why)
        self._scan(top if top.is_dir() else top.parent, deep=top.is_dir())
        self._known = []
        chunks = self._chunks(find(top, self._leave_out))
        for results in in_portions(self._noted(self._workers.map(ingest, chunks))):
            self._commit(results)
        self._commit([])  # evidence that is new about files that were known

    def _scan(self, base: Path, deep: bool) -> None:
        """Read the documents in a folder; of many files of one folder this is done once."""
        if self._scanned == (base, deep):
            return
        self._scanned = base, deep
        self._base = base
        self._sidecars = Sidecars.scan(base, deep=deep)
        self._documents = {document.path: document for document in self._sidecars.documents}
        self.report.documents_refused += [
            Refused(str(document.path), "document", document.reason) for document in self._sidecars.refused
        ]

    def _chunks(self, files: Iterator[tuple[Path, os.stat_result]]) -> Iterator[Chunk]:
        waiting: list[Incoming] = []
        size = 0
        for path, status in files:
            if self._relative(path) in self._documents or self._is_taken(path):
                continue
            self.report.found += 1
            if before := self._unchanged(path, status):
                self.report.known += 1
                self._seen_files += 1
                self._seen_bytes += status.st_size
                self._known.append((self._name(path), before))
                if len(self._known) >= FILES:
                    self._commit([])
                continue
            maybe_held = self._archive.ledger.has_size(status.st_size)
            waiting.append(Incoming(path, status.st_size, maybe_held))
            size += status.st_size
            if len(waiting) == _CHUNK_FILES or size >= _CHUNK_BYTES:
                yield self._chunk(waiting)
                waiting, size = [], 0
        if waiting:
            yield self._chunk(waiting)

    def _chunk(self, files: list[Incoming]) -> Chunk:
        sizes = {incoming.size for incoming in files if incoming.maybe_held}
        whole = self._archive.ledger.whole_blobs_of(sizes)
        return chunk_of(self._archive, files, self._arrival, whole, self._limits)

    def _is_taken(self, path: Path) -> bool:
        return bool(self._taken) and not self._taken.isdisjoint(path.parents)

    def _unchanged(self, path: Path, status: os.stat_result) -> str:
        """Digest of the whole blob that this very file became before, "" where it has to be read.

        What is to be moved is read before its old name is removed, also where an earlier run was killed in between.
        """
        if self._arrival is Arrival.MOVE:
            return ""
        before = self._archive.ledger.deposited(os.fsencode(path))
        if before is None or (before.size, before.mtime_ns, before.inode) != (
            status.st_size,
            status.st_mtime_ns,
            status.st_ino,
        ):
            return ""
        blob = self._archive.ledger.blob(before.sha256)
        if self._archive.ledger.withdrawn_as(before.sha256, ""):
            return ""  # read again, to be refused at the door like everything that comes back
        return before.sha256 if blob is not None and blob.state == "ok" else ""

    def _commit(self, results: Sequence[Ingested]) -> None:
        """Commit what was read, and evidence that is new about files that were known."""
        batch = Batch(self._archive.ledger)
        kept: list[Ingested] = []
        for result in results:
            if self._judge(result, batch):
                kept.append(result)
        for name, why in self._refused:
            batch.refuse(name, "", "taken-set", why)
        self._refused.clear()
        for name, blob in self._known:
            batch.link(blob, self._evidence(name))
        self._known.clear()
        self.report.repaired += len(batch.repaired)
        if batch.rows:
            for document in self._sidecars.documents:
                batch.keep_document(document)
            self._archive.commit(
                "added",
                {"files": len(kept), "held_as": self._held_as, **batch.repaired_data()},
                batch.rows,
                batch.evidence,
                [part for result in kept for part in result.parts],
            )
        if self._arrival is Arrival.MOVE:
            for result in kept:
                self._remove(result)

    def _remove(self, result: Ingested) -> None:
        """Remove the old name of a file that was moved in, if it still is the file that was read."""
        try:
            status = result.path.lstat()
            read = result.staged
            if read and (status.st_ino, status.st_size, status.st_mtime_ns) == (
                read.inode,
                read.size,
                read.mtime_ns,
            ):
                result.path.unlink()
                return
            why = "it changed since it was read"
        except OSError as error:
            why = error.strerror or str(error)
        self.report.with_faults.append(
            Refused(self._name(result.path), "not-removed", f"kept in its place: {why}")
        )

    def _leave_out(self, path: Path, why: str) -> None:
        name = self._name(path) if path != self._base else str(path)
        self.report.left_out.append(Refused(name, "left-out", why))

    def _noted(self, results: Iterator[list[Ingested]]) -> Iterator[list[Ingested]]:
        """The same, with the progress told on the way."""
        for found in results:
            self._seen_files += len(found)
            self._seen_bytes += sum(result.size for result in found)
            self.report.sound += sum(it.probe.sound.seconds for it in found if it.probe and it.probe.sound)
            self._progress(Progress(self._seen_files, self._seen_bytes, self.report.sound))
            yield found

    def _judge(self, result: Ingested, batch: Batch) -> bool:
        """Take a file into the batch, or refuse it."""
        name, staged, probe = self._name(result.path), result.staged, result.probe
        admission = admit(self._archive, result, self._evidence(name))
        if admission.code or staged is None or probe is None or probe.sound is None:
            self._refuse(batch, name, admission)
            return False
        new = batch.take(result.path, name, staged, probe, self._held_as, result.pictures)
        batch.link(admission.sha256, admission.said)
        self.report.new += new
        self.report.again += not new
        self.report.pictures += len(probe.pictures) if new else 0
        self.report.new_bytes += staged.size if new else 0
        for fault in (*probe.faults, *probe.sound.faults):
            self.report.with_faults.append(Refused(name, fault.code, fault.detail))
        return True

    def _refuse(self, batch: Batch, name: str, why: Admission) -> None:
        if why.code == "not-sound" and PurePosixPath(name).suffix.lower()[1:] not in _SOUND_ENDINGS:
            self.report.passed_over += 1
            return
        self.report.refused.append(Refused(name, why.code, why.detail))
        batch.refuse(name, why.sha256, why.code, why.detail)

    def _evidence(self, name: str) -> list[Evidence]:
        """What the depositor and the documents beside a file say of it."""
        said = self._sidecars.evidence(PurePosixPath(name))
        if self._held_as:
            text = f"held as {self._held_as}, as the depositor stated"
            said = [Evidence(says=Says.HELD, origin="depositor", text=text, held_as=self._held_as), *said]
        return said

    def _relative(self, path: Path) -> PurePosixPath:
        return PurePosixPath(path.relative_to(self._base))

    def _name(self, path: Path) -> str:
        # A name is shown and compared, never opened: bytes that are no UTF-8 are replaced.
        return os.fsencode(self._relative(path)).decode(errors="replace")
