# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord mirror export`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options, size


@click.command("export")
@click.argument("dest", type=click.Path(file_okay=False, path_type=Path))
@click.option("--volume", "volumes", multiple=True, help="This volume alone; may be given again.")
@click.option(
    "--link", is_flag=True, help="Hard links to the blobs where possible: nobody may write to them."
)
@options
def command(dest: Path, volumes: tuple[str, ...], link: bool, folder: Path, out: Output) -> None:
    """Write the newest editions, own and mirrored, to DEST as plain files: bags, torrents, papers, feed.

    For a disk in the post: `onrecord mirror sync --from DEST` takes it in, and any BitTorrent client seeds it. A run
    that was killed, or that found the disk full, goes on where it was. Exit code 3 where a volume was left out.

    \b
    Example:  onrecord mirror export /media/disk
    """
    from onrecord.archive import Archive
    from onrecord.archive.exporting.disk import export_disk
    from onrecord.errors import PartlyDone

    with Archive.open(folder) as archive:
        report = export_disk(archive, dest, volumes, link=link)

    def text() -> Iterator[str]:
        for name, why in report.left_out.items():
            yield f"left out: {name}: {why}"
        for path in report.stale:
            yield f"of no newest edition, withdrawn or superseded; delete it before the disk leaves: {path}"
        yield (
            f"{report.folder}: {report.editions:,} editions, {report.volumes:,} volumes, {report.files:,} files "
            f"({size(report.bytes)}) written, {report.had:,} were there"
        )
        if report.unplanned:
            yield f"  {report.unplanned:,} volumes are not here, for they are not in the plan (`onrecord mirror plan`)"

    out.result("mirror.export", report, text)
    if report.left_out:
        raise PartlyDone(
            f"{len(report.left_out):,} volumes are not on the disk", "`onrecord mirror sync` makes them whole"
        )
