# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord mirror holders`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options


@click.command("holders")
@options
def command(folder: Path, out: Output) -> None:
    """Who has shown that they hold what: volumes that are held least come first.

    \b
    Example:  onrecord mirror holders
    """
    import msgspec

    from onrecord.archive import Archive, possession

    with Archive.open(folder) as archive:
        found = possession.health(archive)

    def text() -> Iterator[str]:
        for item in found:
            last = f"last shown {item.last}" if item.last else "never shown"
            partly = f", {item.partly} in part" if item.partly else ""
            yield f"{item.volume}: {item.copies} elsewhere{partly}, {last}"
        if not found:
            yield "there is no volume yet"

    out.result("mirror.holders", {"volumes": [msgspec.to_builtins(item) for item in found]}, text)
