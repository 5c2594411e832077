# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many mirrors of one archive, each a process with its own plan, while everything goes wrong that can.

Random kills, full disks, flipped bits, a peer that lies, feeds that are old, frozen or put together from two: at the
end each file is whole at the holders whose plan has it, and each liar was refused by name.
"""

import datetime as dt
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from onrecord.archive import Archive, mirroring, planning
from onrecord.archive.add import add
from onrecord.archive.editions import read_manifest
from onrecord.archive.keyholding import feed_folder
from onrecord.archive.publishing import publish
from tests.pipeline.pieces import answer, onrecord, pieces, start
from tests.pipeline.whole import assert_whole

#: Editions of the origin; each brings a volume. The days are how long ago each was published.
_AGES = (40, 2, 1, 0)
_BATCH = 4


@pytest.mark.slow
@pytest.mark.parametrize(
    "count",
    [
        pytest.param(4, marks=pytest.mark.timeout(900), id="few"),
        pytest.param(20, marks=pytest.mark.timeout(3600), id="twenty"),
    ],
)
def test_every_file_is_whole_at_the_holders_that_the_plan_chose(tmp_path: Path, count: int) -> None:
    source = random.Random(20261128)
    origin = Origin(tmp_path / "origin")
    mirrors = [Mirror(tmp_path, number, origin) for number in range(count)]
    frozen = mirrors[1]
    for mirror in mirrors:
        mirror.follow(*((0, 40) if mirror is frozen else (2, 1)))
    with ExitStack() as stack:
        honest = stack.enter_context(seeding(origin.folder))
        liar = stack.enter_context(seeding(origin.lying_copy(tmp_path / "liar"), lying=True))

        # What is too old, and what does not belong together, is refused by name before a byte of it is used.
        frozen.offer(0)
        refused = frozen.sync([honest])
        assert refused.returncode == 3 and "feed expired on" in refused.stdout, refused.stderr
        mirrors[2].offer(3, mixed_with=2)
        refused = mirrors[2].sync([honest])
        assert refused.returncode == 4 and "do not belong together" in refused.stderr

        # A liar alone brings nothing, and is named.
        mirrors[3].offer(3)
        refused = mirrors[3].sync([liar], patience=2)
        assert refused.returncode == 1 and f"(from 127.0.0.1:{liar})" in refused.stderr, refused.stderr

        landed, peers = 0, [honest, liar]
        for begin in range(0, count, _BATCH):
            batch = mirrors[begin : begin + _BATCH]
            for mirror in batch:
                mirror.offer(3)
                mirror.plan(source.choice([0.3, 0.6, 0.6, 1.0]), origin)
            # A limit on the size of files stands for a full disk.
            full = batch[1 % len(batch)].sync(peers, limit=(resource.RLIMIT_FSIZE, 40_000))
            assert full.returncode == 1 and "see that there is room" in full.stderr, full.stderr
            running = [(mirror, mirror.start(peers)) for mirror in batch]
            for _, process in running:
                landed += killed(process, source.uniform(0.3, 2.5))
            running = [(mirror, mirror.start(peers)) for mirror in batch]
            for _, process in running:
                _, said = process.communicate(timeout=300)
                assert process.returncode == 0, said
            # From here on it is a swarm: whoever is done gives out what it has.
            if begin + _BATCH < count:
                peers += [stack.enter_context(seeding(mirror.folder)) for mirror in batch]
        assert landed, "no kill found a run that was still going"

        mirrors[0].offer(2)
        refused = mirrors[0].sync([honest])
        assert refused.returncode == 4 and "an older state than the one seen before" in refused.stderr
        mirrors[0].offer(3)

        for mirror in source.sample(mirrors, max(2, count // 4)):
            if (damaged := mirror.flip(source)) is not None:
                found = answer("mirror", "check", "-C", mirror.folder, code=4)
                assert [file for volume in found["volumes"] for file in volume["damaged"]] == [damaged]
                mended = onrecord(
                    *("mirror", "repair", "--peer", f"127.0.0.1:{liar}", "--peer", f"127.0.0.1:{honest}"),
                    *("-C", mirror.folder),
                )
                assert mended.returncode == 0, mended.stderr

    holders: dict[str, int] = dict.fromkeys(origin.volumes, 0)
    for mirror in mirrors:
        names = mirror.whole()
        for name in names:
            holders[name] += 1
        assert_whole(mirror.folder)
    assert sum(holders.values()) >= count, "each plan had room for something"
    assert min(holders.values()) > 0 or count < 10, holders


class Origin:
    """An archive with an edition of each age, and its feed as it was at each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.feeds: list[Path] = []
        Archive.create(folder).close()
        now = dt.datetime.now(dt.UTC)
        for number, age in enumerate(_AGES):
            with Archive.open(folder, lambda age=age: now - dt.timedelta(days=age)) as archive:  # type: ignore[misc]
                music = pieces(folder.parent / f"in-{number}", range(10 * number, 10 * number + 3 + number))
                add(archive, [music], held_as="owner")
                publish(archive)
                place = folder.parent / "feeds" / str(number)
                self.feeds.append(shutil.copytree(feed_folder(folder), place))
                self.volumes = {
                    entry.name: entry.size for entry in read_manifest(archive, number + 1).volumes
                }
        assert len(self.volumes) == len(_AGES)

    def lying_copy(self, folder: Path) -> Path:
        """The same archive, with a wrong byte in the middle of each of its blobs."""
        # What the origin counts while it seeds comes and goes under the copy.
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("swarm.sqlite*"))
        for path in folder.glob("blobs/??/??/*"):
            flip(path)
        return folder


