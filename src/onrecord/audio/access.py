# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access copies: what listeners are sent instead of a lossless file, as long as its sound to the sample.

Opus in Ogg (RFC 7845), 48 kHz, variable bit rate. Importing this loads FFmpeg: do it in the worker. The same source,
recipe and encoder give the same bytes on one kind of processor; libopus computes in floating point.
"""

import ctypes
import errno
import functools
import io
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
import numpy.typing as npt
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import OutputContainer
from av.filter import Graph

from onrecord.audio.depth import Depth
from onrecord.audio.isolate import MEMORY, OUT, Part, isolated, preload
from onrecord.audio.source import Refused, Source
from onrecord.audio.tags import comment_name
from onrecord.audio.text import clean, one_line
from onrecord.model.sound import AccessCopy, Fault

#: Raised whenever the same source would give other bytes because of what stands here.
VERSION: Final = "1"
RATE: Final = 48000
#: Kilobits a second that may be asked for: 256 is the most that libopus takes for one channel.
KILOBITS: Final = range(6, 257)
#: Bytes of the longest copy: 22 hours at 96 kbit/s. What would be longer is a fault.
LONGEST: Final = 1 << 30
#: Wall-clock seconds for one copy: some 14 hours of sound on a whole core.
SECONDS: Final = 600.0
#: How many times a lossy source's bit rate must be the copy's: below, another loss would buy little.
GAIN: Final = Fraction(3, 2)


def access_copy(
    source: Path | int,
    out: int,
    kilobits: int,
    *,
    tags: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    memory: int = MEMORY,
    start: float = 0.0,
    needed: bool = False,
) -> AccessCopy | Fault:
    """Encodes a stranger's file in a confined child and writes the copy to the descriptor `out`, from where it stands.

    `tags` has fields of `Tags` or other names as keys, so `SOURCE_SHA256` for the source's digest; nothing of the
    source's own tags is taken over. `kilobits` is of all channels together. A source with more than two channels keeps
    its layout where Opus has it (RFC 7845, 5.1.1.2); any other is mixed down to stereo, as the recipe says then.

    `start` leaves out what comes before that second; `needed` makes it however little smaller it is.

    Where a Fault is returned, what was written is worth nothing. Codes: `no-gain` for a lossy source with less than 1.5
    times the bit rate asked for, `too-long`, `not-written`, and those of `probe`.

    Raises ValueError for kilobits outside `KILOBITS`, for a name that no tag can have, and for a `source` descriptor
    that is open for writing; OSError where the source cannot be opened.
    """
    if kilobits not in KILOBITS:
        raise ValueError(f"{kilobits} kbit/s: from {KILOBITS.start} to {KILOBITS.stop - 1} can be asked for")
    comments = dict(sorted((comment_name(name), clean(value)) for name, value in (tags or {}).items()))
    preload()
    encoder = _encoder_name()

    def work(file: io.BufferedReader) -> Iterator[Part]:
        yield _copy(file, kilobits, comments, encoder, start, needed)

    parts, death = isolated(source, work, seconds=seconds, memory=memory, out=out, writes=room(out))
    if death is not None:
        return death
    answer = next((part for part in parts if isinstance(part, AccessCopy | Fault)), None)
    return answer or Fault("crashed", "the encoder left without an answer")


def room(out: int) -> int:
    """How long `out` may become: what stands before the copy does not count. A pipe has no length."""
    try:
        return LONGEST + os.lseek(out, 0, os.SEEK_CUR)
    except OSError:
        return 0


def _copy(
    file: io.BufferedReader,
    kilobits: int,
    comments: Mapping[str, str],
    encoder: str,
    start: float,
    needed: bool,
) -> AccessCopy | Fault:
    out = Out()

    def made() -> AccessCopy | Fault:
        if not needed and (fault := _no_gain(file, kilobits)):
            return fault
        file.seek(0)
        with Source(file) as source:
            return _encode(source, out, kilobits, comments, encoder, start)

    return encoded(out, made)


def encoded(out: "Out", make: Callable[[], AccessCopy | Fault]) -> AccessCopy | Fault:
    """What `make` made, or why FFmpeg could not. Raises OSError where the source cannot be read."""
    try:
        return make()
    except Refused as refused:
        return refused.fault
    except (OSError, ValueError, av.FFmpegError) as error:
        if out.fault:
            return out.fault
        if getattr(error, "errno", None) == errno.ENOMEM:
            raise MemoryError("FFmpeg ran out of memory") from error
        if isinstance(error, OSError) and not isinstance(error, av.FFmpegError):
            raise  # the source cannot be read
        return Fault("not-written", one_line(f"FFmpeg cannot encode it: {error}"))


def from_second(frames: Iterator[AudioFrame], start: float) -> Iterator[AudioFrame]:
    """The frames from the one on in which that second lies."""
    past = Fraction(0)
    for frame in frames:
        past += Fraction(frame.samples, frame.sample_rate)
        if past > start:
            yield frame


def _no_gain(file: io.BufferedReader, kilobits: int) -> Fault | None:
    """A lossy source is decoded twice: only its decoded length gives the bit rate that `Sound` states."""
    with Source(file) as source:
        frames = source.frames()
        first = next(frames, None)
        if first is None:
            return Fault("no-samples", f"{source.container} with {source.codec}, but not one sample")
        if _is_lossless(source.codec, first):
            return None
        seconds = Fraction(first.samples, first.sample_rate)
        for frame in frames:
            seconds += Fraction(frame.samples, frame.sample_rate)
        bits = round(source.sound_bytes * 8 / seconds)
    if bits >= GAIN * kilobits * 1000:
        return None
    return Fault(
        "no-gain",
        f"{source.codec} of {bits // 1000} kbit/s: a copy of {kilobits} needs a lossless source "
        f"or {float(GAIN * kilobits):g} kbit/s",
    )


def _is_lossless(codec: str, frame: AudioFrame) -> bool:
    depth = Depth(codec)
    depth.feed(np.zeros(1, np.int16 if frame.format.bytes == 2 else np.int32))
    return depth.bits() is not None


class Out:
    """What FFmpeg may see of the copy: it can only be written on. FFmpeg's own report of a failed write says little."""

    def __init__(self) -> None:
        self.fault: Fault | None = None
        self.written = 0

    def write(self, data: bytes) -> int:
        view = memoryview(data)
        try:
            while view:
                count = os.write(OUT, view)
                self.written += count
                view = view[count:]
        except OSError as error:
            if self.written >= LONGEST - (1 << 20):
                self.fault = Fault("too-long", f"the copy would be longer than {LONGEST} bytes")
            else:
                self.fault = Fault("not-written", one_line(error.strerror or str(error)))
            raise
        return len(data)


