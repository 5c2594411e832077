# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that naming, checking and publishing a file will ever need, from one read (format clause 3)."""

import hashlib
from typing import Final

from msgspec import Struct

#: Bytes of a Merkle leaf of BitTorrent v2 (BEP 52).
BLOCK: Final = 16 * 1024
#: Bytes of a piece. A v1 piece hash holds for one piece length, so the format fixes it (format clause 3.3).
PIECE: Final = 1024 * 1024
BLOCKS_IN_PIECE: Final = PIECE // BLOCK


class Digests(Struct, frozen=True, forbid_unknown_fields=True):
    """Digests of one file.

    sha256     name of the blob, 64 hexadecimal digits
    size       bytes
    blake3     32 bytes; for the frequent scrub
    v2_root    32 bytes, root of the file's Merkle tree (BEP 52); empty for an empty file
    v2_layer   the tree's hashes at the level of one piece, 32 bytes each; empty where size <= PIECE
    v1_pieces  SHA-1 of each piece, 20 bytes each, the last one padded with zeros to a whole piece
    v1_tail    SHA-1 of the last piece as it is; empty where the size is a multiple of PIECE
    """

    sha256: str
    size: int
    blake3: bytes
    v2_root: bytes
    v2_layer: bytes
    v1_pieces: bytes
    v1_tail: bytes


def _zero_hashes() -> tuple[bytes, ...]:
    levels = [bytes(32)]
    for _ in range(40):
        levels.append(hashlib.sha256(levels[-1] * 2).digest())
    return tuple(levels)


#: The hash of an all-padding subtree at each height above the leaves; BEP 52 pads with zero *hashes*.
ZERO_HASH: Final = _zero_hashes()
#: Height of the piece layer above the leaves.
PIECE_HEIGHT: Final = BLOCKS_IN_PIECE.bit_length() - 1


def merkle_root(hashes: list[bytes], height: int = 0, width: int | None = None) -> bytes:
    """Root over `hashes`, which stand `height` levels above the leaves, padded to a power of two.

    `width` asks for at least that many nodes on the lowest level (a power of two).
    """
    nodes = hashes
    target = max(width or 1, 1 << max(len(nodes) - 1, 0).bit_length())
    while target > 1:
        if len(nodes) % 2:
            nodes = [*nodes, ZERO_HASH[height]]
        pairs = iter(nodes)
        nodes = [hashlib.sha256(left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
        target //= 2
        height += 1
    return nodes[0]
