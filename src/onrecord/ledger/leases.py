# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Leases on chunks of work: one row a chunk, in the ledger's file, beside the index and no part of it.

Whoever takes a chunk gets a fence, a number that grows with each taking. Only the newest fence may finish the chunk, so
what a lost worker hands in late is refused. A lease ends with its time, or with the process that took it: what died
does not hold anything up. Time is the machine's clock since its start, which nobody sets.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw
from msgspec import Struct

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS chunks (
  job TEXT NOT NULL, chunk TEXT NOT NULL, fence INTEGER NOT NULL, owner TEXT NOT NULL, until REAL NOT NULL,
  result TEXT NOT NULL, PRIMARY KEY (job, chunk)
) WITHOUT ROWID
"""


class Lease(Struct, frozen=True):
    """A chunk of a job that was taken, for the `fence`-th time."""

    job: str
    chunk: str
    fence: int


class Leases:
    """Leases in the file of the ledger, for this process. `alive` says of an owner whether it still runs."""

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float] = time.monotonic,
        owner: str = "",
        alive: Callable[[str], bool] | None = None,
    ) -> None:
        self._db = apsw.Connection(str(path))
        self._db.set_busy_timeout(60_000)  # a commit of another process may take long
        self._db.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL").fetchall()
        self._db.execute(_TABLE)
        self._clock = clock
        self._owner = owner or _this_process()
        self._alive = alive or _is_alive

    def close(self) -> None:
        self._db.close()

    def take(self, job: str, chunk: str, seconds: float) -> Lease | None:
        """Take a chunk for so long; None where somebody else has it. One that is finished can be taken again: whoever
        wants it has not got its result any more."""
        now = self._clock()
        with self._alone():
            row = self._db.execute(
                "SELECT fence, owner, until, result FROM chunks WHERE job=? AND chunk=?", (job, chunk)
            ).fetchone()
            fence, owner, until, result = row or (0, "", 0.0, "")
            held = not result and owner not in ("", self._owner) and until > now and self._alive(owner)
            if not held:
                self._db.execute(
                    "INSERT OR REPLACE INTO chunks VALUES (?,?,?,?,?,'')",
                    (job, chunk, fence + 1, self._owner, now + seconds),
                )
        return None if held else Lease(job, chunk, fence + 1)

    def extend(self, lease: Lease, seconds: float) -> bool:
        """Keep it for so long from now; False where it was taken since."""
        return self._change(lease, "until=?", (self._clock() + seconds,))

    def finish(self, lease: Lease, result: str) -> bool:
        """The chunk is done, with a digest of its result; False where it was taken since: then it is not."""
        return self._change(lease, "result=?", (result,))

    def give_up(self, lease: Lease) -> bool:
        """Whoever comes next may take it at once."""
        return self._change(lease, "owner=''", ())

    def finished(self, job: str) -> dict[str, str]:
        """Chunks of a job that are done, with the digests of their results."""
        rows = self._db.execute("SELECT chunk, result FROM chunks WHERE job=? AND result!=''", (job,))
        return {str(chunk): str(result) for chunk, result in rows}

    def forget(self, job: str) -> None:
        """The whole job is done."""
        self._db.execute("DELETE FROM chunks WHERE job=?", (job,))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """A transaction that nobody else writes in."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            self._db.execute("COMMIT")

    def _change(self, lease: Lease, what: str, values: tuple[float | str, ...]) -> bool:
        self._db.execute(
            f"UPDATE chunks SET {what} WHERE job=? AND chunk=? AND fence=? AND result=''",
            (*values, lease.job, lease.chunk, lease.fence),
        )
        return self._db.changes() == 1


def _this_process() -> str:
    return f"{os.getpid()} {_started(os.getpid())}"


def _is_alive(owner: str) -> bool:
    """Does the process still run, and is it the same one?"""
    number, _, started = owner.partition(" ")
    return bool(started) and _started(int(number)) == started


def _started(process: int) -> str:
    """When a process started, with which start of the machine that was; "" where there is none."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return f"{fields[19]} {Path('/proc/sys/kernel/random/boot_id').read_text('ascii').strip()}"
    except OSError:
        return ""
