# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What more than one machine costs; parts are named with --part.

s3       put and get of 4 KiB, 4 MB and 100 MB through the store, against the client alone, in turns on the same server
spark    kept questions and payouts on standalone Spark with two workers: checksums beside DuckDB's, compiled SQL beside
         hand-written
files    a job over small files while one of two workers is killed, again and again: lost, doubled, repeated

The last two need Java, and a Python with pyspark: --python, or the one that the tests have made in .dev.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import cluster_files
import cluster_s3
import cluster_spark
from measure import load, report_part

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("s3", "spark", "files")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="./dev bench cluster", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=PARTS, default="s3")
    parser.add_argument("--rounds", type=int, default=5, help="of s3, spark: in turns (default 5)")
    parser.add_argument("--rows", type=int, default=10_000_000, help="of spark: claims, and plays")
    parser.add_argument("--files", type=int, default=20_000, help="of files: how many")
    parser.add_argument("--chunk", type=int, default=1_000, help="of files: how many a chunk")
    parser.add_argument("--kills", type=int, default=10, help="of files: rounds, each with one worker killed")
    parser.add_argument("--seed", type=int, default=1, help="of files: when which worker is killed")
    parser.add_argument("--python", default="", help="of spark, files: a Python with pyspark")
    parser.add_argument("--dir", type=Path, default=ROOT / ".dev", help="where files are made")
    parser.add_argument("--json", action="store_true", help="nothing else is ever printed")
    args = parser.parse_args()
    before = load()
    args.dir.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any]
    with tempfile.TemporaryDirectory(prefix="bench-cluster-", dir=args.dir) as name:
        folder, rounds = Path(name), max(args.rounds, 1)
        if args.part == "s3":
            found = cluster_s3.measure(folder, rounds)
        elif args.part == "spark":
            found = cluster_spark.measure(folder, _python(parser, args.python), args.rows, rounds)
        else:
            python = _python(parser, args.python)
            found = cluster_files.measure(folder, python, args.files, args.chunk, args.kills, args.seed)
    report_part("cluster", args.part, before, found)


def _python(parser: argparse.ArgumentParser, named: str) -> str:
    made = sorted((ROOT / ".dev").glob("spark-*/bin/python"))
    if not named and not made:
        parser.error("--python: name one with pyspark: python3 -m venv spark; spark/bin/pip install pyspark")
    return named or str(made[-1])


if __name__ == "__main__":
    main()
