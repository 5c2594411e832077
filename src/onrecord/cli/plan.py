# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord plan`"""

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from onrecord.cli.output import Output, Size, options, size


class Count(click.ParamType[float]):
    """A number as people write it: 86000000, 86e6, 1,000."""

    name = "count"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            count = float(str(value).replace(",", ""))
        except ValueError:
            count = -1.0
        if not 0 <= count < 1e18:
            self.fail(f"{value!r}: expected a number from 0 on, such as 86e6", param, ctx)
        return count


class Assumption(click.ParamType[tuple[str, float]]):
    """NAME=VALUE, where the value may be a size."""

    name = "name=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        name, sign, amount = str(value).partition("=")
        if not sign:
            self.fail(f"{value!r}: expected NAME=VALUE, such as disk=24TB or cores=32", param, ctx)
        kind: click.ParamType[Any] = Size() if re.search("[A-Za-z]$", amount.strip()) else Count()
        return name.strip(), float(kind.convert(amount.strip(), param, ctx))


@click.command("plan")
@click.option("--tracks", type=Count(), default=0.0, help="Tracks of metadata, such as 256e6.")
@click.option("--files", type=Count(), default=0.0, help="Files of sound, such as 86e6.")
@click.option("--bytes", "sound", type=Size(), default=0, help="Their size, such as 300TB.")
@click.option("--mirrors", type=Count(), default=0.0, help="Mirrors that hold all of it.")
@click.option("--plays", type=Count(), default=0.0, help="Plays whose money is split.")
@click.option("--assume", "assumed", type=Assumption(), multiple=True, metavar="NAME=VALUE",
              help="What is taken for granted; the plan lists it.")  # fmt: skip
@options
def command(
    folder: Path, out: Output, tracks: float, files: float, sound: int, mirrors: float, plays: float,
    assumed: tuple[tuple[str, float], ...],
) -> None:  # fmt: skip
    """Say what an archive of some size needs: disks, memory, hours, network.

    Counted from what the benchmarks of onrecord measured, and from assumptions; each line says how. No archive is read.

    \b
    Example:  onrecord plan --tracks 256e6 --files 86e6 --bytes 300TB --mirrors 40 --assume disk=24TB
    """
    from onrecord.capacity import planning
    from onrecord.capacity.assumptions import MEANINGS, assume
    from onrecord.errors import UsageError

    if bool(files) != bool(sound):
        raise UsageError("--files and --bytes tell of the same sound: give both, or neither")
    if not (tracks or files or plays):
        raise UsageError("nothing to plan for", "give --tracks, or --files and --bytes, or --plays")
    made = planning.plan(planning.Size(tracks, files, sound, mirrors, plays), assume(dict(assumed)))

    def text() -> Iterator[str]:
        for part, lines in groupby(made.lines, key=lambda line: line.part):
            yield part
            for line in lines:
                yield f"  {line.name:26} {_amount(line):>14}   {line.how}"
        yield "measured (bench/records)"
        for figure in made.measured:
            doubt = "" if figure.proven else f", unproven: load {figure.load:g}"
            yield f"  {_number(figure.value):>14} {figure.unit}: {figure.what} ({figure.record}, {figure.cpu}{doubt})"
        yield "assumed (--assume NAME=VALUE)"
        for name, meaning in MEANINGS.items():
            yield f"  {name:14} {_number(getattr(made.assumed, name)):>18}   {meaning}"

    out.result("plan", made, text)


def _amount(line: Any) -> str:
    if line.unit == "bytes":
        return size(line.amount)
    if line.unit == "hours":
        return f"{line.amount:,.1f} hours" if line.amount >= 1 else f"{line.amount * 60:,.1f} minutes"
    return f"{line.amount:,.0f} {line.unit}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:,.4g}"
