# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord search`"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from onrecord.cli import search_bulk
from onrecord.cli.output import Output, hint_if_unmatched, options, territory_code
from onrecord.model.filters import EVERYTHING, Filters

_KINDS = ("artist", "release", "recording", "release-group", "work", "label")
_LENGTHS = re.compile(r"([0-9]{1,4}(?::[0-5][0-9])?)?-([0-9]{1,4}(?::[0-5][0-9])?)?", re.ASCII)
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


def _lengths(_: click.Context, __: click.Parameter, value: str) -> tuple[int | None, int | None]:
    if not value:
        return (None, None)
    found = _LENGTHS.fullmatch(value.strip())
    if found is None or not any(found.groups()):
        raise click.BadParameter(f"expected minutes as in 2-5, 10-, -2 or 2:30-3:00, got {value!r}")
    first, last = map(_seconds, found.groups())
    return first, last


def _seconds(text: str | None) -> int | None:
    if text is None:
        return None
    minutes, _, seconds = text.partition(":")
    return 60 * int(minutes) + int(seconds or 0)


@click.command("search")
@click.argument("words", nargs=-1)
@click.option("--kind", type=click.Choice(_KINDS), multiple=True)
@click.option(
    "--years", default="", callback=_years, metavar="FROM-TO", help="Dated so: 1999, 1990-1999, 1990-, -1999."
)
@click.option("--sound/--no-sound", default=None, help="Sound is held, or is not.")
@click.option("--license", "licenses", multiple=True, help="Sound under it, with or without version: CC-BY.")
@click.option("--source", "sources", multiple=True, help="This source says something of it.")
@click.option("--territory", default="", callback=territory_code, help="Sound may be streamed there today.")
@click.option(
    "--language", "languages", multiple=True, help="In it, by ISO 639-3: eng. Works, titles, what is sung."
)
@click.option(
    "--length",
    "seconds",
    default="",
    callback=_lengths,
    metavar="FROM-TO",
    help="So many minutes: 2-5, 10-, -2:30.",
)
@click.option("--shelf", default="", help="Sound lies in volumes of it: cc-by-4-0.")
@click.option(
    "--after", default="", metavar="PLACE", help="Without words: the list goes on behind this place."
)
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
    languages: tuple[str, ...],
    seconds: tuple[int | None, int | None],
    shelf: str,
    after: str,
    limit: int,
    folder: Path,
    out: Output,
    source: Path | None,
    **table: Any,
) -> None:
    """Find recordings, releases, artists, release groups, works and labels: by beginnings of words with a mistake in
    any of them, in any script; or by ISRC, barcode, MBID, AcoustID, ISWC, label code (LC 00193), ISNI, Discogs id,
    SHA-256, or an id of the archive.

    Without words, all that the options leave is listed, the best known first.

    Of an option that is given more than once, any may hold; of different ones, all must.

    With --from a whole table is looked up (docs/howto/look-up-a-list.md). What was killed goes on when the same command
    is given again. Then --limit is the number of matches a row, by default 5.

    \b
    Example:  onrecord search static rad
              onrecord search --license CC-BY --years 1990-1999 radio
              onrecord search --license CC0-1.0 --limit 100
              onrecord search --from tracks.csv --to found.csv
    """
    from onrecord.archive.reading import open_reader

    words = tuple(filter(str.strip, words))
    filters = Filters(
        kinds=kind,
        years=years,
        sound=sound,
        licenses=licenses,
        sources=sources,
        territory=territory,
        languages=languages,
        seconds=seconds,
        shelf=shelf,
    )
    if words and source is not None:
        raise click.UsageError("expected words to search for, or --from FILE --to FILE, got both")
    if not words and source is None and filters == EVERYTHING:
        raise click.UsageError(
            "expected words to search for, or --from FILE --to FILE, or options that narrow"
        )
    if after and (words or source is not None):
        raise click.UsageError("--after goes with a list, without words and without --from")
    if source is None and any(table.values()):
        raise click.UsageError("--to, --column, --delimiter, --encoding and --no-header go with --from")
    hint_if_unmatched(folder, out)
    if source is not None:
        search_bulk.search_table(folder, out, filters, source, limit=limit, **table)
        return
    reader = open_reader(folder)
    if wrong := reader.unknown(filters):
        raise click.UsageError("; ".join(wrong))
    listing = None if words else reader.browse(kind, limit, filters, after)
    hits = reader.search(" ".join(words), kind, limit, filters) if listing is None else listing.hits

    def text() -> Iterator[str]:
        for hit in hits:
            yield f"{hit.kind:<13}  {hit.id}  {hit.title}{' — ' + hit.subtitle if hit.subtitle else ''}"
        if not hits:
            yield "nothing found"
        if listing and listing.after:
            yield f"there is more: --after {listing.after}"

    out.result("search", {"hits": hits, **({"after": listing.after} if listing else {})}, text)
