# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hybrids from digest records against programs that read the files to make them, on the same files, in the same run.

The files are noise of 3.5 MB and are kept between runs in the folder, as their records are: delete it afterwards. What
computing the records took is told apart: an archive does that once, in the one read at which it takes a file in.
"""

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import libtorrent as lt
import msgspec
import numpy as np
from editions_records import cpu
from measure import progress, spread

from onrecord.catalog.tables import FileRow
from onrecord.engine.duck import Duck
from onrecord.engine.parquet import write_rows
from onrecord.model.digests import PIECE, Digests
from onrecord.publish.volume import Volume, VolumeFile, build, cut, name_for
from onrecord.store.digest import digest_file

FILE_BYTES: Final = 3_500_000
#: How many times less CPU is wanted than each of them takes.
WANTED: Final = {"libtorrent": 100, "mktorrent": 40}
#: Rounds of our own assembly: one is over too soon to be measured.
_REPEAT: Final = 10


def measure(folder: Path, rounds: int, size: int) -> dict[str, Any]:
    place = folder / f"bench-editions-{size}"
    count = max(size * 1_000_000 // FILE_BYTES, 2)
    room = shutil.disk_usage(folder).free
    if not place.exists() and room < count * FILE_BYTES * 1.1:
        return {
            "failed": f"{folder}: expected room for {count * FILE_BYTES:,} bytes, got {room:,}; give less --size"
        }
    paths = _write(place / "sound", count)
    files, took = _records(place, paths)
    volumes = list(_volumes(files))
    ours = [_seconds(lambda: [*_volumes(files)], _REPEAT) for _ in range(rounds)]
    table = _table(place, files)
    read = [_seconds(lambda: [*_volumes(_from_table(place, table))], 1) for _ in range(rounds)]
    _lay_out(place / "laid-out", volumes, place / "sound")
    peers = {"libtorrent": _libtorrent(place / "laid-out", volumes)}
    if shutil.which("mktorrent"):
        peers["mktorrent"] = _mktorrent(place / "laid-out", volumes)
    best = spread(ours)
    times = {name: round(found["cpu_s"] / best["median"], 1) for name, found in peers.items()}
    whole = {name: round(found["cpu_s"] / spread(read)["median"], 1) for name, found in peers.items()}
    return {
        "files": len(files),
        "bytes": len(files) * FILE_BYTES,
        "volumes": len(volumes),
        "ours_cpu_s": spread(ours),
        "ours_files_a_cpu_s": round(len(files) / best["median"]),
        "ours_with_records_read_from_parquet_cpu_s": spread(read),
        "records_at_intake_cpu_s": took,
        "peers": peers,
        "times_less_cpu": times,
        "times_less_cpu_with_records_read_from_parquet": whole,
        "limits": {
            name: {
                "wanted": WANTED[name],
                "met": times[name] >= WANTED[name] if name in times else "not measured",
            }
            for name in WANTED
        },
        "kept_in": place.name,
    }


def _write(folder: Path, count: int) -> list[Path]:
    """Noise, different in each file and the same in each run; what is there is left as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:06}" for number in range(count)]
    for number, path in enumerate(paths):
        if not path.exists() or path.stat().st_size != FILE_BYTES:
            if number % 200 == 0:
                progress(f"writing file {number + 1} of {count}")
            path.write_bytes(np.random.default_rng(number).bytes(FILE_BYTES))
    return paths


def _records(place: Path, paths: Sequence[Path]) -> tuple[list[VolumeFile], float | str]:
    """The digest records, in their order, and the CPU seconds that computing them took; they are kept."""
    kept = place / "records.msgpack"
    if kept.exists():
        return msgspec.msgpack.decode(kept.read_bytes(), type=list[VolumeFile]), "in an earlier run"
    progress("digests of every file, as at intake")
    start, buffer = cpu(), bytearray(PIECE)
    files = []
    for path in paths:
        digests = digest_file(path, buffer=buffer)
        files.append(VolumeFile(digests.sha256, "wav", digests))
        name = path.with_name(digests.sha256)
        if not name.exists():
            os.link(path, name)
    took = round(cpu() - start, 2)
    files.sort(key=lambda file: file.sha256)
    kept.write_bytes(msgspec.msgpack.encode(files))
    return files, took


def _volumes(files: Sequence[VolumeFile]) -> "list[Volume]":
    return [build(name_for("bench", group), group) for group in cut(files)]


def _table(place: Path, files: Sequence[VolumeFile]) -> Path:
    path = place / "files.parquet"
    rows = (FileRow(**msgspec.structs.asdict(file.digests), root="0" * 16, kind="sound") for file in files)
    write_rows(path, FileRow, rows)
    return path


def _from_table(place: Path, table: Path) -> list[VolumeFile]:
    """The records as `publish` gets them: from the Parquet table, sorted by the engine."""
    columns = ", ".join(Digests.__struct_fields__)
    duck = Duck(place / "spill", "1GB", threads=1)
    try:
        rows = duck.stream(f"SELECT {columns} FROM read_parquet('{table}') ORDER BY sha256")
        return [VolumeFile(row[0], "wav", Digests(*row)) for row in rows]
    finally:
        duck.close()


def _lay_out(folder: Path, volumes: Sequence[Volume], sound: Path) -> None:
    """Each volume as a folder, so that programs can read it: links to the files, no second copy."""
    for volume in volumes:
        data = folder / volume.torrent.name / "data"
        data.mkdir(parents=True, exist_ok=True)
        for tag, content in volume.tag_files.items():
            (data.parent / tag).write_bytes(content)
        for line in volume.tag_files["manifest-sha256.txt"].decode().splitlines():
            sha256, _, path = line.partition("  ")
            if not (data.parent / path).exists():
                os.link(sound / sha256, data.parent / path)


def _libtorrent(folder: Path, volumes: Sequence[Volume]) -> dict[str, Any]:
    """libtorrent makes each by reading; `same` where it comes to the very info-hash."""
    progress("libtorrent makes the same hybrids")
    spent, same = 0.0, True
    for volume in volumes:
        root = folder / volume.torrent.name
        found = sorted(path for path in root.rglob("*") if path.is_file())
        entries = [lt.create_file_entry(str(path.relative_to(folder)), path.stat().st_size) for path in found]
        start, began = cpu(), time.monotonic()
        made = lt.create_torrent(entries, PIECE, lt.create_torrent.canonical_files_no_tail_padding)
        lt.set_piece_hashes(made, str(folder))
        generated = made.generate()
        spent += cpu() - start
        wall = time.monotonic() - began
        encoded = lt.bencode(generated[b"info"])
        same = same and hashlib.sha256(encoded).digest() == volume.torrent.info_hash_v2
    return {"computes": "v1 and v2", "version": lt.__version__, "cpu_s": round(spent, 2), "last_wall_s": round(wall, 1),
            "same_info_hashes": same}  # fmt: skip


def _mktorrent(folder: Path, volumes: Sequence[Volume]) -> dict[str, Any]:
    progress("mktorrent makes v1 torrents")
    made, spent = folder / "peer.torrent", 0.0
    for volume in volumes:
        command = ["mktorrent", "-l", "20", "-t", "1", "-o", str(made), str(folder / volume.torrent.name)]
        start = cpu()
        subprocess.run(command, check=True, capture_output=True)
        spent += cpu() - start
        made.unlink()
    return {"computes": "v1 alone", "cpu_s": round(spent, 2)}


def _seconds(work: Callable[[], object], times: int) -> float:
    start = cpu()
    for _ in range(times):
        work()
    return (cpu() - start) / times
