# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access copies are as long as their source, sound like it, and come out the same each time."""

import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from mutagen.flac import FLAC

from onrecord.audio import preload, probe
from onrecord.audio.access import RATE, access_copy
from onrecord.audio.tags import read_tags
from onrecord.model.sound import AccessCopy, Fault
from tests.audio.tones import Samples, music, sine, write


@pytest.fixture(scope="module", autouse=True)
def _preloaded() -> None:
    preload()


def encode(source: Path | int, out: Path, kilobits: int = 96, **others: object) -> AccessCopy | Fault:
    with out.open("wb") as file:
        return access_copy(source, file.fileno(), kilobits, **others)  # type: ignore[arg-type]


def decoded(path: Path) -> Samples:
    # Packed: PyAV counts nine planes in a planar frame of eight channels.
    packed = av.AudioResampler(format="flt")
    with av.open(str(path)) as container:
        frames = [made for frame in container.decode(audio=0) for made in packed.resample(frame)]
    channels = frames[0].layout.nb_channels
    samples = np.concatenate([frame.to_ndarray().reshape(-1, channels) for frame in frames])
    return samples.T.astype(np.float64)


def copied(source: Path, kilobits: int = 96) -> tuple[AccessCopy, Samples]:
    out = source.with_name("copy.opus")
    answer = encode(source, out, kilobits)
    assert isinstance(answer, AccessCopy)
    samples = decoded(out)
    assert samples.shape == (answer.channels, answer.duration_samples)
    return answer, samples


@pytest.mark.parametrize(
    ("rate", "count"),
    [
        *((48000, count) for count in (1, 311, 312, 313, 959, 960, 961, 48000, 100_003)),
        *((44100, count) for count in (1, 2, 441, 882, 44101, 99_991)),
        *((rate, rate + 7) for rate in (8000, 11025, 22050, 32000, 88200, 96000, 192000)),
    ],
)
def test_the_number_of_samples_is_kept(tmp_path: Path, rate: int, count: int) -> None:
    source = write(tmp_path / "a.wav", sine(count / rate, rate=rate)[:, :count], rate=rate)
    answer, _ = copied(source)
    assert answer.duration_samples == round(count * RATE / rate)


def test_it_sounds_like_its_source_at_the_same_time(tmp_path: Path) -> None:
    sound = music(3, rate=48000)
    _, samples = copied(write(tmp_path / "a.flac", sound, "flac"))
    error = np.sqrt(np.mean((samples - sound) ** 2) / np.mean(sound**2))
    assert error < 0.1
    # A shift by a quarter of a millisecond would be another sound.
    assert np.sqrt(np.mean((samples[:, 12:] - sound[:, :-12]) ** 2) / np.mean(sound**2)) > 0.3


def test_what_it_says_of_itself(tmp_path: Path) -> None:
    source = write(tmp_path / "a.flac", music(2, rate=44100, channels=1), "flac", rate=44100)
    answer, _ = copied(source, 48)
    assert answer == AccessCopy("opus 48 1", answer.encoder, 48, 96000, 48000, 1)
    assert answer.encoder.startswith("libopus ") and "FFmpeg" in answer.encoder
    found = probe(source.with_name("copy.opus"))
    assert found.faults == () and found.sound is not None
    assert (found.sound.container, found.sound.codec, found.sound.faults) == ("ogg", "opus", ())


def test_the_same_source_gives_the_same_bytes(tmp_path: Path) -> None:
    source = write(tmp_path / "a.flac", music(2, rate=44100), "flac", rate=44100)
    tags = {"title": "T", "SOURCE_SHA256": "ab" * 32}
    for name, given in (("b", tags), ("c", dict(reversed(tags.items())))):
        assert isinstance(encode(source, tmp_path / name, tags=given), AccessCopy)
    check = (
        "import os, sys; from pathlib import Path; from onrecord.audio.access import access_copy\n"
        f"access_copy(Path(sys.argv[1]), 1, 96, tags={tags!r})"
    )
    with (tmp_path / "d").open("wb") as out:
        subprocess.run([sys.executable, "-c", check, str(source)], stdout=out, check=True)
    first = (tmp_path / "b").read_bytes()
    assert (tmp_path / "c").read_bytes() == first
    assert (tmp_path / "d").read_bytes() == first


