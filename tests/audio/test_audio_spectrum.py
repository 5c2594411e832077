# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What went through a lossy encoder or came from a lower rate is suspected; what fades out by itself is not."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from av.filter import Graph

from onrecord.audio.spectrum import Spectrum
from tests.audio.tones import Samples, music, sine, write

Rows = npt.NDArray[np.float32]


def noise(
    seconds: float,
    rate: int = 44100,
    gain: Callable[[Samples], Samples] = np.ones_like,
    level: float = 0.1,
) -> Samples:
    """Stereo noise, shaped by `gain` of the frequency in Hz, at `level` times full scale."""
    count = round(seconds * rate)
    spectrum = np.fft.rfft(np.random.default_rng(8).normal(0, 1, count))
    sound = np.fft.irfft(spectrum * gain(np.fft.rfftfreq(count, 1 / rate)), count)
    return np.tile(sound * level / sound.std(), (2, 1))


def band(seconds: float) -> Samples:
    """A tune with a hissing beat twice a second."""
    sound = music(seconds)
    time = np.arange(sound.shape[1]) / 44100
    return sound + noise(seconds) * np.exp(-8 * (time % 0.5))


def slope(hertz: float, order: int) -> Callable[[Samples], Samples]:
    """A Butterworth low-pass: 6 dB an octave for each order."""
    return lambda frequency: 1 / np.sqrt(1 + (frequency / hertz) ** (2 * order))


def brick_wall(hertz: float) -> Callable[[Samples], Samples]:
    return lambda frequency: (frequency < hertz).astype(float)


def flac(path: Path, samples: Samples, rate: int) -> Rows:
    """The samples as FLAC holds them: written, with 16 bits, and decoded."""
    return decoded(write(path, samples, "flac", rate=rate))


def decoded(path: Path) -> Rows:
    resampler = av.AudioResampler("fltp")
    with av.open(str(path)) as container:
        frames = [
            part.to_ndarray() for frame in container.decode(audio=0) for part in resampler.resample(frame)
        ]
    return np.concatenate(frames, axis=1)


def resampled(samples: Samples, rate: int, to: int, **options: str) -> Samples:
    """By FFmpeg's resampler."""
    graph = Graph()
    source = graph.add_abuffer(sample_rate=rate, format="dblp", layout="stereo", time_base=Fraction(1, rate))
    resample = graph.add("aresample", None, sample_rate=str(to), **options)
    sink = graph.add("abuffersink")
    graph.link_nodes(source, resample, sink).configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "dblp", "stereo")
    frame.sample_rate = rate
    graph.push(frame)
    graph.push(None)
    parts = []
    while True:
        try:
            parts.append(graph.pull().to_ndarray())
        except av.EOFError:
            return np.concatenate(parts, axis=1)


LONG = {"filter_size": "256", "phase_shift": "10", "cutoff": "0.98"}


def spectrum(rows: Rows, rate: int, cut: int = 65536) -> Spectrum:
    measured = Spectrum(rate, "flac")
    for at in range(0, rows.shape[1], cut):
        measured.feed(rows[:, at : at + cut])
    return measured


def code(measured: Spectrum, lossless: bool = True) -> str:
    found = measured.suspicion(lossless)
    return found[0] if found else ""


@pytest.mark.parametrize("sound", [noise(12), band(12)], ids=["noise", "band"])
@pytest.mark.parametrize(
    ("name", "codec", "bit_rate", "low", "high"),
    [
        ("a.mp3", "libmp3lame", 64_000, 10_500, 11_500),
        ("a.mp3", "libmp3lame", 128_000, 16_000, 17_200),
        ("a.mp3", "libmp3lame", 192_000, 18_000, 19_200),
        ("a.mp3", "libmp3lame", 320_000, 19_700, 20_500),
        ("a.m4a", "aac", 64_000, 12_000, 13_000),
        ("a.m4a", "aac", 128_000, 16_800, 17_600),
    ],
)
def test_a_lossy_encoders_shelf_in_flac_is_suspected(
    tmp_path: Path, sound: Samples, name: str, codec: str, bit_rate: int, low: int, high: int
) -> None:
    lossy = decoded(write(tmp_path / name, sound, codec, rate=44100, bit_rate=bit_rate))
    measured = spectrum(flac(tmp_path / "a.flac", lossy.astype(np.float64), 44100), 44100)
    assert low < (measured.cutoff() or 0) < high
    found = measured.suspicion(lossless=True)
    assert found and found[0] == "transcoded"
    assert found[1].startswith("flac at 44.1 kHz with nothing above ")


def test_opus_in_flac_is_suspected(tmp_path: Path) -> None:
    lossy = decoded(write(tmp_path / "a.opus", noise(12, 48000), "libopus", bit_rate=128_000))
    measured = spectrum(flac(tmp_path / "a.flac", lossy.astype(np.float64), 48000), 48000)
    assert code(measured) == "transcoded"
    assert measured.cutoff() == pytest.approx(20_200, abs=250)


def test_a_lossy_files_own_edge_is_told_and_not_suspected(tmp_path: Path) -> None:
    lossy = decoded(write(tmp_path / "a.mp3", band(12), "libmp3lame", rate=44100, bit_rate=128_000))
    measured = spectrum(lossy, 44100)
    assert measured.cutoff() == pytest.approx(16_700, abs=300)
    assert measured.suspicion(lossless=False) is None


