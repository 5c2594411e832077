# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are whole or not there: digest, make durable, put in place by one rename."""

import hashlib
import os
import shutil
from pathlib import Path


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def settle(part: Path, path: Path) -> None:
    """Give a finished file its name, durably: file, rename, folder."""
    sync(part)
    part.rename(path)
    sync(path.parent)


def replace(path: Path, content: bytes) -> None:
    """Put `content` in the place of a small file, durably; a reader sees the old bytes or the new ones."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    settle(part, path)


def sync(path: Path) -> None:
    """Make one file, or the names in one folder, durable."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_tree(folder: Path) -> None:
    """Make a folder and everything below it durable."""
    for path in [*folder.rglob("*"), folder]:
        sync(path)


def link(source: Path, target: Path) -> None:
    """The same file under another name; a copy where the file system has no such links, or it is another."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)


def file_mark(path: Path) -> object:
    """Another one once a file was written to, or another took its place; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
