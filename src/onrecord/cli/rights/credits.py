# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord rights credits`"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onrecord.cli.output import Output, options

if TYPE_CHECKING:
    from onrecord.archive.crediting import Credits


@click.command("credits")
@click.argument("thing", required=False)
@click.option("--edition", type=click.IntRange(1), metavar="N", help="All files of an edition.")
@click.option(
    "--volume", metavar="NAME", help="Those of one volume of it (of the newest edition without --edition)."
)
@click.option("--check", is_flag=True, help="Only what is missing; exit code 3 where anything is.")
@options
def command(
    thing: str | None, edition: int | None, volume: str | None, check: bool, folder: Path, out: Output
) -> None:
    """Say whom to credit, as each license asks: title, author, source, license, changes; and what is not known of it.

    THING is a playlist (.m3u, .m3u8, .xspf, .jspf), a recording's id, a file's SHA-256 or the name it was added under.
    Exit code 3 also where entries of a playlist lead to no file here.

    \b
    Example:  onrecord rights credits friday.m3u8
    """
    if (thing is None) == (edition is None and volume is None):
        raise click.UsageError("name a THING, or --edition N, --volume NAME or both")
    found = _found(thing, edition, volume or "", folder)
    listed = found.lacking if check else found.files

    def text() -> Iterator[str]:
        for item in listed:
            yield item.line
            if item.credit.missing:
                yield f"  not known: {', '.join(item.credit.missing)} ({item.sha256})"
        yield from (f"not here: {entry}" for entry in found.unknown)
        if check:
            yield f"{len(found.files):,} files, {len(found.lacking):,} of them lack what their license asks for"

    answer = {
        "files": listed,
        "unknown": found.unknown,
        "checked": len(found.files),
        "lacking": len(found.lacking),
    }
    out.result("rights.credits", answer, text)
    if found.unknown or (check and found.lacking):
        sys.exit(3)


def _found(thing: str | None, edition: int | None, volume: str, folder: Path) -> "Credits":
    from onrecord.archive import Archive
    from onrecord.archive.crediting import PLAYLISTS, credits_of, credits_of_edition, credits_of_playlist
    from onrecord.errors import NotFound

    if thing is not None:
        path = Path(thing)
        is_playlist = path.suffix.lower() in PLAYLISTS
        return credits_of_playlist(folder, path) if is_playlist else credits_of(folder, thing)
    with Archive.open(folder) as archive:
        editions = archive.ledger.editions()
        if not editions:
            raise NotFound("nothing was published yet", "run `onrecord publish`")
        return credits_of_edition(archive, edition or editions[-1]["number"], volume)
