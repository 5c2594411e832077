# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Integrated loudness after EBU R 128: K-weighting, 400 ms blocks and two gates as ITU-R BS.1770-4 defines them.

FFmpeg's `biquad` filter does the weighting, one number for each 100 ms is kept, and the gates are closed at the end.
"""

from array import array
from collections.abc import Sequence
from math import log10, pi, tan
from typing import Final

import numpy as np
import numpy.typing as npt

#: Lowest rate at which the filter's shelf still lies well below half the rate.
LOWEST_RATE: Final = 4000


def k_weighting(rate: int) -> tuple[dict[str, str], dict[str, str]]:
    """Options of the two `biquad` filters: the head's effect on high notes, and the ear's deafness to low ones.

    The constants are the analog ones behind BS.1770's table for 48 kHz, by the bilinear transform for any rate.
    """
    k, q = tan(pi * 1681.974450955533 / rate), 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    band = high**0.4996667741545416
    shelf = (high + band * k / q + k * k, 2 * (k * k - high), high - band * k / q + k * k)
    first = _options(shelf, _denominator(k, q))
    k, q = tan(pi * 38.13547087602444 / rate), 0.5003270373238773
    # The numerator is the standard's, which is not scaled with the denominator.
    scale = 1 + k / q + k * k
    return first, _options((scale, -2 * scale, scale), _denominator(k, q))


class Loudness:
    """Takes K-weighted samples as they come; `weights` are BS.1770's, one a channel."""

    def __init__(self, rate: int, weights: Sequence[float]) -> None:
        self._hop = round(rate / 10)
        self._weights = weights
        self._powers = np.zeros(0)
        self._energies = array("d")

    def feed(self, channels: Sequence[npt.NDArray[np.float64]]) -> None:
        powers = sum(
            weight * samples * samples for weight, samples in zip(self._weights, channels, strict=True)
        )
        powers = np.concatenate((self._powers, powers))
        whole = len(powers) // self._hop * self._hop
        self._energies.extend(powers[:whole].reshape(-1, self._hop).mean(axis=1))
        self._powers = powers[whole:]

    def integrated(self) -> float | None:
        """LUFS; None for silence, and for less than 400 ms, where the standard defines nothing."""
        energies = np.array(self._energies)
        if len(energies) < 4:
            return None
        blocks = (energies[:-3] + energies[1:-2] + energies[2:-1] + energies[3:]) / 4
        blocks = blocks[blocks > 10 ** ((_ABSOLUTE_GATE - _OFFSET) / 10)]
        if not len(blocks):
            return None
        blocks = blocks[blocks > blocks.mean() * 10 ** (_RELATIVE_GATE / 10)]
        return _OFFSET + 10 * log10(blocks.mean())


def weight(channel: str) -> float:
    """BS.1770's weight of a channel by FFmpeg's name of it."""
    if channel.startswith("LFE"):
        return 0.0
    return 1.41 if channel in ("BL", "BR", "SL", "SR") else 1.0


_OFFSET: Final = -0.691
_ABSOLUTE_GATE: Final = -70.0
_RELATIVE_GATE: Final = -10.0


def _denominator(k: float, q: float) -> tuple[float, float, float]:
    return 1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k


def _options(b: tuple[float, float, float], a: tuple[float, float, float]) -> dict[str, str]:
    names = ("b0", "b1", "b2", "a0", "a1", "a2")
    # Single precision would drown a 38 Hz filter in its own rounding.
    return dict(zip(names, map(repr, (*b, *a)), strict=True)) | {"precision": "f64"}
