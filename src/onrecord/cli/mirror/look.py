# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord mirror look`"""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from onrecord.cli.output import Output, options, size

if TYPE_CHECKING:
    from pathlib import Path

    from onrecord.archive.looking import LookReport


@click.command("look")
@options
def command(folder: "Path", out: Output) -> None:
    """Read and decode what `mirror sync --no-look` kept on the word of signed editions, then match it.

    Until then such files are seeded, and neither shown, played nor published. What is not as was said is set aside, and
    files of the archive that said so are from then on decoded before they are kept. Exit code 4 where there is such a
    file. Several runs share the work; other commands may write meanwhile.

    \b
    Example:  onrecord mirror look
    """
    from onrecord.archive import Archive, mirroring

    with (
        Archive.open(folder) as archive,
        out.progress("looking into", lambda: archive.ledger.vouched_totals()[1]) as update,
    ):
        found = mirroring.look_and_match(archive, progress=update)
    out.result("mirror.look", found, lambda: told(found))
    if found.unlike:
        sys.exit(4)


def told(found: "LookReport") -> Iterator[str]:
    """What was found, as lines for a person."""
    yield f"looked into {found.files:,} files ({size(found.bytes)}): they are what was said"
    for each in found.unlike:
        yield f"not what archive {each.archive} said, set aside: {each.sha256} ({each.detail})"
    for each in found.refused:
        yield f"refused by this archive's own gate, set aside: {each.sha256} ({each.detail} [{each.code}])"
    for each in found.later:
        yield f"could not be looked into now: {each.sha256} ({each.detail})"
    if found.unlike:
        liars = sorted({each.archive for each in found.unlike})
        yield f"  its word was false: {', '.join(liars)}; files from there are decoded before they are kept"
    if found.left:
        yield f"{found.left:,} files are still not looked into: `onrecord mirror look`"
