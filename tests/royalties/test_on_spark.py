# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Payouts with the plays counted on Spark: to the unit what they are here."""

import random
import sys
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from onrecord.engine.duck import Duck
from onrecord.engine.spark import Cluster, Spark
from onrecord.royalties.comparing import compare
from onrecord.royalties.comparison import Options
from tests.engine import spark as spark_here

MODELS = ("pro-rata", "user-centric")


def made_plays(path: Path) -> None:
    """Two services; listeners with equal histories, so that remainders tie; some who played nothing."""
    chance = random.Random(5)
    rows = []
    for listener in range(300):
        for _ in range(chance.choice([1, 1, 2, 5])):
            artist = f"a{int(chance.paretovariate(0.7)) % 80}"
            rows.append((f"s{listener % 2}", f"l{listener}", artist, chance.choice([0, 1, 1, 3, 40])))
    names = ("service", "listener", "artist", "plays")
    pq.write_table(pa.table([list(column) for column in zip(*rows, strict=True)], names=list(names)), path)


def outcome(folder: Path, plays: Path, fee: str, spark: Spark | None) -> Any:
    folder.mkdir()
    settings = {"user-centric": {"inactive": "retain"}}
    options = Options(models=MODELS, settings=settings, fee=fee, unit="0.01")
    duck = Duck(folder, "1GB", 2)
    try:
        return msgspec.to_builtins(compare(plays, options, duck, folder, spark=spark))
    finally:
        duck.close()


@pytest.mark.slow
def test_payouts_are_the_same_on_spark(tmp_path: Path) -> None:
    cluster = Cluster("local[2]", str(spark_here.python()), "", ("spark.sql.shuffle.partitions=2",))
    made_plays(tmp_path / "plays.parquet")
    with Spark(cluster, tmp_path / "spark") as spark:
        there = outcome(tmp_path / "there", tmp_path / "plays.parquet", "9.99", spark)
    here = outcome(tmp_path / "here", tmp_path / "plays.parquet", "9.99", None)
    assert here["models"]["user-centric"]["payouts"] != here["models"]["pro-rata"]["payouts"]
    assert there == here
    assert sys.modules.get("pyspark") is None
