# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the spectrum breaks off, and whether that makes a file suspect of having been something smaller before.

The thresholds are ours, set on encodes by LAME, FFmpeg's AAC, libopus and libvorbis. A suspicion is never proof: an
edge is also what a steep filter in a studio, in broadcasting or in an old digital recorder leaves.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Decibels = npt.NDArray[np.float64]


class Spectrum:
    """Looks at one frame of 4096 samples each second, of the mean over the channels; memory does not grow.

    Frames below -70 dBFS are left out. `rate` is in Hz; `codec` is named in the sentences.
    """

    def __init__(self, rate: int, codec: str) -> None:
        self._rate = rate
        self._codec = codec
        self._stride = max(rate, _FRAME)
        self._wait = 0
        self._filled = 0
        self._frames = np.zeros((_BATCH, _FRAME), np.float32)
        self._held = 0
        self._count = 0
        self._sum = np.zeros(_BINS)
        self._largest = np.zeros(_BINS, np.float32)

    def feed(self, rows: npt.NDArray[np.float32]) -> None:
        """Takes samples of shape (channels, n), full scale 1.0, cut anywhere."""
        at, end = self._wait, rows.shape[1]
        while at < end:
            part = rows[:, at : at + _FRAME - self._filled]
            length = part.shape[1]
            self._frames[self._held, self._filled : self._filled + length] = part.mean(axis=0)
            self._filled += length
            at += length
            if self._filled == _FRAME:
                self._filled = 0
                at += self._stride - _FRAME
                self._held += 1
                if self._held == _BATCH:
                    self._transform()
        self._wait = at - end

    def cutoff(self) -> int | None:
        """Hz above which there is nothing but the noise floor: the middle of the fall, to some 200 Hz.

        None where the spectrum reaches half of the rate or fades out without an edge, for silence, for sparse tones,
        for less than a frame, and for edges below 3 kHz, where filters of instruments are as steep.
        """
        self._transform()
        if not self._count or self._rate <= 2 * _LOWEST:
            return None
        mean = _decibels(self._sum / self._count)
        drops = np.minimum(_drops(mean, self._width), _drops(_decibels(self._largest), self._width))
        drops[: round(_LOWEST / self._hertz / self._width)] = 0.0
        edge = int(drops.argmax())
        if drops[edge] < _DROP:
            return None
        return round(_middle(mean, edge * self._width, self._width) * self._hertz)

    def suspicion(self, lossless: bool) -> tuple[str, str] | None:
        """A code and its sentence where the spectrum of a lossless file breaks off too early, else None.

        `upsampled`   nothing above half of a lower standard rate, and the edge lies there; from 88.2 kHz on also where
                      the edge lies lower, down to 10 kHz
        `transcoded`  the shelf that a lossy encoder's low-pass leaves between 10 and 20.5 kHz
        Lossy files give None: there the edge is their own encoder's.
        """
        cutoff = self.cutoff() if lossless else None
        if cutoff is None:
            return None
        what = f"{self._codec} at {self._rate / 1000:g} kHz with nothing above {cutoff / 1000:.1f} kHz"
        if lower := _lower_rate(self._rate, cutoff):
            return "upsampled", f"{what}, as sound of {lower / 1000:g} kHz has"
        if _SHELF[0] <= cutoff <= _SHELF[1]:
            return "transcoded", f"{what} and a sharp edge there, as lossy encoders leave"
        return None

    @property
    def _hertz(self) -> float:
        return self._rate / _FRAME

    @property
    def _width(self) -> int:
        """Bins of a band."""
        return max(4, round(_BAND / self._hertz))

    def _transform(self) -> None:
        frames = self._frames[: self._held]
        self._held = 0
        frames = frames[np.square(frames).mean(axis=1) > _SILENT] if len(frames) else frames
        if not len(frames):
            return
        spectrum = np.fft.rfft(frames * _WINDOW, axis=1)
        powers = np.square(spectrum.real) + np.square(spectrum.imag)
        self._sum += powers.sum(axis=0)
        np.maximum(self._largest, powers.max(axis=0), out=self._largest)
        self._count += len(frames)


