# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one read: every digest a file will ever need, while its bytes pass through one buffer (format clause 3).

Nothing is read again to name a file, to check it, or to publish it as BitTorrent v1, v2 or hybrid.
"""

import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from blake3 import blake3

from onrecord.errors import SourceRefused
from onrecord.model.digests import BLOCK, PIECE, PIECE_HEIGHT, Digests, merkle_root

#: Fills the start of the view it is given and returns how many bytes; 0 means the end.
ReadInto = Callable[[memoryview], int]
#: Takes all of a view before it returns; the view is read-only and its bytes are overwritten afterwards.
Write = Callable[[memoryview], object]


def digest(read_into: ReadInto, write: Write | None = None, *, buffer: bytearray | None = None) -> Digests:
    """Digests of all that `read_into` yields, handing each run of bytes to `write` before it is hashed.

    Memory is one piece plus some 150 bytes for each piece seen. A caller with many files passes one `buffer`
    of PIECE bytes and spares an allocation each. Whatever `read_into` and `write` raise goes through unchanged.
    """
    view = memoryview(bytearray(PIECE) if buffer is None else buffer)
    if len(view) != PIECE:
        raise ValueError(f"buffer has {len(view)} bytes, expected one piece of {PIECE}")
    readonly = view.toreadonly()
    leaves = [readonly[at : at + BLOCK] for at in range(0, PIECE, BLOCK)]
    sha256, sha1, whole, fast = hashlib.sha256, hashlib.sha1, hashlib.sha256(), blake3()
    pieces: list[bytes] = []  # v1
    layer: list[bytes] = []  # v2, one node a piece
    root = tail = b""
    size, got = 0, PIECE
    while got == PIECE and (got := _fill(read_into, view)):
        run = readonly if got == PIECE else readonly[:got]
        if write is not None:
            write(run)
        size += got
        whole.update(run)
        fast.update(run)
        piece = sha1(run)
        if got == PIECE:
            layer.append(merkle_root([sha256(leaf).digest() for leaf in leaves]))
        else:
            tail = piece.digest()
            piece.update(_ZEROS[got:])
            blocks = [sha256(run[at : at + BLOCK]).digest() for at in range(0, got, BLOCK)]
            # Within one piece the tree is the smallest that holds the file; in a longer file it is a whole piece's.
            layer.append(merkle_root(blocks, width=PIECE // BLOCK if layer else None))
        pieces.append(piece.digest())
    if layer:
        root = merkle_root(layer, PIECE_HEIGHT)
    return Digests(
        sha256=whole.hexdigest(),
        size=size,
        blake3=fast.digest(),
        v2_root=root,
        v2_layer=b"".join(layer) if size > PIECE else b"",
        v1_pieces=b"".join(pieces),
        v1_tail=tail,
    )


def digest_file(
    path_or_fd: str | os.PathLike[str] | int, write: Write | None = None, *, buffer: bytearray | None = None
) -> Digests:
    """Digests of a regular file, or of what an open descriptor yields from where it stands (it stays open).

    A path that is a folder, a pipe or a device is refused rather than read: those may block or never end.
    """
    if isinstance(path_or_fd, int):
        return digest(reading(path_or_fd), write, buffer=buffer)
    # Without O_NONBLOCK the open of a pipe that nobody writes to would hang before it could be refused.
    fd = os.open(path_or_fd, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        mode = os.fstat(fd).st_mode
        if not stat.S_ISREG(mode):
            raise SourceRefused(
                f"{Path(path_or_fd)}: expected a regular file, got {_kind(mode)}", "give the files themselves"
            )
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)
        return digest(reading(fd), write, buffer=buffer)
    finally:
        os.close(fd)


def reading(fd: int) -> ReadInto:
    """Reads an open descriptor from where it stands."""

    def read_into(view: memoryview) -> int:
        return os.readv(fd, (view,))

    return read_into


#: What a last piece is padded with for its v1 hash.
_ZEROS: Final = memoryview(bytes(PIECE))


def _fill(read_into: ReadInto, view: memoryview) -> int:
    """Bytes read into `view`: fewer than it holds only at the end, however short the single reads are."""
    got = read_into(view)
    while 0 < got < PIECE:
        step = read_into(view[got:])
        if step == 0:
            break
        got = got + step if 0 < step <= PIECE - got else -1
    if not 0 <= got <= PIECE:
        raise ValueError(f"a read returned a count outside of the {PIECE} bytes it was given room for")
    return got


def _kind(mode: int) -> str:
    kinds = (stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket")
    return next((name for test, name in kinds if test(mode)), "a device")
