# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord rights prove-absent`"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options


@click.command("prove-absent")
@click.argument("thing", metavar="ID")
@click.argument("edition", type=click.IntRange(1))
@options
def prove(thing: str, edition: int, folder: Path, out: Output) -> None:
    """Read a whole edition back and show that no file, row or torrent of it holds a thing. Exit code 4 if one does.

    ID is that of a recording, release or artist, or a file's SHA-256. Looked for are the digests and v2 roots of its
    sound, of whatever sounds the same and of access copies, and its canonical ids.

    \b
    Example:  onrecord rights prove-absent r6r46akoh6wnijbyv 2
    """
    from onrecord.archive import Archive
    from onrecord.archive.proving import prove_absent

    with Archive.open(folder) as archive:
        proof = prove_absent(archive, thing, edition)

    def text() -> Iterator[str]:
        for place in proof.found:
            yield f"found: {place.artifact}, {place.where}: {place.what}"
        yield f"edition {proof.edition}, {proof.kind} {proof.id}: {proof.sought:,} digests, roots and ids looked for"
        for kind, looked in sorted(proof.looked.items()):
            yield f"  {kind}: {looked.files:,} read, {looked.entries:,} entries"
        if proof.tombstones:
            yield f"  {proof.tombstones:,} tombstones say that it is withdrawn, and nothing more"
        yield "absent" if proof.absent else f"not absent: found {proof.times:,} times"

    out.result("rights.prove-absent", {**{name: getattr(proof, name) for name in _FIGURES}}, text)
    if not proof.absent:
        sys.exit(4)


_FIGURES = ("absent", "id", "kind", "edition", "sought", "looked", "found", "times", "tombstones")
