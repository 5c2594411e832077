# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bencoding is canonical both ways, bounded, and refuses whatever else there is."""

import io
from pathlib import Path

import libtorrent as lt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.errors import SourceRefused
from onrecord.publish.bencode import decode, encode

_TORRENTS = Path(__file__).parents[3] / "shared" / "data" / "torrents"

_values = st.recursive(
    st.integers(-(2**62), 2**62) | st.binary(max_size=40),
    lambda below: st.lists(below, max_size=5) | st.dictionaries(st.binary(max_size=8), below, max_size=5),
    max_leaves=25,
)


@given(_values)
def test_what_is_encoded_decodes_to_the_same(value):
    assert decode(encode(value)) == value


@given(_values)
def test_libtorrent_encodes_to_the_same_bytes(value):
    assert encode(value) == lt.bencode(value)


@given(st.binary(max_size=60) | st.text("dlie0123456789:-ab", max_size=40).map(str.encode))
def test_whatever_decodes_encodes_to_the_same_bytes(data):
    try:
        value = decode(data)
    except SourceRefused:
        return
    assert encode(value) == data


@pytest.mark.parametrize(
    "data",
    [
        b"", b"x", b"i", b"ie", b"i-e", b"i-0e", b"i03e", b"i+3e", b"i 3e", b"i1_0e", b"i3", b"i12345678901234567890e",
        b"3:ab", b"03:abc", b"-1:a", b":a", b"99999999999999999999:a", b"1", b"l", b"li1e", b"d", b"d1:a", b"d1:ae",
        b"di1ei2ee", b"d1:bi1e1:ai2ee", b"d1:ai1e1:ai2ee", b"i1ei2e", b"le ", b"i\xb2e",
    ],
)  # fmt: skip
def test_what_is_not_canonical_and_whole_is_refused_by_the_byte(data):
    with pytest.raises(SourceRefused, match=r"byte [0-9]+: expected"):
        decode(data)


def test_nesting_is_bounded():
    assert decode(b"l" * 64 + b"e" * 64)
    for opening in (b"l", b"d1:a"):
        with pytest.raises(SourceRefused, match="nesting"):
            decode(opening * 1_000_000)


def test_size_is_bounded():
    assert decode(b"4:abcd", max_bytes=6) == b"abcd"
    with pytest.raises(SourceRefused, match="7 bytes, expected at most 6"):
        decode(b"5:abcde", max_bytes=6)


@pytest.mark.parametrize(
    "value", [None, "text", 1.5, True, {"text": 1}, [{1: 2}], {b"a": False}, io.BytesIO()]
)
def test_only_bencode_s_own_types_are_encoded(value):
    with pytest.raises(TypeError):
        encode(value)


@pytest.mark.skipif(not _TORRENTS.is_dir(), reason="the shared data is not beside this clone")
def test_real_and_malformed_torrents_decode_or_are_refused():
    seen = 0
    for path in sorted(_TORRENTS.rglob("*.torrent")):
        data, seen = path.read_bytes(), seen + 1
        try:
            assert encode(decode(data)) == data
        except SourceRefused:
            continue
    assert seen > 50
