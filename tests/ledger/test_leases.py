# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Leases: one holder at a time, the newest fence alone finishes, and the dead hold nothing up (faults 7, 8)."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from onrecord.ledger.leases import Leases


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock_of_leases() -> Clock:
    return Clock()


@pytest.fixture
def two(tmp_path: Path, clock_of_leases: Clock) -> Iterator[tuple[Leases, Leases]]:
    """Two processes that both run."""
    with ExitStack() as stack:
        made = [
            Leases(tmp_path / "l.sqlite", clock_of_leases, name, lambda _: True) for name in ("one", "other")
        ]
        for each in made:
            stack.callback(each.close)
        yield made[0], made[1]


def test_a_late_finish_is_refused(two: tuple[Leases, Leases], clock_of_leases: Clock) -> None:
    one, other = two
    first = one.take("job", "a", 60)
    assert first is not None and other.take("job", "a", 60) is None
    clock_of_leases.now += 59
    assert one.extend(first, 60)
    clock_of_leases.now += 59
    assert other.take("job", "a", 60) is None
    clock_of_leases.now += 2
    second = other.take("job", "a", 60)
    assert second is not None and second.fence == first.fence + 1
    assert not one.extend(first, 60) and not one.finish(first, "late") and not one.give_up(first)
    assert other.finish(second, "right")
    assert not other.finish(second, "twice")
    assert one.finished("job") == {"a": "right"}
    one.forget("job")
    assert one.finished("job") == {}


def test_what_was_given_up_or_finished_may_be_taken(two: tuple[Leases, Leases]) -> None:
    one, other = two
    for end in ("give_up", "finish"):
        lease = one.take("job", end, 60)
        assert lease is not None and other.take("job", end, 60) is None
        assert one.give_up(lease) if end == "give_up" else one.finish(lease, "x")
        taken = other.take("job", end, 60)
        assert taken is not None and taken.fence == lease.fence + 1


def test_only_one_of_many_gets_a_chunk(tmp_path: Path) -> None:
    def try_it(name: int) -> int:
        mine = Leases(tmp_path / "l.sqlite", owner=f"{name}", alive=lambda _: True)
        try:
            return sum(mine.take("job", f"{chunk}", 60) is not None for chunk in range(20))
        finally:
            mine.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(try_it, range(4))) == 20


def test_the_lease_of_a_process_that_died_ends_with_it(tmp_path: Path) -> None:
    take = (
        "import sys\nfrom pathlib import Path\nfrom onrecord.ledger.leases import Leases\n"
        "print(Leases(Path(sys.argv[1])).take('job', 'a', 1e9).fence, flush=True)\nsys.stdin.read()"
    )
    command = [sys.executable, "-c", take, str(tmp_path / "l.sqlite")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "1\n"
        mine = Leases(tmp_path / "l.sqlite")
        assert mine.take("job", "a", 60) is None
        process.kill()
        process.wait()
        taken = mine.take("job", "a", 60)
        assert taken is not None and taken.fence == 2
        mine.close()
