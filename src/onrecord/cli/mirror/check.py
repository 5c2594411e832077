# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord mirror check`"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options, size


@click.command("check")
@options
def command(folder: Path, out: Output) -> None:
    """Read everything again as `onrecord check` does, and tell what is damaged by the volumes of others.

    Exit code 4 where something is.

    \b
    Example:  onrecord mirror check
    """
    from onrecord.archive import Archive, mirror_status

    with (
        Archive.open(folder) as archive,
        out.progress("checking", lambda: archive.ledger.blob_totals()[1]) as update,
    ):
        report = mirror_status.check_mirrored(archive, progress=update)
    damaged = [volume for volume in report.volumes if volume.damaged]

    def text() -> Iterator[str]:
        for volume in report.volumes:
            yield f"{volume.volume}: {volume.right:,} of {volume.files:,} files are here and right"
            for sha256 in volume.damaged:
                yield f"  damaged: {sha256}"
        for bad in report.others:
            yield f"{bad.state}: {bad.what} ({bad.detail})"
        yield f"{report.checked:,} files read ({size(report.bytes)})"
        if damaged:
            yield "`onrecord mirror repair --from ADDRESS` (or --peer) makes the damaged files whole"
        if any(bad.what.startswith("mirrored/") for bad in report.others):
            yield "`onrecord mirror sync` fetches an edition's own files again"

    out.result("mirror.check", report, text)
    if damaged or report.others:
        sys.exit(4)
