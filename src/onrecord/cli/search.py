# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord search`"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from onrecord.cli import search_bulk
from onrecord.cli.output import Output, hint_if_unmatched, options
from onrecord.model.filters import Filters

_YEARS = re.compile(r"([0-9]{1,4})|([0-9]{1,4})?-([0-9]{1,4})?", re.ASCII)


def _years(_: click.Context, __: click.Parameter, value: str) -> tuple[int | None, int | None]:
    if not value:
        return (None, None)
    found = _YEARS.fullmatch(value.strip())
    if found is None or not any(found.groups()):
        raise click.BadParameter(
            f"expected a year or two, as in 1999, 1990-1999, 1990- or -1999, got {value!r}"
        )
    one, first, last = (int(year) if year else None for year in found.groups())
    return (one, one) if one is not None else (first, last)


def _territory(_: click.Context, __: click.Parameter, value: str) -> str:
    from onrecord.rights.territories import UNKNOWN, known

    code = value.upper() if len(value) == 2 else value
    if code and known(code) == UNKNOWN != code:
        raise click.BadParameter(
            f"expected a country of ISO 3166-1 such as DE, Worldwide or unknown, got {value!r}"
        )
    return code


@click.command("search")
@click.argument("words", nargs=-1)
@click.option("--kind", type=click.Choice(["artist", "release", "recording"]), multiple=True)
@click.option(
    "--years", default="", callback=_years, metavar="FROM-TO", help="Dated so: 1999, 1990-1999, 1990-, -1999."
)
@click.option("--sound/--no-sound", default=None, help="Sound is held, or is not.")
@click.option("--license", "licenses", multiple=True, help="Sound under it, with or without version: CC-BY.")
@click.option("--source", "sources", multiple=True, help="This source says something of it.")
@click.option("--territory", default="", callback=_territory, help="Sound may be streamed there today.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@search_bulk.options
@options
def command(
    words: tuple[str, ...],
    kind: tuple[str, ...],
    years: tuple[int | None, int | None],
    sound: bool | None,
    licenses: tuple[str, ...],
    sources: tuple[str, ...],
    territory: str,
    limit: int,
    folder: Path,
    out: Output,
    source: Path | None,
    **table: Any,
) -> None:
    """Find recordings, releases and artists: by beginnings of words with a mistake in any of them, in any script; or by
    ISRC, barcode, MBID, AcoustID, ISWC, ISNI, Discogs id, SHA-256, or an id of the archive.

    Of an option that is given more than once, any may hold; of different ones, all must.

    With --from a whole table is looked up (docs/howto/look-up-a-list.md). What was killed goes on when the same command
    is given again. Then --limit is the number of matches a row, by default 5.

    \b
    Example:  onrecord search static rad
              onrecord search --license CC-BY --years 1990-1999 radio
              onrecord search --from tracks.csv --to found.csv
    """
    from onrecord.archive.reading import open_reader

    if bool(words) == (source is not None):
        raise click.UsageError("expected words to search for, or --from FILE --to FILE")
    if source is None and any(table.values()):
        raise click.UsageError("--to, --column, --delimiter, --encoding and --no-header go with --from")
    hint_if_unmatched(folder, out)
    filters = Filters(
        kinds=kind, years=years, sound=sound, licenses=licenses, sources=sources, territory=territory
    )
    if source is not None:
        search_bulk.search_table(folder, out, filters, source, limit=limit, **table)
        return
    hits = open_reader(folder).search(" ".join(words), kind, limit, filters)

    def text() -> Iterator[str]:
        for hit in hits:
            yield f"{hit.kind:<9}  {hit.id}  {hit.title}{' — ' + hit.subtitle if hit.subtitle else ''}"
        if not hits:
            yield "nothing found"

    out.result("search", {"hits": hits}, text)
