# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each payout model is in SQL. One that has none is run as it is, over the month's plays in memory."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from onrecord.model.royalties import Play, Pool
from onrecord.royalties.apportion import NO_PLAYS
from onrecord.royalties.models.artist_centric import ArtistCentric
from onrecord.royalties.models.hybrid import Hybrid
from onrecord.royalties.models.pro_rata import ProRata
from onrecord.royalties.models.threshold import BELOW, Threshold
from onrecord.royalties.models.user_centric import Probabilistic, Shapley, UserCentric
from onrecord.royalties.models.weighted import Weighted
from onrecord.royalties.seams import PayoutModel
from onrecord.royalties.splitting.bounding import Share, settle_fractions
from onrecord.royalties.splitting.counting import Counts, Money, Unpaid, as_text
from onrecord.royalties.splitting.settling import settle


def split(counts: Counts, model: PayoutModel) -> list[Unpaid]:
    """Pay the month by `model`: the table `paid` of pool, payee and units, and what went to nobody.

    The two add up to the pools; for a plug-in the caller has to check that.
    """
    if isinstance(model, ProRata):
        return _by_counts(counts, model)
    if isinstance(model, Weighted):
        return _by_weights(counts, model)
    if isinstance(model, Threshold):
        return _above_threshold(counts, model)
    if isinstance(model, ArtistCentric):
        return _artist_centric(counts, model)
    if isinstance(model, UserCentric | Hybrid):
        return _own_money(counts, model)
    return _as_it_is(counts, model)


def in_order(models: Iterable[tuple[str, PayoutModel]]) -> list[tuple[str, PayoutModel]]:
    """Rules that only count plays come last: others count them on the way."""
    return sorted(models, key=lambda named: isinstance(named[1], ProRata))


# Rules with whole weights


def _by_counts(counts: Counts, model: ProRata | Weighted) -> list[Unpaid]:
    money = counts.money(model.unit)
    counts.count_payees()
    counts.duck.run("CREATE OR REPLACE TABLE weights AS SELECT pool, payee, count AS weight FROM plays_of")
    return settle(counts, money, NO_PLAYS)


def _by_weights(counts: Counts, model: Weighted) -> list[Unpaid]:
    if model.alpha == 0:
        return _by_counts(counts, model)
    money = counts.money(model.unit)
    if model.alpha == 1:
        counts.claim_plays()
        counts.run("own_money_alike")
        shares = {
            pool: Share(Fraction(of.amount, of.active), Fraction(0), of.amount)
            for pool, of in money.items()
            if of.active
        }
        return settle_fractions(counts, money, shares, 1, _most_active(money))
    wholes = counts.duck.run("SELECT DISTINCT whole FROM listeners WHERE whole > 0 ORDER BY whole")
    counts.duck.table(
        "weight_of",
        {"whole": "BIGINT", "weight": "HUGEINT"},
        as_text([(whole, model.weight(whole)) for (whole,) in wholes]),
    )
    counts.run("weighted_counts")
    return settle(counts, money, "every weight rounds down to nothing")


def _above_threshold(counts: Counts, model: Threshold) -> list[Unpaid]:
    money = counts.money("streams")
    month = _month_number(next(iter(counts.pools.values())).month)
    counts.run("recordings", listeners=model.listeners)
    counts.run(
        "eligible",
        first=month - model.months_before,
        last=month - 1,
        with_month=model.window == "with_month",
        excess=model.crossing == "excess",
        streams=model.streams,
        listeners=model.listeners,
    )
    unpaid = settle(counts, money, BELOW)
    counts.duck.run("DELETE FROM history WHERE month = $month", {"month": month})
    counts.run("remember", month=month)
    return unpaid


# Rules that add fractions


