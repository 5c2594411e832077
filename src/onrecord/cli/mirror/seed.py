# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord mirror seed`"""

import time
from pathlib import Path

import click

from onrecord.cli.output import Output, options

#: Seconds after which a running seed looks whether something was committed.
_ASK_EVERY = 5


@click.command("seed")
@click.option("--listen", default="127.0.0.1:0", show_default=True, help="ADDRESS:PORT to listen on.")
@click.option(
    "--limit-volumes",
    type=click.IntRange(1),
    help="Seed so many volumes at most, those that are held least: memory and sockets have an end.",
)
@options
def command(listen: str, limit_volumes: int | None, folder: Path, out: Output) -> None:
    """Give out what this archive published or mirrors, until interrupted. Stays on loopback unless told otherwise.

    What is withdrawn meanwhile, or may no longer be shared for another reason, stops within seconds.

    \b
    Example:  onrecord mirror seed --listen 127.0.0.1:6881
    """
    from onrecord.archive import Archive, planning, seeding
    from onrecord.mirror.session import Session

    with Archive.open(folder) as archive, Session(listen) as session:
        need = planning.need(archive) if limit_volumes else None
        seeds = seeding.Seeds(archive, session, limit_volumes or 0, need)
        torrents = seeds.ask_again()
        line = f"seeding {len(torrents):,} torrents on port {session.port}; stop with Ctrl-C"
        out.result("mirror.seed", {"port": session.port, "torrents": torrents}, lambda: iter([line]))
        while True:
            time.sleep(_ASK_EVERY)
            seeds.ask_again()
