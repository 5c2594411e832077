# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Worker processes: functions over chunks, results in the order of the chunks."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, Self, TypeVar

from onrecord.errors import OnrecordError

Chunk = TypeVar("Chunk")
Result = TypeVar("Result")


class Workers:
    """Processes that run functions over chunks; they are started at the first chunk, and end with the `with` block.

    Each is a new process that has run `prepare(*arguments)` once, so it is single-threaded and may fork. One that dies
    raises OnrecordError in `map`: whoever commits results goes on from the last one at the next run.
    """

    def __init__(self, count: int, prepare: Callable[..., None], arguments: tuple[object, ...] = ()) -> None:
        self._count = count
        self._start = (os.getpid(), prepare, arguments)
        self._pool: ProcessPoolExecutor | None = None
        self._out: dict[Future[Any], int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if self._pool:
            if isinstance(kind, type) and issubclass(kind, KeyboardInterrupt):
                # Who asked to stop does not wait for a decode; what the workers were at was not committed.
                for process in list(self._pool._processes.values()):
                    process.kill()
            # What runs is waited for, what has not begun is dropped: nobody takes its result. The pool's own thread
            # drops it; a future that is cancelled here while a worker dies ends that thread with a traceback (3.11).
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def map(self, function: Callable[[Chunk], Result], chunks: Iterable[Chunk]) -> Iterator[Result]:
        """Results in the order of the chunks; at most two chunks a worker are waiting at a time."""
        waiting: list[Future[Result]] = []
        with _named():
            for chunk in chunks:
                waiting.append(self._started().submit(function, chunk))
                if len(waiting) >= 2 * self._count:
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()

    def submit(self, number: int, function: Callable[..., Result], *arguments: object) -> None:
        """Run it when a worker is free; `finished` gives its result with this number."""
        self._out[self._started().submit(function, *arguments)] = number

    def finished(self, seconds: float | None) -> tuple[int, Any]:
        """The number and the result of something that was submitted and is done; (0, None) where nothing is in time."""
        done, _ = wait(self._out, seconds, FIRST_COMPLETED)
        for future in done:
            number = self._out.pop(future)
            with _named():
                return number, future.result()
        return 0, None

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._count, context, _start, self._start)
        return self._pool


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool:
        raise OnrecordError(
            "a worker process died; what was committed stays",
            "run the command again; if it dies again, allow fewer `[work] workers`: memory may have run out",
        ) from None


def _start(parent: int, prepare: Callable[..., None], arguments: tuple[object, ...]) -> None:
    # The parent decides when to stop; a terminal's Ctrl-C reaches the whole group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with(parent)
    prepare(*arguments)


def _die_with(parent: int) -> None:
    """A worker must not outlive a parent that was killed: it would write parts that the next run sweeps."""
    import ctypes

    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    # It may have died before that was asked. In a container it may well be process 1 that started us.
    if os.getppid() != parent:
        os._exit(1)
