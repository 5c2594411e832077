# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes to and from S3 through the store, against the client alone, in turns on one server of this machine.

The store does what the client does not: it knows that what arrived is what was sent. `honest` is a server that does as
it is asked; on the other one each write is looked for before and read back after it, and that is what it costs.
"""

import hashlib
import os
import secrets
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import obstore
from measure import progress

from onrecord.store import S3Settings, Store
from onrecord.store.bucket import Bucket, key, make_bucket
from onrecord.store.parcel import PART
from onrecord.store.s3 import client, credentials, read_place

WANTED = 0.8
#: Name, bytes of a file, files a round.
SIZES = (("4 KiB", 4096, 200), ("4 MB", 4_000_000, 10), ("100 MB", 100_000_000, 2))
#: Files that travel at a time, on both sides.
AT_ONCE = 4
BUCKET = "onrecord-bench"


def measure(folder: Path, rounds: int) -> dict[str, Any]:
    os.environ |= {"AWS_ACCESS_KEY_ID": "bench-id", "AWS_SECRET_ACCESS_KEY": "bench-secret"}
    found: dict[str, Any] = {}
    for name, serve in (("honest", _moto), ("overwrites", _rclone)):
        with serve(folder) as endpoint:
            progress(f"server: {name}")
            found[name] = _measure(folder, endpoint, rounds)
    ratios = [
        each[way] for size in found["honest"].values() for each in [size["ratio"]] for way in ("put", "get")
    ]
    return {"wanted_ratio": WANTED, "met": min(ratios) >= WANTED, "servers": found}


def _measure(folder: Path, endpoint: str, rounds: int) -> dict[str, Any]:
    settings = S3Settings(endpoint=endpoint)
    bucket = make_bucket(read_place(f"s3://{BUCKET}/blobs"), settings, folder / "cache", 10**12)
    store = Store([bucket], reserve=0)
    bucket.objects.honesty()
    results = {}
    for name, size, count in SIZES:
        taken: dict[str, list[float]] = {}
        for number in range(rounds):
            ways: Sequence[Callable[[], dict[str, float]]] = (
                partial(_ours, store, bucket, folder, size, count),
                partial(_alone, bucket, folder, size, count),
            )
            for way in ways if number % 2 else reversed(ways):
                for what, seconds in way().items():
                    taken.setdefault(what, []).append(seconds)
        mb = size * count / 1e6
        rate = {what: round(mb / statistics.median(each), 2) for what, each in taken.items()}
        ratio = {way: round(rate[f"store_{way}"] / rate[f"client_{way}"], 3) for way in ("put", "get")}
        progress(f"{name}: {rate} {ratio}")
        results[name] = {"files": count, "mb_s": rate, "ratio": ratio}
    return results


def _ours(store: Store, bucket: Bucket, folder: Path, size: int, count: int) -> dict[str, float]:
    staged = [store.stage(path, maybe_held=False) for path in _files(folder, size, count)]
    begun = time.perf_counter()
    store.commit(staged)
    put = time.perf_counter() - begun

    def read(sha256: str) -> int:
        return sum(map(len, bucket.read(sha256, size, 0, size)))

    names = [each.digests.sha256 for each in staged]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        begun = time.perf_counter()
        assert sum(threads.map(read, names)) == size * count
        get = time.perf_counter() - begun
        begun = time.perf_counter()
        assert sum(threads.map(lambda name: bucket.file(name).stat().st_size, names)) == size * count
        file = time.perf_counter() - begun
    for name in names:
        bucket.remove(name)
    return {"store_put": put, "store_get": get, "store_verified_file": file}


def _alone(bucket: Bucket, folder: Path, size: int, count: int) -> dict[str, float]:
    s3 = client(bucket.settings, bucket.where, credentials(os.environ))
    files = {key(hashlib.sha256(path.read_bytes()).hexdigest()): path for path in _files(folder, size, count)}

    def put(item: tuple[str, Path]) -> None:
        obstore.put(s3, item[0], item[1], chunk_size=PART, max_concurrency=AT_ONCE)

    def get(name: str) -> int:
        return sum(map(len, obstore.get(s3, name).stream(min_chunk_size=256 * 1024)))

    with ThreadPoolExecutor(AT_ONCE) as threads:
        begun = time.perf_counter()
        list(threads.map(put, files.items()))
        sent = time.perf_counter() - begun
        begun = time.perf_counter()
        assert sum(threads.map(get, files)) == size * count
        got = time.perf_counter() - begun
    for name in files:
        obstore.delete(s3, name)
    return {"client_put": sent, "client_get": got}


def _files(folder: Path, size: int, count: int) -> list[Path]:
    """New ones, which no server has."""
    made = folder / "files"
    made.mkdir(exist_ok=True)
    paths = [made / f"{number}" for number in range(count)]
    for path in paths:
        path.write_bytes(secrets.token_bytes(size))
    return paths


@contextmanager
def _moto(folder: Path) -> Iterator[str]:
    port = _free_port()
    with _running(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], port
    ) as endpoint:
        asked = urllib.request.Request(f"{endpoint}/{BUCKET}", method="PUT")
        urllib.request.urlopen(asked).close()
        yield endpoint


@contextmanager
def _rclone(folder: Path) -> Iterator[str]:
    port, served = _free_port(), folder / "served"
    (served / BUCKET).mkdir(parents=True, exist_ok=True)
    program = str(Path(sys.executable).with_name("rclone"))
    line = [program, "--config", "", "serve", "s3", "--addr", f"127.0.0.1:{port}"]
    with _running([*line, "--auth-key", "bench-id,bench-secret", str(served)], port) as endpoint:
        yield endpoint


@contextmanager
def _running(line: Sequence[str], port: int) -> Iterator[str]:
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])
