# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a torrent's files lie: as blobs that are only read, or in a folder that is a fetch's own."""

import os
import shutil
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import libtorrent as lt

from onrecord.errors import MirrorFailed
from onrecord.model.digests import PIECE
from onrecord.publish.contents import Contents, Listed

#: Where the bytes of a torrent's file lie; None where this mirror does not hold it.
Locate = Callable[[tuple[str, ...]], Path | None]


def paths(info: Any) -> list[tuple[str, ...] | None]:
    """The path of each file as libtorrent counts them, None for padding."""
    layout = info.layout()
    pad = lt.file_flags_t.flag_pad_file
    return [
        None if layout.file_flags(index) & pad else tuple(layout.file_path(index).split("/")[1:])
        for index in range(layout.num_files())
    ]


def found(info: Any, contents: Contents, locate: Locate) -> tuple[dict[int, str], list[str]]:
    """Where each file lies, by libtorrent's number; and the ones that lie nowhere."""
    numbers = {path: number for number, path in enumerate(paths(info))}
    places: dict[int, str] = {}
    missing: list[str] = []
    for file in contents.files:
        place = locate(file.path)
        if place is None or not _is_file(place, file.size):
            missing.append("/".join(file.path))
        elif file.size:
            # An empty file is not mapped: libtorrent would open it for writing. There is nothing to read in it.
            places[numbers[file.path]] = str(place.absolute())
    return places, missing


def held_pieces(contents: Contents, missing: Iterable[str]) -> list[bool]:
    """Of each piece, whether its file is held. Every file of ours begins a piece, so a piece has one file."""
    absent = set(missing)
    return [
        "/".join(file.path) not in absent for file in contents.files for _ in range(-(-file.size // PIECE))
    ]


def make_private(into: Path, contents: Contents) -> None:
    """Sees to it that what will be written below `into` is nothing but this fetch's own files.

    A file that is linked (a blob, perhaps) becomes a copy, a symbolic link goes, a file that is too long is cut.
    """
    into.mkdir(parents=True, exist_ok=True)
    folders = {
        (contents.name, *file.path[:depth]) for file in contents.files for depth in range(len(file.path))
    }
    for folder in sorted(folders):
        place = into.joinpath(*folder)
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            raise MirrorFailed(f"{place}: expected a folder of this fetch, got something else", "remove it")
    for file in contents.files:
        place = into.joinpath(contents.name, *file.path)
        try:
            known = place.lstat()
        except FileNotFoundError:
            continue
        if stat.S_ISLNK(known.st_mode):
            place.unlink()
        elif not stat.S_ISREG(known.st_mode):
            raise MirrorFailed(f"{place}: expected a file of this fetch, got something else", "remove it")
        elif known.st_nlink > 1:
            copy = place.with_name(place.name + ".copy")
            copy.unlink(missing_ok=True)
            shutil.copyfile(place, copy)
            copy.replace(place)
        if place.exists() and place.stat().st_size > file.size:
            os.truncate(place, file.size)


def unfinished(handle: Any, files: Iterable[Listed]) -> list[str]:
    done = handle.file_progress(lt.file_progress_flags_t.piece_granularity)
    numbers = {path: number for number, path in enumerate(paths(handle.torrent_file()))}
    return ["/".join(file.path) for file in files if done[numbers[file.path]] < file.size]


def _is_file(place: Path, size: int) -> bool:
    try:
        known = place.lstat()
    except OSError:
        return False
    return stat.S_ISREG(known.st_mode) and known.st_size == size
