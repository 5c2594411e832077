# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a signal that can be counted: clipped samples, silence, a constant offset."""

from typing import Final

import numpy as np
import numpy.typing as npt

#: Linear, -60 dBFS: what is not above it is silence, as for FFmpeg's `silencedetect`.
SILENCE: Final = np.float32(10 ** (-60 / 20))
#: Seconds of silence that are counted within the sound, `silencedetect`'s too.
LEAST_SILENCE: Final = 2
#: Linear: from here on a sample may be clipped. The largest value that 16 bits hold.
EXTREME: Final = np.float32(1 - 2**-15)
#: Consecutive samples that make a clipped run, the count of the mastering studios' over meters.
LEAST_CLIPPED: Final = 3


class Condition:
    """Takes samples as they come, at `rate` hertz and of `channels` channels."""

    def __init__(self, rate: int, channels: int) -> None:
        self._samples = 0
        self._sums = np.zeros(channels)
        self._least_silence = LEAST_SILENCE * rate
        self._quiet = _Runs()
        self._silent = 0
        self._first_loud: int | None = None
        self._flat = [_Runs() for _ in range(channels)]
        self._clipped = 0
        self._last = np.zeros((channels, 1), np.float32)

    def feed(self, rows: npt.NDArray[np.float32], magnitudes: npt.NDArray[np.float32]) -> None:
        """Takes finite samples, (channels, any number), full scale 1.0, and the largest magnitude at each time."""
        if not len(magnitudes):
            return
        self._sums += rows.sum(axis=1)  # NumPy sums by halves: single precision is enough for one chunk
        self._hear(magnitudes <= SILENCE)
        self._look(rows, np.flatnonzero(magnitudes >= EXTREME))
        self._samples += len(magnitudes)

    def clipped(self) -> int:
        """Samples of all channels that lie in runs of three or more equal ones, each at or above `EXTREME`.

        The rule is ours. Equal, because a lossy decoder overshoots full scale without clipping anything. It misses tops
        that were flattened before a fade or a lossy encoder, and in 8 bits those that are not bottoms (127/128); it
        counts the top of a slow wave that just fills the scale.
        """
        return self._clipped + sum(_clipped(np.array([runs.open])) for runs in self._flat)

    def silence(self) -> tuple[int, int, int]:
        """Samples of one channel: silence at the start, at the end, and in all runs of two seconds or more.

        Start and end are of any length and count in the third only from two seconds on. A sound that is silent
        throughout is start and end in full.
        """
        last = self._quiet.open
        first = last if self._first_loud is None else self._first_loud
        return first, last, self._silent + (last if last >= self._least_silence else 0)

    def dc_offset(self) -> float:
        """The mean of the channel whose mean lies farthest from 0, -1.0 to 1.0; 0.0 where nothing was fed."""
        if not self._samples:
            return 0.0
        return float(self._sums[np.abs(self._sums).argmax()]) / self._samples

    def _hear(self, quiet: npt.NDArray[np.bool_]) -> None:
        if self._first_loud is None and not quiet.all():
            self._first_loud = self._samples + int(quiet.argmin())
        lengths = self._quiet.feed(quiet)
        self._silent += int(lengths[lengths >= self._least_silence].sum())

    def _look(self, rows: npt.NDArray[np.float32], extremes: npt.NDArray[np.intp]) -> None:
        """Follows the flat stretches among the samples that are extreme in one channel at least."""
        if len(extremes):
            follows = np.diff(extremes, prepend=-1) == 1
            for row, last, runs in zip(rows, self._last, self._flat, strict=True):
                values = row[extremes]
                flat = follows & (np.abs(values) >= EXTREME)
                flat &= values == np.concatenate((last, values[:-1]))
                self._clipped += _clipped(runs.feed(flat))
        self._last = rows[:, -1:].copy()


class _Runs:
    """Follows runs of True through arrays; `open` is the length of the one that has not ended."""

    def __init__(self) -> None:
        self.open = 0

    def feed(self, flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
        """The lengths of the runs that ended."""
        flags = np.concatenate(((self.open > 0,), flags))
        turns = np.flatnonzero(flags[1:] != flags[:-1])
        edges = np.concatenate(((-self.open,), turns, (len(flags) - 1,)))
        lengths = np.diff(edges)[0 if self.open else 1 :: 2]
        if not flags[-1]:
            self.open = 0
            return lengths
        self.open = int(lengths[-1])
        return lengths[:-1]


def _clipped(repeats: npt.NDArray[np.intp]) -> int:
    """The samples in runs of which each has one sample more than it repeats."""
    return int((repeats[repeats >= LEAST_CLIPPED - 1] + 1).sum())
