# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord mirror`"""

import time
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from onrecord.cli.output import Output, options, size


@click.group("mirror")
def command() -> None:
    """Follow, fetch and seed editions of other archives."""


@command.command("follow")
@click.argument("feed")
@click.option(
    "--key", default="", help="The public key that the feed must bear (one line, as minisign prints it)."
)
@options
def follow(feed: str, key: str, folder: Path, out: Output) -> None:
    """Follow the archive whose feed.json is at FEED, a path or an http address.

    \b
    Example:  onrecord mirror follow http://127.0.0.1:8080/feed/feed.json --key RWQ...
    """
    from onrecord.archive import Archive, mirroring

    with Archive.open(folder) as archive:
        followed = mirroring.follow(archive, feed, key)
    line = f"following {followed.name} ({followed.archive}), signed by {followed.public_key}"
    out.result("mirror.follow", followed, lambda: iter([line]))


@command.command("sync")
@click.option(
    "--peer", "peers", multiple=True, required=True, help="ADDRESS:PORT of somebody who has it; repeatable."
)
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
def sync(peers: tuple[str, ...], listen: str, patience: float, folder: Path, out: Output) -> None:
    """Fetch the newest editions over BitTorrent, verify every byte, keep what may be shared.

    \b
    Example:  onrecord mirror sync --peer 127.0.0.1:6881
    """
    from onrecord.archive import Archive, mirroring

    with Archive.open(folder) as archive, out.progress("mirroring") as update:
        reports = mirroring.sync(
            archive,
            [_peer(text) for text in peers],
            progress=lambda name, state: update(state.peers, state.done),
            patience=patience,
            listen=listen,
        )

    def text() -> Iterator[str]:
        for report in reports:
            yield (
                f"edition {report.number} of {report.archive}: {report.files:,} new files ({size(report.bytes)}) "
                f"verified, {report.had:,} were here, {report.refused:,} refused by this archive's own gate"
            )
            if report.hidden or report.shown:
                yield (
                    f"  its list of withdrawals: {report.hidden:,} files hidden, {report.shown:,} withdrawals lifted; "
                    "`onrecord rights withdrawals` shows them, deleting is up to you"
                )

    out.result("mirror.sync", {"editions": [msgspec.to_builtins(report) for report in reports]}, text)


@command.command("seed")
@click.option("--listen", default="127.0.0.1:0", show_default=True, help="ADDRESS:PORT to listen on.")
@options
def seed(listen: str, folder: Path, out: Output) -> None:
    """Give out what this archive published or mirrors, until interrupted. Stays on loopback unless told otherwise.

    What is withdrawn meanwhile, or may no longer be shared for another reason, stops within seconds.

    \b
    Example:  onrecord mirror seed --listen 127.0.0.1:6881
    """
    from onrecord.archive import Archive, seeding
    from onrecord.mirror.session import Session

    with Archive.open(folder) as archive, Session(listen) as session:
        seeds = seeding.Seeds(archive, session)
        torrents = seeds.ask_again()
        line = f"seeding {len(torrents):,} torrents on port {session.port}; stop with Ctrl-C"
        out.result("mirror.seed", {"port": session.port, "torrents": torrents}, lambda: iter([line]))
        while True:
            time.sleep(_ASK_EVERY)
            seeds.ask_again()


#: Seconds after which a running seed looks whether something was committed.
_ASK_EVERY = 5


def _peer(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise click.BadParameter(f"{text!r}: expected ADDRESS:PORT", param_hint="--peer")
    return host.strip("[]"), int(port)
