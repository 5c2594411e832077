# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a decode tells of whole, damaged and false files."""

import hashlib
import struct
from pathlib import Path

import av
import numpy as np
import pytest
from mutagen.flac import FLAC, Picture

from onrecord.audio.analyser import ANALYSER, VERSION
from onrecord.audio.decode import decode
from onrecord.audio.source import MOST_FAULTS
from onrecord.model.sound import Fault, Sound
from tests.audio.tones import music, sine, write


def sound_of(path: Path) -> Sound:
    with path.open("rb") as file:
        answer = decode(file)
    assert isinstance(answer, Sound), answer
    return answer


def fault_of(path: Path) -> Fault:
    with path.open("rb") as file:
        answer = decode(file)
    assert isinstance(answer, Fault), answer
    return answer


@pytest.mark.parametrize(
    ("name", "codec", "container", "decoded", "depth"),
    [
        ("a.wav", "pcm_s16le", "wav", "pcm_s16le", 16),
        ("a.wav", "pcm_s24le", "wav", "pcm_s24le", 24),
        ("a.wav", "pcm_f32le", "wav", "pcm_f32le", 32),
        ("a.aiff", "pcm_s16be", "aiff", "pcm_s16be", 16),
        ("a.flac", "flac", "flac", "flac", 16),
        ("a.m4a", "alac", "mp4", "alac", 16),
        ("a.m4a", "aac", "mp4", "aac", None),
        ("a.mp3", "libmp3lame", "mp3", "mp3", None),
        ("a.opus", "libopus", "ogg", "opus", None),
        ("a.mka", "libopus", "matroska", "opus", None),
    ],
)
def test_each_container_tells_what_it_holds(
    tmp_path: Path, name: str, codec: str, container: str, decoded: str, depth: int | None
) -> None:
    path = write(tmp_path / name, sine(2), codec)
    sound = sound_of(path)
    assert (sound.analyser, sound.version) == (ANALYSER, VERSION)
    assert (sound.container, sound.codec, sound.bit_depth) == (container, decoded, depth)
    assert (sound.sample_rate, sound.channels, sound.faults) == (48000, 2, ())
    assert sound.duration_samples == pytest.approx(96000, abs=0 if depth else 3000)
    assert sound.peak == pytest.approx(0.1, abs=0.02)
    assert 0.5 * path.stat().st_size < sound.bit_rate * sound.seconds / 8 <= path.stat().st_size
    assert len(sound.peaks) == 400


@pytest.mark.parametrize(("codec", "channels"), [("flac", 8), ("pcm_s16le", 8), ("libopus", 6)])
def test_many_channels(tmp_path: Path, codec: str, channels: int) -> None:
    path = tmp_path / ("a.opus" if codec == "libopus" else "a.flac" if codec == "flac" else "a.wav")
    sound = sound_of(write(path, sine(3, channels=channels), codec))
    assert (sound.channels, sound.faults) == (channels, ())
    assert sound.loudness is not None and -25 < sound.loudness < -8
    assert sound.true_peak == pytest.approx(0.1, abs=0.02)


def test_a_picture_in_the_tags_is_no_sound(tmp_path: Path) -> None:
    """The bit rate is what decides whether an access copy gains anything."""
    path = write(tmp_path / "a.flac", music(5), "flac", rate=44100)
    before = sound_of(path).bit_rate
    tags = FLAC(path)
    picture = Picture()
    picture.data = bytes(1_000_000)
    tags.add_picture(picture)
    tags.save()
    assert sound_of(path).bit_rate == before


def test_the_files_ending_decides_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", sine(1), "flac").rename(tmp_path / "a.mp3")
    assert sound_of(path).container == "flac"


def test_24_bits_in_flac(tmp_path: Path) -> None:
    samples = np.rint(music(1, rate=48000) * 2**23).astype(np.int32) << 8
    with av.open(str(tmp_path / "a.flac"), "w") as container:
        stream = container.add_stream("flac", rate=48000, layout="stereo", format="s32")
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T).reshape(1, -1), "s32", "stereo")
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert sound_of(tmp_path / "a.flac").bit_depth == 24


def test_lossless_containers_of_one_sound_agree_in_its_digest(tmp_path: Path) -> None:
    samples = music(2)
    paths = [
        write(tmp_path / name, samples, codec, rate=44100)
        for name, codec in (
            ("a.wav", "pcm_s16le"),
            ("a.aiff", "pcm_s16be"),
            ("a.flac", "flac"),
            ("a.m4a", "alac"),
        )
    ]
    expected = np.rint(samples.T * (2**15 - 1)).astype("<i2").tobytes()
    assert {sound_of(path).audio_sha256 for path in paths} == {hashlib.sha256(expected).hexdigest()}


