# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one read against the limit of its hash functions, and `onrecord add` against one read of the disk.

Rates are MB (10^6 bytes of files) per CPU-second unless a name says wall. Files are WAV noise, written to a disk.
"""

import argparse
import hashlib
import multiprocessing
import os
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import libtorrent as lt
import numpy as np
from blake3 import blake3
from measure import QUIET, cost, drop_from_cache, load, machine, progress, report, spread

from onrecord.model.digests import PIECE
from onrecord.store.digest import digest_file

FILE_BYTES = 3_500_000
ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev bench store", description=__doc__)
    parser.add_argument(
        "--size", type=int, default=1400, metavar="MB", help="of sound to make (default 1400)"
    )
    parser.add_argument("--rounds", type=int, default=5, help="of digests against the limit (default 5)")
    parser.add_argument(
        "--dir", type=Path, default=ROOT / ".dev", help="on the disk to measure (default .dev)"
    )
    parser.add_argument(
        "--json", action="store_true", help="nothing else is ever printed; accepted for scripts"
    )
    args = parser.parse_args()
    before = load()
    args.dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-store-", dir=args.dir) as folder:
        report(
            measure(Path(folder), max(args.size * 1_000_000 // FILE_BYTES, 2), max(args.rounds, 1), before)
        )


def measure(folder: Path, count: int, rounds: int, load_before: float) -> dict[str, Any]:
    progress(f"writing {count} files of {FILE_BYTES / 1e6} MB")
    paths = write_sound(folder / "sound", count)
    result: dict[str, Any] = {
        "schema": "onrecord.bench.store/1",
        "machine": machine(),
        "load_before": load_before,
        "proven": load_before <= QUIET,
        "files": {"count": count, "bytes": count * FILE_BYTES},
        "limits": limits(count),
        "digests": digests(paths, rounds),
        "processes": processes(paths),
        "peers": peers(folder),
        "add": add(folder, paths),
    }
    return result


def write_sound(folder: Path, count: int) -> list[Path]:
    """Stereo noise at 44.1 kHz, different in each file and the same in each run."""
    folder.mkdir()
    noise = np.random.default_rng(2026)
    data = FILE_BYTES - 44
    header = b"RIFF" + struct.pack("<I", data + 36) + b"WAVEfmt "
    header += struct.pack("<IHHIIHH", 16, 1, 2, 44100, 176400, 4, 16) + b"data" + struct.pack("<I", data)
    paths = [folder / f"{number:05}.wav" for number in range(count)]
    for path in paths:
        samples = noise.integers(-8000, 8000, data // 2, dtype=np.int16)
        path.write_bytes(header + samples.tobytes())
    os.sync()
    return paths


def limits(count: int) -> dict[str, Any]:
    """The bytes that each hash function must see, whoever writes the loop around it."""
    size, padding = count * FILE_BYTES, count * (-FILE_BYTES % PIECE)
    return {
        "sha256_content_bytes": size,
        "sha256_leaf_bytes": size,
        "blake3_bytes": size,
        "sha1_piece_bytes": size,
        "sha1_padding_bytes": padding,
        "serial": "SHA-1 once, SHA-256 twice, BLAKE3 once over the bytes in memory, in 1 MiB calls, no read",
        "serial_with_padding": "the same and SHA-1 of the zeros that fill each file's last v1 piece (format 3.2)",
    }


# --- the one read -----------------------------------------------------------------------------------------------


def digests(paths: list[Path], rounds: int) -> dict[str, Any]:
    buffer = bytearray(PIECE)
    megabytes = len(paths) * FILE_BYTES / 1e6
    one_read(paths, buffer)  # warms the page cache
    rows = []
    for number in range(rounds):
        progress(f"digests, round {number + 1} of {rounds}")
        parts = serial(paths, buffer)
        ours = one_read(paths, buffer)
        bare = parts["sha1"] + 2 * parts["sha256"] + parts["blake3"]
        padded = bare + parts["padding"]
        row = {"ours": megabytes / ours, "limit": megabytes / bare, "limit_with_padding": megabytes / padded}
        row |= {"ratio": bare / ours, "ratio_with_padding": padded / ours}
        row["ratio_with_padding_and_read"] = (padded + parts["read"]) / ours
        row |= {name: megabytes / parts[name] for name in ("sha1", "sha256", "blake3", "read")}
        rows.append(row)
    return {
        "rounds": rounds,
        "unit": "MB of files per CPU-second; ratio: rate of the one read / rate of the limit, in the same round",
        **{key: spread(row[key] for row in rows) for key in rows[0]},
    }


def one_read(paths: list[Path], buffer: bytearray) -> float:
    start = time.process_time()
    for path in paths:
        digest_file(path, buffer=buffer)
    return time.process_time() - start


def serial(paths: list[Path], buffer: bytearray) -> dict[str, float]:
    """CPU-seconds of each hash function alone over what lies in the buffer, and of filling it."""
    view, zeros, clock = memoryview(buffer), memoryview(bytes(PIECE)), time.process_time
    spent = dict.fromkeys(("read", "sha1", "sha256", "blake3", "padding"), 0.0)
    for path in paths:
        hashes: dict[str, Any] = {"sha1": hashlib.sha1(), "sha256": hashlib.sha256(), "blake3": blake3()}
        with path.open("rb", buffering=0) as stream:
            last = 0
            while True:
                start = clock()
                got = stream.readinto(view)
                spent["read"] += clock() - start
                if not got:
                    break
                run, last = view[:got], got
                for name, whole in hashes.items():
                    start = clock()
                    whole.update(run)
                    spent[name] += clock() - start
        start = clock()
        hashes["sha1"].update(zeros[: -last % PIECE])
        spent["padding"] += clock() - start
    return spent


# --- two cores --------------------------------------------------------------------------------------------------


def processes(paths: list[Path]) -> dict[str, Any]:
    """Wall time of the same files with one process and with two, started before the clock."""
    walls: dict[int, list[float]] = {1: [], 2: []}
    for number in range(3):
        progress(f"processes, round {number + 1} of 3")
        for workers, seen in walls.items():
            seen.append(in_parallel(paths, workers))
    megabytes = len(paths) * FILE_BYTES / 1e6
    return {
        "one_wall_mb_s": spread(megabytes / wall for wall in walls[1]),
        "two_wall_mb_s": spread(megabytes / wall for wall in walls[2]),
        "two_over_one": spread(one / two for one, two in zip(walls[1], walls[2], strict=True)),
    }


def in_parallel(paths: list[Path], workers: int) -> float:
    context = multiprocessing.get_context("spawn")
    ready, times = context.Barrier(workers), context.Queue()
    shares = [(paths[number::workers], ready, times) for number in range(workers)]
    running = [context.Process(target=_share, args=share) for share in shares]
    for process in running:
        process.start()
    seen: list[tuple[float, float]] = [times.get() for _ in running]
    for process in running:
        process.join()
    return max(end for _, end in seen) - min(start for start, _ in seen)


def _share(paths: list[Path], ready: Barrier, times: "Queue[tuple[float, float]]") -> None:
    buffer = bytearray(PIECE)
    ready.wait()
    start = time.monotonic()
    for path in paths:
        digest_file(path, buffer=buffer)
    times.put((start, time.monotonic()))


# --- others who make torrents -----------------------------------------------------------------------------------


def peers(folder: Path) -> dict[str, Any]:
    """Programs that hash the same folder, warm. Each computes less than the one read does: `computes` says what."""
    sound, made = folder / "sound", folder / "peer.torrent"
    megabytes = sum(path.stat().st_size for path in sound.iterdir()) / 1e6
    found: dict[str, Any] = {}

    def timed(name: str, computes: str, work: Callable[[], object]) -> None:
        progress(f"peer: {name}")
        start = _cpu()
        work()
        found[name] = {"computes": computes, "mb_per_cpu_s": round(megabytes / (_cpu() - start), 1)}
        made.unlink(missing_ok=True)

    programs = {
        "mktorrent": ["-l", "20", "-t", "1", "-o", str(made), str(sound)],
        "transmission-create": ["-s", "1024", "-o", str(made), str(sound)],
    }
    for name, args in programs.items():
        if program := shutil.which(name):
            command = [program, *args]
            timed(name, "v1", partial(subprocess.run, command, check=True, capture_output=True))
    timed("libtorrent v2", "v2", partial(_libtorrent, sound, lt.create_torrent.v2_only))
    timed("libtorrent hybrid", "v1 and v2", partial(_libtorrent, sound, 0))
    return found


def _libtorrent(sound: Path, flags: int) -> None:
    entries = [lt.create_file_entry(f"sound/{path.name}", FILE_BYTES) for path in sorted(sound.iterdir())]
    lt.set_piece_hashes(lt.create_torrent(entries, PIECE, flags), str(sound.parent))


def _cpu() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


# --- onrecord add -----------------------------------------------------------------------------------------------


def add(folder: Path, paths: list[Path]) -> dict[str, Any]:
    """The real command on files that are not in the page cache: how often it fetched each byte, and its memory."""
    onrecord = Path(sys.executable).with_name("onrecord")
    warm = folder / "warm"
    warm.mkdir()
    shutil.copy(paths[0], warm)
    for archive in ("a", "b"):
        made = cost([onrecord, "init", "-C", folder / archive])
        if made["exit_code"]:
            return {"failed": f"onrecord init: exit code {made['exit_code']}"}
    # So that the program itself is in the page cache and only the sound is not.
    cost([onrecord, "add", "-C", folder / "a", "--held-as", "owner", "--json", warm])
    progress("onrecord add, cold cache")
    drop_from_cache(paths)
    spent = cost([onrecord, "add", "-C", folder / "b", "--held-as", "owner", "--json", folder / "sound"])
    if spent["exit_code"]:
        return {"failed": f"onrecord add: exit code {spent['exit_code']}", "stdout": spent["stdout"][-2000:]}
    size = len(paths) * FILE_BYTES
    del spent["stdout"]
    return {
        **spent,
        "disk_reads_of_each_byte": round(spent["disk_read_bytes"] / size, 3),
        "wall_mb_s": round(size / 1e6 / spent["wall_s"], 1),
        "mb_per_cpu_s": round(size / 1e6 / spent["cpu_s"], 1),
    }


if __name__ == "__main__":
    main()
