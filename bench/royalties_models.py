# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pro-rata and user-centric together over made-up plays, each way of doing it a process of its own.

A play is a row: listener, artist, count; up to 100 million of them are one month and one pool, more are twelve months
of a file each. What each way computes:

ours     rows checked, pools found, both models paid in whole units by exact largest remainder, the sums held against
         the pools: `compare` without its figures
command  the whole `onrecord royalties compare --json`, its figures and a payout a line included
bare     the same two payouts in plain DuckDB SQL, as one writes it by hand, month by month: plays by listener; plays
         and shares by artist; floors and a ranking of remainders. Pro-rata is exact; user-centric is in steps of
         2^-40, so that it adds up and may be a unit off. Rows are not checked
scans    the limit: the two passes of `bare` over the rows, without any rounding
pandas, polars   the shares alone, in floats, from an environment of their own

Rates are rows a CPU-second, user and system together. A run that was cut off goes on: plays stay where they were made,
and rounds that were measured with the same code are not measured again until the answer was given.
"""

import hashlib
import json
import sys
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from measure import cost, progress, spread
from peers import python_with

ROOT: Final = Path(__file__).resolve().parent.parent
FEE: Final = 6_990_000
MEMORY: Final = "2GB"
ONE_MONTH: Final = 100_000_000
PEERS: Final = ("pandas==3.0.6", "polars==1.44.2", "pyarrow==26.0.1")
#: How often each way looks at every row. `ours` once more, for few artists, in months where remainders tie on the line.
PASSES: Final = {
    "ours": "4 to 5",
    "command": "6 to 7",
    "bare": "2",
    "scans": "2",
    "pandas": "1",
    "polars": "2",
}


def measure(folder: Path, rounds: int, size: int) -> dict[str, Any]:
    wanted = size or ONE_MONTH
    runs = _Runs(folder / f"royalties-runs-{wanted}.jsonl")
    python = python_with(*PEERS)
    result = _at_size(folder, rounds, wanted, runs, {"pandas": python, "polars": python})
    small = _at_size(folder, rounds, max(wanted // 10, 1), runs, {}, ("ours",))
    result["growth"] = {
        "plays": [small["plays"], result["plays"]],
        "ours_plays_per_cpu_s": [each["ways"]["ours"].get("plays_per_cpu_s") for each in (small, result)],
    }
    runs.forget()
    return result


def _at_size(
    folder: Path,
    rounds: int,
    wanted: int,
    runs: "_Runs",
    pythons: dict[str, Path | None],
    only: tuple[str, ...] = (),
) -> dict[str, Any]:
    place = made(folder, wanted)
    rows = sum(json.loads((place / "rows.json").read_text("ascii")).values())
    ways = [name for name in WAYS if (not only or name in only) and pythons.get(name, place)]
    spent: dict[str, list[dict[str, Any]]] = {name: [] for name in ways}
    for number in range(rounds):
        for name in ways:
            command = _command(name, place, folder, pythons.get(name))
            spent[name].append(runs.run(name, wanted, number, command))
    limit = rows / max(min(run["cpu_s"] for run in spent["scans"]), 0.01) if "scans" in spent else 0
    result: dict[str, Any] = {
        "plays": rows,
        "file_bytes": sum(path.stat().st_size for path in place.glob("*.parquet")),
        "months": len(list(place.glob("*.parquet"))),
        "rounds": rounds,
        "unit": "plays per CPU second, and the most memory of the process in bytes; limit is `scans` at its best",
        "ways": {name: _summary(name, each, rows, limit) for name, each in spent.items()},
        "not_installed": [name for name in WAYS if not only and name not in ways],
    }
    return result if only else result | _agreement(spent)


def _summary(name: str, runs: list[dict[str, Any]], rows: int, limit: float) -> dict[str, Any]:
    if any(run["exit_code"] for run in runs):
        return {"failed": [run["exit_code"] for run in runs]}
    return {
        "plays_per_cpu_s": spread(rows / max(run["cpu_s"], 0.01) for run in runs),
        "limit_plays_per_cpu_s": round(limit),
        "rows": rows,
        "passes_over_rows": PASSES[name],
        "wall_s": spread(run["wall_s"] for run in runs),
        "peak_memory_bytes": max(run["peak_memory_bytes"] for run in runs),
    }


def _agreement(spent: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Ratios of CPU time within a round, and whether the answers are the same."""
    ours = spent["ours"]
    said = {name: [run["said"] for run in spent[name] if run["said"]] for name in ("ours", "command", "bare")}
    found: dict[str, Any] = {}
    for name in ("bare", "scans"):
        pairs = zip(ours, spent[name], strict=True)
        found[f"ours_over_{name}_cpu"] = spread(a["cpu_s"] / max(b["cpu_s"], 0.01) for a, b in pairs)
    found["payouts_add_up"] = bool(said["ours"]) and all(each["paid"] == each["due"] for each in said["ours"])
    found["pools_equal"] = {each["due"][0] for each in said["ours"]} == {each["due"] for each in said["bare"]}
    digests = {name: {each["pro_rata"] for each in of} for name, of in said.items()}
    found["pro_rata_equal"] = len(set.union(*digests.values())) == 1 and all(digests.values())
    found["command_equals_ours"] = {each["user_centric"] for each in said["ours"]} == {
        each["user_centric"] for each in said["command"]
    }
    return found


