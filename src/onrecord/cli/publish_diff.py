# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord publish diff` and `onrecord publish apply`"""

from collections.abc import Iterator
from pathlib import Path
from typing import IO

import click

from onrecord.cli.output import Output, options, size


@click.command("diff")
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@click.option(
    "--of", "archive_id", default="", metavar="ARCHIVE", help="Editions of an archive that is mirrored here."
)
@click.option(
    "--to", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write the diff to FILE."
)
@options
def diff(old: str, new: str, archive_id: str, to: Path | None, folder: Path, out: Output) -> None:
    """Say what changed from edition A to B.

    With --to, write a file that makes B of A, bit for bit.

    A and B are numbers of editions, or folders that hold one; folders need no archive. A folder whose name is a number
    is named ./NUMBER.

    \b
    Example:  onrecord publish diff 1 2 --to 1-to-2.diff
    """
    from onrecord.archive import Archive, diffing

    folders = [
        diffing.edition_folder(lambda: Archive.open(folder), which, archive_id) for which in (old, new)
    ]
    compared = diffing.diff(folders[0], folders[1], to)

    def text() -> Iterator[str]:
        from onrecord.publish.comparing import lines

        changes = compared.changes
        yield f"from edition {changes.since} to edition {changes.number} of {compared.archive}"
        for line in lines(changes):
            yield f"  {line}"
        yield f"  {'table':<16} {'rows':>12} {'added':>10} {'removed':>10} {'changed':>10}"
        for name, rows in changes.tables.items():
            yield f"  {name:<16} {rows.now:>12,} {rows.added:>10,} {rows.removed:>10,} {rows.changed:>10,}"
        if compared.diff:
            yield (
                f"{compared.diff}: {size(compared.diff_size)} for an edition of {size(compared.size)}; "
                f"{compared.same:,} files are the same, {compared.packed:,} are told"
            )

    out.result("publish.diff", compared, text)


@click.command("apply")
@click.argument("file", type=click.File("rb"), metavar="DIFF")
@click.option(
    "--on",
    "old",
    type=click.Path(path_type=Path),
    required=True,
    metavar="A",
    help="The folder of the earlier edition.",
)
@click.option(
    "--to",
    "into",
    type=click.Path(path_type=Path),
    required=True,
    metavar="B",
    help="The new folder to make.",
)
@click.option(
    "--key",
    default="",
    help="The public key that must have signed it; else the one that lies in the earlier edition.",
)
@options
def apply(file: IO[bytes], old: Path, into: Path, key: str, folder: Path, out: Output) -> None:
    """Make edition B of edition A and a diff.

    Its checksums and their signature are verified. DIFF is a file, or - for standard input. Folder B appears whole or
    not at all. No archive is needed.

    \b
    Example:  onrecord publish apply 1-to-2.diff --on editions/1 --to editions-2
    """
    from onrecord.publish.diffing import apply_diff

    made = apply_diff(file, old, into, key)
    line = (
        f"edition {made.new.number} of {made.new.archive} in {into} ({size(made.size)}): checksums and signature hold; "
        f"{made.same:,} files were in edition {made.old.number}, {made.packed:,} came with the diff"
    )
    out.result("publish.apply", made, lambda: iter([line]))
