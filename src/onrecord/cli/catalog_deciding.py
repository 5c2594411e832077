# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord catalog override` and `onrecord catalog conflicts`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.match_deciding import decided_lines, said
from onrecord.cli.output import Output, options

_SHOWN = 200


@click.command("override")
@click.argument("thing", metavar="ID")
@click.argument("field")
@click.argument("value", required=False)
@click.option("--undo", is_flag=True, help="Take back what was decided: sources alone speak again.")
@said
@options
def override(
    thing: str,
    field: str,
    value: str | None,
    undo: bool,
    by: str,
    why: str,
    later: bool,
    folder: Path,
    out: Output,
) -> None:
    """Say what FIELD of a recording, release, artist, work or label is, over all sources.

    What they say stays and is shown with it.

    Fields: of a recording title, artist, duration_ms, date, genre, composer; of a release title, artist, date, barcode,
    label; of an artist name, sort_name, mbid; of a work title, composer, lyricist, language, kind; of a label name,
    sort_name, code, country, kind, mbid. An empty VALUE ('') says that there is nothing to say. The value goes out
    with editions and is given to everyone (CC0-1.0); who decided, and why, stays here.

    \b
    Example:  onrecord catalog override r6r46akoh6wnijbyv date 1974-03-02 --by Ada --why "Date on the tape box"
    Example:  onrecord catalog override r6r46akoh6wnijbyv date --undo --by Ada --why "Was the wrong box"
    """
    if undo == (value is not None):
        raise click.UsageError("give a VALUE ('' for none), or --undo")
    from onrecord.archive import Archive, deciding

    with Archive.open(folder) as archive:
        if value is None:
            made = deciding.undo_override(archive, thing, field, by=by, why=why, later=later)
        else:
            made = deciding.override(archive, thing, field, value, by=by, why=why, later=later)
    out.result("catalog.override", made, lambda: decided_lines(made))


@click.command("conflicts")
@click.argument("thing", metavar="[ID]", default="")
@options
def conflicts(thing: str, folder: Path, out: Output) -> None:
    """List fields on which sources differ, of one thing or of all: what holds, and who says what.

    Names differ when more than case, accents and signs do; dates when none is the other told more exactly; lengths by
    more than three seconds. `onrecord catalog override` decides.

    \b
    Example:  onrecord catalog conflicts r6r46akoh6wnijbyv
    """
    from onrecord.archive import Archive
    from onrecord.archive.explaining import conflicts as list_conflicts
    from onrecord.archive.things import written

    with Archive.open(folder) as archive:
        found = list_conflicts(archive, thing)

    def text() -> Iterator[str]:
        for each in found[:_SHOWN]:
            by = f", by decision {each.decided[:16]}" if each.decided else ""
            yield f"{each.thing}  {each.field}: {each.holds!r}{by}"
            for source, source_id, value in each.said:
                yield f"  {written((source, source_id))}  {value!r}"
        more = f"; {_SHOWN} are shown, --json gives all" if len(found) > _SHOWN else ""
        yield f"{len(found):,} fields on which sources differ{more}"

    out.result("catalog.conflicts", {"conflicts": found}, text)
