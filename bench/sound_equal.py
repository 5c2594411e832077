# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our fingerprints beside those of `fpcalc -raw -length 0`: on the music as it lies there, and on encodes of it.

What is unequal is listed with what could be found out: another length, another decoder, or another chain.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from measure import progress
from msgspec import Struct

from onrecord import audio
from onrecord.audio.fingerprint import near, words
from onrecord.model.sound import Sound

#: Pieces of which encodes are made, unless told otherwise, and how many seconds of each.
PIECES: Final = 4
SECONDS: Final = 60
RATES: Final = (8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000)
#: What makes each number of channels of two, so that none of them is silent and no two are alike.
CHANNELS: Final = {
    "mono": "pan=mono|c0=0.5*c0+0.5*c1",
    "stereo": "pan=stereo|c0=c0|c1=c1",
    "5.1": "pan=5.1|c0=c0|c1=c1|c2=0.5*c0+0.5*c1|c3=0.3*c0|c4=0.7*c1-0.1*c0|c5=0.6*c0-0.2*c1",
}


class Codec(Struct, frozen=True):
    """How the ffmpeg program makes it. `depths` has the options for each depth; "" where the codec has none."""

    ending: str
    depths: dict[str, tuple[str, ...]]
    rates: tuple[int, ...] = RATES
    channels: tuple[str, ...] = tuple(CHANNELS)


CODECS: Final = {
    "vorbis": Codec("ogg", {"": ("-c:a", "libvorbis", "-q:a", "4")}),
    "opus": Codec("opus", {"": ("-c:a", "libopus")}, (8_000, 16_000, 48_000)),
    "mp3": Codec("mp3", {"": ("-c:a", "libmp3lame", "-q:a", "4")}, RATES[:7], ("mono", "stereo")),
    "flac": Codec(
        "flac",
        {"16": ("-c:a", "flac", "-sample_fmt", "s16"), "24": ("-c:a", "flac", "-sample_fmt", "s32")},
    ),
    "wav": Codec("wav", {"16": ("-c:a", "pcm_s16le"), "24": ("-c:a", "pcm_s24le")}),
    "aac": Codec("m4a", {"": ("-c:a", "aac")}, RATES[:8]),
}


class Compared(Struct, frozen=True):
    """One file. `differ` counts words over the shared part; `error` is the share of bits at the best alignment.

    `samples` are of one channel, as decoded; the other decoder's only where the words are unequal.
    """

    name: str
    codec: str
    kind: str
    channels: str
    depth: str
    rate: int
    ours: int
    theirs: int
    differ: int
    error: float
    samples: int
    their_samples: int
    why: str

    @property
    def equal(self) -> bool:
        return not self.differ and self.ours == self.theirs


def measure(music: Sequence[Path], folder: Path, rounds: int, size: int) -> dict[str, Any]:
    if missing := [name for name in ("fpcalc", "ffmpeg") if not shutil.which(name)]:
        return {"skipped": f"not installed: {', '.join(missing)}"}
    unmade: list[dict[str, str]] = []
    rows = [*as_found(music, folder), *encodes(music, folder, size or PIECES, unmade)]
    unequal = [row for row in rows if not row.equal]
    return {
        "fpcalc": subprocess.run(["fpcalc", "-version"], capture_output=True, text=True).stdout.strip(),
        "wanted": "99 % equal in each of Vorbis, Opus, MP3, FLAC, WAV; AAC up to the shorter print",
        "all": counted(rows),
        "by_codec": grouped(rows, lambda row: row.codec),
        "by_kind": grouped(rows, lambda row: row.kind),
        "by_channels": grouped(rows, lambda row: row.channels),
        "by_depth": grouped(rows, lambda row: f"{row.codec} {row.depth}".strip()),
        "by_rate": grouped(rows, lambda row: f"{row.rate} Hz"),
        "by_why": {
            why: sum(row.why == why for row in unequal) for why in sorted({row.why for row in unequal})
        },
        "unequal": [{key: getattr(row, key) for key in row.__struct_fields__} for row in unequal],
        "not_encoded": unmade,
    }


def as_found(music: Sequence[Path], folder: Path) -> Iterator[Compared]:
    for number, path in enumerate(music):
        progress(f"as found, {number + 1} of {len(music)}")
        yield compare(path, folder, path.name, "as found", "")


