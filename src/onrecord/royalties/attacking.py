# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adds a bot farm to plays and says what each payout model pays it: arithmetic over a table, nothing is played."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from onrecord.engine.duck import Duck
from onrecord.errors import UsageError
from onrecord.royalties.comparing import Run
from onrecord.royalties.comparison import Options, Record, Rows
from onrecord.royalties.pools import Unit
from onrecord.royalties.reading_plays import KEYS, LISTED, read_plays

#: Begins the names of accounts and payees of the farm; nothing in the plays may begin so.
BOT = "onrecord-bot-"
#: What a farm's play lasts: just long enough to be counted.
SECONDS = 31


class Farm(Struct, frozen=True, kw_only=True):
    """`fee` in words is what each account pays; "" as everybody."""

    accounts: int
    plays_each: int
    payees: int = 1
    fee: str = ""


class Loot(Struct, frozen=True, kw_only=True):
    """What a model pays the farm. `cost` is its fees, `profit` what is left; `taken` is what all others lose.

    Without fees of listeners (pools by amount) the farm's cost is not known, and `cost` and `profit` are "".
    """

    paid: str
    cost: str
    profit: str
    taken: str
    losers: int
    paid_per_account: str


class Attack(Struct, frozen=True, kw_only=True):
    rows: Rows
    farm: Farm
    share_of_plays: float
    models: Mapping[str, Loot]
    record: Record


def attack(path: Path, options: Options, farm: Farm, duck: Duck, spill: Path) -> Attack:
    plays = read_plays(duck, path, spill)
    clean = Run(duck, plays, options)
    if duck.run(
        f"SELECT 1 FROM input WHERE starts_with(CAST(listener AS VARCHAR), '{BOT}') "
        f"OR starts_with(CAST(payee AS VARCHAR), '{BOT}') LIMIT 1"
    ):
        raise UsageError(f"{path}: expected no listener or payee whose name begins with {BOT!r}, got one")
    clean.all_months()
    before = {name: clean.earned(name) for name in clean.models}
    bot_fee = clean.unit.units(farm.fee, "bot-fee") if farm.fee else clean.fee
    if farm.fee and clean.fee is None:
        raise UsageError(
            "--bot-fee: expected --fee beside it: pools by amount do not know what a listener pays"
        )
    months = _infest(duck, farm)
    own = (
        {f"{BOT}{number}": bot_fee for number in range(farm.accounts)}
        if farm.fee and bot_fee is not None
        else None
    )
    infested = Run(duck, plays, options, own)
    infested.all_months(source="infested")
    [(bots, total)] = duck.run(
        f"SELECT sum(plays) FILTER (starts_with(listener, '{BOT}')), greatest(sum(plays), 1) FROM infested"
    )
    text = clean.unit.text
    loot = {}
    for name in clean.models:
        after = infested.earned(name)
        paid = sum(units for payee, units in after.items() if payee.startswith(BOT))
        cost = None if bot_fee is None else bot_fee * farm.accounts * months
        lost = [units - after.get(payee, 0) for payee, units in before[name].items()]
        loot[name] = Loot(
            paid=text(paid),
            cost="" if cost is None else text(cost),
            profit="" if cost is None else _signed(paid - cost, clean.unit),
            taken=text(sum(units for units in lost if units > 0)),
            losers=sum(units > 0 for units in lost),
            paid_per_account=text(paid // farm.accounts),
        )
    return Attack(
        rows=Rows(plays.rows, plays.kept, plays.refused, plays.listed, LISTED, plays.columns, plays.ignored),
        farm=farm,
        share_of_plays=round(int(bots or 0) / int(total), 6),
        models=loot,
        record=clean.record(),
    )


def _infest(duck: Duck, farm: Farm) -> int:
    """The view `infested`: the plays and the farm's, in the largest pool of each month. Gives the number of months."""
    keys = ", ".join(f'"{key}"' for key in KEYS)
    largest = duck.run(
        f"SELECT {keys} FROM (SELECT {keys}, sum(plays) AS size FROM input GROUP BY ALL) "
        f"QUALIFY row_number() OVER (PARTITION BY month ORDER BY size DESC, {keys}) = 1 ORDER BY ALL"
    )
    duck.table("homes", dict.fromkeys(KEYS, "VARCHAR"), largest)
    each, more = divmod(farm.plays_each, farm.payees)
    duck.run(
        "CREATE OR REPLACE TABLE farm AS "
        f"SELECT '{BOT}' || a.range AS listener, '{BOT}payee-' || p.range AS payee, "
        f"CAST({each} + CASE WHEN p.range < {more} THEN 1 ELSE 0 END AS BIGINT) AS plays "
        f"FROM range({farm.accounts}) a, range({farm.payees}) p"
    )
    duck.run(
        "CREATE OR REPLACE VIEW infested AS SELECT CAST(listener AS VARCHAR) AS listener, "
        "CAST(payee AS VARCHAR) AS payee, CAST(recording AS VARCHAR) AS recording, "
        f"plays, seconds, engaged, {keys} FROM input UNION ALL "
        f"SELECT f.listener, f.payee, f.payee, f.plays, f.plays * {SECONDS}, 0, {keys} FROM farm f, homes"
    )
    return len(largest)


def _signed(units: int, unit: Unit) -> str:
    return ("-" if units < 0 else "") + unit.text(abs(units))
