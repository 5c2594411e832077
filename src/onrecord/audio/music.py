# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tempo and key, guessed from what other measurements leave: 11 kHz mono and chroma.

Estimates, never facts: no accuracy on real music is claimed. A tempo may be twice or half of what a listener taps, a
key the relative or a neighbouring one.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from onrecord.audio.fingerprint import RATE
from onrecord.model.sound import Estimate

Curve = npt.NDArray[np.float64]


class Tempo:
    """Takes mono samples at `fingerprint.RATE` and keeps one onset strength for each 256 of them, 172 bytes a second.

    Onsets are rises of a log-compressed spectrum; their autocorrelation is weighted by a log-Gaussian about 120 beats
    a minute, after D. P. W. Ellis, Beat Tracking by Dynamic Programming, 2007.
    """

    def __init__(self) -> None:
        self._samples = np.zeros(0, np.int16)
        self._last = np.full((1, len(_BANDS)), np.inf, np.float32)
        self._onsets: list[npt.NDArray[np.float32]] = []

    def feed(self, samples: npt.NDArray[np.int16]) -> None:
        """Takes samples, cut anywhere."""
        self._samples = np.concatenate((self._samples, samples))
        at = 0
        while len(self._samples) - at >= _BATCH_SAMPLES:
            self._onsets.append(self._batch(self._samples[at : at + _BATCH_SAMPLES]))
            at += _BATCH * _HOP
        self._samples = self._samples[at:]

    def estimate(self) -> Estimate | None:
        """To be called once, after the last samples.

        Beats a minute, 40 to 220, to about 0.5 %; the confidence is how alike the onsets of one beat and the next are.

        None below 8 seconds and where nothing periodic stands out.
        """
        if len(self._samples) >= _FRAME:
            self._onsets.append(self._batch(self._samples))
        onsets = np.concatenate([*self._onsets, np.zeros(0, np.float32)])
        if len(onsets) < _SHORTEST:
            return None
        likeness = _autocorrelation(_flattened(onsets))
        period, strength = _period(likeness)
        if strength < max(_LEAST, _CHANCE / len(onsets) ** 0.5):
            return None
        beats = 60 * RATE / _HOP / _refined(likeness, period)
        return Estimate(round(float(beats), 1), round(min(strength, 1.0), 3), _TEMPO_METHOD)

    def _batch(self, samples: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
        frames = np.lib.stride_tricks.sliding_window_view(samples, _FRAME)[::_HOP]
        spectrum = np.fft.rfft(frames * _WINDOW, axis=1)
        powers = np.square(spectrum.real) + np.square(spectrum.imag)
        levels = np.log1p(np.add.reduceat(powers, _BANDS, axis=1))
        rises = np.diff(levels, axis=0, prepend=self._last)
        self._last = levels[-1:]
        # The root brings a bass drum, which rises in few bands, near to a snare, which rises in all.
        return np.asarray(np.sqrt(np.maximum(rises, 0, out=rises).mean(axis=1)))


class Key:
    """Takes energies of quarter tones, as the fingerprint's transform has them, and keeps the mean of the notes.

    Chromaprint's twelve notes will not do: each begins at its pitch instead of lying around it, so that a note falls
    half below its own, and at a concert pitch of 442 Hz not at all. Each row is brought to one sum after a square root,
    so that neither a loud chord nor a loud note decides.
    """

    def __init__(self) -> None:
        self._sum = np.zeros(12)
        self._rows = 0

    def feed(self, quarters: npt.NDArray[np.float64]) -> None:
        """Takes energies of shape (rows, 24), a full-scale sine about 10^6, the octaves added up.

        Quarter tones begin at A of 440 Hz: the first reaches from there half a semitone up, the last from half a
        semitone below A to A.
        """
        notes = quarters[:, ::2] + np.roll(quarters[:, 1::2], 1, axis=1)
        roots = np.sqrt(notes[notes.sum(axis=1) > _SILENT])
        self._sum += (roots / roots.sum(axis=1, keepdims=True)).sum(axis=0)
        self._rows += len(roots)

    def estimate(self) -> Estimate | None:
        """A key such as "A minor" or "E-flat major": the profile that the mean of the notes correlates best with.

        The confidence is the margin to the best key that is not its relative, parallel, dominant or subdominant, as a
        part of the margin that the profile itself has. None for silence and where no key stands out.
        """
        if not self._rows:
            return None
        chroma = self._sum / self._rows
        if chroma.std() < _LEAST_CONTRAST:
            return None
        likeness = _likeness(chroma)
        best = int(likeness.argmax())
        if likeness[best] < _LEAST_ALIKE:
            return None
        confidence = float(np.clip(_margin(likeness) / _MARGINS[best], 0.0, 1.0))
        return Estimate(_NAMES[best], round(confidence, 3), _KEY_METHOD)


_TEMPO_METHOD: Final = "onset-autocorrelation 1"
_FRAME: Final = 512
_HOP: Final = 256
#: Frames of one transform, so that it stays in the processor's cache.
_BATCH: Final = 64
_BATCH_SAMPLES: Final = _FRAME + (_BATCH - 1) * _HOP
#: First bins of the bands, half an octave wide where bins are fine enough.
_BANDS: Final = np.array([1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181])
#: Hann, scaled so that a full-scale sine has power 40,000: what is 46 dB quieter makes hardly an onset.
_WINDOW: Final = ((1 - np.cos(2 * np.pi * np.arange(_FRAME) / _FRAME)) * 400 / _FRAME / 32768).astype(
    np.float32
)
#: Frames of 8 seconds, of the stretch whose mean is taken off the onsets, and of the longest lag.
_SHORTEST: Final = (8 * RATE - _FRAME) // _HOP
_AROUND: Final = 86
_LONGEST: Final = 1024
#: Onsets below this variance are rounding noise.
_QUIET: Final = 1e-4
#: Periods in frames, for 220 down to 40 beats a minute, in steps of 0.5 %.
_PERIODS: Final = 60 * RATE / _HOP / (220 * 0.995 ** np.arange(341))
_PRIOR: Final = np.exp(-0.5 * np.log2(60 * RATE / _HOP / _PERIODS / 120) ** 2)
#: How alike beats must be at least, and in units of what chance gives.
_LEAST: Final = 0.1
_CHANCE: Final = 4.0


def _flattened(onsets: npt.NDArray[np.float32]) -> Curve:
    """Onsets without the slow changes of loudness, smoothed over three frames, as periods are no whole numbers."""
    sums = np.concatenate((np.zeros(1), np.cumsum(onsets, dtype=np.float64)))
    places = np.arange(len(onsets))
    first, last = np.maximum(places - _AROUND // 2, 0), np.minimum(places + _AROUND // 2, len(onsets))
    flat = onsets - (sums[last] - sums[first]) / (last - first)
    smooth: Curve = 0.5 * flat[1:-1] + 0.25 * (flat[:-2] + flat[2:])
    return smooth


def _autocorrelation(curve: Curve) -> Curve:
    """From lag 0 (about 1.0) on, each lag's sum divided by its number of pairs."""
    lags = min(_LONGEST, len(curve) // 2)
    size = 1 << (len(curve) + lags).bit_length()
    spectrum = np.fft.rfft(curve, size)
    sums = np.fft.irfft(np.square(spectrum.real) + np.square(spectrum.imag), size)[:lags]
    means = sums / (len(curve) - np.arange(lags))
    return np.asarray(means / (means[0] + _QUIET))


def _period(likeness: Curve) -> tuple[float, float]:
    """The most likely period in frames, and how alike onsets are that lie so far apart.

    Onsets must be alike after one period and, on the average, after two to four: else half a period would win wherever
    something soft lies between the beats.
    """
    lags = np.arange(len(likeness))
    combs = np.array([np.interp(times * _PERIODS, lags, likeness, right=np.nan) for times in (1, 2, 3, 4)])
    alike = np.minimum(combs[0], np.nanmean(combs[1:], axis=0))
    best = int(np.argmax(alike * _PRIOR))
    return float(_PERIODS[best]), float(alike[best])


def _refined(likeness: Curve, period: float) -> float:
    """The period from the peaks at 1, 2, 4, … times it, as far as they stand out: each halves the error."""
    times, least = 1, likeness[round(period)] / 2
    while times * period + 4 < len(likeness):
        near = round(times * period)
        peak = near - 2 + int(likeness[near - 2 : near + 3].argmax())
        before, top, after = likeness[peak - 1 : peak + 2]
        bend = before - 2 * top + after
        if top < least or before > top or after > top or not bend:
            break
        period = (peak + (before - after) / (2 * bend)) / times
        times *= 2
    return period


_KEY_METHOD: Final = "profile-correlation 1"
#: Of a row's energy. A sine at -74 dBFS has 0.05; the rounding noise of 16 bits a thousandth of it.
_SILENT: Final = 0.05
#: Standard deviation of the mean chroma, whose sum is 1, below which no note stands out. White noise has 0.008, rumble
#: up to 0.020.
_LEAST_CONTRAST: Final = 0.021
#: Correlation. Cadences lie above 0.85; two thirds of random successions of notes below 0.5.
_LEAST_ALIKE: Final = 0.5
_MAJORS: Final = ("A", "B-flat", "B", "C", "D-flat", "D", "E-flat", "E", "F", "F-sharp", "G", "A-flat")
_MINORS: Final = ("A", "B-flat", "B", "C", "C-sharp", "D", "E-flat", "E", "F", "F-sharp", "G", "G-sharp")
#: Majors from A on, then minors.
_NAMES: Final = (*(f"{tonic} major" for tonic in _MAJORS), *(f"{tonic} minor" for tonic in _MINORS))
#: How often each degree occurs in major and in minor: J. Albrecht and D. Shanahan, The Use of Large Corpora to Train a
#: New Type of Key-Finding Algorithm, Music Perception 31 (2013), table of key profiles.
_MAJOR: Final = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
_MINOR: Final = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)


def _standard(chroma: Curve) -> Curve:
    return np.asarray((chroma - chroma.mean()) / chroma.std())


#: One row a key, with mean 0 and variance 1; rooted like the chroma.
_PROFILES: Final = np.array(
    [_standard(np.sqrt(np.roll(degrees, tonic))) for degrees in (_MAJOR, _MINOR) for tonic in range(12)]
)


def _related(key: int) -> set[int]:
    """The key itself, its parallel, its relative, its subdominant and its dominant."""
    tonic, minor = key % 12, key >= 12
    relative = (tonic + (3 if minor else -3)) % 12
    fifths = {(tonic + fifth) % 12 + 12 * minor for fifth in (5, 7)}
    return {key, tonic + 12 * (not minor), relative + 12 * (not minor), *fifths}


_UNRELATED: Final = tuple([key for key in range(24) if key not in _related(best)] for best in range(24))


def _likeness(chroma: Curve) -> Curve:
    """The correlation with each of the 24 profiles, -1.0 to 1.0."""
    return np.asarray((_PROFILES * _standard(chroma)).mean(axis=1))


def _margin(likeness: Curve) -> float:
    best = int(likeness.argmax())
    return float(likeness[best] - likeness[_UNRELATED[best]].max())


_MARGINS: Final = tuple(_margin(_likeness(profile)) for profile in _PROFILES)
