# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seeds an archive by one session in this process, or by several in processes of their own that are looked after."""

import contextlib
import multiprocessing
import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Final, Protocol

from onrecord.archive.core import Archive
from onrecord.archive.seed_process import ASK_EVERY, Failed, Ready, Report, run
from onrecord.archive.seed_state import ShardState
from onrecord.archive.seeding import Need, Part, Seeds, chosen
from onrecord.errors import MirrorFailed, UsageError
from onrecord.mirror.network import split, with_port
from onrecord.mirror.session import Seen, Session

#: Files that one session takes: about 0.8 kB of memory for each was measured, so 4 GB for as many.
FILES_A_SHARD: Final = 5_000_000
#: Seconds of the first pause before a shard that died is begun again, and of the longest; each is twice the last.
PAUSES: Final = (1.0, 60.0)
#: Seconds after which a shard that runs is taken to be well, so that its next pause is the first again.
_WELL: Final = 60.0
#: Seconds after which a shard that says nothing is taken to hang. It says something every few, and after each torrent
#: that it looks at.
SILENCE: Final = 60.0
#: Seconds that a shard may take to end before it is killed.
_LAST: Final = 20.0
_MOST_PORT: Final = 65_535


class Seeding(Protocol):
    """What seeds; it has begun, and `close` ends it."""

    def tend(self, seconds: float) -> None:
        """Spend so many seconds at it: ask the rights again, begin what died."""

    def states(self) -> list[ShardState]: ...

    def torrents(self) -> list[str]:
        """What is seeded, by the names of the torrents."""

    def seen(self) -> list[Seen]:
        """Who takes part, as the sessions saw it last."""

    def close(self) -> None: ...


