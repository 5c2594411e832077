# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord add`"""

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, Size, options, pace, size


@click.command("add")
@click.argument("paths", type=click.Path(path_type=Path, exists=True), nargs=-1)
@click.option(
    "--held-as",
    type=click.Choice(["owner", "deposit", "licensed"]),
    help="Why you hold these files. Without it only files that bear a license are kept.",
)
@click.option("--link", is_flag=True, help="Share the space with the files: by reflink, else by hard link.")
@click.option("--move", is_flag=True, help="Take the files over; they are gone from where they were.")
@click.option(
    "--io-limit",
    type=Size(),
    default=0,
    help="Read at most so much a second, such as 20MB.",
)
@click.option(
    "--reanalyze", is_flag=True, help="Measure again what an older version measured; takes no files in."
)
@options
def command(
    paths: tuple[Path, ...],
    held_as: str | None,
    link: bool,
    move: bool,
    io_limit: int,
    reanalyze: bool,
    folder: Path,
    out: Output,
) -> None:
    """Add files and folders of sound, with the license documents beside them.

    Files are named by their SHA-256 and kept byte for byte. What was added and has not changed is not read again.

    \b
    Example:  onrecord add --held-as deposit ~/Music/demos
    """
    from onrecord.archive import Archive
    from onrecord.archive.add import AddReport, add, measure
    from onrecord.store import Arrival

    if reanalyze:
        if paths or held_as or link or move:
            raise click.UsageError("--reanalyze stands alone: it measures what is held and takes no files in")
        _reanalyze(folder, io_limit, out)
        return
    if not paths:
        raise click.UsageError("name files or folders to add")
    if link and move:
        raise click.UsageError("--link and --move: choose one")
    arrival = Arrival.LINK if link else Arrival.MOVE if move else Arrival.COPY
    with Archive.open(folder) as archive, out.progress("adding", lambda: measure(paths)) as update:
        report = add(
            archive,
            paths,
            held_as=held_as or "",
            arrival=arrival,
            io_limit=io_limit,
            progress=lambda state: update(state.files, state.bytes, state.sound),
        )

    def text(report: AddReport = report) -> Iterator[str]:
        yield (
            f"{report.new:,} new ({size(report.new_bytes)}), {report.again:,} whose bytes were held already"
            f"{f' ({report.repaired:,} of them repaired)' if report.repaired else ''}, {report.known:,} unchanged, "
            f"{report.passed_over:,} that are not sound passed over; {report.pictures:,} pictures"
        )
        yield pace(report.found, report.sound, report.elapsed)
        for name, faults in itertools.groupby(report.with_faults, key=lambda item: item.name):
            first, *more = faults
            yield f"kept with a fault: {name}: {first.detail} [{first.code}]{f' and {len(more)} more' if more else ''}"
        for item in report.left_out:
            yield f"left out: {item.name}: {item.detail}"
        for item in report.documents_refused:
            yield f"license document not read: {item.name}: {item.detail}"
        for item in report.refused:
            yield f"refused: {item.name}: {item.detail} [{item.code}]"
        yield from report.notes

    out.result("add", report, text)
    if report.refused:
        sys.exit(3)


def _reanalyze(folder: Path, io_limit: int, out: Output) -> None:
    from onrecord.archive import Archive
    from onrecord.archive.reanalyzing import reanalyze

    with Archive.open(folder) as archive, out.progress("measuring") as update:
        report = reanalyze(archive, io_limit, lambda state: update(state.files, state.bytes, state.sound))

    def text() -> Iterator[str]:
        yield f"{report.out_of_date:,} out of date, {report.measured:,} measured again; {report.pictures:,} pictures"
        yield pace(report.measured, report.sound, report.elapsed)
        for item in report.failed:
            yield f"not measured: {item.name}: {item.detail} [{item.code}]"

    out.result("add.reanalyze", report, text)
    if report.failed:
        sys.exit(3)
