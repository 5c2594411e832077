# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identifiers of made things, a column at a time: well-formed, with right check digits, and told from real ones.

A UUID is of version 5 in a namespace of our own, so that anybody can work out that it was made here.
"""

import hashlib
import uuid
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from onrecord.sources.generated.numbers import Flags, Numbers, Places, below

#: The namespace of made MBIDs; the name within it is `<kind>:<number>`.
NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:onrecord:generated")
#: Countries whose codes begin with them; ISRC's QZ and QM are there as well as the place of work.
PREFIXES: Final = "USGBDEFRJPSENLITESCAAUBRKRQZQMRU"

_ALPHABET: Final = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8)
_HEX: Final = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), dtype=np.uint8).reshape(
    256, 2
)
_HYPHENS: Final = (8, 13, 18, 23)

Signs = NDArray[np.uint8]


def texts(signs: Signs, present: Flags | None = None) -> Any:
    """Rows of signs as a column of texts, "" where one is not `present`."""
    lengths = np.full(len(signs), signs.shape[1], dtype=np.int32)
    if present is not None:
        lengths[~present] = 0
        signs = signs[present]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(signs))]
    return pa.StringArray.from_buffers(len(lengths), buffers[1], buffers[2])


def isrcs(registrant: Numbers, year: Places, number: Places) -> Signs:
    """A registrant's code of a year."""
    signs = np.empty((len(year), 12), dtype=np.uint8)
    prefixes = np.frombuffer(PREFIXES.encode(), dtype=np.uint8).reshape(-1, 2)
    signs[:, :2] = prefixes[below(registrant, len(prefixes))]
    who = (registrant & np.uint64(0xFFFFFFFF)).astype(np.int64) % 36**3
    for place in range(3):
        signs[:, 4 - place] = _ALPHABET[who // 36**place % 36]
    _digits(signs, 5, 2, year % 100)
    _digits(signs, 7, 5, number % 100_000)
    return signs


def barcodes(bits: Numbers) -> Signs:
    """EAN-13 with its check digit."""
    signs = np.empty((len(bits), 13), dtype=np.uint8)
    _digits(signs, 0, 12, (bits >> np.uint64(24)).astype(np.int64) % 10**12)
    weights = np.array([1, 3] * 6)
    signs[:, 12] = 48 + -((signs[:, :12] - 48) * weights).sum(axis=1) % 10
    return signs


def isnis(bits: Numbers) -> Signs:
    """ISNI with its check character, modulo 11-2."""
    signs = np.empty((len(bits), 16), dtype=np.uint8)
    _digits(signs, 0, 15, (bits >> np.uint64(14)).astype(np.int64) % 10**15)
    total = np.zeros(len(bits), dtype=np.int64)
    for place in range(15):
        total = (total + signs[:, place] - 48) * 2
    signs[:, 15] = np.frombuffer(b"0123456789X", dtype=np.uint8)[(12 - total % 11) % 11]
    return signs


def iswcs(numbers: Places) -> Signs:
    """ISWC with its check digit."""
    signs = np.full((len(numbers), 11), ord("T"), dtype=np.uint8)
    _digits(signs, 1, 9, numbers % 10**9)
    total = 1 + ((signs[:, 1:10] - 48) * np.arange(1, 10)).sum(axis=1)
    signs[:, 10] = 48 + -total % 10
    return signs


def dates(year: Places, bits: Numbers) -> Signs:
    signs = np.full((len(year), 10), ord("-"), dtype=np.uint8)
    _digits(signs, 0, 4, year)
    _digits(signs, 5, 2, 1 + below(bits, 12))
    _digits(signs, 8, 2, 1 + (bits & np.uint64(0xFFFF)).astype(np.int64) % 28)
    return signs


def mbids(kind: str, numbers: Iterable[int]) -> Signs:
    """UUIDs of version 5, as `uuid.uuid5(NAMESPACE, f"{kind}:{number}")` gives them."""
    begun = hashlib.sha1(NAMESPACE.bytes + f"{kind}:".encode(), usedforsecurity=False)
    found = bytearray()
    for number in numbers:
        hashed = begun.copy()
        hashed.update(b"%d" % number)
        found += hashed.digest()[:16]
    octets = np.frombuffer(bytes(found), dtype=np.uint8).reshape(-1, 16).copy()
    octets[:, 6] = octets[:, 6] & 0x0F | 0x50
    octets[:, 8] = octets[:, 8] & 0x3F | 0x80
    signs = np.full((len(octets), 36), ord("-"), dtype=np.uint8)
    signs[:, [place for place in range(36) if place not in _HYPHENS]] = _HEX[octets].reshape(-1, 32)
    return signs


def _digits(signs: Signs, start: int, width: int, values: Places) -> None:
    for place in range(width):
        signs[:, start + width - 1 - place] = 48 + values // 10**place % 10
