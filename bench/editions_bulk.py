# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The volumes of 86 million files and 300 TB: streamed from made-up records, sizes summed, nothing kept.

Sums are saved at the end of a volume, so a run that was killed goes on from there; `check` is a digest over all
info-hashes in their order, the same whether it was killed or not.
"""

import hashlib
import time
from pathlib import Path
from typing import Any, Final

import msgspec
from editions_assembly import WANTED
from editions_records import WHOLE, Records, largest_memory
from measure import progress
from msgspec import Struct

from onrecord.publish.volume import build, cut, name_for

_SAVE_EVERY: Final = 30.0


class Sums(Struct, forbid_unknown_fields=True):
    """What was done so far. `cpu_s` is of assembly, `records_cpu_s` of making up the records."""

    files: int = 0
    bytes: int = 0
    volumes: int = 0
    metainfo: int = 0
    tag_files: int = 0
    most_metainfo: int = 0
    most_files: int = 0
    most_bytes: int = 0
    cpu_s: float = 0.0
    records_cpu_s: float = 0.0
    wall_s: float = 0.0
    runs: int = 0
    first_memory: int = 0
    peak_memory: int = 0
    check: str = ""


def measure(folder: Path, rounds: int, size: int) -> dict[str, Any]:
    state = folder / "bench-editions-bulk.json"
    sums = msgspec.json.decode(state.read_bytes(), type=Sums) if state.exists() else Sums()
    sums.runs += 1
    _go_on(sums, min(sums.files + size, WHOLE), state)
    whole = sums.files == WHOLE
    if whole:
        state.unlink()
    rate = sums.files / sums.cpu_s
    return {
        "whole": whole,
        "goes_on_from": "" if whole else str(state),
        **msgspec.structs.asdict(sums),
        "files_a_cpu_s": round(rate),
        "metainfo_bytes_a_file": round(sums.metainfo / sums.files, 1),
        "core_hours_for_the_whole": round(WHOLE / rate / 3600, 2),
        "kept_bytes": 0,
        "limits": {
            "files": {"wanted": WHOLE, "met": whole},
            "bytes": {"wanted": 300 * 10**12, "met": sums.bytes >= 299 * 10**12},
            "hybrid_files_a_cpu_s": {"wanted": WANTED, "met": rate >= WANTED},
            "metainfo": {"wanted": 8_000_000, "met": sums.most_metainfo <= 8_000_000},
            "files_a_volume": {"wanted": 18_000, "met": sums.most_files <= 18_000},
        },
    }


def _go_on(sums: Sums, stop: int, state: Path) -> None:
    records = Records(sums.files, stop)
    cpu, wall, saved, made = time.process_time(), time.monotonic(), time.monotonic(), 0.0
    for group in cut(records):
        if sums.files + len(group) == stop < WHOLE:
            break  # the last group may only be cut short by where this run ends
        volume = build(name_for("bench", group), group)
        size, metainfo = volume.torrent.size, len(volume.torrent.metainfo)
        tags = sum(map(len, volume.tag_files.values()))
        count = len(group) + len(volume.tag_files)
        sums.files += len(group)
        sums.bytes += size - tags
        sums.volumes += 1
        sums.metainfo += metainfo
        sums.tag_files += tags
        sums.most_metainfo = max(sums.most_metainfo, metainfo)
        sums.most_files = max(sums.most_files, count)
        sums.most_bytes = max(sums.most_bytes, size)
        sums.check = hashlib.sha256(bytes.fromhex(sums.check) + volume.torrent.info_hash_v2).hexdigest()
        now, then = time.process_time(), time.monotonic()
        sums.cpu_s += now - cpu - (records.spent - made)
        sums.records_cpu_s += records.spent - made
        sums.wall_s += then - wall
        cpu, wall, made = now, then, records.spent
        sums.first_memory = sums.first_memory or largest_memory()
        sums.peak_memory = max(sums.peak_memory, largest_memory())
        if then - saved > _SAVE_EVERY:
            _save(sums, state)
            saved = then
    _save(sums, state)


def _save(sums: Sums, state: Path) -> None:
    progress(f"{sums.files:,} files in {sums.volumes} volumes, {sums.bytes / 1e12:.1f} TB")
    part = state.with_suffix(".part")
    part.write_bytes(msgspec.json.encode(sums))
    part.replace(state)
