# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules as SQL give what the rules as they are written give, to the smallest unit."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onrecord.engine.duck import Duck
from onrecord.model.royalties import Payout, Play, Pool
from onrecord.royalties import loading
from onrecord.royalties.generating import Population, generate
from onrecord.royalties.seams import PayoutModel
from onrecord.royalties.splitting.counting import Counts, PoolOf
from onrecord.royalties.splitting.rules import split

#: Months that are tried of each of the models below: ten, and 33 with `--slow`.
A_MODEL = settings.default.max_examples // 3
#: What each listener pays; of these, what is tried of an odd pool that is alone.
FEES = (0, 1, 4, 12, 100, 6_990_000, 10**12 + 7)
ALONE = FEES[1::2] if settings.default.max_examples < 100 else FEES

COLUMNS = {
    "pool": "INTEGER", "listener": "VARCHAR", "payee": "VARCHAR", "recording": "VARCHAR",
    "plays": "BIGINT", "seconds": "BIGINT", "engaged": "BIGINT",
}  # fmt: skip

MODELS = [
    ("pro-rata", {}),
    ("pro-rata", {"unit": "seconds"}),
    *(("user-centric", {"inactive": inactive}) for inactive in ("pro_rata_pool", "retain", "carry")),
    ("fan-powered", {"inactive": "pro_rata_pool"}),
    ("shapley", {"inactive": "retain"}),
    ("shapley", {"inactive": "pro_rata_pool"}),
    ("probabilistic", {"inactive": "retain"}),
    ("probabilistic", {"inactive": "pro_rata_pool", "power": "5/2"}),
    ("probabilistic", {"inactive": "retain", "power": "3"}),
    ("hybrid", {"inactive": "retain", "lambda": "1/3"}),
    ("hybrid", {"inactive": "pro_rata_pool"}),
    ("hybrid", {"inactive": "carry", "lambda": "1"}),
    *(("weighted", {"alpha": alpha}) for alpha in ("0", "1/2", "0.85", "1")),
    ("threshold", {"streams": "9"}),
    ("threshold", {"streams": "9", "crossing": "excess", "listeners": "2"}),
    ("threshold", {"streams": "9", "crossing": "excess"}),
    ("threshold", {"streams": "1000", "crossing": "excess"}),
    ("threshold", {"streams": "9", "window": "before_month"}),
    ("threshold", {"streams": "9", "window": "before_month", "crossing": "excess"}),
    ("artist-centric", {"streams": "9", "listeners": "2", "cap": "11"}),
    ("artist-centric", {"streams": "9", "listeners": "2", "cap": "11", "cap_rule": "half", "boundary": "at_least"}),
    ("artist-centric", {"streams": "9", "listeners": "1", "cap": "11", "order": "boost_first"}),
    ("artist-centric", {"streams": "9", "listeners": "1", "cap_rule": "none", "order": "boost_first", "boost": "3"}),
]  # fmt: skip


def made(name: str, options: dict[str, str]) -> PayoutModel:
    return loading.load_models().loaded[name](options)


@st.composite
def plays(draw: st.DrawFn) -> list[Play]:
    found = []
    for _ in range(draw(st.integers(0, 14))):
        payee = draw(st.sampled_from("ABCD"))
        streams = draw(st.one_of(st.integers(0, 13), st.integers(0, 10**6)))
        found.append(
            Play(
                draw(st.sampled_from("abcde")),
                payee,
                streams,
                draw(st.integers(0, 400)),
                draw(st.sampled_from([payee + "1", payee + "2", "duet"])),
                draw(st.integers(0, streams)),
            )
        )
    return found


@pytest.fixture(scope="module")
def duck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Duck]:
    duck = Duck(tmp_path_factory.mktemp("spill"), memory="500MB", threads=1)
    yield duck
    duck.close()


def paid(
    counts: Counts, model: PayoutModel, pools: list[PoolOf], rows: list[tuple[int, Play]]
) -> dict[int, list[Payout]]:
    """What each pool pays, in the form of the seam."""
    counts.duck.table(
        "plays",
        COLUMNS,
        [(p, x.listener, x.payee, x.recording, x.streams, x.seconds, x.engaged) for p, x in rows],
    )
    counts.begin(pools)
    counts.duck.run("DROP TABLE IF EXISTS paid")
    unpaid = split(counts, model)
    exists = counts.duck.run("SELECT 1 FROM duckdb_tables() WHERE table_name = 'paid'")
    found = counts.duck.run("SELECT pool, payee, units FROM paid ORDER BY payee") if exists else []
    return {
        pool.pool: [
            *(Payout("", each.units, each.reason) for each in unpaid if each.pool == pool.pool),
            *(Payout(payee, int(units)) for at, payee, units in found if at == pool.pool),
        ]
        for pool in pools
    }


