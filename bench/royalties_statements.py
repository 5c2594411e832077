# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements into the books: rows a minute on one core, memory as rows grow, and royaltyguard on the same rows.

The statements are made up from a seed, with names and codes that belong to nobody. What reading the same bytes costs
without understanding them, and what taking them apart into cells costs, stand beside it: the first is the limit.
"""

import csv
import hashlib
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from measure import cost, progress, spread
from peers import python_with

SEED: Final = 2026
SIZE: Final = 400_000
#: Rows a minute on one core that are wanted, and how much memory may grow while rows grow four times.
WANTED: Final = 1_000_000
GROWTH: Final = 1.1
TRACKS: Final = 400
STORES: Final = ("Melody", "Tide", "Brook", "Lantern")
COUNTRIES: Final = ("DE", "SE", "FR", "US", "GB", "NO", "JP", "BR")
#: The peer, and the seconds that it may take for one size before the next is not tried.
PEER: Final = "royaltyguard==1.2.2"
PEER_SIZES: Final = (1000, 5000, 20_000, 50_000, 100_000, 200_000, 400_000, 800_000)
PEER_SECONDS: Final = 60.0
_BLOCK: Final = 1 << 20


def measure(folder: Path, rounds: int, size: int) -> dict[str, Any]:
    size = size or SIZE
    core = min(os.sched_getaffinity(0))
    found = {name: _format(folder, name, make, rounds, size, core) for name, make in _FORMATS.items()}
    return {
        "rows": size,
        **found,
        "royaltyguard": _peer(folder / f"csv-{size}.csv", core),
        "limits": {
            "rows_a_minute": {
                "wanted": WANTED,
                "met": all(one["rows_a_minute"]["median"] >= WANTED for one in found.values()),
            },
            "memory_growth": {
                "wanted": GROWTH,
                "met": all(one["memory_growth"] <= GROWTH for one in found.values()),
            },
        },
    }


def _format(
    folder: Path, name: str, make: Callable[[int], Iterator[str]], rounds: int, size: int, core: int
) -> dict[str, Any]:
    files = {rows: _write(folder / f"{name}-{rows}.csv", make(rows)) for rows in (size // 4, size)}
    costs: dict[int, list[dict[str, Any]]] = {rows: [] for rows in files}
    for turn in range(rounds):
        for rows, path in files.items():
            costs[rows].append(_import(path, folder / f"books-{name}-{rows}-{turn}", core))
            progress(f"{name}: {rows:,} rows in {costs[rows][-1]['wall_s']} s")
    path = files[size]
    peaks = {str(rows): max(one["peak_memory_bytes"] for one in each) for rows, each in costs.items()}
    lines = costs[size][0]["rows"]
    return {
        "bytes": path.stat().st_size,
        "rows": lines,
        "wall_s": spread(one["wall_s"] for one in costs[size]),
        "cpu_s": spread(one["cpu_s"] for one in costs[size]),
        "rows_a_minute": spread(60 * lines / one["wall_s"] for one in costs[size]),
        "peak_memory_bytes": peaks,
        "memory_growth": round(peaks[str(size)] / peaks[str(size // 4)], 3),
        "limit": {
            "bytes_read_and_digested_s": spread(_seconds(_digest, path) for _ in range(rounds)),
            "cells_taken_apart_s": spread(_seconds(_cells, path) for _ in range(rounds)),
        },
    }


def _import(path: Path, books: Path, core: int) -> dict[str, Any]:
    """A whole run of the command on one core, its start included. Nothing may be refused."""
    pinned = f"import os, sys; os.sched_setaffinity(0, {{{core}}}); os.execv(sys.argv[1], sys.argv[1:])"
    command = [sys.executable, "-c", pinned, sys.executable, "-m", "onrecord", "royalties", "import"]
    found = cost([*command, path, "--to", books, "--json"])
    if found["exit_code"]:
        raise SystemExit(f"{path}: expected every row to be read, got exit code {found['exit_code']}")
    [one] = json.loads(found.pop("stdout"))["statements"]
    statement = one["statement"]
    rows = statement["kept"] + statement["pools"] + sum(statement["notes"].values())
    if rows != statement["text_lines"]:
        raise SystemExit(f"{path}: expected {statement['text_lines']} rows, got {rows}")
    return {**found, "rows": rows}


def _write(path: Path, lines: Iterator[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as out:
        out.writelines(f"{line}\n" for line in lines)
    return path


def _csv(rows: int) -> Iterator[str]:
    """TuneCore's columns; a row in fifty takes back."""
    chance = random.Random(SEED)
    yield (
        "Sales Period,Posted Date,Store Name,Country Of Sale,Artist,Release Type,Release Title,Song Title,Label,UPC,"
        "Optional UPC,TC Song ID,Optional ISRC,Sales Type,# Units Sold,Per Unit Price,Net Sales,Net Sales Currency,"
        "Exchange Rate,Total Earned,Currency"
    )
    for _ in range(rows):
        track, month = chance.randrange(TRACKS), chance.randrange(12) + 1
        units = chance.randrange(1, 3000) * (-1 if chance.random() < 0.02 else 1)
        price = chance.randrange(1_000, 9_000)
        net = units * price
        yield (
            f"2025-{month:02},2026-02-01,{chance.choice(STORES)},{chance.choice(COUNTRIES)},Artist {track % 37},Album,"
            f'Album {track // 10},"Song {track}, part {track % 3}",Own,6025{track:08},,TC{track},ZZXXX25{track:05},'
            f"Streaming,{units},{_decimal(price, 6)},{_decimal(net, 6)},EUR,1.25,{_decimal(net * 125, 8)},USD"
        )


