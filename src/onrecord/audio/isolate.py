# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a stranger's file in a process of its own, so that whatever it does to a decoder costs one file.

The caller is a single-threaded worker. `preload` once, then each `probe` forks: the child has everything imported, is
confined (see `confine`), and sends what it learns through a pipe as it learns it. `isolated` does the same for other
work on one file, which may be given one more file to write to.
"""

import contextlib
import ctypes
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
from onrecord.model.sound import AccessCopy, Fault, Picture, Probe, Sound, Tags

#: What a child may answer.
Part = Tags | Picture | Sound | AccessCopy | Fault
#: What a child does with its file. Tests pass their own, which crash, hang or eat memory.
Examine = Callable[[io.BufferedReader], Iterator[Part]]

#: Bytes of address space beyond the worker's own. The largest sound that was met needs a tenth of it.
MEMORY: Final = 1 << 30
SECONDS: Final = 120.0
#: In the child: the descriptor of the file that it may write to, where it was given one.
OUT: Final = 5


def preload() -> None:
    """Imports what children need, so that a fork costs milliseconds. Call it in the worker before anything else.

    BLAS would start a thread for each processor, and threads do not survive a fork.
    """
    if "numpy" not in sys.modules:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _keep_freed_memory()
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
    parts, death = isolated(file, examine, seconds=seconds, memory=memory)
    return _assemble(parts, death)


def isolated(
    file: Path | int, work: Examine, *, seconds: float, memory: int, out: int | None = None, writes: int = 0
) -> tuple[list[Part], Fault | None]:
    """What `work` answered about one file, in a confined child; and its death, where it did not come to its end.

    `out` is a descriptor that the child finds as `OUT` and may make up to `writes` bytes long. Nothing else can be
    written to: with `out`, a `file` that is a descriptor must be open for reading only (ValueError). Raises OSError
    where the file cannot be opened.
    """
    descriptor = file if isinstance(file, int) else os.open(file, _OPEN)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return [Fault("not-sound", "not a regular file")], None
        if out is None:
            return _in_a_child((descriptor,), 0, seconds, memory, work)
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY:
            raise ValueError(f"descriptor {descriptor} is open for writing: it must be open for reading only")
        return _in_a_child((descriptor, out), writes, seconds, memory, work)
    finally:
        if not isinstance(file, int):
            os.close(descriptor)


_OPEN: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def _keep_freed_memory() -> None:
    """glibc hands every large block back to the kernel and takes the next one page by page: a seventh of a decode.

    The numbers are M_MMAP_THRESHOLD and M_TRIM_THRESHOLD of malloc.h; another C library has no such knob.
    """
    with contextlib.suppress(AttributeError, OSError):
        libc = ctypes.CDLL(None)
        libc.mallopt(-3, 64 << 20)
        libc.mallopt(-1, 256 << 20)


#: Bytes that a child may send: pictures are cut at 64 MiB, tags at 8 MiB, fingerprints are 115 KB an hour.
_MOST_ANSWER: Final = 96 << 20
_HEADER: Final = struct.Struct("<cI")
_KINDS: Final[dict[bytes, type[Part]]] = {
    b"t": Tags,
    b"p": Picture,
    b"s": Sound,
    b"a": AccessCopy,
    b"f": Fault,
}
_END: Final = b"e"
#: In the child: standard streams, the file, the pipe, and `OUT`.
_FILE: Final = 3
_PIPE: Final = 4


def _assemble(parts: list[Part], death: Fault | None) -> Probe:
    """What arrived whole is kept: a child that died while decoding has sent the tags before."""
    faults = [part for part in parts if isinstance(part, Fault)]
    tags, sound = Tags(), None
    for part in parts:
        if isinstance(part, Tags):
            tags = part
        elif isinstance(part, Sound):
            sound = part
    if death is not None:
        # Half an answer about the sound is none.
        sound = None
        faults.append(death)
    pictures = tuple(part for part in parts if isinstance(part, Picture))
    return Probe(sound, tags, tuple(faults), pictures)


def _in_a_child(
    descriptors: tuple[int, ...], writes: int, seconds: float, memory: int, work: Examine
) -> tuple[list[Part], Fault | None]:
    reading, writing = os.pipe()
    ceiling = address_space() + memory
    try:
        child = os.fork()
    except BaseException:
        os.close(reading)
        os.close(writing)
        raise
    if not child:
        _child(descriptors, writing, seconds, ceiling, writes, work)
    os.close(writing)
    try:
        answer, trouble = _receive(reading, time.monotonic() + seconds)
    finally:
        os.close(reading)
        # Whether it is done, hangs or goes on writing: it has had its time.
        os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
    return _parts(answer, trouble, status, seconds)


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


def _parts(
    answer: bytearray, trouble: Fault | None, status: int, seconds: float
) -> tuple[list[Part], Fault | None]:
    parts: list[Part] = []
    complete = False
    for kind, body in _messages(answer):
        if kind == _END:
            complete = True
            continue
        try:
            parts.append(msgspec.msgpack.decode(body, type=_KINDS[kind]))
        except (KeyError, msgspec.MsgspecError):
            trouble = Fault("crashed", "the decoder's answer is garbled")
            break
    if complete and trouble is None:
        return parts, None
    return parts, _death(trouble, status, seconds)


def _messages(answer: bytearray) -> Iterator[tuple[bytes, memoryview]]:
    at = 0
    view = memoryview(answer)
    while at + _HEADER.size <= len(answer):
        kind, length = _HEADER.unpack_from(answer, at)
        at += _HEADER.size
        if at + length > len(answer):
            return
        yield kind, view[at : at + length]
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


def _child(
    descriptors: tuple[int, ...], writing: int, seconds: float, ceiling: int, writes: int, work: Examine
) -> NoReturn:
    """Never returns, and runs nothing of the worker's: no exit hooks, no buffers, no signal actions."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        die_with_parent()
        gc.freeze()  # the collector need not look at, and so copy, what the worker shares with its child
        file, pipe, kept = _keep_only(descriptors, writing)
        silence_standard_streams()  # only now: what it was given may be one of them
        confine(ceiling, seconds, kept, writes)
        _answer(file, pipe, work)
    except BaseException as error:
        with contextlib.suppress(BaseException):
            _send(_PIPE, Fault("crashed", one_line(f"{type(error).__name__}: {error}")))
            _write(_PIPE, _HEADER.pack(_END, 0))
    finally:
        os._exit(0)


