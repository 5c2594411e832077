# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fingerprint is Chromaprint's, word for word, and tells the same piece from another one."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from onrecord.audio.decode import decode
from onrecord.audio.fingerprint import RATE, SILENCE, Fingerprint, keys, near, words
from onrecord.model.sound import Sound
from tests.audio.tones import SHARED, Samples, music, sine, write

#: What fpcalc 1.5.1 answers for `music(15, seed=7)` as 16-bit stereo WAV at 44,100 Hz.
EXPECTED = """
3968048902 3984632589 2122361164 2118166860 2114100428 2130870348 2080817196 1813397548 1817522220 752297276
752297832 793063144 772541336 772606856 1045302152 1070468760 2089161401 1553216157 1553232604 1553003068
3700466220 3364924972 3364923940 3365120564 3386039812 3394373316 3396469495 3472229282 3471114402
3471048870 3714117734 1545649190 1546692654 1563600910 504539142 504539142 370314438 370180246 907071655
906027173 906150052 935772580 1954992036 1954737044 2089905091 2087725826 1545612806 1595945510 3739230758
3735036718 3735359790 3668185134 3668189190 3669762119 1237246148 1486782916 1492550604 1484031292
1479850028 3627329580 1479977020 1477881103 2031527178 2031547146 2067223242 1809728154 1805567656
4220374696 4286868392 4274285992 3187674248 3188736328 3055698697 2518819370 2527207978 2544051770
2493720074 2493660698 2158104106 2158235178 2162952058 2162688171 2229801131 2229858443 2229903497
2247729321 2281420968 2522585256 3592132748 3592141260 3594186316 1429873348 1413096132 1413358277
1413358310 1423188134 1417938086 1417678006 1417690310 1367534790
"""


def fingerprint_of(path: Path) -> bytes:
    with path.open("rb") as file:
        sound = decode(file)
    assert isinstance(sound, Sound), sound
    return sound.fingerprint


def made(
    folder: Path, samples: Samples, name: str = "a.wav", codec: str = "pcm_s16le", rate: int = 44100
) -> bytes:
    return fingerprint_of(write(folder / name, samples, codec, rate=rate))


def fpcalc(path: Path) -> list[int]:
    program = shutil.which("fpcalc")
    if program is None:
        pytest.skip("fpcalc is not installed")
    # Its 1.5.1 takes the end of the file for an error.
    command = [program, "-ignore-errors", "-raw", "-plain", "-length", "0", str(path)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return [int(word) for word in answer.stdout.split(",")]


def test_the_words_are_those_that_fpcalc_gave(tmp_path: Path) -> None:
    assert words(made(tmp_path, music(15, seed=7))).tolist() == [int(word) for word in EXPECTED.split()]


@pytest.mark.parametrize(
    ("name", "codec", "rate", "channels"),
    [
        ("a.wav", "pcm_s16le", 44100, 2),
        ("a.wav", "pcm_s16le", 11025, 1),
        ("a.wav", "pcm_s24le", 96000, 2),
        ("a.flac", "flac", 48000, 6),
        ("a.mp3", "libmp3lame", 44100, 2),
        ("a.opus", "libopus", 48000, 1),
    ],
)
def test_the_words_are_those_of_the_installed_fpcalc(
    tmp_path: Path, name: str, codec: str, rate: int, channels: int
) -> None:
    path = write(tmp_path / name, music(12, rate=rate, channels=channels), codec, rate=rate)
    assert words(fingerprint_of(path)).tolist() == fpcalc(path)


@pytest.mark.slow
def test_real_music_has_the_words_of_fpcalc() -> None:
    files = sorted((SHARED / "music-mini").glob("*.[omw][gpa][g3vu]*"))
    if not files:
        pytest.skip("the shared data set music-mini is absent")
    for path in files:
        assert words(fingerprint_of(path)).tolist() == fpcalc(path), path.name


def test_how_the_samples_are_cut_does_not_matter() -> None:
    samples = (music(20, rate=RATE, channels=1)[0] * 30000).astype(np.int16)
    whole, cut = Fingerprint(), Fingerprint()
    whole.feed(samples)
    random = np.random.default_rng(3)
    at = 0
    while at < len(samples):
        length = int(random.integers(0, 9000))
        cut.feed(samples[at : at + length])
        at += length
    assert cut.finish() == whole.finish() != b""


def test_too_short_for_a_word(tmp_path: Path) -> None:
    assert made(tmp_path, sine(2.5)) == b""


def test_silence_has_one_word(tmp_path: Path) -> None:
    assert set(words(made(tmp_path, sine(10) * 0)).tolist()) == {SILENCE}


def test_another_encoding_is_near(tmp_path: Path) -> None:
    samples = music(20, rate=48000, channels=1)
    original = made(tmp_path, samples, rate=48000)
    assert near(original, original) == 0.0
    assert near(original, made(tmp_path, samples, "a.opus", "libopus", 48000)) < 0.05
    assert near(original, made(tmp_path, samples * 0.3, "a.mp3", "libmp3lame", 48000)) < 0.05


@pytest.mark.parametrize("cut", [0.5, 3.0, 9.0])
def test_a_cut_beginning_is_aligned_away(tmp_path: Path, cut: float) -> None:
    samples = music(30, channels=1)
    whole, rest = made(tmp_path, samples), made(tmp_path, samples[:, round(cut * 44100) :])
    assert near(whole, rest) < 0.15
    assert near(rest, whole) == near(whole, rest)


def test_another_piece_is_far(tmp_path: Path) -> None:
    assert near(made(tmp_path, music(30, seed=1)), made(tmp_path, music(30, seed=2))) > 0.3


def test_nothing_is_near_to_nothing(tmp_path: Path) -> None:
    assert near(b"", made(tmp_path, music(5))) == near(b"", b"") == 1.0


def test_keys_leave_out_the_start_and_silence() -> None:
    numbers = np.arange(1, 301, dtype="<u4") << 4
    assert keys(numbers.tobytes()) == list(range(81, 201))
    assert keys(numbers[:150].tobytes()) == list(range(31, 151))
    assert keys(numbers[:50].tobytes()) == list(range(1, 51))
    numbers[100:190] = SILENCE
    assert keys(numbers.tobytes()) == [*range(81, 101), *range(191, 201)]
    assert keys(np.full(200, 0xFFFFFFFF, "<u4").tobytes()) == [2**28 - 1]
    assert keys(b"") == []


def test_the_same_piece_shares_keys_with_another_encoding(tmp_path: Path) -> None:
    samples = music(25, rate=48000, channels=1)
    original = keys(made(tmp_path, samples, rate=48000))
    encoded = keys(made(tmp_path, samples, "a.opus", "libopus", 48000))
    other = keys(made(tmp_path, music(25, seed=2, rate=48000), rate=48000))
    assert len(set(original) & set(encoded)) > len(original) / 4
    assert not set(original) & set(other)


def test_silence_against_silence_is_no_agreement() -> None:
    """Two pieces that share nothing but a long silence are strangers."""
    chance = np.random.default_rng(3)
    quiet = np.full(800, SILENCE, np.uint32)
    prints = [
        np.concatenate((chance.integers(0, 2**32, 100, np.uint32), quiet)).astype("<u4").tobytes()
        for _ in range(2)
    ]
    assert near(*prints) > 0.4
    assert near(prints[0], prints[0]) == 0.0
    assert near(quiet.tobytes(), quiet.tobytes()) == 1.0, "nothing but silence cannot be compared"
