# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord royalties splits`"""

import csv
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onrecord.cli.output import Output, inert, options
from onrecord.cli.royalties.months import Month, check_span
from onrecord.cli.royalties.spreadsheet import bare, cell

if TYPE_CHECKING:
    from onrecord.royalties.contracts import Account, Participant, Splits

_HEADER = ("participant", "contract", "month", "lines", "uses", "earned", "percent", "amount", "figure")
_TEMPLATES = Path(__file__).parents[1] / "templates"


@click.command("splits")
@click.argument("contracts", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--books", default="onrecord-books", show_default=True, type=click.Path(path_type=Path),
              help="The folder of the books.")  # fmt: skip
@click.option("--from", "since", default="", type=Month(), metavar="YYYY-MM", help="The first month of use.")
@click.option("--until", default="", type=Month(), metavar="YYYY-MM", help="The last month of use.")
@click.option("--out", "target", type=click.Path(file_okay=False, path_type=Path),
              help="A folder for the statements, an HTML page and a CSV for each participant.")  # fmt: skip
@options
def command(
    contracts: Path, books: Path, since: str, until: str, target: Path | None, folder: Path, out: Output
) -> None:
    """Split what the books hold between participants, by CONTRACTS in TOML: shares, advances, minimums.

    \b
    Example:  onrecord royalties splits contracts.toml --from 2026-01 --until 2026-06 --out statements
    """
    from onrecord.royalties.contracts import carried, read_contracts, split
    from onrecord.royalties.ledgering import Books

    check_span(since, until)
    given = read_contracts(contracts)
    found = split(Books.open(books), given, since, until or "9999-99")
    span = f"{since or 'the beginning'} to {until or 'today'}"
    if target:
        _write(target, found, span)
        (target / "participants.toml").write_text(_participants(carried(given, found)), encoding="utf-8")

    def text() -> Iterator[str]:
        for account in found.accounts:
            yield (
                f"{account.payee}: earned {account.earned:f}, recouped {account.recouped:f}, carried on "
                f"{account.carried_on:f}, to pay {account.payable:f} {found.currency}"
            )
            for part in account.parts:
                about = f"{part.contract}, {part.month}"
                yield f"  {about}: {part.percent} % of {bare(part.earned)} = {part.amount:f}  ({part.id})"
        yield (
            f"{bare(found.total)} {found.currency} in all; {bare(found.unmatched)} in {found.unmatched_lines:,} lines "
            f"under no contract, {bare(found.under_unit)} less than a unit"
        )
        if found.other_currencies:
            yield f"left alone: {', '.join(found.other_currencies)}"

    out.result("royalties.splits", found, text)


def _write(target: Path, found: "Splits", span: str) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for number, account in enumerate(found.accounts, 1):
        # Numbered: a participant's name never becomes a path.
        (target / f"statement-{number:03}.html").write_text(_page(found, account, span), encoding="utf-8")
        with (target / f"statement-{number:03}.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(_HEADER)
            for part in account.parts:
                rows.writerow(
                    map(cell, [account.payee, part.contract, part.month, part.lines, part.quantity,
                               Decimal(bare(part.earned)), _number(part.percent), part.amount, part.id])
                )  # fmt: skip


def _number(percent: str) -> Decimal:
    """A percent for a spreadsheet, which would read 100/3 as a day."""
    above, _, below = percent.partition("/")
    return Decimal(above) / Decimal(below or 1)


def _participants(carried: Mapping[str, "Participant"]) -> str:
    lines = ["# What to put in the place of [participant] in the contracts, for the months after these."]
    for payee, given in carried.items():
        lines.append(f"[participant.{_quoted(payee)}]")
        for name in ("advance", "brought_forward", "minimum"):
            lines.append(f"{name} = {_quoted(getattr(given, name))}")
        if given.also:
            lines.append(f"also = [{', '.join(_quoted(name) for name in given.also)}]")
    return "\n".join([*lines, ""])


def _quoted(text: str) -> str:
    """A string of TOML. JSON escapes as TOML does, but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def _page(found: "Splits", account: "Account", span: str) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: inert(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["money"] = lambda value: f"{value:f}"
    templates.filters["bare"] = bare
    return templates.get_template("split.html").render(account=account, currency=found.currency, span=span)
