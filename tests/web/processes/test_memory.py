# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server remembers: of one process, and of several."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from onrecord.web.access.limits import BURST, Bucket
from onrecord.web.access.throttle import OF_A_CLIENT, Throttle
from onrecord.web.making import Making
from onrecord.web.memory import Memory, OwnMemory
from onrecord.web.notices import Limit
from onrecord.web.problems import Told
from onrecord.web.processes import shared
from onrecord.web.processes.shared import SharedMemory, places
from onrecord.web.subsonic.own import Hearing, Now
from onrecord.web.ws2.rate import Rate

#: Takes the lock and half of a change, says so, and waits to be killed.
_HOLDER = """
import pathlib, sys
from onrecord.web.processes.shared import SharedMemory
memory = SharedMemory(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), b"key")
memory.few("one").acquire()
memory.cells("kind", 10).change(b"key", lambda _: (print("held", flush=True), sys.stdin.read()))
"""


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[SharedMemory, SharedMemory]]:
    """As two processes of one server have it."""
    monkeypatch.setattr(shared, "_IN_MEMORY", tmp_path)
    with places() as (place, made):
        yield SharedMemory(place, made, b"key"), SharedMemory(place, made, b"key")


@pytest.fixture(params=["own", "shared"])
def memory(request: pytest.FixtureRequest) -> Memory:
    return OwnMemory() if request.param == "own" else request.getfixturevalue("two")[0]


def test_cells_keep_what_was_changed_last_and_forget_the_oldest(memory: Memory) -> None:
    cells = memory.cells("kind", 80)
    assert cells.change(b"a", lambda kept: (b"1" + kept, kept)) == b""
    assert memory.cells("kind", 80).change(b"a", lambda kept: (b"2" + kept, kept)) == b"1"
    assert memory.cells("other", 80).change(b"a", lambda kept: (b"", kept)) == b""

    def fail(kept: bytes) -> tuple[bytes, None]:
        raise ValueError(kept)

    with pytest.raises(ValueError, match="21"):
        cells.change(b"a", fail)
    assert cells.change(b"a", lambda kept: (b"", kept)) == b"21"
    assert cells.change(b"a", lambda kept: (b"", kept)) == b""
    for number in range(200):
        cells.change(b"%d" % number, lambda _: (b"x", None))
    kept = [cells.change(b"%d" % number, lambda kept: (kept, bool(kept))) for number in range(200)]
    assert all(kept[-80:]) and 80 <= sum(kept) <= 91


def test_few_are_few_for_all(two: tuple[SharedMemory, SharedMemory]) -> None:
    one, other = two[0].few("looks /v2", 2), two[1].few("looks /v2", 2)
    assert one.acquire() and other.acquire(blocking=False)
    assert not one.acquire(blocking=False) and not other.acquire(timeout=0.05)
    other.release()
    with one:
        assert not other.acquire(timeout=0)


def test_limits_are_no_wider_for_two_processes(two: tuple[SharedMemory, SharedMemory]) -> None:
    buckets = [Bucket(2.0, lambda: 0.0, each.cells("requests", 100)) for each in two]
    assert sum(buckets[number % 2].take(b"a") == 0 for number in range(100)) == 2 * BURST
    throttles = [Throttle(lambda: 0.0, each.cells("passwords", 100)) for each in two]
    tries = [throttles[number % 2].wait(b"client", b"name %d" % number) for number in range(20)]
    assert tries.count(0) == OF_A_CLIENT
    throttles[1].forgive(b"client", b"name 0")
    assert throttles[0].wait(b"client", b"name") == 0
    rates = [Rate(5, lambda: 7.0, each.cells("/ws/2", 1)) for each in two]
    assert [rates[number % 2].count()[0] for number in range(8)] == [True] * 5 + [False] * 3
    notices = [Limit(1, lambda: 0.0, each.cells("notices", 1)) for each in two]
    notices[0].take()
    with pytest.raises(Told):
        notices[1].take()


