# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One sound file opened with FFmpeg: its best audio stream frame by frame, and what went wrong where.

FFmpeg sees a file object and no name, so what a file is called decides nothing, and it may open no second file: no
protocol is allowed and only the demuxers of `containers.DEMUXERS` are tried.
"""

import io
import os
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

import av
import av.subtitles.stream
import av.video.stream
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from onrecord.audio.containers import DEMUXERS, HEAD, container_name, other_than_sound
from onrecord.audio.text import one_line
from onrecord.model.sound import Fault

#: Faults that are kept of one file; the rest are counted.
MOST_FAULTS: Final = 50


class Refused(Exception):
    """The file holds no sound that is decoded here; the fault says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.detail)
        self.fault = fault


class Source:
    """Reads frames and goes on after damage: a packet that does not decode is skipped and noted.

    FFmpeg's error messages are switched on while it is open and put back after, because damage that FFmpeg repairs
    silently (an Ogg page with a wrong checksum) shows only there.
    """

    def __init__(self, file: io.RawIOBase | io.BufferedIOBase) -> None:
        self._faults: list[Fault] = []
        self._more_faults = 0
        self._level = av.logging.get_level()
        self._capture = av.logging.Capture()
        self._file = file
        #: Bytes of the file, and of the packets that were decoded so far: tags and pictures are no sound.
        self.size = file.seek(0, os.SEEK_END)
        self.sound_bytes = 0
        file.seek(0)
        self._head = file.read(HEAD) or b""
        if fault := other_than_sound(self._head):
            raise Refused(fault)
        file.seek(0)

    def __enter__(self) -> Self:
        av.logging.set_level(av.logging.ERROR)
        self._messages = self._capture.__enter__()
        try:
            self._container, self._stream = _open(_Bytes(self._file, self.size))
        except BaseException:
            self._restore_log()
            raise
        self._take_messages("odd-header", None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()
        self._restore_log()

    @property
    def container(self) -> str:
        return container_name(self._container.format.name)

    @property
    def codec(self) -> str:
        return self._stream.codec_context.codec.canonical_name

    @property
    def declared_seconds(self) -> float | None:
        """The length that the header states, for containers that state it; where it is a guess, None."""
        stream = self._stream
        if self.container not in _DECLARING or stream.duration is None or stream.time_base is None:
            return None
        return float(stream.duration * stream.time_base)

    def cut_off(self) -> str:
        """How the container's own structure shows that its end is missing; "" where it does not."""
        if self.container == "ogg" and not _ends_ogg_stream(self._tail(_OGG_PAGE)):
            return "the last Ogg page does not end its stream"
        if self._head[:4] in (b"RIFF", b"FORM"):
            stated = 8 + int.from_bytes(self._head[4:8], "little" if self._head[:4] == b"RIFF" else "big")
            # Writers that could not go back to fill in the length leave all bits set, or none.
            if self.size < stated < _UNKNOWN:
                return f"{self.size} bytes of {stated} that the header states"
        return ""

    @property
    def faults(self) -> tuple[Fault, ...]:
        if not self._more_faults:
            return tuple(self._faults)
        return (*self._faults, Fault("more-faults", f"{self._more_faults} further faults are not listed"))

    def note(self, code: str, detail: str, at: float | None) -> None:
        fault = Fault(code, one_line(detail), None if at is None else round(at, 3))
        if self._faults and self._faults[-1] == fault:
            return
        if len(self._faults) < MOST_FAULTS:
            self._faults.append(fault)
        else:
            self._more_faults += 1

    def frames(self) -> Iterator[AudioFrame]:
        """Frames that hold samples, until the end or until too many packets in a row fail.

        Raises OSError where the file itself cannot be read, MemoryError where FFmpeg was refused memory.
        """
        seconds = 0.0
        failures = restarts = 0
        packets = self._container.demux(self._stream)
        while failures < _MOST_FAILURES:
            try:
                packet = next(packets, None)
            except av.FFmpegError as error:
                # The iterator ended with its error; a new one goes on behind the damage, if the demuxer can.
                failures = self._fail(error, seconds, failures)
                restarts += 1
                if restarts > _MOST_RESTARTS:
                    return
                packets = self._container.demux(self._stream)
                continue
            if packet is None:
                return
            restarts = 0
            self.sound_bytes += packet.size
            try:
                frames = packet.decode()
            except av.EOFError:
                return
            except av.FFmpegError as error:
                failures = self._fail(error, seconds, failures)
                continue
            for frame in frames:
                if frame.samples and frame.sample_rate:
                    failures = 0
                    seconds += frame.samples / frame.sample_rate
                    yield frame
            if self._messages:
                self._take_messages("decode-error", seconds)
        self.note("decode-error", f"gave up after {_MOST_FAILURES} failures in a row", seconds)

    def _fail(self, error: av.FFmpegError, at: float, failures: int) -> int:
        _raise_if_memory(error)
        # FFmpeg's own message says more than its error code, so the code is noted only where it is all there is.
        if not self._take_messages("decode-error", at):
            self.note("decode-error", _reason(error), at)
        return failures + 1

    def _tail(self, count: int) -> bytes:
        self._file.seek(max(0, self.size - count))
        return self._file.read(count) or b""

    def _take_messages(self, code: str, at: float | None) -> bool:
        taken = bool(self._messages)
        for _, name, text in self._messages:
            self.note(code, f"{container_name(name)}: {text}", at)
        del self._messages[:]
        return taken

    def _restore_log(self) -> None:
        self._capture.__exit__(None, None, None)
        av.logging.set_level(self._level)


_MOST_FAILURES: Final = 500
#: A demuxer that fails this often without a packet between will not find its way any more.
_MOST_RESTARTS: Final = 8
#: Codecs whose checksum is looked at. FFmpeg finds Layer I's and ALS's wrong in files that are whole.
_CHECKED: Final = frozenset(("flac", "tak", "tta"))
#: The largest Ogg page: 27 bytes of header, 255 lengths, 255 segments of 255 bytes.
_OGG_PAGE: Final = 27 + 255 + 255 * 255

#: A RIFF length from here on is none.
_UNKNOWN: Final = 0xFFFF_FF00

#: Containers whose header states the number of samples or the length.
_DECLARING: Final = frozenset(
    ("aiff", "ape", "asf", "au", "caf", "dsf", "flac", "mp4", "mpc", "tak", "tta", "w64", "wav", "wv")
)


def _ends_ogg_stream(tail: bytes) -> bool:
    """Whether the last page is whole and marked as the end of its stream (RFC 3533, 6)."""
    at = tail.rfind(b"OggS")
    if at < 0 or len(tail) < at + 27 + tail[at + 26]:
        return False
    segments = tail[at + 27 : at + 27 + tail[at + 26]]
    return bool(tail[at + 5] & 4) and len(tail) >= at + 27 + len(segments) + sum(segments)


class _Bytes:
    """What FFmpeg may see of the file: bytes and positions. A wrong seek is an answer here, not an exception."""

    name = ""

    def __init__(self, file: io.RawIOBase | io.BufferedIOBase, size: int) -> None:
        self._file = file
        self._size = size
        self.read = file.read
        self.tell = file.tell

    def seek(self, offset: int, whence: int) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._file.tell(), os.SEEK_END: self._size}.get(whence)
        if base is None or base + offset < 0:
            return -22  # EINVAL, as FFmpeg's own file protocol answers
        # Far behind the end, where a broken header may point, the kernel would refuse; there is nothing to read anyhow.
        self._file.seek(min(base + offset, self._size))
        return base + offset


def _open(file: _Bytes) -> tuple[InputContainer, AudioStream]:
    try:
        container = av.open(
            file,
            mode="r",
            metadata_errors="ignore",
            buffer_size=1 << 16,
            container_options={
                "format_whitelist": ",".join(DEMUXERS),
                "protocol_whitelist": "",
            },
        )
    except (av.FFmpegError, ValueError) as error:
        _raise_if_memory(error)
        raise Refused(Fault("not-sound", f"no known sound container: {_reason(error)}")) from error
    try:
        stream = container.streams.best("audio")
        if stream is None or not isinstance(stream, AudioStream):
            raise Refused(
                Fault("not-sound", f"{container_name(container.format.name)} without an audio stream")
            )
        if stream.codec_context is None:
            raise Refused(
                Fault("not-sound", f"{container_name(container.format.name)} with an unknown codec")
            )
        stream.codec_context.thread_count = 1
        if stream.codec_context.codec.canonical_name in _CHECKED:
            stream.codec_context.options = {"err_detect": "crccheck"}
        return container, stream
    except BaseException:
        container.close()
        raise


def _raise_if_memory(error: Exception) -> None:
    if getattr(error, "errno", None) == 12:
        raise MemoryError("FFmpeg ran out of memory") from error


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
