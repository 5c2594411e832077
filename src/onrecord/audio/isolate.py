# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a stranger's file in a process of its own, so that whatever it does to a decoder costs one file.

The caller is a single-threaded worker. `preload` once, then each `probe` forks: the child has everything imported, is
confined (see `confine`), and sends what it learns through a pipe as it learns it.
"""

import contextlib
import fcntl
import gc
import io
import os
import select
import signal
import stat
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NoReturn

import msgspec

from onrecord.audio.confine import address_space, confine, die_with_parent, silence_standard_streams
from onrecord.audio.text import one_line
from onrecord.model.sound import Fault, Probe, Sound, Tags

#: What a child does with its file. Tests pass their own, which crash, hang or eat memory.
Examine = Callable[[io.BufferedReader], Iterator[Tags | Sound | Fault]]

#: Bytes of address space beyond the worker's own. The largest sound that was met needs a tenth of it.
MEMORY: Final = 1 << 30
SECONDS: Final = 120.0


def preload() -> None:
    """Imports what children need, so that a fork costs milliseconds. Call it in the worker before anything else.

    BLAS would start a thread for each processor, and threads do not survive a fork.
    """
    if "numpy" not in sys.modules:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from onrecord.audio.examine import warm_up

    warm_up()


def probe(
    file: Path | int, *, seconds: float = SECONDS, memory: int = MEMORY, examine: Examine | None = None
) -> Probe:
    """All that one file tells, whatever it holds: what cannot be read becomes a fault, not an exception.

    `seconds` is wall-clock time. A path is opened without following a link at its end; a descriptor is read from its
    start and its position moves. Raises OSError where the file cannot be opened.

    Fault codes: `crashed`, `timeout`, `too-much-memory`, `unreadable`, and those of `decode` and `read_tags`.
    """
    if examine is None:
        preload()
        examine = sys.modules["onrecord.audio.examine"].examine
    descriptor = file if isinstance(file, int) else os.open(file, _OPEN)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return Probe(None, Tags(), (Fault("not-sound", "not a regular file"),))
        return _in_a_child(descriptor, seconds, memory, examine)
    finally:
        if not isinstance(file, int):
            os.close(descriptor)


_OPEN: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
#: Bytes that a child may send: tags are cut at 8 MiB, fingerprints are 115 KB an hour.
_MOST_ANSWER: Final = 32 << 20
_HEADER: Final = struct.Struct("<cI")
_KINDS: Final[dict[bytes, type[Tags | Sound | Fault]]] = {b"t": Tags, b"s": Sound, b"f": Fault}
_END: Final = b"e"
#: In the child: standard streams, the file, the pipe.
_FILE: Final = 3
_PIPE: Final = 4


def _in_a_child(descriptor: int, seconds: float, memory: int, examine: Examine) -> Probe:
    reading, writing = os.pipe()
    ceiling = address_space() + memory
    try:
        child = os.fork()
    except BaseException:
        os.close(reading)
        os.close(writing)
        raise
    if not child:
        _child(descriptor, writing, seconds, ceiling, examine)
    os.close(writing)
    try:
        answer, trouble = _receive(reading, time.monotonic() + seconds)
    finally:
        os.close(reading)
        # Whether it is done, hangs or goes on writing: it has had its time.
        os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
    return _assemble(answer, trouble, status, seconds)


def _receive(reading: int, deadline: float) -> tuple[bytearray, Fault | None]:
    answer = bytearray()
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            return answer, Fault("timeout", "")
        data = os.read(reading, 1 << 16)
        if not data:
            return answer, None
        answer += data
        if len(answer) > _MOST_ANSWER:
            return answer, Fault("crashed", f"the decoder's answer is longer than {_MOST_ANSWER} bytes")


def _assemble(answer: bytearray, trouble: Fault | None, status: int, seconds: float) -> Probe:
    """What arrived whole is kept: a child that died while decoding has sent the tags before."""
    sound: Sound | None = None
    tags = Tags()
    faults: list[Fault] = []
    complete = False
    for kind, body in _messages(answer):
        if kind == _END:
            complete = True
            continue
        try:
            part = msgspec.msgpack.decode(body, type=_KINDS[kind])
        except (KeyError, msgspec.MsgspecError):
            trouble = Fault("crashed", "the decoder's answer is garbled")
            break
        if isinstance(part, Sound):
            sound = part
        elif isinstance(part, Tags):
            tags = part
        else:
            faults.append(part)
    if not complete or trouble is not None:
        # Half an answer about the sound is none.
        return Probe(None, tags, (*faults, _death(trouble, status, seconds)))
    return Probe(sound, tags, tuple(faults))


def _messages(answer: bytearray) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + _HEADER.size <= len(answer):
        kind, length = _HEADER.unpack_from(answer, at)
        at += _HEADER.size
        if at + length > len(answer):
            return
        yield kind, bytes(answer[at : at + length])
        at += length


def _death(trouble: Fault | None, status: int, seconds: float) -> Fault:
    if trouble is not None and trouble.code != "timeout":
        return trouble
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if trouble is not None or number == signal.SIGXCPU:
        return Fault("timeout", f"not read within {seconds:g} s")
    if not number:
        return Fault("crashed", "the decoder left without an answer")
    # The worker kills only after the pipe is closed, and a child that is dying by then keeps its own signal.
    return Fault("crashed", f"the decoder died of {signal.Signals(number).name}")


def _child(descriptor: int, writing: int, seconds: float, ceiling: int, examine: Examine) -> NoReturn:
    """Never returns, and runs nothing of the worker's: no exit hooks, no buffers, no signal actions."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        die_with_parent()
        gc.freeze()  # the collector need not look at, and so copy, what the worker shares with its child
        silence_standard_streams()
        file, pipe = _keep_only(descriptor, writing)
        confine(ceiling, seconds, _PIPE + 1)
        _answer(file, pipe, examine)
    except BaseException as error:
        with contextlib.suppress(BaseException):
            _send(_PIPE, Fault("crashed", one_line(f"{type(error).__name__}: {error}")))
            _write(_PIPE, _HEADER.pack(_END, 0))
    finally:
        os._exit(0)


def _keep_only(descriptor: int, writing: int) -> tuple[io.BufferedReader, int]:
    """Closes everything else that the worker has open: databases, locks, sockets, other files."""
    high = max(_PIPE, descriptor, writing) + 1
    moved = [fcntl.fcntl(old, fcntl.F_DUPFD, high) for old in (descriptor, writing)]
    os.dup2(moved[0], _FILE)
    os.dup2(moved[1], _PIPE)
    os.closerange(_PIPE + 1, os.sysconf("SC_OPEN_MAX"))
    return io.BufferedReader(io.FileIO(_FILE, "rb", closefd=False), 1 << 16), _PIPE


def _answer(file: io.BufferedReader, pipe: int, examine: Examine) -> None:
    try:
        for part in examine(file):
            _send(pipe, part)
    except MemoryError:
        _send(pipe, Fault("too-much-memory", "reading it needs more memory than a file may have"))
    except OSError as error:
        _send(pipe, Fault("unreadable", one_line(f"the file cannot be read: {error.strerror or error}")))
    _write(pipe, _HEADER.pack(_END, 0))


def _send(pipe: int, part: Tags | Sound | Fault) -> None:
    kind = next(kind for kind, known in _KINDS.items() if type(part) is known)
    body = msgspec.msgpack.encode(part)
    _write(pipe, _HEADER.pack(kind, len(body)) + body)


def _write(pipe: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(pipe, view) :]
