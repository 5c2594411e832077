# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chromaprint's algorithm 1 (CHROMAPRINT_ALGORITHM_TEST2) in NumPy: a word each 0.124 seconds of music.

The words are those of `fpcalc -raw -length 0`. Chroma is computed in single precision, as fpcalc does, so a value that
lies on a threshold may fall on the other side with another processor's FFT: compare fingerprints with `near`, not `==`.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

#: What `Fingerprint.feed` takes: mono, 16 bits, at this rate.
RATE: Final = 11025
#: The word of digital silence; it matches every other silence and therefore tells nothing.
SILENCE: Final = 627964279

Words = npt.NDArray[np.uint32]
Samples = npt.NDArray[np.int16]


class Fingerprint:
    """Takes samples as they come and keeps only the words, 32 bytes for a second of music.

    `listen` is given the energies of the 24 quarter tones on the way, A first, a row each 0.124 seconds.
    """

    def __init__(self, listen: Callable[[npt.NDArray[np.float64]], None] = lambda quarters: None) -> None:
        self._listen = listen
        self._samples: Samples = np.zeros(0, np.int16)
        self._chroma = np.zeros((0, 12))
        self._image = np.zeros((0, 12))
        self._words: list[Words] = []

    def feed(self, samples: Samples) -> None:
        self._samples = np.concatenate((self._samples, samples))
        while len(self._samples) >= _BATCH_SAMPLES:
            self._batch(self._samples[:_BATCH_SAMPLES])
            self._samples = self._samples[_BATCH * _STEP :]

    def finish(self) -> bytes:
        """The words, 4 bytes each, little-endian; empty where the music is shorter than 2.6 seconds."""
        if len(self._samples) >= _FRAME:
            self._batch(self._samples)
        self._samples = self._samples[:0]
        return b"".join(words.astype("<u4").tobytes() for words in self._words)

    def _batch(self, samples: Samples) -> None:
        frames = np.lib.stride_tricks.sliding_window_view(samples, _FRAME)[::_STEP]
        spectrum = np.fft.rfft(frames * _WINDOW, axis=1)[:, _LOW:_HIGH]
        energy = spectrum.real**2 + spectrum.imag**2
        # No matrix product: BLAS may start threads, which an isolated child must not.
        quarters = np.add.reduceat(energy[:, _BY_QUARTER], _QUARTER_STARTS, axis=1, dtype=np.float64)
        self._listen(quarters)
        chroma = quarters[:, ::2] + quarters[:, 1::2]
        self._chroma = np.concatenate((self._chroma, chroma))
        smooth = _smooth(self._chroma)
        self._chroma = self._chroma[max(0, len(self._chroma) - len(_SMOOTHING) + 1) :]
        self._image = np.concatenate((self._image, _normalize(smooth)))
        if len(self._image) >= _WIDEST:
            self._words.append(_classify(self._image))
            self._image = self._image[len(self._image) - _WIDEST + 1 :]


def words(fingerprint: bytes) -> Words:
    """The words of a stored fingerprint."""
    return np.frombuffer(fingerprint, "<u4").astype(np.uint32)


def keys(fingerprint: bytes) -> list[int]:
    """Index terms: the top 28 bits of 120 words from the 80th on, without silence, each once, in order.

    The start is skipped because different pieces begin alike (fade-ins, announcements, count-ins).
    """
    all_words = words(fingerprint)
    start = max(0, min(80, len(all_words) - 120))
    return list(dict.fromkeys(int(word) >> 4 for word in all_words[start : start + 120] if word != SILENCE))


def near(a: bytes, b: bytes) -> float:
    """The share of differing bits at the best alignment of two fingerprints; 1.0 where they cannot be compared.

    The same piece in another encoding stays below about 0.1 (noisy music; mostly below 0.03), unrelated pieces lie
    above 0.4. Silence against silence is no agreement and does not count; of what else there is in the one with less
    of it, at least half must overlap.
    """
    left, right = words(a), words(b)
    shorter = min(int(np.count_nonzero(left != SILENCE)), int(np.count_nonzero(right != SILENCE)))
    if not shorter:
        return 1.0
    return min(_difference(left, right, offset, shorter) for offset in _offsets(left, right))


_FRAME: Final = 4096
_STEP: Final = _FRAME // 3
#: Frames of one transform. Small, so that a batch stays in the processor's cache.
_BATCH: Final = 32
_BATCH_SAMPLES: Final = _FRAME + (_BATCH - 1) * _STEP
_SMOOTHING: Final = (0.25, 0.75, 1.0, 0.75, 0.25)
#: Hamming, scaled so that full-scale samples become 1.0.
_WINDOW: Final = ((0.54 - 0.46 * np.cos(2 * np.pi * np.arange(_FRAME) / (_FRAME - 1))) / 32767).astype(
    np.float32
)
_LOW: Final = round(28 * _FRAME / RATE)
_HIGH: Final = round(3520 * _FRAME / RATE)


