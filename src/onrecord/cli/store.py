# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord store`"""

from pathlib import Path

import click

from onrecord.cli.output import Output, options


@click.group("store")
def command() -> None:
    """Prepare disks for blobs."""


@command.command("root")
@click.argument("disk", type=click.Path(path_type=Path, file_okay=False))
@options
def root(disk: Path, folder: Path, out: Output) -> None:
    """Make a folder on a disk a root, which may then hold blobs. A folder that is one already keeps its id.

    \b
    Example:  onrecord store root /mnt/disk2/blobs
    """
    from onrecord.store.roots import make_root

    made = make_root(disk.absolute())
    line = f"{made.path} is root {made.id}; name it in onrecord.toml: [store] roots"
    out.result("store.root", {"path": str(made.path), "root": made.id}, lambda: iter([line]))
