# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loudness after EBU R 128: integrated as ITU-R BS.1770-4 defines it, its range, and the loudest 400 ms and 3 s.

FFmpeg's `biquad` filter does the weighting, one number for each 10 ms is kept, and the gates are closed at the end.
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
    """Takes K-weighted samples as they come, at `rate` hertz; `weights` are BS.1770's, one a channel.

    Loudness is in LUFS. One number is kept for each 10 ms.
    """

    def __init__(self, rate: int, weights: Sequence[float]) -> None:
        self._rate = rate
        self._weights = weights
        self._at = 0
        self._open = 0.0
        self._energies = array("d")

    def feed(self, channels: Sequence[npt.NDArray[np.float64]]) -> None:
        """Takes one array a channel, of equal lengths, full scale 1.0."""
        length = len(channels[0])
        starts = self._starts(length)
        energies = np.zeros(len(starts))
        # One place more, so that a hop which ends with these samples is followed by an empty one.
        squares = np.zeros(length + 1)
        for weight, samples in zip(self._weights, channels, strict=True):
            if weight:
                np.multiply(samples, samples, out=squares[:-1])
                energies += weight * np.add.reduceat(squares, starts)
        energies[0] += self._open
        self._energies.extend(energies[:-1])
        self._open = float(energies[-1])
        self._at += length

    def powers(self, hops: int) -> npt.NDArray[np.float64]:
        """Weighted mean square of every window of `hops` times 10 ms, one each 10 ms; empty where none is full."""
        sums = np.zeros(len(self._energies) + 1)
        np.cumsum(self._energies, out=sums[1:])
        # Rounding may leave digital silence a little below 0.
        means = np.maximum(sums[hops:] - sums[:-hops], 0) * (_HOPS / self._rate / hops)
        return np.asarray(means, np.float64)

    def integrated(self) -> float | None:
        """None for silence, and for less than 400 ms, where the standard defines nothing."""
        # Blocks overlap by 75 % (BS.1770-4, Annex 1).
        blocks = self.powers(_MOMENTARY)[::10]
        blocks = blocks[blocks > _power(_ABSOLUTE_GATE)]
        if not len(blocks):
            return None
        blocks = blocks[blocks > blocks.mean() * 10 ** (_RELATIVE_GATE / 10)]
        return _lufs(blocks.mean())

    def range(self) -> float | None:
        """Loudness range in LU (EBU Tech 3342): from the 10th to the 95th percentile of gated short-term loudness.

        None for silence, and for less than 3 s. It settles only after about a minute.
        """
        windows = self.powers(_SHORT_TERM)[::10]
        windows = windows[windows >= _power(_ABSOLUTE_GATE)]
        if not len(windows):
            return None
        windows = np.sort(windows[windows >= windows.mean() * 10 ** (_RANGE_GATE / 10)])
        # Nearest ranks, as in the document's own program; to interpolate changes little.
        low, high = (windows[int((len(windows) - 1) * share + 0.5)] for share in (0.10, 0.95))
        return 10 * log10(high / low)

    def momentary_max(self) -> float | None:
        """The loudest 400 ms (EBU Tech 3341); None for digital silence, and for less than 400 ms."""
        return _lufs(self.powers(_MOMENTARY).max(initial=0.0))

    def short_term_max(self) -> float | None:
        """The loudest 3 s (EBU Tech 3341); None for digital silence, and for less than 3 s."""
        return _lufs(self.powers(_SHORT_TERM).max(initial=0.0))

    def _starts(self, length: int) -> npt.NDArray[np.int64]:
        """Where in the next samples a hop starts or goes on; the last may lie just behind them.

        Each counts from the start of the sound, so that at 11,025 Hz hops of 110 and 111 samples take turns.
        """
        first = self._at * _HOPS // self._rate + 1
        hops = np.arange(first, (self._at + length) * _HOPS // self._rate + 1, dtype=np.int64)
        return np.concatenate(((0,), -(-hops * self._rate // _HOPS) - self._at))


def weight(channel: str) -> float:
    """BS.1770's weight of a channel by FFmpeg's name of it."""
    if channel.startswith("LFE"):
        return 0.0
    return 1.41 if channel in ("BL", "BR", "SL", "SR") else 1.0


_OFFSET: Final = -0.691
_ABSOLUTE_GATE: Final = -70.0
_RELATIVE_GATE: Final = -10.0
_RANGE_GATE: Final = -20.0
#: Energies a second, and those of the two windows.
_HOPS: Final = 100
_MOMENTARY: Final = 40
_SHORT_TERM: Final = 300


def _lufs(power: float) -> float | None:
    return _OFFSET + 10 * log10(power) if power else None


def _power(lufs: float) -> float:
    return float(10 ** ((lufs - _OFFSET) / 10))


def _denominator(k: float, q: float) -> tuple[float, float, float]:
    return 1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k


def _options(b: tuple[float, float, float], a: tuple[float, float, float]) -> dict[str, str]:
    names = ("b0", "b1", "b2", "a0", "a1", "a2")
    # Single precision would drown a 38 Hz filter in its own rounding.
    return dict(zip(names, map(repr, (*b, *a)), strict=True)) | {"precision": "f64"}