def begin(
    archive: Archive,
    count: int,
    listen: str,
    trackers: bool = False,
    limit: int = 0,
    need: Need | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Seeding:
    """Seed what may be given out by so many sessions; what happens to them is said.

    With `trackers` the sessions announce themselves to those that torrents name. With `limit` no more volumes are
    seeded at a time, in the order of `need`.
    """
    if count == 1:
        return Here(archive, listen, trackers, limit, need)
    return Shards(archive, count, listen, trackers, limit, need, say)


def enough(files: int) -> int:
    """How many sessions it takes for so many files."""
    return max(1, -(-files // FILES_A_SHARD))


def deal(volumes: Mapping[str, int], parts: Sequence[Collection[str]]) -> list[frozenset[str]]:
    """The volumes (names and numbers of files) over the parts, in as many parts as there are.

    One that has its place keeps it, for it would be begun anew elsewhere; the others go, largest first, to the part
    that has the fewest files.
    """
    dealt = [{name for name in part if name in volumes} for part in parts]
    sizes = [sum(volumes[name] for name in part) for part in dealt]
    placed = set().union(*dealt)
    for name in sorted(volumes.keys() - placed, key=lambda name: (-volumes[name], name)):
        least = min(range(len(sizes)), key=lambda number: (sizes[number], number))
        dealt[least].add(name)
        sizes[least] += volumes[name]
    return [frozenset(part) for part in dealt]


class Here:
    """One session in this process."""

    def __init__(
        self, archive: Archive, listen: str, trackers: bool = False, limit: int = 0, need: Need | None = None
    ) -> None:
        self._session = Session(listen, trackers=trackers)
        try:
            self._seeds = Seeds(archive, self._session, limit, need)
            self._names = self._seeds.ask_again()
        except BaseException:
            self._session.close()
            raise

    def tend(self, seconds: float) -> None:
        time.sleep(seconds)
        self._names = self._seeds.ask_again()

    def states(self) -> list[ShardState]:
        return [ShardState(1, os.getpid(), self._session.port, True, len(self._names), self._seeds.files, 1)]

    def torrents(self) -> list[str]:
        return list(self._names)

    def seen(self) -> list[Seen]:
        return self._session.seen()

    def close(self) -> None:
        self._session.close()


class Shards:
    """Several sessions, each in a process of its own and with its own port: the one named, and those above it.

    A process that dies is begun again, by the same port and with the same volumes, after a pause that grows while it
    does not stay; `say` is told. So is one that hangs: that says nothing for `silence` seconds, though it has something
    to say `every` few. Where one cannot begin at all at the start, MirrorFailed, and none runs.
    """

    def __init__(
        self,
        archive: Archive,
        count: int,
        listen: str,
        trackers: bool = False,
        limit: int = 0,
        need: Need | None = None,
        say: Callable[[str], None] = lambda line: None,
        pauses: tuple[float, float] = PAUSES,
        silence: float = SILENCE,
        every: float = ASK_EVERY,
    ) -> None:
        _, port = split(listen)
        if port and port + count - 1 > _MOST_PORT:
            raise UsageError(
                f"{listen}: {count} sessions need the ports {port} to {port + count - 1}",
                f"name a port of at most {_MOST_PORT - count + 1}",
            )
        self._archive, self._limit, self._need, self._say = archive, limit, need, say
        self._at: object = None
        self._silence = silence
        self._shards = [
            _Shard(archive, number, with_port(listen, port and port + number - 1), trackers, pauses, every)
            for number in range(1, count + 1)
        ]
        try:
            self._deal()
            for shard in self._shards:
                shard.begin()
            while not all(shard.report for shard in self._shards):
                if died := self._turn(ASK_EVERY):
                    raise MirrorFailed(f"shard {died.number} cannot seed: {died.why}", died.hint)
        except BaseException:
            self.close()
            raise

    def tend(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if died := self._turn(left):
                self._say(
                    f"shard {died.number} ended ({died.why}): its volumes are seeded again in {died.pause:.0f} s"
                )
        self._deal()

    def states(self) -> list[ShardState]:
        return [shard.state() for shard in self._shards]

    def torrents(self) -> list[str]:
        reports = [shard.report for shard in self._shards if shard.report]
        return [name for report in reports for name in report.torrents]

    def seen(self) -> list[Seen]:
        return [seen for shard in self._shards if shard.report for seen in shard.report.seen]

    def close(self) -> None:
        for shard in self._shards:
            shard.part_with()
        end = time.monotonic() + _LAST
        for shard in self._shards:
            shard.end(max(end - time.monotonic(), 0))

    def _deal(self) -> None:
        """Deal anew if anything was committed since, or the day is another."""
        at = (self._archive.ledger.seq, self._archive.today)
        if at == self._at:
            return
        volumes = chosen(self._archive, self._limit, self._need)
        parts = deal(volumes, [shard.part.volumes for shard in self._shards])
        for shard, part in zip(self._shards, parts, strict=True):
            shard.part = Part(part, papers=shard.number == 1)
        self._at = at

    def _turn(self, seconds: float) -> "_Shard | None":
        """Wait for word, a death, a silence or the time to begin again; the first shard that ended meanwhile."""
        now = time.monotonic()
        for shard in self._shards:
            if not shard.runs and shard.again <= now:
                shard.begin()
        lines = {shard.line: shard for shard in self._shards if shard.line is not None}
        soon = [(shard.heard + self._silence if shard.runs else shard.again) - now for shard in self._shards]
        heard = wait(list(lines), max(min([seconds, *soon]), 0))
        for line in heard:
            shard = lines[line]  # type: ignore[index]
            if not shard.hear():
                return shard
        for shard in lines.values():
            # What it said while this process was at something else has not been heard yet.
            if shard.is_silent(self._silence):
                shard.kill(f"said nothing for {self._silence:.0f} s")
                return shard
        return None


class _Shard:
    """A process that seeds, and is begun again."""

    def __init__(
        self,
        archive: Archive,
        number: int,
        listen: str,
        trackers: bool,
        pauses: tuple[float, float],
        every: float,
    ) -> None:
        self.number = number
        self.part = Part(frozenset(), papers=False)
        self.line: Connection | None = None
        self.report: Report | None = None
        #: When to begin again, and how long that is from the death on.
        self.again = self.pause = 0.0
        #: When it was last heard of.
        self.heard = 0.0
        self.why = self.hint = ""
        self._folder, self._listen, self._trackers = archive.folder, listen, trackers
        self._pauses, self._every = pauses, every
        self._process: BaseProcess | None = None
        self._port = self._starts = 0
        self._told: Part | None = None
        self._begun = 0.0

    @property
    def runs(self) -> bool:
        return self._process is not None

    def begin(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.line, theirs = context.Pipe()
        # Its port is known to peers by now.
        listen = with_port(self._listen, self._port) if self._port else self._listen
        self._process = context.Process(
            target=run, args=(self._folder, listen, self._trackers, theirs, self._every), daemon=True
        )
        self._process.start()
        theirs.close()
        self._begun = self.heard = time.monotonic()
        self._starts += 1
        self.why = self.hint = ""

    def hear(self) -> bool:
        """Take what it says; False where it has ended."""
        assert self.line is not None
        try:
            said = self.line.recv()
        except (EOFError, ConnectionError):
            self._bury()
            return False
        self.heard = time.monotonic()
        if isinstance(said, Ready):
            self._port = said.port
            self._tell(self.part)
        elif isinstance(said, Report):
            self.report = said
            # It listens now, for a while: it is told nothing at other times, lest both talk and neither hears.
            if self.part != self._told:
                self._tell(self.part)
        elif isinstance(said, Failed):
            self.why, self.hint = said.message, said.hint
        return True

    def is_silent(self, seconds: float) -> bool:
        """Whether so much time has passed since it was heard of, and nothing that it said waits to be heard."""
        line = self.line
        return line is not None and time.monotonic() - self.heard >= seconds and not line.poll()

    def kill(self, why: str) -> None:
        """End it at once: one that hangs cannot be asked to."""
        process = self._process
        assert process is not None
        process.kill()
        self._bury()
        self.why, self.hint = why, "its disk may not answer: look into the system's log"

    def state(self) -> ShardState:
        report, process = self.report, self._process
        return ShardState(
            number=self.number,
            pid=(process.pid or 0) if process else 0,
            port=self._port,
            up=report is not None,
            torrents=len(report.torrents) if report else 0,
            files=report.files if report else 0,
            starts=self._starts,
        )

    def part_with(self) -> None:
        """Ask it to end."""
        self._tell(None)

    def end(self, seconds: float) -> None:
        """Wait so long for its end, then make one."""
        process, line = self._process, self.line
        if process is not None:
            process.join(seconds)
            if process.is_alive():
                process.kill()
                process.join()
        if line is not None:
            line.close()
        self._process = self.line = self.report = self._told = None

    def _bury(self) -> None:
        process = self._process
        assert process is not None
        process.join(_LAST)
        code = process.exitcode
        self.why = self.why or (f"signal {-code}" if code is not None and code < 0 else f"exit code {code}")
        self.end(0)
        first, most = self._pauses
        was_well = time.monotonic() - self._begun >= _WELL
        self.pause = first if was_well or not self.pause else min(2 * self.pause, most)
        self.again = time.monotonic() + self.pause

    def _tell(self, part: Part | None) -> None:
        self._told = part
        # One that is gone is noticed when it is listened to.
        if self.line is not None:
            with contextlib.suppress(OSError):
                self.line.send(part)
