# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sample peak and the outline of the waveform, from a stream whose length is known only at its end."""

from typing import Final

import numpy as np
import numpy.typing as npt

#: Bytes of the outline that a page draws.
OUTLINE: Final = 400


class Levels:
    """Keeps the peaks of up to 16,384 equal stretches; when they run out, each pair becomes one of twice the length."""

    def __init__(self) -> None:
        self._stretch = 1
        self._peaks = np.zeros(_STRETCHES, np.float32)
        self._used = 0
        self._rest = np.zeros(0, np.float32)

    def feed(self, magnitudes: npt.NDArray[np.float32]) -> None:
        """Takes the largest absolute sample over all channels, one value for each point in time."""
        self._rest = np.concatenate((self._rest, magnitudes))
        while self._used + len(self._rest) // self._stretch > _STRETCHES:
            self._merge()
        values = self._rest
        whole = len(values) // self._stretch
        cut = whole * self._stretch
        self._peaks[self._used : self._used + whole] = (
            values[:cut].reshape(whole, self._stretch).max(axis=1, initial=0.0)
        )
        self._used += whole
        self._rest = values[cut:]

    def peak(self) -> float:
        return float(max(self._peaks[: self._used].max(initial=0.0), self._rest.max(initial=0.0)))

    def outline(self) -> bytes:
        """One byte for each 400th of the sound, 255 = full scale or above; empty where there is no sound.

        A stretch that lies across a boundary counts for both sides, so no peak is lost.
        """
        peaks = self._peaks[: self._used]
        if len(self._rest):
            peaks = np.append(peaks, self._rest.max())
        if not len(peaks):
            return b""
        bounds = np.arange(OUTLINE + 1) * len(peaks) / OUTLINE
        first = np.floor(bounds[:-1]).astype(int)
        last = np.maximum(np.ceil(bounds[1:]).astype(int), first + 1)
        values = np.array([peaks[a:b].max() for a, b in zip(first, last, strict=True)])
        return bytes(np.rint(np.minimum(values, 1.0) * 255).astype(np.uint8))

    def _merge(self) -> None:
        if self._used % 2:
            # The odd stretch goes back to the samples that wait; its peak stands for all of it.
            self._used -= 1
            last = np.full(self._stretch, self._peaks[self._used], np.float32)
            self._rest = np.concatenate((last, self._rest))
        half = self._used // 2
        self._peaks[:half] = self._peaks[: self._used].reshape(-1, 2).max(axis=1)
        self._used = half
        self._stretch *= 2


_STRETCHES: Final = 16384
