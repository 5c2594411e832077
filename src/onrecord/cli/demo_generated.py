# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's other half: a catalog of any size, made up, matched, and judged by its own truth."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from onrecord.cli.output import Output

#: What stands before everything that is told of such an archive.
_MADE = "made up by `onrecord demo --generate`: nobody said any of it"


class Count(click.ParamType[int]):
    """A number of things as people write it: 10000, 1e4, 10e6."""

    name = "count"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            count = int(value) if str(value).isdecimal() else float(value)
        except ValueError:
            count = 0.5
        if not 1 <= count < 2**32 or count != int(count):
            self.fail(f"{value!r}: expected a whole number from 1 on, such as 10000, 1e4 or 10e6", param, ctx)
        return int(count)


class Made:
    """One run: an archive of made claims in `into`, and the truth beside it."""

    def __init__(self, tracks: int, seed: int, into: Path, out: Output) -> None:
        self.into = into
        self.archive = into / "archive"
        self._truth = into / "truth"
        self._tracks, self._seed, self._out = tracks, seed, out

    def run(self) -> dict[str, Any]:
        """Everything but the timings is read from the archive, and from the truth."""
        from onrecord.archive import Archive
        from onrecord.archive.generating import generate, judge
        from onrecord.archive.matching import rematch
        from onrecord.archive.reading import open_reader
        from onrecord.sources.generated.claims import Generated

        begun = time.monotonic()
        catalog = Generated(self._tracks, self._seed)
        with Archive.create(self.archive, f"Generated catalog of {self._tracks:,} tracks") as archive:
            claims = generate(
                archive, catalog, self._truth, lambda tracks: self._out.say(f"   {tracks:,} tracks made")
            )
            made = time.monotonic()
            self._out.say(f"1. make up a catalog   {made - begun:6.1f} s   {sum(claims.values()):,} claims")
            rematch(archive)
            matched = time.monotonic()
            self._out.say(f"2. match               {matched - made:6.1f} s")
            judged = judge(archive, self._truth)
        kinds = {
            kind: {
                **msgspec.to_builtins(pairs),
                "precision": round(pairs.precision, 4),
                "recall": round(pairs.recall, 4),
            }
            for kind, pairs in judged.kinds.items()
        }
        versions = {
            name: {"pairs": pairs, "joined": wrong} for name, (pairs, wrong) in judged.versions.items()
        }
        return {
            "note": _MADE,
            "seed": self._seed,
            "claims": claims,
            "archive": msgspec.to_builtins(open_reader(self.archive).glance()),
            "matching": {
                "kinds": kinds,
                "recall_of_perturbed": {
                    name: round(pairs.recall, 4) for name, pairs in judged.perturbed.items()
                },
                "versions_joined": versions,
            },
            "seconds": {"generate": round(made - begun, 2), "match": round(matched - made, 2)},
            "folder": str(self.into),
        }

    @staticmethod
    def text(summary: dict[str, Any]) -> Iterator[str]:
        archive = summary["archive"]
        yield ""
        yield f"{archive['name']}, {_MADE}"
        yield "  claims: " + ", ".join(f"{rows:,} {table}" for table, rows in summary["claims"].items())
        counts = (f"{archive[kind]:,} {kind}" for kind in ("recordings", "releases", "artists"))
        yield f"  matched: {', '.join(counts)}"
        for kind, pairs in summary["matching"]["kinds"].items():
            share = f"precision {pairs['precision']:.2%}, recall {pairs['recall']:.2%}"
            yield f"  {kind} pairs by the truth: {share} of {pairs['true']:,}"
        for name, recall in summary["matching"]["recall_of_perturbed"].items():
            yield f"    {name:<15} {recall:8.2%} found"
        wrong = sum(counted["joined"] for counted in summary["matching"]["versions_joined"].values())
        pairs = sum(counted["pairs"] for counted in summary["matching"]["versions_joined"].values())
        yield f"  versions joined with what they are versions of: {wrong:,} of {pairs:,}"
        yield f"  everything is in {summary['folder']}, the truth in its folder `truth`"
        yield ""
