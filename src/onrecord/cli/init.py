# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord init`"""

from pathlib import Path

import click

from onrecord.cli.output import Output, options


@click.command("init")
@click.argument("into", type=click.Path(path_type=Path), required=False)
@click.option("--name", default="", help="What readers see; the folder's name if left out.")
@options
def command(into: Path | None, name: str, folder: Path, out: Output) -> None:
    """Make an archive in a folder that is empty or new.

    \b
    Example:  onrecord init my-archive --name "Tapes of the Blue Room"
    """
    from onrecord.archive import Archive

    with Archive.create(into or folder, name) as archive:
        made = {"folder": str(archive.folder), "archive": archive.id, "name": archive.settings.archive.name}
        out.result(
            "init", made, lambda: iter([f"made {made['name']} ({made['archive']}) in {made['folder']}"])
        )
