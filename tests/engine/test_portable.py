# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQL that runs elsewhere: what is refused, and that Spark gives the same rows."""

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

import onrecord
from onrecord.catalog.tables import TrackRow
from onrecord.engine.duck import Duck, sql_file
from onrecord.engine.parquet import write_tables
from onrecord.engine.portable import portable, tables_of, to_spark
from onrecord.errors import UsageError
from onrecord.sources.generated.claims import Generated
from onrecord.sources.generated.layout import SOURCES
from tests.engine import spark

JOBS = {name: sql_file("onrecord.catalog", f"portable/{name}") for name in portable("onrecord.catalog")}

#: Whole units and what is left of them, of a product that no 64 bits hold.
SHARES = """
WITH weights AS (
  SELECT artist AS payee, sum(CAST(duration_ms AS HUGEINT)) AS weight FROM track_claims GROUP BY artist
),
total AS (SELECT sum(weight) AS whole FROM weights),
shares AS (
  SELECT payee, weight, whole, CAST(699999379999937 AS HUGEINT) * weight // whole AS units
  FROM weights CROSS JOIN total WHERE weight > 0
)
SELECT payee, units, CAST(699999379999937 AS HUGEINT) * weight - units * whole AS rest,
  CASE WHEN units > 10 THEN 'much' ELSE 'little' END AS how
FROM shares
"""


def test_the_named_jobs_are_portable() -> None:
    assert set(JOBS) == {"dedupe", "top_artists"}
    for name, sql in JOBS.items():
        compiled = to_spark(sql, name)
        assert "QUALIFY" not in compiled and "HUGEINT" not in compiled and "--" not in compiled


PORTABLE = sorted((Path(onrecord.__file__).parent).rglob("sql/portable/*.sql"))


@pytest.mark.parametrize("path", PORTABLE, ids=[f"{path.parents[2].name}/{path.stem}" for path in PORTABLE])
def test_each_portable_file_gives_the_same_everywhere(path: Path) -> None:
    """The lint: what does not translate exactly is named with file and line."""
    text = path.read_text("utf-8")
    values = dict.fromkeys(re.findall(r"\$(\w+)", text), 2)
    assert "HUGEINT" not in to_spark(text, str(path), values, whole=True)


def test_a_fault_is_named_with_its_line() -> None:
    sql = "SELECT a,\n  paid / plays AS x,\n  hash(b) AS y\nFROM t"
    with pytest.raises(UsageError, match=r"job: .*line 2: `paid / plays`.*line 3: `hash`"):
        to_spark(sql, "job")


def test_tables_that_a_question_reads() -> None:
    assert tables_of("WITH x AS (SELECT a FROM t) SELECT * FROM x JOIN u USING (a)") == ["t", "u"]


@pytest.mark.parametrize(
    ("sql", "compiled"),
    [
        ("SELECT CAST(a AS HUGEINT) // 7 AS x FROM t", "SELECT CAST(a AS DECIMAL(38, 0)) DIV 7 AS x FROM t"),
        ("FROM t SELECT a ORDER BY a LIMIT 1", "SELECT a FROM t ORDER BY a NULLS LAST LIMIT 1"),
        ("SELECT a / CAST(b AS DOUBLE) AS x FROM t", "SELECT a / CAST(b AS DOUBLE) AS x FROM t"),
        ("SELECT sum(a * $n) AS x FROM t", "SELECT SUM(CAST(a * 7 AS DECIMAL(38, 0))) AS x FROM t"),
    ],
)
def test_the_dialect(sql: str, compiled: str) -> None:
    values = {"n": 7} if "$n" in sql else {}
    assert " ".join(to_spark(sql, values=values, whole=bool(values)).split()) == compiled


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("SELECT paid / plays FROM t", "`paid / plays`: `/` divides in floating point"),
        ("SELECT hash(a) FROM t", "`hash`: a function of one engine"),
        ("SELECT fold(a) FROM t", "`fold`: a function of one engine"),
        ("SELECT list(a ORDER BY b) FROM t", "`array_agg`: a function"),
        ("SELECT lower(a) FROM t", "`lower`: a function"),
        ("SELECT a FROM read_parquet('x.parquet')", "`read_parquet`: a function"),
        ("SELECT a FROM 'x.parquet'", "not a table's name"),
        ("SELECT a FROM t LIMIT 3", "LIMIT without ORDER BY"),
        ("SELECT row_number() OVER () FROM t", "without ORDER BY"),
        ("SELECT a::UBIGINT FROM t", "`UBIGINT`: a type"),
        ("SELECT $fee FROM t", "`$fee`: a parameter"),
        ("CREATE TABLE x AS SELECT 1", "expected one SELECT"),
        ("SELECT 1; SELECT 2", "got 2 statements"),
        ("SELEC 1", "job: Invalid expression"),
    ],
)
def test_what_may_differ_is_refused_by_name(sql: str, fault: str) -> None:
    with pytest.raises(UsageError) as refused:
        to_spark(sql, "job")
    assert refused.value.message.startswith("job: ") and fault in refused.value.message
    assert refused.value.message.isprintable()


@pytest.mark.slow
def test_spark_gives_the_same_rows(tmp_path: Path) -> None:
    spark.python()
    catalog = Generated(20_000, seed=7)
    paths = []
    for source in SOURCES:
        path = tmp_path / f"{source}.parquet"
        if write_tables(path, TrackRow, [catalog.rows("tracks", source, 0, catalog.tracks)])[1]:
            paths.append(path)
    queries = {**JOBS, "shares": SHARES}
    duck = Duck(tmp_path / "spill", "1GB", 1)
    try:
        duck.view("track_claims", paths, TrackRow)
        here = {name: duck.run(sql) for name, sql in queries.items()}
    finally:
        duck.close()
    there = spark.rows(
        tmp_path, {"track_claims": paths}, {name: to_spark(sql, name) for name, sql in queries.items()}
    )
    assert all(len(rows) > 20 for rows in here.values())
    assert {name: checksum(rows) for name, rows in there.items()} == {
        name: checksum(rows) for name, rows in here.items()
    }
    assert sum(row[1] for row in there["shares"]) <= 699_999_379_999_937


def checksum(rows: Iterable[Iterable[object]]) -> str:
    told = sorted(json.dumps(list(row)) for row in rows)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()
