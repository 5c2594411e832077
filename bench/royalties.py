# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the open books cost; parts that take long are named with --part.

models     pro-rata and user-centric over many plays, beside bare SQL, pandas and Polars; a run that was cut off goes on
statements rows a minute into the books, memory as rows grow, beside royaltyguard on the same rows
"""

import argparse
import importlib
import tempfile
from pathlib import Path
from typing import Any

from measure import load, report_part

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("models", "statements")
#: Parts whose files stay in `--dir`, so that they go on where they were.
KEPT = ("models",)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="./dev bench royalties",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--part", choices=PARTS, default="models")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--size", "--plays", type=int, default=0, help="how many, where the part makes things: plays, rows"
    )
    parser.add_argument("--dir", type=Path, default=ROOT / ".dev", help="where files are made")
    parser.add_argument("--json", action="store_true", help="nothing else is ever printed")
    args = parser.parse_args()
    before = load()
    args.dir.mkdir(parents=True, exist_ok=True)
    module = importlib.import_module(f"royalties_{args.part}")
    found: dict[str, Any]
    if args.part in KEPT:
        found = module.measure(args.dir, max(args.rounds, 1), args.size)
    else:
        with tempfile.TemporaryDirectory(prefix="bench-royalties-", dir=args.dir) as folder:
            found = module.measure(Path(folder), max(args.rounds, 1), args.size)
    report_part("royalties", args.part, before, found)


if __name__ == "__main__":
    main()
