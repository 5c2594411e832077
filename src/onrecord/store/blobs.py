# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put bytes under their digest, whole or not at all (format clause 2).

A file is staged (digested in one read, and written to or linked from `parts/`), then a batch of staged files is
committed: data durable, renamed, folders durable. Only after that may the ledger name them.
"""

import fcntl
import hashlib
import io
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from onrecord.errors import DigestMismatch, NotFound, OnrecordError
from onrecord.model.digests import Digests
from onrecord.store.bucket import Bucket
from onrecord.store.digest import digest, reading
from onrecord.store.pace import Pace
from onrecord.store.roots import read_only, refused_write, roomiest
from onrecord.store.seam import Root

_FICLONE = 0x40049409  # linux/fs.h: share the blocks of another file
_RESERVE = 64 * 1024 * 1024


class Arrival(StrEnum):
    """How bytes come in: copied; by reflink or hard link; or moved, so that nobody needs the space twice."""

    COPY = "copy"
    LINK = "link"
    MOVE = "move"


class Staged(Struct, frozen=True, forbid_unknown_fields=True):
    """A file that was read once. `part` is where its bytes wait, None where the blob is already held."""

    digests: Digests
    root: str
    part: Path | None
    size: int
    mtime_ns: int
    inode: int


class Seen(Struct, frozen=True, forbid_unknown_fields=True):
    """The SHA-256 of a file as it was read, and by what it is told that it is the same file still."""

    sha256: str
    size: int
    mtime_ns: int
    inode: int

    def is_still(self, path: Path) -> bool:
        """Is there still the file that was read, as far as its status tells?"""
        try:
            return _seen(path.lstat(), self.sha256) == self
        except OSError:
            return False


class Kept(Struct, frozen=True):
    """A blob in a bucket, for whoever sends parts of it without having it."""

    bucket: Bucket
    name: str
    size: int

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """Bytes from `start` up to `end`, in pieces, straight from where they lie, not verified. What stands in the
        way at the beginning is raised by the call itself: NotFound, IntegrityError where there are not `size` bytes."""
        return self.bucket.read(self.name, self.size, start, end)

    def address(self, media_type: str, file_name: str = "") -> str | None:
        """A signed address, good for a short time; None where the keeper of the archive wants none."""
        return self.bucket.address(self.name, media_type, file_name)


class Store:
    """The blobs of an archive, on disks and in buckets. `opened` counts the blobs that this object opened to read."""

    def __init__(self, roots: Sequence[Root], reserve: int = _RESERVE, pace: Pace | None = None) -> None:
        self._roots = {root.id: root for root in roots}
        self._reserve = reserve
        self._pace = pace or Pace(0)
        self._took = set[str]()
        self.opened = 0

    @property
    def roots(self) -> list[Root]:
        return list(self._roots.values())

    @property
    def reserve(self) -> int:
        return self._reserve

    def root(self, identifier: str) -> Root | None:
        return self._roots.get(identifier)

    def sweep(self) -> int:
        """Remove parts that a killed run left behind. Only the holder of the write lock may call."""
        return sum(root.sweep() for root in self.roots)

    def stage(
        self,
        source: Path,
        arrival: Arrival = Arrival.COPY,
        *,
        maybe_held: bool = True,
        held: Callable[[str], str | None] = lambda sha256: None,
    ) -> Staged:
        """Read a file once and keep its bytes ready for `commit`.

        `maybe_held` False promises that no blob has this size: then the file is written while it is read. Otherwise
        it is digested first, and written only if `held(sha256)` does not name the id of a root that has it.
        Raises OnrecordError where the file changes while it is read, is no plain file, or a link cannot be made.
        """
        part: Path | None = None
        fd = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            before = os.fstat(fd)
            if not stat.S_ISREG(before.st_mode):
                raise OnrecordError(f"{source}: not a plain file")
            if arrival is Arrival.COPY and not maybe_held:
                root = roomiest(self.roots, before.st_size, self._reserve)
                digests = self._copy(fd, part := self._part(root))
            else:
                digests = digest(self._pace.hold(reading(fd)))
                has = held(digests.sha256)
                root = self._roots[has] if has else self._place(fd, before.st_size, arrival)
                part = None if has else self._transfer(fd, source, root, arrival, digests)
            after = os.fstat(fd)
        finally:
            os.close(fd)
        if _stamp(before) != _stamp(after) or digests.size != before.st_size:
            if part:
                part.unlink(missing_ok=True)
            raise OnrecordError(
                f"{source}: changed while it was read", "add it again when nothing writes to it"
            )
        return Staged(digests, root.id, part, before.st_size, before.st_mtime_ns, before.st_ino)

    def stage_seen(self, source: Path, seen: Seen, digests: Digests) -> Staged:
        """Keep a file of our own, whose SHA-256 was read (`see`) and is that of `digests`, ready for `commit`: its
        bytes are not read again, and its old name is left to the caller.

        What else `digests` says is somebody's word. Raises OnrecordError where the file is not as it was seen.
        """
        fd = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(fd)
            if _seen(status, seen.sha256) != seen or (seen.sha256, seen.size) != (
                digests.sha256,
                digests.size,
            ):
                raise OnrecordError(f"{source}: changed after it was read", "run the command again")
            root = self._place(fd, seen.size, Arrival.MOVE)
            os.fchmod(fd, 0o444)
            part = self._part(root)
            if status.st_dev == root.path.stat().st_dev:
                _link(fd, part)
            elif self._copy(fd, part).sha256 != seen.sha256:
                part.unlink()
                raise OnrecordError(f"{source}: changed after it was read", "run the command again")
        finally:
            os.close(fd)
        return Staged(digests, root.id, part, seen.size, seen.mtime_ns, seen.inode)

    def stage_bytes(self, data: bytes) -> Staged:
        """Keep bytes that came out of a file, such as a picture, ready for `commit`; held ones are not written."""
        digests = digest(io.BytesIO(data).readinto)
        if has := self.find(digests.sha256):
            return Staged(digests, has, None, len(data), 0, 0)
        root = roomiest(self.roots, len(data), self._reserve)
        part = self._part(root)
        try:
            with open(part, "xb", opener=read_only) as file:
                file.write(data)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise refused_write(error, part.parent) from error
        return Staged(digests, root.id, part, len(data), 0, 0)

    def stage_made(self, make: Callable[[int], object], room: int) -> Staged:
        """Keep what `make` writes to the descriptor it is given ready for `commit`; `room` is the most it will write.

        Whatever `make` raises goes through, and what it wrote is removed.
        """
        root = roomiest(self.roots, room, self._reserve)
        part = self._part(root)
        fd = read_only(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC)
        try:
            make(fd)
            os.lseek(fd, 0, os.SEEK_SET)
            digests = digest(reading(fd))
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        finally:
            os.close(fd)
        return Staged(digests, root.id, part, digests.size, 0, 0)

    def commit(self, batch: Iterable[Staged]) -> None:
        """Make the batch's blobs durable under their names. Repeating it after a kill is harmless."""
        parts: dict[str, list[tuple[Path, str]]] = {}
        for staged in batch:
            if staged.part:
                parts.setdefault(staged.root, []).append((staged.part, staged.digests.sha256))
        for root, listed in parts.items():
            self._took.add(root)
            self._roots[root].settle(listed)

    def notes(self) -> list[str]:
        """What has to be said aloud of the roots that took something in: a server that overwrites, sentence by
        sentence."""
        return [note for root in sorted(self._took) for note in self._roots[root].notes()]

    def is_remote(self, root: str) -> bool:
        """Whether what a root holds has to travel first."""
        return root in self._roots and self._roots[root].is_remote

    def is_there(self, sha256: str, root: str) -> bool:
        """Whether a root has something of this name."""
        holder = self._roots.get(root)
        with suppress(DigestMismatch):
            return holder is not None and holder.size(sha256) is not None
        return False

    def find(self, sha256: str) -> str | None:
        """Id of a root that has something of this name, near ones first; says nothing about its bytes."""
        for root in sorted(self.roots, key=lambda root: root.is_remote):
            with suppress(DigestMismatch):
                if root.size(sha256) is not None:
                    return root.id
        return None

    def path(self, sha256: str, root: str) -> Path:
        """A blob as a file of this machine, for a reader that was told by the ledger that it is whole.

        From a bucket it is brought first, and may be gone in a minute: `holding` keeps it.
        """
        return self._holder(sha256, root).file(sha256)

    def holding(self, sha256: str, root: str) -> AbstractContextManager[Path]:
        """The same, and the file stays as long as the context."""
        return self._holder(sha256, root).holding(sha256)

    def near(self, sha256: str, root: str) -> Path | None:
        """The same, where no bytes have to travel for it, and for long; None for what lies in a bucket alone."""
        holder = self._holder(sha256, root)
        return holder.copies.path(sha256) if isinstance(holder, Bucket) else holder.file(sha256)

    def open(self, sha256: str, root: str) -> int:
        """A file descriptor for reading; the caller closes it. Never follows a link."""
        with self.holding(sha256, root) as path:
            self.opened += 1
            return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def kept(self, sha256: str, root: str, size: int) -> "Path | Kept":
        """A blob for whoever sends parts of it: its path on a disk, or a handle on what lies in a bucket."""
        holder = self._holder(sha256, root)
        return Kept(holder, sha256, size) if isinstance(holder, Bucket) else holder.file(sha256)

    def verify(self, sha256: str, root: str, size: int) -> str:
        """Read a blob whole: `ok`, `missing`, `truncated`, `flipped`, `unreadable`.

        StoreFailed where a bucket does not answer, which says nothing of the blob.
        """
        try:
            return self._holder(sha256, root).verify(sha256, size)
        except NotFound:
            return "missing"

    def set_aside(self, sha256: str, root: str) -> str | None:
        """Move a damaged blob out of the way, so that nothing can read it by accident; it is not deleted."""
        holder = self._roots.get(root)
        return holder.set_aside(sha256) if holder else None

    def aside(self, sha256: str) -> Path | None:
        """What is left of a damaged blob that was set aside, as a file of this machine."""
        for root in self.roots:
            if found := root.aside(sha256):
                return found
        return None

    def _holder(self, sha256: str, root: str) -> Root:
        holder = self._roots.get(root)
        if holder is None:
            raise NotFound(
                f"blob {sha256}: its disk or bucket (root {root}) is not there",
                "mount it, make it reachable, or repair from a mirror",
            )
        return holder

    def _part(self, root: Root) -> Path:
        return root.parts / f"{os.getpid()}-{secrets.token_hex(8)}"

    def _place(self, fd: int, size: int, arrival: Arrival) -> Root:
        if arrival is Arrival.COPY:
            return roomiest(self.roots, size, self._reserve)
        device = os.fstat(fd).st_dev
        disks = [root for root in self.roots if not root.is_remote]
        near = [root for root in disks if root.path.stat().st_dev == device]
        if near:
            return near[0]
        if arrival is Arrival.MOVE:
            return roomiest(self.roots, size, self._reserve)
        raise OnrecordError(
            "no root of the store is on the file system of the file, so it cannot be linked",
            "add it without --link, or name a folder on that disk in [store] roots",
        )

    def _transfer(self, fd: int, source: Path, root: Root, arrival: Arrival, digests: Digests) -> Path:
        part = self._part(root)
        if arrival is Arrival.COPY or os.fstat(fd).st_dev != root.path.stat().st_dev:
            os.lseek(fd, 0, os.SEEK_SET)
            if self._copy(fd, part) != digests:
                part.unlink(missing_ok=True)
                raise OnrecordError(
                    f"{source}: changed while it was read", "add it again when nothing writes to it"
                )
        elif not _reflink(fd, part):
            _link(fd, part)
        return part

    def _copy(self, fd: int, part: Path) -> Digests:
        try:
            target = read_only(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC)
        except OSError as error:
            raise refused_write(error, part.parent) from error

        def write(view: memoryview) -> None:
            try:
                while view:
                    view = view[os.write(target, view) :]
            except OSError as error:
                # Told apart from an error of reading, which costs one file: this one costs every file.
                raise refused_write(error, part.parent) from error

        try:
            return digest(self._pace.hold(reading(fd)), write)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        finally:
            os.close(target)


def see(path: Path) -> Seen:
    """Read a plain file once, for its SHA-256 alone.

    Raises OSError, and OnrecordError where it changes while it is read. May run in any thread.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        before = os.fstat(fd)
        if not stat.S_ISREG(before.st_mode):
            raise OnrecordError(f"{path}: not a plain file")
        with open(fd, "rb", closefd=False) as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        seen = _seen(os.fstat(fd), found)
        if seen != _seen(before, found):
            raise OnrecordError(f"{path}: changed while it was read")
        return seen
    finally:
        os.close(fd)


def _seen(status: os.stat_result, sha256: str) -> Seen:
    return Seen(sha256, status.st_size, status.st_mtime_ns, status.st_ino)


def _link(fd: int, part: Path) -> None:
    """A hard link to the open file itself, so that it is the file whose bytes were digested."""
    folder = os.open(part.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # Python follows the link under /proc only where a folder's descriptor makes it call linkat(2).
        os.link(f"/proc/self/fd/{fd}", part.name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def _reflink(fd: int, part: Path) -> bool:
    target = read_only(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC)
    try:
        fcntl.ioctl(target, _FICLONE, fd)
        return True
    except OSError:
        part.unlink()
        return False
    finally:
        os.close(target)


def _stamp(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns
