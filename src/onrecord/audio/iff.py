# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text chunks of WAV (RIFF INFO) and AIFF, which mutagen does not read: it looks for an ID3 chunk only."""

import io
import os
import struct
from collections.abc import Iterator
from typing import Final

File = io.RawIOBase | io.BufferedIOBase


def iff_texts(file: File) -> Iterator[tuple[str, str]]:
    """Pairs such as ("RIFF:INAM", title) and ("AIFF:NAME", title); nothing from any other file."""
    head = file.read(12) or b""
    size = file.seek(0, os.SEEK_END)
    if head[:4] in (b"RIFF", b"RF64") and head[8:] == b"WAVE":
        for name, at, length in _chunks(file, 12, size, "<"):
            file.seek(at)
            if name == b"LIST" and length > 4 and file.read(4) == b"INFO":
                for info, start, count in _chunks(file, at + 4, min(at + length, size), "<"):
                    yield f"RIFF:{_key(info)}", _text(file, start, count)
    elif head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC"):
        for name, at, length in _chunks(file, 12, size, ">"):
            if name in (b"NAME", b"AUTH", b"ANNO", b"(c) "):
                yield f"AIFF:{_key(name)}", _text(file, at, length)


#: Chunks that are looked at before a file counts as made to waste time.
_MOST_CHUNKS: Final = 10_000
_LONGEST: Final = 64 * 1024


def _chunks(file: File, at: int, end: int, order: str) -> Iterator[tuple[bytes, int, int]]:
    """(name, place of the content, its length) of each chunk; contents start at even places."""
    for _ in range(_MOST_CHUNKS):
        if at + 8 > end:
            return
        file.seek(at)
        header = file.read(8) or b""
        if len(header) < 8:
            return
        name, length = struct.unpack(f"{order}4sI", header)
        yield name, at + 8, length
        at += 8 + length + length % 2


def _key(name: bytes) -> str:
    return name.decode("latin-1").strip()


def _text(file: File, at: int, length: int) -> str:
    """UTF-8 where it is, else Latin-1: neither format says which."""
    file.seek(at)
    data = (file.read(min(length, _LONGEST)) or b"").split(b"\0")[0]
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