def test_what_one_process_was_told_the_other_knows(two: tuple[SharedMemory, SharedMemory]) -> None:
    heard = Hearing("a recording", 9e9, "a player")
    Now(two[0]).set("ada", heard)
    assert Now(two[1]).get("ada") == heard and Now(two[1]).get("ben") is None


def test_what_one_process_made_the_other_sends(two: tuple[SharedMemory, SharedMemory]) -> None:
    made: list[Path] = []

    def make(target: Path) -> None:
        made.append(target)
        target.write_bytes(bytes(60))

    one, other = (Making("sounds", 150, 1, make, each) for each in two)
    assert one.get("a", lambda target: target) == other.get("a", lambda target: target)
    assert len(made) == 1
    other.get("b", lambda target: target)
    one.get("a", lambda target: target)  # used last
    other.get("c", lambda target: target)
    assert [path.name for path in made if path.exists()] == ["a", "c"], "they share the room as well"


def test_a_process_that_is_killed_lets_go_and_leaves_nothing_half(
    two: tuple[SharedMemory, SharedMemory],
) -> None:
    memory = two[0]
    memory.cells("kind", 10).change(b"key", lambda _: (b"before", None))
    command = [sys.executable, "-c", _HOLDER, str(memory.counted.parent), str(memory.made)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"held\n"
        assert not memory.few("one").acquire(blocking=False)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert memory.few("one").acquire(blocking=False)
    assert memory.cells("kind", 10).change(b"key", lambda kept: (kept, kept)) == b"before"


def test_while_a_process_is_stopped_in_a_change_the_others_count_for_themselves(
    two: tuple[SharedMemory, SharedMemory], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "_APART", 600.0)
    memory = two[0]
    memory.cells("kind", 10).change(b"key", lambda _: (b"before", None))
    bucket = Bucket(2.0, lambda: 0.0, memory.cells("requests", 100))
    command = [sys.executable, "-c", _HOLDER, str(memory.counted.parent), str(memory.made)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"held\n"
        begun = time.monotonic()
        assert sum(bucket.take(b"a") == 0 for _ in range(100)) == 2 * BURST, "a limit, in this one alone"
        assert memory.cells("kind", 10).change(b"key", lambda kept: (b"own", kept)) == b""
        assert memory.cells("kind", 10).change(b"key", lambda kept: (kept, kept)) == b"own"
        assert time.monotonic() - begun < 5, "they wait once"
        process.kill()
    assert memory.cells("kind", 10).change(b"key", lambda kept: (kept, kept)) == b"own", "not asked again yet"
    assert two[1].cells("kind", 10).change(b"key", lambda kept: (kept, kept)) == b"before"


def test_where_the_memory_is_full_each_counts_for_itself(two: tuple[SharedMemory, SharedMemory]) -> None:
    memory = two[0]
    memory.cells("kind", 10).change(b"key", lambda _: (b"before", None))
    memory._db.execute("PRAGMA max_page_count=1").fetchall()
    large = bytes(100_000)
    assert memory.cells("kind", 10).change(b"key", lambda kept: (kept + large, kept)) == b""
    assert memory.cells("kind", 10).change(b"key", lambda kept: (b"", kept)) == b"before", (
        "which stayed as it was"
    )


def test_what_killed_runs_left_is_swept_and_what_runs_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "_IN_MEMORY", tmp_path)
    left, young = tmp_path / "onrecord-serve-left", tmp_path / "onrecord-serve-young"
    for folder in (left, young):
        (folder / "counted").mkdir(parents=True)
    os.utime(left, (0, 0))
    with places() as (first, _):
        os.utime(first, (0, 0))
        with places() as (second, _):
            assert {path.name for path in tmp_path.iterdir()} == {first.name, second.name, young.name}
    assert [path.name for path in tmp_path.iterdir()] == [young.name]
