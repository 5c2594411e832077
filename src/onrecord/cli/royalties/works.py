# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord royalties works`"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options


@click.command("works")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@options
def command(file: Path, folder: Path, out: Output) -> None:
    """List the works that FILE registers, a Common Works Registration 2.1: writers, publishers, shares, recordings.

    \b
    Exit code 3: some records were refused; they are listed.

    \b
    Example:  onrecord royalties works CW260001OWN_000.V21
    """
    from onrecord.royalties.statements.cwr import Work, read_works

    with file.open("rb") as stream:
        rows = list(read_works(stream))
    works = [row for row in rows if isinstance(row, Work)]
    refused = [row for row in rows if not isinstance(row, Work)]

    def text() -> Iterator[str]:
        for work in works:
            yield f"{work.number}  {work.title}  {work.iswc}".rstrip()
            for holder in (*work.writers, *work.publishers):
                yield (
                    f"  {holder.role} {holder.name}: {holder.performance} % of performance, "
                    f"{holder.mechanical} % of mechanical rights"
                )
            if work.isrcs:
                yield f"  recorded as {', '.join(work.isrcs)}"
        yield f"{len(works):,} works, {len(refused):,} records refused"

    for row in refused:
        out.say(f"row {row.row}: {row.column}: expected {row.expected}, got {row.got!r}")
    out.result("royalties.works", {"works": works, "refused": refused}, text)
    if refused:
        sys.exit(3)
