# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord identify`"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, length, options


@click.command("identify")
@click.argument(
    "files", type=click.Path(path_type=Path, exists=True, dir_okay=False), nargs=-1, required=True
)
@options
def command(files: tuple[Path, ...], folder: Path, out: Output) -> None:
    """Say which recordings of the archive files sound like, by their fingerprints alone. Asks nobody else.

    \b
    Example:  onrecord identify unknown.mp3
    """
    from onrecord.archive import Archive
    from onrecord.archive.identifying import identify
    from onrecord.archive.same_sound import CANDIDATES as MOST

    with Archive.open(folder) as archive:
        answers = [identify(archive, path) for path in files]

    def text() -> Iterator[str]:
        for answer in answers:
            if answer.fault:
                yield f"{answer.path}: {answer.fault.detail} [{answer.fault.code}]"
                continue
            yield f"{answer.path} ({length(answer.seconds)}): {len(answer.matches) or 'nothing here'} alike"
            for it in answer.matches:
                file = f"{it.name or it.sha256[:16]} ({length(it.seconds)})"
                yield f"  {1 - it.error:.1%}  {file}: {it.title} / {it.artist}  {it.recording}"
            if len(answer.matches) == MOST:
                yield f"  only the {MOST} with the most in common were compared"

    out.result("identify", {"files": answers}, text)
    if any(answer.fault for answer in answers):
        sys.exit(3)
