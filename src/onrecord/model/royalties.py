# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Money from streams: what a statement says was paid, and what a payout model would pay. No float anywhere."""

from decimal import Decimal

from msgspec import Struct


class StatementLine(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of a royalty statement. Negative quantities and amounts are refunds and corrections, and normal.

    reader     name of the statement reader
    row        line of the file that the row starts in, from 1, so that a figure can be traced
    file       SHA-256 of the file, filled in by the import
    month      the month of use, `YYYY-MM`; the last one where a line covers several; "" where no column says it
    period     what a line covers that is not one month, `2026-Q2` or `2026-01/2026-03`; else ""
    reported   when the service reported it, as the statement writes it: a date or a month; "" where it does not say
    service    the store, as the statement writes it
    kind       what was sold or streamed, as the statement writes it
    tier       the subscription or offer, as the statement writes it
    territory  as the statement writes it: ISO 3166-1 where the distributor keeps to it
    right      `recording` or `work`
    work       identifier of the work, where works are paid
    payee      whose money it is, where the statement names more than one
    quantity   uses or units; 0 where the statement does not count them in this line
    sign       -1 for refunds, voids and other lines that take back, else 1
    unit_price, gross, fee, net
               price of a unit, the whole before and after what was taken; in `sale_currency`; None where not said
    exchange_rate
               from `sale_currency` into `currency`
    share      the payee's part in percent, None where the statement does not say
    amount     what the payee gets of this line, in `currency`; None where the line counts uses and the money is in
               pools
    currency   ISO 4217; `XXX` where the statement does not name one
    withheld   kept back for songwriters; recoup: kept back for advances; both in `currency`
    cells      the row as it stands there, (column, text) in order; without columns about buyers
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
    amount: Decimal | None
    currency: str
    file: str = ""
    period: str = ""
    kind: str = ""
    tier: str = ""
    reported: str = ""
    release: str = ""
    label: str = ""
    right: str = "recording"
    work: str = ""
    payee: str = ""
    sign: int = 1
    unit_price: Decimal | None = None
    gross: Decimal | None = None
    fee: Decimal | None = None
    net: Decimal | None = None
    sale_currency: str = ""
    exchange_rate: Decimal | None = None
    share: Decimal | None = None
    withheld: Decimal = Decimal(0)
    recoup: Decimal = Decimal(0)
    cells: tuple[tuple[str, str], ...] = ()


class StatementPool(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a statement says of a whole pool and of the payee's part in it: a DSR summary record.

    `usages` and `revenue` are everybody's; `own_usages`, `own_revenue` (what is due) and `own_net_revenue` (the part of
    `revenue` that it was reckoned from) the payee's; `market_share` in percent. None is what the record does not say.
    """

    reader: str
    row: int
    record: str
    month: str
    service: str
    territory: str
    currency: str
    file: str = ""
    period: str = ""
    tier: str = ""
    use: str = ""
    right: str = ""
    payee: str = ""
    subscribers: int | None = None
    usages: int | None = None
    revenue: Decimal | None = None
    own_usages: int | None = None
    own_revenue: Decimal | None = None
    own_net_revenue: Decimal | None = None
    market_share: Decimal | None = None
    exchange_rate: Decimal | None = None
    cells: tuple[tuple[str, str], ...] = ()


class StatementNote(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row that is neither sale nor pool: `kind` is `preamble`, `header`, `comment`, `head`, `foot`, `resource`,
    `total` or `payout`. Given, so that the rows of a file can be counted to the last."""

    row: int
    kind: str
    cells: tuple[str, ...] = ()


class LineRejected(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row that cannot be read: which column, what was expected there, what came. The rows behind it are read.

    `amount` is what stands where the money would be, as a plain number if it is one, however large, else as it stands;
    `cells` the row as far as it is known.
    """

    row: int
    column: str
    expected: str
    got: str
    amount: str = ""
    cells: tuple[str, ...] = ()


#: What a reader gives: each row of a statement is exactly one of these.
StatementRow = StatementLine | StatementPool | StatementNote | LineRejected


class Pool(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The money of one service, month, territory, tier and right, in the smallest unit of its currency.

    `fees` is what each paying listener put in, as (listener, amount), where it is known; it adds up to `amount`.
    `before` is what the months before counted on the same service, as (recording, streams), for rules that look back.
    """

    amount: int
    currency: str
    service: str = ""
    month: str = ""
    territory: str = ""
    tier: str = ""
    right: str = "recording"
    fees: tuple[tuple[str, int], ...] = ()
    before: tuple[tuple[str, int], ...] = ()


class Play(Struct, frozen=True, forbid_unknown_fields=True):
    """Counted listens of one listener to one payee. The same pair may come in several plays; they add up.

    `recording` is what was played, for rules that count by recording; where it is "" the payee stands for it.
    `engaged` is how many of the streams the listener asked for: searched, or picked, rather than was given.
    """

    listener: str
    payee: str
    streams: int = 1
    seconds: int = 0
    recording: str = ""
    engaged: int = 0


class Payout(Struct, frozen=True, forbid_unknown_fields=True):
    """What one payee gets of a pool, in its smallest unit.

    Money that no payee gets is a payout to "" whose `reason` says why, so that payouts always add up to the pool.
    """

    payee: str
    amount: int
    reason: str = ""
