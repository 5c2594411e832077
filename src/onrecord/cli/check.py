# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord check`"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onrecord.cli.output import Output, options, size

if TYPE_CHECKING:
    from onrecord.archive.checking import CheckReport


@click.command("check")
@click.option("--structure-only", is_flag=True, help="Look that blobs are there, without reading them.")
@options
def command(structure_only: bool, folder: Path, out: Output) -> None:
    """Read everything again: the log's chain, the tables, the editions, every byte of every file.

    What is damaged is named, set aside, and neither served nor published until it was added again. Exit code 4, as
    where something could not be looked at: a disk that is not mounted, a bucket that is not reached.

    \b
    Example:  onrecord check
    """
    from onrecord.archive import Archive
    from onrecord.archive.checking import check

    with (
        Archive.open(folder) as archive,
        out.progress("checking", lambda: archive.ledger.blob_totals()[1]) as update,
    ):
        report = check(archive, structure_only=structure_only, progress=update)

    def text() -> Iterator[str]:
        for bad in report.bad:
            yield f"{bad.state}: {bad.what} ({bad.detail})"
        if report.earlier:
            yield f"{report.earlier:,} of the files were read by a run before this one, which was cut short"
        yield from not_reached(report)
        yield (
            f"{report.blobs:,} files ({size(report.bytes)}), {report.segments:,} tables' segments, "
            f"{report.entries:,} log entries: {report.damaged:,} damaged, {report.healed:,} whole again"
        )

    out.result("check", report, text)
    if report.bad:
        sys.exit(4)


def not_reached(report: "CheckReport") -> Iterator[str]:
    """What could not be looked at, which is no damage, and why."""
    for place, why in report.unreached.items():
        yield f"not reached: {place}: {why}"
    if count := len(report.bad) - report.damaged:
        yield f"{count:,} files lie where nobody could look; nothing is lost by that"
