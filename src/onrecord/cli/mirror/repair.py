# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord mirror repair`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options, size
from onrecord.cli.peers import peer_of


@click.command("repair")
@click.option(
    "--from", "holders", multiple=True, help="Address of the page of somebody who has it; repeatable."
)
@click.option("--peer", "peers", multiple=True, help="ADDRESS:PORT of a BitTorrent peer; repeatable.")
@click.option(
    "--patience", type=float, default=60.0, show_default=True, help="Seconds without a byte before giving up."
)
@options
def command(
    holders: tuple[str, ...], peers: tuple[str, ...], patience: float, folder: Path, out: Output
) -> None:
    """Make sound whole that `onrecord check` found damaged. Only bad blocks travel (over --peer, bad pieces).

    \b
    Example:  onrecord mirror repair --from http://127.0.0.1:8080
    """
    import msgspec

    from onrecord.archive import Archive, repairing
    from onrecord.errors import PartlyDone

    with Archive.open(folder) as archive:
        found = repairing.repair(archive, holders, [peer_of(text) for text in peers], patience)
    bad = [item for item in found if item.fault]

    def text() -> Iterator[str]:
        for item in found:
            state = item.fault or "whole again"
            yield f"{item.sha256}: {state} ({size(item.received)} received of {size(item.size)})"
            for liar in item.liars:
                yield f"  {liar} gave what is not the file's; it was not asked again"
        if not found:
            yield "nothing is damaged, as far as the last `onrecord check` knows"

    out.result("mirror.repair", {"files": [msgspec.to_builtins(item) for item in found]}, text)
    if bad:
        raise PartlyDone(f"{len(bad):,} of {len(found):,} files are still damaged", "name other holders")
