# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Searches small cases for counter-examples to ideas of fairness: a table of what each payout model keeps.

The cases are drawn from a seed, so the table is the same each time. That none was found is no proof.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from onrecord.model.royalties import Play, Pool
from onrecord.royalties.models.artist_centric import ArtistCentric
from onrecord.royalties.models.hybrid import Hybrid
from onrecord.royalties.models.pro_rata import ProRata
from onrecord.royalties.models.threshold import Threshold
from onrecord.royalties.models.user_centric import FanPowered, Probabilistic, Shapley, UserCentric
from onrecord.royalties.models.weighted import Weighted
from onrecord.royalties.seams import PayoutModel

#: Every listener pays this many units, so that what rounding moves is far below what a rule does.
FEE: Final = 10**9
#: Less than this is rounding.
_SLACK: Final = 10**4
CASES: Final = 400
#: Plays of each listener (rows) of each artist (columns).
Case = tuple[tuple[int, ...], ...]
Paid = Sequence[int]


class Axiom(Struct, frozen=True):
    name: str
    words: str


class Finding(Struct, frozen=True, kw_only=True):
    """`example` is "" where no counter-example was found in `cases` cases."""

    axiom: str
    model: str
    cases: int
    example: str


#: Rules whose lines lie far above small cases get small lines, so that the cases meet them.
MODELS: Final[dict[str, Callable[[], PayoutModel]]] = {
    "pro-rata": lambda: ProRata({}),
    "user-centric": lambda: UserCentric({"inactive": "retain"}),
    "fan-powered": lambda: FanPowered({"inactive": "retain"}),
    "shapley": lambda: Shapley({"inactive": "retain"}),
    "probabilistic": lambda: Probabilistic({"inactive": "retain"}),
    "weighted": lambda: Weighted({}),
    "hybrid": lambda: Hybrid({"inactive": "retain"}),
    "threshold": lambda: Threshold({"streams": "4"}),
    "artist-centric": lambda: ArtistCentric({"streams": "5", "listeners": "2", "cap": "8"}),
}


def search(cases: int = CASES) -> list[Finding]:
    """Every axiom against every model."""
    found = []
    for axiom, test in _TESTS:
        for name, make in MODELS.items():
            model = make()
            example = next((said for said in _tried(model, test, cases) if said), "")
            found.append(Finding(axiom=axiom.name, model=name, cases=cases, example=example))
    return found


def table(found: Sequence[Finding]) -> str:
    """The findings as a page of Markdown."""
    by = {(each.axiom, each.model): each for each in found}
    names = list(MODELS)
    parts = [_HEAD.format(cases=found[0].cases if found else 0)]
    parts.append("| axiom | " + " | ".join(names) + " |\n" + "| --- " * (len(names) + 1) + "|")
    for axiom, _ in _TESTS:
        cells = ["no" if by[axiom.name, name].example else "yes" for name in names]
        parts[-1] += f"\n| {axiom.name} | " + " | ".join(cells) + " |"
    parts.append("## What they say\n")
    parts[-1] += "".join(f"\n- **{axiom.name}**: {axiom.words}" for axiom, _ in _TESTS)
    parts.append("## Counter-examples\n\n" + "Plays by listener, artists in columns; every listener pays 1.")
    for axiom, _ in _TESTS:
        broken = [by[axiom.name, name] for name in names if by[axiom.name, name].example]
        if broken:
            listed = "\n".join(f"- {each.model}: {each.example}" for each in broken)
            parts.append(f"### {axiom.name}\n\n{listed}")
    return "\n\n".join(parts) + "\n"


_HEAD: Final = """# Which fairness each payout model keeps

Written by `onrecord royalties axioms`: each axiom, in our words, was tried on {cases} small cases, the same for every
model. "no" is shown below by an example; "yes" says that none was found, which is no proof. Options are the defaults,
and lines are set low, so that small cases reach them: threshold 4 streams, artist-centric more than 5 streams from 2
listeners with a cap of 8. A play lasts a minute."""

_Test = Callable[[PayoutModel, random.Random], str]


def _tried(model: PayoutModel, test: _Test, cases: int) -> Iterator[str]:
    for number in range(cases):
        # Small cases first: an example should be the simplest that there is.
        yield test(model, random.Random(number))


def _case(chance: random.Random, least: int = 2) -> Case:
    listeners, artists = chance.randint(least, 3), chance.randint(2, 3)
    most = chance.choice((1, 3, 9))
    rows = []
    for _ in range(listeners):
        row = [chance.randint(0, most) for _ in range(artists)]
        row[chance.randrange(artists)] += 1
        rows.append(tuple(row))
    return tuple(rows)


