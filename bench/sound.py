# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one decode costs beside other programs, on real music; parts that take long are named with --part.

pass       the whole pass beside ffmpeg's decode and the four separate programs; two processes; a 3-hour file
equal      fingerprints beside fpcalc's, by codec, depth, channels and rate
versions   near duplicates: recall for re-encodings, false matches among distinct pieces
index      the fingerprint index: bytes a sound, look-ups a second
hostile    mutated files: does the parent live, is each refusal named
"""

import argparse
import importlib
import tempfile
from pathlib import Path
from typing import Any

from measure import load, report_part

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("pass", "equal", "versions", "index", "hostile")
ENDINGS = {".ogg", ".opus", ".mp3", ".flac", ".wav", ".m4a"}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="./dev bench sound", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=PARTS, default="pass")
    parser.add_argument(
        "--music", type=Path, default=ROOT / "demo" / "collection", help="a folder (default: the demo's)"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=0, help="how many, where the part makes things")
    parser.add_argument("--dir", type=Path, default=ROOT / ".dev", help="where files are made")
    parser.add_argument("--json", action="store_true", help="nothing else is ever printed")
    args = parser.parse_args()
    before = load()
    music = sorted(path for path in args.music.rglob("*") if path.suffix.lower() in ENDINGS)
    if not music:
        parser.error(f"{args.music}: no music in it")
    args.dir.mkdir(parents=True, exist_ok=True)
    module = importlib.import_module(f"sound_{args.part}")
    with tempfile.TemporaryDirectory(prefix="bench-sound-", dir=args.dir) as folder:
        found: dict[str, Any] = module.measure(music, Path(folder), args.rounds, args.size)
    report_part("sound", args.part, before, found)


if __name__ == "__main__":
    main()
