# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spark in local mode, in an environment of its own (half a gigabyte), which is made once where it can be had."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

VERSION: Final = "4.3.0"
HOME: Final = Path(__file__).resolve().parents[2] / ".dev" / f"spark-{VERSION}"

_ASK: Final = """
import json, sys
from pyspark.sql import SparkSession
asked = json.load(sys.stdin)
made = SparkSession.builder.master("local[2]")
for name, value in {
    "spark.ui.enabled": "false", "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1",
    "spark.sql.shuffle.partitions": "4", "spark.driver.memory": "1g", "spark.sql.warehouse.dir": asked["folder"],
}.items():
    made = made.config(name, value)
spark = made.getOrCreate()
for name, paths in asked["tables"].items():
    spark.read.parquet(*paths).createOrReplaceTempView(name)
rows = {name: [[value if value is None or isinstance(value, (str, int)) else int(value) for value in row]
               for row in spark.sql(query).collect()] for name, query in asked["queries"].items()}
with open(asked["folder"] + "/rows.json", "w") as file:
    json.dump(rows, file)
spark.stop()
"""


def python() -> Path:
    """The Python of the environment; a test is skipped where there is none and it cannot be made."""
    if shutil.which("java") is None:
        pytest.skip("Spark: no Java here")
    if not (HOME / "whole").exists():
        make = [sys.executable, "-m", "venv", "--clear", str(HOME)]
        install = [str(HOME / "bin" / "pip"), "install", "--quiet", "--no-cache-dir", f"pyspark=={VERSION}"]
        for command in (make, install):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"Spark: pyspark {VERSION} cannot be had: {done.stderr.strip()[-200:]}")
        (HOME / "whole").touch()
    return HOME / "bin" / "python"


def rows(
    folder: Path, tables: Mapping[str, Sequence[Path]], queries: Mapping[str, str]
) -> dict[str, list[list[Any]]]:
    """What Spark answers to queries over Parquet files, by the names of the queries."""
    asked = {
        "folder": str(folder),
        "tables": {name: [str(path) for path in paths] for name, paths in tables.items()},
        "queries": dict(queries),
    }
    done = subprocess.run(
        [str(python()), "-c", _ASK],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answered: dict[str, list[list[Any]]] = json.loads((folder / "rows.json").read_text())
    return answered
