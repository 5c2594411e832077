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
from onrecord.royalties.figures import figure, remember
from onrecord.royalties.ledgering import Books
from onrecord.royalties.statements.values import EXACT
from onrecord.royalties.tables import tables

_MATCHES: Final = ("isrc", "upc", "title", "artist", "label", "work", "right", "service")
#: Whose the part is that no participant has.
HOUSE: Final = "(not shared)"


class Contract(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which lines, and who shares them. `match` holds values of fields of a line, any of which will do in each field;
    an empty one takes every line. The first contract that a line matches takes it. `share` is in percent: "33.33", or
    "100/3" where no decimal says it."""

    name: str
    share: Mapping[str, str]
    match: Mapping[str, list[str]] = {}


class Participant(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`advance` is what is still to be recouped, `brought_forward` what was carried on from the last statement,
    `minimum` what has to come together before it is paid; `also` are other names that contracts call the same one."""

    advance: str = "0"
    brought_forward: str = "0"
    minimum: str = "0"
    also: list[str] = []


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
    """The file, checked as a whole: what cannot hold is said before a line is split."""
    try:
        contracts = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Contracts)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(
            f"{path}: not a file of contracts: {error}", "docs/howto/musician.md shows one"
        ) from error
    code = contracts.currency.upper()
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise ConfigError(f"{path}: currency: expected a code such as EUR, got {contracts.currency!r}")
    unit = _money(f"{path}: unit", contracts.unit)
    if unit <= 0:
        raise ConfigError(f"{path}: unit: expected more than 0, got {contracts.unit}")
    for contract in contracts.contract:
        _check_contract(f"{path}: contract {contract.name!r}", contract)
    names = [contract.name for contract in contracts.contract]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(
            f"{path}: contract {twice[0]!r}: expected one of this name, got {names.count(twice[0])}"
        )
    _check_participants(path, contracts, unit)
    return msgspec.structs.replace(
        contracts, currency=code, contract=[_plain(contract) for contract in contracts.contract]
    )


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
    names = {called: payee for payee, given in contracts.participant.items() for called in given.also}
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
        shares: dict[str, int | Fraction] = {}
        for called, share in contract.share.items():
            payee = names.get(called, called)
            shares[payee] = shares.get(payee, 0) + _share(contract.name, share)
        if house := 100 - sum(shares.values()):
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
                    percent=percent(Fraction(shares[payee])),
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


def carried(contracts: Contracts, found: Splits) -> dict[str, Participant]:
    """The participants of the next statement: what is still to be recouped, and what was carried on."""
    accounts = {account.payee: account for account in found.accounts}
    following = {}
    for payee, account in accounts.items():
        given = contracts.participant.get(payee, Participant())
        following[payee] = msgspec.structs.replace(
            given, advance=f"{account.still_to_recoup:f}", brought_forward=f"{account.carried_on:f}"
        )
    return {
        payee: given
        for payee, given in following.items()
        if any(map(Decimal, (given.advance, given.brought_forward, given.minimum))) or given.also
    }


def _check_contract(where: str, contract: Contract) -> None:
    if unknown := sorted(set(contract.match) - set(_MATCHES)):
        raise ConfigError(f"{where}: match: expected {', '.join(_MATCHES)}, got {', '.join(unknown)}")
    for field, wanted in contract.match.items():
        if not wanted:
            raise ConfigError(
                f"{where}: match: {field}: expected a value or more, got none: no line would match"
            )
    if wrong := [code for code in contract.match.get("isrc", []) if not identifiers.isrc(code)]:
        raise ConfigError(f"{where}: match: isrc: expected codes such as QZ-ABC-24-00001, got {wrong[0]!r}")
    shares = [_share(f"{where}: share of {payee!r}", share) for payee, share in contract.share.items()]
    if not shares or any(share < 0 for share in shares) or sum(shares) > 100:
        total = sum(shares, Fraction(0))
        raise ConfigError(
            f"{where}: expected shares of 0 or more that add up to at most 100, got {percent(total)}"
        )
    if HOUSE in contract.share:
        raise ConfigError(f"{where}: {HOUSE!r} is what is left over, not a participant")


def _check_participants(path: Path, contracts: Contracts, unit: Decimal) -> None:
    known: dict[str, str] = {}
    for payee, given in contracts.participant.items():
        for name in ("advance", "brought_forward", "minimum"):
            said = getattr(given, name)
            money = _money(f"{path}: {payee}: {name}", said)
            if money < 0 and name != "brought_forward":
                raise ConfigError(f"{path}: {payee}: {name}: expected 0 or more, got {said}")
            if name != "minimum" and Fraction(money) % Fraction(unit):
                raise ConfigError(
                    f"{path}: {payee}: {name}: expected whole units of {contracts.unit}, got {said}"
                )
        for called in (payee, *given.also):
            if called in known:
                raise ConfigError(
                    f"{path}: {called!r}: expected one participant of this name, got {known[called]!r} and {payee!r}"
                )
            known[called] = payee


def _plain(contract: Contract) -> Contract:
    """ISRCs as the books have them, without hyphens."""
    codes = [identifiers.isrc(code) for code in contract.match.get("isrc", [])]
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


def percent(share: Fraction) -> str:
    """A share as people write it: 33.33, or 100/3 where no decimal says it."""
    rest = share.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return f"{Decimal(share.numerator) / share.denominator:f}" if rest == 1 else str(share)


def _share(where: str, words: str) -> Fraction:
    above, line, below = words.partition("/")
    if line and above.isascii() and below.isascii() and above.isdigit() and below.isdigit() and int(below):
        return Fraction(int(above), int(below))
    return Fraction(_money(where, words))


def _money(where: str, words: str) -> Decimal:
    try:
        value = Decimal(words)
        # Neither what nobody owns nor what no statement writes: sums have to fit the digits that are reckoned with.
        if not value.is_finite() or value.adjusted() > 14 or value.as_tuple().exponent < -24:  # type: ignore[operator]
            raise ValueError(words)
        return value
    except (ArithmeticError, ValueError):
        raise ConfigError(
            f'{where}: expected a number in quotation marks such as "12.5", got {words!r}'
        ) from None
