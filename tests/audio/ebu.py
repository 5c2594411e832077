# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test signals of EBU Tech 3341 (version 4, table 1) and EBU Tech 3342, made from their published definitions.

Cases 7 and 8 of Tech 3341, which are 5 and 6 of Tech 3342, are recordings that only EBU has.
"""

from typing import Final

import numpy as np

from tests.audio.tones import Samples

#: Seconds, and dBFS of the peak in each channel; None is silence.
Part = tuple[float, float | None]

#: Tech 3341 cases of stereo tones at 1000 Hz, in phase in both channels, and what integrated loudness must be.
#: M, S and I = -23.0 and -33.0 in 1 and 2; I = -23.0 in 3 to 5. All within 0.1 LU.
INTEGRATED: Final[dict[int, tuple[float, tuple[Part, ...]]]] = {
    1: (-23.0, ((20, -23.0),)),
    2: (-33.0, ((20, -33.0),)),
    3: (-23.0, ((10, -36.0), (60, -23.0), (10, -36.0))),
    4: (-23.0, ((10, -72.0), (10, -36.0), (60, -23.0), (10, -36.0), (10, -72.0))),
    5: (-23.0, ((20, -26.0), (20.1, -20.0), (20, -26.0))),
}
#: Tech 3341 case 6: 20 s in L, R, C, LFE, Ls and Rs; I = -23.0 within 0.1 LU. Five channels, and a silent sixth.
SURROUND: Final = (-28.0, -28.0, -24.0, None, -30.0, -30.0)
#: Tech 3341 case 9: S = -23.0 within 0.1 LU, constant after 3 s.
CONSTANT_SHORT_TERM: Final[tuple[Part, ...]] = 5 * ((1.34, -20.0), (1.66, -30.0))
#: Tech 3341 case 12: M = -23.0 within 0.1 LU, constant after 1 s.
CONSTANT_MOMENTARY: Final[tuple[Part, ...]] = 25 * ((0.18, -20.0), (0.22, -30.0))
#: Cases 10, 11, 13 and 14 have as many segments.
SEGMENTS: Final = range(20)

#: Tech 3341 cases 15 to 19: the rate over the frequency, amplitude (1.0 = full scale), degrees, and dBTP.
#: Within +0.2 and -0.4 dB.
PEAKS: Final = {
    15: (4, 0.50, 0.0, -6.0),
    16: (4, 0.50, 45.0, -6.0),
    17: (6, 0.50, 60.0, -6.0),
    18: (8, 0.50, 67.5, -6.0),
    19: (4, 1.41, 45.0, 3.0),
}
#: Tech 3341 cases 20 to 23: how many samples at 4 times the rate are left out; 0.0 dBTP within +0.2 and -0.4 dB.
OFFSETS: Final = {20: 0, 21: 1, 22: 2, 23: 3}

#: Tech 3342 cases: stereo tones at 1000 Hz, and the range in LU, within 1 LU.
RANGE: Final[dict[int, tuple[float, tuple[Part, ...]]]] = {
    1: (10.0, ((20, -20.0), (20, -30.0))),
    2: (5.0, ((20, -20.0), (20, -15.0))),
    3: (20.0, ((20, -40.0), (20, -20.0))),
    4: (15.0, ((20, -50.0), (20, -35.0), (20, -20.0), (20, -35.0), (20, -50.0))),
}


def tones(*parts: Part, rate: int = 48000) -> Samples:
    """Stereo, 1000 Hz, the parts one after the other; the wave runs on where only its level changes."""
    edges = np.rint(np.cumsum([0.0, *(seconds for seconds, _ in parts)]) * rate).astype(int)
    levels = np.repeat([_amplitude(dbfs) for _, dbfs in parts], np.diff(edges))
    wave = levels * np.sin(2 * np.pi * 1000 * np.arange(edges[-1]) / rate)
    return np.stack((wave, wave))


def surround(rate: int = 48000) -> Samples:
    wave = np.sin(2 * np.pi * 1000 * np.arange(20 * rate) / rate)
    return np.stack([_amplitude(dbfs) * wave for dbfs in SURROUND])


def short_term_file(segment: int) -> tuple[Part, ...]:
    """Case 10, for file-based meters, each segment a file of its own: the largest S = -23.0 within 0.1 LU."""
    return (segment * 0.15, None), (3, -23.0), (1, None)


def short_term_live() -> tuple[Part, ...]:
    """Case 11, for live meters: the largest S = -38.0, -37.0 to -19.0 within 0.1 LU, one after the other."""
    return _live(0.15, 3)


def momentary_file(segment: int) -> tuple[Part, ...]:
    """Case 13, for file-based meters: the largest M = -23.0 within 0.1 LU, for each segment."""
    return (segment * 0.02, None), (0.4, -23.0), (1, None)


def momentary_live() -> tuple[Part, ...]:
    """Case 14, for live meters: the largest M = -38.0, -37.0 to -19.0 within 0.1 LU, one after the other."""
    return _live(0.02, 0.4)


def peak(case: int, rate: int = 48000) -> Samples:
    """Cases 15 to 19. The document asks for fades of 10 ms in case 15; the others have them here too."""
    divisor, amplitude, degrees, _ = PEAKS[case]
    return _faded(
        amplitude * np.sin(2 * np.pi * np.arange(rate) / divisor + np.radians(degrees)), rate // 100
    )


def burst(case: int, rate: int = 48000) -> Samples:
    """Cases 20 to 23: a sine at a sixth of the rate, amplitude 0.50, and within it a single period at a quarter of the
    rate, amplitude 1.00, continuous in phase on both sides; made at 4 times the rate, low-pass filtered, decimated.

    The document leaves the filter open. Ours has no delay and falls from 0.45 to 0.5 of the rate.
    """
    slow = 0.5 * np.sin(2 * np.pi * np.arange(24 * 1000) / 24)
    fine = np.concatenate((slow, np.sin(2 * np.pi * np.arange(16) / 16), slow))
    spectrum = np.fft.rfft(_faded(fine, rate // 25)[0])
    place = np.fft.rfftfreq(len(fine), 1 / 4)
    spectrum *= np.interp(place, (0.45, 0.5), (1.0, 0.0))
    wave = np.fft.irfft(spectrum, len(fine))[OFFSETS[case] :: 4]
    return np.stack((wave, wave))


def _amplitude(dbfs: float | None) -> float:
    return 0.0 if dbfs is None else float(10 ** (dbfs / 20))


def _live(step: float, seconds: float) -> tuple[Part, ...]:
    parts: list[Part] = []
    for segment in SEGMENTS:
        shift = segment * step
        parts += (shift, None), (seconds, -38.0 + segment), (seconds - shift, None)
    return tuple(parts)


def _faded(wave: Samples, samples: int) -> Samples:
    envelope = np.minimum(1, np.minimum(np.arange(len(wave)), np.arange(len(wave))[::-1]) / samples)
    return np.stack((wave * envelope, wave * envelope))
