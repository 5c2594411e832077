# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a payout rule does, in figures: who wins, how concentrated the money is, which way the rule leans.

Money is added exactly; shares and ratios are rounded to six decimals at the very end, so that bytes repeat.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from msgspec import Struct

from onrecord.royalties.models.hybrid import Hybrid
from onrecord.royalties.models.pro_rata import ProRata
from onrecord.royalties.models.user_centric import UserCentric
from onrecord.royalties.pools import Unit

#: Lorenz points: this part of the payees, from the least paid, gets that part of the money.
_LORENZ: Final = tuple(
    Fraction(each, 1000) for each in (100, 200, 300, 400, 500, 600, 700, 800, 900, 950, 990, 996)
)
_BANDS: Final = ((0, "below 100"), (100, "100 to 1,000"), (1_000, "1,000 to 10,000"),
                 (10_000, "10,000 to 100,000"), (100_000, "100,000 and more"))  # fmt: skip
_VOLUMES: Final = ("none", "below a quarter", "a quarter to a half", "a half to the mean", "the mean to twice",
                   "twice to four times", "above four times")  # fmt: skip


class Concentration(Struct, frozen=True, kw_only=True):
    """Of the money over all payees who were played, those who get nothing included."""

    gini: float
    hhi: float
    top_10: float
    top_0_4_percent: float
    top_1_percent: float
    top_10_percent: float
    lorenz: tuple[tuple[float, float], ...]


class Group(Struct, frozen=True, kw_only=True):
    """Some payees: what the baseline and this model pay them together."""

    group: str
    payees: int
    winners: int
    baseline: str
    paid: str
    change: float | None


class Change(Struct, frozen=True, kw_only=True):
    """Beside the baseline. `moved` is half the sum of absolute differences, what goes to nobody included.

    `top_10` is the change of the ten whom the baseline pays most. `deciles` are of payees by plays, the most played
    first; `bands` by listeners in the best month.
    """

    winners: int
    losers: int
    unchanged: int
    moved: str
    moved_share: float
    top_10: float | None
    deciles: tuple[Group, ...]
    bands: tuple[Group, ...]


class Volume(Struct, frozen=True, kw_only=True):
    """Listeners by how much they play beside the mean of their pool: what they put in and what is credited to those
    they play. A listener counts once a pool."""

    plays: str
    listeners: int
    fees: str
    credited: str
    giving: int


class Subsidy(Struct, frozen=True, kw_only=True):
    """Between listeners: `given` is what those lose whose fee is more than is credited to the artists they play."""

    given: str
    given_share: float
    giving: int
    listeners: int
    volumes: tuple[Volume, ...]
    told: str


class Popularity(Struct, frozen=True, kw_only=True):
    """Mean popularity of what heavy listeners play over that of light ones: above 1 pro-rata favours the popular."""

    ratio: float | None
    heavy: int
    light: int
    sentence: str


class Interval(Struct, frozen=True):
    low: float
    high: float
    draws: int


def concentration(paid: Mapping[str, int], heard: Mapping[str, Sequence[int]]) -> Concentration:
    amounts = sorted([*paid.values(), *[0] * (len(heard) - len(paid))])
    total, count = sum(amounts), len(amounts)
    if not total:
        return Concentration(
            gini=0.0,
            hhi=0.0,
            top_10=0.0,
            top_0_4_percent=0.0,
            top_1_percent=0.0,
            top_10_percent=0.0,
            lorenz=(),
        )
    sums = [0]
    for amount in amounts:
        sums.append(sums[-1] + amount)

    def top(payees: int) -> float:
        return _rounded(Fraction(total - sums[count - min(max(payees, 1), count)], total))

    return Concentration(
        gini=_rounded(gini(amounts)),
        hhi=_rounded(Fraction(sum(amount * amount for amount in amounts), total * total)),
        top_10=top(10),
        top_0_4_percent=top(_part(count, Fraction(4, 1000))),
        top_1_percent=top(_part(count, Fraction(1, 100))),
        top_10_percent=top(_part(count, Fraction(1, 10))),
        lorenz=tuple((float(part), _rounded(Fraction(sums[int(count * part)], total))) for part in _LORENZ),
    )


def gini(amounts: Sequence[int]) -> Fraction:
    """Of amounts in rising order."""
    total, count = sum(amounts), len(amounts)
    ranked = sum(place * amount for place, amount in enumerate(amounts, 1))
    return Fraction(2 * ranked, count * total) - Fraction(count + 1, count) if total else Fraction(0)


