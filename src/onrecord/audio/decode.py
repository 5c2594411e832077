# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bytes say: one decode of a file tells everything that is known of its sound.

`audio_sha256` is SHA-256 over the decoded samples, interleaved, little-endian, in the decoder's own sample format
(u8, s16, s32, flt or dbl; 24-bit samples are the upper three bytes of s32). Lossless files of equal sound agree in it
whatever their container; lossy decoders compute in floating point, so there it holds for one build of FFmpeg.

Not isolated: for strangers' files call `onrecord.audio.probe`. Memory grows with a file's length by about 1.2 kB a
second: levels of each 10 ms, onsets, fingerprint.
"""

import hashlib
import io
import itertools
import sys
from typing import Final

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame

from onrecord.audio.analyser import ANALYSER, VERSION
from onrecord.audio.chunks import Chunker, Chunks
from onrecord.audio.condition import Condition
from onrecord.audio.depth import Depth
from onrecord.audio.fingerprint import Fingerprint
from onrecord.audio.levels import Levels
from onrecord.audio.loudness import Loudness, weight
from onrecord.audio.music import Key, Tempo
from onrecord.audio.source import Refused, Source
from onrecord.audio.spectrum import Spectrum
from onrecord.audio.true_peak import TruePeak
from onrecord.model.sound import Fault, Sound


def decode(file: io.RawIOBase | io.BufferedIOBase) -> Sound | Fault:
    """The sound of a seekable file, or the reason why there is none. Damage on the way is in `Sound.faults`.

    Raises OSError where the file cannot be read and MemoryError where memory is refused.
    """
    try:
        with Source(file) as source:
            return _decode(source)
    except Refused as refused:
        return refused.fault


def _decode(source: Source) -> Sound | Fault:
    frames = source.frames()
    first = next(frames, None)
    if first is None:
        why = "".join(f": {fault.detail}" for fault in source.faults[:1])
        return Fault("no-samples", f"{source.container} with {source.codec}, but not one sample{why}")
    if first.layout.nb_channels > _MOST_CHANNELS:
        return Fault("not-sound", f"{_describe(first)}; at most {_MOST_CHANNELS} channels are decoded")
    try:
        chunker = Chunker(first)
    except (av.FFmpegError, ValueError):
        return Fault("not-sound", f"FFmpeg cannot convert {_describe(first)}")
    measurement = _Measurement(chunker, source.codec)
    changes = 0
    for frame in itertools.chain((first,), frames):
        if not chunker.fits(frame):
            measurement.take(chunker.finish())
            changes += 1
            now = _describe(frame)
            if changes > _MOST_CHANGES or not chunker.change(frame):
                source.note("format-changes", f"to {now}: the rest is not decoded", measurement.seconds)
                return measurement.sound(source)
            source.note("format-changes", f"to {now}; converted to the first format", measurement.seconds)
        if chunks := chunker.push(frame):
            measurement.take(chunks)
    measurement.take(chunker.finish())
    return measurement.sound(source)


#: As many as broadcasting's largest layout (22.2) has.
_MOST_CHANNELS: Final = 24
_MOST_CHANGES: Final = 100
#: A header may round its length, and encoders pad; less than this is not missing sound.
_TOLERANCE: Final = 0.2
#: A float sample that lies 80 dB over full scale is rubbish, and its square would leave single precision.
_LARGEST: Final = 1e4


def _describe(frame: AudioFrame) -> str:
    return f"{frame.layout.nb_channels} channels at {frame.sample_rate} Hz, {frame.format.name}"


class _Measurement:
    """Everything that is counted while the samples go by."""

    def __init__(self, chunker: Chunker, codec: str) -> None:
        self._codec = codec
        self._rate = chunker.rate
        self._channels = chunker.layout.nb_channels
        self._samples = 0
        self._digest = hashlib.sha256()
        self._levels = Levels()
        self._depth = Depth(codec)
        self._true_peak = TruePeak(self._rate)
        self._condition = Condition(self._rate, self._channels)
        self._spectrum = Spectrum(self._rate, codec)
        self._tempo = Tempo()
        self._key = Key()
        self._fingerprint = Fingerprint(self._key.feed)
        self._loudness: Loudness | None = None
        if chunker.weighted:
            weights = [weight(channel.name) for channel in chunker.layout.channels]
            self._loudness = Loudness(self._rate, weights)
        self._rubbish_at: float | None = None

    @property
    def seconds(self) -> float:
        return self._samples / self._rate

    def take(self, chunks: Chunks) -> None:
        for frame in chunks.whole:
            self._measure(frame)
        for frame in chunks.weighted:
            if self._loudness:
                # PyAV counts nine planes in a frame of eight channels, and the ninth is nowhere.
                planes = [
                    np.frombuffer(memoryview(plane), np.float64, frame.samples)
                    for plane in frame.planes[: self._channels]
                ]
                self._loudness.feed(planes)
        for frame in chunks.mono:
            mono = np.frombuffer(memoryview(frame.planes[0]), np.int16, frame.samples)
            self._fingerprint.feed(mono)
            self._tempo.feed(mono)

    def sound(self, source: Source) -> Sound:
        declared = source.declared_seconds
        if self._rubbish_at is not None:
            source.note(
                "rubbish-samples",
                "samples that are no number or 80 dB too loud, taken as 0",
                self._rubbish_at,
            )
        if declared is not None and declared - self.seconds > _TOLERANCE:
            source.note(
                "truncated", f"{self.seconds:.2f} s decoded of {declared:.2f} s declared", self.seconds
            )
        elif missing := source.cut_off():
            source.note("truncated", missing, self.seconds)
        fingerprint = self._fingerprint.finish()  # first: its last notes are the key's, too
        loudness = self._loudness
        silent_start, silent_end, silent_samples = self._condition.silence()
        bit_depth = self._depth.bits()
        hint = self._spectrum.suspicion(lossless=bit_depth is not None)
        return Sound(
            analyser=ANALYSER,
            version=VERSION,
            container=source.container,
            codec=self._codec,
            duration_samples=self._samples,
            sample_rate=self._rate,
            channels=self._channels,
            bit_depth=bit_depth,
            bit_rate=round(source.sound_bytes * 8 / self.seconds) if self._samples else 0,
            loudness=loudness.integrated() if loudness else None,
            loudness_range=loudness.range() if loudness else None,
            momentary_max=loudness.momentary_max() if loudness else None,
            short_term_max=loudness.short_term_max() if loudness else None,
            peak=self._levels.peak(),
            true_peak=self._true_peak.peak(),
            clipped_samples=self._condition.clipped(),
            dc_offset=self._condition.dc_offset(),
            silent_start=silent_start,
            silent_end=silent_end,
            silent_samples=silent_samples,
            cutoff=self._spectrum.cutoff(),
            tempo=self._tempo.estimate(),
            key=self._key.estimate(),
            peaks=self._levels.outline(),
            fingerprint=fingerprint,
            audio_sha256=self._digest.hexdigest(),
            suspicions=(Fault(*hint),) if hint else (),
            faults=source.faults,
        )

    def _measure(self, frame: AudioFrame) -> None:
        kind = _TYPES[frame.format.name]
        samples = np.frombuffer(memoryview(frame.planes[0]), kind, frame.samples * self._channels)
        self._digest.update((samples if sys.byteorder == "little" else samples.byteswap()).data)
        self._depth.feed(samples)
        rows = _rows(samples, self._channels)
        magnitudes = np.abs(rows).max(axis=0)
        # A comparison with "not a number" is False, so this catches it too.
        if not magnitudes.max(initial=0.0) <= _LARGEST:
            self._rubbish_at = self.seconds if self._rubbish_at is None else self._rubbish_at
            rows = np.where(np.abs(rows) <= _LARGEST, rows, np.float32(0))
            magnitudes = np.abs(rows).max(axis=0)
            self._loudness = None  # one such sample spoils the filter for ever after
        self._levels.feed(magnitudes)
        self._true_peak.feed(rows)
        self._condition.feed(rows, magnitudes)
        self._spectrum.feed(rows)
        self._samples += frame.samples


_TYPES: Final[dict[str, type[np.generic]]] = {
    "u8": np.uint8,
    "s16": np.int16,
    "s32": np.int32,
    "flt": np.float32,
    "dbl": np.float64,
}


def _rows(samples: npt.NDArray[np.generic], channels: int) -> npt.NDArray[np.float32]:
    """One row a channel, full scale 1.0."""
    columns = samples.reshape(-1, channels).T
    rows = np.empty(columns.shape, np.float32)
    if samples.dtype == np.uint8:
        np.subtract(columns, np.float32(128), out=rows)
        rows /= 128
    elif samples.dtype.kind == "i":
        np.multiply(
            columns, np.float32(1 / 2 ** (samples.dtype.itemsize * 8 - 1)), out=rows, casting="same_kind"
        )
    else:
        rows[:] = columns
    return rows