def _own_money(counts: Counts, model: UserCentric | Hybrid) -> list[Unpaid]:
    money = counts.money(model.unit)
    if isinstance(model, Shapley | Probabilistic):
        counts.make_pairs()
        known = counts.duck.run("SELECT DISTINCT count FROM pairs ORDER BY count")
        claims = [(count, model.claim(count)) for (count,) in known]
        kind = "BIGINT" if all(claim < 2**31 for _, claim in claims) else "HUGEINT"
        counts.duck.table("claim_of", {"count": "BIGINT", "claim": kind}, as_text(claims))
        counts.run("claimed")
        counts.claim("claimed", "claim")
        counts.measure_by_claims()
    else:
        counts.claim_plays()
    if counts.alike:
        counts.run("own_money_alike")
    else:
        counts.run("own_money", fee=counts.fee or 0)
    flat = model.share if isinstance(model, Hybrid) else Fraction(0)
    shares = {pool: _share(of, flat, model.inactive, counts.alike) for pool, of in money.items() if of.active}
    highest = 1 if counts.alike else max((of.highest for of in money.values()), default=1)
    kept = [
        Unpaid(pool, money[pool].amount - share.amount, f"inactive listeners: {model.inactive}")
        for pool, share in shares.items()
        if money[pool].amount > share.amount
    ]
    return kept + settle_fractions(counts, money, shares, highest, _most_active(money))


def _share(of: Money, flat: Fraction, inactive: str, alike: bool) -> Share:
    """What Hybrid.split says, in closed form; `flat` is its part that goes by plays."""
    own = Fraction(of.amount - of.idle, of.active) if alike else Fraction(1)
    spread = of.idle if inactive == "pro_rata_pool" else 0
    kept = 0 if spread else int(of.idle * (1 - flat))
    due = of.amount - (1 - flat) * (of.idle - spread)
    if not due:
        return Share(Fraction(0), Fraction(0), 0)
    stretch = (of.amount - kept) / due
    per_play = ((1 - flat) * spread + flat * of.amount) / of.plays
    return Share((1 - flat) * own * stretch, per_play * stretch, of.amount - kept)


def _artist_centric(counts: Counts, model: ArtistCentric) -> list[Unpaid]:
    money = counts.money("streams")
    counts.make_pairs()
    line = model.streams + 1 if model.boundary == "over" else model.streams
    counts.run("boosted", streams=line, listeners=model.listeners)
    counts.run("worth", engaged=model.engaged, boost=model.boost)
    counts.claim("claimed", "claim")
    if model.order == "cap_first":
        counts.measure_by_listeners()
    else:
        counts.measure_by_claims()
    counts.run("capped", cap=model.cap, rule=model.cap_rule)
    wholes: dict[int, Fraction] = {}
    for pool, up, down, claim in counts.run("whole_by_part"):
        wholes[pool] = wholes.get(pool, Fraction(0)) + Fraction(int(up) * int(claim), int(down))
    [(most, listeners)] = counts.run("most")
    shares = {
        pool: Share(money[pool].amount / whole, Fraction(0), money[pool].amount)
        for pool, whole in wholes.items()
    }
    return settle_fractions(counts, money, shares, int(most), int(listeners))


# Models without SQL


def _as_it_is(counts: Counts, model: PayoutModel) -> list[Unpaid]:
    unit = getattr(model, "unit", "streams")
    paid: dict[int, dict[Any, int]] = {}
    unpaid: list[Unpaid] = []
    for number, of in counts.money(unit if unit in ("streams", "seconds") else "streams").items():
        rows = counts.duck.run(
            "SELECT listener, payee, plays, seconds, recording, engaged FROM plays WHERE pool = $pool",
            {"pool": number},
        )
        names = {str(row[1]): row[1] for row in rows}
        plays = [Play(str(a), str(b), c, d, str(e), f) for a, b, c, d, e, f in rows]
        for payout in model.split(_pool(counts, number, of), plays):
            if payout.payee:
                paid.setdefault(number, {})[names[payout.payee]] = payout.amount
            else:
                unpaid.append(Unpaid(number, payout.amount, payout.reason))
    counts.pay(paid)
    return unpaid


def _pool(counts: Counts, number: int, of: Money) -> Pool:
    fees: tuple[tuple[str, int], ...] = ()
    if counts.fee is not None:
        own = dict(counts.duck.run("SELECT listener, fee FROM own_fees"))
        names = counts.duck.run("SELECT listener FROM listeners WHERE pool = $pool", {"pool": number})
        fees = tuple((str(name), int(own.get(str(name), counts.fee))) for (name,) in names)
    about = counts.pools[number]
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


def _most_active(money: Mapping[int, Money]) -> int:
    return max((of.active for of in money.values()), default=0)


def _month_number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1 if month else 0
