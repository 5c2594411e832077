# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths from a block to the root: every block of files around the odd sizes, and nothing else."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.model.digests import BLOCK, PIECE
from onrecord.model.merkle import belongs, blocks_of, leaves, path_of, piece_root
from onrecord.store.digest import digest

SIZES = [
    1,
    BLOCK - 1,
    BLOCK,
    BLOCK + 1,
    3 * BLOCK,
    PIECE - 1,
    PIECE,
    PIECE + 1,
    2 * PIECE,
    3 * PIECE + 5,
    5 * PIECE - 1,
]


def bytes_of(size: int) -> bytes:
    return bytes((at * 131 + at // 977) % 251 for at in range(4099)) * (size // 4099 + 1)


def parts(size: int):
    data = bytes_of(size)[:size]
    return data, digest(io.BytesIO(data).readinto)


@pytest.mark.parametrize("size", SIZES)
def test_every_block_leads_to_the_root(size):
    data, of = parts(size)
    for block in range(blocks_of(size)):
        at = block * BLOCK // PIECE * PIECE
        path = path_of(block, size, leaves(data[at : at + PIECE]), of.v2_layer)
        given = data[block * BLOCK : (block + 1) * BLOCK]
        assert belongs(block, given, path, size, of.v2_root)
        assert not belongs(block + 1, given, path, size, of.v2_root)
        assert not belongs(block, given[:-1] + bytes([given[-1] ^ 1]), path, size, of.v2_root)
        assert not belongs(block, given, path, 2 * size + PIECE, of.v2_root)
        assert not belongs(block, given, (*path, path[-1] if path else bytes(32)), size, of.v2_root)


@pytest.mark.parametrize("size", SIZES)
def test_the_leaves_of_a_piece_make_its_node_of_the_layer(size):
    data, of = parts(size)
    layer = of.v2_layer or of.v2_root
    for piece, at in enumerate(range(0, size, PIECE)):
        assert piece_root(leaves(data[at : at + PIECE]), size) == layer[32 * piece : 32 * piece + 32]


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 4 * PIECE), st.data())
def test_a_random_block_of_a_random_size(size, data):
    content, of = parts(size)
    block = data.draw(st.integers(0, blocks_of(size) - 1))
    at = block * BLOCK // PIECE * PIECE
    path = path_of(block, size, leaves(content[at : at + PIECE]), of.v2_layer)
    assert belongs(block, content[block * BLOCK : (block + 1) * BLOCK], path, size, of.v2_root)
