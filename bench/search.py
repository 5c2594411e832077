# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What search costs and what it finds; parts are named with --part.

speed    an index of made titles: built, asked, changed, at each size up to --documents; goes on where it stopped
quality  real strings of eight scripts: one typo, dropped accents, parts of names; beside SQLite FTS5 and plain tantivy
"""

import argparse
import shutil
from pathlib import Path
from typing import Any

import search_quality
import search_speed
from measure import load, report_part

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("speed", "quality")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="./dev bench search", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=PARTS, default="speed")
    parser.add_argument("--documents", type=int, default=10_000_000, help="of speed: how many at the end")
    parser.add_argument(
        "--data", type=Path, default=None, help="of quality: a folder with real catalogs, see its text"
    )
    parser.add_argument(
        "--dir", type=Path, default=ROOT / ".dev", help="where files are made, and kept for the next run"
    )
    parser.add_argument(
        "--ask-again",
        action="store_true",
        help="of speed: what is built is asked again, as on a quiet machine",
    )
    parser.add_argument("--anew", action="store_true", help="forget what an earlier run has built")
    parser.add_argument("--json", action="store_true", help="nothing else is ever printed")
    args = parser.parse_args()
    before = load()
    folder = args.dir / f"bench-search-{args.part}"
    if args.anew:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any]
    if args.part == "speed":
        found = search_speed.measure(folder, max(args.documents, 1_000), args.ask_again)
    else:
        found = search_quality.measure(folder, args.data)
    report_part("search", args.part, before, found)


if __name__ == "__main__":
    main()
