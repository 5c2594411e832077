# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rights gate answers and what that costs.

bulk    decisions a second over a made-up catalog, beside one call a piece and beside the bare scan of the ledger
labels  the gate against pieces that two people labelled by reading, before it was run on them
"""

import argparse
import importlib
from pathlib import Path
from typing import Any

from measure import load, report_part

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("bulk", "labels")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="./dev bench rights", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=PARTS, default="bulk")
    parser.add_argument(
        "--size", type=int, default=1_000_000, help="pieces of the catalog (default a million)"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dir", type=Path, default=ROOT / ".dev", help="where the catalog is made and kept")
    parser.add_argument("--json", action="store_true", help="nothing else is ever printed")
    args = parser.parse_args()
    before = load()
    args.dir.mkdir(parents=True, exist_ok=True)
    module = importlib.import_module(f"rights_{args.part}")
    found: dict[str, Any] = module.measure(args.dir, max(args.rounds, 1), args.size)
    report_part("rights", args.part, before, found)


if __name__ == "__main__":
    main()
