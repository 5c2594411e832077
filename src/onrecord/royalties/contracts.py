# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Splits what statements paid between participants: contracts in TOML with shares, advances to recoup, and minimums.

Every sum is conserved: what was earned is split to the smallest unit by largest remainder, what is under a unit stays
carried, and each participant's earned = recouped + carried on + payable.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from onrecord.engine.duck import Duck
from onrecord.errors import ConfigError
from onrecord.model import identifiers
from onrecord.royalties.apportion import apportion
from onrecord.royalties.ledgering import Books
from onrecord.royalties.opening import figure, remember, tables
from onrecord.royalties.statements.values import EXACT

_MATCHES: Final = ("isrc", "upc", "title", "artist", "label", "work", "right", "service")
#: Whose the part is that no participant has.
HOUSE: Final = "(not shared)"


class Contract(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which lines, and who shares them. `match` holds values of fields of a line, any of which will do in each field;
    an empty one takes every line. The first contract that a line matches takes it."""

    name: str
    share: Mapping[str, str]
    match: Mapping[str, list[str]] = {}


class Participant(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`advance` is what is still to be recouped, `brought_forward` what was carried on from the last statement,
    `minimum` what has to come together before it is paid."""

    advance: str = "0"
    brought_forward: str = "0"
    minimum: str = "0"


class Contracts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file: `currency` and its smallest `unit`, contracts, and participants with more than a share."""

    currency: str
    contract: list[Contract]
    participant: Mapping[str, Participant] = {}
    unit: str = "0.01"


class Part(Struct, frozen=True, kw_only=True):
    """What one contract earned in one month, and this participant's part; `id` can be traced to the lines."""

    id: str
    contract: str
    month: str
    lines: int
    quantity: int
    earned: Decimal
    percent: str
    amount: Decimal


class Account(Struct, frozen=True, kw_only=True):
    """One participant's statement. `earned` of now and `brought_forward` make what is recouped, carried on and paid."""

    payee: str
    parts: list[Part]
    earned: Decimal
    brought_forward: Decimal
    recouped: Decimal
    still_to_recoup: Decimal
    carried_on: Decimal
    payable: Decimal


class Splits(Struct, frozen=True, kw_only=True):
    """`unmatched` is money that no contract takes, `under_unit` what is too little to split, `other_currencies` what
    was left alone; with the accounts they add up to what the lines say."""

    currency: str
    accounts: list[Account]
    total: Decimal
    unmatched: Decimal
    unmatched_lines: int
    under_unit: Decimal
    other_currencies: list[str]


def read_contracts(path: Path) -> Contracts:
    try:
        contracts = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Contracts)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(
            f"{path}: not a file of contracts: {error}", "docs/howto/musician.md shows one"
        ) from error
    for contract in contracts.contract:
        where = f"{path}: contract {contract.name!r}"
        if unknown := sorted(set(contract.match) - set(_MATCHES)):
            raise ConfigError(f"{where}: match: expected {', '.join(_MATCHES)}, got {', '.join(unknown)}")
        shares = [_money(f"{where}: share of {payee!r}", share) for payee, share in contract.share.items()]
        if not shares or any(share < 0 for share in shares) or sum(shares) > 100:
            raise ConfigError(
                f"{where}: expected shares of 0 or more that add up to at most 100, got {sum(shares)}"
            )
        if HOUSE in contract.share:
            raise ConfigError(f"{where}: {HOUSE!r} is what is left over, not a participant")
    if _money(f"{path}: unit", contracts.unit) <= 0:
        raise ConfigError(f"{path}: unit: expected more than 0, got {contracts.unit}")
    for payee, given in contracts.participant.items():
        for name in ("advance", "brought_forward", "minimum"):
            if _money(f"{path}: {payee}: {name}", getattr(given, name)) < 0 and name != "brought_forward":
                raise ConfigError(f"{path}: {payee}: {name}: expected 0 or more, got {getattr(given, name)}")
    return msgspec.structs.replace(contracts, contract=[_plain(contract) for contract in contracts.contract])