def test_a_tag_changes_no_digest_and_a_sample_does(tmp_path: Path) -> None:
    samples = music(1)
    path = write(tmp_path / "a.flac", samples, "flac", rate=44100)
    before = sound_of(path).audio_sha256
    tags = FLAC(path)
    tags["title"] = "another"
    tags.save()
    assert sound_of(path).audio_sha256 == before
    samples[0, 1000] += 0.01
    assert sound_of(write(path, samples, "flac", rate=44100)).audio_sha256 != before


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
@pytest.mark.parametrize("level", [-23.0, -33.0])
def test_ebu_3341_cases_1_and_2(tmp_path: Path, rate: int, level: float) -> None:
    path = write(tmp_path / "a.wav", sine(20, dbfs=level, rate=rate), "pcm_s24le", rate=rate)
    assert sound_of(path).loudness == pytest.approx(level, abs=0.1)


def test_ebu_3341_case_3_the_relative_gate(tmp_path: Path) -> None:
    parts = [sine(10, dbfs=-36.0), sine(60, dbfs=-23.0), sine(10, dbfs=-36.0)]
    path = write(tmp_path / "a.wav", np.concatenate(parts, axis=1), "pcm_s16le")
    assert sound_of(path).loudness == pytest.approx(-23.0, abs=0.1)


def test_surround_channels_weigh_more_and_the_bass_channel_nothing(tmp_path: Path) -> None:
    """EBU 3341 case 6: -28 in front, -24 in the middle, -30 behind, and here a loud LFE; channels L R C LFE Ls Rs."""
    levels = (-28.0, -28.0, -24.0, 0.0, -30.0, -30.0)
    samples = np.concatenate([sine(20, dbfs=level, channels=1) for level in levels])
    samples[3] *= 0.9
    assert sound_of(write(tmp_path / "a.flac", samples, "flac")).loudness == pytest.approx(-23.0, abs=0.1)


def test_silence_has_no_loudness(tmp_path: Path) -> None:
    sound = sound_of(write(tmp_path / "a.wav", sine(5) * 0))
    assert (sound.loudness, sound.peak, sound.peaks) == (None, 0.0, bytes(400))


