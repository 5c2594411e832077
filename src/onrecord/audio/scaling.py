# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures made small for pages: decoded in a confined child, and written anew as JPEG, so that nothing which a
stranger put into the file (places, names, scripts, another file behind it) is passed on.
"""

import io
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from av.codec.context import Flags, ThreadType
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from onrecord.audio.isolate import MEMORY, OUT, Part, isolated, preload
from onrecord.audio.pictures import MOST_BYTES, MOST_PIXELS, Shape, shape_of
from onrecord.audio.text import one_line
from onrecord.model.sound import Fault, Picture

MEDIA_TYPE: Final = "image/jpeg"
#: Wall-clock seconds for one.
SECONDS: Final = 30.0
_ONE: Final = Fraction(1)
#: Bytes of the longest that is written; one of 600 by 600 pixels has some 100 kB.
_LONGEST: Final = 4 << 20
#: JPEG's quantiser, from 2 (best) to 31.
_QUALITY: Final = 4
#: What FFmpeg may try, by what the bytes are. A demuxer of pictures alone: no list of names, no other file.
_DEMUXERS: Final = {
    "image/jpeg": "jpeg_pipe",
    "image/png": "png_pipe",
    "image/gif": "gif",
    "image/webp": "webp_pipe",
    "image/bmp": "bmp_pipe",
}


def small_picture(source: Path, out: int, side: int) -> Picture | Fault:
    """Writes a picture that is at most `side` pixels wide and high to the descriptor `out`; none becomes larger.

    What is transparent becomes white, of what moves the first frame is taken. The answer says how large it is; it bears
    no bytes. Where a Fault is returned, what was written is worth nothing. Raises OSError where it cannot be opened.
    """
    preload()

    def work(file: io.BufferedReader) -> Iterator[Part]:
        try:
            yield _small(file.read(MOST_BYTES + 1), side)
        except (ValueError, av.FFmpegError) as error:
            yield Fault("not-a-picture", one_line(f"FFmpeg cannot read it: {error}"))

    parts, death = isolated(source, work, seconds=SECONDS, memory=MEMORY, out=out, writes=_LONGEST)
    if death is not None:
        return death
    answer = next((part for part in parts if isinstance(part, Picture | Fault)), None)
    return answer or Fault("crashed", "the decoder left without an answer")


def _small(data: bytes, side: int) -> Picture | Fault:
    shape = shape_of(data)
    if shape is None or len(data) > MOST_BYTES or shape.width * shape.height > MOST_PIXELS:
        return Fault("not-a-picture", f"{len(data)} bytes that are no picture, or one that is too large")
    width, height = _within(shape, side)
    written = _jpeg(
        _on_white(_first(data, shape).reformat(width, height, "rgba", interpolation="AREA", threads=1))
    )
    view = memoryview(written)
    while view:
        view = view[os.write(OUT, view) :]
    return Picture(
        kind=0, media_type=MEDIA_TYPE, width=width, height=height, description="", data=b"", sha256=""
    )


def _within(shape: Shape, side: int) -> tuple[int, int]:
    """The size that fits; even a line of pixels keeps one."""
    by = min(side / max(shape.width, shape.height), 1.0)
    return max(round(shape.width * by), 1), max(round(shape.height * by), 1)


def _first(data: bytes, shape: Shape) -> VideoFrame:
    with av.open(io.BytesIO(data), "r", format=_DEMUXERS[shape.media_type]) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_type = ThreadType.NONE
        stream.codec_context.thread_count = 1
        for frame in container.decode(stream):
            if (frame.width, frame.height) != (shape.width, shape.height):
                raise ValueError(f"{frame.width} x {frame.height} pixels, its header says other")
            return frame
    raise ValueError("not one frame")


def _on_white(frame: VideoFrame) -> VideoFrame:
    pixels: Any = frame.to_ndarray().astype(np.uint16)
    alpha = pixels[:, :, 3:]
    flat = (pixels[:, :, :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return VideoFrame.from_ndarray(np.ascontiguousarray(flat.astype(np.uint8)), "rgb24")


def _jpeg(frame: VideoFrame) -> bytes:
    """Without a word of who wrote it."""
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "yuvj444p"
    encoder.time_base = _ONE
    encoder.flags |= Flags.bitexact
    encoder.qmin = encoder.qmax = _QUALITY
    encoder.thread_count = 1
    made = frame.reformat(format="yuvj444p", dst_color_range="JPEG", threads=1)
    made.pts = 0
    return b"".join(bytes(packet) for packet in (*encoder.encode(made), *encoder.encode(None)))
