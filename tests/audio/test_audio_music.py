# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tempo and key of sounds whose tempo and key are known, and none of sounds that have none."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from onrecord.audio.fingerprint import RATE
from onrecord.audio.music import Key, Tempo
from onrecord.model.sound import Estimate

Mono = npt.NDArray[np.int16]

MAJORS = ("A", "B-flat", "B", "C", "D-flat", "D", "E-flat", "E", "F", "F-sharp", "G", "A-flat")
MINORS = ("A", "B-flat", "B", "C", "C-sharp", "D", "E-flat", "E", "F", "F-sharp", "G", "G-sharp")


def click(random: np.random.Generator, beat: int) -> npt.NDArray[np.float64]:
    time = np.arange(110) / RATE
    return 0.5 * np.sin(2 * np.pi * 1000 * time) * np.exp(-time * 500)


def drum(random: np.random.Generator, beat: int) -> npt.NDArray[np.float64]:
    """Bass drum and snare in turn."""
    time = np.arange(1300) / RATE
    if beat % 2:
        return 0.3 * random.normal(0, 1, len(time)) * np.exp(-time * 50)
    return 0.6 * np.sin(2 * np.pi * 60 * time) * np.exp(-time * 40)


def chord(random: np.random.Generator, beat: int) -> npt.NDArray[np.float64]:
    time = np.arange(3400) / RATE
    hertz = 220 * 2 ** (random.integers(0, 24, 3) / 12)
    return 0.15 * np.sin(2 * np.pi * hertz[:, None] * time).sum(axis=0) * np.exp(-time * 8)


KINDS = {"click": click, "drum": drum, "chord": chord}


def beats(kind: str, per_minute: float, seconds: float, noise: float = 0.0) -> Mono:
    random = np.random.default_rng(4)
    sound = random.normal(0, 1, round(seconds * RATE) + RATE) * noise
    for beat in range(int((seconds - 0.2) * per_minute / 60)):
        at = round((0.2 + beat * 60 / per_minute) * RATE)
        hit = KINDS[kind](random, beat)
        sound[at : at + len(hit)] += hit
    return whole_numbers(sound[: round(seconds * RATE)])


def whole_numbers(sound: npt.NDArray[np.float64]) -> Mono:
    return (sound.clip(-1, 1) * 32000).astype(np.int16)


def tempo(samples: Mono, cut: int = 16384) -> Estimate | None:
    measured = Tempo()
    for at in range(0, len(samples), cut):
        measured.feed(samples[at : at + cut])
    return measured.estimate()


def beats_a_minute(samples: Mono) -> float:
    estimate = tempo(samples)
    assert estimate and isinstance(estimate.value, float)
    assert estimate.method == "onset-autocorrelation 1"
    assert 0.0 < estimate.confidence <= 1.0
    return estimate.value


def coloured(slope: float, seconds: float, seed: int = 1) -> Mono:
    """Noise whose amplitude falls with frequency to the power of `slope`: 0 white, 0.5 pink."""
    random = np.random.default_rng(seed)
    spectrum = np.fft.rfft(random.normal(0, 1, round(seconds * RATE)))
    sound = np.fft.irfft(spectrum / np.maximum(np.arange(len(spectrum)), 20 * seconds) ** slope)
    return whole_numbers(0.1 * sound / sound.std())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("per_minute", [70, 77.7, 90, 100, 113, 120, 128, 140, 147.3, 160])
def test_tempo_of_steady_beats_without_octave_errors(kind: str, per_minute: float) -> None:
    assert beats_a_minute(beats(kind, per_minute, 30)) == pytest.approx(per_minute, rel=0.005)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("per_minute", [60, 66, 170, 180])
def test_at_the_edges_an_octave_error_may_happen(kind: str, per_minute: float) -> None:
    found = beats_a_minute(beats(kind, per_minute, 30))
    assert min(abs(found * factor / per_minute - 1) for factor in (0.5, 1, 2)) < 0.005


@pytest.mark.parametrize("per_minute", [70, 120, 160])
def test_eight_seconds_are_enough_for_a_tempo(per_minute: float) -> None:
    samples = beats("click", per_minute, 8.1)
    assert beats_a_minute(samples) == pytest.approx(per_minute, rel=0.01)
    assert tempo(samples[: 8 * RATE - 600]) is None


def test_noise_between_the_beats_lowers_the_confidence() -> None:
    clear, noisy = tempo(beats("drum", 100, 30)), tempo(beats("drum", 100, 30, noise=0.1))
    assert clear and noisy and noisy.confidence < clear.confidence
    assert noisy.value == pytest.approx(100, rel=0.005)