def test_bits_follow_what_was_asked(tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", music(10, rate=48000))
    sizes = []
    for kilobits in (32, 96, 192):
        copied(source, kilobits)
        sizes.append(source.with_name("copy.opus").stat().st_size)
    assert sizes[0] * 2 < sizes[1] < sizes[2]


def test_tags_are_the_callers_alone(tmp_path: Path) -> None:
    source = write(tmp_path / "a.flac", music(1, rate=48000), "flac")
    own = FLAC(source)
    own["title"], own["mood"] = "its own", "its own"
    own.save()
    tags = {
        "title": "Überall",
        "artist": "A",
        "album": "B",
        "date": "2024-05-06",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "SOURCE_SHA256": "ab" * 32,
    }
    assert isinstance(encode(source, tmp_path / "b", tags=tags), AccessCopy)
    with (tmp_path / "b").open("rb") as file:
        found, _, faults = read_tags(file)
    assert faults == ()
    assert dict(found.frames) == {
        "TITLE": "Überall",
        "ARTIST": "A",
        "ALBUM": "B",
        "DATE": "2024-05-06",
        "LICENSE": "https://creativecommons.org/licenses/by/4.0/",
        "SOURCE_SHA256": "ab" * 32,
    }


def test_a_name_that_no_tag_can_have(tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", sine(0.1))
    for name in ("a=b", "", "ü"):
        with pytest.raises(ValueError, match="named"):
            encode(source, tmp_path / "b", tags={name: "x"})
    with pytest.raises(ValueError, match="kbit/s"):
        encode(source, tmp_path / "b", 500)


def test_six_channels_keep_their_places(tmp_path: Path) -> None:
    sound = sine(1, channels=6) * np.array([[1.0], [0.8], [0.6], [0.0], [0.4], [0.2]])
    answer, samples = copied(write(tmp_path / "a.flac", sound, "flac"), 256)
    assert (answer.recipe, answer.channels) == ("opus 256 1", 6)
    loud = np.sqrt(np.mean(samples**2, axis=1)) / np.sqrt(np.mean(sound[0] ** 2))
    assert loud == pytest.approx([1.0, 0.8, 0.6, 0.0, 0.4, 0.2], abs=0.05)


def layout_of(path: Path, layout: str, samples: Samples) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE, layout=layout)
        values = (samples * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(values.T).reshape(1, -1), "s16", layout)
        frame.sample_rate = RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("layout", "channels", "recipe"),
    [
        ("3.0", 3, "opus 128 1"),
        ("quad(side)", 4, "opus 128 1"),
        ("5.0(side)", 5, "opus 128 1"),
        ("5.1(side)", 6, "opus 128 1"),
        ("6.1(back)", 7, "opus 128 1"),
        ("7.1", 8, "opus 128 1"),
        ("2.1", 2, "opus 128 1 stereo"),
        ("4.0", 2, "opus 128 1 stereo"),
        ("7.1(wide)", 2, "opus 128 1 stereo"),
        ("hexadecagonal", 2, "opus 128 1 stereo"),
    ],
)
def test_other_layouts(tmp_path: Path, layout: str, channels: int, recipe: str) -> None:
    count = av.AudioLayout(layout).nb_channels
    source = layout_of(tmp_path / "a.wav", layout, sine(0.5, dbfs=-1, channels=count))
    answer, samples = copied(source, 128)
    assert (answer.channels, answer.recipe) == (channels, recipe)
    assert answer.duration_samples == 24000
    assert 0.3 < np.abs(samples).max() < 1.1


def test_a_lossy_source_needs_one_and_a_half_times_the_bits(tmp_path: Path) -> None:
    source = write(tmp_path / "a.mp3", music(4, rate=48000), "libmp3lame", bit_rate=128_000)
    assert isinstance(encode(source, tmp_path / "b", 80), AccessCopy)
    answer = encode(source, tmp_path / "b", 96)
    assert isinstance(answer, Fault)
    assert answer.code == "no-gain"
    assert "mp3 of 1" in answer.detail and "144 kbit/s" in answer.detail


@pytest.mark.parametrize("codec", ["flac", "alac", "pcm_s16le", "pcm_s24le", "pcm_f32le"])
def test_lossless_sources_of_few_bits(tmp_path: Path, codec: str) -> None:
    ending = {"flac": "flac", "alac": "m4a"}.get(codec, "wav")
    silence = np.zeros((2, 48000))
    assert isinstance(encode(write(tmp_path / f"a.{ending}", silence, codec), tmp_path / "b"), AccessCopy)


def test_samples_that_are_no_numbers(tmp_path: Path) -> None:
    sound = sine(1)
    sound[0, 20_000] = np.nan
    sound[1, 30_000] = 1e30
    _, samples = copied(write(tmp_path / "a.wav", sound, "pcm_f32le"))
    assert np.abs(samples).max() < 1
    assert np.sqrt(np.mean(samples[:, 40_000:] ** 2)) == pytest.approx(
        np.sqrt(np.mean(sound[:, 40_000:] ** 2)), rel=0.1
    )


def test_what_is_no_sound_says_so(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"text")
    assert encode(tmp_path / "a", tmp_path / "b") == Fault("not-sound", "the bytes are text")
    os.mkfifo(tmp_path / "pipe")
    assert encode(tmp_path / "pipe", tmp_path / "b") == Fault("not-sound", "not a regular file")


def test_time_is_bounded(tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", music(60, rate=48000))
    answer = encode(source, tmp_path / "b", seconds=0.1)
    assert isinstance(answer, Fault) and answer.code == "timeout"


def test_a_disk_that_refuses(tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", music(1, rate=48000))
    with Path("/dev/full").open("wb") as full:
        answer = access_copy(source, full.fileno(), 96)
    assert answer == Fault("not-written", "No space left on device")


def test_it_is_written_from_where_the_descriptor_stands(tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", music(1, rate=48000))
    assert isinstance(encode(source, tmp_path / "alone"), AccessCopy)
    with (tmp_path / "b").open("wb") as out:
        out.write(b"before")
        out.flush()
        with source.open("rb") as opened:
            assert isinstance(access_copy(opened.fileno(), out.fileno(), 96), AccessCopy)
    assert (tmp_path / "b").read_bytes() == b"before" + (tmp_path / "alone").read_bytes()


def test_a_source_that_could_be_written_to_is_not_taken(tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", sine(0.1))
    with source.open("r+b") as opened, pytest.raises(ValueError, match="reading only"):
        encode(opened.fileno(), tmp_path / "b")
