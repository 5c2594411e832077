# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord search`"""

import re
from collections.abc import Iterator
from pathlib import Path

import click

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
@click.argument("words", nargs=-1, required=True)
@click.option("--kind", type=click.Choice(["artist", "release", "recording"]), multiple=True)
@click.option(
    "--years", default="", callback=_years, metavar="FROM-TO", help="Dated so: 1999, 1990-1999, 1990-, -1999."
)
@click.option("--sound/--no-sound", default=None, help="Sound is held, or is not.")
@click.option("--license", "licenses", multiple=True, help="Sound under it, with or without version: CC-BY.")
@click.option("--source", "sources", multiple=True, help="This source says something of it.")
@click.option("--territory", default="", callback=_territory, help="Sound may be streamed there today.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
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
) -> None:
    """Find recordings, releases and artists: by beginnings of words with a mistake in any of them, in any script; or by
    ISRC, barcode, MBID, AcoustID, ISWC, ISNI, Discogs id, SHA-256, or an id of the archive.

    Of an option that is given more than once, any may hold; of different ones, all must.

    \b
    Example:  onrecord search static rad
              onrecord search --license CC-BY --years 1990-1999 radio
    """
    from onrecord.archive.reading import open_reader

    hint_if_unmatched(folder, out)
    filters = Filters(years=years, sound=sound, licenses=licenses, sources=sources, territory=territory)
    hits = open_reader(folder).search(" ".join(words), kind, limit, filters)

    def text() -> Iterator[str]:
        for hit in hits:
            yield f"{hit.kind:<9}  {hit.id}  {hit.title}{' — ' + hit.subtitle if hit.subtitle else ''}"
        if not hits:
            yield "nothing found"

    out.result("search", {"hits": hits}, text)