class SeekableOut(Out):
    """For formats whose header is filled in at the end. Only what was written can be gone back to."""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return os.lseek(OUT, offset, whence)

    def tell(self) -> int:
        return os.lseek(OUT, 0, os.SEEK_CUR)


def _encode(
    source: Source, out: Out, kilobits: int, comments: Mapping[str, str], encoder: str, start: float
) -> AccessCopy | Fault:
    frames = from_second(source.frames(), start)
    first = next(frames, None)
    if first is None:
        return Fault("no-samples", f"{source.container} with {source.codec}, but not one sample")
    layout, mixed = _opus_layout(first.layout)
    with av.open(out, "w", format="ogg", container_options=_MUXER) as container:
        container.metadata.update(comments)
        stream = _opus_stream(container, layout, kilobits)
        length = encode_all(container, stream, packed(itertools.chain((first,), frames), layout.name))
    if out.fault:
        return out.fault
    return AccessCopy(
        recipe=f"opus {kilobits} {VERSION}{' stereo' if mixed else ''}",
        encoder=encoder,
        kilobits=kilobits,
        duration_samples=length,
        sample_rate=RATE,
        channels=layout.nb_channels,
    )


def encode_all(container: OutputContainer, stream: AudioStream, frames: Iterable[AudioFrame]) -> int:
    """Encodes frames one behind the other and says how many samples they had."""
    length = 0
    for frame in frames:
        frame.pts = length
        frame.time_base = Fraction(1, RATE)
        length += frame.samples
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
    return length


#: `serial_offset` and bitexact: FFmpeg would draw the stream's serial number at random, and name its own version.
_MUXER: Final = {"fflags": "+bitexact", "serial_offset": "1", "page_duration": "1000000"}
_ENCODER: Final = {"application": "audio", "vbr": "on", "compression_level": "10", "frame_duration": "20"}
#: The layouts of mapping family 1 (RFC 7845, 5.1.1.2), as FFmpeg calls them.
_LAYOUTS: Final = ("mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1")


def _opus_layout(layout: AudioLayout) -> tuple[AudioLayout, bool]:
    """What the copy has, and whether that is a mix. At the sides or at the back is the same to Opus."""
    count = layout.nb_channels
    if count > len(_LAYOUTS):
        return AudioLayout("stereo"), True
    same = AudioLayout(_LAYOUTS[count - 1])
    named = not layout.name.endswith(" channels")  # WAV may give no more than their number
    if count <= 2 or not named or _places(layout) == _places(same):
        return same, False
    return AudioLayout("stereo"), True


def _places(layout: AudioLayout) -> frozenset[str]:
    names = frozenset(channel.name for channel in layout.channels)
    if names & {"SL", "SR"} and names & {"BL", "BR"}:
        return names
    return frozenset(name.replace("SL", "BL").replace("SR", "BR") for name in names)


