# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord export`"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, hint_if_unmatched, options, size
from onrecord.model.rights import Use

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("export")
@click.argument("query", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Take everything out, without a QUERY.")
@click.option("--plain", type=_FOLDER, metavar="DIR", help="Folders for people: Artist/Release/NN Title.ext.")
@click.option("--bagit", type=_FOLDER, metavar="DIR", help="One bag, BagIt 1.0.")
@click.option("--ocfl", type=_FOLDER, metavar="DIR", help="An OCFL 1.1 storage root, new or added to.")
@click.option("--dataset", type=_FOLDER, metavar="DIR", help="The tables of the newest edition, no sound.")
@click.option(
    "--license",
    "licenses",
    multiple=True,
    metavar="SPDX",
    help="With --dataset: rows and fields under this license alone; may be given again.",
)
@click.option(
    "--use",
    type=click.Choice([use.value for use in Use]),
    default=Use.KEEP.value,
    show_default=True,
    help="Give out only what the gate allows for this use today.",
)
@options
def command(
    query: tuple[str, ...],
    everything: bool,
    plain: Path | None,
    bagit: Path | None,
    ocfl: Path | None,
    dataset: Path | None,
    licenses: tuple[str, ...],
    use: str,
    folder: Path,
    out: Output,
) -> None:
    """Take files out again, byte for byte, with decisions.json, CREDITS.md and a manifest of digests.

    QUERY is words to search for, an id, a file's SHA-256 or the name it was added under; all that is found goes out.
    DIR must be empty or new, or an OCFL root. Exit code 3 where files are left out, 4 where some are damaged.

    With --dataset the tables of the newest edition go out instead, by license where one is named: the canonical view is
    then made of claims under that license alone.

    \b
    Example:  onrecord export static rad --plain ~/for-the-player
              onrecord export --dataset ~/tables --license CC0-1.0
    """
    if dataset is not None:
        if query or everything or plain or bagit or ocfl:
            raise click.UsageError("--dataset DIR goes alone, with --license at most")
        give_dataset(folder, dataset, licenses, out)
        return
    if licenses:
        raise click.UsageError("--license is for --dataset DIR")
    from onrecord.archive import Archive
    from onrecord.archive.exporting import ExportReport, Form, export

    chosen = [
        (form, where)
        for form, where in ((Form.PLAIN, plain), (Form.BAGIT, bagit), (Form.OCFL, ocfl))
        if where is not None
    ]
    if len(chosen) != 1:
        raise click.UsageError("choose one of --plain DIR, --bagit DIR, --ocfl DIR and --dataset DIR")
    if everything == bool(query):
        raise click.UsageError("name what to export, or everything with --all")
    [(form, where)] = chosen
    hint_if_unmatched(folder, out)
    with (
        Archive.open(folder) as archive,
        out.progress(
            "exporting", lambda: archive.ledger.blob_totals("sound")[1] if everything else 0
        ) as update,
    ):
        report = export(archive, None if everything else " ".join(query), where, form, Use(use), update)

    def text(report: ExportReport = report) -> Iterator[str]:
        yield f"{report.hits:,} found, {report.recordings:,} recordings given out"
        if report.files or report.held:
            yield f"{report.folder}: {report.files:,} files written ({size(report.bytes)}){_more(report.shared)}"
        else:
            yield "nothing was written"
        if form is Form.OCFL:
            yield (
                f"{report.objects:,} new objects, {report.versions:,} new versions of others, "
                f"{report.unchanged:,} unchanged; {report.held:,} files were in their objects already"
            )
        for item in report.left_out:
            yield f"left out: {item.name}: {item.detail} [{item.code}]"
        for bad in report.damaged:
            yield f"{bad.state}: {bad.what} ({bad.detail})"

    out.result("export", report, text)
    if report.damaged:
        sys.exit(4)
    if report.left_out:
        sys.exit(3)


def give_dataset(folder: Path, into: Path, licenses: tuple[str, ...], out: Output) -> None:
    """Write the dataset of the newest edition to `into`, and say so: `catalog export` and `export --dataset`."""
    from onrecord.archive import Archive
    from onrecord.archive.exporting.dataset import DatasetReport, export_dataset

    with Archive.open(folder) as archive:
        report = export_dataset(archive, into, licenses)

    def text(report: DatasetReport = report) -> Iterator[str]:
        yield f"{report.folder}: the dataset of edition {report.edition}{_under(report.licenses)}"
        for name, rows in report.rows.items():
            yield f"  {name:<17} {rows:>12,} rows"
        if report.left_out:
            yield f"{report.left_out:,} files of the edition are left out: another license, or no longer shared"

    out.result("export.dataset", report, text)


def _under(licenses: tuple[str, ...]) -> str:
    return f", under {' or '.join(licenses)} alone" if licenses else ""


def _more(shared: int) -> str:
    return f", {shared:,} of them without taking room: they share the archive's blocks" if shared else ""