def _paid(model: PayoutModel, case: Case) -> Paid:
    """Payouts by artist; money that goes to nobody is not among them."""
    plays = [
        Play(f"l{listener}", f"a{artist}", count, 60 * count)
        for listener, row in enumerate(case)
        for artist, count in enumerate(row)
        if count
    ]
    fees = tuple((f"l{listener}", FEE) for listener in range(len(case)))
    found = {
        p.payee: p.amount for p in model.split(Pool(amount=FEE * len(case), currency="", fees=fees), plays)
    }
    return [found.get(f"a{artist}", 0) for artist in range(len(case[0]))]


def _said(case: Case) -> str:
    return "; ".join(" ".join(map(str, row)) for row in case)


def _money(units: int) -> str:
    return f"{units / FEE:.3f}"


def _with(case: Case, listener: int, row: tuple[int, ...]) -> Case:
    return (*case[:listener], row, *case[listener + 1 :])


# --- the axioms -------------------------------------------------------------------------------------------------


def _lower_bound(model: PayoutModel, chance: random.Random) -> str:
    case = _case(chance)
    paid = _paid(model, case)
    for artist in range(len(case[0])):
        fans = sum(row[artist] == sum(row) for row in case)
        if paid[artist] < fans * FEE - _SLACK:
            return f"[{_said(case)}] {fans} play artist {artist + 1} alone, who gets {_money(paid[artist])}"
    return ""


def _click_fraud(model: PayoutModel, chance: random.Random) -> str:
    case = _case(chance)
    listener, artist = chance.randrange(len(case)), chance.randrange(len(case[0]))
    row = list(case[listener])
    row[artist] += chance.choice((1, 9, 99))
    after = _with(case, listener, tuple(row))
    gain = _paid(model, after)[artist] - _paid(model, case)[artist]
    if gain > FEE + _SLACK:
        return f"[{_said(case)}] to [{_said(after)}]: artist {artist + 1} gains {_money(gain)}"
    return ""


def _equal_impact(model: PayoutModel, chance: random.Random) -> str:
    case = _case(chance)
    listener = chance.randrange(len(case))
    after = _with(case, listener, tuple(3 * count for count in case[listener]))
    return _differ(case, after, _paid(model, case), _paid(model, after))


def _no_spill(model: PayoutModel, chance: random.Random) -> str:
    case = _case(chance)
    listener = chance.randrange(len(case))
    row = case[listener]
    unheard = [artist for artist, count in enumerate(row) if not count]
    heard = [artist for artist, count in enumerate(row) if count]
    after = _with(case, listener, tuple(c + (4 if a == heard[0] else 0) for a, c in enumerate(row)))
    before_paid, after_paid = _paid(model, case), _paid(model, after)
    for artist in unheard:
        if abs(before_paid[artist] - after_paid[artist]) > _SLACK:
            return (
                f"[{_said(case)}] to [{_said(after)}]: artist {artist + 1}, not played by listener {listener + 1}, "
                f"from {_money(before_paid[artist])} to {_money(after_paid[artist])}"
            )
    return ""


def _order(model: PayoutModel, chance: random.Random) -> str:
    case = _case(chance)
    paid = _paid(model, case)
    for one in range(len(paid)):
        for two in range(len(paid)):
            if all(row[one] >= row[two] for row in case) and paid[one] < paid[two] - _SLACK:
                said = f"artist {one + 1} gets {_money(paid[one])}, artist {two + 1} {_money(paid[two])}"
                return f"[{_said(case)}] {said}"
    return ""


def _homogeneity(model: PayoutModel, chance: random.Random) -> str:
    case = _case(chance)
    case = tuple((row[0], 2 * row[0], *row[1:]) if sum(row) else row for row in case)
    paid = _paid(model, case)
    if abs(2 * paid[0] - paid[1]) > _SLACK:
        return f"[{_said(case)}] artist 2 has twice the plays of artist 1: {_money(paid[0])} and {_money(paid[1])}"
    return ""


def _additivity(model: PayoutModel, chance: random.Random) -> str:
    one = _case(chance, 1)
    two = tuple(row[: len(one[0])] + (0,) * (len(one[0]) - len(row)) for row in _case(chance, 1))
    two = tuple(row if sum(row) else (1, *row[1:]) for row in two)
    apart = [a + b for a, b in zip(_paid(model, one), _paid(model, two), strict=True)]
    together = _paid(model, one + two)
    for artist, (a, b) in enumerate(zip(apart, together, strict=True)):
        if abs(a - b) > _SLACK:
            said = f"artist {artist + 1} gets {_money(a)} apart, {_money(b)} together"
            return f"[{_said(one)}] and [{_said(two)}]: {said}"
    return ""


