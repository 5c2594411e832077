# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord harvest`"""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from onrecord.cli.output import Output, Size, options, size


@click.command("harvest")
@click.argument("source")
@click.argument("location", type=click.Path(path_type=Path, exists=True), required=False)
@click.option(
    "--as", "filed_as", default="", help="Whose word it is, where somebody else wrote in the source's format."
)
@click.option(
    "--license",
    default="",
    help="With --as: the license that its author put it under, as an SPDX expression.",
)
@click.option("--live", is_flag=True, help="Ask the service itself, where its terms and you allow it.")
@click.option("--query", default="", help="With --live: what to ask for, in the words of the source.")
@click.option("--again", is_flag=True, help="From the start, not from where the last run stopped.")
@click.option(
    "--full",
    is_flag=True,
    help="The dump holds every record there is of the kinds in it: what is held and not in it is deleted.",
)
@click.option(
    "--even-most", is_flag=True, help="Delete so even where more than half of what is held would go."
)
@click.option("--sound", is_flag=True, help="Fetch the sound that the harvested records offer.")
@click.option("--collection", default="", help="With --sound: records or releases whose id begins so.")
@click.option("--space", type=Size(), default=0, help="With --sound: at most so much, such as 2TB.")
@click.option("--set", "given", multiple=True, metavar="KEY=VALUE", help="A setting of the source.")
@options
def command(
    source: str,
    location: Path | None,
    filed_as: str,
    license: str,
    live: bool,
    query: str,
    again: bool,
    full: bool,
    even_most: bool,
    sound: bool,
    collection: str,
    space: int,
    given: tuple[str, ...],
    folder: Path,
    out: Output,
) -> None:
    """Read records of SOURCE and keep them word for word: from a local file or folder, or from the service itself.

    A secret of a source, such as a client id, is better set as ONRECORD_SOURCE_<NAME>_<KEY> than written here.

    \b
    Example:  onrecord harvest musicbrainz-json ~/dumps/release
    Example:  onrecord harvest musicbrainz-json ~/dumps/release.tar.xz --full
    Example:  onrecord harvest jamendo --live --query tags=jazz
    Example:  onrecord harvest jamendo --sound --space 20GB
    """
    if license and not filed_as:
        raise click.UsageError("--license goes with --as: a source of its own name has terms of its own")
    if sum((location is not None, live, sound)) != 1:
        raise click.UsageError("name a file or folder, or ask the service with --live, or fetch with --sound")
    _refuse_idle({"--query": query}, "--live", live)
    _refuse_idle({"--collection": collection, "--space": space}, "--sound", sound)
    if filed_as and sound:
        raise click.UsageError("--as is for records: --sound fetches what the source's own records offer")
    if again and sound:
        raise click.UsageError("--again is for records: what was fetched is held, and is not fetched again")
    if (full or even_most) and location is None:
        raise click.UsageError("--full and --even-most are about a dump: name its file or folder")
    settings = settings_of(source, given)
    if sound:
        _fetch(source, collection, space, settings, folder, out)
        return
    from onrecord.archive import Archive
    from onrecord.archive.harvest import HarvestReport, harvest, harvest_live

    with Archive.open(folder) as archive, out.progress("harvesting") as update:

        def progress(records: int) -> None:
            update(records, 0)

        report = (
            harvest_live(
                archive,
                source,
                query,
                filed_as=filed_as,
                license=license,
                again=again,
                settings=settings,
                progress=progress,
            )
            if location is None
            else harvest(
                archive,
                source,
                location,
                filed_as=filed_as,
                license=license,
                again=again,
                full=full,
                even_most=even_most,
                settings=settings,
                progress=progress,
            )
        )

    def text(report: HarvestReport = report) -> Iterator[str]:
        yield (
            f"{report.source}: {report.new:,} new, {report.changed:,} changed, {report.same:,} as before, "
            f"{report.deleted:,} deleted, {report.tracks:,} tracks"
        )
        if report.read_before:
            yield "nothing was read: this was read to its end before, and has not changed; --again reads it anew"
        for what, count in report.passed_over.items():
            yield f"passed over: {count:,} {what}"
        yield from _rejected("rejected", report.rejected_count, report.rejected)
        yield from _rejected("rejected before", report.rejected_before_count, report.rejected_before)
        if report.rejected_before:
            yield "what was rejected before was not read again: --again reads all of it from the start"
        if report.absent_why:
            kept = f"{report.absent_kept:,} records" if report.absent_kept else "records"
            yield f"not deleted: {kept} that this full dump lacks: {report.absent_why}"

    out.result("harvest", report, text)
    if report.rejected or report.rejected_before or report.absent_why:
        sys.exit(3)


def _refuse_idle(given: Mapping[str, object], owner: str, said: bool) -> None:
    for option, value in given.items():
        if value and not said:
            raise click.UsageError(f"{option} goes with {owner}")


def _rejected(word: str, count: int, listed: list[tuple[str, str]]) -> Iterator[str]:
    for where, why in listed:
        yield f"{word}: {where}: {why}"
    if count > len(listed):
        yield f"and {count - len(listed):,} more {word}"


def _fetch(
    source: str, collection: str, space: int, settings: dict[str, str], folder: Path, out: Output
) -> None:
    from onrecord.archive import Archive
    from onrecord.archive.harvest_sound import fetch_sound

    with Archive.open(folder) as archive, out.progress("fetching") as update:
        report = fetch_sound(
            archive, source, collection=collection, space=space, settings=settings, progress=update
        )
        for note in archive.store.notes():
            out.say(note)

    def text() -> Iterator[str]:
        yield (
            f"{report.source}: {report.offers:,} offers, {report.fetched:,} fetched ({size(report.bytes)}), "
            f"{report.held:,} held already, {report.left_for_space:,} left for want of space"
        )
        for item in report.refused:
            yield f"refused: {item.name}: {item.detail} [{item.code}]"

    out.result("harvest.sound", report, text)
    if report.refused:
        sys.exit(3)


def settings_of(source: str, given: tuple[str, ...]) -> dict[str, str]:
    """What was set for a source: in the environment, then here."""
    prefix = f"ONRECORD_SOURCE_{source.upper().replace('-', '_')}_"
    found = {
        key.removeprefix(prefix).lower(): value for key, value in os.environ.items() if key.startswith(prefix)
    }
    for pair in given:
        key, equals, value = pair.partition("=")
        if not equals:
            raise click.UsageError(f"--set {pair}: expected KEY=VALUE")
        found[key] = value
    return found
