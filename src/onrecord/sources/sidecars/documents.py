# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the documents in a folder that say something about rights, and reads their bytes within bounds."""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from msgspec import Struct

#: Longest document, and most bytes and documents of one folder that are held at once.
LONGEST: Final = 1024 * 1024
MOST_BYTES: Final = 64 * 1024 * 1024
MOST_DOCUMENTS: Final = 100_000

DEBIAN: Final = "debian-copyright"
ALBUM: Final = "album.json"
GAME_MUSIC: Final = "game-music"
REUSE_FILE: Final = "reuse-license"
REUSE_TOML: Final = "reuse-toml"
LICENSE_FILE: Final = "license-file"
TDMREP: Final = "tdmrep"
ROBOTS: Final = "robots.txt"

_LICENSE_NAME = re.compile(r"(?:licen[sc]e|copying|unlicense)(?:\.(?:txt|md|rst))?", re.IGNORECASE)


class SidecarDocument(Struct, frozen=True, forbid_unknown_fields=True):
    """A document that may say something about rights, whole. `path` is relative to the folder that was scanned."""

    path: PurePosixPath
    sha256: str
    content: bytes
    kind: str

    @property
    def text(self) -> str:
        """The bytes as text; what is no UTF-8 is replaced, which no license statement survives unnoticed."""
        return self.content.decode("utf-8-sig", errors="replace")


class RefusedDocument(Struct, frozen=True, forbid_unknown_fields=True):
    """A document that was not taken, and why, in a sentence; `sha256` where its bytes were, and made no sense."""

    path: PurePosixPath
    reason: str
    kind: str
    sha256: str = ""


def kind_of(path: PurePosixPath) -> str:
    """Which kind of document a file of that name would be, "" for none."""
    name = path.name
    if name == "copyright" or (name == "dep5" and path.parent.name == ".reuse"):
        return DEBIAN
    if name == "album.json":
        return ALBUM
    if name == "REUSE.toml":
        return REUSE_TOML
    if name == "tdmrep.json":
        return TDMREP
    if name == "robots.txt":
        return ROBOTS
    if name.endswith(".music"):
        return GAME_MUSIC
    if name.endswith(".license") and name != ".license":
        return REUSE_FILE
    return LICENSE_FILE if _LICENSE_NAME.fullmatch(name) else ""


def walk(root: Path, deep: bool) -> Iterator[tuple[PurePosixPath, list[str], list[str]]]:
    """Folders from the top, with the names of their folders and files, sorted; links are not followed."""
    for folder, folders, names in os.walk(root):
        folders.sort()
        if not deep:
            folders.clear()
        yield PurePosixPath(Path(folder).relative_to(root)), folders, sorted(names)


def find(root: Path, deep: bool) -> Iterator[SidecarDocument | RefusedDocument]:
    """Every document below a folder, in order; those that are too large, no plain files or not readable are refused."""
    size = count = 0
    for folder, _, names in walk(root, deep):
        for name in names:
            path = folder / name
            kind = kind_of(path)
            if not kind:
                continue
            found = _read(root, path, kind)
            if isinstance(found, SidecarDocument):
                size, count = size + len(found.content), count + 1
                if size > MOST_BYTES or count > MOST_DOCUMENTS:
                    reason = f"beyond {MOST_DOCUMENTS} documents or {MOST_BYTES} bytes in one folder; add it in parts"
                    found = RefusedDocument(path, reason, kind)
            yield found


def _read(root: Path, path: PurePosixPath, kind: str) -> SidecarDocument | RefusedDocument:
    try:
        descriptor = os.open(root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return RefusedDocument(path, f"cannot be opened without following links: {error.strerror}", kind)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return RefusedDocument(path, "expected a plain file, it is something else", kind)
        try:
            content = file.read(LONGEST + 1)
        except OSError as error:
            return RefusedDocument(path, f"cannot be read: {error.strerror}", kind)
    if len(content) > LONGEST:
        return RefusedDocument(path, f"longer than {LONGEST} bytes, which no license document is", kind)
    return SidecarDocument(path, hashlib.sha256(content).hexdigest(), content, kind)
