# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fingerprint's text is the one that fpcalc prints, can be read back, and rubbish is refused by what is wrong."""

import base64
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.audio.fingerprint_text import WORDS_OF_120_SECONDS, compress, expand, first_120_seconds
from onrecord.errors import UsageError
from tests.audio.tones import SHARED, music, sine, write

#: What fpcalc 1.5.1 answers for `music(5, seed=7)` as 16-bit stereo WAV at 44,100 Hz, raw and as text.
RAW = (
    1570115987,
    1569144449,
    1334065793,
    1339042434,
    1326460678,
    1226056710,
    1211375670,
    1223958822,
    146543406,
    146683438,
    146353708,
    146304556,
    146323148,
    142182020,
    1212056452,
    1209959300,
    1478459796,
    1476698276,
    1476698340,
)
TEXT = "AQAAE8kWNlqUCBqTaMSdD8ktYY0ePPqDph_KB_TiHdcIPUxwwQmjgHPm4HLC42h_NOui4AAkkCIAICeIgUR4oAA"


def stored(*words: int) -> bytes:
    return np.array(words, "<u4").tobytes()


def text_of(*data: int) -> str:
    return base64.urlsafe_b64encode(bytes(data)).rstrip(b"=").decode("ascii")


def fpcalc(path: Path, *options: str) -> str:
    program = shutil.which("fpcalc")
    if program is None:
        pytest.skip("fpcalc is not installed")
    # Its 1.5.1 takes the end of the file for an error.
    command = [program, "-ignore-errors", "-plain", *options, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def raw(path: Path, *options: str) -> bytes:
    return stored(*map(int, fpcalc(path, "-raw", *options).split(",")))


def test_the_text_is_the_one_that_fpcalc_gave() -> None:
    assert compress(stored(*RAW)) == TEXT
    assert expand(TEXT) == stored(*RAW)


def test_the_text_is_the_one_of_the_installed_fpcalc(tmp_path: Path) -> None:
    for name, samples in (("music", music(12)), ("tone", sine(12)), ("silence", sine(12) * 0)):
        path = write(tmp_path / f"{name}.wav", samples, rate=44100)
        text = fpcalc(path, "-length", "0")
        assert compress(raw(path, "-length", "0")) == text, name
        assert expand(text) == raw(path, "-length", "0"), name


@pytest.mark.parametrize("rate", [11025, 44100, 48000])
def test_fpcalc_stops_at_the_same_word(tmp_path: Path, rate: int) -> None:
    path = write(tmp_path / "a.wav", music(121, rate=rate, channels=1), rate=rate)
    whole = raw(path, "-length", "0")
    assert len(whole) > 4 * WORDS_OF_120_SECONDS
    assert first_120_seconds(whole) == raw(path)
    assert compress(first_120_seconds(whole)) == fpcalc(path)


def test_a_shorter_piece_stays_whole() -> None:
    assert first_120_seconds(stored(*RAW)) == stored(*RAW)


@pytest.mark.slow
def test_real_music_has_the_text_of_fpcalc() -> None:
    files = sorted((SHARED / "music-mini").glob("*.[omw][gpa][g3vu]*"))
    if not files:
        pytest.skip("the shared data set music-mini is absent")
    for path in files:
        whole = raw(path, "-length", "0")
        assert compress(whole) == fpcalc(path, "-length", "0"), path.name
        assert expand(compress(whole)) == whole, path.name
        assert compress(first_120_seconds(whole)) == fpcalc(path), path.name


@given(st.lists(st.one_of(st.integers(0, 2**32 - 1), st.sampled_from([0, 1, 2**31, 2**32 - 1]))))
def test_what_is_compressed_can_be_expanded(words: list[int]) -> None:
    assert expand(compress(stored(*words))) == stored(*words)


@given(st.lists(st.integers(0, 2**32 - 1)), st.data())
def test_a_text_cut_short_is_refused(words: list[int], data: st.DataObject) -> None:
    text = compress(stored(*words))
    cut = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(UsageError):
        expand(text[:cut])


@given(st.text() | st.binary(min_size=1).map(lambda rest: text_of(1, 0, 0, *rest)))
def test_whatever_comes_is_expanded_or_refused(text: str) -> None:
    try:
        words = expand(text)
    except UsageError:
        return
    assert expand(compress(words)) == words


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "at least 4 bytes"),
        (text_of(1, 0, 0), "at least 4 bytes"),
        (text_of(2, 0, 0, 0), "algorithm 1, got 2"),
        (text_of(1, 0, 0, 1), "claims 1 words, holds 0"),
        (text_of(1, 255, 255, 255, 0, 0, 0), "claims 16777215 words, holds 8"),
        (text_of(1, 0, 0, 1, 0b000111), "expected 1 bytes of large distances, got 0"),
        (text_of(1, 0, 0, 1, 0b000111, 26), "more than 32 bits"),
        (text_of(1, 0, 0, 1, 0, 0), "expected 0 bytes of large distances, got 1"),
        (text_of(1, 0, 0, 0, 0), "expected 0 bytes of large distances, got 1"),
        (TEXT + "=", "base64"),
        (TEXT[:-2] + "+/", "base64"),
        ("AQAAA", "base64"),
        ("AQAAAAÄ", "base64"),
    ],
)
def test_rubbish_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        expand(text)


def test_the_largest_distance_is_the_highest_bit() -> None:
    assert expand(text_of(1, 0, 0, 1, 0b000111, 25)) == stored(2**31)


def test_no_words_have_a_text() -> None:
    assert compress(b"") == "AQAAAA"
    assert expand("AQAAAA") == b""


def test_half_a_word_is_no_fingerprint() -> None:
    with pytest.raises(ValueError, match="multiple of element size"):
        compress(b"\x01\x02\x03\x04\x05")