@pytest.mark.parametrize("seconds", [0.001, 0.3, 7.0, 40.0])
def test_the_outline_shows_where_the_peak_is(tmp_path: Path, seconds: float) -> None:
    samples = sine(seconds, dbfs=-40.0, channels=1)
    place = samples.shape[1] * 5 // 8
    samples[0, place] = -0.8
    sound = sound_of(write(tmp_path / "a.wav", samples))
    assert sound.peak == pytest.approx(0.8, abs=1e-4)
    assert max(sound.peaks) == 204
    assert sound.peaks.index(204) / 400 <= 5 / 8 <= (sound.peaks.rindex(204) + 1) / 400
    assert sound.peaks.count(204) <= max(2, 400 * 2 // samples.shape[1] + 1)


@pytest.mark.parametrize(("name", "codec"), [("a.wav", "pcm_s16le"), ("a.flac", "flac"), ("a.m4a", "alac")])
def test_a_truncated_file_gives_what_it_has_and_says_so(tmp_path: Path, name: str, codec: str) -> None:
    path = write(tmp_path / name, music(6), codec, rate=44100)
    if name == "a.m4a":
        path = _index_first(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    sound = sound_of(path)
    assert 2.0 < sound.seconds < 5.0
    assert "truncated" in {fault.code for fault in sound.faults}


def test_a_truncated_ogg_is_noticed_by_its_missing_end(tmp_path: Path) -> None:
    path = write(tmp_path / "a.opus", music(6, rate=48000), "libopus")
    assert sound_of(path).faults == ()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "truncated" in {fault.code for fault in sound_of(path).faults}


@pytest.mark.parametrize(
    ("name", "codec", "length"),
    [("a.flac", "flac", 1), ("a.opus", "libopus", 1), ("a.mp3", "libmp3lame", 3000)],
)
def test_damage_is_skipped_and_its_place_told(tmp_path: Path, name: str, codec: str, length: int) -> None:
    """FLAC and Ogg carry checksums and tell of a single wrong byte; MP3 does not, and tells only of lost frames."""
    path = write(tmp_path / name, music(20, rate=48000, channels=1), codec)
    whole = sound_of(path)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + length] = bytes(byte ^ 0x55 for byte in data[middle : middle + length])
    path.write_bytes(data)
    sound = sound_of(path)
    assert sound.audio_sha256 != whole.audio_sha256
    assert sound.seconds == pytest.approx(20, abs=2.5)
    places = [fault.at for fault in sound.faults if fault.code == "decode-error" and fault.at is not None]
    assert places
    assert all(7 < place < 13 for place in places)


def test_the_list_of_faults_is_bounded(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", music(30), "flac", rate=44100)
    data = bytearray(path.read_bytes())
    for at in range(9000, len(data), 3000):
        data[at] ^= 0xFF
    path.write_bytes(data)
    faults = sound_of(path).faults
    assert len(faults) == MOST_FAULTS + 1
    assert faults[-1].code == "more-faults"


def test_a_change_of_format_in_mid_file_is_converted_and_told(tmp_path: Path) -> None:
    first = write(tmp_path / "1.mp3", sine(3, rate=44100), "libmp3lame", rate=44100)
    second = write(tmp_path / "2.mp3", sine(3, rate=22050, channels=1), "libmp3lame", rate=22050)
    both = tmp_path / "both.mp3"
    both.write_bytes(first.read_bytes() + second.read_bytes())
    sound = sound_of(both)
    assert (sound.sample_rate, sound.channels) == (44100, 2)
    assert sound.seconds == pytest.approx(6, abs=0.3)
    changes = [fault for fault in sound.faults if fault.code == "format-changes"]
    assert "1 channels at 22050 Hz" in changes[-1].detail
    assert changes[-1].at == pytest.approx(3, abs=0.2)


def test_samples_that_are_no_numbers_are_taken_as_silence(tmp_path: Path) -> None:
    samples = sine(2)
    samples[0, 50000] = np.nan
    samples[1, 50001] = np.inf
    sound = sound_of(write(tmp_path / "a.wav", samples, "pcm_f32le"))
    assert sound.peak == pytest.approx(0.1, abs=0.001)
    assert sound.loudness is None
    assert [fault.code for fault in sound.faults] == ["rubbish-samples"]


def test_samples_above_full_scale_keep_their_peak(tmp_path: Path) -> None:
    sound = sound_of(write(tmp_path / "a.wav", sine(1, dbfs=6.0), "pcm_f32le"))
    assert sound.peak == pytest.approx(1.995, abs=0.01)
    assert max(sound.peaks) == 255


@pytest.mark.parametrize(
    ("data", "code", "named"),
    [
        (b"", "not-sound", "empty"),
        (b"just some words\n" * 50, "not-sound", "text"),
        (b"\xef\xbb\xbf  <!DOCTYPE html><p>no", "not-sound", "HTML"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not-sound", "SVG"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(500), "not-sound", "JPEG"),
        (b"PK\x03\x04" + bytes(100), "not-sound", "ZIP"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "not-sound", "M3U"),
        (b"ffconcat version 1.0\nfile '/etc/passwd'\n", "not-sound", "ffconcat"),
        (b"IMPM" + bytes(2000), "module-format", "IT"),
        (bytes(28) + b"\x1a\x10" + bytes(14) + b"SCRM" + bytes(100), "module-format", "S3M"),
        (bytes(1080) + b"M.K." + bytes(100), "module-format", "MOD"),
        (bytes(range(256)) * 20, "not-sound", "container"),
        (b"OggS" + bytes(200), "not-sound", "container"),
    ],
)
def test_what_is_not_sound_is_named(tmp_path: Path, data: bytes, code: str, named: str) -> None:
    path = tmp_path / "a.ogg"
    path.write_bytes(data)
    fault = fault_of(path)
    assert fault.code == code
    assert named in fault.detail


def test_a_container_without_samples(tmp_path: Path) -> None:
    header = (
        b"RIFF"
        + struct.pack("<I", 36)
        + b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, 1, 2, 48000, 192000, 4, 16)
    )
    path = tmp_path / "a.wav"
    path.write_bytes(header + b"data" + struct.pack("<I", 0))
    assert fault_of(path).code == "no-samples"


def test_more_channels_than_anyone_has(tmp_path: Path) -> None:
    header = struct.pack("<IHHIIHH", 16, 1, 60, 48000, 48000 * 120, 120, 16)
    path = tmp_path / "a.wav"
    path.write_bytes(
        b"RIFF" + struct.pack("<I", 48036) + b"WAVEfmt " + header + b"data" + struct.pack("<I", 48000)
    )
    with path.open("ab") as file:
        file.write(bytes(48000))
    assert "60 channels" in fault_of(path).detail


def test_messages_of_ffmpeg_are_switched_off_again(tmp_path: Path) -> None:
    before = av.logging.get_level()
    sound_of(write(tmp_path / "a.wav", sine(0.1)))
    fault_of(_text(tmp_path))
    assert av.logging.get_level() == before


def _text(folder: Path) -> Path:
    path = folder / "words"
    path.write_bytes(bytes(range(256)) * 20)
    return path


def _index_first(path: Path) -> Path:
    """An MP4 whose index stands before its samples, so that a cut leaves it readable."""
    target = path.with_name("first.m4a")
    with (
        av.open(str(path)) as source,
        av.open(str(target), "w", container_options={"movflags": "faststart"}) as container,
    ):
        stream = container.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                container.mux(packet)
    return target
