# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file as it is sent to S3, and what the server has to say of it once it has arrived whole.

An e_tag is no digest: it may be anything. But one that is the MD5 of what was sent (of a file in parts: the MD5 of the
MD5s of its parts, and their number) was made by who has read these bytes.
"""

import hashlib
import os
from io import FileIO
from pathlib import Path
from typing import Final

from msgspec import Struct

from onrecord.store.roots import damaged

#: Up to so many bytes go in one request.
WHOLE: Final = 16 * 1024 * 1024
#: Larger files go in parts of so many.
PART: Final = 16 * 1024 * 1024


def goes_in_parts(size: int) -> bool:
    return size > WHOLE


class Parcel(Struct, frozen=True):
    """A file that is to be sent: what a server's e_tag of it has to be, and its bytes where they go in one request."""

    sha256: str
    size: int
    e_tag: str
    content: bytes | None = None

    @classmethod
    def of(cls, source: Path, sha256: str, *, known: bool = False) -> "Parcel":
        """`known`: its digest was found here just now. Else DigestMismatch where the file is not what it says."""
        fd = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(fd, "rb", buffering=0) as file:
            size = os.fstat(fd).st_size
            whole, parts, content = hashlib.sha256(), list[bytes](), b""
            while piece := _filled(file):
                if not known:
                    whole.update(piece)
                parts.append(hashlib.md5(piece, usedforsecurity=False).digest())
                content = piece
        if not known and (found := whole.hexdigest()) != sha256:
            raise damaged(source, sha256, found)
        if not goes_in_parts(size):
            e_tag = parts[0] if parts else hashlib.md5(b"", usedforsecurity=False).digest()
            return cls(sha256, size, f'"{e_tag.hex()}"', content)
        joined = hashlib.md5(b"".join(parts), usedforsecurity=False)
        return cls(sha256, size, f'"{joined.hexdigest()}-{len(parts)}"')

    @classmethod
    def of_bytes(cls, content: bytes) -> "Parcel":
        e_tag = hashlib.md5(content, usedforsecurity=False).hexdigest()
        return cls(hashlib.sha256(content).hexdigest(), len(content), f'"{e_tag}"', content)


def _filled(file: FileIO) -> bytes:
    """The next part: shorter than one only at the end, however short the single reads are."""
    piece = file.read(PART) or b""
    while 0 < len(piece) < PART and (more := file.read(PART - len(piece))):
        piece += more
    return piece
