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
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from onrecord.errors import DigestMismatch, NotFound, OnrecordError
from onrecord.model.digests import Digests
from onrecord.store.digest import digest, reading
from onrecord.store.pace import Pace
from onrecord.store.roots import Root, refused_write, roomiest

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


class Store:
    """The blobs of an archive. `opened` counts the blobs that this object opened to read."""

    def __init__(self, roots: Sequence[Root], reserve: int = _RESERVE, pace: Pace | None = None) -> None:
        self._roots = {root.id: root for root in roots}
        self._reserve = reserve
        self._pace = pace or Pace(0)
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
        swept = 0
        for root in self.roots:
            root.parts.mkdir(exist_ok=True)
            for part in root.parts.iterdir():
                part.unlink()
                swept += 1
        return swept

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
            with open(part, "xb", opener=_read_only) as file:
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
        fd = _read_only(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC)
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
        parts = [(staged.part, self._roots[staged.root], staged.digests) for staged in batch if staged.part]
        touched = {root.id: root for _, root, _ in parts}.values()
        for root in touched:
            root.sync()
        for part, root, digests in parts:
            final = root.blob(digests.sha256)
            final.parent.mkdir(parents=True, exist_ok=True)
            part.rename(final)
            # Renaming onto another link to the same file does nothing and leaves the first name.
            part.unlink(missing_ok=True)
        for root in touched:
            root.sync()

    def find(self, sha256: str) -> str | None:
        """Id of a root that has a file of this name; says nothing about its bytes."""
        for root in self.roots:
            if root.blob(sha256).is_file():
                return root.id
        return None

    def path(self, sha256: str, root: str) -> Path:
        """Path of a blob, for a reader that was told by the ledger that it is whole."""
        holder = self._roots.get(root)
        if holder is None:
            raise NotFound(
                f"blob {sha256}: its disk (root {root}) is not mounted", "mount it, or repair from a mirror"
            )
        path = holder.blob(sha256)
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            raise NotFound(f"blob {sha256}: missing from {holder.path}", "run `onrecord check`") from None
        if not stat.S_ISREG(mode):
            raise DigestMismatch(f"blob {sha256}: {path} is not a plain file", "run `onrecord check`")
        return path

    def open(self, sha256: str, root: str) -> int:
        """A file descriptor for reading; the caller closes it. Never follows a link."""
        path = self.path(sha256, root)
        self.opened += 1
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def verify(self, sha256: str, root: str, size: int) -> str:
        """Read a blob whole: `ok`, `missing`, `truncated`, `flipped`, `unreadable`."""
        try:
            fd = self.open(sha256, root)
        except NotFound:
            return "missing"
        except (DigestMismatch, OSError):
            return "unreadable"
        try:
            if os.fstat(fd).st_size != size:
                return "truncated" if os.fstat(fd).st_size < size else "flipped"
            with open(fd, "rb", closefd=False) as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return "unreadable"
        finally:
            os.close(fd)
        return "ok" if found == sha256 else "flipped"

    def set_aside(self, sha256: str, root: str) -> Path | None:
        """Move a damaged blob out of the way, so that nothing can read it by accident; it is not deleted."""
        holder = self._roots.get(root)
        if holder is None or not os.path.lexists(holder.blob(sha256)):
            return None
        holder.quarantine.mkdir(exist_ok=True)
        target = holder.quarantine / f"{sha256}.{secrets.token_hex(4)}"
        holder.blob(sha256).rename(target)
        return target

    def _part(self, root: Root) -> Path:
        return root.parts / f"{os.getpid()}-{secrets.token_hex(8)}"

    def _place(self, fd: int, size: int, arrival: Arrival) -> Root:
        if arrival is Arrival.COPY:
            return roomiest(self.roots, size, self._reserve)
        device = os.fstat(fd).st_dev
        near = [root for root in self.roots if root.path.stat().st_dev == device]
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
            target = _read_only(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC)
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


def _read_only(path: str | Path, flags: int) -> int:
    """Opens a new file that nobody will write to again."""
    return os.open(path, flags, 0o444)


def _link(fd: int, part: Path) -> None:
    """A hard link to the open file itself, so that it is the file whose bytes were digested."""
    folder = os.open(part.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # Python follows the link under /proc only where a folder's descriptor makes it call linkat(2).
        os.link(f"/proc/self/fd/{fd}", part.name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def _reflink(fd: int, part: Path) -> bool:
    target = _read_only(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC)
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
