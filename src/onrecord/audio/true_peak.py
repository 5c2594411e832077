# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""True peak after ITU-R BS.1770-4, Annex 2: the largest value of the oversampled sound, where a converter will go.

Only the stretches that can hold the peak are oversampled; two bounds that cost little rule out the others.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]


class TruePeak:
    """Takes samples as they come. At 4 times the rate below 96 kHz, twice below 192 kHz, as they are from there on."""

    def __init__(self, rate: int) -> None:
        self._interpolation = interpolation(rate)
        self._peak = 0.0
        self._rest: Samples | None = None
        #: Windows that may hold the peak, with their bounds. The more of the sound is known, the fewer they become.
        self._waiting: list[tuple[Samples, Samples]] = []
        #: How many of the samples that came in were oversampled so far.
        self.oversampled = 0

    def feed(self, rows: Samples) -> None:
        """Takes finite samples, (channels, any number), full scale 1.0; always as many channels."""
        if self._rest is None:
            self._rest = np.zeros((len(rows), TAPS), np.float32)
        self._rest = self._search(np.concatenate((self._rest, rows), axis=1))
        if sum(len(bounds) for _, bounds in self._waiting) > _MOST_WAITING:
            self._settle()

    def peak(self) -> float:
        """Linear, 1.0 = full scale, over all channels; never below the sample peak, 0.0 where nothing was fed.

        The sound counts as silent before its first sample and after its last. More may be fed afterwards.
        """
        if self._rest is not None:
            self._search(np.pad(self._rest, ((0, 0), (0, 2 * _STRETCH))))
            self._settle()
        return self._peak

    def _search(self, rows: Samples) -> Samples:
        """Looks through all whole stretches but the last, and returns what belongs to the next call."""
        stretches = rows.shape[1] // _STRETCH
        if stretches < 2:
            return rows
        blocks = rows[:, : stretches * _STRETCH].reshape(len(rows), stretches, _STRETCH)
        peaks = np.maximum(blocks.max(axis=2), -blocks.min(axis=2))
        self._peak = max(self._peak, float(peaks.max()))
        if self._interpolation:
            windows = np.lib.stride_tricks.sliding_window_view(rows, _STRETCH + TAPS - 1, axis=1)
            # A window reaches into the next stretch, but not over its end.
            peaks = np.maximum(peaks[:, :-1], peaks[:, 1:])
            self._choose(windows[:, ::_STRETCH][:, : stretches - 1], peaks, self._interpolation)
        return rows[:, (stretches - 1) * _STRETCH :]

    def _choose(self, windows: Samples, peaks: Samples, interpolation: "Interpolation") -> None:
        loud = peaks * interpolation.gain > self._peak
        windows, peaks = windows[loud], peaks[loud]
        bends = np.diff(windows, n=2, axis=-1)
        bent = np.maximum(bends.max(axis=-1, initial=0.0), -bends.min(axis=-1, initial=0.0))
        bounds = peaks * interpolation.line + bent * interpolation.bend
        chosen = bounds > self._peak
        if chosen.any():
            self._waiting.append((windows[chosen], bounds[chosen]))

    def _settle(self) -> None:
        """Oversamples what waits: the most promising first, because it may rule out the others; then ever more."""
        if not self._waiting or not self._interpolation:
            return
        windows = np.concatenate([windows for windows, _ in self._waiting])
        bounds = np.concatenate([bounds for _, bounds in self._waiting])
        self._waiting.clear()
        order, done, some = np.argsort(-bounds, kind="stable"), 0, 4
        while done < len(order) and bounds[order[done]] > self._peak:
            chosen = windows[order[done : done + some]]
            self._peak = max(self._peak, loudest_between(chosen, self._interpolation))
            self.oversampled += len(chosen) * _STRETCH
            done, some = done + some, min(2 * some, _MOST_WAITING)


class Interpolation(NamedTuple):
    """Filters for the values between two samples, and what such a value cannot exceed.

    filters  one for each value, (values, TAPS); the two samples are the middle ones
    gain     times the largest sample under the filter is one bound
    line     times the largest sample, and
    bend     times the largest second difference under the filter, added, are the other
    """

    filters: Samples
    gain: float
    line: float
    bend: float


#: Samples under a filter, half of them on either side.
TAPS: Final = 24


def interpolation(rate: int) -> Interpolation | None:
    """The one for a sampling rate in hertz; None where the samples lie close enough (BS.1770-4, Annex 2)."""
    if rate >= 192000:
        return None
    return _TWICE if rate >= 96000 else _FOUR_TIMES


def loudest_between(windows: Samples, interpolation: Interpolation) -> float:
    """The largest absolute value between the samples of each window's last axis, of which each has `TAPS` or more."""
    values = windows.shape[-1] - TAPS + 1
    # A filter a row; tap after tap: the same operations whatever else is in the array, so pruning changes no digit.
    taps = interpolation.filters.reshape(-1, TAPS, *(1,) * windows.ndim)
    sums = windows[..., :values] * taps[:, 0]
    products = np.empty_like(sums)
    for at in range(1, TAPS):
        np.multiply(windows[..., at : at + values], taps[:, at], out=products)
        sums += products
    return float(np.abs(sums, out=products).max(initial=0.0))


#: Samples that are judged together: long enough for few steps, short enough that loud ones are rare.
_STRETCH: Final = 256
#: Windows, about half a megabyte.
_MOST_WAITING: Final = 512
#: Kaiser's. Within 0.05 dB up to 0.4 of the rate; ringing and droop near half the rate are balanced.
_BETA: Final = 5.0


def _interpolation(factor: int) -> Interpolation:
    shares = [step / factor for step in range(1, factor)]
    filters = np.array([_filter(share) for share in shares])
    gain, line, bend = np.max(
        [_bounds(taps, share) for taps, share in zip(filters, shares, strict=True)], axis=0
    )
    # Single precision rounds the taps, the sums and the differences: by less than this altogether.
    slack = 1 + 1e-5
    return Interpolation(filters.astype(np.float32), gain * slack, line * slack, bend * slack)


def _filter(share: float) -> npt.NDArray[np.float64]:
    """A windowed sinc for the value that lies `share` of the way from one sample to the next; its gain at 0 Hz is 1."""
    distance = np.arange(1 - TAPS // 2, TAPS // 2 + 1) - share
    taps = np.sinc(distance) * np.i0(_BETA * np.sqrt(1 - (distance / (TAPS / 2)) ** 2))
    return np.asarray(taps / taps.sum())


def _bounds(taps: npt.NDArray[np.float64], share: float) -> tuple[float, float, float]:
    """Gain, line and bend of one filter.

    The value is the straight line between the two samples, which the louder one bounds, and a rest. The rest passes
    no 0 Hz; once its first moment is taken away, which is small, it is a filter of second differences.
    """
    rest = taps.copy()
    middle = TAPS // 2 - 1
    rest[middle] -= 1 - share
    rest[middle + 1] -= share
    moment = (rest * (np.arange(TAPS) - middle)).sum()
    rest[middle] += moment
    rest[middle + 1] -= moment
    bend = np.abs(rest.cumsum().cumsum()).sum()
    return np.abs(taps).sum(), 1 + 2 * abs(moment), bend


_TWICE: Final = _interpolation(2)
_FOUR_TIMES: Final = _interpolation(4)
