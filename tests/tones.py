# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Music that tests make themselves: chords that differ enough for a fingerprint to tell them apart."""

import functools
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

RATE = 44_100


def melody(seed: int, seconds: float) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    """A row of chords, two channels, one row each; the same seed gives the same sound."""
    random = np.random.default_rng(seed)
    step = int(0.25 * RATE)
    count = int(seconds * RATE)
    time = np.arange(count) / RATE
    sound = np.zeros(count)
    for start in range(0, count, step):
        part = slice(start, min(start + step, count))
        for note in random.integers(40, 90, 3):
            sound[part] += 0.1 * np.sin(2 * np.pi * 440 * 2 ** ((note - 69) / 12) * time[part])
    return np.tile(sound.astype(np.float32), (2, 1))


def write(path: Path, seed: int, seconds: float = 8.0, tags: Mapping[str, str] | None = None) -> Path:
    """A file of `melody`; the container and codec follow from the ending: .flac, .mp3, .opus, .wav."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_encoded(path.suffix, seed, seconds, tuple((tags or {}).items())))
    return path


@functools.lru_cache(maxsize=128)  # many tests ask for the same few pieces
def _encoded(ending: str, seed: int, seconds: float, tags: tuple[tuple[str, str], ...]) -> bytes:
    codec, container, rate, layout = {
        ".flac": ("flac", "flac", RATE, "s16"),
        ".mp3": ("libmp3lame", "mp3", RATE, "s16p"),
        ".opus": ("libopus", "ogg", 48_000, "flt"),
        ".wav": ("pcm_s16le", "wav", RATE, "s16"),
    }[ending]
    file = io.BytesIO()
    with av.open(file, "w", format=container) as target:
        stream = target.add_stream(codec, rate=rate)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "stereo"
        target.metadata.update(dict(tags))
        frame = av.AudioFrame.from_ndarray(melody(seed, seconds), format="fltp", layout="stereo")
        frame.sample_rate = RATE
        resampler = av.AudioResampler(format=layout, layout="stereo", rate=rate, frame_size=960)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            target.mux(stream.encode(part))
        target.mux(stream.encode(None))
    return file.getvalue()


@dataclass(frozen=True)
class Album:
    """A folder with free pieces (`free`), and pieces that no one may share (`closed`)."""

    folder: Path
    free: tuple[Path, ...]
    closed: tuple[Path, ...]

    @classmethod
    def make(cls, folder: Path) -> "Album":
        by = "https://creativecommons.org/licenses/by/4.0/"
        free = tuple(
            write(
                folder / "free" / f"{number}{ending}",
                seed=number,
                tags={
                    "title": f"Piece {number}",
                    "artist": "The Test Tones",
                    "album": "Tones",
                    "track": str(number),
                    "license" if ending != ".mp3" else "copyright": by,
                },
            )
            for number, ending in enumerate((".opus", ".flac", ".mp3", ".opus"), start=1)
        )
        closed = (
            write(folder / "closed" / "nothing.opus", seed=11, tags={"title": "No evidence"}),
            write(
                folder / "closed" / "nc.opus",
                seed=12,
                tags={"title": "NC", "license": "https://creativecommons.org/licenses/by-nc/4.0/"},
            ),
        )
        return cls(folder, free, closed)