_FRAME: Final = 4096
_BINS: Final = _FRAME // 2 + 1
#: Frames of one transform, so that it stays in the processor's cache.
_BATCH: Final = 16
#: Hann squared, so that a tone's skirts (-30 dB an octave) vanish within 20 bins; a full-scale sine has power 1.0.
_WINDOW: Final = (np.sin(np.pi * np.arange(_FRAME) / _FRAME) ** 4 * 16 / 3 / _FRAME).astype(np.float32)
_SILENT: Final = 10 ** (-70 / 10)
#: The rounding noise of 16 bits lies at -128 dB in a bin. What is quieter is taken for that.
_FLOOR: Final = -128.0
#: Hz of a band. Its level is the median of its bins, so that a few lone tones do not fill it.
_BAND: Final = 200.0
#: Bands just below an edge, bands over which it may fall, and how many dB it must fall. Music that fades out stays
#: below 12. Heavy clipping after a lossy encode fills in what lies above an edge and may hide it.
_BELOW: Final = 3
_FALL: Final = 3
_DROP: Final = 14.0
#: dB by which a band's strongest bin may stand above its upper quartile. Noise reaches 12 in a single frame and 5 in
#: the mean of five, lone tones 30.
_TONAL: Final = 15.0
_LOWEST: Final = 3000.0
_SHELF: Final = (10_000, 20_500)
#: Rates that sound is often resampled from, and where an edge tells of one: within these parts of half of it.
_STANDARD: Final = (32_000, 44_100, 48_000, 88_200, 96_000)
_NEAR: Final = (0.93, 1.025)
#: FFmpeg's resampler, as it is set by default, lets a mirror image of the last kilohertz through.
_MIRRORED: Final = 1.18
#: The lowest rate of what is sold as high resolution.
_HIGH: Final = 88_200


def _decibels(powers: npt.NDArray[np.floating]) -> Decibels:
    return np.asarray(10 * np.log10(np.maximum(powers, 10 ** (_FLOOR / 10), dtype=np.float64)))


def _drops(levels: Decibels, width: int) -> Decibels:
    """For each band of `width` bins how many dB the loudest of all bands beyond the fall lies below those up to it.

    Two bands at least lie beyond the fall, so that a spectrum that ends with the rate has no edge. 0 where lone tones
    make the level.
    """
    bins = levels[: len(levels) // width * width].reshape(-1, width)
    bands = np.median(bins, axis=1)
    tonal = bins.max(axis=1) - np.percentile(bins, 75, axis=1) > _TONAL
    drops = np.zeros(len(bands))
    if len(bands) < _BELOW + _FALL + 1:
        return drops
    edges = np.arange(_BELOW - 1, len(bands) - _FALL - 1)
    beyond = np.maximum.accumulate(bands[::-1])[::-1][edges + _FALL]
    up_to = np.lib.stride_tricks.sliding_window_view(bands, _BELOW)[: len(edges)].mean(axis=1)
    lone = np.lib.stride_tricks.sliding_window_view(tonal, _BELOW)[: len(edges)].any(axis=1)
    drops[edges] = np.where(lone, 0.0, up_to - beyond)
    return drops


def _middle(levels: Decibels, start: int, width: int) -> int:
    """The bin at which a fall that begins in the band from `start` on is half done, in dB."""
    high = np.median(levels[start - (_BELOW - 1) * width : start + width])
    low = np.median(levels[start + _FALL * width : start + (_FALL + 1) * width])
    fall = levels[start : start + _FALL * width]
    return start + int(np.count_nonzero(fall > (high + low) / 2))


def _lower_rate(rate: int, cutoff: int) -> int | None:
    """The lowest standard rate that would have been enough for what lies below `cutoff`, where that is telling."""
    # A recorder's own filter may begin well below half of its rate, therefore the distance.
    lower_rates = [lower for lower in _STANDARD if lower * 1.5 <= rate]
    if rate == 48_000:
        lower_rates.append(44_100)
    high = rate >= _HIGH
    for tolerance in (_NEAR[1], _MIRRORED if high else _NEAR[1]):
        for lower in lower_rates:
            lowest = _SHELF[0] if high and lower < _HIGH else lower / 2 * _NEAR[0]
            if lowest <= cutoff <= lower / 2 * tolerance:
                return lower
    return None
