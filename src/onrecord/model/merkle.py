# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs in the Merkle tree of a file (BEP 52): that a block of 16 KiB belongs to a root, without the rest of the file.

A file of one piece or less has the smallest tree that holds its blocks; a longer one has whole pieces, whose hashes are
the layer that every digest record keeps.
"""

import hashlib
from collections.abc import Sequence

from onrecord.model.digests import BLOCK, BLOCKS_IN_PIECE, PIECE, PIECE_HEIGHT, ZERO_HASH, merkle_root


def leaves(piece: bytes | memoryview) -> list[bytes]:
    """SHA-256 of each block of a piece; the last block may be short."""
    view = memoryview(piece)
    return [hashlib.sha256(view[at : at + BLOCK]).digest() for at in range(0, len(view), BLOCK)]


def piece_root(found: Sequence[bytes], size: int) -> bytes:
    """The node that the leaves of one piece make in a file of `size` bytes: the file's root where that is one piece."""
    return merkle_root(list(found), width=BLOCKS_IN_PIECE if size > PIECE else None)


def path_of(block: int, size: int, piece: Sequence[bytes], layer: bytes) -> tuple[bytes, ...]:
    """The hashes beside the way from a block to the root, lowest first.

    `piece` are the leaves of the block's piece, `layer` the file's piece layer (empty where `size` <= PIECE).
    """
    low = _beside(list(piece), block % BLOCKS_IN_PIECE, 0, _in_piece(size))
    if size <= PIECE:
        return tuple(low)
    nodes = [layer[at : at + 32] for at in range(0, len(layer), 32)]
    return tuple(low + _beside(nodes, block // BLOCKS_IN_PIECE, PIECE_HEIGHT, _height(len(nodes))))


def belongs(block: int, data: bytes, path: Sequence[bytes], size: int, root: bytes) -> bool:
    """Whether `data` is block number `block` of the file that has this size and root."""
    expected = min(BLOCK, size - block * BLOCK)
    height = _in_piece(size) + (_height(-(-size // PIECE)) if size > PIECE else 0)
    if block < 0 or len(data) != expected or len(path) != height or any(len(node) != 32 for node in path):
        return False
    node = hashlib.sha256(data).digest()
    for level, other in enumerate(path):
        node = hashlib.sha256(other + node if block >> level & 1 else node + other).digest()
    return node == root


def blocks_of(size: int) -> int:
    return -(-size // BLOCK)


def _beside(nodes: list[bytes], index: int, height: int, levels: int) -> list[bytes]:
    """The neighbors of node `index` and of those above it, through `levels` levels; `height` is that of `nodes`."""
    found = []
    for level in range(height, height + levels):
        if len(nodes) % 2:
            nodes = [*nodes, ZERO_HASH[level]]
        found.append(nodes[index ^ 1] if index ^ 1 < len(nodes) else ZERO_HASH[level])
        pairs = iter(nodes)
        nodes = [hashlib.sha256(left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
        index //= 2
    return found


def _in_piece(size: int) -> int:
    return PIECE_HEIGHT if size > PIECE else _height(blocks_of(size))


def _height(nodes: int) -> int:
    return max(nodes - 1, 0).bit_length()