def nonzero(payouts: list[Payout]) -> list[Payout]:
    """A payee who gets nothing may be listed or not."""
    return [payout for payout in payouts if payout.amount]


@pytest.mark.parametrize(("name", "options"), MODELS)
@settings(max_examples=A_MODEL, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_sql_equals_the_rule(duck: Duck, name: str, options: dict[str, str], data: st.DataObject) -> None:
    """Two pools of a month at once, each by amount, by one fee, or by fees of their own."""
    model = made(name, options)
    cells = {0: data.draw(plays()), 1: data.draw(plays())}
    way = data.draw(st.sampled_from(["amount", "fee", "own"]))
    fee = data.draw(st.one_of(st.sampled_from([0, 1, 100, 7_000_000]), st.integers(0, 10**9)))
    own = {"a": data.draw(st.integers(0, 10**7)), "c": 0} if way == "own" else {}
    pools, expected = [], {}
    for number, rows in cells.items():
        listeners = sorted({play.listener for play in rows})
        fees = tuple((listener, own.get(listener, fee)) for listener in listeners)
        amount = data.draw(st.one_of(st.integers(0, 9), st.integers(0, 10**15))) if way == "amount" else None
        pool = Pool(
            amount=sum(each for _, each in fees) if amount is None else amount,
            currency="EUR",
            fees=fees if amount is None else (),
        )
        expected[number] = nonzero(model.split(pool, rows))
        if listeners:
            pools.append(PoolOf(number, amount, month="2026-01"))
    if not pools:
        return
    counts = Counts(duck, None if way == "amount" else fee, own)
    got = paid(counts, model, pools, [(n, play) for n, rows in cells.items() for play in rows])
    assert {number: nonzero(payouts) for number, payouts in got.items()} == {
        pool.pool: expected[pool.pool] for pool in pools
    }


def test_a_model_without_sql_runs_as_it_is(duck: Duck) -> None:
    class PerListener:
        name = "per-listener"

        def split(self, pool: Pool, plays: list[Play]) -> list[Payout]:
            assert pool.fees == (("a", 5), ("b", 5))
            return [Payout("", 1, "because"), *[Payout(p, 3) for p in sorted({p.payee for p in plays})]]

    rows = [(0, Play("a", "x")), (0, Play("b", "y")), (0, Play("b", "z", 2))]
    got = paid(Counts(duck, 5), PerListener(), [PoolOf(0, None)], rows)  # type: ignore[arg-type]
    assert got == {0: [Payout("", 1, "because"), Payout("x", 3), Payout("y", 3), Payout("z", 3)]}


def test_amounts_too_wide_for_the_engine_are_split_all_the_same(duck: Duck) -> None:
    rows = [Play("a", "x", 10**9), Play("a", "y", 1), Play("b", "y", 7)]
    for name, options in [
        ("pro-rata", {}),
        ("user-centric", {"inactive": "retain"}),
        ("hybrid", {"inactive": "retain"}),
        ("artist-centric", {}),
    ]:
        model, amount = made(name, options), 10**33 + 1
        got = paid(Counts(duck, None), model, [PoolOf(0, amount)], [(0, play) for play in rows])
        assert nonzero(got[0]) == nonzero(model.split(Pool(amount=amount, currency="EUR"), rows))


def test_the_threshold_looks_back_over_months_and_pools_of_a_service(duck: Duck) -> None:
    for options, months in [
        ({}, [[("", 900)], [("A", 900)], [("A", 900)]]),
        ({"window": "before_month"}, [[("", 900)], [("", 900)], [("A", 900)]]),
    ]:
        model = made("threshold", options)
        counts = Counts(duck, None)
        for month, streams, expected in [
            ("2025-12", 800, months[0]),
            ("2026-01", 500, months[1]),
            ("2026-02", 1, months[2]),
        ]:
            pools = [PoolOf(0, 900, service="s", month=month), PoolOf(1, 900, service="other", month=month)]
            rows = [(0, Play("a", "A", streams, 0, "A")), (1, Play("a", "A", 1, 0, "A"))]
            got = paid(counts, model, pools, rows)
            assert [(each.payee, each.amount) for each in nonzero(got[0])] == expected
            assert got[1][0].payee == ""


@pytest.mark.parametrize(
    "name", ["user-centric", "shapley", "probabilistic", "hybrid", "weighted", "artist-centric"]
)
def test_sql_equals_the_rule_where_many_remainders_lie_close(duck: Duck, name: str) -> None:
    """Enough payees that bounds leave some unsettled, and equal remainders on the line."""
    people = Population(listeners=150, artists=600, plays=60, seed=5)
    rows = [
        Play(f"l{listener}", f"a{artist}", int(plays), 0, f"a{artist}", int(plays) // 2)
        for group in generate(people)
        for listener, artist, plays in zip(*group, strict=True)
    ]
    options = {"inactive": "retain"} if name in ("user-centric", "shapley", "probabilistic", "hybrid") else {}
    options = {"streams": "20", "listeners": "5", "cap": "60"} if name == "artist-centric" else options
    model = made(name, options)
    for fee in (1, 100, 7_000_000):
        got = paid(Counts(duck, fee), model, [PoolOf(0, None)], [(0, play) for play in rows])
        fees = tuple((f"l{number}", fee) for number in range(150))
        pool = Pool(amount=150 * fee, currency="EUR", fees=fees)
        assert nonzero(got[0]) == nonzero(model.split(pool, rows))


#: Pools at which something is at stake, as rows (listener, payee, plays). `nobody` has listeners and no play.
ODD = {
    "ties on the line": [("l", payee, 1) for payee in ("a10", "a9", "a1", "b", "a", "B", "é")],
    "ties of unlike listeners": [(f"l{n}", f"a{m}", n % 3 + 1) for n in range(9) for m in range(n, n + 4)],
    "only whole units": [(f"l{n}", f"a{m}", 1) for n in range(8) for m in range(4 * n, 4 * n + 4)],
    "whole units and thirds": [
        (f"l{n}", f"a{m}", 1) for n in range(24) for m in range(n * 4, n * 4 + (4 if n % 2 else 3))
    ],
    "remainders close to nothing": [("l", "a", 10**9), ("l", "b", 1), ("m", "a", 1)],
    "one play each": [(f"l{n}", f"a{n % 5}", 1) for n in range(23)],
    "one payee": [("l", "a", 3), ("m", "a", 9)],
    "zero plays": [("l", "a", 0), ("l", "b", 2), ("m", "a", 0), ("n", "c", 7), ("n", "d", 0)],
    "nobody": [("l", "a", 0), ("m", "b", 0)],
}


#: Models that share what is left over in ways of their own.
EACH_WAY = ["pro-rata", "user-centric", "shapley", "weighted", "hybrid"]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", EACH_WAY)
def test_an_odd_pool_alone_is_split_as_the_rule_says(duck: Duck, name: str, odd: str) -> None:
    """Equal remainders go by name, not by number."""
    splits_as_the_rule_says(duck, name, [odd], ALONE)


@pytest.mark.parametrize("name", EACH_WAY)
def test_odd_pools_of_one_month_are_split_as_the_rule_says(duck: Duck, name: str) -> None:
    splits_as_the_rule_says(duck, name, list(ODD), FEES)


def splits_as_the_rule_says(duck: Duck, name: str, chosen: list[str], fees: Sequence[int]) -> None:
    options = {"inactive": "retain"} if name in ("user-centric", "shapley", "hybrid") else {}
    model = made(name, options | ({"alpha": "1"} if name == "weighted" else {}))
    for fee in fees:
        rows = [(n, Play(*row)) for n, each in enumerate(chosen) for row in ODD[each]]
        pools = [PoolOf(number, None, month="2026-01") for number in range(len(chosen))]
        got = paid(Counts(duck, fee), model, pools, rows)
        for number, each in enumerate(chosen):
            listeners = sorted({row[0] for row in ODD[each]})
            pool = Pool(
                amount=len(listeners) * fee, currency="EUR", fees=tuple((one, fee) for one in listeners)
            )
            expected = model.split(pool, [play for at, play in rows if at == number])
            assert nonzero(got[number]) == nonzero(expected), (fee, each)
            assert sum(payout.amount for payout in got[number]) == pool.amount


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, 2**63),
    st.integers(1, 2**60),
    st.integers(-2, 2),
    st.integers(0, 2**124),
    st.integers(1, 2**124),
)
def test_the_fast_quotient_is_the_quotient(
    duck: Duck, times: int, down: int, beside: int, wide: int, wide_down: int
) -> None:
    """Near a whole multiple, where doubles are off by one, and anywhere."""
    Counts(duck, None)
    for up, by in ((max(times * down + beside, 0), down), (wide, wide_down), (times, down)):
        asked = f"SELECT quotient(CAST('{up}' AS HUGEINT), CAST('{by}' AS HUGEINT))"
        assert duck.run(asked) == [(up // by,)]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 2**120), st.lists(st.integers(0, 2**120), min_size=2))
def test_buckets_keep_the_order_of_remainders(duck: Duck, whole: int, rests: list[int]) -> None:
    Counts(duck, None)
    parts = sorted(rest % whole for rest in rests)
    cells = (f"bucket(CAST('{part}' AS HUGEINT), CAST('{whole}' AS HUGEINT))" for part in parts)
    [found] = duck.run(f"SELECT {', '.join(cells)}")
    assert list(found) == sorted(found)
    assert found[0] >= 0
    assert found[-1] <= 4096