def test_soft_beats_have_the_same_tempo() -> None:
    assert beats_a_minute(beats("click", 100, 20) // 100) == pytest.approx(100, rel=0.005)


@pytest.mark.parametrize("slope", [0, 0.5, 1])
@pytest.mark.parametrize("seconds", [9, 40])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_steady_noise_has_no_tempo(slope: float, seconds: float, seed: int) -> None:
    assert tempo(coloured(slope, seconds, seed)) is None


def test_beats_at_random_times_have_no_tempo() -> None:
    random = np.random.default_rng(6)
    sound = np.zeros(60 * RATE)
    for at in random.integers(0, len(sound) - 2000, 150):
        sound[at : at + 1300] += drum(random, 1)
    assert tempo(whole_numbers(sound)) is None


@pytest.mark.parametrize("level", [0.0, 0.0001, 0.5])
def test_silence_and_a_steady_tone_have_no_tempo(level: float) -> None:
    tone = level * np.sin(2 * np.pi * 997 * np.arange(20 * RATE) / RATE)
    assert tempo(whole_numbers(tone)) is None


def test_how_the_samples_are_cut_does_not_change_the_tempo() -> None:
    samples = beats("drum", 97, 25)
    assert tempo(samples, 333) == tempo(samples, 70_000) == tempo(samples, len(samples))


def quarter_tones(samples: Mono) -> npt.NDArray[np.float64]:
    """Energies of the 24 quarter tones from A on, as from the fingerprint's transform: 4096 samples, a third apart."""
    bins = np.arange(10, 1308)
    place = np.floor(24 * np.log2(bins * RATE / 4096 / 27.5)).astype(int) % 24
    window = np.hamming(4096) / 32767
    starts = range(0, len(samples) - 4095, 1365)
    rows = np.zeros((len(starts), 24))
    for row, at in enumerate(starts):
        energy = np.abs(np.fft.rfft(samples[at : at + 4096] * window)[bins]) ** 2
        np.add.at(rows[row], place, energy)
    return rows


def progression(tonic: int, minor: bool, pitch: float) -> Mono:
    """Tonic, subdominant, dominant, tonic; the dominant is major, as in the books. `tonic` 0 is A."""
    degrees = ((0, minor), (5, minor), (7, False), (0, minor))
    return whole_numbers(np.concatenate([*(triad(tonic + root, m, pitch) for root, m in degrees)] * 2))


def triad(root: int, minor: bool, pitch: float = 440.0) -> npt.NDArray[np.float64]:
    time = np.arange(RATE) / RATE
    voices = (root - 24, root - 12, root - 12 + (3 if minor else 4), root - 5)
    return np.sum([*(tone(time, pitch * 2 ** (voice / 12)) for voice in voices)], axis=0) / 8


def tone(time: npt.NDArray[np.float64], hertz: float) -> npt.NDArray[np.float64]:
    overtones: Iterator[npt.NDArray[np.float64]] = (
        np.sin(2 * np.pi * hertz * number * time + number) / number for number in range(1, 6)
    )
    return np.sum([*overtones], axis=0) * np.exp(-time)


def key(samples: Mono) -> Estimate | None:
    measured = Key()
    rows = quarter_tones(samples)
    for at in range(0, len(rows), 7):
        measured.feed(rows[at : at + 7])
    return measured.estimate()


@pytest.mark.parametrize("pitch", [436, 440, 442, 445])
@pytest.mark.parametrize("tonic", range(12))
def test_the_key_of_a_cadence_at_any_concert_pitch(tonic: int, pitch: float) -> None:
    for minor, names in ((False, MAJORS), (True, MINORS)):
        estimate = key(progression(tonic, minor, pitch))
        assert estimate
        assert estimate.value == f"{names[tonic]} {'minor' if minor else 'major'}"
        assert estimate.method == "profile-correlation 1"
        assert 0.3 < estimate.confidence <= 1.0


def test_a_loud_chord_does_not_decide() -> None:
    soft = progression(3, False, 440.0)
    loud = whole_numbers(triad(9, False))
    estimate = key(np.concatenate((soft // 100, loud)))
    assert estimate and estimate.value == "C major"


def test_silence_does_not_count() -> None:
    music = progression(5, True, 440.0)
    quiet = np.zeros(30 * RATE, np.int16)
    quiet[::2] = 1
    with_silence, alone = key(np.concatenate((quiet, music))), key(music)
    assert with_silence and alone
    assert (with_silence.value, alone.value) == ("D minor", "D minor")


@pytest.mark.parametrize("slope", [0, 0.5])
def test_noise_has_no_key(slope: float) -> None:
    assert key(coloured(slope, 20)) is None


def test_silence_and_nothing_have_no_key() -> None:
    assert key(np.zeros(10 * RATE, np.int16)) is None
    assert Key().estimate() is None


def test_all_twelve_notes_alike_have_no_key() -> None:
    time = np.arange(12 * RATE) / RATE
    every = np.sum([*(np.sin(2 * np.pi * 440 * 2 ** (note / 12) * time) for note in range(12))], axis=0)
    assert key(whole_numbers(every / 12)) is None
