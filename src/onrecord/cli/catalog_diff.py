# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord catalog diff`"""

import itertools
from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options
from onrecord.cli.row_files import ENDINGS, aligned, write

_ROWS = 1_000


@click.command("diff")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option(
    "--rows", type=click.IntRange(min=0), default=_ROWS, show_default=True, help="List so many changes."
)
@click.option("--out", "to", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write every change to FILE, by its ending: .csv, .jsonl, .parquet.")  # fmt: skip
@options
def diff(before: str, after: str, rows: int, to: Path | None, folder: Path, out: Output) -> None:
    """Say what became of recordings, releases and artists from edition A to B: added, changed, merged, gone.

    A and B are numbers or folders of editions of this archive; `now` is what the next edition would hold. Of what is
    withdrawn today only the id is told. `onrecord publish diff` counts the rows of all tables, sound and volumes.

    \b
    Example:  onrecord catalog diff 1 2
    Example:  onrecord catalog diff 1 now --out changes.csv
    """
    if to is not None and to.suffix not in ENDINGS:
        raise click.UsageError(f"--out FILE: expected a name that ends with {', '.join(ENDINGS)}")
    from onrecord.archive import Archive
    from onrecord.archive.catalog_diffing import as_batches, differing
    from onrecord.archive.exporting.places import refuse_inside

    with Archive.open(folder) as archive, differing(archive, before, after) as found:
        if to is not None:
            refuse_inside(archive, to)
        listed = [] if to is not None else list(itertools.islice(found.rows(), rows))
        written = write(to, found.columns, as_batches(found), None) if to is not None else 0
    every = sum(
        it.added + it.redirected + it.withdrawn + it.gone + sum(it.fields.values()) for it in found.counts
    )

    def text() -> Iterator[str]:
        for it in found.counts:
            yield (
                f"{it.kind + 's':<11} {it.before:,} before, {it.after:,} after: {it.added:,} added, "
                f"{it.changed:,} changed, {it.redirected:,} merged into others, "
                f"{it.withdrawn:,} withdrawn, {it.gone:,} gone"
            )
            if it.fields:
                yield f"            fields: {', '.join(f'{name} {count:,}' for name, count in it.fields.items())}"
        if to is not None:
            yield f"{to}: {written:,} changes"
        elif listed:
            yield ""
            yield from aligned(found.columns, listed)
            if len(listed) < every:
                yield f"{len(listed):,} of {every:,} changes: --rows N lists more, --out FILE writes all"

    body = {"before": before, "after": after, "counts": found.counts, "file": str(to or ""), "every": every}
    body |= {"changes": [dict(zip(found.columns, row, strict=True)) for row in listed]}
    out.result("catalog.diff", body, text)
