# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes from digest records that lie in memory: cut, named, tag files made, torrents put together.

Starting up is measured apart: a process that imports what is needed and does nothing else, beside one that imports
nothing.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from editions_records import Records, largest_memory
from measure import cost, progress, spread

from onrecord.publish.volume import Form, VolumeFile, build, cut, name_for

WANTED: Final = 25_000


def measure(folder: Path, rounds: int, size: int) -> dict[str, Any]:
    progress(f"making {size} records")
    files = list(Records(0, size))
    rates: dict[Form, list[float]] = {"hybrid": [], "v2": []}
    metainfo: dict[Form, int] = {}
    for number in range(rounds):
        for form in rates:
            progress(f"round {number + 1} of {rounds}, {form}")
            start = time.process_time()
            metainfo[form] = assemble(files, form)[1]
            rates[form].append(size / (time.process_time() - start))
    hybrid = spread(rates["hybrid"])
    return {
        "files": size,
        "bytes": sum(file.digests.size for file in files),
        "rounds": rounds,
        "unit": "files a CPU second: cut, named, tag files, torrent",
        "hybrid": hybrid,
        "v2_only": spread(rates["v2"]),
        "metainfo_bytes_a_file": {form: round(total / size, 1) for form, total in metainfo.items()},
        "start_up_cpu_s": _start_up(),
        "peak_memory_bytes_records_included": largest_memory(),
        "limits": {"hybrid_files_a_cpu_s": {"wanted": WANTED, "met": hybrid["median"] >= WANTED}},
    }


def assemble(files: Sequence[VolumeFile], form: Form = "hybrid") -> tuple[int, int]:
    """How many volumes these files are, and the bytes of their metainfo."""
    volumes = metainfo = 0
    for group in cut(files):
        volumes += 1
        metainfo += len(build(name_for("bench", group), group, form=form).torrent.metainfo)
    return volumes, metainfo


def _start_up() -> dict[str, float]:
    """CPU seconds of a bare interpreter, and of one that imports what assembly needs."""
    imports = "import onrecord.publish.volume"
    return {
        "bare": min(cost([sys.executable, "-c", ""])["cpu_s"] for _ in range(3)),
        "with_imports": min(cost([sys.executable, "-c", imports])["cpu_s"] for _ in range(3)),
    }
