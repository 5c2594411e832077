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
    "--blocks", type=click.IntRange(1, 1024), default=100, show_default=True, help="Blocks to ask for."
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

    \b
    Example:  onrecord mirror challenge --at http://127.0.0.1:8080 --blocks 100
    """
    import msgspec

    from onrecord.archive import Archive, possession
    from onrecord.durable import replace

    if bool(at) == bool(to):
        raise click.UsageError("give either --at ADDRESS or --to FILE")
    with Archive.open(folder) as archive:
        if at:
            tell(out, "mirror.challenge", possession.ask(archive, at, volumes, blocks, keyed=keyed))
            return
        made = possession.challenge(archive, volumes, blocks, keyed=keyed)
    assert to is not None
    replace(to, msgspec.json.encode(made))
    line = (
        f"challenge {made.digest[:12]} about {len(made.volumes):,} volumes in {to}; it stays open for 60 days"
    )
    out.result("mirror.challenge", {"challenge": made.digest, "file": str(to)}, lambda: iter([line]))
