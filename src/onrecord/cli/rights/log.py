# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord rights log`: `verify`, `show`, `export`"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options


@click.group("log")
def command() -> None:
    """Check the log that rights rest on, show what it says, give it to others."""


@command.command("verify")
@click.option("--deep", is_flag=True, help="Read the tables' segments that its entries name, too.")
@options
def verify(deep: bool, folder: Path, out: Output) -> None:
    """Read every line of the log: is any altered, missing, out of order, there twice, or cut off?

    Each is named with its file and line, what must stand there and what does. Nothing is changed. Exit code 4 where
    something is wrong. Note the hash of the newest entry elsewhere: a log that was written anew has another one.

    \b
    Example:  onrecord rights log verify --deep
    """
    from onrecord.archive.rights_log import verify_log

    report = verify_log(folder, deep=deep)

    def text() -> Iterator[str]:
        for fault in report.faults:
            yield f"{fault.fault}: {fault.file}, line {fault.line}: expected {fault.expected}, got {fault.got}"
        read = f", {report.segments:,} segments" if deep else ""
        yield f"{report.entries:,} entries in {report.files:,} files{read}: {len(report.faults):,} faults"
        yield f"the newest is entry {report.newest}, {report.head}"

    out.result("rights.log.verify", report, text)
    if report.faults:
        sys.exit(4)


@command.command("show")
@click.argument("thing", required=False, default="")
@click.option(
    "--limit", type=click.IntRange(1), default=100, show_default=True, help="At most so many, the newest."
)
@options
def show(thing: str, limit: int, folder: Path, out: Output) -> None:
    """Show the entries of the log, or those about a THING: what came in, was ruled, withdrawn, checked, published.

    THING is the id of a recording, release or artist, a file's SHA-256, or the name under which a file was added.

    \b
    Example:  onrecord rights log show r6r46akoh6wnijbyv
    """
    from onrecord.archive import Archive
    from onrecord.archive.rights_log import history

    with Archive.open(folder) as archive:
        found = history(archive, thing, limit)

    def text() -> Iterator[str]:
        for entry in found:
            rows = [f"{count:,} {table}" for table, count in sorted(entry.rows.items())]
            rows += [f"{entry.evidence:,} evidence"] if entry.evidence else []
            yield f"{entry.seq:>6}  {entry.time}  {entry.event}{': ' if rows else ''}{', '.join(rows)}"
            said = [
                f"{name} {value}"
                for name, value in sorted(entry.data.items())
                if isinstance(value, str | int)
            ]
            if said:
                yield f"        {'; '.join(said)[:500]}"

    out.result("rights.log.show", {"entries": found}, text)


@command.command("export")
@click.option("--premis", "file", type=click.Path(path_type=Path), required=True, metavar="FILE",
              help="Write PREMIS 3 (XML) to FILE.")  # fmt: skip
@options
def export(file: Path, folder: Path, out: Output) -> None:
    """Write files, events and rights statements in the words of PREMIS 3, for preservation systems.

    \b
    Example:  onrecord rights log export --premis premis.xml
    """
    from onrecord.archive import Archive
    from onrecord.archive.premis import export_premis

    with Archive.open(folder) as archive:
        report = export_premis(archive, file)

    def text() -> Iterator[str]:
        yield f"{file}: {report.objects:,} objects, {report.events:,} events, {report.rights:,} rights statements"
        for event, count in sorted(report.left_out.items()):
            yield f"  {count:,} entries {event!r} have no word in PREMIS, and are left out"

    body = {"file": str(file), "objects": report.objects, "events": report.events, "rights": report.rights}
    out.result("rights.log.export", {**body, "left_out": report.left_out}, text)
