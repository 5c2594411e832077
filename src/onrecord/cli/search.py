# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord search`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, hint_if_unmatched, options


@click.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("--kind", type=click.Choice(["artist", "release", "recording"]), multiple=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@options
def command(words: tuple[str, ...], kind: tuple[str, ...], limit: int, folder: Path, out: Output) -> None:
    """Find recordings, releases and artists: beginnings of words, one wrong letter, any script.

    \b
    Example:  onrecord search static rad
    """
    from onrecord.archive.reading import open_reader

    hint_if_unmatched(folder, out)
    hits = open_reader(folder).search(" ".join(words), kind, limit)

    def text() -> Iterator[str]:
        for hit in hits:
            yield f"{hit.kind:<9}  {hit.id}  {hit.title}{' — ' + hit.subtitle if hit.subtitle else ''}"
        if not hits:
            yield "nothing found"

    out.result("search", {"hits": hits}, text)
