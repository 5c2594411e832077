# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a function over chunks in worker processes, results in the order of the chunks."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from onrecord.errors import OnrecordError

Chunk = TypeVar("Chunk")
Result = TypeVar("Result")


def map_chunks(
    function: Callable[[Chunk], Result],
    chunks: Iterable[Chunk],
    workers: int,
    prepare: Callable[..., None],
    arguments: tuple[object, ...],
) -> Iterator[Result]:
    """Results of `function` over `chunks`, in order; at most two chunks a worker are waiting at a time.

    Each worker is a new process that has run `prepare(*arguments)` once, so it is single-threaded and may fork. A
    worker that dies raises OnrecordError here: whoever commits results goes on from the last one at the next run.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        workers, mp_context=context, initializer=_start, initargs=(os.getpid(), prepare, arguments)
    ) as pool:
        waiting: list[Future[Result]] = []
        try:
            for chunk in chunks:
                waiting.append(pool.submit(function, chunk))
                if len(waiting) >= 2 * workers:
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()
        except BrokenProcessPool:
            raise OnrecordError(
                "a worker process died; what was committed stays",
                "run the command again; if it dies again, allow fewer `[work] workers`: memory may have run out",
            ) from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


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
