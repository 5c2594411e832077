# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work over files in chunks: each is leased, done by whichever engine there is, and leaves one file with its rows.

A chunk's result is named by the chunk's digest, by this process alone, and only while its lease is the newest. A worker
that is lost costs the chunk that it was at; a run that is killed costs the chunks that were out: the next run of the
same job finds the results of the others.
"""

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, Generic, Protocol, Self, TypeVar

from msgspec import Struct

from onrecord import audio
from onrecord.archive.chunk import Blobs, Chunk, Group, Kind, Source, Sources
from onrecord.archive.chunks import KINDS, run_chunk
from onrecord.archive.core import Archive
from onrecord.archive.ingest import Limits, limits_of
from onrecord.durable import sha256_of, sync
from onrecord.engine.parquet import read_rows
from onrecord.engine.pool import Workers
from onrecord.engine.spark import Spark
from onrecord.errors import ArchiveLocked, OnrecordError
from onrecord.ledger.leases import Lease, Leases
from onrecord.store.bucket import Bucket
from onrecord.store.roots import Disk

#: Files of one chunk and their bytes at most: here, where a chunk is what a kill costs, and on a cluster, where each
#: costs a task, a row and a result.
HERE: Final = (64, 1 << 30)
CLUSTER: Final = (1_000, 64 << 30)
#: The same of sounds that are encoded: that takes longer, and the results are files themselves.
COPIED_HERE: Final = (16, 256 << 20)
COPIED_ON_CLUSTER: Final = (250, 16 << 30)
#: Seconds that a lease lasts, and that go by before it is extended.
_LEASE: Final = 600.0
_EXTEND: Final = 60.0
#: A chunk that has not come back after so long, and a second for each million bytes more, is given to somebody else.
_PATIENCE: Final = 3 * 3600.0
_TRIES: Final = 5
#: What an unfinished run found out counts for so long.
_KEPT: Final = 7 * 86_400.0
_ROWS: Final = 16

Some = TypeVar("Some", Blobs, Sources, Group)
Item = TypeVar("Item")
Result = tuple[Blobs, Iterator[dict[str, Any]]]


class Hands(Protocol):
    """Whatever does chunks. `submit` gives a number; `answer` its result, as {"id", "given"} or {"id", "error"}, or {}
    where none comes in so many seconds."""

    @property
    def slots(self) -> int: ...

    def submit(self, function: str, arguments: Sequence[Any], about: str) -> int: ...

    def answer(self, seconds: float | None = None) -> dict[str, Any]: ...


class _Out(Struct, Generic[Some]):
    """A chunk that somebody is at."""

    chunk: Some
    lease: Lease
    since: float
    extended: float
    tries: int


class FileWork:
    """One job over blobs, by its name; what a killed run of the same name has done is not done again.

    Use it as a context manager; where the block ends well the job is over, and its results are gone.
    """

    def __init__(
        self,
        archive: Archive,
        kind: Kind,
        hands: Hands | None = None,
        io_limit: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._archive, self._kind, self._hands, self._clock = archive, kind, hands, clock
        self._limits: Limits = limits_of(archive, io_limit)
        self.folder = archive.folder / "search" / "work" / kind
        self._leases: Leases
        #: Files whose results an earlier run had left, which was cut short.
        self.earlier = 0
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._leases = Leases(self._archive.folder / "ledger.sqlite")
        self._stack.callback(self._leases.close)
        for left in self.folder.iterdir():
            # What nobody gave a name, and what is too old to be believed.
            with suppress(FileNotFoundError):
                if left.suffix != ".parquet" or time.time() - left.stat().st_mtime > _KEPT:
                    left.unlink()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        with self._stack:
            if kind is None:
                self._leases.forget(self._kind)
                shutil.rmtree(self.folder, ignore_errors=True)

    def over(
        self, blobs: Iterable[tuple[str, str, int]], most: tuple[int, int] | None = None
    ) -> Iterator[Result]:
        """`each` over chunks of these blobs, of so many files and bytes at most."""
        return self.each(self._chunks(blobs, most or (CLUSTER if self._is_on_cluster else HERE)))

    def copies(
        self, sources: Iterable[Source], kilobits: int
    ) -> Iterator[tuple[Sources, Iterator[dict[str, Any]]]]:
        """`each` over chunks of sounds that are copied."""
        most = COPIED_ON_CLUSTER if self._is_on_cluster else COPIED_HERE
        disks, buckets = roots_of(self._archive)
        chunks = (
            Sources(self._kind, kilobits, some, disks=disks, buckets=buckets, limits=self._limits)
            for some in _bounded(sources, lambda source: source.size, most)
        )
        return self.each(chunks)

    def drop(self, chunk: Chunk) -> None:
        """Its rows were taken and are kept elsewhere: they would take up room until the job is over."""
        self._path(chunk).unlink(missing_ok=True)

    def each(self, chunks: Iterable[Some]) -> Iterator[tuple[Some, Iterator[dict[str, Any]]]]:
        """Each chunk with its rows, in no order. Rows must be taken before the next chunk is."""
        done = self._leases.finished(self._kind)
        todo: list[Some] = []

        def fresh() -> Iterator[Some]:
            for chunk in chunks:
                if self._is_done(chunk, done):
                    todo.append(chunk)
                else:
                    yield chunk

        missing = fresh()
        first = list(islice(missing, 2))
        for chunk in todo:
            yield chunk, self._rows(chunk)
        todo.clear()
        if not first:
            return
        hands = self._hands or self._engine(alone=len(first) == 1)
        for chunk in self._through(hands, chain(first, missing)):
            yield chunk, self._rows(chunk)
            for known in todo:
                yield known, self._rows(known)
            todo.clear()
        for known in todo:
            yield known, self._rows(known)

    def _engine(self, *, alone: bool) -> Hands:
        settings = self._archive.settings
        if settings.engine.kind == "spark":
            return self._stack.enter_context(
                Spark(settings.engine.cluster, self._archive.folder / "search" / "spark" / self._kind)
            )
        if alone and self._kind == "verify":
            return Inline()
        return Pooled(self._stack.enter_context(Workers(settings.workers, audio.preload)), settings.workers)

    def _chunks(self, blobs: Iterable[tuple[str, str, int]], most: tuple[int, int]) -> Iterator[Blobs]:
        disks, buckets = roots_of(self._archive)
        for some in _bounded(blobs, lambda blob: blob[2], most):
            yield Blobs(self._kind, some, disks=disks, buckets=buckets, limits=self._limits)

    @property
    def _is_on_cluster(self) -> bool:
        return self._archive.settings.engine.kind == "spark" and self._hands is None

    def _path(self, chunk: Chunk) -> Path:
        return self.folder / f"{chunk.digest}.parquet"

    def _is_done(self, chunk: Chunk, done: dict[str, str]) -> bool:
        """Has an earlier run left its result, whole?"""
        path = self._path(chunk)
        if not path.exists():
            return False
        if done.get(chunk.digest) == sha256_of(path):
            self.earlier += chunk.files
            return True
        path.unlink()
        return False

    def _rows(self, chunk: Chunk) -> Iterator[dict[str, Any]]:
        row, _ = KINDS[self._kind]
        return read_rows(self._path(chunk), list(row.__struct_fields__), batch=_ROWS)

    def _through(self, hands: Hands, chunks: Iterator[Some]) -> Iterator[Some]:
        """Chunks as they are done."""
        out: dict[int, _Out[Some]] = {}
        more = True
        while more or out:
            while more and len(out) < 2 * hands.slots:
                chunk = next(chunks, None)
                if chunk is None:
                    more = False
                else:
                    self._send(hands, out, chunk, 0)
            self._keep(hands, out)
            answer = hands.answer(_EXTEND) if out else {}
            at = out.pop(answer["id"], None) if answer else None
            if at is None:
                continue  # nothing came, or what was given to somebody else since
            if "error" in answer:
                self._again(hands, out, at, answer["error"])
            elif self._take_in(at, *answer["given"]):
                yield at.chunk

    def _send(self, hands: Hands, out: dict[int, _Out[Some]], chunk: Some, tries: int) -> None:
        digest = chunk.digest
        lease = self._leases.take(self._kind, digest, _LEASE)
        if lease is None:
            raise ArchiveLocked(
                f"{self._archive.folder}: another process is at chunk {digest[:12]} of `{self._kind}`",
                "wait until it is done, or stop it: what it has finished stays",
            )
        arguments = (chunk.text, str(self.folder.absolute()), lease.fence)
        number = hands.submit(
            f"{run_chunk.__module__}:{run_chunk.__name__}", arguments, f"{self._kind} {digest[:12]}"
        )
        now = self._clock()
        out[number] = _Out(chunk, lease, now, now, tries + 1)

    def _keep(self, hands: Hands, out: dict[int, _Out[Some]]) -> None:
        """Extend leases on what is out; what is out for too long is given to somebody else."""
        now = self._clock()
        for number, at in list(out.items()):
            if now - at.since > _PATIENCE + at.chunk.size / 1e6:
                del out[number]
                self._again(hands, out, at, "it did not come back")
            elif now - at.extended > _EXTEND:
                at.extended = now
                self._leases.extend(at.lease, _LEASE)

    def _again(self, hands: Hands, out: dict[int, _Out[Some]], at: _Out[Some], why: str) -> None:
        if at.tries >= _TRIES:
            raise OnrecordError(
                f"chunk {at.chunk.digest[:12]} of `{self._kind}` ({at.chunk.about})"
                f" failed {at.tries} times: {why}",
                "what was finished stays; run the command again",
            )
        self._leases.give_up(at.lease)
        self._send(hands, out, at.chunk, at.tries)

    def _take_in(self, at: _Out[Some], name: str, sha256: str) -> bool:
        """Give a result its name, if nobody has the chunk by now."""
        attempt = self.folder / name
        if not self._leases.finish(at.lease, sha256):
            attempt.unlink(missing_ok=True)
            return False
        attempt.rename(self._path(at.chunk))
        sync(self.folder)
        return True


def roots_of(archive: Archive) -> tuple[list[Disk], list[Bucket]]:
    """The roots of an archive as a chunk bears them."""
    roots = archive.store.roots
    disks = [root for root in roots if isinstance(root, Disk)]
    return disks, [root for root in roots if isinstance(root, Bucket)]


def _bounded(
    items: Iterable[Item], size: Callable[[Item], int], most: tuple[int, int]
) -> Iterator[list[Item]]:
    """In their order, so many together, with so many bytes, at most."""
    waiting: list[Item] = []
    total = 0
    for item in items:
        waiting.append(item)
        total += size(item)
        if len(waiting) >= most[0] or total >= most[1]:
            yield waiting
            waiting, total = [], 0
    if waiting:
        yield waiting


class Inline:
    """This very process: what is little is done before another has started."""

    slots = 1

    def __init__(self) -> None:
        self._done: list[dict[str, Any]] = []
        self._number = 0

    def submit(self, function: str, arguments: Sequence[Any], about: str) -> int:
        self._number += 1
        self._done.append({"id": self._number, "given": run_chunk(*arguments)})
        return self._number

    def answer(self, seconds: float | None = None) -> dict[str, Any]:
        return self._done.pop()


class Pooled:
    """Worker processes of this machine."""

    def __init__(self, workers: Workers, slots: int) -> None:
        self.slots = slots
        self._workers = workers
        self._number = 0

    def submit(self, function: str, arguments: Sequence[Any], about: str) -> int:
        self._number += 1
        self._workers.submit(self._number, run_chunk, *arguments)
        return self._number

    def answer(self, seconds: float | None = None) -> dict[str, Any]:
        number, given = self._workers.finished(seconds)
        return {"id": number, "given": given} if number else {}
