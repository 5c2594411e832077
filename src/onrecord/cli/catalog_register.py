# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord catalog register`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options


@click.command("register")
@click.argument("edition", metavar="[EDITION]", default="")
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), help="Where the Iceberg catalog lies, else"
              " below catalog/iceberg/ of the archive.")  # fmt: skip
@options
def register(edition: str, to: Path | None, folder: Path, out: Output) -> None:
    """Register the archive's own tables, and those of EDITION (else of the newest), as Apache Iceberg tables.

    No data is copied: an SQLite catalog names the Parquet files that are there, for Spark, Trino, DuckDB, pyiceberg.
    Run it after a harvest or an edition: each table that changed gets one snapshot, and keeps ten. Run it again where
    the archive was moved: all is registered anew, in seconds. Killed at any point, the next run goes on.

    \b
    Example:  onrecord catalog register
    Example:  onrecord catalog register 3 --to /srv/iceberg
    """
    from onrecord.archive import Archive
    from onrecord.archive.registering import register as register_tables

    with Archive.open(folder) as archive:
        made = register_tables(archive, edition, to)

    def text() -> Iterator[str]:
        for each in made.tables:
            yield f"{each.namespace}.{each.name:<20} {each.files:>6,} files {each.rows:>12,} rows  {each.change}"
        yield f"catalog {made.catalog!r} (type sql): {made.uri}"

    out.result("catalog.register", made, text)
