# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file job on two workers, one of which is killed at a random moment of each round, and comes back after it."""

import random
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from cluster_standalone import Standalone
from measure import progress

from onrecord.archive import Archive
from onrecord.archive.filework import FileWork
from onrecord.engine.spark import Spark

_DAMAGED = 3
_BYTES = 4096


def measure(folder: Path, python: str, files: int, chunk: int, kills: int, seed: int) -> dict[str, Any]:
    chance = random.Random(seed)
    with Archive.create(folder / "archive", "Bench") as archive:
        blobs, damaged = _made(archive, files, chance)
        with Standalone(python, folder) as standalone, Spark(standalone.cluster, folder / "spark") as spark:
            while spark.slots < 2:
                time.sleep(1)
            _round(archive, spark, blobs, damaged, chunk)  # the first has to start Pythons
            quiet = _round(archive, spark, blobs, damaged, chunk)
            progress(f"no kill: {quiet}")
            rounds = []
            for number in range(kills):
                # After some of the chunks, and anywhere within the next.
                after = chance.randrange(-(-files // chunk) - 1)
                moment = chance.uniform(0, 2 * quiet["seconds"] * chunk / files)
                killer = threading.Timer(moment, standalone.kill, [chance.randrange(2)])
                rounds.append(_round(archive, spark, blobs, damaged, chunk, killer, after))
                progress(f"kill {number + 1}: {rounds[-1]}")
    return {
        "files": files,
        "chunks": -(-files // chunk),
        "quiet": quiet,
        "kills": rounds,
        "lost": sum(each["lost"] for each in rounds),
        "doubled": sum(each["doubled"] for each in rounds),
        "wrong": sum(each["wrong"] for each in rounds),
        "most_repeated_a_kill": max((each["repeated"] for each in rounds), default=0),
        "killed_while_it_ran": sum(each["killed"] for each in rounds),
    }


def _made(archive: Archive, files: int, chance: random.Random) -> tuple[list[tuple[str, str, int]], set[str]]:
    blobs = []
    for start in range(0, files, 1_000):
        staged = [
            archive.store.stage_bytes(chance.randbytes(_BYTES))
            for _ in range(start, min(files, start + 1_000))
        ]
        archive.store.commit(staged)
        blobs += [(each.digests.sha256, each.root, each.size) for each in staged]
    damaged = set()
    for sha256, root, _ in chance.sample(blobs, _DAMAGED):
        path = archive.store.path(sha256, root)
        path.chmod(0o644)
        path.write_bytes(bytes(_BYTES))
        damaged.add(sha256)
    return blobs, damaged


def _round(
    archive: Archive,
    spark: Spark,
    blobs: list[tuple[str, str, int]],
    damaged: set[str],
    chunk: int,
    killer: threading.Timer | None = None,
    after: int = 0,
) -> dict[str, Any]:
    begun = time.monotonic()
    said: list[tuple[str, str]] = []
    with FileWork(archive, "verify", spark) as work:
        if killer and not after:
            killer.start()
        for done, (_, rows) in enumerate(work.over(blobs, (chunk, 1 << 40)), start=1):
            if killer and done == after:
                killer.start()
            said += [(row["sha256"], row["state"]) for row in rows]
        seconds = time.monotonic() - begun
        attempts = len((work.folder / "attempts").read_text("utf-8").splitlines())
        killed = killer is not None and killer.finished.is_set()
        if killer:
            killer.join()
    times = Counter(sha256 for sha256, _ in said)
    return {
        "seconds": round(seconds, 2),
        "killed": killed,
        "lost": len(blobs) - len(times),
        "doubled": sum(times.values()) - len(times),
        "wrong": sum((state != "ok") != (sha256 in damaged) for sha256, state in said),
        "killed_after_chunks": after,
        "repeated": attempts - -(-len(blobs) // chunk),
    }
