# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kept questions and payouts on two workers: the same rows as here, and what compiled SQL costs beside SQL that was
written for Spark by hand."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from cluster_standalone import Standalone
from measure import progress, spread

from onrecord.catalog.tables import TrackRow
from onrecord.engine.checksum import checksum
from onrecord.engine.duck import Duck, sql_file
from onrecord.engine.parquet import write_tables
from onrecord.engine.portable import to_spark
from onrecord.engine.spark import Spark
from onrecord.royalties.comparing import compare
from onrecord.royalties.comparison import Options
from onrecord.royalties.generating import Population, write
from onrecord.royalties.splitting.counting import portable_sql
from onrecord.sources.generated.claims import Generated
from onrecord.sources.generated.layout import SOURCES

#: What compiled SQL may cost of hand-written.
WANTED: Final = 1.05
_STEPS: Final = 1 << 40
_DEDUPE: Final = """
SELECT isrc, source, id, title, artist, duration_ms, claims FROM (
  SELECT isrc, source, id, title, artist, duration_ms, count(*) OVER (PARTITION BY isrc) AS claims,
    row_number() OVER (PARTITION BY isrc ORDER BY duration_ms IS NULL, source, id) AS place
  FROM track_claims WHERE isrc <> ''
) WHERE place = 1 ORDER BY isrc
"""
_SUMS: Final = f"""
SELECT c.pool, c.payee, sum(CAST(c.claim * r.rate AS DECIMAL(38,0))) AS low,
  sum(CAST(c.claim AS DECIMAL(38,0))) AS width, sum(CAST(c.count AS DECIMAL(38,0))) AS count
FROM claims c JOIN (SELECT pool, listener, CAST((up * {_STEPS}) DIV down AS BIGINT) AS rate FROM parts) r
  USING (pool, listener)
GROUP BY c.pool, c.payee
"""


def measure(folder: Path, python: str, rows: int, rounds: int) -> dict[str, Any]:
    claims = _claims(folder, rows)
    progress(f"{rows:,} claims were made")
    plays = folder / "plays.parquet"
    played = write(Population(listeners=max(rows // 150, 10), artists=max(rows // 100, 10)), plays)
    progress(f"{played:,} rows of plays were made")
    duck = Duck(folder / "spill", "4GB", 2)
    try:
        with (
            Standalone(python, folder, memory="3g") as standalone,
            Spark(standalone.cluster, folder / "spark") as spark,
        ):
            result: dict[str, Any] = {
                "rows": rows,
                "played": played,
                "spark": spark.version,
                "wanted": WANTED,
            }
            jobs = _jobs(duck, claims, plays, folder)
            for name, (sql, values, whole, by_hand, tables) in jobs.items():
                result[name] = _job(duck, spark, folder, name, sql, values, whole, by_hand, tables, rounds)
                progress(f"{name}: {result[name]}")
            result["payouts"] = _payouts(folder, plays, spark)
            progress(f"payouts: {result['payouts']}")
    finally:
        duck.close()
    return result


def _claims(folder: Path, rows: int) -> list[Path]:
    """Claims of a made catalog, a file a source."""
    catalog = Generated(rows, seed=7)
    paths = []
    for source in SOURCES:
        path = folder / f"{source}.parquet"
        tables = (
            catalog.rows("tracks", source, start, min(start + 1_000_000, rows))
            for start in range(0, rows, 1_000_000)
        )
        if write_tables(path, TrackRow, tables)[1]:
            paths.append(path)
    return paths


def _jobs(duck: Duck, claims: list[Path], plays: Path, folder: Path) -> Mapping[str, tuple[Any, ...]]:
    """Name, SQL, its values, whether its sums are whole, the same by hand, and the tables."""
    counted, parts = folder / "counted.parquet", folder / "parts.parquet"
    duck.lay_out(
        f"SELECT 0 AS pool, listener, artist AS payee, plays AS count, plays AS claim FROM read_parquet('{plays}')",
        counted,
    )
    duck.lay_out(
        f"SELECT pool, listener, CAST(1 AS BIGINT) AS up, CAST(sum(count) AS BIGINT) AS down "
        f"FROM read_parquet('{counted}') GROUP BY ALL HAVING sum(count) > 0",
        parts,
    )
    dedupe = sql_file("onrecord.catalog", "portable/dedupe")
    return {
        "dedupe": (dedupe, {}, False, _DEDUPE, {"track_claims": claims}),
        "payout_sums": (
            portable_sql("sums"),
            {"steps": _STEPS},
            True,
            _SUMS,
            {"claims": [counted], "parts": [parts]},
        ),
    }


def _job(
    duck: Duck,
    spark: Spark,
    folder: Path,
    name: str,
    sql: str,
    values: Mapping[str, int],
    whole: bool,
    by_hand: str,
    tables: Mapping[str, list[Path]],
    rounds: int,
) -> dict[str, Any]:
    for table, paths in tables.items():
        listed = ", ".join(f"'{path}'" for path in paths)
        duck.run(f"CREATE OR REPLACE VIEW {table} AS SELECT * FROM read_parquet([{listed}])")
    begun = time.monotonic()
    written = folder / f"{name}.here.parquet"
    for key, value in values.items():
        sql = sql.replace(f"${key}", str(value))
    duck.lay_out(sql.rstrip(), written)
    here = round(time.monotonic() - begun, 2)
    expected = checksum(duck, [written])
    ways = {"compiled": to_spark(sql, name, values, whole=whole), "by_hand": by_hand}
    spent: dict[str, list[float]] = {way: [] for way in ways}
    same = True
    for number in range(-1, rounds):  # the first of all is not counted
        for way in list(ways) if number % 2 else list(reversed(ways)):
            begun = time.monotonic()
            files = spark.query(ways[way], tables, folder / f"{name}-{way}-{number}")
            if number >= 0:
                spent[way].append(time.monotonic() - begun)
            same &= checksum(duck, files) == expected
            for path in files:
                path.unlink()
    ratios = [one / other for one, other in zip(spent["compiled"], spent["by_hand"], strict=True)]
    return {
        "rows": expected.rows,
        "checksum": expected.text,
        "same": same,
        "duckdb_s": here,
        **{f"{way}_s": spread(values) for way, values in spent.items()},
        "ratio": spread(ratios),
    }


def _payouts(folder: Path, plays: Path, spark: Spark) -> dict[str, Any]:
    """Pro-rata and user-centric by the whole of `compare`, here and with the plays counted on Spark."""
    options = Options(models=("pro-rata", "user-centric"), fee="6.99")
    found, seconds = {}, {}
    for way, engine in (("here", None), ("spark", spark)):
        place = folder / f"payouts-{way}"
        place.mkdir()
        duck = Duck(place, "4GB", 2)
        begun = time.monotonic()
        try:
            found[way] = msgspec.json.encode(compare(plays, options, duck, place, spark=engine))
        finally:
            duck.close()
        seconds[way] = round(time.monotonic() - begun, 2)
    return {"same": found["here"] == found["spark"], "seconds": seconds}
