# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fingerprints as text: Chromaprint's compressed form in URL-safe base64, as fpcalc prints it and AcoustID takes it.

After four bytes (algorithm; number of words, big-endian) each word is XORed with the one before it and written as the
distances between its set bits, lowest first, ended by 0. A distance takes 3 bits; 7 means "7 or more", and what it is
more stands in 5 bits each behind all of them. Both parts fill bytes from their lowest bit.
"""

import base64
import re
from typing import Final

import numpy as np
import numpy.typing as npt

from onrecord.audio.fingerprint import words
from onrecord.errors import UsageError

#: Words of 120 seconds of sound, at whatever rate it came: 967 frames, less 4 by smoothing and 15 by the classifiers.
WORDS_OF_120_SECONDS: Final = 948


def compress(fingerprint: bytes) -> str:
    """The text of a stored fingerprint (words of algorithm 1, 4 bytes each, little-endian), without padding.

    Raises ValueError where the bytes are no whole words or more than the 24 bits of the header can count.
    """
    all_words = words(fingerprint)
    if len(all_words) > _MOST_WORDS:
        raise ValueError(f"{len(all_words)} words: the text form holds at most {_MOST_WORDS}")
    changes = all_words.copy()
    changes[1:] ^= all_words[:-1]
    bits = np.unpackbits(changes.astype("<u4").view(np.uint8), bitorder="little")
    word, bit = np.divmod(np.flatnonzero(bits), 32)
    distances = np.diff(bit, prepend=-1)
    first = np.diff(word, prepend=-1) > 0
    distances[first] = bit[first] + 1
    normal = np.zeros(len(distances) + len(all_words), np.uint8)
    normal[np.arange(len(distances)) + word] = np.minimum(distances, _MORE)
    more = (distances[distances >= _MORE] - _MORE).astype(np.uint8)
    header = bytes([_ALGORITHM]) + len(all_words).to_bytes(3, "big")
    packed = header + _pack(normal, _NORMAL_BITS) + _pack(more, _MORE_BITS)
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode("ascii")


def expand(text: str) -> bytes:
    """The stored form of a fingerprint's text: `expand(compress(x)) == x`.

    Takes memory by the length of the text, never by what it claims. Raises UsageError for anything that `compress`
    could not have written, but for the bits that fill up a byte.
    """
    data = _decode(text)
    if len(data) < _HEADER:
        raise UsageError(f"fingerprint text: expected at least {_HEADER} bytes, got {len(data)}")
    if data[0] != _ALGORITHM:
        raise UsageError(f"fingerprint text: expected algorithm {_ALGORITHM}, got {data[0]}")
    count = int.from_bytes(data[1:_HEADER], "big")
    distances, starts = _distances(data[_HEADER:], count)
    if not count:
        return b""
    # Where its word ends, a distance is 0: it adds no bit, and no word is without a place in the list.
    reached = np.cumsum(distances)
    before = np.concatenate(([0], reached[starts[1:] - 1]))
    bit = reached - np.repeat(before, np.diff(starts, append=len(distances)))
    if bit.max() > 32:
        raise UsageError("fingerprint text: a word of more than 32 bits")
    set_bits = np.where(distances > 0, np.left_shift(1, np.maximum(bit, 1) - 1), 0).astype(np.uint32)
    changes = np.bitwise_or.reduceat(set_bits, starts)
    return np.bitwise_xor.accumulate(changes).astype("<u4").tobytes()


def first_120_seconds(fingerprint: bytes) -> bytes:
    """The words that fpcalc gives unless told otherwise (`-length 120`), and that AcoustID knows a recording by."""
    return fingerprint[: 4 * WORDS_OF_120_SECONDS]


_ALGORITHM: Final = 1
_HEADER: Final = 4
_MOST_WORDS: Final = 2**24 - 1
_NORMAL_BITS: Final = 3
_MORE: Final = 2**_NORMAL_BITS - 1
_MORE_BITS: Final = 5

_Bytes = npt.NDArray[np.uint8]


def _decode(text: str) -> bytes:
    # The decoder itself lets padding and the other alphabet's signs pass.
    if not re.fullmatch("[A-Za-z0-9_-]*", text) or len(text) % 4 == 1:
        raise UsageError("fingerprint text: expected URL-safe base64 without padding")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _distances(data: bytes, count: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.intp]]:
    """Distances between set bits, each word's ended by 0, and where in that list each word begins."""
    normal = _unpack(data, _NORMAL_BITS)
    ends = np.flatnonzero(normal == 0)[:count]
    if len(ends) < count:
        raise UsageError(f"fingerprint text: claims {count} words, holds {len(ends)}")
    distances = normal[: ends[-1] + 1 if count else 0].astype(np.int64)
    large = np.flatnonzero(distances == _MORE)
    rest = data[_bytes_of(len(distances), _NORMAL_BITS) :]
    expected = _bytes_of(len(large), _MORE_BITS)
    if len(rest) != expected:
        raise UsageError(f"fingerprint text: expected {expected} bytes of large distances, got {len(rest)}")
    distances[large] += _unpack(rest, _MORE_BITS)[: len(large)]
    return distances, np.concatenate(([0], ends[:-1] + 1)).astype(np.intp)


def _pack(values: _Bytes, bits: int) -> bytes:
    each = np.unpackbits(values[:, np.newaxis], axis=1, count=bits, bitorder="little")
    return np.packbits(each, bitorder="little").tobytes()


def _unpack(data: bytes, bits: int) -> _Bytes:
    each = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
    whole = len(each) // bits
    return np.packbits(each[: whole * bits].reshape(whole, bits), axis=1, bitorder="little").reshape(whole)


def _bytes_of(values: int, bits: int) -> int:
    return -(-values * bits // 8)
