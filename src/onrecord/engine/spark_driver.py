# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Spark driver: a process of its own, of a Python that has pyspark, and the only file of ours that imports it.

It is asked by lines of JSON on standard input and answers by lines of JSON; `engine.spark` says which. Standard library
and pyspark alone: the Python that runs it need not have onrecord. Tasks over files import onrecord where they run.
"""

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

#: Questions that run at a time: so many chunks may be out at once.
_AT_ONCE = 256


class _Lines:
    """Answers, a line each; what others print to standard output goes where errors go."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        self._lock = threading.Lock()
        os.dup2(2, 1)

    def say(self, answer: dict[str, Any]) -> None:
        with self._lock:
            self._out.write(json.dumps(answer) + "\n")
            self._out.flush()


def main() -> int:
    lines = _Lines()
    _die_with_parent()
    # Beside this file lie modules with names of others.
    here = Path(__file__).resolve().parent
    sys.path[:] = [path for path in sys.path if Path(path).resolve() != here]
    try:
        sql = import_module("pyspark.sql")
    except ImportError as error:
        lines.say({"failed": "pyspark", "why": str(error)})
        return 1
    begun = json.loads(sys.stdin.readline())
    try:
        made = sql.SparkSession.builder.master(begun["master"])
        for name, value in begun["options"].items():
            made = made.config(name, value)
        spark = made.getOrCreate()
    except Exception as error:
        lines.say({"failed": "start", "why": _one_line(error)})
        return 1
    context = spark.sparkContext
    context.setLogLevel("ERROR")
    lines.say({"ready": spark.version, "slots": context.defaultParallelism})
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for line in sys.stdin:
            asked = json.loads(line)
            ask = _query if "sql" in asked else _chunk
            pool.submit(_answer, lines, ask, spark, asked)
    spark.stop()
    return 0


def _answer(lines: _Lines, ask: Any, spark: Any, asked: dict[str, Any]) -> None:
    try:
        lines.say({"id": asked["id"], **ask(spark, asked)})
    except BaseException as error:
        lines.say({"id": asked["id"], "error": _one_line(error)})


def _query(spark: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """Answer a SELECT over Parquet files, into a folder of them."""
    for name, paths in asked["tables"].items():
        spark.read.option("mergeSchema", "true").parquet(*paths).createOrReplaceTempView(name)
    spark.sql(asked["sql"]).write.option("compression", "zstd").parquet(asked["out"])
    return {}


def _chunk(spark: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """Run a function over one chunk, as one task; what it gives is the answer."""
    function, arguments = asked["function"], asked["arguments"]

    def run(_: Any) -> Any:
        module, _, name = function.partition(":")
        return getattr(import_module(module), name)(*arguments)

    context = spark.sparkContext
    context.setJobDescription(asked["about"])
    [given] = context.parallelize([0], 1).map(run).collect()
    return {"given": given, "slots": context.defaultParallelism}


def _one_line(error: BaseException) -> str:
    # The cause is what a task in Python says last, not the stack of the machine below.
    said = [line.strip() for line in str(error).splitlines() if line.strip()]
    python = [
        line for line in said if line.split(":")[0].endswith(("Error", "Exception", "Refused", "Failed"))
    ]
    return f"{type(error).__name__}: {' '.join([*(python[-1:] or said[:1])])}"[:600]


def _die_with_parent() -> None:
    """Who started this may be killed: nobody takes the answers then."""
    import ctypes
    import signal

    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