def split(books: Books, contracts: Contracts, since: str = "", until: str = "9999-99") -> Splits:
    """Accounts of all participants for the months of use from `since` to `until`; their figures can be traced."""
    unit = Decimal(contracts.unit)
    earned: dict[tuple[int, str], tuple[Decimal, int, int]] = {}
    with tables(books) as duck:
        case = _case(duck, contracts)
        rows = duck.run(
            f"SELECT {case} AS contract, month, sum(amount), count(*), sum(quantity)::HUGEINT FROM lines "
            "WHERE currency = $currency AND month >= $since AND month <= $until AND amount IS NOT NULL "
            "GROUP BY ALL ORDER BY ALL",
            {"currency": contracts.currency, "since": since, "until": until},
        )
        for at, month, amount, lines, quantity in rows:
            earned[at, month] = (amount, lines, int(quantity))
        others = duck.run(
            "SELECT DISTINCT currency FROM lines WHERE currency <> $currency ORDER BY ALL",
            {"currency": contracts.currency},
        )
    parts: dict[str, list[Part]] = {}
    figures, under, unmatched, unmatched_lines, total = [], Decimal(0), Decimal(0), 0, Decimal(0)
    for (at, month), (amount, lines, quantity) in earned.items():
        total = EXACT.add(total, amount)
        if at < 0:
            unmatched, unmatched_lines = EXACT.add(unmatched, amount), unmatched_lines + lines
            continue
        contract = contracts.contract[at]
        units = math.floor(Fraction(amount) / Fraction(unit))
        under = EXACT.add(under, EXACT.subtract(amount, EXACT.multiply(units, unit)))
        about = f"{contract.name}, {month}"
        told = figure(
            "split",
            about,
            lines=lines,
            amount=amount,
            quantity=quantity,
            currency=contracts.currency,
            where={"currency": contracts.currency, "month": month},
            among=dict(contract.match),
            without=[dict(earlier.match) for earlier in contracts.contract[:at]],
        )
        figures.append(told)
        shares: dict[str, int | Fraction] = {
            payee: Fraction(share) for payee, share in contract.share.items()
        }
        house = 100 - sum(shares.values())
        if house:
            shares[HOUSE] = house
        for payee, part in apportion(units, shares).items():
            parts.setdefault(payee, []).append(
                Part(
                    id=told.id,
                    contract=contract.name,
                    month=month,
                    lines=lines,
                    quantity=quantity,
                    earned=amount,
                    percent=contract.share.get(payee) or str(Decimal(house.numerator) / house.denominator),
                    amount=EXACT.multiply(part, unit),
                )
            )
    remember(books, "splits", figures)
    payees = sorted({*parts, *contracts.participant})
    return Splits(
        currency=contracts.currency,
        accounts=[_account(payee, parts.get(payee, []), contracts) for payee in payees],
        total=total,
        unmatched=unmatched,
        unmatched_lines=unmatched_lines,
        under_unit=under,
        other_currencies=[code for (code,) in others],
    )


def _plain(contract: Contract) -> Contract:
    """ISRCs as the books have them, without hyphens."""
    codes = [identifiers.isrc(code) or code for code in contract.match.get("isrc", [])]
    return msgspec.structs.replace(contract, match={**contract.match, "isrc": codes}) if codes else contract


def _account(payee: str, parts: Sequence[Part], contracts: Contracts) -> Account:
    given = contracts.participant.get(payee, Participant())
    earned = Decimal(0)
    for part in parts:
        earned = EXACT.add(earned, part.amount)
    brought, advance, minimum = Decimal(given.brought_forward), Decimal(given.advance), Decimal(given.minimum)
    due = EXACT.add(earned, brought)
    recouped = max(Decimal(0), min(due, advance))
    after = EXACT.subtract(due, recouped)
    payable = after if after > 0 and after >= minimum else Decimal(0)
    return Account(
        payee=payee,
        parts=list(parts),
        earned=earned,
        brought_forward=brought,
        recouped=recouped,
        still_to_recoup=EXACT.subtract(advance, recouped),
        carried_on=EXACT.subtract(after, payable),
        payable=payable,
    )


def _case(duck: Duck, contracts: Contracts) -> str:
    """The number of the first contract that a line matches, as SQL; the values are in a table, not in the text."""
    rows = [
        (at, field, value)
        for at, contract in enumerate(contracts.contract)
        for field, wanted in contract.match.items()
        for value in wanted
    ]
    duck.table("wanted", {"contract": "BIGINT", "field": "VARCHAR", "value": "VARCHAR"}, rows)
    whens = []
    for at, contract in enumerate(contracts.contract):
        tests = [
            f"\"{field}\" IN (SELECT value FROM wanted WHERE contract = {at} AND field = '{field}')"
            for field in contract.match
        ]
        whens.append(f"WHEN {' AND '.join(tests) or 'true'} THEN {at}")
    return f"CASE {' '.join(whens)} ELSE -1 END" if whens else "-1"


def _money(where: str, words: str) -> Decimal:
    try:
        value = Decimal(words)
        if not value.is_finite():
            raise ValueError(words)
        return value
    except (ArithmeticError, ValueError):
        raise ConfigError(
            f'{where}: expected a number in quotation marks such as "12.5", got {words!r}'
        ) from None
