# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loudness, true peak and the condition of the signal: EBU's minimum requirements, and what holds for any signal."""

import os
from itertools import groupby, pairwise
from math import log10
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from onrecord.audio.chunks import Chunker, Chunks
from onrecord.audio.condition import EXTREME, SILENCE, Condition
from onrecord.audio.loudness import Loudness, weight
from onrecord.audio.source import Source
from onrecord.audio.true_peak import TAPS, TruePeak, interpolation, loudest_between
from tests.audio import ebu
from tests.audio.tones import Samples, music, write

Rows = npt.NDArray[np.float32]
RATES = [44100, 48000]
DEMO = Path(__file__).resolve().parents[2] / "demo" / "collection"


class Measured(NamedTuple):
    loudness: Loudness
    true_peak: TruePeak
    condition: Condition

    @property
    def dbtp(self) -> float:
        return 20 * log10(self.true_peak.peak())


def measure(path: Path) -> Measured:
    """The file's decoder, FFmpeg's K-weighting and the three measurements, chunk by chunk as in a real decode."""
    with path.open("rb") as file, Source(file) as source:
        frames = source.frames()
        first = next(frames)
        chunker = Chunker(first)
        channels = chunker.layout.channels
        measured = Measured(
            Loudness(chunker.rate, [weight(channel.name) for channel in channels]),
            TruePeak(chunker.rate),
            Condition(chunker.rate, len(channels)),
        )
        for frame in (first, *frames):
            if chunks := chunker.push(frame):
                take(measured, chunks)
        take(measured, chunker.finish())
    return measured


def take(measured: Measured, chunks: Chunks) -> None:
    for frame in chunks.whole:
        kind, scale = {"s16": (np.int16, 2**15), "s32": (np.int32, 2**31), "flt": (np.float32, 1)}[
            frame.format.name
        ]
        packed = np.frombuffer(memoryview(frame.planes[0]), kind, frame.samples * frame.layout.nb_channels)
        rows = np.ascontiguousarray((packed.reshape(frame.samples, -1).T / scale).astype(np.float32))
        measured.true_peak.feed(rows)
        measured.condition.feed(rows, np.abs(rows).max(axis=0))
    for frame in chunks.weighted:
        measured.loudness.feed(
            [np.frombuffer(memoryview(plane), np.float64, frame.samples) for plane in frame.planes]
        )


def of_tones(folder: Path, *parts: ebu.Part, rate: int = 48000) -> Loudness:
    return measure(write(folder / "a.wav", ebu.tones(*parts, rate=rate), "pcm_s24le", rate=rate)).loudness


def lufs(powers: Samples) -> Samples:
    return -0.691 + 10 * np.log10(powers)


@pytest.mark.parametrize("rate", [11025, 22050, 44100, 48000, 96000])
@pytest.mark.parametrize("case", [1, 2])
def test_ebu_3341_cases_1_and_2_on_all_three_scales(tmp_path: Path, case: int, rate: int) -> None:
    expected, parts = ebu.INTEGRATED[case]
    loudness = of_tones(tmp_path, *parts, rate=rate)
    assert loudness.integrated() == pytest.approx(expected, abs=0.1)
    assert loudness.momentary_max() == pytest.approx(expected, abs=0.1)
    assert loudness.short_term_max() == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("case", [3, 4, 5])
def test_ebu_3341_cases_3_to_5_the_gates(tmp_path: Path, case: int, rate: int) -> None:
    expected, parts = ebu.INTEGRATED[case]
    assert of_tones(tmp_path, *parts, rate=rate).integrated() == pytest.approx(expected, abs=0.1)


