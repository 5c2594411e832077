# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord status`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, hint_if_unmatched, length, options, size


@click.command("status")
@options
def command(folder: Path, out: Output) -> None:
    """Show the archive in numbers, counted from the archive itself.

    \b
    Example:  onrecord status --json
    """
    from onrecord.archive.reading import open_reader

    hint_if_unmatched(folder, out)
    glance = open_reader(folder).glance()

    def text() -> Iterator[str]:
        yield f"{glance.name} ({glance.id})"
        yield f"  {glance.recordings:,} recordings, {glance.releases:,} releases, {glance.artists:,} artists"
        yield f"  {glance.blobs:,} files, {size(glance.size)}, {length(glance.seconds)} of sound"
        waiting = f"{glance.to_review:,} wait for a person"
        yield f"  {glance.shareable:,} may be shared, {glance.refused:,} may not, {waiting}"
        yield f"  {glance.editions:,} editions; {glance.bad:,} damaged; last check {glance.checked or 'never'}"
        for source, records in glance.sources:
            yield f"  {records:,} records of {source}"

    out.result("status", glance, text)
