# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Joins a decoder's small frames to large chunks: as they are, K-weighted for loudness, and 11 kHz mono for the
fingerprint.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final, NamedTuple

import av
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from av.filter import Graph
from av.filter.context import FilterContext

from onrecord.audio.fingerprint import RATE
from onrecord.audio.loudness import LOWEST_RATE, k_weighting

#: Samples of one channel in a chunk: so many that Python's part of the work is small, so few that they fit the cache.
CHUNK: Final = 1 << 15


class Chunks(NamedTuple):
    """Frames of the whole sound, packed, in the first frame's format; K-weighted dblp; mono s16 at `RATE`."""

    whole: list[AudioFrame]
    weighted: list[AudioFrame]
    mono: list[AudioFrame]


class Chunker:
    """Takes frames of any format. Where it changes in mid-file, the rest is converted to the first frame's.

    Time stamps are ignored: a gap in them is no silence.
    """

    def __init__(self, first: AudioFrame) -> None:
        self.format = first.format.packed.name if first.format.packed.name in _PACKED else "dbl"
        self.layout = _layout(first.layout)
        self.rate = first.sample_rate
        #: Whether the K-weighted chunks are. Not at telegraph rates, nor where it is unknown which channel is which.
        self.weighted = self.rate >= LOWEST_RATE and _is_named(self.layout)
        self._narrow = first.format.bytes <= 2
        self._waiting = 0
        self._graph: Graph
        self._sinks: tuple[FilterContext, FilterContext, FilterContext]
        self._configure(first)

    def fits(self, frame: AudioFrame) -> bool:
        last = self._last
        return (
            frame.sample_rate == last.sample_rate
            and frame.format.name == self._name
            and frame.layout == last.layout
        )

    def change(self, frame: AudioFrame) -> bool:
        """Takes this frame's format from now on; False where FFmpeg cannot convert it. Call `finish` before."""
        try:
            self._configure(frame)
        except (av.FFmpegError, ValueError):
            return False
        return True

    def push(self, frame: AudioFrame) -> Chunks | None:
        """Chunks, once enough frames have come in."""
        frame.pts = None
        self._graph.push(frame)
        self._waiting += frame.samples
        if self._waiting < CHUNK:
            return None
        self._waiting = 0
        return Chunks(*map(_pull, self._sinks))

    def finish(self) -> Chunks:
        self._graph.push(None)
        return Chunks(*map(_pull, self._sinks))

    def _configure(self, frame: AudioFrame) -> None:
        self._last = frame
        self._name = frame.format.name
        self._waiting = 0
        graph = Graph()
        graph.threads = 1
        source = graph.add_abuffer(
            sample_rate=frame.sample_rate,
            format=self._name,
            layout=frame.layout.name,
            time_base=Fraction(1, frame.sample_rate),
        )
        packed = graph.add(
            "aformat",
            sample_fmts=self.format,
            sample_rates=str(self.rate),
            channel_layouts=self.layout.name,
        )
        split = graph.add("asplit", "3")
        graph.link_nodes(source, packed, split)
        self._sinks = (
            _branch(graph, split, 0),
            _branch(graph, split, 1, *self._weighting()),
            _branch(graph, split, 2, *resampling(self._narrow)),
        )
        graph.configure()
        graph.set_audio_frame_size(CHUNK)
        self._graph = graph

    def _weighting(self) -> Iterator[tuple[str, dict[str, str]]]:
        if self.weighted:
            for options in k_weighting(self.rate):
                yield "biquad", options
        yield "aformat", {"sample_fmts": "dblp"}


def resampling(narrow: bool) -> Iterator[tuple[str, dict[str, str]]]:
    """The filters that make what a fingerprint is taken of, as fpcalc does: sources of at most 16 bits are resampled in
    16 bits (`narrow`), others in floating point.
    """
    yield "aresample", {**_RESAMPLE, **({"internal_sample_fmt": "s16p"} if narrow else {})}
    yield "aformat", {"sample_fmts": "s16", "sample_rates": str(RATE), "channel_layouts": "mono"}


_PACKED: Final = frozenset(("u8", "s16", "s32", "flt", "dbl"))
#: swresample's options under which the words come out as fpcalc's.
_RESAMPLE: Final = {"filter_size": "16", "phase_shift": "8", "linear_interp": "1", "cutoff": "0.8"}


def _is_named(layout: AudioLayout) -> bool:
    """Whether it is known which channel is which; `biquad` passes unnamed channels unfiltered."""
    return not layout.name.endswith(" channels")


def _layout(layout: AudioLayout) -> AudioLayout:
    """WAV and AIFF may give only the number of channels; FFmpeg's usual order is meant, as far as it has one."""
    if _is_named(layout) or layout.nb_channels > 8:
        return layout
    return AudioLayout(f"{layout.nb_channels}c")


def _branch(
    graph: Graph, split: FilterContext, output: int, *filters: tuple[str, dict[str, str]]
) -> FilterContext:
    chain = [graph.add(name, None, **options) for name, options in filters]
    sink = graph.add("abuffersink")
    first, *rest = (*chain, sink)
    split.link_to(first, output)
    graph.link_nodes(first, *rest)
    return sink


def _pull(sink: FilterContext) -> list[AudioFrame]:
    frames: list[AudioFrame] = []
    while True:
        try:
            frame = sink.pull()
        except (av.BlockingIOError, av.EOFError):
            return frames
        assert isinstance(frame, AudioFrame)
        frames.append(frame)