def encodes(
    music: Sequence[Path], folder: Path, size: int, unmade: list[dict[str, str]]
) -> Iterator[Compared]:
    """Each is compared and removed before the next is made: a minute at 192 kHz in six channels is 200 MB."""
    pieces = music[:: max(1, len(music) // size)][:size]
    for number, piece in enumerate(pieces):
        for name, codec in CODECS.items():
            progress(f"encodes of piece {number + 1} of {len(pieces)}: {name}")
            for options, channels, depth, rate in combinations(codec):
                made = folder / f"encode.{codec.ending}"
                what = f"{piece.name} as {name} {channels} {depth and f'{depth} bit '}{rate} Hz"
                if problem := encode(piece, made, "-t", str(SECONDS), *options):
                    unmade.append({"what": what, "why": problem})
                else:
                    yield compare(made, folder, what, "encode", depth)
                made.unlink(missing_ok=True)


def combinations(codec: Codec) -> Iterator[tuple[tuple[str, ...], str, str, int]]:
    for channels in codec.channels:
        chain = f"aformat=channel_layouts=stereo,{CHANNELS[channels]}"
        for depth, options in codec.depths.items():
            for rate in codec.rates:
                yield ("-af", chain, "-ar", str(rate), *options), channels, depth, rate


def encode(source: Path, target: Path, *options: str) -> str:
    """Makes `target` of the first audio stream with the ffmpeg program; says why not, "" where it is made."""
    quiet = ("ffmpeg", "-nostdin", "-v", "error", "-y")
    command = [*quiet, "-i", str(source), "-map", "0:a:0", *options, str(target)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    return (done.stderr.strip().splitlines() or ["ffmpeg failed"])[-1] if done.returncode else ""


def compare(path: Path, folder: Path, name: str, kind: str, depth: str) -> Compared:
    sound, theirs = audio.probe(path).sound, fpcalc(path)
    ours = sound.fingerprint if sound else b""
    left, right = words(ours), words(theirs)
    shared = min(len(left), len(right))
    differ = int((left[:shared] != right[:shared]).sum())
    equal = ours == theirs
    reason, samples = ("", 0) if equal else why(path, folder, ours, theirs, differ)
    return Compared(
        name,
        codec_of(sound) if sound else "none",
        kind,
        {1: "mono", 2: "stereo", 6: "5.1"}.get(sound.channels, str(sound.channels)) if sound else "",
        depth,
        sound.sample_rate if sound else 0,
        len(left),
        len(right),
        differ,
        0.0 if equal else round(near(ours, theirs), 6),
        sound.duration_samples if sound else 0,
        samples,
        reason,
    )


def codec_of(sound: Sound) -> str:
    return "wav" if sound.codec.startswith("pcm_") else sound.codec


def fpcalc(path: Path) -> bytes:
    """The words as we store them; empty where fpcalc finds none or refuses the file."""
    done = subprocess.run(["fpcalc", "-raw", "-length", "0", path], capture_output=True, text=True)
    for line in done.stdout.splitlines():
        key, _, value = line.partition("=")
        if key == "FINGERPRINT" and value:
            return np.array([int(word) for word in value.split(",")], np.int64).astype("<u4").tobytes()
    return b""


def why(path: Path, folder: Path, ours: bytes, theirs: bytes, differ: int) -> tuple[str, int]:
    """Whose part it is, and how many samples the system's FFmpeg decodes: we are given these as a WAV."""
    if not ours or not theirs:
        return "only fpcalc has words" if theirs else "only we have words", 0
    plain = folder / "decoded.wav"
    try:
        narrow = sample_format(path) in ("u8", "u8p", "s16", "s16p")
        if problem := encode(path, plain, "-c:a", "pcm_s16le" if narrow else "pcm_f32le"):
            return f"unknown: {problem}", 0
        sound = audio.probe(plain).sound
        samples = sound.duration_samples if sound else 0
        if sound and sound.fingerprint == theirs:
            return (
                "the decoders differ: of the samples that the other one gives we make the same words",
                samples,
            )
        if not differ:
            return "only the length differs", samples
        return "the same samples give other words: resampling, mixing or chroma", samples
    finally:
        plain.unlink(missing_ok=True)


def sample_format(path: Path) -> str:
    command = ["ffprobe", "-v", "error", "-select_streams", "a:0", "-show_entries", "stream=sample_fmt"]
    done = subprocess.run([*command, "-of", "csv=p=0", path], capture_output=True, text=True)
    return done.stdout.strip()


def grouped(rows: Sequence[Compared], key: Callable[[Compared], str]) -> dict[str, dict[str, Any]]:
    names = dict.fromkeys(map(key, rows))
    return {name: counted([row for row in rows if key(row) == name]) for name in names}


def counted(rows: Sequence[Compared]) -> dict[str, Any]:
    equal, shorter = sum(row.equal for row in rows), sum(not row.differ for row in rows)
    return {
        "files": len(rows),
        "without_words": sum(not row.ours and not row.theirs for row in rows),
        "equal": equal,
        "equal_percent": round(100 * equal / len(rows), 2),
        "equal_up_to_the_shorter": shorter,
        "equal_up_to_the_shorter_percent": round(100 * shorter / len(rows), 2),
        "words_that_differ": sum(row.differ for row in rows),
        "words": sum(min(row.ours, row.theirs) for row in rows),
    }
