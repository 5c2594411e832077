# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord mirror verify`"""

from pathlib import Path

import click

from onrecord.cli.mirror.outcomes import tell
from onrecord.cli.output import Output, options


@click.command("verify")
@click.argument("answer", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@options
def command(answer: Path, folder: Path, out: Output) -> None:
    """Check the ANSWER to a challenge of this archive, and keep what it shows.

    \b
    Example:  onrecord mirror verify answer.json
    """
    from onrecord.archive import Archive, carried, possession

    content = carried.read_carried(answer, carried.ANSWER)
    with Archive.open(folder) as archive:
        tell(out, "mirror.verify", possession.take(archive, content, str(answer)))
