# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord submissions`"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onrecord.cli.output import Output, options

if TYPE_CHECKING:
    from onrecord.archive.submitting import Submitted


@click.group("submissions")
def command() -> None:
    """What programs submitted at /v2/submit: which recording, or which name, a fingerprint belongs to.

    \b
    Example:  onrecord submissions list
    """


@command.command("list")
@options
def listed(folder: Path, out: Output) -> None:
    """List the submissions that count, in the order they came: id, what it is said to be, who said so.

    \b
    Example:  onrecord submissions list
    """
    from onrecord.archive import Archive
    from onrecord.archive.submitting import said

    with Archive.open(folder) as archive:
        found = list(said(archive))

    def text() -> Iterator[str]:
        yield from _lines(found)
        yield f"{len(found):,} submissions"

    out.result("submissions.list", {"submissions": found}, text)


@command.command("undo")
@click.argument("ids", metavar="ID...", nargs=-1, required=True, type=click.IntRange(0, 2**62))
@click.option("--by", required=True, help="Who takes it back, as they want to be named.")
@click.option("--why", required=True, help="Why, in your own words.")
@options
def undo(ids: tuple[int, ...], by: str, why: str, folder: Path, out: Output) -> None:
    """Take submissions back: nothing is told of them any more. That they were made, and taken back, stays in the log.

    \b
    Example:  onrecord submissions undo 7000 7001 --by Ada --why "The files were tagged wrongly"
    """
    from onrecord.archive import Archive
    from onrecord.archive.submitting import take_back

    with Archive.open(folder) as archive:
        taken = take_back(archive, ids, by=by, why=why)

    def text() -> Iterator[str]:
        yield from _lines(taken)
        yield f"{len(taken):,} taken back"

    out.result("submissions.undo", {"submissions": taken}, text)


def _lines(found: Iterable["Submitted"]) -> Iterator[str]:
    for item in found:
        name = " — ".join(filter(None, (item.name.title, item.name.artist)))
        yield f"{item.id}  {item.mbid or name}"
        yield f"  track {item.track}, {item.by} on {item.logged[:10]}"
