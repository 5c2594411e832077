# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord catalog rebuild`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options


@click.command("rebuild")
@options
def rebuild(folder: Path, out: Output) -> None:
    """Make the canonical tables and the search anew from claims and log, and compare the tables with those before.

    Nothing that was said, decided or minted is touched. What is new is matched first. Until it is done, readers find
    nothing. Exit code 4 where a table came out otherwise: then the one before was damaged.

    \b
    Example:  onrecord catalog rebuild
    """
    from onrecord.archive import Archive
    from onrecord.archive.rebuilding import rebuild as rebuild_catalog

    with Archive.open(folder) as archive:
        made = rebuild_catalog(archive, out.say)

    def text() -> Iterator[str]:
        for table in made.tables:
            yield f"{table.name:<22} {table.rows:>12,} rows  {table.outcome}"
        yield f"{made.recordings:,} recordings, {made.releases:,} releases, {made.artists:,} artists"

    out.result("catalog.rebuild", made, text)
    if any(table.outcome == "differs" for table in made.tables):
        click.get_current_context().exit(4)
