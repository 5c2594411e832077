# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord snapshot`"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onrecord.cli.output import Output, options, size

if TYPE_CHECKING:
    from onrecord.archive.snapshots import Snapshot

_KEY = click.option(
    "--key", default="", metavar="LINE", help="The archive's public key, as `keys show` gives it there."
)


@click.group("snapshot")
def command() -> None:
    """Ship the index to machines that only read: a signed folder with what search and pages need, and nothing else.

    \b
    Example:  onrecord snapshot make /srv/snapshots/today
    """


@command.command("make")
@click.argument("target", metavar="DIR", type=click.Path(path_type=Path))
@options
def make(target: Path, folder: Path, out: Output) -> None:
    """Make a snapshot in a new folder, while others read and write. Copy it wherever it shall be read, as you like.

    It knows of withdrawals up to its moment: make another after each.

    \b
    Example:  onrecord snapshot make /srv/snapshots/today
    """
    from onrecord.archive import Archive, snapshots

    with Archive.open(folder) as archive:
        made = snapshots.make(archive, target)
    _told(out, "snapshot.make", target, made)


@command.command("verify")
@click.argument("snapshot", metavar="DIR", type=click.Path(path_type=Path))
@_KEY
@options
def verify(snapshot: Path, key: str, folder: Path, out: Output) -> None:
    """Read all of a snapshot again, and check its signature.

    \b
    Example:  onrecord snapshot verify /srv/snapshots/today --key RWQ...
    """
    from onrecord.archive import snapshots

    _told(out, "snapshot.verify", snapshot, snapshots.verify_snapshot(snapshot, key))


@command.command("open")
@click.argument("snapshot", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("into", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option(
    "--change-over", is_flag=True, help="FOLDER is a link: have it lead to this snapshot from now on."
)
@_KEY
@options
def open_(snapshot: Path, into: Path, change_over: bool, key: str, folder: Path, out: Output) -> None:
    """Make of a snapshot, once it was verified, an archive for readers in a new folder: `serve` and `search` run there.

    Sound is heard there only from buckets that it reaches; nothing new is taken.

    With --change-over FOLDER is a link, made where there is none: the archive lies beside it, and servers of the link
    change over to it within seconds, without a restart; what they are at ends on the one before, which stays. An older
    snapshot, and another archive's, is refused.

    \b
    Example:  onrecord snapshot open /srv/snapshots/today /srv/reader --key RWQ... && onrecord -C /srv/reader serve
    """
    from onrecord.archive import changing_over, snapshots

    opened = changing_over.change_over if change_over else snapshots.open_snapshot
    _told(out, "snapshot.open", into, opened(snapshot, into, key))


def _told(out: Output, what: str, where: Path, snapshot: "Snapshot") -> None:
    value: dict[str, Any] = {
        "folder": str(where),
        "archive": snapshot.archive,
        "name": snapshot.name,
        "seq": snapshot.seq,
        "made": snapshot.made,
        "files": len(snapshot.files),
        "bytes": snapshot.size,
    }

    def text() -> Iterator[str]:
        yield f"{where}: {snapshot.name}, entry {snapshot.seq} of its log, {snapshot.made}"
        yield f"  {len(snapshot.files):,} files, {size(snapshot.size)}"

    out.result(what, value, text)
