# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders that hold blobs, usually one a disk. Each bears an id, so that a disk may be mounted elsewhere."""

import errno
import hashlib
import os
import resource
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from onrecord.errors import ConfigError, DigestMismatch, IntegrityError, NotFound, StoreFailed, StoreFull
from onrecord.store.seam import Root

MARKER: Final = "onrecord-root.json"
#: Where a copy stands on a disk until it is whole.
BRINGING: Final = "bringing"
_PIECE: Final = 256 * 1024


class Disk(Struct, frozen=True, forbid_unknown_fields=True):
    """A folder of blobs (format clause 2). `id` stays with the disk; `path` is where it is mounted today."""

    id: str
    path: Path

    @property
    def place(self) -> str:
        return str(self.path)

    @property
    def is_remote(self) -> bool:
        return False

    @property
    def parts(self) -> Path:
        return self.path / "parts"

    @property
    def quarantine(self) -> Path:
        return self.path / "quarantine"

    def blob(self, sha256: str) -> Path:
        return self.path / sha256[:2] / sha256[2:4] / sha256

    def free(self) -> int:
        return free_in(self.path)

    def sync(self) -> None:
        """Make everything that was written to this root durable, in one call for the whole file system."""
        sync_folder(self.path)

    def sweep(self) -> int:
        return sweep_parts(self.parts)

    def settle(self, parts: Sequence[tuple[Path, str]]) -> None:
        self.sync()
        for part, sha256 in parts:
            final = self.blob(sha256)
            final.parent.mkdir(parents=True, exist_ok=True)
            part.rename(final)
            # Renaming onto another link to the same file does nothing and leaves the first name.
            part.unlink(missing_ok=True)
        self.sync()

    def bring(self, source: Path, sha256: str) -> None:
        size = source.stat().st_size
        if self.size(sha256) == size and self.verify(sha256, size) == "ok":
            return
        # Not among the parts: others may write meanwhile, and sweep those.
        folder = self.path / BRINGING
        folder.mkdir(exist_ok=True)
        part = folder / sha256
        try:
            part.unlink(missing_ok=True)  # a killed run's
            copy_verified(source, part, sha256)
            self.settle([(part, sha256)])
        except OSError as error:
            raise refused_write(error, self.path) from error
        finally:
            part.unlink(missing_ok=True)
        if (state := self.verify(sha256, size)) != "ok":
            raise StoreFailed(
                f"{self.blob(sha256)}: was written, and read back it is {state}",
                "is the disk whole? The source was left as it is",
            )

    def size(self, sha256: str) -> int | None:
        try:
            status = self.blob(sha256).lstat()
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(status.st_mode):
            raise DigestMismatch(
                f"blob {sha256}: {self.blob(sha256)} is not a plain file", "run `onrecord check`"
            )
        return status.st_size

    def file(self, sha256: str) -> Path:
        if self.size(sha256) is None:
            raise NotFound(f"blob {sha256}: missing from {self.path}", "run `onrecord check`")
        return self.blob(sha256)

    @contextmanager
    def holding(self, sha256: str) -> Iterator[Path]:
        yield self.file(sha256)

    def read(self, sha256: str, size: int, start: int, end: int) -> Iterator[bytes]:
        fd = os.open(self.file(sha256), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        if (got := os.fstat(fd).st_size) != size:
            os.close(fd)
            raise IntegrityError(f"blob {sha256}: expected {size} bytes, got {got}", "run `onrecord check`")
        return _pieces(fd, start, end)

    def verify(self, sha256: str, size: int) -> str:
        try:
            fd = os.open(self.file(sha256), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
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

    def set_aside(self, sha256: str) -> str | None:
        if not os.path.lexists(self.blob(sha256)):
            return None
        self.quarantine.mkdir(exist_ok=True)
        target = self.quarantine / f"{sha256}.{secrets.token_hex(4)}"
        self.blob(sha256).rename(target)
        return str(target)

    def aside(self, sha256: str) -> Path | None:
        found = self.quarantine.glob(f"{sha256}.*")
        return max(found, key=lambda path: (path.stat().st_mtime_ns, path.name), default=None)

    def remove(self, sha256: str) -> None:
        self.blob(sha256).unlink(missing_ok=True)

    def notes(self) -> Sequence[str]:
        return ()


def free_in(folder: Path) -> int:
    """Bytes that may still be written to a folder's file system."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def sweep_parts(folder: Path) -> int:
    """Remove every file in a folder, which is made where it is not there; gives how many."""
    folder.mkdir(parents=True, exist_ok=True)
    swept = 0
    for part in folder.iterdir():
        part.unlink()
        swept += 1
    return swept


def copy_verified(source: Path, target: Path, sha256: str) -> None:
    """Copy a file to a new one that nobody will write to again. DigestMismatch where its bytes have another digest.

    The copy is not durable yet. Raises OSError.
    """
    found = hashlib.sha256()
    fd = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(fd, "rb", buffering=0) as file, open(target, "xb", buffering=0, opener=read_only) as copy:
        while piece := file.read(4 * _PIECE):
            found.update(piece)
            view = memoryview(piece)
            while view:
                view = view[copy.write(view) :]
    if found.hexdigest() != sha256:
        raise damaged(source, sha256, found.hexdigest())


def damaged(place: Path | str, sha256: str, got: str) -> DigestMismatch:
    """What to raise for bytes that are not what their name says."""
    return DigestMismatch(f"{place}: expected SHA-256 {sha256}, got {got}", "run `onrecord check`")


def read_only(path: str | Path, flags: int) -> int:
    """Opens a new file that nobody will write to again."""
    return os.open(path, flags, 0o444)


def _pieces(fd: int, start: int, end: int) -> Iterator[bytes]:
    try:
        while start < end:
            piece = os.pread(fd, min(_PIECE, end - start), start)
            if not piece:
                raise IntegrityError(f"ended at byte {start}, expected {end}", "run `onrecord check`")
            start += len(piece)
            yield piece
    finally:
        os.close(fd)


def sync_folder(folder: Path) -> None:
    """Make everything that was written to a folder's file system durable. May run in any thread."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _syncfs(fd)
    finally:
        os.close(fd)


def make_root(path: Path) -> Disk:
    """Make the folder a root. A folder that already is one keeps its id."""
    path.mkdir(parents=True, exist_ok=True)
    marker = path / MARKER
    if not marker.exists():
        part = marker.with_suffix(".part")
        part.write_bytes(new_marker())
        part.rename(marker)
    root = _read(path)
    root.parts.mkdir(exist_ok=True)
    return root


def open_roots(paths: Sequence[Path]) -> tuple[list[Disk], list[Path]]:
    """(roots that are there, paths whose root is not): a disk that is not mounted is named, never made anew."""
    there = [path for path in paths if (path / MARKER).is_file()]
    roots = [_read(path) for path in there]
    ids = [root.id for root in roots]
    if len(set(ids)) < len(ids):
        raise ConfigError(f"store.roots: two folders bear the same root id: {', '.join(map(str, there))}")
    return roots, [path for path in paths if path not in there]


def roomiest(roots: Sequence[Root], size: int, reserve: int) -> Root:
    """The disk with the most room, a bucket where no disk has enough; StoreFull where `size` bytes would leave none
    with `reserve` bytes."""
    if not roots:
        raise StoreFull("store.roots: no root is mounted", "mount a disk or name a folder in onrecord.toml")
    # What has room comes before what has none, and near before far.
    best = max(roots, key=lambda root: (root.free() - size >= reserve, not root.is_remote, root.free()))
    if best.free() - size < reserve:
        raise StoreFull(
            f"{best.path}: {best.free():,} bytes free, {size:,} needed and {reserve:,} kept in reserve",
            "free some space or add a folder to [store] roots; what was committed stays, run the command again",
        )
    return best


def refused_write(error: OSError, where: Path) -> StoreFull | StoreFailed:
    """What to raise where the system refuses a write at or below `where`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreFull(
            f"{where}: {error.strerror}; {free_in(where):,} bytes and {os.statvfs(where).f_favail:,} inodes are free",
            "free some space; what was committed stays, run the command again",
        )
    hint = "what was committed stays; is the disk mounted for writing, and whole?"
    if error.errno in (errno.EMFILE, errno.ENFILE):
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        hint = (
            f"this process may have {files} files open: raise that with `ulimit -n`; what was committed stays"
        )
    return StoreFailed(f"{error.filename or where}: cannot be written: {error.strerror or error}", hint)


def new_marker() -> bytes:
    """The marker of a root that is made now, with an id of its own."""
    return msgspec.json.encode({"format": 1, "root": secrets.token_hex(8)})


def root_id(marker: bytes, place: Path | str) -> str:
    """The id that a root's marker says; ConfigError where it is none."""
    try:
        return str(msgspec.json.decode(marker, type=dict[str, str | int])["root"])
    except (msgspec.MsgspecError, KeyError) as error:
        raise ConfigError(f"{place}: not the marker of a root ({error})") from None


def _read(path: Path) -> Disk:
    marker = path / MARKER
    return Disk(id=root_id(marker.read_bytes(), marker), path=path)


def _syncfs(fd: int) -> None:
    # Python has no os.syncfs; the C library has had it since glibc 2.14.
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syncfs(fd) != 0:
        raise OSError(ctypes.get_errno(), "syncfs")
