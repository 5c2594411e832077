# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord match`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli import match_deciding as deciding
from onrecord.cli.output import Output, options


@click.group("match", invoke_without_command=True)
@options
@click.pass_context
def command(context: click.Context, folder: Path, out: Output) -> None:
    """Join what sources and files say into recordings, releases, artists, works and labels, and index them for search.

    \b
    Example:  onrecord match
    """
    if context.invoked_subcommand is not None:
        return
    from onrecord.archive import Archive
    from onrecord.archive.matching import rematch

    with Archive.open(folder) as archive:
        report = rematch(archive)
    alike = ", ".join(f"{count:,} {relation}" for relation, count in report.versions.items())
    more = (
        f", {count:,} {kind}" for kind, count in (("works", report.works), ("labels", report.labels)) if count
    )
    line = (
        f"{report.recordings:,} recordings, {report.releases:,} releases, {report.artists:,} artists{''.join(more)}; "
        f"{report.founded:,} new ids, {report.merged:,} merged; pairs of files that sound alike: {alike or 'none'}"
    )
    gone_through = f"{report.compared:,} claims were gone through"
    line += f"; {gone_through}, all of them: {report.why_anew}" if report.why_anew else f"; {gone_through}"
    out.result("match", report, lambda: iter([line]))


@command.command("alike")
@click.option(
    "--relation", type=click.Choice(["identical", "encoding", "remaster", "edit"]), help="Only these."
)
@options
def alike(relation: str | None, folder: Path, out: Output) -> None:
    """List files that sound alike, pair by pair: what they are to each other, and why, as the last match found them.

    \b
    Example:  onrecord match alike --relation edit
    """
    from onrecord.archive import Archive
    from onrecord.archive.alike import list_alike

    with Archive.open(folder) as archive:
        pairs = list_alike(archive, relation or "")

    def text() -> Iterator[str]:
        for pair in pairs:
            yield f"{pair.relation}: {pair.a_name or pair.a}  {pair.b_name or pair.b}  ({pair.reason})"
        yield f"{len(pairs):,} pairs"

    out.result("match.alike", {"pairs": pairs}, text)


@command.command("isrc")
@options
def isrc(folder: Path, out: Output) -> None:
    """List ISRCs that stand on several sounds, and sounds that bear several ISRCs, as the last match found them.

    \b
    Example:  onrecord match isrc
    """
    from onrecord.archive import Archive
    from onrecord.archive.codes import compare_codes

    with Archive.open(folder) as archive:
        report = compare_codes(archive)

    def text() -> Iterator[str]:
        for code in report.codes:
            yield f"{code.isrc}: {len(code.recordings)} sounds under one code"
            yield from (f"  {it.recording}  {it.title} / {it.artist}" for it in code.recordings)
        for sound in report.sounds:
            it = sound.recording
            yield f"{it.recording}  {it.title} / {it.artist}: {len(sound.isrcs)} codes on one sound"
            for code_, sources in zip(sound.isrcs, sound.sources, strict=True):
                yield f"  {code_}  as {', '.join(sources)} says"
        yield (
            f"{report.checked:,} recordings with sound and a code; {len(report.codes):,} codes with several sounds, "
            f"{len(report.sounds):,} sounds with several codes"
        )

    out.result("match.isrc", report, text)


for _each in (deciding.why, deciding.join, deciding.split, deciding.undo, deciding.decisions):
    command.add_command(_each)
