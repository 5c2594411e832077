# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What records and claims cost; parts that take long are named with --part.

sources    reading, validating and mapping dumps, beside other programs; memory at a thousand and a million records
matching   precision and recall on real tracks (--data), splink beside it, and on made ones whose names were changed
size       a made catalog (--tracks): bytes, making, canonical build beside its bare SQL, look-ups, matching
records    verbatim records of a made dump (--tracks), harvested: their bytes, memory, and whether they are as they came
"""

import argparse
import importlib
import tempfile
from pathlib import Path
from typing import Any

from measure import load, report_part

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("sources", "size", "records", "matching")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="./dev bench catalog", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=PARTS, default="sources")
    parser.add_argument("--rounds", type=int, default=0, help="5 where nothing is said, of the part size 1")
    parser.add_argument(
        "--size",
        "--tracks",
        type=lambda text: int(float(text)),
        default=0,
        help="how many, where the part makes things",
    )
    parser.add_argument("--dir", type=Path, default=ROOT / ".dev", help="where files are made")
    parser.add_argument(
        "--data", type=Path, default=ROOT / "data", help="sets of real data, for the part matching"
    )
    parser.add_argument(
        "--also",
        type=Path,
        help="clones of the repositories that catalog_also.py names, as OWNER/NAME, for the part matching",
    )
    parser.add_argument("--json", action="store_true", help="nothing else is ever printed")
    args = parser.parse_args()
    before = load()
    args.dir.mkdir(parents=True, exist_ok=True)
    module = importlib.import_module(f"catalog_{args.part}")
    with tempfile.TemporaryDirectory(prefix="bench-catalog-", dir=args.dir) as folder:
        found: dict[str, Any] = (
            module.measure(Path(folder), args.data, args.also, args.dir / "catalog-matching-errors.jsonl")
            if args.part == "matching"
            else module.measure(Path(folder), args.rounds or (1 if args.part == "size" else 5), args.size)
        )
    report_part("catalog", args.part, before, found)


if __name__ == "__main__":
    main()
