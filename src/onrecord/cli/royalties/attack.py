# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord royalties attack`"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onrecord.cli.output import Output, options
from onrecord.cli.royalties.asking import as_options, engine, plays_and_money, refused_lines

if TYPE_CHECKING:
    from onrecord.royalties.attacking import Attack


@click.command("attack")
@plays_and_money
@click.option(
    "--accounts",
    type=click.IntRange(1, 1_000_000),
    required=True,
    metavar="N",
    help="Accounts of the bot farm.",
)
@click.option(
    "--plays-each",
    "each",
    type=click.IntRange(1, 1_000_000),
    required=True,
    metavar="N",
    help="Plays of each of them, a month.",
)
@click.option(
    "--payees",
    type=click.IntRange(1, 10_000),
    default=1,
    show_default=True,
    metavar="N",
    help="Names that the farm plays, alike.",
)
@click.option(
    "--bot-fee",
    "bot_fee",
    default="",
    metavar="AMOUNT",
    help="What each account pays (default: as everybody).",
)
@options
def command(
    plays: Path,
    memory: str,
    temp: Path | None,
    folder: Path,
    out: Output,
    accounts: int,
    each: int,
    payees: int,
    bot_fee: str,
    **asked: Any,
) -> None:  # fmt: skip
    """Add a bot farm to PLAYS, and say what each model pays it, what that costs it, and who loses the difference.

    The farm sits in the largest pool of each month. Nothing is played anywhere: this is arithmetic over a table.

    \b
    Example:  onrecord royalties attack plays.csv --model pro-rata --fee 6.99 --accounts 100 --plays-each 9000
    """
    from onrecord.royalties.attacking import Farm, attack

    farm = Farm(accounts=accounts, plays_each=each, payees=payees, fee=bot_fee)
    with engine(memory, temp) as (duck, spill):
        found = attack(plays, as_options(**asked), farm, duck, spill)

    def text() -> Iterator[str]:
        yield from _lines(found)
        yield from refused_lines(found.rows.listed, found.rows.refused)

    out.result("royalties.attack", found, text)
    if found.rows.refused:
        sys.exit(3)


def _lines(found: "Attack") -> Iterator[str]:
    farm = found.farm
    yield (
        f"{farm.accounts:,} accounts with {farm.plays_each:,} plays each of {farm.payees:,} payees: "
        f"{found.share_of_plays:.4%} of all plays"
    )
    for name, loot in found.models.items():
        costs = f", costs {loot.cost}, leaves {loot.profit}" if loot.cost else ""
        yield f"{name}: pays the farm {loot.paid}{costs}; {loot.losers:,} others lose {loot.taken}"
    for note in found.record.notes:
        yield f"note: {note}"