def _quarters() -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The bins in the order of their quarter tones, A first, and where in that order each of the 24 begins."""
    octave = np.log2(np.arange(_LOW, _HIGH) * RATE / _FRAME / 27.5)
    quarter = (24 * (octave - np.floor(octave))).astype(int)
    order = np.argsort(quarter, kind="stable")
    return order, np.searchsorted(quarter[order], np.arange(24))


_BY_QUARTER, _QUARTER_STARTS = _quarters()

#: Each classifier compares areas of the image: shape, lowest note, notes, frames; then its three thresholds.
_CLASSIFIERS: Final = (
    (0, 4, 3, 15, 1.98215, 2.35817, 2.63523),
    (4, 4, 6, 15, -1.03809, -0.651211, -0.282167),
    (1, 0, 4, 16, -0.298702, 0.119262, 0.558497),
    (3, 8, 2, 12, -0.105439, 0.0153946, 0.135898),
    (3, 4, 4, 8, -0.142891, 0.0258736, 0.200632),
    (4, 0, 3, 5, -0.826319, -0.590612, -0.368214),
    (1, 2, 2, 9, -0.557409, -0.233035, 0.0534525),
    (2, 7, 3, 4, -0.0646826, 0.00620476, 0.0784847),
    (2, 6, 2, 16, -0.192387, -0.029699, 0.215855),
    (2, 1, 3, 2, -0.0397818, -0.00568076, 0.0292026),
    (5, 10, 1, 15, -0.53823, -0.369934, -0.190235),
    (3, 6, 2, 10, -0.124877, 0.0296483, 0.139239),
    (2, 1, 1, 14, -0.101475, 0.0225617, 0.231971),
    (3, 5, 6, 4, -0.0799915, -0.00729616, 0.063262),
    (1, 9, 2, 12, -0.272556, 0.019424, 0.302559),
    (3, 4, 2, 14, -0.164292, -0.0321188, 0.0846339),
)
_WIDEST: Final = max(classifier[3] for classifier in _CLASSIFIERS)
_GRAY: Final = np.array([0, 1, 3, 2], np.uint32)


def _smooth(chroma: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    rows = max(0, len(chroma) - len(_SMOOTHING) + 1)
    smooth = np.zeros((rows, 12))
    for place, weight in enumerate(_SMOOTHING):
        smooth += weight * chroma[place : place + rows]
    return smooth


def _normalize(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    norm = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    return np.where(norm < 0.01, 0.0, rows / np.maximum(norm, 0.01))


def _classify(image: npt.NDArray[np.float64]) -> Words:
    """One word for each row that has `_WIDEST` rows from it on."""
    count = len(image) - _WIDEST + 1
    sums = np.zeros((len(image) + 1, 13))
    np.cumsum(np.cumsum(image, axis=0), axis=1, out=sums[1:, 1:])

    def area(first: int, last: int, low: int, high: int) -> npt.NDArray[np.float64]:
        upper = sums[last : last + count, high] - sums[last : last + count, low]
        return upper - (sums[first : first + count, high] - sums[first : first + count, low])

    result = np.zeros(count, np.uint32)
    for shape, low, height, width, *thresholds in _CLASSIFIERS:
        bright = sum(area(*part) for part in _bright(shape, low, height, width))
        dark = area(0, width, low, low + height) - bright if shape else 0.0
        place = np.searchsorted(thresholds, np.log1p(bright) - np.log1p(dark), side="right")
        result = (result << np.uint32(2)) | _GRAY[place]
    return result


def _bright(shape: int, low: int, height: int, width: int) -> tuple[tuple[int, int, int, int], ...]:
    """The parts of a classifier's area that count for it, as (first frame, last frame, lowest note, highest note).

    The shapes are: all of it, upper half, later half, two opposite quarters, middle third of the notes, of the frames.
    """
    high, half, middle = low + height, width // 2, low + height // 2
    third, third_of_notes = width // 3, height // 3
    return (
        ((0, width, low, high),),
        ((0, width, middle, high),),
        ((half, width, low, high),),
        ((0, half, middle, high), (half, width, low, middle)),
        ((0, width, low + third_of_notes, low + 2 * third_of_notes),),
        ((third, 2 * third, low, high),),
    )[shape]


def _offsets(left: Words, right: Words) -> list[int]:
    """Alignments worth trying: about the start, and where distinct words agree most often."""
    tried = set(range(-16, 17))
    left_keys, left_at = _first_places(left)
    right_keys, right_at = _first_places(right)
    _, in_left, in_right = np.intersect1d(left_keys, right_keys, assume_unique=True, return_indices=True)
    found, votes = np.unique(right_at[in_right] - left_at[in_left], return_counts=True)
    for offset in found[np.argsort(-votes, kind="stable")[:8]]:
        tried.update(range(int(offset) - 2, int(offset) + 3))
    return sorted(tried)


def _first_places(all_words: Words) -> tuple[Words, npt.NDArray[np.intp]]:
    """Each distinct key with the place of its first occurrence: bounded work, however often a word repeats."""
    places = np.flatnonzero(all_words != SILENCE)
    distinct, first = np.unique(all_words[places] >> np.uint32(4), return_index=True)
    return distinct, places[first]


def _difference(left: Words, right: Words, offset: int, shorter: int) -> float:
    """Share of differing bits where left[i] is laid against right[i + offset]."""
    first = left[max(0, -offset) :]
    second = right[max(0, offset) :]
    length = min(len(first), len(second))
    first, second = first[:length], second[:length]
    overlap = length - int(np.count_nonzero((first == SILENCE) & (second == SILENCE)))
    if overlap * 2 < shorter or not overlap:
        return 1.0
    return float(np.bitwise_count(first ^ second).sum()) / (32 * overlap)
