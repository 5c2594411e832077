# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What editions cost.

assembly  volumes from digest records in memory: files a CPU second, hybrid and v2 only, apart from starting up
peers     the same hybrids as libtorrent makes by reading, and what mktorrent makes (v1), on files for real
next      a next edition of a real archive, with the opens and reads of its sound counted by the kernel
bulk      the volumes of 86 million files and 300 TB, streamed, their sizes summed, nothing kept; can be killed and
          goes on; `--size` does as many files more
publish   the whole command as files become more: memory and CPU of archives whose files do not exist
sync      `mirror sync` on loopback against plain libtorrent until all is held; and what looking into it takes
repair    a hundred flipped bits in one file, mended by the exchange and by BitTorrent: bytes that travel
"""

import argparse
import importlib
from pathlib import Path
from typing import Any, Final

from measure import load, report_part

ROOT = Path(__file__).resolve().parent.parent
#: What `--size` counts, and how much it is where it is not given.
SIZES: Final = {
    "assembly": ("files", 90_000),
    "peers": ("MB", 10_000),
    "next": ("files", 60),
    "bulk": ("files", 86_000_000),
    "publish": ("files", 400_000),
    "repair": ("MB", 1_000),
    "sync": ("MB", 3_000),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="./dev bench editions", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=tuple(SIZES), default="assembly")
    sizes = ", ".join(f"{part}: {size:,} {unit}" for part, (unit, size) in SIZES.items())
    parser.add_argument("--size", "--files", type=int, default=0, help=f"how much of it ({sizes})")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--dir", type=Path, default=ROOT / ".dev", help="on the disk to measure (default .dev)"
    )
    parser.add_argument("--json", action="store_true", help="nothing else is ever printed")
    args = parser.parse_args()
    before = load()
    args.dir.mkdir(parents=True, exist_ok=True)
    module = importlib.import_module(f"editions_{args.part}")
    size = max(args.size or SIZES[args.part][1], 1)
    found: dict[str, Any] = module.measure(args.dir, max(args.rounds, 1), size)
    report_part("editions", args.part, before, found)


if __name__ == "__main__":
    main()