class Mirror:
    """One mirror's folder, and the address of the feed that it follows, behind which anything may lie."""

    def __init__(self, place: Path, number: int, origin: Origin) -> None:
        self.folder = place / f"mirror-{number}"
        self._feed = place / f"feed-of-{number}"
        self._origin = origin
        Archive.create(self.folder).close()

    def follow(self, state: int, age: int) -> None:
        """Begin with a state of the feed, so many days ago."""
        self.offer(state)
        then = dt.datetime.now(dt.UTC) - dt.timedelta(days=age)
        with Archive.open(self.folder, lambda: then) as archive:
            mirroring.follow(archive, str(self._feed / "feed.json"))

    def offer(self, state: int, mixed_with: int | None = None) -> None:
        """Have the feed be in a state; `mixed_with` puts the bytes of another state's snapshot under its name."""
        shutil.rmtree(self._feed, ignore_errors=True)
        shutil.copytree(self._origin.feeds[state], self._feed)
        if mixed_with is not None:
            mine, other = newest_snapshot(self._feed), newest_snapshot(self._origin.feeds[mixed_with])
            mine.write_bytes(other.read_bytes())

    def plan(self, part: float, origin: Origin) -> None:
        with Archive.open(self.folder) as archive:
            planning.make(archive, int(part * sum(origin.volumes.values())))

    def start(self, peers: Sequence[int], **options: Any) -> "subprocess.Popen[str]":
        return start(*self._command(peers), **options)

    def sync(
        self, peers: Sequence[int], patience: float = 90, **options: Any
    ) -> "subprocess.CompletedProcess[str]":
        return onrecord(*self._command(peers, patience), **options)

    def _command(self, peers: Sequence[int], patience: float = 90) -> list[object]:
        named = [word for port in peers for word in ("--peer", f"127.0.0.1:{port}")]
        return ["mirror", "sync", *named, "--patience", patience, "--quiet", "-C", self.folder]

    def flip(self, source: random.Random) -> str | None:
        """Flip a bit of a blob, whose digest is given; None where the plan has brought none."""
        blobs = sorted(self.folder.glob("blobs/??/??/*"))
        if not blobs:
            return None
        path = source.choice(blobs)
        flip(path)
        return path.name

    def whole(self) -> set[str]:
        """The volumes that are here whole: just those of the plan."""
        with Archive.open(self.folder) as archive:
            plan = archive.ledger.plan()
            shares = planning.shares(archive)
        assert plan is not None
        here = {share.volume for share in shares if share.held_files == share.files}
        assert here == set(plan.volumes)
        assert sum(self._origin.volumes[name] for name in here) <= plan.space
        assert all(not share.held for share in shares if share.volume not in here)
        return here


def newest_snapshot(feed: Path) -> Path:
    return max(feed.glob("*.snapshot.json"), key=lambda path: int(path.name.partition(".")[0]))


@contextmanager
def seeding(folder: Path, *, lying: bool = False) -> Iterator[int]:
    """A process that gives out what an archive has; the port that it listens on."""
    process = lie(folder) if lying else start("mirror", "seed", "--json", "--quiet", "-C", folder)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else ""
        yield int(json.loads(line)["port"])
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def lie(folder: Path) -> "subprocess.Popen[str]":
    """A seed that gives out what it has without a look. Where the system forbids writing blobs our own session hashes
    them first; this one is told that it does not."""
    code = (
        "import os, sys, runpy; os.access = lambda *a, **k: True; "
        "sys.argv[0] = 'onrecord'; runpy.run_module('onrecord', run_name='__main__')"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, "mirror", "seed", "--json", "--quiet", "-C", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def killed(process: "subprocess.Popen[str]", after: float) -> bool:
    """Kill a process group after a while; False where it had ended before."""
    try:
        process.wait(timeout=after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return True
    process.communicate()
    return False


def flip(path: Path) -> None:
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    path.chmod(0o444)
