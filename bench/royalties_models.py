# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pro-rata and user-centric together over made-up plays in twelve months, each way of doing it a process of its own.

`ours` splits with pools, money and exact largest remainders; `command` is the whole `onrecord royalties compare` with
its figures; `bare` is the same two sums in plain DuckDB SQL with floors and remainders, as one writes it by hand;
`pandas` and `polars` compute the shares alone, in floats. A play is a row: listener, artist, month, count.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measure import cost, progress, spread

FEE = 6_990_000
MONTHS = 12
MEMORY = "2GB"


def measure(folder: Path, rounds: int, size: int) -> dict[str, Any]:
    from onrecord.royalties.generating import Population, write

    wanted = size or 100_000_000
    # One draw is a row: 600 plays with 4 to a draw make about 150 rows a listener and month.
    people = Population(
        listeners=max(wanted // (150 * MONTHS), 10),
        artists=max(min(wanted // 100, 1_000_000), 100),
        correlation=0.1,
    )
    path = folder / "plays.parquet"
    progress(f"writing about {wanted:,} plays")
    rows = write(people, path, MONTHS)
    ways = [name for name in WAYS if _installed(name)]
    spent: dict[str, list[dict[str, Any]]] = {name: [] for name in ways}
    for number in range(rounds):
        for name in ways:
            progress(f"{name}, round {number + 1} of {rounds}")
            spent[name].append(cost(_command(name, path, folder)))
    result: dict[str, Any] = {
        "plays": rows,
        "file_bytes": path.stat().st_size,
        "months": MONTHS,
        "rounds": rounds,
        "unit": "plays per CPU second, and the most memory of the process in bytes",
        "ways": {name: _summary(runs, rows) for name, runs in spent.items()},
        "not_installed": [name for name in WAYS if name not in ways],
    }
    if "ours" in spent and "bare" in spent:
        pairs = zip(spent["ours"], spent["bare"], strict=True)
        result["ours_over_bare_cpu"] = spread(
            ours["cpu_s"] / max(bare["cpu_s"], 0.01) for ours, bare in pairs
        )
    sums = [json.loads(run["stdout"]) for run in spent.get("ours", [])]
    result["payouts_add_up"] = all(each["paid"] == each["due"] for each in sums)
    result["ours_equals_bare_pro_rata"] = all(
        json.loads(bare["stdout"])["pro_rata_digest"] == ours["pro_rata_digest"]
        for bare, ours in zip(spent.get("bare", []), sums, strict=False)
    )
    return result


def _command(name: str, path: Path, folder: Path) -> list[str | Path]:
    words: list[str | Path]
    if name == "command":
        program = Path(sys.executable).with_name("onrecord")
        words = [
            "--model",
            "pro-rata",
            "--model",
            "user-centric",
            "--fee",
            "6.99",
            "--memory",
            MEMORY,
            "--temp",
            folder,
        ]
        return [program, "royalties", "compare", path, *words]
    return [sys.executable, Path(__file__), name, path]


def _summary(runs: list[dict[str, Any]], rows: int) -> dict[str, Any]:
    if any(run["exit_code"] for run in runs):
        return {"failed": [run["exit_code"] for run in runs]}
    return {
        "plays_per_cpu_s": spread(rows / max(run["cpu_s"], 0.01) for run in runs),
        "wall_s": spread(run["wall_s"] for run in runs),
        "peak_memory_bytes": max(run["peak_memory_bytes"] for run in runs),
    }


def _installed(name: str) -> bool:
    import importlib.util

    return name not in ("pandas", "polars") or importlib.util.find_spec(name) is not None


# --- the ways, each run as a process ----------------------------------------------------------------------------


def ours(path: Path, spill: Path) -> dict[str, Any]:
    from onrecord.engine.duck import Duck
    from onrecord.royalties.models.pro_rata import ProRata
    from onrecord.royalties.models.user_centric import UserCentric
    from onrecord.royalties.splitting import PoolOf, Splitter

    duck = Duck(spill, memory=MEMORY)
    duck.run("SET preserve_insertion_order=false")
    duck.run("CREATE TABLE digests (digest HUGEINT)")
    splitter = Splitter(duck, FEE)
    paid = due = 0
    for month in _months():
        duck.run(
            "CREATE OR REPLACE VIEW plays AS SELECT 0 AS pool, listener, artist AS payee, artist AS recording, plays, "
            f"CAST(0 AS BIGINT) AS seconds, CAST(0 AS BIGINT) AS engaged FROM read_parquet('{path}') "
            f"WHERE month = '{month}'"
        )
        splitter.begin([PoolOf(0, None, month=month)])
        for model in (UserCentric({"inactive": "retain"}), ProRata({})):
            unpaid = splitter.split(model)
            due += splitter.count("streams")[0].amount
            [(units,)] = duck.run("SELECT sum(units) FROM paid")
            paid += int(units) + sum(each.units for each in unpaid)
            if isinstance(model, ProRata):
                duck.run("INSERT INTO digests SELECT sum(payee % 1000003 * units) FROM paid")
    [(digest,)] = duck.run("SELECT sum(digest) FROM digests")
    return {"paid": str(paid), "due": str(due), "pro_rata_digest": str(digest)}


def bare(path: Path, spill: Path) -> dict[str, Any]:
    """By hand: exact floors for pro-rata; user-centric in steps of 2^-40, which is not exact to the unit."""
    import duckdb

    config: dict[str, Any] = {"memory_limit": MEMORY, "threads": 2, "temp_directory": str(spill)}
    db = duckdb.connect(config=config)
    db.execute("SET preserve_insertion_order=false")
    digest = 0
    for month in _months():
        source = f"(SELECT listener, artist, plays FROM read_parquet('{path}') WHERE month = '{month}')"
        db.execute(
            f"CREATE OR REPLACE TABLE t AS SELECT listener, sum(plays)::BIGINT AS whole FROM {source} GROUP BY listener"
        )
        row = db.execute("SELECT count(*), sum(whole) FROM t").fetchone()
        assert row is not None
        amount, plays = row[0] * FEE, row[1]
        db.execute(
            "CREATE OR REPLACE TABLE s AS SELECT artist, sum(plays) AS n, sum(plays * rate) AS due "
            f"FROM {source} p JOIN (SELECT listener, (1::BIGINT << 40) // whole AS rate FROM t) USING (listener) "
            "GROUP BY artist"
        )
        for share in (f"n * {amount}::HUGEINT", f"due * {FEE}::HUGEINT"):
            whole = plays if share.startswith("n") else 1 << 40
            db.execute(
                f"CREATE OR REPLACE TABLE paid AS SELECT artist, units + (row_number() OVER (ORDER BY rest DESC, "
                f"artist::VARCHAR) <= {amount} - sum(units) OVER ())::INT AS units FROM (SELECT artist, "
                f"({share}) // {whole}::HUGEINT AS units, ({share}) % {whole}::HUGEINT AS rest FROM s)"
            )
            if share.startswith("n"):
                found = db.execute("SELECT sum(artist % 1000003 * units) FROM paid").fetchone()
                digest += int(found[0]) if found else 0
    return {"pro_rata_digest": str(digest)}


def pandas(path: Path, spill: Path) -> dict[str, Any]:
    import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]

    total = 0.0
    for month in _months():
        frame = pd.read_parquet(
            path, columns=["listener", "artist", "plays"], filters=[("month", "==", month)]
        )
        whole = frame.groupby("listener")["plays"].transform("sum")
        frame["due"] = frame["plays"] / whole * FEE
        total += float(frame.groupby("artist")[["plays", "due"]].sum()["due"].sum())
    return {"due": total}


def polars(path: Path, spill: Path) -> dict[str, Any]:
    import polars as pl  # type: ignore[import-not-found,unused-ignore]

    total = 0.0
    for month in _months():
        plays = pl.scan_parquet(path).filter(pl.col("month") == month)
        whole = plays.group_by("listener").agg(pl.col("plays").sum().alias("whole"))
        due = (pl.col("plays") / pl.col("whole") * FEE).sum().alias("due")
        found = plays.join(whole, on="listener").group_by("artist").agg(pl.col("plays").sum(), due).collect()
        total += float(found["due"].sum())
    return {"due": total}


def _months() -> list[str]:
    return [f"2025-{month + 1:02}" for month in range(MONTHS)]


WAYS: dict[str, Callable[[Path, Path], dict[str, Any]] | None] = {
    "ours": ours,
    "command": None,
    "bare": bare,
    "pandas": pandas,
    "polars": polars,
}


if __name__ == "__main__":
    way = WAYS[sys.argv[1]]
    assert way is not None
    with tempfile.TemporaryDirectory(dir=Path(sys.argv[2]).parent) as place:
        print(json.dumps(way(Path(sys.argv[2]), Path(place))))
