# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every benchmark says about its machine, and what a command cost: time, disk, memory of its process tree."""

import json
import os
import platform
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

#: Above this load (one minute) something else was running, and a rate proves nothing.
QUIET = 0.2
#: Seconds between two looks at what a command takes: a look at gigabytes of memory takes a tenth of them, so that
#: whoever runs long is looked at a thousand times, and each second at least.
_POLL = 0.05
_LOOKS = 1_000


def machine() -> dict[str, Any]:
    """Rates mean little without it."""
    facts: dict[str, str] = {}
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        key, _, value = line.partition(":")
        facts.setdefault(key.strip(), value.strip())
    return {
        "cpu": facts.get("model name", platform.machine()),
        "cores": len(os.sched_getaffinity(0)),
        "sha_instructions": bool(
            {"sha_ni", "sha2"} & set(facts.get("flags", facts.get("Features", "")).split())
        ),
        "python": platform.python_version(),
        "openssl": ssl.OPENSSL_VERSION,
        "kernel": platform.release(),
    }


def load() -> float:
    return round(os.getloadavg()[0], 2)


def spread(values: Iterable[float]) -> dict[str, float]:
    listed = sorted(values)
    return {
        "min": round(listed[0], 3),
        "median": round(statistics.median(listed), 3),
        "max": round(listed[-1], 3),
    }


def progress(line: str) -> None:
    """Standard output holds the one JSON object."""
    print(line, file=sys.stderr, flush=True)


def report(result: dict[str, Any]) -> None:
    print(json.dumps(result, indent=2))


def report_part(area: str, part: str, load_before: float, found: dict[str, Any]) -> None:
    """The one JSON object of a benchmark that is measured part by part."""
    report(
        {
            "schema": f"onrecord.bench.{area}.{part}/1",
            "machine": machine(),
            "load_before": load_before,
            "proven": load_before <= QUIET,
            **found,
        }
    )


def drop_from_cache(paths: Iterable[Path]) -> None:
    """Makes the next read of each file come from the disk; needs no privilege, unlike drop_caches."""
    for path in paths:
        fd = os.open(path, os.O_RDONLY)
        try:
            os.fsync(fd)  # only clean pages can be dropped
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(fd)


def cost(command: Sequence[str | Path]) -> dict[str, Any]:
    """Runs a command to its end. Disk reads are those of the whole tree: the kernel adds a child's to whoever reaps it.

    Memory is the largest sum of PSS over the tree, sampled, so that pages shared by forked workers count once.
    """
    before, cpu, start, peak, most = _own_disk_io(), os.times(), time.monotonic(), 0, 0
    with tempfile.TemporaryFile("w+") as out:
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out) as process:
            while process.poll() is None:
                tree = _tree(process.pid)
                peak, most = max(peak, sum(map(_pss, tree))), max(most, len(tree))
                time.sleep(min(max(_POLL, (time.monotonic() - start) / _LOOKS), 1))
        wall, after, spent = time.monotonic() - start, _own_disk_io(), os.times()
        out.seek(0)
        printed = out.read()
    return {
        "exit_code": process.returncode,
        "stdout": printed,
        "wall_s": round(wall, 2),
        "cpu_s": round(
            spent.children_user + spent.children_system - cpu.children_user - cpu.children_system, 2
        ),
        "disk_read_bytes": after["read_bytes"] - before["read_bytes"],
        "disk_write_bytes": after["write_bytes"] - before["write_bytes"],
        "peak_memory_bytes": peak,
        "most_processes": most,
    }


def _own_disk_io() -> dict[str, int]:
    """Of this process and of every child it has waited for."""
    lines = Path("/proc/self/io").read_text("ascii").splitlines()
    return {key: int(value) for key, value in (line.split(": ") for line in lines)}


def _tree(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                # The name of a program may hold anything, so what follows it is found from its last parenthesis.
                parent = int((entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, queue = [], [root]
    while queue:
        found.append(queue.pop())
        queue += children.get(found[-1], [])
    return found


def _pss(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass  # it ended meanwhile
    return 0