def _keep_only(descriptors: tuple[int, ...], writing: int) -> tuple[io.BufferedReader, int, int]:
    """Closes everything else that the worker has open: databases, locks, sockets, other files.

    Returns the file, the pipe and how many descriptors are left, standard streams included.
    """
    file, *out = descriptors
    wanted = (file, writing, *out)
    high = max(OUT, *wanted) + 1
    moved = [fcntl.fcntl(old, fcntl.F_DUPFD, high) for old in wanted]
    for place, old in enumerate(moved, _FILE):
        os.dup2(old, place)
    kept = _FILE + len(moved)
    os.closerange(kept, os.sysconf("SC_OPEN_MAX"))
    return io.BufferedReader(io.FileIO(_FILE, "rb", closefd=False), 1 << 16), _PIPE, kept


def _answer(file: io.BufferedReader, pipe: int, work: Examine) -> None:
    try:
        for part in work(file):
            _send(pipe, part)
    except MemoryError:
        _send(pipe, Fault("too-much-memory", "reading it needs more memory than a file may have"))
    except OSError as error:
        _send(pipe, Fault("unreadable", one_line(f"the file cannot be read: {error.strerror or error}")))
    _write(pipe, _HEADER.pack(_END, 0))


def _send(pipe: int, part: Part) -> None:
    kind = next(kind for kind, known in _KINDS.items() if type(part) is known)
    body = msgspec.msgpack.encode(part)
    _write(pipe, _HEADER.pack(kind, len(body)) + body)


def _write(pipe: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(pipe, view) :]
