# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`kill -9`, anywhere: at random moments, and before each single step that reaches the disk (faults 1 to 4, 9, 49)."""

import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from onrecord.archive import Archive
from tests.pipeline.musicbrainz import recording
from tests.pipeline.pieces import answer, onrecord, pieces, start
from tests.pipeline.whole import assert_whole

# Random moments --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kills", [3, pytest.param(30, marks=[pytest.mark.slow, pytest.mark.timeout(1200)])], ids=["few", "many"]
)
def test_random_kills_of_add_and_publish(tmp_path: Path, kills: int) -> None:
    """One archive lives through all of them: half hit `add`, half `publish`; every other one spares the workers."""
    rng = random.Random(20261122)
    folder = tmp_path / "archive"
    answer("init", folder)
    spans = {"add": 4.0, "publish": 4.0}
    landed = 0
    for number in range(kills):
        verb = ("add", "publish")[number % 2]
        music = pieces(tmp_path / f"in-{number // 2}", range(number * 50, number * 50 + 40))
        command = (
            ["-C", folder, "add", "--held-as", "owner", music] if verb == "add" else ["-C", folder, "publish"]
        )
        # Stratified, so that few kills still cover the whole span.
        at = spans[verb] * (number // 2 + rng.random()) / (kills / 2)
        landed += killed(command, at, group=number % 4 < 2)

        begun = time.monotonic()
        done = onrecord(*command, "--json", "--quiet", apart=True)
        assert done.returncode == 0, done.stderr
        spans[verb] = time.monotonic() - begun
        assert_whole(folder)
        with Archive.open(folder) as archive:
            assert archive.ledger.blob_totals()[0] == 40 * (number // 2 + 1)
            assert len(archive.ledger.editions()) == (number + 1) // 2
    assert landed >= kills // 2, "too many runs had ended before their kill"


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_random_kills_of_harvest(tmp_path: Path) -> None:
    """Nothing is lost, nothing is doubled, and the cursor stands where an undisturbed harvest leaves it."""
    kills = 30
    rng = random.Random(20261125)
    count = 52_000  # more than are committed at a time
    dump = tmp_path / "recording.jsonl"
    with dump.open("w") as file:
        for number in range(count):
            file.write(json.dumps(recording(f"Piece {number}", f"Artist {number % 500}", 180_000)) + "\n")

    def harvest(folder: Path) -> list[Any]:
        return ["-C", folder, "harvest", "musicbrainz-json", dump, "--json", "--quiet"]

    answer("init", tmp_path / "undisturbed")
    begun = time.monotonic()
    assert onrecord(*harvest(tmp_path / "undisturbed"), apart=True).returncode == 0
    span = time.monotonic() - begun
    expected = harvested(tmp_path / "undisturbed")
    assert expected["records"] == expected["names"] == expected["tracks"] == count
    landed = 0
    for number in range(kills):
        folder = tmp_path / f"archive-{number}"
        answer("init", folder)
        landed += killed(harvest(folder), span * (number + rng.random()) / kills, group=True)
        done = onrecord(*harvest(folder))
        assert done.returncode == 0, done.stderr
        assert harvested(folder) == expected
        assert_whole(folder)
        shutil.rmtree(folder)
    assert landed >= kills // 2, "too many runs had ended before their kill"


def harvested(folder: Path) -> dict[str, Any]:
    with Archive.open(folder) as archive, archive.duck() as duck:
        [(records, names)] = duck.run("SELECT count(*), count(DISTINCT record) FROM records")
        [(tracks, digest)] = duck.run(
            "SELECT count(*), bit_xor(hash(id, title, artist, duration_ms, mbid)) FROM tracks"
        )
        ledger = archive.ledger.dump()
        return {
            "records": records,
            "names": names,
            "tracks": tracks,
            "digest": digest,
            "cursors": ledger["cursors"],
            "marks": ledger["records"],
        }


def killed(command: list[Any], after: float, group: bool) -> bool:
    """Start a command, kill it after a while: its process group, or the parent alone. Did that find it running?"""
    process = start(*command)
    try:
        process.wait(timeout=after)
        found = False
    except subprocess.TimeoutExpired:
        found = True
    (os.killpg if group else os.kill)(process.pid, signal.SIGKILL) if found else None
    process.communicate()
    return found


def test_workers_do_not_outlive_their_parent(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    answer("init", folder)
    process = start("-C", folder, "add", "--held-as", "owner", pieces(tmp_path / "in", range(200)))
    try:
        assert until(lambda: len(members(process.pid)) > 1), "no worker was ever seen"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert until(lambda: members(process.pid) == [])
    finally:
        process.communicate()


def members(group: int) -> list[int]:
    """Processes of a group that are still running."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, owner = path.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(owner) == group and state != "Z":
            found.append(int(path.parent.name))
    return found


def until(true: Callable[[], bool], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return False


# Every step ------------------------------------------------------------------------------------------------------
#
# A child of a process that has everything imported and no threads runs a command with `os._exit` before its n-th step.
# `os._exit` runs no clean-up, like a kill.

_KILLED = 9
_WHOLE = 0


def _steps(at: int) -> None:
    """Leave before the `at`-th call of anything that changes what is on disk."""
    from onrecord.ledger import Ledger, Log
    from onrecord.store import roots

    count = 0

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count == at:
                os._exit(_KILLED)
            return function(*args, **kwargs)

        return call

    for name in ("rename", "replace", "unlink", "mkdir", "rmdir", "fsync", "ftruncate", "link"):
        setattr(os, name, counted(getattr(os, name)))
    roots._syncfs = counted(roots._syncfs)
    for owner, name in ((Log, "append"), (Ledger, "index")):
        setattr(owner, name, counted(getattr(owner, name)))


def _add(folder: Path, music: Path, arrival: str) -> None:
    from onrecord.archive import add as module
    from onrecord.store import Arrival

    # The same work in this process: workers of their own would each import everything anew.
    module.Workers.map = lambda self, function, chunks: map(function, chunks)
    module._CHUNK_FILES = module._COMMIT_FILES = 2
    with Archive.open(folder) as archive:
        report = module.add(archive, [music], held_as="owner", arrival=Arrival(arrival))
        assert report.refused == []
    assert bool(list(music.glob("*.wav"))) == (arrival == "copy")


def _harvest(folder: Path, dump: Path) -> None:
    from onrecord.archive import harvest as module

    module._COMMIT_RECORDS = 4
    with Archive.open(folder) as archive:
        module.harvest(archive, "musicbrainz-json", dump)
    kept = harvested(folder)
    assert kept["records"] == kept["names"] == kept["tracks"] == 12


def _publish(folder: Path, keys: Path) -> None:
    from onrecord.archive.publishing import publish

    os.environ["ONRECORD_KEYS"] = str(keys)
    with Archive.open(folder) as archive:
        publish(archive)


def _interrupted(run: Callable[[], None], at: int) -> None:
    _steps(at)
    run()
    os._exit(_WHOLE)


def _again(run: Callable[[], None], folder: Path) -> None:
    run()
    assert_whole(folder)
    os._exit(_WHOLE)


def in_child(context: Any, function: Callable[..., None], *arguments: Any) -> int:
    process = context.Process(target=function, args=arguments)
    process.start()
    process.join(120)
    if process.exitcode is None:
        process.kill()
        pytest.fail("hangs")
    return int(process.exitcode)


@pytest.fixture(scope="module")
def context() -> Any:
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(["tests.pipeline.preloaded"])
    return made


def every_step(
    context: Any, scene: Callable[[Path], tuple[Path, Callable[[], None]]], place: Path, stride: int
) -> int:
    """Set a scene, kill a run before its n-th step, run again, look; for every `stride`-th n until no kill comes.

    Gives the number of kills.
    """
    kills, at = 0, 1 + stride // 2
    while True:
        folder, run = scene(place / str(at))
        code = in_child(context, _interrupted, run, at)
        assert code in (_KILLED, _WHOLE), f"step {at}"
        assert in_child(context, _again, run, folder) == _WHOLE, f"after a kill before step {at}"
        shutil.rmtree(place / str(at))
        if code == _WHOLE:
            return kills
        kills += 1
        at += stride


def strides(some: int) -> Any:
    each = pytest.param(1, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])
    return pytest.mark.parametrize("stride", [some, each], ids=["some", "each"])


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory, context: Any) -> Path:
    """An archive with an edition, and three pieces that came after it."""
    folder = tmp_path_factory.mktemp("ready") / "archive"
    Archive.create(folder).close()
    for run in (
        partial(_add, folder, pieces(folder.parent / "one", range(3)), "copy"),
        partial(_publish, folder, folder.parent / "keys"),
        partial(_add, folder, pieces(folder.parent / "two", range(10, 13)), "copy"),
    ):
        assert in_child(context, _again, run, folder) == _WHOLE
    return folder


@strides(some=48)
@pytest.mark.parametrize("arrival", ["copy", "move"])
def test_add_killed_before_every_step(context: Any, tmp_path: Path, arrival: str, stride: int) -> None:
    music = pieces(tmp_path / "music", range(3))

    def scene(place: Path) -> tuple[Path, Callable[[], None]]:
        shutil.copytree(music, place / "music")
        Archive.create(place / "archive").close()
        return place / "archive", partial(_add, place / "archive", place / "music", arrival)

    assert every_step(context, scene, tmp_path / "scenes", stride) * stride > 60


@strides(some=150)
def test_publish_killed_before_every_step(context: Any, ready: Path, tmp_path: Path, stride: int) -> None:
    def scene(place: Path) -> tuple[Path, Callable[[], None]]:
        shutil.copytree(ready, place / "archive")
        return place / "archive", partial(_publish, place / "archive", ready.parent / "keys")

    assert every_step(context, scene, tmp_path / "scenes", stride) * stride > 60


@strides(some=16)
def test_harvest_killed_before_every_step(context: Any, tmp_path: Path, stride: int) -> None:
    dump = tmp_path / "recording.jsonl"
    pieces = (recording(f"Piece {number}", f"Artist {number % 5}", 180_000) for number in range(12))
    dump.write_text("".join(json.dumps(piece) + "\n" for piece in pieces))

    def scene(place: Path) -> tuple[Path, Callable[[], None]]:
        Archive.create(place / "archive").close()
        return place / "archive", partial(_harvest, place / "archive", dump)

    assert every_step(context, scene, tmp_path / "scenes", stride) * stride > 30
