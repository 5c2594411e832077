# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Money from streams: what a statement says was paid, and what a payout model would pay. No float anywhere."""

from decimal import Decimal

from msgspec import Struct


class StatementLine(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of a royalty statement. Negative quantities and amounts are refunds and corrections, and normal.

    reader     name of the statement reader
    row        line of the file that the row starts in, from 1, so that a figure can be traced
    month      the month of use, `YYYY-MM`
    reported   when the service reported it, as the statement writes it: a date or a month; "" where it does not say
    service    the store, as the statement writes it
    kind       what was sold or streamed, as the statement writes it
    territory  as the statement writes it: ISO 3166-1 where the distributor keeps to it
    share      the payee's part in percent, None where the statement does not say
    amount     what the payee gets of this line, in `currency`
    withheld   kept back for songwriters; recoup: kept back for advances; both in `currency`
    cells      the row as it stands there, (column, text) in order
    """

    reader: str
    row: int
    month: str
    service: str
    territory: str
    artist: str
    title: str
    isrc: str
    upc: str
    quantity: int
    amount: Decimal
    currency: str
    kind: str = ""
    reported: str = ""
    share: Decimal | None = None
    withheld: Decimal = Decimal(0)
    recoup: Decimal = Decimal(0)
    cells: tuple[tuple[str, str], ...] = ()


class LineRejected(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row that cannot be read: which column, what was expected there, what came. The rows behind it are read."""

    row: int
    column: str
    expected: str
    got: str


class Pool(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The money of one service, month, territory, tier and right, in the smallest unit of its currency.

    `fees` is what each paying listener put in, as (listener, amount), where it is known; it adds up to `amount`.
    """

    amount: int
    currency: str
    service: str = ""
    month: str = ""
    territory: str = ""
    tier: str = ""
    right: str = "recording"
    fees: tuple[tuple[str, int], ...] = ()


class Play(Struct, frozen=True, forbid_unknown_fields=True):
    """Counted listens of one listener to one payee. The same pair may come in several plays; they add up."""

    listener: str
    payee: str
    streams: int = 1
    seconds: int = 0


class Payout(Struct, frozen=True, forbid_unknown_fields=True):
    """What one payee gets of a pool, in its smallest unit.

    Money that no payee gets is a payout to "" whose `reason` says why, so that payouts always add up to the pool.
    """

    payee: str
    amount: int
    reason: str = ""