def _opus_stream(container: OutputContainer, layout: AudioLayout, kilobits: int) -> AudioStream:
    family = {"mapping_family": "1"} if layout.nb_channels > 2 else {}
    stream = container.add_stream("libopus", rate=RATE, layout=layout.name, options={**_ENCODER, **family})
    assert isinstance(stream, AudioStream)
    stream.bit_rate = kilobits * 1000
    stream.codec_context.flags |= Flags.bitexact
    return stream


#: 20 ms, which is libopus's frame here.
_FRAME: Final = RATE // 50


def packed(frames: Iterator[AudioFrame], layout: str) -> Iterator[AudioFrame]:
    """All samples at 48 kHz in frames of 20 ms; the last is shorter. A copy is as long as its source, to the sample.

    Where the source's format changes in mid-file, the rest is converted too, as far as FFmpeg can; so it is decoded.
    """
    fifo = AudioFifo()
    due = Fraction(0)
    given = 0
    graph: Graph | None = None
    form: tuple[int, str, str] | None = None
    for frame in itertools.chain(frames, (None,)):
        now = None if frame is None else (frame.sample_rate, frame.format.name, frame.layout.name)
        if graph is not None and now != form:
            # Resamplers give some samples more or less at their end.
            for last in (*_through(graph, None), _silence(layout)):
                if cut := _cut(last, min(last.samples, round(due) - given), layout):
                    fifo.write(cut)
                    given += cut.samples
        if frame is None:
            break
        if now != form:
            try:
                graph, form = _resampler(frame, layout), now
            except (av.FFmpegError, ValueError):
                if form is None:
                    raise
                break
        assert graph is not None
        due += Fraction(frame.samples * RATE, frame.sample_rate)
        for resampled in _through(graph, frame):
            given += resampled.samples
            fifo.write(_without_rubbish(resampled))
        yield from fifo.read_many(_FRAME)
    yield from fifo.read_many(_FRAME, partial=True)


def _resampler(frame: AudioFrame, layout: str) -> Graph:
    graph = Graph()
    graph.threads = 1
    source = graph.add_abuffer(
        sample_rate=frame.sample_rate,
        format=frame.format.name,
        layout=frame.layout.name,
        time_base=Fraction(1, frame.sample_rate),
    )
    # A mix stays below full scale wherever its channels do.
    resample = graph.add(
        "aresample", sample_rate=str(RATE), internal_sample_fmt="fltp", rematrix_maxval="1.0"
    )
    form = graph.add("aformat", sample_fmts="flt", sample_rates=str(RATE), channel_layouts=layout)
    graph.link_nodes(source, resample, form, graph.add("abuffersink"))
    graph.configure()
    return graph


def _through(graph: Graph, frame: AudioFrame | None) -> Iterator[AudioFrame]:
    """What comes out for a frame, or for the end. Time stamps are ignored: a gap in them is no silence."""
    if frame is not None:
        frame.pts = None
    graph.push(frame)
    while True:
        try:
            resampled = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        assert isinstance(resampled, AudioFrame)
        resampled.pts = None
        yield resampled


def _without_rubbish(frame: AudioFrame) -> AudioFrame:
    """libopus makes noise of samples that are no number or far too loud; `decode` notes them as a fault."""
    samples = frame.to_ndarray()
    if np.abs(samples).max(initial=0.0) <= _LOUDEST:
        return frame
    cleaned = np.where(np.abs(samples) <= _LOUDEST, samples, np.float32(0))
    return _frame(cleaned, frame.layout.name)


#: 24 dB over full scale: nothing that was sound.
_LOUDEST: Final = 16.0


def _silence(layout: str) -> AudioFrame:
    return _frame(np.zeros((1, _FRAME * AudioLayout(layout).nb_channels), np.float32), layout)


def _cut(frame: AudioFrame, samples: int, layout: str) -> AudioFrame | None:
    if samples <= 0:
        return None
    return _frame(frame.to_ndarray()[:, : samples * frame.layout.nb_channels], layout)


def _frame(samples: npt.NDArray[Any], layout: str) -> AudioFrame:
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), "flt", layout)
    frame.sample_rate = RATE
    return frame


@functools.cache
def _encoder_name() -> str:
    """Which libopus and FFmpeg encode. PyAV does not say the first, but its wheels bring the library along."""
    version = "libopus of unknown version"
    package = Path(av.__file__).parent
    for found in (*package.parent.glob("av.libs/libopus*"), *package.glob(".dylibs/libopus*")):
        library = ctypes.CDLL(str(found))
        library.opus_get_version_string.restype = ctypes.c_char_p
        version = library.opus_get_version_string().decode("ascii", "replace")
    return f"{version}, FFmpeg {av.ffmpeg_version_info}"