class _Runs:
    """What was measured so far, a line a run, so that a run that was cut off goes on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        code = hashlib.sha256(Path(__file__).read_bytes())
        for each in sorted((ROOT / "src" / "onrecord" / "royalties").rglob("*.*")):
            if each.suffix in (".py", ".sql"):
                code.update(each.read_bytes())
        self._code = code.hexdigest()
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        known = [json.loads(line) for line in lines if line.endswith("}")]
        self._known = {tuple(each["key"]): each["run"] for each in known if each["code"] == self._code}

    def run(self, name: str, wanted: int, number: int, command: list[str | Path]) -> dict[str, Any]:
        key = (name, wanted, number)
        if key not in self._known:
            progress(f"{name}, {wanted:,} plays, round {number + 1}")
            run: dict[str, Any] = cost(command)
            run["said"] = _said(name, run.pop("stdout")) if not run["exit_code"] else {}
            self._known[key] = run
            with self._path.open("a", encoding="utf-8") as out:
                out.write(json.dumps({"code": self._code, "key": key, "run": run}) + "\n")
        found: dict[str, Any] = self._known[key]
        return found

    def forget(self) -> None:
        self._path.unlink(missing_ok=True)


def _said(name: str, printed: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(printed)
    if name != "command":
        return found
    digests = {}
    for model in ("pro-rata", "user-centric"):
        payouts = found["models"][model]["payouts"]
        units = sum(int(artist) % 1_000_003 * int(Decimal(paid) * 10**6) for artist, paid in payouts.items())
        digests[model.replace("-", "_")] = str(units)
    return digests


def _command(name: str, place: Path, folder: Path, python: Path | None) -> list[str | Path]:
    if name != "command":
        return [python or sys.executable, Path(__file__), name, place]
    program = Path(sys.executable).with_name("onrecord")
    models = ["--model", "pro-rata", "--model", "user-centric", "--fee", "6.99"]
    return [program, "royalties", "compare", place, "--json", *models, "--memory", MEMORY, "--temp", folder]


def made(folder: Path, wanted: int) -> Path:
    """A folder with about `wanted` plays, a Parquet file a month; what is there already is kept."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from onrecord.royalties.generating import Population, generate

    months = 1 if wanted <= ONE_MONTH else 12
    place = folder / f"royalties-plays-{wanted}"
    place.mkdir(parents=True, exist_ok=True)
    count = place / "rows.json"
    rows: dict[str, int] = json.loads(count.read_text("ascii")) if count.exists() else {}
    # One draw is a row: 600 plays with 4 to a draw make about 150 rows a listener and month.
    people = Population(
        listeners=max(wanted // (150 * months), 10),
        artists=max(min(wanted // 100, 1_000_000), 100),
        correlation=0.1,
    )
    names = ("month", "listener", "artist", "plays") if months > 1 else ("listener", "artist", "plays")
    schema = pa.schema([(name, pa.string() if name == "month" else pa.int64()) for name in names])
    for month in range(months):
        said = f"2025-{month + 1:02}"
        path = place / f"plays-{said}.parquet"
        if said in rows and path.exists():
            continue
        progress(f"making month {month + 1} of {months}, {wanted:,} plays in all")
        part, rows[said] = path.with_suffix(".part"), 0
        with pq.ParquetWriter(part, schema, compression="zstd") as writer:
            for group in generate(people, month):
                columns = [pa.array(column) for column in group]
                columns = [pa.repeat(said, len(group[0])), *columns] if months > 1 else columns
                writer.write_table(pa.Table.from_arrays(columns, schema=schema), row_group_size=122_880)
                rows[said] += len(group[0])
        part.rename(path)
        count.write_text(json.dumps(rows), "ascii")
    return place


# --- the ways, each run as a process ----------------------------------------------------------------------------


def ours(place: Path, spill: Path) -> dict[str, Any]:
    from onrecord.engine.duck import Duck
    from onrecord.royalties.comparing import Run
    from onrecord.royalties.comparison import Options
    from onrecord.royalties.reading_plays import read_plays

    duck = Duck(spill, memory=MEMORY)
    options = Options(models=("pro-rata", "user-centric"), fee="6.99")
    run = Run(duck, read_plays(duck, place, spill), options)
    run.all_months(look=False)
    # The models are numbered as they were asked for.
    earned = duck.run(
        "SELECT sum(units), sum(CAST(payee AS BIGINT) % 1000003 * units) FROM earned GROUP BY model ORDER BY model"
    )
    (pro_rata, digest), (user_centric, other) = earned
    return {
        "paid": [str(pro_rata), str(user_centric)],
        "due": [str(run.due())] * 2,
        "pro_rata": str(digest),
        "user_centric": str(other),
    }


def bare(place: Path, spill: Path) -> dict[str, Any]:
    db = _duck(spill)
    digest = due = 0
    for source in _months(place):
        db.execute(
            f"CREATE OR REPLACE TABLE t AS SELECT listener, sum(plays)::BIGINT AS whole FROM {source} GROUP BY listener"
        )
        [(listeners, plays)] = db.execute("SELECT count(*), sum(whole) FROM t").fetchall()
        amount = listeners * FEE
        due += amount
        db.execute(f"CREATE OR REPLACE TABLE s AS {_SHARES.format(source)}")
        for share, whole in ((f"n * {amount}::HUGEINT", plays), (f"due * {FEE}::HUGEINT", 1 << 40)):
            db.execute(
                f"CREATE OR REPLACE TABLE paid AS SELECT artist, units + (row_number() OVER (ORDER BY rest DESC, "
                f"artist::VARCHAR) <= {amount} - sum(units) OVER ())::INT AS units FROM (SELECT artist, "
                f"({share}) // {whole}::HUGEINT AS units, ({share}) % {whole}::HUGEINT AS rest FROM s)"
            )
            if share.startswith("n"):
                [(found,)] = db.execute("SELECT sum(artist % 1000003 * units) FROM paid").fetchall()
                digest += int(found)
    return {"pro_rata": str(digest), "due": str(due)}


_SHARES = (
    "SELECT artist, sum(plays) AS n, sum(plays * rate) AS due "
    "FROM {} JOIN (SELECT listener, (1::BIGINT << 40) // whole AS rate FROM t) USING (listener) GROUP BY artist"
)


def scans(place: Path, spill: Path) -> dict[str, Any]:
    db = _duck(spill)
    artists = 0
    for source in _months(place):
        db.execute(
            f"CREATE OR REPLACE TABLE t AS SELECT listener, sum(plays)::BIGINT AS whole FROM {source} GROUP BY listener"
        )
        db.execute(f"CREATE OR REPLACE TABLE s AS {_SHARES.format(source)}")
        [(found,)] = db.execute("SELECT count(*) FROM s").fetchall()
        artists += found
    return {"artists": artists}


def pandas(place: Path, spill: Path) -> dict[str, Any]:
    import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]

    total = 0.0
    for path in sorted(place.glob("*.parquet")):
        frame = pd.read_parquet(path, columns=["listener", "artist", "plays"])
        whole = frame.groupby("listener")["plays"].transform("sum")
        frame["due"] = frame["plays"] / whole * FEE
        found = frame.groupby("artist")[["plays", "due"]].sum()
        found["pro_rata"] = found["plays"] / found["plays"].sum() * (frame["listener"].nunique() * FEE)
        total += float(found["due"].sum())
    return {"due": total}


def polars(place: Path, spill: Path) -> dict[str, Any]:
    import polars as pl  # type: ignore[import-not-found,unused-ignore]

    total = 0.0
    for path in sorted(place.glob("*.parquet")):
        plays = pl.scan_parquet(path)
        whole = (
            plays.group_by("listener").agg(pl.col("plays").sum().alias("whole")).collect(engine="streaming")
        )
        due = (pl.col("plays") / pl.col("whole") * FEE).sum().alias("due")
        joined = plays.join(whole.lazy(), on="listener").group_by("artist").agg(pl.col("plays").sum(), due)
        found = joined.collect(engine="streaming")
        found = found.with_columns(pro_rata=pl.col("plays") / pl.col("plays").sum() * (len(whole) * FEE))
        total += float(found["due"].sum())
    return {"due": total}


def _duck(spill: Path) -> Any:
    import duckdb

    config: dict[str, Any] = {"memory_limit": MEMORY, "threads": 2, "temp_directory": str(spill)}
    db = duckdb.connect(config=config)
    db.execute("SET preserve_insertion_order=false")
    return db


def _months(place: Path) -> list[str]:
    """Each month's rows as DuckDB reads them."""
    return [
        f"(SELECT listener, artist, plays FROM read_parquet('{path}'))"
        for path in sorted(place.glob("*.parquet"))
    ]


#: `command` is a process already.
WAYS: dict[str, Callable[[Path, Path], dict[str, Any]] | None] = {
    "ours": ours,
    "command": None,
    "bare": bare,
    "scans": scans,
    "pandas": pandas,
    "polars": polars,
}


if __name__ == "__main__":
    way = WAYS[sys.argv[1]]
    assert way is not None
    with tempfile.TemporaryDirectory(dir=Path(sys.argv[2]).parent) as temporary:
        print(json.dumps(way(Path(sys.argv[2]), Path(temporary))))
