# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Splits pools over many millions of plays: the rules of `models` as SQL, exact to the unit, a month at a time.

Rules whose weights are whole numbers are settled by integer arithmetic alone. The others add fractions with thousands
of denominators; DuckDB adds them rounded down, with a bound of what that lost, which settles all but a few payees;
those few are added as exact fractions. So the answer is that of the model's own `split`, and tests hold the two equal.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from msgspec import Struct

from onrecord.engine.duck import Duck, sql_file
from onrecord.model.royalties import Payout, Play, Pool
from onrecord.royalties.apportion import NO_PLAYS, apportion
from onrecord.royalties.models.artist_centric import ArtistCentric
from onrecord.royalties.models.hybrid import Hybrid
from onrecord.royalties.models.pro_rata import ProRata
from onrecord.royalties.models.threshold import BELOW, Threshold
from onrecord.royalties.models.user_centric import Probabilistic, Shapley, UserCentric
from onrecord.royalties.models.weighted import Weighted
from onrecord.royalties.seams import PayoutModel

#: Products stay below 2 to this power, so that HUGEINT never overflows.
_BITS: Final = 125
#: A unit is told in parts this fine, at most, to rank remainders.
_PARTS: Final = 32


class PoolOf(Struct, frozen=True):
    """One pool of the month by its number. `amount` is None where each listener's fee makes it."""

    pool: int
    amount: int | None
    service: str = ""
    month: str = ""
    territory: str = ""
    tier: str = ""
    right: str = "recording"


class Money(Struct, frozen=True):
    """A pool with what its listeners did, in one unit of counting: streams or seconds."""

    amount: int
    listeners: int
    active: int
    plays: int
    most: int
    idle: int
    highest: int


class Unpaid(Struct, frozen=True):
    """Money of a pool that no payee gets, and why."""

    pool: int
    units: int
    reason: str