@pytest.mark.parametrize(
    "sound",
    [
        noise(12),
        noise(12, level=0.002),
        noise(12, gain=lambda frequency: 1 / np.sqrt(np.maximum(frequency, 20))),
        band(12),
        music(12),
        sine(12, rate=44100),
        sine(12, rate=44100, hertz=12_000, dbfs=-6),
        sine(12, rate=44100, hertz=15_000, dbfs=-6),
        np.zeros((2, 12 * 44100)),
        noise(0.05),
        np.zeros((2, 0)),
    ],
    ids=["white", "quiet", "pink", "band", "tune", "sine", "12k", "15k", "silence", "short", "empty"],
)
def test_what_was_never_lossy_is_not_suspected(tmp_path: Path, sound: Samples) -> None:
    rows = flac(tmp_path / "a.flac", sound, 44100) if sound.shape[1] else sound.astype(np.float32)
    measured = spectrum(rows, 44100)
    assert measured.cutoff() is None
    assert measured.suspicion(lossless=True) is None


@pytest.mark.parametrize("order", [1, 2, 4, 8])
@pytest.mark.parametrize("hertz", [3000, 6000, 10_000, 15_000])
@pytest.mark.parametrize("rate", [44100, 96000])
def test_what_fades_out_is_not_suspected(tmp_path: Path, hertz: float, order: int, rate: int) -> None:
    old = noise(6, rate, slope(hertz, order), level=0.01)
    assert code(spectrum(flac(tmp_path / "a.flac", old, rate), rate)) == ""


def test_one_frame_with_something_above_disproves_the_edge(tmp_path: Path) -> None:
    sound = noise(12, gain=brick_wall(16_000))
    assert code(spectrum(flac(tmp_path / "a.flac", sound, 44100), 44100)) == "transcoded"
    sound[:, 5 * 44100 : 5 * 44100 + 4096] = noise(4096 / 44100)
    assert code(spectrum(flac(tmp_path / "a.flac", sound, 44100), 44100)) == ""


@pytest.mark.parametrize(
    ("rate", "to", "options"),
    [
        (44100, 96000, LONG),
        (48000, 96000, LONG),
        (44100, 88200, LONG),
        (48000, 192_000, LONG),
        (96000, 192_000, LONG),
        (44100, 48000, LONG),
        (32000, 48000, LONG),
        (44100, 96000, {}),
        (48000, 96000, {}),
    ],
)
def test_a_lower_rates_content_is_upsampled(
    tmp_path: Path, rate: int, to: int, options: dict[str, str]
) -> None:
    sound = resampled(noise(8, rate), rate, to, **options)
    found = spectrum(flac(tmp_path / "a.flac", sound, to), to).suspicion(lossless=True)
    assert found and found[0] == "upsampled"
    assert f"as sound of {rate / 1000:g} kHz has" in found[1]


@pytest.mark.parametrize("rate", [100, 4000])
def test_telegraph_rates_have_no_cutoff(rate: int) -> None:
    assert spectrum(noise(90, rate).astype(np.float32), rate).cutoff() is None


@pytest.mark.parametrize("rate", [8000, 32000, 44100, 48000, 88200, 96000, 192_000])
def test_sound_that_fills_its_rate_is_not_upsampled(tmp_path: Path, rate: int) -> None:
    measured = spectrum(flac(tmp_path / "a.flac", noise(6, rate), rate), rate)
    assert (measured.cutoff(), code(measured)) == (None, "")


def test_a_recorders_own_filter_is_not_upsampled(tmp_path: Path) -> None:
    measured = spectrum(flac(tmp_path / "a.flac", noise(6, 96000, brick_wall(43_600)), 96000), 96000)
    assert measured.cutoff() == pytest.approx(43_600, abs=200)
    assert code(measured) == ""


@pytest.mark.parametrize("edge", [3_500, 8_000, 20_800])
def test_an_edge_outside_the_shelf_is_told_and_not_suspected(tmp_path: Path, edge: int) -> None:
    measured = spectrum(flac(tmp_path / "a.flac", noise(6, gain=brick_wall(edge)), 44100), 44100)
    assert measured.cutoff() == pytest.approx(edge, abs=200)
    assert code(measured) == ""


def test_silence_around_it_does_not_hide_an_edge(tmp_path: Path) -> None:
    sound = np.concatenate((np.zeros((2, 30 * 44100)), noise(3, gain=brick_wall(16_000))), axis=1)
    assert code(spectrum(flac(tmp_path / "a.flac", sound, 44100), 44100)) == "transcoded"


@pytest.mark.parametrize("cut", [1000, 4096, 44100])
def test_how_the_samples_are_cut_does_not_matter(cut: int) -> None:
    rows = noise(20.3, gain=brick_wall(17_000)).astype(np.float32)
    assert spectrum(rows, 44100, cut).cutoff() == spectrum(rows, 44100, rows.shape[1]).cutoff()
    assert abs((spectrum(rows, 44100, cut).cutoff() or 0) - 17_000) < 200
