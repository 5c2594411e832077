# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord harvest`"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options


@click.command("harvest")
@click.argument("source")
@click.argument("location", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--as", "filed_as", default="", help="Whose word it is, where somebody else wrote in the source's format."
)
@click.option(
    "--license",
    default="",
    help="With --as: the license that its author put it under, as an SPDX expression.",
)
@options
def command(source: str, location: Path, filed_as: str, license: str, folder: Path, out: Output) -> None:
    """Read records of SOURCE from a local file or folder, and keep them word for word.

    \b
    Example:  onrecord harvest musicbrainz-json ~/dumps/release
    """
    if license and not filed_as:
        raise click.UsageError("--license goes with --as: a source of its own name has terms of its own")
    from onrecord.archive import Archive
    from onrecord.archive.harvest import HarvestReport, harvest

    with Archive.open(folder) as archive, out.progress("harvesting") as update:
        report = harvest(
            archive,
            source,
            location,
            filed_as=filed_as,
            license=license,
            progress=lambda records: update(records, 0),
        )

    def text(report: HarvestReport = report) -> Iterator[str]:
        yield (
            f"{report.source}: {report.new:,} new, {report.changed:,} changed, {report.same:,} as before, "
            f"{report.deleted:,} deleted, {report.tracks:,} tracks"
        )
        for where, why in report.rejected:
            yield f"rejected: {where}: {why}"

    out.result("harvest", report, text)
    if report.rejected:
        sys.exit(3)