class Splitter:
    """Runs models over the view `plays` of one month; `paid` holds what the last one paid.

    `plays` has pool, listener, payee, recording, plays, seconds, engaged. Each model gives the table `paid` of pool,
    payee and units, and the list of what went to nobody; the two add up to the pools. `fee` is what each listener paid
    in, in units; `own_fees` is that of listeners who paid another one. Where `fee` is None pools bring their amounts.
    """

    def __init__(self, duck: Duck, fee: int | None, own_fees: Mapping[str, int] | None = None) -> None:
        self.duck = duck
        self.fee = fee
        self._alike = not own_fees
        #: By which unit listeners were counted, pairs made and plays of payees summed; where claims come from.
        self._unit = self._pairs = self._counted = self._claimed = ""
        duck.table(
            "own_fees", {"listener": "VARCHAR", "fee": "HUGEINT"}, _text(sorted((own_fees or {}).items()))
        )
        for macro in ("quotient", "bucket"):
            self._run(macro)
        duck.run(
            "CREATE OR REPLACE TABLE history (service VARCHAR, recording VARCHAR, month INTEGER, count HUGEINT)"
        )

    def begin(self, pools: Sequence[PoolOf]) -> None:
        """A new month: `plays` was set to its rows."""
        self._pools = {pool.pool: pool for pool in pools}
        self._unit = self._pairs = self._counted = self._claimed = ""
        kind = {"pool": "INTEGER", "service": "VARCHAR"}
        self.duck.table("pools", kind, [(pool.pool, pool.service) for pool in pools])
        [(kept,)] = self.duck.run("SELECT typeof(payee) FROM plays LIMIT 1") or [("VARCHAR",)]
        self._payee = str(kept)

    def count(self, unit: str) -> Mapping[int, Money]:
        """The pools with their money, once the listeners were counted by `unit`."""
        if unit != self._unit:
            column = "plays" if unit == "streams" else "seconds"
            self.duck.run(
                "CREATE OR REPLACE VIEW counted AS "
                f"SELECT pool, listener, payee, recording, engaged, {column} AS count FROM plays"
            )
            self._by_pool("listeners")
            found = self._run("money_alike" if self._alike else "money", fee=self.fee or 0)
            self._money = {pool: self._money_of(pool, *row) for pool, *row in found}
            self._unit = unit
        return self._money

    def look(self) -> Mapping[int, Money]:
        """Counts again what does not hang on a model: `plays_of` payees, and the `tastes` of listeners."""
        money = self.count("streams")
        self._count_payees()
        # A share is at most 10^12, and one row's plays at most those of the listener.
        kind = "BIGINT" if all(of.most < 9 * 10**6 for of in money.values()) else "HUGEINT"
        self.duck.run(
            "CREATE OR REPLACE TABLE popular AS "
            f"SELECT o.pool, o.payee, CAST(quotient(o.count * 1000000000000, m.plays) AS {kind}) AS share "
            "FROM plays_of o JOIN (SELECT pool, sum(count) AS plays FROM plays_of GROUP BY pool) m ON m.pool = o.pool"
        )
        self._by_pool("tastes")
        return money

    def split(self, model: PayoutModel) -> list[Unpaid]:
        """Pay by `model`. One that has no SQL is run as it is, over the month's plays in memory."""
        if isinstance(model, ProRata):
            return self._by_counts(model)
        if isinstance(model, Weighted):
            return self._by_weights(model)
        if isinstance(model, Threshold):
            return self._above_threshold(model)
        if isinstance(model, ArtistCentric):
            return self._artist_centric(model)
        if isinstance(model, UserCentric | Hybrid):
            return self._own_money(model)
        return self._as_it_is(model)

    # Rules with whole weights

    def _by_counts(self, model: ProRata | Weighted) -> list[Unpaid]:
        money = self.count(model.unit)
        self._count_payees()
        self.duck.run("CREATE OR REPLACE TABLE weights AS SELECT pool, payee, count AS weight FROM plays_of")
        return self._settle({pool: (of.amount, of.plays) for pool, of in money.items()}, money, NO_PLAYS)

    def _by_weights(self, model: Weighted) -> list[Unpaid]:
        money = self.count(model.unit)
        if model.alpha == 0:
            return self._by_counts(model)
        if model.alpha == 1:
            self._claims_are_plays()
            self._run("own_money_alike")
            return self._settle_near(
                money,
                {
                    p: (Fraction(m.amount, m.active), Fraction(0), m.amount)
                    for p, m in money.items()
                    if m.active
                },
                1,
                max((of.active for of in money.values()), default=0),
                {},
            )
        wholes = self.duck.run("SELECT DISTINCT whole FROM listeners WHERE whole > 0 ORDER BY whole")
        self.duck.table(
            "weight_of",
            {"whole": "BIGINT", "weight": "HUGEINT"},
            _text([(whole, model.weight(whole)) for (whole,) in wholes]),
        )
        self._run("weighted_counts")
        return self._settle(self._wholes(money), money, "every weight rounds down to nothing")

    def _above_threshold(self, model: Threshold) -> list[Unpaid]:
        money = self.count("streams")
        month = _month_number(next(iter(self._pools.values())).month)
        self._run("recordings", listeners=model.listeners)
        self._run(
            "eligible",
            first=month - model.months_before,
            last=month - 1,
            with_month=model.window == "with_month",
            excess=model.crossing == "excess",
            streams=model.streams,
            listeners=model.listeners,
        )
        unpaid = self._settle(self._wholes(money), money, BELOW)
        self.duck.run("DELETE FROM history WHERE month = $month", {"month": month})
        self._run("remember", month=month)
        return unpaid

    def _wholes(self, money: Mapping[int, Money]) -> dict[int, tuple[int, int]]:
        found = dict(self.duck.run("SELECT pool, sum(weight) FROM weights GROUP BY pool"))
        return {pool: (of.amount, int(found.get(pool, 0))) for pool, of in money.items()}

    def _settle(
        self, totals: Mapping[int, tuple[int, int]], money: Mapping[int, Money], why: str
    ) -> list[Unpaid]:
        rows = [(pool, amount, whole) for pool, (amount, whole) in totals.items() if whole]
        if all(amount.bit_length() + whole.bit_length() <= _BITS for _, amount, whole in rows):
            kinds = {"pool": "INTEGER", "amount": "HUGEINT", "whole": "HUGEINT"}
            self.duck.table("totals_of", kinds, _text(rows))
            self._run("shares")
            self._run("settle_exact")
        else:
            weights: dict[int, dict[Any, int]] = {}
            for pool, payee, weight in self.duck.run("SELECT pool, payee, weight FROM weights"):
                weights.setdefault(pool, {})[payee] = int(weight)
            self._pay({pool: _apportioned(amount, weights[pool]) for pool, amount, _ in rows})
        return [
            Unpaid(pool, amount, why if money[pool].plays else NO_PLAYS)
            for pool, (amount, whole) in totals.items()
            if not whole
        ]

    # Rules that add fractions

    def _own_money(self, model: UserCentric | Hybrid) -> list[Unpaid]:
        money = self.count(model.unit)
        if isinstance(model, Shapley | Probabilistic):
            self._make_pairs()
            counts = self.duck.run("SELECT DISTINCT count FROM pairs ORDER BY count")
            claims = [(count, model.claim(count)) for (count,) in counts]
            kind = "BIGINT" if all(claim < 2**31 for _, claim in claims) else "HUGEINT"
            self.duck.table("claim_of", {"count": "BIGINT", "claim": kind}, _text(claims))
            self._run("claimed")
            self._claims_from("claimed", "claim")
            self._sum_claims()
        else:
            self._claims_are_plays()
        if self._alike:
            self._run("own_money_alike")
        else:
            self._run("own_money", fee=self.fee or 0)
        flat = model.share if isinstance(model, Hybrid) else Fraction(0)
        shares, kept = {}, {}
        for pool, of in money.items():
            if of.active:
                *ratio, kept[pool] = self._ratio(of, flat, model.inactive)
                shares[pool] = tuple(ratio)
        highest = 1 if self._alike else max((of.highest for of in money.values()), default=1)
        most = max((of.active for of in money.values()), default=0)
        reason = f"inactive listeners: {model.inactive}"
        return self._settle_near(money, shares, highest, most, {p: (u, reason) for p, u in kept.items() if u})  # type: ignore[arg-type]

    def _ratio(self, of: Money, flat: Fraction, inactive: str) -> tuple[Fraction, Fraction, int, int]:
        """(of one listener's claim, of one play, to share out, kept): what Hybrid.split says, in closed form."""
        own = Fraction(of.amount - of.idle, of.active) if self._alike else Fraction(1)
        spread = of.idle if inactive == "pro_rata_pool" else 0
        kept = 0 if spread else int(of.idle * (1 - flat))
        due = of.amount - (1 - flat) * (of.idle - spread)
        if not due:
            return Fraction(0), Fraction(0), 0, of.amount
        stretch = (of.amount - kept) / due
        per_play = ((1 - flat) * spread + flat * of.amount) / of.plays
        return (1 - flat) * own * stretch, per_play * stretch, of.amount - kept, kept

    def _artist_centric(self, model: ArtistCentric) -> list[Unpaid]:
        money = self.count("streams")
        self._make_pairs()
        line = model.streams + 1 if model.boundary == "over" else model.streams
        self._run("boosted", streams=line, listeners=model.listeners)
        self._run("worth", engaged=model.engaged, boost=model.boost)
        self._claims_from("claimed", "claim")
        if model.order == "cap_first":
            self._claimants_are_listeners()
        else:
            self._sum_claims()
        self._run("capped", cap=model.cap, rule=model.cap_rule)
        wholes: dict[int, Fraction] = {}
        for pool, up, down, claim in self._run("whole_by_part"):
            wholes[pool] = wholes.get(pool, Fraction(0)) + Fraction(int(up) * int(claim), int(down))
        [(most, listeners)] = self._run("most")
        shares = {
            pool: (money[pool].amount / whole, Fraction(0), money[pool].amount)
            for pool, whole in wholes.items()
        }
        return self._settle_near(money, shares, int(most), int(listeners), {})

    def _count_payees(self) -> None:
        if self._counted != self._unit:
            self._by_pool("counts")
            self._counted = self._unit

    def _claims_are_plays(self) -> None:
        self._claims_from("counted", "count")
        self._claimants_are_listeners()

    def _claims_from(self, table: str, claim: str) -> None:
        self._claimed = table
        self.duck.run(
            f"CREATE OR REPLACE VIEW claims AS SELECT pool, listener, payee, count, {claim} AS claim "
            f"FROM {table} WHERE count > 0"
        )

    def _claimants_are_listeners(self) -> None:
        self.duck.run("CREATE OR REPLACE VIEW claimants AS SELECT pool, listener, whole FROM listeners")

    def _sum_claims(self) -> None:
        self._run("claim_sums")
        self.duck.run("CREATE OR REPLACE VIEW claimants AS SELECT pool, listener, whole FROM claim_sums")

    def _make_pairs(self) -> None:
        if self._pairs != self._unit:
            self._run("pairs")
            self._pairs = self._unit

    def _settle_near(
        self,
        money: Mapping[int, Money],
        shares: Mapping[int, tuple[Fraction, Fraction, int]],
        most: int,
        listeners: int,
        kept: Mapping[int, tuple[int, str]],
    ) -> list[Unpaid]:
        """`shares` by pool: of a claim, of a play, to share out. `most`: what one listener's claims come to at most."""
        whole = (most * max(listeners, 1)).bit_length()
        ratios = {pool: _bounded(share) for pool, (share, _, _) in shares.items()}
        top = max((high.bit_length() for _, high, _ in ratios.values()), default=0)
        steps = min(62 - most.bit_length(), _BITS - 2 - whole - top)
        if steps < 8 or not self._settle_bounds(shares, ratios, steps):
            exact = self._exact(shares, None)
            self._pay({pool: _ranked(values, shares[pool][2]) for pool, values in exact.items()})
        unpaid = [Unpaid(pool, units, reason) for pool, (units, reason) in kept.items()]
        return unpaid + [Unpaid(pool, of.amount, NO_PLAYS) for pool, of in money.items() if not of.plays]

    def _settle_bounds(
        self,
        shares: Mapping[int, tuple[Fraction, Fraction, int]],
        ratios: Mapping[int, tuple[int, int, int]],
        steps: int,
    ) -> bool:
        """Settle with bounds in `steps` bits; False where the numbers are too wide for them."""
        self._by_pool("sums", steps=1 << steps)
        if self._claimed == "counted":
            self.duck.run("CREATE OR REPLACE TABLE plays_of AS SELECT pool, payee, count FROM sums")
            self._counted = self._unit
        parts = self._near(shares, ratios, steps)
        if not parts:
            return False
        self._run("lines")
        if pools := self._run("unsettled"):
            self.duck.table("these", {"pool": "INTEGER"}, pools)
            self._know(self._exact(shares, self._run("open")), parts)
            self._run("lines")
        self._run("candidates")
        self._run("cuts")
        self.duck.table("bonus", {"pool": "INTEGER", "payee": self._payee}, self._winners(shares))
        self._run("settle_near")
        return True

    def _near(
        self,
        shares: Mapping[int, tuple[Fraction, Fraction, int]],
        ratios: Mapping[int, tuple[int, int, int]],
        steps: int,
    ) -> dict[int, int]:
        """Make the table `near`; gives in how many parts of a unit it tells remainders, by pool. None: it cannot."""
        [(widest, plays)] = self._run("bounds")
        flats = [flat for _, flat, _ in shares.values()]
        top = max((high.bit_length() for _, high, _ in ratios.values()), default=0)
        bottom = max((down.bit_length() for _, _, down in ratios.values()), default=0)
        fits = int(widest).bit_length() + top <= _BITS
        if fits and not any(flats) and steps + bottom <= _BITS:
            parts = {pool: down << steps for pool, (_, _, down) in ratios.items()}
            self._ratios(shares, ratios, parts, 0)
            self._run("near")
            return parts
        flat_up = max((flat.numerator.bit_length() for flat in flats), default=0)
        flat_down = max((flat.denominator.bit_length() for flat in flats), default=0)
        bits = min(_PARTS, steps, _BITS - int(plays).bit_length() - flat_up)
        if bits < 4 or max(steps - bits + bottom, flat_down) > _BITS or not fits:
            return {}
        parts = dict.fromkeys(ratios, 1 << bits)
        self._ratios(shares, ratios, parts, steps - bits)
        self._run("near_mixed")
        return parts

    def _ratios(
        self,
        shares: Mapping[int, tuple[Fraction, Fraction, int]],
        ratios: Mapping[int, tuple[int, int, int]],
        parts: Mapping[int, int],
        shift: int,
    ) -> None:
        rows = [
            (pool, amount, low, high, down << shift, flat.numerator, flat.denominator, parts[pool])
            for pool, (_, flat, amount) in shares.items()
            for low, high, down in [ratios[pool]]
        ]
        columns = ("pool", "amount", "up_low", "up_high", "down", "flat_up", "flat_down", "parts")
        kinds = {column: "INTEGER" if column == "pool" else "HUGEINT" for column in columns}
        self.duck.table("ratios", kinds, _text(rows))

    def _know(self, exact: Mapping[int, Mapping[Any, Fraction]], parts: Mapping[int, int]) -> None:
        """Put what was added exactly in place of its bounds."""
        rows: list[tuple[Any, ...]] = []
        for pool, values in exact.items():
            for payee, value in values.items():
                units, rest = divmod(value, 1)
                up, down = rest.numerator * parts[pool], rest.denominator
                rows.append((pool, payee, units, up // down, -(-up // down)))
        kinds = {"pool": "INTEGER", "payee": self._payee}
        kinds |= dict.fromkeys(("units", "low", "high"), "HUGEINT")
        self.duck.table("exact", kinds, _text(rows))
        self._run("known")

    def _winners(self, shares: Mapping[int, tuple[Fraction, Fraction, int]]) -> list[tuple[int, Any]]:
        """Who of those near the line gets one more unit."""
        near: dict[int, list[Any]] = {}
        places: dict[int, int] = {}
        for pool, payee, left in self._run("doubtful"):
            near.setdefault(pool, []).append(payee)
            places[pool] = int(left)
        won = [
            (pool, payee) for pool, payees in near.items() for payee in payees if len(payees) <= places[pool]
        ]
        open_ = [(p, payee) for p, payees in near.items() for payee in payees if len(payees) > places[p] > 0]
        for pool, values in (self._exact(shares, open_) if open_ else {}).items():
            ranked = sorted(values, key=lambda payee: (-(values[payee] % 1), str(payee)))
            won += [(pool, payee) for payee in ranked[: places[pool]]]
        return won

    def _exact(
        self,
        shares: Mapping[int, tuple[Fraction, Fraction, int]],
        asked: Sequence[tuple[Any, ...]] | None,
    ) -> dict[int, dict[Any, Fraction]]:
        """What payees are due, without any rounding; all of them where none is named."""
        self.duck.table("asked", {"pool": "INTEGER", "payee": self._payee}, _text(asked or []))
        if asked is None:
            self.duck.run("INSERT INTO asked SELECT DISTINCT pool, payee FROM claims")
        due: dict[int, dict[Any, Fraction]] = {}
        for pool, payee, up, down, claim, count in self._run("terms"):
            if pool in shares:
                share, flat, _ = shares[pool]
                value = share * Fraction(int(up) * int(claim), int(down)) + flat * int(count)
                payees = due.setdefault(pool, {})
                payees[payee] = payees.get(payee, Fraction(0)) + value
        return due

    # Models without SQL

    def _as_it_is(self, model: PayoutModel) -> list[Unpaid]:
        unit = getattr(model, "unit", "streams")
        money = self.count(unit if unit in ("streams", "seconds") else "streams")
        paid: dict[int, dict[Any, int]] = {}
        unpaid: list[Unpaid] = []
        for number, of in money.items():
            rows = self.duck.run(
                "SELECT listener, payee, plays, seconds, recording, engaged FROM plays WHERE pool = $pool",
                {"pool": number},
            )
            names = {str(row[1]): row[1] for row in rows}
            plays = [Play(str(a), str(b), c, d, str(e), f) for a, b, c, d, e, f in rows]
            for payout in model.split(self._pool(number, of), plays):
                if payout.payee:
                    paid.setdefault(number, {})[names[payout.payee]] = payout.amount
                else:
                    unpaid.append(Unpaid(number, payout.amount, payout.reason))
        self._pay(paid)
        return unpaid

    def _pool(self, number: int, of: Money) -> Pool:
        fees: tuple[tuple[str, int], ...] = ()
        if self.fee is not None:
            own = dict(self.duck.run("SELECT listener, fee FROM own_fees"))
            names = self.duck.run("SELECT listener FROM listeners WHERE pool = $pool", {"pool": number})
            fees = tuple((str(name), int(own.get(str(name), self.fee))) for (name,) in names)
        about = self._pools[number]
        return Pool(
            amount=of.amount,
            currency="",
            service=about.service,
            month=about.month,
            territory=about.territory,
            tier=about.tier,
            right=about.right,
            fees=fees,
        )

    # All

    def _money_of(
        self,
        pool: int,
        listeners: int,
        active: int,
        plays: int,
        most: int,
        paid: int,
        by_active: int,
        highest: int,
    ) -> Money:
        given = self._pools[pool].amount
        idle = 0 if given is not None else int(paid) - int(by_active)
        amount = int(paid) if given is None else given
        return Money(amount, int(listeners), int(active), int(plays), int(most), idle, int(highest))

    def _pay(self, paid: Mapping[int, Mapping[Any, int]]) -> None:
        rows = [(pool, payee, units) for pool, payees in paid.items() for payee, units in payees.items()]
        self.duck.table("paid", {"pool": "INTEGER", "payee": self._payee, "units": "HUGEINT"}, _text(rows))

    def _by_pool(self, name: str, **parameters: Any) -> None:
        """The job in its short form where the month has one pool."""
        if len(self._pools) == 1:
            self._run(f"{name}_one", pool=next(iter(self._pools)), **parameters)
        else:
            self._run(name, **parameters)

    def _run(self, name: str, **parameters: Any) -> list[tuple[Any, ...]]:
        return self.duck.run(sql_file("onrecord.royalties", name), parameters)


def in_order(models: Iterable[tuple[str, PayoutModel]]) -> list[tuple[str, PayoutModel]]:
    """Rules that only count plays come last: others count them on the way."""
    return sorted(models, key=lambda named: isinstance(named[1], ProRata))


def as_payouts(rows: Sequence[tuple[Any, int]], unpaid: Sequence[Unpaid]) -> list[Payout]:
    """One pool's answer in the form of the seam."""
    nobody = [Payout("", each.units, each.reason) for each in unpaid]
    return nobody + sorted((Payout(str(payee), int(units)) for payee, units in rows), key=lambda p: p.payee)


def _month_number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1 if month else 0


def _bounded(share: Fraction) -> tuple[int, int, int]:
    """A fraction as (low, high, down): itself where it is short, else close bounds of it."""
    if share.numerator.bit_length() <= 60 and share.denominator.bit_length() <= 60:
        return share.numerator, share.numerator, share.denominator
    shift = max(44 - int(share).bit_length(), 0)
    low = (share.numerator << shift) // share.denominator
    return low, low + 1, 1 << shift


def _apportioned(amount: int, weights: Mapping[Any, int]) -> dict[Any, int]:
    names = {str(payee): payee for payee in weights}
    return {
        names[n]: units for n, units in apportion(amount, {str(p): w for p, w in weights.items()}).items()
    }


def _ranked(values: Mapping[Any, Fraction], amount: int) -> dict[Any, int]:
    """Whole units by largest remainder, of values that add up to `amount`."""
    units = {payee: int(value) for payee, value in values.items()}
    left = amount - sum(units.values())
    for payee in sorted(values, key=lambda payee: (-(values[payee] % 1), str(payee)))[:left]:
        units[payee] += 1
    return units


def _text(rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Whole numbers may be wider than Arrow's own; DuckDB reads them from text without loss."""
    return [tuple(str(cell) if type(cell) is int else cell for cell in row) for row in rows]