def _dsr(rows: int) -> Iterator[str]:
    """Blocks of a recording and its uses, under one subscription pool for each country; head and footer that count."""
    chance = random.Random(SEED)
    yield (
        "HEAD\tdsrf/30\tBasicAudioProfile\t1.4\tM1\t2026-03-10T00:00:00Z\t1\t1\t2026-02-01\t2026-02-28\tP1\tMelody\tAll\t"
        "P2\tOwn\tAll"
    )
    for at, country in enumerate(COUNTRIES):
        yield (
            f"SY03.01\tS{at}\t\t\tSubscriptionModel\tOnDemandStream\t{country}\tMelody Premium\t100000000\t50000\tEUR\t"
            f"250000\tOwn\t\t2000000\t3500\t5000\t0.02\t\t\t\t\tIndividual"
        )
    left, block = rows - len(COUNTRIES) - 2, 0
    while left > 0:
        block, uses = block + 1, min(chance.randrange(4, 12), left - 1)
        yield (
            f"AS01.02\tB{block}\tR{block}\tD{block}\tZZXXX26{block % 100000:05}\tSong {block}\t\tArtist {block % 997}\t"
            "\tPT3M20S\tSoundRecording"
        )
        for use in range(uses):
            yield (
                f"SU02.02\tB{block}\tS{chance.randrange(len(COUNTRIES))}\tT{block}-{use}\t\tR{block}\ttrue\t"
                f"{chance.randrange(1, 5000)}\t0.0{chance.randrange(1000, 9999)}\t\tOnDemandStream"
            )
        left -= uses + 1
    yield f"FOOT\t{rows}\t{rows}\t{len(COUNTRIES)}\t{block}\t{block}"


_FORMATS: Final[dict[str, Callable[[int], Iterator[str]]]] = {"csv": _csv, "dsr": _dsr}


def _decimal(units: int, places: int) -> str:
    sign, digits = "-" if units < 0 else "", f"{abs(units):0{places + 1}}"
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


def _seconds(work: Callable[[Path], None], path: Path) -> float:
    before = time.process_time()
    work(path)
    return time.process_time() - before


def _digest(path: Path) -> None:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)


def _cells(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as stream:
        delimiter = "\t" if stream.readline().startswith("HEAD\t") else ","
        for _ in csv.reader(stream, delimiter=delimiter):
            pass


_PEER_PROGRAM: Final = """
import csv, json, sys, time
from datetime import datetime
from itertools import islice
from royaltyguard import AnomalyDetector, Platform, RoyaltyEntry
platforms = dict(zip(sys.argv[3].split(","), Platform))
def entry(at, row):
    day = datetime.strptime(row["Sales Period"], "%Y-%m")
    return RoyaltyEntry(entry_id=str(at), creator_id="own", track_id=row["Optional ISRC"],
        platform=platforms[row["Store Name"]], period_start=day, period_end=day, territory=row["Country Of Sale"],
        streams=int(row["# Units Sold"]), royalty_amount=float(row["Total Earned"]), currency=row["Currency"])
with open(sys.argv[1], newline="", encoding="utf-8") as stream:
    rows = list(islice(csv.DictReader(stream), int(sys.argv[2])))
start, entries, refused = time.process_time(), [], 0
for at, row in enumerate(rows):
    try:
        entries.append(entry(at, row))
    except ValueError:
        refused += 1
loaded = time.process_time()
AnomalyDetector().analyze("own", entries)
done = time.process_time()
print(json.dumps({"rows": len(rows), "refused": refused, "load_cpu_s": round(loaded - start, 3),
    "analyze_cpu_s": round(done - loaded, 3)}))
"""


def _peer(statement: Path, core: int) -> dict[str, Any]:
    """The peer reads no statements: its rows are made of ours. It refuses every row that takes back."""
    python = python_with(PEER)
    if python is None:
        return {"program": PEER, "not_measured": "it could not be installed"}
    runs: list[dict[str, Any]] = []
    for rows in PEER_SIZES:
        command: list[str | Path] = [
            python,
            "-c",
            _PEER_PROGRAM,
            statement,
            str(rows),
            ",".join(STORES),
        ]
        try:
            done = subprocess.run(
                command,
                check=True,
                capture_output=True,
                text=True,
                timeout=PEER_SECONDS,
                preexec_fn=lambda: os.sched_setaffinity(0, {core}),
            )
        except subprocess.TimeoutExpired:
            runs.append({"rows": rows, "stopped_after_s": PEER_SECONDS})
            break
        except subprocess.CalledProcessError as error:
            runs.append({"rows": rows, "failed": error.stderr[-300:]})
            break
        runs.append(json.loads(done.stdout))
        progress(f"{PEER}: {runs[-1]}")
        if runs[-1]["rows"] < rows:
            break
    last = next((run for run in reversed(runs) if "analyze_cpu_s" in run), None)
    seconds = last["load_cpu_s"] + last["analyze_cpu_s"] if last else 0
    return {
        "program": PEER,
        "largest_size_within_s": PEER_SECONDS,
        "runs": runs,
        "rows_a_minute_at_the_largest": round(60 * last["rows"] / seconds) if last and seconds else None,
    }