def test_ebu_3341_case_6_surround(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", ebu.surround(), "pcm_s24le")
    assert measure(path).loudness.integrated() == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize(
    ("name", "loudness", "spread"),
    [
        ("seq-3341-7_seq-3342-5-24bit.wav", -23.0, 5.0),
        ("seq-3341-2011-8_seq-3342-6-24bit-v02.wav", -23.0, 15.0),
    ],
    ids=["3341 case 7, 3342 case 5", "3341 case 8, 3342 case 6"],
)
def test_ebu_authentic_programmes(name: str, loudness: float, spread: float) -> None:
    """EBU's recordings, which it lets nobody pass on: ONRECORD_EBU names a folder with its loudness test set."""
    folder = os.environ.get("ONRECORD_EBU")
    if not folder:
        pytest.skip(f"ONRECORD_EBU names no folder with {name}")
    measured = measure(Path(folder) / name).loudness
    assert measured.integrated() == pytest.approx(loudness, abs=0.1)
    assert measured.range() == pytest.approx(spread, abs=1.0)


@pytest.mark.parametrize("rate", RATES)
def test_ebu_3341_case_9_short_term_loudness_stays_constant(tmp_path: Path, rate: int) -> None:
    loudness = of_tones(tmp_path, *ebu.CONSTANT_SHORT_TERM, rate=rate)
    windows = lufs(loudness.powers(300))
    assert len(windows) == 1201
    assert windows == pytest.approx(-23.0, abs=0.1)
    assert loudness.short_term_max() == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("rate", RATES)
def test_ebu_3341_case_10_the_largest_short_term_loudness_of_files(tmp_path: Path, rate: int) -> None:
    for segment in ebu.SEGMENTS:
        loudness = of_tones(tmp_path, *ebu.short_term_file(segment), rate=rate)
        assert loudness.short_term_max() == pytest.approx(-23.0, abs=0.1), segment


@pytest.mark.parametrize("rate", RATES)
def test_ebu_3341_case_11_successive_short_term_maxima(tmp_path: Path, rate: int) -> None:
    windows = of_tones(tmp_path, *ebu.short_term_live(), rate=rate).powers(300)
    for segment in ebu.SEGMENTS:
        # The windows that end in these six seconds.
        first = segment * 600 - 300
        largest = lufs(windows[max(0, first + 1) : first + 601].max())
        assert largest == pytest.approx(-38.0 + segment, abs=0.1), segment


@pytest.mark.parametrize("rate", RATES)
def test_ebu_3341_case_12_momentary_loudness_stays_constant(tmp_path: Path, rate: int) -> None:
    windows = lufs(of_tones(tmp_path, *ebu.CONSTANT_MOMENTARY, rate=rate).powers(40))
    assert len(windows) == 961
    assert windows[60:] == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("rate", RATES)
def test_ebu_3341_case_13_the_largest_momentary_loudness_of_files(tmp_path: Path, rate: int) -> None:
    for segment in ebu.SEGMENTS:
        loudness = of_tones(tmp_path, *ebu.momentary_file(segment), rate=rate)
        assert loudness.momentary_max() == pytest.approx(-23.0, abs=0.1), segment


@pytest.mark.parametrize("rate", RATES)
def test_ebu_3341_case_14_successive_momentary_maxima(tmp_path: Path, rate: int) -> None:
    windows = of_tones(tmp_path, *ebu.momentary_live(), rate=rate).powers(40)
    for segment in ebu.SEGMENTS:
        first = segment * 80 - 40
        largest = lufs(windows[max(0, first + 1) : first + 81].max())
        assert largest == pytest.approx(-38.0 + segment, abs=0.1), segment


def check_true_peak(measured: Measured, expected: float) -> None:
    assert expected - 0.4 <= measured.dbtp <= expected + 0.2


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
@pytest.mark.parametrize("case", ebu.PEAKS)
def test_ebu_3341_cases_15_to_19_true_peaks_between_samples(tmp_path: Path, case: int, rate: int) -> None:
    path = write(tmp_path / "a.wav", ebu.peak(case, rate), "pcm_s24le", rate=rate)
    check_true_peak(measure(path), ebu.PEAKS[case][3])


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("case", ebu.OFFSETS)
def test_ebu_3341_cases_20_to_23_a_true_peak_in_a_single_period(tmp_path: Path, case: int, rate: int) -> None:
    """The document does not give the anti-aliasing filter; see `ebu.burst` for ours."""
    path = write(tmp_path / "a.wav", ebu.burst(case, rate), "pcm_f32le", rate=rate)
    check_true_peak(measure(path), 0.0)


@pytest.mark.parametrize("rate", [11025, 44100, 48000])
@pytest.mark.parametrize("case", ebu.RANGE)
def test_ebu_3342_cases_1_to_4_loudness_range(tmp_path: Path, case: int, rate: int) -> None:
    expected, parts = ebu.RANGE[case]
    assert of_tones(tmp_path, *parts, rate=rate).range() == pytest.approx(expected, abs=1.0)


def pieces(length: int, seed: int, most: int = 70000) -> list[slice]:
    """Consecutive pieces of a signal, some of them empty."""
    random = np.random.default_rng(seed)
    edges = [0]
    while edges[-1] < length:
        edges.append(min(length, edges[-1] + int(random.integers(0, most) ** random.choice([0.2, 1.0]))))
    return [slice(a, b) for a, b in pairwise(edges)]


def loudness_of(rate: int, samples: Samples, parts: list[slice]) -> Loudness:
    """Without K-weighting."""
    loudness = Loudness(rate, [1.0] * len(samples))
    for part in parts:
        loudness.feed([row[part] for row in samples])
    return loudness


@pytest.mark.parametrize("rate", [4000, 8000, 11025, 22050, 44056, 44100, 48000, 176400])
def test_hops_do_not_drift(rate: int) -> None:
    samples = np.zeros((1, 30 * rate))
    samples[:, 25 * rate :] = 1.0
    powers = loudness_of(rate, samples, pieces(30 * rate, rate)).powers(1)
    assert len(powers) == 3000
    assert not powers[:2500].any()
    # A hop of 10 ms is 110 samples at 11,025 Hz, or 111.
    assert powers[2500:] == pytest.approx(1.0, abs=0.01)
    assert powers[2500:].mean() == pytest.approx(1.0)


@pytest.mark.parametrize("rate", [11025, 44100])
def test_loudness_does_not_depend_on_the_chunks(rate: int) -> None:
    samples = music(12, rate=rate) * np.linspace(0.1, 1, 12 * rate)
    whole = loudness_of(rate, samples, [slice(None)])
    for seed in range(3):
        parted = loudness_of(rate, samples, pieces(12 * rate, seed))
        assert parted.powers(40) == pytest.approx(whole.powers(40), rel=1e-9)
        assert parted.integrated() == pytest.approx(whole.integrated(), abs=1e-9)
        assert parted.range() == pytest.approx(whole.range(), abs=1e-9)


def test_a_window_is_the_weighted_mean_square() -> None:
    samples = np.random.default_rng(5).normal(size=(3, 48000))
    loudness = Loudness(48000, [1.0, 1.41, 0.0])
    loudness.feed(list(samples))
    expected = (samples[:, 4800:24000] ** 2).mean(axis=1)
    assert loudness.powers(40)[10] == pytest.approx(expected[0] + 1.41 * expected[1])


def test_what_is_too_short_or_silent_has_no_loudness() -> None:
    silent = loudness_of(48000, np.zeros((2, 48000 * 5)), [slice(None)])
    assert (silent.integrated(), silent.range(), silent.momentary_max(), silent.short_term_max()) == (
        None,
    ) * 4
    samples = np.full((2, 48000 * 3), 0.1)
    short = loudness_of(48000, samples[:, : 48000 * 3 - 1], [slice(None)])
    assert (short.range(), short.short_term_max()) == (None, None)
    assert short.momentary_max() == pytest.approx(-0.691 + 10 * log10(0.02))
    assert loudness_of(48000, samples, [slice(None)]).range() == 0.0
    shorter = loudness_of(48000, samples[:, :19199], [slice(None)])
    assert (shorter.integrated(), shorter.momentary_max()) == (None, None)
    assert loudness_of(48000, samples[:, :19200], [slice(None)]).momentary_max() is not None
    assert Loudness(48000, [1.0]).momentary_max() is None


def true_peak_of(rate: int, rows: Rows, parts: list[slice]) -> TruePeak:
    true_peak = TruePeak(rate)
    for part in parts:
        true_peak.feed(rows[:, part])
    return true_peak


def unpruned(rate: int, rows: Rows) -> float:
    filters = interpolation(rate)
    between = loudest_between(np.pad(rows, ((0, 0), (TAPS, TAPS))), filters) if filters else 0.0
    return max(float(np.abs(rows).max()), between)


def noise(level: float, seed: int, channels: int = 2) -> Rows:
    return (level * np.random.default_rng(seed).normal(size=(channels, 150_000))).astype(np.float32)


def swells() -> Rows:
    """Loudness that comes and goes, so that each stretch must be judged against what was found before."""
    time = np.arange(150_000) / 44100
    return (noise(1.0, 7) * (0.1 + np.sin(2 * np.pi * 0.8 * time) ** 2)).astype(np.float32)


def worst() -> Rows:
    """Full scale for a while, and at half of it the signs of the filter: no samples give more between them."""
    filters = interpolation(44100)
    assert filters
    rows = np.full((2, 150_000), 0.01, np.float32)
    rows[0, 1000:3000] = np.hanning(2000)
    for at, taps in zip((50_000, 65_524, 100_000), filters.filters, strict=True):
        rows[1, at : at + TAPS] = 0.5 * np.sign(taps)
    return rows


SIGNALS = {
    "noise": noise(0.2, 1),
    "clipped noise": noise(2.0, 2).clip(-1, 1),
    "six channels": noise(0.3, 3, 6),
    "mono": noise(0.3, 4, 1),
    "swells": swells(),
    "music": music(4).astype(np.float32),
    "clipped music": (3 * music(4)).clip(-1, 1).astype(np.float32),
    "worst": worst(),
    "high": np.sin(np.arange(150_000) * 2.9 + np.arange(150_000) ** 2 * 1e-9)[None].astype(np.float32),
    "silence": np.zeros((2, 150_000), np.float32),
    "short": noise(0.3, 5)[:, :7],
}


@pytest.mark.parametrize("rate", [44100, 96000, 192000])
@pytest.mark.parametrize("name", SIGNALS)
def test_pruning_and_chunks_change_no_digit_of_the_true_peak(name: str, rate: int) -> None:
    rows = SIGNALS[name]
    expected = unpruned(rate, rows)
    for parts in ([slice(None)], pieces(rows.shape[1], 1), pieces(rows.shape[1], 2, most=900)):
        true_peak = true_peak_of(rate, rows, parts)
        assert true_peak.peak() == expected
        assert true_peak.peak() == expected  # asking changes nothing


def test_the_worst_signal_goes_beyond_its_samples() -> None:
    assert true_peak_of(44100, SIGNALS["worst"], [slice(None)]).peak() > 1.15


@pytest.mark.parametrize(
    "name", ["xmoto-data/Textures/Musics/MadeiraStew.ogg", "supertuxkart-data/data/music/celtic.ogg"]
)
def test_less_than_a_tenth_of_real_music_is_oversampled(name: str) -> None:
    measured = measure(DEMO / name)
    peak = measured.true_peak.peak()
    samples = len(measured.loudness.powers(1)) / 100 * 44100 * 2
    assert peak > 0.1
    assert 0 < measured.true_peak.oversampled < samples / 10


def test_a_true_peak_at_a_join_is_found() -> None:
    rows = np.zeros((1, 4000), np.float32)
    rows[0, 1000:2024] = np.sin(np.pi * (np.arange(1024) / 2 + 0.25)) * np.hanning(1024)
    expected = unpruned(48000, rows)
    assert expected == pytest.approx(1.0, abs=0.01)
    for join in range(1490, 1535):
        assert true_peak_of(48000, rows, [slice(0, join), slice(join, None)]).peak() == expected


def test_a_true_peak_is_found_wherever_it_lies() -> None:
    rows = np.zeros((1, 1500), np.float32)
    rows[0, 600:602] = 0.9
    expected = unpruned(48000, rows)
    assert expected > 1.1
    for shift in range(300):
        assert true_peak_of(48000, np.roll(rows, shift, axis=1), [slice(None)]).peak() == expected


def test_more_may_be_fed_after_asking() -> None:
    true_peak = true_peak_of(48000, SIGNALS["noise"], [slice(0, 1000)])
    true_peak.peak()
    true_peak.feed(SIGNALS["noise"][:, 1000:])
    assert true_peak.peak() == unpruned(48000, SIGNALS["noise"])
    assert TruePeak(48000).peak() == 0.0


@pytest.mark.parametrize("rate", [44100, 96000])
def test_the_true_peak_is_that_of_the_oversampled_sound(rate: int) -> None:
    """Against interpolation of the whole sound by its spectrum, which is exact, up to 0.4 of the rate."""
    for seed in range(10):
        random = np.random.default_rng(seed)
        spectrum = np.zeros(2049, complex)
        spectrum[1:1638] = random.normal(size=1637) + 1j * random.normal(size=1637)
        wave = np.fft.irfft(spectrum)
        rows = np.tile(wave / np.abs(wave).max(), (1, 3)).astype(np.float32)
        factor = 4 if rate < 96000 else 2
        exact = factor * np.abs(np.fft.irfft(spectrum, 4096 * factor))
        found = true_peak_of(rate, rows, [slice(None)]).peak()
        assert 20 * log10(found / (exact.max() / np.abs(wave).max())) == pytest.approx(0, abs=0.1)


def condition_of(rate: int, rows: Rows, parts: list[slice]) -> Condition:
    condition = Condition(rate, len(rows))
    for part in parts:
        condition.feed(rows[:, part], np.abs(rows[:, part]).max(axis=0))
    return condition


def clipped(*rows: list[float]) -> int:
    samples = np.array(rows, np.float32)
    answers = {
        condition_of(48000, samples, [slice(0, join), slice(join, None)]).clipped()
        for join in range(samples.shape[1] + 1)
    }
    (answer,) = answers
    return answer


def test_three_equal_extremes_are_clipped() -> None:
    top = 32767 / 32768
    assert clipped([0.0, top, top, 0.0]) == 0
    assert clipped([0.0, top, top, top, 0.0]) == 3
    assert clipped([-1.0, -1.0, -1.0, -1.0]) == 4
    assert clipped([top, top, -1.0, -1.0, top, top]) == 0
    assert clipped([0.5, 0.5, 0.5, 0.5]) == 0
    assert clipped([top, top, 0.0, top, top]) == 0


def test_each_channel_has_its_own_runs() -> None:
    assert clipped([1.0, 1.0, 1.0, 0.0], [0.0, 1.0, 1.0, 1.0]) == 6
    assert clipped([1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]) == 0


def test_overshoot_is_clipped_only_where_it_is_flat() -> None:
    assert clipped([1.1, 1.2, 1.3, 1.2, 1.1]) == 0
    assert clipped([0.0, 1.2, 1.2, 1.2, 1.1]) == 3


def test_a_clipped_wave_of_every_kind(tmp_path: Path) -> None:
    wave = 1.5 * ebu.tones((1, 0.0))
    flat = 2 * int((np.abs(wave[0]) >= 1).sum())
    for codec in ("pcm_s16le", "pcm_s24le"):
        found = measure(write(tmp_path / "a.wav", wave, codec)).condition.clipped()
        assert found == pytest.approx(flat, rel=0.01), codec
    assert measure(write(tmp_path / "a.wav", wave, "pcm_f32le")).condition.clipped() == 0
    assert measure(write(tmp_path / "a.wav", wave.clip(-1, 1), "pcm_f32le")).condition.clipped() == flat
    assert measure(write(tmp_path / "a.wav", 0.6 * wave, "pcm_s16le")).condition.clipped() == 0


def brute_clipped(rows: Rows) -> int:
    return sum(
        length
        for row in rows
        for value, run in groupby(row.tolist())
        if abs(value) >= EXTREME and (length := len(list(run))) >= 3
    )


def brute_silence(rows: Rows, least: int) -> tuple[int, int, int]:
    quiet = (np.abs(rows).max(axis=0) <= SILENCE).tolist()
    runs = [(silent, len(list(run))) for silent, run in groupby(quiet)]
    first, last = runs[0], runs[-1]
    total = sum(length for silent, length in runs if silent and length >= least)
    return first[1] * first[0], last[1] * last[0], total


@pytest.mark.parametrize("seed", range(12))
def test_condition_is_that_of_a_plain_count(seed: int) -> None:
    """Random runs of silence, clipping and sound; the rate is 50 Hz, so that two seconds are 100 samples."""
    random = np.random.default_rng(seed)
    parts = [
        random.choice([0.0, 0.0005, 1.0, -1.0, 1.5, 0.3], size=(2, 1)) * np.ones((1, random.integers(1, 180)))
        for _ in range(50)
    ]
    rows = np.concatenate(parts, axis=1).astype(np.float32)
    rows[:, random.integers(0, rows.shape[1], 80)] = random.normal(size=80)
    for most in (8, 400, 100_000):
        condition = condition_of(50, rows, pieces(rows.shape[1], seed, most=most))
        assert condition.clipped() == brute_clipped(rows)
        assert condition.silence() == brute_silence(rows, 100)


def test_silence_at_both_ends_and_within(tmp_path: Path) -> None:
    sound = np.where(np.arange(48000) % 2, 0.25, -0.25)
    quiet = np.zeros(48000)
    wave = np.concatenate((quiet[:1234], sound, quiet, sound, quiet, quiet, sound, quiet[:999]))
    condition = measure(write(tmp_path / "a.wav", np.stack((wave, wave)), "pcm_s24le")).condition
    assert condition.silence() == (1234, 999, 96000)


def test_silence_ends_just_above_60_decibels_under_full_scale() -> None:
    rows = np.full((2, 200), 0.001, np.float32)
    assert condition_of(50, rows, [slice(None)]).silence() == (200, 200, 200)
    rows[1, 50] = 0.00101
    assert condition_of(50, rows, [slice(None)]).silence() == (50, 149, 149)
    assert Condition(50, 2).silence() == (0, 0, 0)


def test_the_offset_of_the_channel_that_lies_farthest_off(tmp_path: Path) -> None:
    wave = ebu.tones((2, -20.0)) + np.array([[0.02], [-0.03]])
    assert measure(write(tmp_path / "a.wav", wave)).condition.dc_offset() == pytest.approx(-0.03, abs=1e-4)
    assert measure(write(tmp_path / "a.wav", ebu.tones((2, -3.0)))).condition.dc_offset() == pytest.approx(
        0, abs=1e-5
    )
    assert Condition(48000, 2).dc_offset() == 0.0
