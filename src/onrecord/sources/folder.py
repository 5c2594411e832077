# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Walks a delivered folder in one fixed order, so that a cursor that names a file stays good."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from onrecord.errors import SourceFailed


class Member(NamedTuple):
    """A file of a folder. `name` is its printable relative path, `parts` its place in the order.

    `refused` says why it must not be opened, "" where it may.
    """

    name: str
    path: Path
    parts: tuple[str, ...]
    refused: str = ""


def members(location: Path) -> Iterator[Member]:
    """Every file below `location`, or `location` itself, sorted by the parts of its path; one folder in memory.

    Links are not followed: what was unpacked from a delivery could otherwise name any file of this machine.
    """
    if location.is_file():
        yield _member(location, (location.name,))
        return
    if not location.is_dir():
        raise SourceFailed(
            f"{location}: no such file or folder",
            hint="name the dump's file, or the folder it was unpacked to",
        )
    stack = [_sorted(location, ())]
    while stack:
        entry = next(stack[-1], None)
        if entry is None:
            stack.pop()
        elif entry[0].is_dir() and not entry[0].is_symlink():
            stack.append(_sorted(*entry))
        else:
            yield _member(*entry)


def place(name: str) -> tuple[str, ...]:
    """The place in the order of a file whose printable name a cursor holds."""
    return tuple(name.split("/"))


def _sorted(folder: Path, parts: tuple[str, ...]) -> Iterator[tuple[Path, tuple[str, ...]]]:
    try:
        found = [(path, (*parts, _printable(path.name))) for path in folder.iterdir()]
    except OSError as error:
        raise SourceFailed(
            f"{folder}: cannot be listed: {error.strerror}", hint="check its permissions"
        ) from error
    return iter(sorted(found, key=lambda pair: pair[1]))


def _member(path: Path, parts: tuple[str, ...]) -> Member:
    name = "/".join(parts)
    if path.is_symlink():
        return Member(name, path, parts, "a symbolic link; links are not followed, put the file itself there")
    if not path.is_file():
        return Member(name, path, parts, "not a regular file")
    return Member(name, path, parts)


def _printable(name: str) -> str:
    """File names are bytes; what is not UTF-8 is shown escaped, so that it can be stored and compared."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
