# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord rights table`"""

import datetime as dt
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options, territory_code
from onrecord.cli.row_files import ENDINGS, write
from onrecord.model.rights import Use

_PUBLISH = "publish"


@click.command("table")
@click.option("--use", type=click.Choice([_PUBLISH, *(use.value for use in Use)]), default=_PUBLISH, show_default=True,
              help="What is asked; publish: may it enter an edition, by the archive's settings?")  # fmt: skip
@click.option(
    "--territory",
    default="Worldwide",
    show_default=True,
    callback=territory_code,
    help="Where, as two letters.",
)
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="On which day.  [default: today]")
@click.option("--commercial", is_flag=True, help="For commerce.")
@click.option("--out", "to", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write a row a sound to FILE, by its ending: .csv, .jsonl, .parquet.")  # fmt: skip
@click.option("--check", is_flag=True, help="Do it here and on Spark, and compare checksums; exit code 4.")
@options
def command(
    use: str,
    territory: str,
    day: dt.datetime | None,
    commercial: bool,
    to: Path | None,
    check: bool,
    folder: Path,
    out: Output,
) -> None:
    """Decide about every sound at once: how many may, by which rules; with --out each with its answer.

    The gate is asked once for each distinct profile of evidence; the rest is done by the engine of `[engine] kind`,
    with --check on both. What is damaged, or not looked into yet, is left out.

    \b
    Example:  onrecord rights table
    Example:  onrecord rights table --use stream --territory DE --out may-stream.parquet
    """
    if to is not None and to.suffix not in ENDINGS:
        raise click.UsageError(f"--out FILE: expected a name that ends with {', '.join(ENDINGS)}")
    if use == _PUBLISH and (commercial or territory != "Worldwide"):
        raise click.UsageError("--use publish: expected no --territory and no --commercial, it has its own")
    from onrecord.archive import Archive
    from onrecord.archive.exporting.places import refuse_inside
    from onrecord.archive.judging_all import Question, counted, judged

    with Archive.open(folder) as archive:
        if to is not None:
            refuse_inside(archive, to)
        question = Question(day.date() if day else archive.today, use, territory, commercial)
        kinds = ("embedded", "spark") if check else (archive.settings.engine.kind,)
        made = {}
        for kind in kinds:
            with judged(archive, question, kind) as files:
                made[kind] = counted(archive, files)
                if to is not None and kind == kinds[-1]:
                    with archive.duck() as duck:
                        reader = duck.reader(files)
                        write(to, reader.schema.names, reader, None)
    same = len({(each.rows, each.checksum) for each in made.values()}) == 1
    last = made[kinds[-1]]

    def text() -> Iterator[str]:
        for allow, code, count in last.answers:
            yield f"{'yes' if allow else 'no':<3} {count:>13,}  {code}"
        if use == _PUBLISH:
            yield "of files of one sound an edition holds the best alone: `rights list` names the others, P-SAME-SOUND"
        for kind, each in made.items():
            yield f"{kind:<9} {each.rows:>13,} rows  {each.checksum}"
        if check:
            yield "the same on both" if same else "NOT the same on both: report it, with these lines"
        if to is not None:
            yield f"{to}: {last.rows:,} rows"

    body = {"use": use, "day": question.day.isoformat(), "answers": last.answers, "engines": made}
    out.result("rights.table", body | {"same": same, "file": str(to) if to else ""}, text)
    if not same:
        sys.exit(4)
