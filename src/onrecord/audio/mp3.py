# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""MP3 for players that ask for it: what plays everywhere. Importing this loads FFmpeg: do it in the worker."""

import io
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import av
from av.audio.stream import AudioStream
from av.codec.context import Flags

from onrecord.audio.access import RATE, SECONDS, SeekableOut, encode_all, encoded, from_second, packed, room
from onrecord.audio.isolate import MEMORY, Part, isolated, preload
from onrecord.audio.source import Source
from onrecord.audio.text import clean
from onrecord.model.sound import AccessCopy, Fault

#: Kilobits a second that the format has at this rate (ISO/IEC 11172-3, 2.4.2.3).
KILOBITS: Final = (320, 256, 224, 192, 160, 128, 112, 96, 80, 64, 56, 48, 40, 32)
#: Raised whenever the same source would give other bytes because of what stands here.
_VERSION: Final = "1"
_MUXER: Final = {"fflags": "+bitexact", "id3v2_version": "4"}


def mp3_copy(
    source: Path | int,
    out: int,
    kilobits: int,
    *,
    tags: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    start: float = 0.0,
) -> AccessCopy | Fault:
    """Encodes a stranger's file in a confined child, at a constant rate, mono or stereo, 48 kHz.

    `out`, `seconds` and faults are those of `access_copy`; `tags` are FFmpeg's names and nothing of the source's own.
    `start` leaves out what comes before that second. Raises ValueError for kilobits outside of `KILOBITS`.
    """
    if kilobits not in KILOBITS:
        raise ValueError(f"{kilobits} kbit/s: MP3 has {', '.join(map(str, KILOBITS))}")
    words = {name: clean(value) for name, value in sorted((tags or {}).items())}
    preload()

    def work(file: io.BufferedReader) -> Iterator[Part]:
        target = SeekableOut()

        def make() -> AccessCopy | Fault:
            with Source(file) as opened:
                return _encode(opened, target, kilobits, words, start)

        yield encoded(target, make)

    parts, death = isolated(source, work, seconds=seconds, memory=MEMORY, out=out, writes=room(out))
    if death is not None:
        return death
    answer = next((part for part in parts if isinstance(part, AccessCopy | Fault)), None)
    return answer or Fault("crashed", "the encoder left without an answer")


def _encode(
    source: Source, out: SeekableOut, kilobits: int, words: Mapping[str, str], start: float
) -> AccessCopy | Fault:
    frames = from_second(source.frames(), start)
    first = next(frames, None)
    if first is None:
        return Fault("no-samples", f"{source.container} with {source.codec}, but not one sample")
    layout = "mono" if first.layout.nb_channels == 1 else "stereo"
    with av.open(out, "w", format="mp3", container_options=_MUXER) as container:
        container.metadata.update(words)
        stream = container.add_stream("libmp3lame", rate=RATE, layout=layout)
        assert isinstance(stream, AudioStream)
        stream.bit_rate = kilobits * 1000
        stream.codec_context.flags |= Flags.bitexact
        length = encode_all(container, stream, packed(itertools.chain((first,), frames), layout))
    if out.fault:
        return out.fault
    return AccessCopy(
        recipe=f"mp3 {kilobits} {_VERSION}",
        encoder=f"libmp3lame, FFmpeg {av.ffmpeg_version_info}",
        kilobits=kilobits,
        duration_samples=length,
        sample_rate=RATE,
        channels=1 if layout == "mono" else 2,
    )
