# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders that hold blobs, usually one a disk. Each bears an id, so that a disk may be mounted elsewhere."""

import errno
import os
import resource
import secrets
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from onrecord.errors import ConfigError, StoreFailed, StoreFull

_MARKER = "onrecord-root.json"


class Root(Struct, frozen=True, forbid_unknown_fields=True):
    """A folder of blobs (format clause 2). `id` stays with the disk; `path` is where it is mounted today."""

    id: str
    path: Path

    @property
    def parts(self) -> Path:
        """Where files stand until they are whole. Swept at the start of every writing command."""
        return self.path / "parts"

    @property
    def quarantine(self) -> Path:
        return self.path / "quarantine"

    def blob(self, sha256: str) -> Path:
        return self.path / sha256[:2] / sha256[2:4] / sha256

    def free(self) -> int:
        stat = os.statvfs(self.path)
        return stat.f_bavail * stat.f_frsize

    def sync(self) -> None:
        """Make everything that was written to this root durable, in one call for the whole file system."""
        sync_folder(self.path)


def sync_folder(folder: Path) -> None:
    """Make everything that was written to a folder's file system durable. May run in any thread."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _syncfs(fd)
    finally:
        os.close(fd)


def make_root(path: Path) -> Root:
    """Make the folder a root. A folder that already is one keeps its id."""
    path.mkdir(parents=True, exist_ok=True)
    marker = path / _MARKER
    if not marker.exists():
        part = marker.with_suffix(".part")
        part.write_bytes(msgspec.json.encode({"format": 1, "root": secrets.token_hex(8)}))
        part.rename(marker)
    root = _read(path)
    root.parts.mkdir(exist_ok=True)
    return root


def open_roots(paths: Sequence[Path]) -> tuple[list[Root], list[Path]]:
    """(roots that are there, paths whose root is not): a disk that is not mounted is named, never made anew."""
    there = [path for path in paths if (path / _MARKER).is_file()]
    roots = [_read(path) for path in there]
    ids = [root.id for root in roots]
    if len(set(ids)) < len(ids):
        raise ConfigError(f"store.roots: two folders bear the same root id: {', '.join(map(str, there))}")
    return roots, [path for path in paths if path not in there]


def roomiest(roots: Sequence[Root], size: int, reserve: int) -> Root:
    """The root with the most room; StoreFull where `size` bytes would leave none with `reserve` bytes."""
    if not roots:
        raise StoreFull("store.roots: no root is mounted", "mount a disk or name a folder in onrecord.toml")
    best = max(roots, key=lambda root: root.free())
    if best.free() - size < reserve:
        raise StoreFull(
            f"{best.path}: {best.free():,} bytes free, {size:,} needed and {reserve:,} kept in reserve",
            "free some space or add a folder to [store] roots; what was committed stays, run the command again",
        )
    return best


def refused_write(error: OSError, where: Path) -> StoreFull | StoreFailed:
    """What to raise where the system refuses a write at or below `where`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        stat = os.statvfs(where)
        return StoreFull(
            f"{where}: {error.strerror}; {stat.f_bavail * stat.f_frsize:,} bytes and {stat.f_favail:,} inodes are free",
            "free some space; what was committed stays, run the command again",
        )
    hint = "what was committed stays; is the disk mounted for writing, and whole?"
    if error.errno in (errno.EMFILE, errno.ENFILE):
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        hint = (
            f"this process may have {files} files open: raise that with `ulimit -n`; what was committed stays"
        )
    return StoreFailed(f"{error.filename or where}: cannot be written: {error.strerror or error}", hint)


def _read(path: Path) -> Root:
    try:
        body = msgspec.json.decode((path / _MARKER).read_bytes(), type=dict[str, str | int])
        return Root(id=str(body["root"]), path=path)
    except (msgspec.MsgspecError, KeyError) as error:
        raise ConfigError(f"{path / _MARKER}: not the marker of a root ({error})") from None


def _syncfs(fd: int) -> None:
    # Python has no os.syncfs; the C library has had it since glibc 2.14.
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syncfs(fd) != 0:
        raise OSError(ctypes.get_errno(), "syncfs")
