# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random numbers by place: the number of (seed, what for, which row), whatever was drawn before.

Integers alone, for the last digit of a power or a logarithm is not the same on every machine.
"""

import hashlib
from collections.abc import Sequence
from decimal import Decimal, localcontext
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]
Places = NDArray[np.int64]
Flags = NDArray[np.bool_]

_HALF: Final = np.uint64(32)


def draw(seed: int, purpose: str, rows: NDArray[Any]) -> Numbers:
    """64 random bits for each row number (splitmix64 of a counter)."""
    with np.errstate(over="ignore"):
        bits = rows.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + _key(seed, purpose)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        found: Numbers = bits ^ (bits >> np.uint64(31))
    return found


def below(bits: Numbers, limit: NDArray[Any] | int) -> Places:
    """A number from 0 up to `limit`, which is less than 2^32."""
    found: Places = ((bits >> _HALF) * np.asarray(limit).astype(np.uint64) >> _HALF).astype(np.int64)
    return found


def happens(bits: Numbers, share: float) -> Flags:
    return (bits >> _HALF) < np.uint64(int(share * 2**32))


def quantile(bits: Numbers, sixteenths: Sequence[int]) -> Places:
    """A value of a distribution that is known by its sixteenths; between two of them all are as likely."""
    points = np.array(sixteenths, dtype=np.int64)
    part = (bits >> np.uint64(60)).astype(np.int64)
    within = (bits >> np.uint64(28) & np.uint64(0xFFFFFFFF)).astype(np.int64)
    low = points[part]
    found: Places = low + ((points[part + 1] - low) * within >> 32)
    return found


def choose(bits: Numbers, weights: Sequence[int]) -> Places:
    """Which of several, as often as their weights say."""
    sums = np.cumsum(np.array(weights, dtype=np.int64))
    return np.searchsorted(sums, below(bits, int(sums[-1])), side="right")


def rank(bits: Numbers, size: int, slope: str) -> Places:
    """A rank from 0 up to `size`; rank r comes about as often as (r + 1)^-`slope`."""
    edges, sums = _ranks(size, slope)
    part = np.searchsorted(sums, below(bits, int(sums[-1])), side="right")
    # The upper half chose the part, the lower half chooses in it.
    width = (edges[part + 1] - edges[part]).astype(np.uint64)
    found: Places = edges[part] + ((bits & np.uint64(0xFFFFFFFF)) * width >> _HALF).astype(np.int64)
    return found


@cache
def _key(seed: int, purpose: str) -> np.uint64:
    digest = hashlib.sha256(f"onrecord generated {seed} {purpose}".encode()).digest()
    return np.uint64(int.from_bytes(digest[:8], "little"))


@cache
def _ranks(size: int, slope: str) -> tuple[Places, Places]:
    """Parts that each are a fifth wider than the one before, with the weight of each, 2^31 together."""
    edges = [0]
    while edges[-1] < size:
        edges.append(min(size, max(edges[-1] + 1, edges[-1] * 6 // 5)))
    with localcontext(prec=40):
        power = 1 - Decimal(slope)
        heights = [(Decimal(edge) + Decimal("0.5")) ** power for edge in edges]
        whole = heights[-1] - heights[0]
        sums = [int((height - heights[0]) / whole * 2**31) for height in heights[1:]]
    return np.array(edges, dtype=np.int64), np.array(sums, dtype=np.int64)
