# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord rights recheck`"""

import datetime as dt
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onrecord.cli.harvest import settings_of
from onrecord.cli.output import Output, options

if TYPE_CHECKING:
    from onrecord.archive.rechecking import Finding

_ANSWERS = {True: "yes", False: "no"}


class Age(click.ParamType[dt.timedelta]):
    """A length of time as people write it: 12h, 90d, 4w."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.timedelta:
        if isinstance(value, dt.timedelta):
            return value
        found = re.fullmatch(r"(\d{1,5})\s*([hdw])", value.strip(), re.ASCII)
        if not found:
            self.fail(
                f"{value!r}: expected a length of time with its unit, such as 12h, 90d or 4w", param, ctx
            )
        return (
            int(found[1]) * {"h": dt.timedelta(hours=1), "d": dt.timedelta(1), "w": dt.timedelta(7)}[found[2]]
        )


@click.command("recheck")
@click.argument("source", default="")
@click.option(
    "--older-than", type=Age(), default="30d", show_default=True, metavar="AGE",
    help="Only what a source was last heard on longer ago: 12h, 90d, 4w.",
)  # fmt: skip
@click.option(
    "--limit", type=click.IntRange(0), default=0, help="Ask for at most this many records; 0 for all."
)
@click.option("--report", is_flag=True, help="Show the last finding on each record again, and ask nobody.")
@click.option("--set", "given", multiple=True, metavar="KEY=VALUE", help="A setting of the source.")
@options
def command(
    source: str,
    older_than: dt.timedelta,
    limit: int,
    report: bool,
    given: tuple[str, ...],
    folder: Path,
    out: Output,
) -> None:
    """Ask sources again for the records that held sound rests on: do they still say what they said of rights?

    Without SOURCE every source that may and can be asked, each at its pace. What was heard on longest ago comes first,
    and a run that was stopped goes on. A newer record counts as in a harvest; one that is gone takes nothing back. Exit
    code 3 where a record or a source could not be asked.

    \b
    Example:  onrecord rights recheck jamendo --older-than 90d --limit 500
    """
    from onrecord.archive import Archive
    from onrecord.archive.rechecking import last_findings, recheck

    if given and not source:
        raise click.UsageError("--set is about one source: name it")
    if report:
        with Archive.open(folder) as archive:
            found = last_findings(archive, source)
        out.result("rights.recheck.report", {"findings": found}, lambda: _lines(found))
        return
    with Archive.open(folder) as archive, out.progress("asking") as update:
        done = recheck(
            archive,
            source,
            older_than=older_than,
            limit=limit,
            settings=lambda name: settings_of(name, given),
            progress=lambda records: update(records, 0),
        )

    def text() -> Iterator[str]:
        yield from _lines(done.findings)
        counted = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(done.asked.items()))
        yield f"{sum(done.asked.values()):,} records asked for{': ' if counted else ''}{counted}; {done.later:,} later"
        for name, why in done.left_out:
            yield f"left out: {name}: {why}"

    out.result("rights.recheck", done, text)
    if done.left_out or done.asked.get("failed"):
        sys.exit(3)


def _lines(findings: Sequence["Finding"]) -> Iterator[str]:
    for item in findings:
        detail = f": {item.detail}" if item.detail else ""
        yield f"{item.outcome}: {item.source} {item.record}, {item.found[:10]}, {item.files:,} files{detail}"
        yield from (f"  was  {words}" for words in item.change.before)
        yield from (f"  now  {words}" for words in item.change.after)
        for each in item.change.answers:
            yield f"  {each.what}: {_ANSWERS[each.was]} → {_ANSWERS[each.now]} for {each.files:,} files"
