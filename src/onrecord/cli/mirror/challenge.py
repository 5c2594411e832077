# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord mirror challenge`"""

from pathlib import Path

import click

from onrecord.cli.mirror.outcomes import tell
from onrecord.cli.output import Output, options


@click.command("challenge")
@click.argument("volumes", nargs=-1)
@click.option(
    "--blocks", type=click.IntRange(1, 1024), default=100, show_default=True, help="Blocks to draw."
)
@click.option(
    "--at", default="", help="Address of the holder's page; without it the challenge is written to --to."
)
@click.option(
    "--to", type=click.Path(path_type=Path), help="File for the challenge, to be carried to the holder."
)
@click.option(
    "--keyed", is_flag=True, help="Ask for HMACs in place of blocks: small, but you need the bytes to check."
)
@options
def command(
    volumes: tuple[str, ...],
    blocks: int,
    at: str,
    to: Path | None,
    keyed: bool,
    folder: Path,
    out: Output,
) -> None:
    """Ask a holder to show that it has VOLUMES (all of the newest editions, if none is named).

    Blocks are drawn of all of them together; a volume of which none was drawn is asked for one more. Of more than
    1,024 volumes (256 with --at) those are asked about that were not for longest.

    \b
    Example:  onrecord mirror challenge --at http://127.0.0.1:8080 --blocks 100
    """
    import msgspec

    from onrecord.archive import Archive, carried, possession
    from onrecord.archive.newest_editions import volume_torrents

    if bool(at) == bool(to):
        raise click.UsageError("give either --at ADDRESS or --to FILE")
    with Archive.open(folder) as archive:
        if at:
            tell(out, "mirror.challenge", possession.ask(archive, at, volumes, blocks, keyed=keyed))
            return
        made = possession.challenge(archive, volumes, blocks, keyed=keyed)
        others = len(volume_torrents(archive)) - len(made.volumes)
    assert to is not None
    carried.write_carried(to, msgspec.json.encode(made), carried.CHALLENGE)
    line = (
        f"challenge {made.digest[:12]} about {len(made.volumes):,} volumes in {to}; it stays open for 60 days"
        + (f"; {others:,} others are not asked about" if others else "")
    )
    out.result("mirror.challenge", {"challenge": made.digest, "file": str(to)}, lambda: iter([line]))
