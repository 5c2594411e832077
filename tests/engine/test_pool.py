# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Worker processes: results in order, and one clear error where a worker dies, whatever killed it."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from onrecord.engine.pool import Workers
from onrecord.errors import OnrecordError, StoreFull


def nothing() -> None:
    pass


def twice(number: int) -> int:
    time.sleep(0.01 * (number % 3))
    return 2 * number


def die_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def full_at_three(number: int) -> int:
    if number == 3:
        raise StoreFull("no room", "make some")
    return number


def unprepared() -> None:
    raise RuntimeError("cannot be prepared")


def parent_of(_: int) -> tuple[int, bool]:
    return os.getppid(), signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def mapped(function: Any, chunks: Iterable[int], count: int, prepare: Any = nothing) -> Iterator[Any]:
    with Workers(count, prepare) as workers:
        yield from workers.map(function, chunks)


def test_results_come_in_the_order_of_the_chunks() -> None:
    assert list(mapped(twice, range(20), 2)) == [2 * number for number in range(20)]


def test_no_chunk_is_made_before_it_is_needed() -> None:
    made = []

    def chunks() -> Iterator[int]:
        for number in range(50):
            made.append(number)
            yield number

    results = mapped(twice, chunks(), 1)
    assert next(results) == 0
    assert len(made) <= 2


def test_workers_serve_several_times_and_start_when_needed() -> None:
    before = children()  # of other tests
    with Workers(1, nothing) as workers:
        assert children() == before
        first = list(workers.map(parent_of, [0]))
        running = children()
        assert len(running) > len(before)
        assert list(workers.map(parent_of, [0])) == first
        assert children() == running
    assert children() == before


def children() -> list[int]:
    """Processes that multiprocessing has started here and that are alive."""
    return sorted(child.pid or 0 for child in multiprocessing.active_children())


def test_workers_are_ours_and_leave_ctrl_c_to_us() -> None:
    assert list(mapped(parent_of, [0], 1)) == [(os.getpid(), True)]


def test_a_worker_that_dies_is_said() -> None:
    seen = []
    with pytest.raises(OnrecordError, match="worker process died") as caught:
        for result in mapped(die_at_three, range(8), 1):
            seen.append(result)
    assert seen == [0, 1, 2][: len(seen)], "what was done before may be used"
    assert "again" in caught.value.hint


def test_an_error_of_a_chunk_comes_through() -> None:
    with pytest.raises(StoreFull, match="no room") as caught:
        list(mapped(full_at_three, range(8), 2))
    assert caught.value.hint == "make some", "with all that it says"


def test_a_worker_that_cannot_be_prepared_is_said() -> None:
    with pytest.raises(OnrecordError, match="worker"):
        list(mapped(twice, range(3), 1, unprepared))


def test_the_first_process_of_a_container_may_have_workers() -> None:
    """A worker's parent is then process 1, which is no sign of having been orphaned."""
    root = Path(__file__).parents[2]
    enter = ["unshare", "--pid", "--fork", "--mount-proc"]
    if (
        not shutil.which("unshare")
        or subprocess.run([*enter, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("a container cannot be made here")
    command = [*enter, sys.executable, "-m", "tests.engine.as_process_one"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root, timeout=60)
    assert done.stdout.strip() == "[2, 4]", done.stderr
