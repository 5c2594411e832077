# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the files that `add` is to look at. Links are not followed, and no archive is added to an archive."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

#: What a folder bears that holds blobs, or is an archive (format clauses 1.1 and 2.1).
_OURS = ("onrecord-root.json", "onrecord.toml")


def find(top: Path, leave_out: Callable[[Path, str], None]) -> Iterator[tuple[Path, os.stat_result]]:
    """Plain files below a folder (or the one file) with their stat, in the order of their names.

    `leave_out(path, why)` is called for each folder and file that is not looked at.
    """
    if not top.is_dir():
        yield from _plain(top, leave_out)
        return
    if owner := _archive_around(top):
        leave_out(top, f"it belongs to the archive in {owner}")
        return
    for folder, folders, names in os.walk(top, onerror=lambda error: leave_out(_path(error), _why(error))):
        if any(mark in names for mark in _OURS):
            leave_out(Path(folder), "it is an archive, or holds an archive's blobs")
            folders.clear()
            continue
        folders.sort()
        for name in sorted([*names, *_links_among(folder, folders)]):
            yield from _plain(Path(folder, name), leave_out)


def _plain(path: Path, leave_out: Callable[[Path, str], None]) -> Iterator[tuple[Path, os.stat_result]]:
    try:
        status = path.lstat()
    except FileNotFoundError:
        return  # it went away since the folder was listed
    if stat.S_ISREG(status.st_mode):
        yield path, status
    else:
        leave_out(
            path, "a link is not followed" if stat.S_ISLNK(status.st_mode) else "it is not a plain file"
        )


def _links_among(folder: str, folders: list[str]) -> list[str]:
    return [name for name in folders if Path(folder, name).is_symlink()]


def _archive_around(top: Path) -> Path | None:
    """The archive or root that a folder lies in, if any."""
    for folder in (top, *top.parents):
        if any((folder / mark).is_file() for mark in _OURS):
            return folder
    return None


def _path(error: OSError) -> Path:
    return Path(os.fsdecode(error.filename))


def _why(error: OSError) -> str:
    return f"the folder cannot be listed: {error.strerror}"