def change(
    base: Mapping[str, int], paid: Mapping[str, int], heard: Mapping[str, Sequence[int]], unit: Unit
) -> Change:
    payees = sorted(heard, key=lambda payee: (-heard[payee][0], payee))
    gains = {payee: paid.get(payee, 0) - base.get(payee, 0) for payee in payees}
    winners = sum(gain > 0 for gain in gains.values())
    losers = sum(gain < 0 for gain in gains.values())
    moved, total = _moved(base, paid, gains.values())
    best = sorted(base, key=lambda payee: (-base[payee], payee))[:10]
    size, rest = divmod(len(payees), 10)
    deciles, start = [], 0
    for number in range(10):
        end = start + size + (number < rest)
        deciles.append(_group(f"decile {number + 1}", payees[start:end], base, paid, gains, unit))
        start = end
    floors = [floor for floor, _ in _BANDS]
    banded: dict[int, list[str]] = {floor: [] for floor in floors}
    for payee in payees:
        banded[max(floor for floor in floors if heard[payee][1] >= floor)].append(payee)
    return Change(
        winners=winners,
        losers=losers,
        unchanged=len(gains) - winners - losers,
        moved=unit.text(moved // 2),
        moved_share=_rounded(Fraction(moved, 2 * total)) if total else 0.0,
        top_10=_relative(sum(base[p] for p in best), sum(paid.get(p, 0) for p in best)),
        deciles=tuple(deciles),
        bands=tuple(_group(said, banded[floor], base, paid, gains, unit) for floor, said in _BANDS),
    )


def figures(paid: Mapping[str, int], base: Mapping[str, int]) -> dict[str, float]:
    """The few figures that a bootstrap tells intervals of."""
    names = set(paid) | set(base)
    moved, total = _moved(base, paid, (paid.get(name, 0) - base.get(name, 0) for name in names))
    amounts = sorted(paid.get(name, 0) for name in names)
    own = sum(amounts)
    hundredth = max(_part(len(amounts), Fraction(1, 100)), 1)
    return {
        "gini": _rounded(gini(amounts)),
        "top_10": _rounded(Fraction(sum(amounts[-10:]), own or 1)),
        "top_1_percent": _rounded(Fraction(sum(amounts[-hundredth:]), own or 1)),
        "moved_share": _rounded(Fraction(moved, 2 * total or 1)),
    }


def intervals(draws: Sequence[Mapping[str, float]]) -> dict[str, Interval]:
    """The middle 95 % of what was drawn."""
    if not draws:
        return {}
    cut = len(draws) * 25 // 1000
    found = {}
    for key in draws[0]:
        values = sorted(each[key] for each in draws)
        found[key] = Interval(values[cut], values[len(values) - 1 - cut], len(draws))
    return found


def popularity(rows: Iterable[tuple[Any, ...]]) -> Popularity:
    listeners = {True: 0, False: 0}
    sums = {True: 0, False: 0}
    for heavy, count, popular in rows:
        listeners[bool(heavy)] += int(count)
        sums[bool(heavy)] += int(popular)
    if not listeners[True] or not sums[False]:
        said = "nobody plays more than another, so no rule leans by volume"
        return Popularity(ratio=None, heavy=listeners[True], light=listeners[False], sentence=said)
    ratio = Fraction(sums[True] * listeners[False], listeners[True] * sums[False])
    word = "more" if ratio > 1 else "less" if ratio < 1 else "equally"
    leans = (
        "favors the popular" if ratio > 1 else "favors the less popular" if ratio < 1 else "leans to neither"
    )
    said = f"heavy listeners play {word} popular artists than light ones (ratio {_rounded(ratio)}): pro-rata {leans}"
    return Popularity(ratio=_rounded(ratio), heavy=listeners[True], light=listeners[False], sentence=said)


def subsidy(name: str, model: object, rows: Iterable[tuple[Any, ...]], unit: Unit) -> Subsidy | None:
    """None for rules that credit plays neither to a pool nor to a listener's own fee."""
    if isinstance(model, ProRata) and model.unit == "streams":
        part, told = Fraction(1), "each play is credited with the same money"
    elif isinstance(model, UserCentric):
        part, told = (
            Fraction(0),
            "each listener's money goes to what that listener plays: by construction none",
        )
    elif isinstance(model, Hybrid) and model.unit == "streams":
        part, told = model.share, "the part that is pro-rata"
    else:
        return None
    bands: dict[int, list[int]] = {number: [0] * 5 for number in range(len(_VOLUMES))}
    for band, *cells in rows:
        bands[int(band)] = [a + int(b) for a, b in zip(bands[int(band)], cells, strict=True)]
    fees = sum(cells[1] for cells in bands.values())
    given = int(part * sum(cells[4] for cells in bands.values()))
    return Subsidy(
        given=unit.text(given),
        given_share=_rounded(Fraction(given, fees)) if fees else 0.0,
        giving=sum(cells[3] for cells in bands.values()) if part else 0,
        listeners=sum(cells[0] for cells in bands.values()),
        volumes=tuple(
            Volume(
                plays=said,
                listeners=bands[number][0],
                fees=unit.text(bands[number][1]),
                credited=unit.text(int(part * bands[number][2] + (1 - part) * bands[number][1])),
                giving=bands[number][3] if part else 0,
            )
            for number, said in enumerate(_VOLUMES)
        ),
        told=told,
    )


def _moved(base: Mapping[str, int], paid: Mapping[str, int], gains: Iterable[int]) -> tuple[int, int]:
    """Twice what moves, what goes to nobody under one and not the other included; and the larger of the two sums.

    With what goes to nobody both sums are the pool, so the first is even.
    """
    before, after = sum(base.values()), sum(paid.values())
    return sum(abs(gain) for gain in gains) + abs(after - before), max(before, after)


def _group(
    said: str,
    payees: Sequence[str],
    base: Mapping[str, int],
    paid: Mapping[str, int],
    gains: Mapping[str, int],
    unit: Unit,
) -> Group:
    before, after = sum(base.get(p, 0) for p in payees), sum(paid.get(p, 0) for p in payees)
    return Group(
        group=said,
        payees=len(payees),
        winners=sum(gains[payee] > 0 for payee in payees),
        baseline=unit.text(before),
        paid=unit.text(after),
        change=_relative(before, after),
    )


def _relative(before: int, after: int) -> float | None:
    return _rounded(Fraction(after - before, before)) if before else None


def _part(count: int, part: Fraction) -> int:
    return -(-count * part.numerator // part.denominator)


def _rounded(value: Fraction) -> float:
    return float(round(value, 6))
