# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord publish`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli import publish_diff
from onrecord.cli.output import Output, options, size


@click.group("publish", invoke_without_command=True)
@options
@click.pass_context
def command(context: click.Context, folder: Path, out: Output) -> None:
    """Make the next edition: what may be shared, as torrents and tables, signed. Reads no sound.

    \b
    Example:  onrecord publish
    """
    if context.invoked_subcommand is not None:
        return
    from onrecord.archive import Archive
    from onrecord.archive.publishing import publish

    with Archive.open(folder) as archive:
        report = publish(archive, out.say)

    def text() -> Iterator[str]:
        if not report.number:
            yield f"nothing has changed since the last edition ({report.folder})"
        else:
            yield f"edition {report.number} in {report.folder}"
        yield (
            f"  {report.published:,} files, {size(report.bytes)}, in {report.volumes:,} volumes "
            f"({report.new_volumes:,} new); stored sound opened: {report.sound_opened}"
        )
        for code, count in sorted(report.held_back.items()):
            yield f"  {count:,} held back: {code}"

    out.result(
        "publish", {"folder": str(report.folder), **{name: getattr(report, name) for name in _FIGURES}}, text
    )


@command.command("place")
@click.argument("place", metavar="s3://BUCKET/PREFIX")
@click.option(
    "--verify",
    is_flag=True,
    help="Ask for everything that was put there, and put anew what is gone or another.",
)
@options
def place(place: str, verify: bool, folder: Path, out: Output) -> None:
    """Put the newest edition where readers find it without this machine: feed, tables and volumes, in a bucket.

    The place then holds the newest edition and nothing older. Run it again after each `publish`, and after each
    withdrawal: what may not be shared any more is removed there. What came before is noted here and not asked for
    again, but with --verify.

    \b
    Example:  onrecord publish place s3://music/public
    """
    from onrecord.archive import Archive, placing

    with Archive.open(folder) as archive, out.progress("placing") as update:
        report = placing.place(archive, place, update, verify=verify)

    def text() -> Iterator[str]:
        came = f"{report.put:,} files put ({size(report.bytes)}), {report.had:,} were there"
        yield f"edition {report.number} in {place}: {came}"
        if report.removed:
            yield f"  {report.removed:,} removed: of older editions, or withdrawn"
        if report.left_out:
            yield f"  {report.left_out:,} files of volumes left out: not here, damaged, or not to be shared today"
        yield from report.notes

    out.result("publish.place", report, text)


command.add_command(publish_diff.diff)
command.add_command(publish_diff.apply)

_FIGURES = ("number", "published", "bytes", "volumes", "new_volumes", "held_back", "sound_opened")