def _pooled(model: PayoutModel, chance: random.Random) -> str:
    case = _case(chance)
    artist, other = chance.sample(range(len(case[0])), 2)
    moved = [list(row) for row in case]
    giver = max(range(len(case)), key=lambda listener: case[listener][artist])
    taker = next(listener for listener in range(len(case)) if listener != giver)
    if not moved[giver][artist]:
        return ""
    moved[taker][artist] += moved[giver][artist]
    moved[giver][artist] = 0
    if not sum(moved[giver]):
        moved[giver][other] += 1
        moved[taker][other] = max(moved[taker][other] - 1, 0)
        if [sum(r[other] for r in moved)] != [sum(r[other] for r in case)]:
            return ""
    after = tuple(map(tuple, moved))
    return _differ(case, after, _paid(model, case), _paid(model, after))


def _split_proof(model: PayoutModel, chance: random.Random) -> str:
    case = _case(chance)
    after = tuple((row[0] // 2, row[0] - row[0] // 2, *row[1:]) for row in case)
    return _as_two(model, case, after, gain=True)


def _merge_proof(model: PayoutModel, chance: random.Random) -> str:
    case = _case(chance)
    after = tuple((row[0] // 2, row[0] - row[0] // 2, *row[1:]) for row in case)
    return _as_two(model, case, after, gain=False)


def _as_two(model: PayoutModel, case: Case, after: Case, gain: bool) -> str:
    before_paid, after_paid = _paid(model, case), _paid(model, after)
    more = after_paid[0] + after_paid[1] - before_paid[0]
    if more > _SLACK if gain else more < -_SLACK:
        return (
            f"[{_said(case)}] artist 1 gets {_money(before_paid[0])}, as two names "
            f"[{_said(after)}] {_money(after_paid[0] + after_paid[1])}"
        )
    return ""


def _monotone(model: PayoutModel, chance: random.Random) -> str:
    case = _case(chance)
    listener, artist = chance.randrange(len(case)), chance.randrange(len(case[0]))
    row = list(case[listener])
    row[artist] += chance.randint(1, 5)
    after = _with(case, listener, tuple(row))
    lost = _paid(model, case)[artist] - _paid(model, after)[artist]
    if lost > _SLACK:
        return f"[{_said(case)}] to [{_said(after)}]: artist {artist + 1} loses {_money(lost)} by more plays"
    return ""


def _anonymous(model: PayoutModel, chance: random.Random) -> str:
    case = _case(chance)
    swapped = tuple(tuple(reversed(row)) for row in reversed(case))
    return _differ(case, swapped, _paid(model, case), list(reversed(_paid(model, swapped))))


def _all_paid(model: PayoutModel, chance: random.Random) -> str:
    case = _case(chance)
    paid = _paid(model, case)
    for artist, units in enumerate(paid):
        if not units and any(row[artist] for row in case):
            return f"[{_said(case)}] artist {artist + 1} gets nothing"
    return ""


def _differ(before: Case, after: Case, one: Paid, two: Paid) -> str:
    for artist, (a, b) in enumerate(zip(one, two, strict=True)):
        if abs(a - b) > _SLACK:
            return (
                f"[{_said(before)}] to [{_said(after)}]: artist {artist + 1} from {_money(a)} to {_money(b)}"
            )
    return ""


_TESTS: Final[tuple[tuple[Axiom, _Test], ...]] = (
    (
        Axiom("reasonable lower bound", "an artist gets at least the fees of those who play nobody else."),
        _lower_bound,
    ),
    (
        Axiom("click-fraud proof", "however often an account plays, an artist gains at most its fee."),
        _click_fraud,
    ),
    (
        Axiom("equal global impact of listeners", "three times as many plays of the same move nothing."),
        _equal_impact,
    ),
    (
        Axiom(
            "no spill-over", "more plays of one artist change nothing for those not played by that listener."
        ),
        _no_spill,
    ),
    (Axiom("additivity", "two groups of listeners split together or apart give the same sums."), _additivity),
    (Axiom("pooled-sum independence", "only an artist's sum of plays counts, not who played."), _pooled),
    (
        Axiom(
            "order preservation", "an artist played by all as much as another or more gets as much or more."
        ),
        _order,
    ),
    (
        Axiom("pairwise homogeneity", "twice the plays of another, by each listener, bring twice as much."),
        _homogeneity,
    ),
    (Axiom("monotonicity", "an artist does not lose by being played more."), _monotone),
    (Axiom("splitting-proof", "an artist gains nothing by appearing under two names."), _split_proof),
    (Axiom("merging-proof", "two artists gain nothing by appearing under one name."), _merge_proof),
    (Axiom("anonymity", "names and order play no part."), _anonymous),
    (
        Axiom("everybody who is played is paid", "a play by a paying listener is never worth nothing."),
        _all_paid,
    ),
)
