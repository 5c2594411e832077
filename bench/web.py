# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page costs under visitors, listeners and a slow browser; parts are named with --part.

load     20 visitors, a query a second each at times fixed beforehand, one in ten mistyped, a recording after every
         second: latencies by HTTP counted from the planned moment, memory of the server
streams  200 listeners for a minute each, with and without the visitors: does a buffer ever run empty?
view     first view of home, search and a recording: bytes, and the largest paint with the browser's processor slowed

The server is `onrecord serve` in a process of its own, with every limit that it has by default. The archive is made
once, of --tracks tracks and the demo's music, and kept.
"""

import argparse
from pathlib import Path
from typing import Any

import web_first_view
import web_load
import web_streams
from measure import load, report_part
from web_made import ROOT, made

PARTS = {"load": web_load.measure, "streams": web_streams.measure, "view": web_first_view.measure}
#: Looked for on 28 November 2026.
NAVIDROME = "left out: PyPI, Debian and npm have clients of it and tools for it, and not the server"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="./dev bench web", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=PARTS, default="load")
    parser.add_argument("--tracks", type=int, default=10_000_000, help="how many the archive has")
    parser.add_argument("--seconds", type=int, default=60, help="how long visitors ask and listeners listen")
    parser.add_argument(
        "--dir", type=Path, default=ROOT / ".dev" / "bench-web", help="where the archive is made, and kept"
    )
    parser.add_argument("--json", action="store_true", help="nothing else is ever printed")
    args = parser.parse_args()
    archive = made(args.dir, max(args.tracks, 1_000))
    before = load()
    found: dict[str, Any] = PARTS[args.part](archive, max(args.seconds, 5))
    report_part("web", args.part, before, {"tracks": args.tracks, "navidrome": NAVIDROME, **found})


if __name__ == "__main__":
    main()
