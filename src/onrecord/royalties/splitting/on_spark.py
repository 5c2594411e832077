# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the plays of a month on Spark: the jobs that look at every play run there, by the SQL that runs here.

What they leave (a row a listener, a row a payee) comes back, and is settled here. So pro-rata, user-centric and hybrid
look at the plays on the cluster alone; rules with claims of their own make these here.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from onrecord.engine.duck import Duck
from onrecord.engine.portable import tables_of, to_spark
from onrecord.engine.spark import Spark
from onrecord.royalties.splitting.counting import PORTABLE, Counts, PoolOf, portable_sql


class SparkCounts(Counts):
    """`Counts` with Spark beside the tables; `folder` holds what goes there and what comes back."""

    def __init__(
        self, duck: Duck, fee: int | None, own_fees: Mapping[str, int] | None, spark: Spark, folder: Path
    ) -> None:
        self._spark, self._folder = spark, folder
        self._number = 0
        #: What lies there already: tables by what they were made of.
        self._there: dict[tuple[str, ...], list[Path]] = {}
        super().__init__(duck, fee, own_fees)

    def begin(self, pools: Sequence[PoolOf]) -> None:
        for path in [path for paths in self._there.values() for path in paths]:
            path.unlink(missing_ok=True)
        self._there.clear()
        super().begin(pools)

    def by_pool(self, name: str, **parameters: Any) -> None:
        if name in PORTABLE:
            self.run(name, **parameters)
        else:
            super().by_pool(name, **parameters)

    def run(self, name: str, **parameters: Any) -> list[tuple[Any, ...]]:
        if name not in PORTABLE:
            return super().run(name, **parameters)
        sql = portable_sql(name)
        tables = {table: self._laid_out(table) for table in tables_of(sql)}
        files = self._spark.query(to_spark(sql, name, parameters, whole=True), tables, self._place(name))
        taken = self.duck.take(files)
        return self.duck.run(
            f"CREATE OR REPLACE TABLE {PORTABLE[name]} AS {taken}" if PORTABLE[name] else taken
        )

    def _laid_out(self, table: str) -> list[Path]:
        """The table as Parquet. The plays of a month are written once for each way of counting them."""
        lasting = table == "counted" or (table == "claims" and self._claimed == "counted")
        # `money` counts by a unit before it says so.
        [(unit,)] = self.duck.run("SELECT sql FROM duckdb_views() WHERE view_name = 'counted'")
        key = (table, str(unit))
        if lasting and key in self._there:
            return self._there[key]
        path = self._place(table).with_suffix(".parquet")
        self.duck.lay_out(f"SELECT * FROM {table}", path)
        if lasting:
            self._there[key] = [path]
        return [path]

    def _place(self, name: str) -> Path:
        self._number += 1
        return self._folder / f"{name}-{self._number}"
