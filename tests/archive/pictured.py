# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sounds under a free license with covers and words in their tags, of which nothing says that they may be shown."""

import hashlib
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import mutagen.id3
from mutagen.flac import FLAC, Picture

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.matching import rematch
from tests.archive.withdrawn import tagged
from tests.conftest import DAY
from tests.tones import write

id3: Any = mutagen.id3
LRC: Final = "[ti:Tune]\n[00:01.50]First line\n[00:03.00][00:05.00]Refrain"
#: In a chunk of the picture that says who made it where.
HIDDEN: Final = b"Comment\0taken at 59.91 N, 10.75 E"


def png(side: int = 700, shade: int = 128) -> bytes:
    """A whole grey picture that bears a text."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + bytes([shade]) * side) * side)
    body = chunk(b"IHDR", head) + chunk(b"tEXt", HIDDEN) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


COVER: Final = hashlib.sha256(png()).hexdigest()


def with_cover(path: Path, comments: Mapping[str, str] = {}, called: str = "") -> Path:
    """A FLAC that bears a front cover, which calls itself something, and more comments."""
    tags = FLAC(path)
    picture = Picture()
    picture.type, picture.mime, picture.desc, picture.data = 3, "image/png", called, png()
    tags.add_picture(picture)
    for name, value in comments.items():
        tags[name] = value
    tags.save()
    return path


def pictured(folder: Path) -> None:
    """An archive with two pieces that bear one cover; the first has words with times, the other plain ones in MP3."""
    with_cover(write(folder / "music" / "first.flac", 1, tags=tagged("First")), {"lyrics": LRC})
    second = write(folder / "music" / "second.flac", 2, tags=tagged("Second"))
    with_cover(second)
    third = write(folder / "music" / "third.mp3", 3, tags={"title": "Third", "artist": "Some Makers"})
    tags = id3.ID3(third)
    tags.add(id3.USLT(lang="swe", desc="", text="En rad\n\nEn till"))
    tags.add(
        id3.SYLT(
            encoding=3, lang="swe", format=2, type=1, desc="", text=[("En rad", 500), ("En till", 61_250)]
        )
    )
    tags.save()
    with Archive.create(folder / "archive", "Test archive", lambda: DAY) as archive:
        add(archive, [folder / "music"], held_as="owner")
        rematch(archive)
