# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord mirror get`"""

from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from onrecord.cli.output import Output, options, size
from onrecord.cli.peers import peer_of


@click.command("get")
@click.argument("thing", metavar="ID")
@click.option(
    "--from",
    "pages",
    multiple=True,
    help="Address of the page of somebody who has it; repeatable.  [default: that of the feed]",
)
@click.option("--peer", "peers", multiple=True, help="ADDRESS:PORT of a BitTorrent peer; repeatable.")
@click.option(
    "--listen",
    default="127.0.0.1:0",
    show_default=True,
    help="ADDRESS:PORT of our own; while it is on loopback, peers elsewhere are not spoken with.",
)
@click.option(
    "--patience", type=float, default=60.0, show_default=True, help="Seconds without a byte before giving up."
)
@options
def command(
    thing: str,
    pages: tuple[str, ...],
    peers: tuple[str, ...],
    listen: str,
    patience: float,
    folder: Path,
    out: Output,
) -> None:
    """Get one track of a followed archive, by the ID of a recording or the SHA-256 of a file, without the rest.

    It is verified, and kept as a sync would keep it. Exit code 3 where this archive's own gate says no.

    \b
    Example:  onrecord mirror get r6r46akoh6wnijbyv --from http://127.0.0.1:8080
    """
    from onrecord.archive import Archive, getting
    from onrecord.errors import PartlyDone

    with Archive.open(folder) as archive, out.progress("getting") as update:
        found = getting.get(
            archive,
            thing,
            pages,
            [peer_of(text) for text in peers],
            progress=lambda name, state: update(state.peers, state.done),
            patience=patience,
            listen=listen,
        )
        for note in archive.store.notes():
            out.say(note)
    refused = [item for item in found if item.refused]

    def text() -> Iterator[str]:
        for item in found:
            if item.refused:
                yield f"{item.sha256}: refused by this archive's own gate [{item.refused}]: {item.why}"
            else:
                state = "verified and kept" if item.received else "was here"
                yield f"{item.sha256}: {state} ({size(item.size)}, {item.path} of {item.volume})"
        for liar in found[0].liars:
            yield f"  {liar} gave what is not the file's"

    out.result("mirror.get", {"files": [msgspec.to_builtins(item) for item in found]}, text)
    if refused:
        raise PartlyDone(f"{len(refused):,} of {len(found):,} files are not for this archive", refused[0].why)
