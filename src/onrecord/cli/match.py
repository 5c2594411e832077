# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord match`"""

from pathlib import Path

import click

from onrecord.cli.output import Output, options


@click.command("match")
@options
def command(folder: Path, out: Output) -> None:
    """Join what the sources and the files say into recordings, releases and artists, and index them for search.

    \b
    Example:  onrecord match
    """
    from onrecord.archive import Archive
    from onrecord.archive.matching import rematch

    with Archive.open(folder) as archive:
        report = rematch(archive)
    line = (
        f"{report.recordings:,} recordings, {report.releases:,} releases, {report.artists:,} artists; "
        f"{report.founded:,} new ids, {report.merged:,} merged, {report.same_sound:,} pairs of files are one sound"
    )
    out.result("match", report, lambda: iter([line]))
