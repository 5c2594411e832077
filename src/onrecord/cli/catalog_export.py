# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord catalog export`"""

from pathlib import Path

import click

from onrecord.cli.export import give_dataset
from onrecord.cli.output import Output, options


@click.command("export")
@click.argument("into", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--license", "licenses", multiple=True, metavar="SPDX",
              help="Rows and fields under this license alone; may be given again.")  # fmt: skip
@options
def export(into: Path, licenses: tuple[str, ...], folder: Path, out: Output) -> None:
    """Take the tables of the newest edition out, by license where one is named: field by field.

    It is what `onrecord export --dataset DIR` does. The canonical view is made anew of claims under these licenses
    alone; a field under another one is empty, and what was withdrawn since the edition is not there. DIR must be new
    or empty.

    \b
    Example:  onrecord catalog export ~/tables --license CC0-1.0
    """
    give_dataset(folder, into, licenses, out)
