# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Payout models against published worked examples, and against the laws that they promise."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.errors import UsageError
from onrecord.model.royalties import Payout, Play, Pool
from onrecord.royalties.apportion import apportion
from onrecord.royalties.models.pro_rata import ProRata
from onrecord.royalties.models.user_centric import UserCentric

VECTORS = {
    vector["name"]: vector
    for vector in json.loads(
        (Path(__file__).parents[1] / "data" / "royalties" / "payout_vectors.json").read_text()
    )["vectors"]
}
#: Units a dollar, so that a vector's eight decimals can be compared.
UNITS = 10**9


def plays(inputs):
    return [
        Play(f"user {user}", artist, streams)
        for artist, row in zip(inputs["artists"], inputs["streams_by_artist_user"], strict=True)
        for user, streams in enumerate(row)
    ]


def paid(model, pool, plays):
    return {payout.payee: payout.amount for payout in model.split(pool, plays)}


@pytest.mark.parametrize(
    "name", [name for name in VECTORS if "streams_by_artist_user" in VECTORS[name]["inputs"]]
)
def test_published_examples(name):
    vector = VECTORS[name]
    inputs = vector["inputs"]
    dollars = inputs.get("royalty_pool_usd") or inputs.get("pool") or 70
    model = ProRata({}) if vector["model"] == "pro_rata" else UserCentric({"inactive": "retain"})
    given = paid(model, Pool(amount=dollars * UNITS, currency="USD"), plays(inputs))
    tolerance = vector["tolerance"]
    for artist, expected in vector["expected"].items():
        assert abs(given[artist] / UNITS - expected) <= tolerance["abs"]
    for artist, expected in vector.get("expected_exact", {}).items():
        assert abs(given[artist] / UNITS - expected) <= tolerance["abs_vs_exact"]
    assert sum(given.values()) == dollars * UNITS


def test_published_shares_of_a_pool():
    market = VECTORS["spotify_streamshare_market_pool"]
    inputs = market["inputs"]
    ours, all_ = inputs["rightsholder_streams"], inputs["market_streams"]
    pool = Pool(amount=inputs["market_royalty_pool_usd"] * 100, currency="USD", territory=inputs["market"])
    given = paid(ProRata({}), pool, [Play("a", "ours", ours), Play("b", "others", all_ - ours)])
    assert given["ours"] / 100 == market["expected"]["payout_usd"]

    hoole = VECTORS["hoole_pool_share_pro_rata"]
    gross, share = hoole["inputs"]["gross_revenue_usd"], Fraction(str(hoole["inputs"]["rightsholder_share"]))
    pool = Pool(amount=int(gross * share), currency="USD")
    assert pool.amount == hoole["expected"]["pool_usd"]
    part = Fraction(str(hoole["inputs"]["streamshare"]))
    given = paid(
        ProRata({}),
        pool,
        [Play("a", "ours", part.numerator), Play("b", "others", part.denominator - part.numerator)],
    )
    assert given["ours"] == hoole["expected"]["payout_usd"]

    year = VECTORS["spotify_global_streamshare_2024"]
    pool = Pool(amount=year["inputs"]["global_payout_usd_2024_approx"], currency="USD")
    given = paid(ProRata({}), pool, [Play("a", "ours", 1), Play("b", "others", 999_999)])
    assert given["ours"] == year["expected"]["payout_usd"]

    fan = VECTORS["hoole_single_fan_user_centric"]
    fee = int(fan["inputs"]["fee_usd"] * 100 * Fraction(str(fan["inputs"]["rightsholder_share"])))
    pool = Pool(amount=fee + 500, currency="USD", fees=(("fan", fee), ("other", 500)))
    given = paid(
        UserCentric({"inactive": "retain"}), pool, [Play("fan", "ours", 3), Play("other", "star", 9000)]
    )
    assert given["ours"] / 100 == fan["expected"]["payout_usd"]


def test_the_last_unit_goes_to_the_largest_remainder_then_to_the_first_in_order():
    assert apportion(100, {"c": 1, "b": 1, "a": 1}) == {"a": 34, "b": 33, "c": 33}
    assert apportion(10, {"a": 14, "b": 13, "c": 13}) == {"a": 4, "b": 3, "c": 3}
    assert apportion(2, {"a": 1, "b": 1, "c": 1}) == {"a": 1, "b": 1, "c": 0}
    assert apportion(3, {"a": Fraction(1, 3), "b": Fraction(2, 3)}) == {"a": 1, "b": 2}


def test_seconds_count_where_the_rule_says_time():
    given = [Play("a", "short", 9, 90), Play("a", "long", 1, 910)]
    pool = Pool(amount=1000, currency="EUR")
    assert paid(ProRata({"unit": "seconds"}), pool, given) == {"long": 910, "short": 90}
    assert paid(UserCentric({"unit": "seconds", "inactive": "carry"}), pool, given) == {
        "long": 910,
        "short": 90,
    }
    assert paid(ProRata({}), pool, given) == {"long": 100, "short": 900}


def test_money_of_listeners_who_played_nothing_goes_where_the_setting_says():
    pool = Pool(amount=1000, currency="EUR", fees=(("a", 400), ("b", 400), ("idle", 200)))
    given = [Play("a", "x", 1), Play("b", "y", 9)]
    assert paid(UserCentric({"inactive": "pro_rata_pool"}), pool, given) == {"x": 420, "y": 580}
    assert UserCentric({"inactive": "retain"}).split(pool, given) == [
        Payout("", 200, "inactive listeners: retain"),
        Payout("x", 400),
        Payout("y", 400),
    ]
    assert UserCentric({"inactive": "carry"}).split(pool, given)[0].reason.endswith("carry")


def test_what_no_rule_settles_has_no_default():
    with pytest.raises(UsageError, match="pro_rata_pool, retain, carry") as error:
        UserCentric({})
    assert "the service keeps it" in error.value.hint
    with pytest.raises(UsageError, match="'weight'"):
        ProRata({"weight": "2"})
    with pytest.raises(UsageError, match="'bytes'"):
        ProRata({"unit": "bytes"})


def test_fees_that_do_not_add_up_to_the_pool_are_refused():
    pool = Pool(amount=10, currency="EUR", fees=(("a", 9),))
    with pytest.raises(UsageError, match="add up to 10, they add up to 9"):
        UserCentric({"inactive": "retain"}).split(pool, [Play("a", "x")])
    with pytest.raises(UsageError, match="fee of 'a'"):
        UserCentric({"inactive": "retain"}).split(
            Pool(amount=0, currency="EUR", fees=(("a", -1), ("b", 1))), [Play("a", "x")]
        )


def test_a_listener_without_a_fee_moves_no_money():
    pool = Pool(amount=10, currency="EUR", fees=(("payer", 10),))
    given = [Play("payer", "x", 1), Play("free", "y", 1000)]
    assert paid(UserCentric({"inactive": "retain"}), pool, given) == {"x": 10, "y": 0}


matrices = st.dictionaries(
    st.sampled_from(["ann", "bob", "cy", "dee"]),
    st.dictionaries(st.sampled_from(["x", "y", "z"]), st.integers(1, 500), min_size=1),
    min_size=1,
)


@settings(max_examples=80, deadline=None)
@given(matrices, st.integers(0, 10**15))
def test_each_payout_is_within_a_unit_of_the_exact_share(matrix, amount):
    given = [Play(listener, payee, count) for listener, row in matrix.items() for payee, count in row.items()]
    total = sum(play.streams for play in given)
    pool = Pool(amount=amount, currency="EUR")
    by_rule = {
        "pro-rata": paid(ProRata({}), pool, given),
        "uc": paid(UserCentric({"inactive": "retain"}), pool, given),
    }
    for payee in by_rule["pro-rata"]:
        pro_rata = sum(Fraction(amount * row.get(payee, 0), total) for row in matrix.values())
        user_centric = sum(
            Fraction(amount, len(matrix)) * Fraction(row.get(payee, 0), sum(row.values()))
            for row in matrix.values()
        )
        assert abs(by_rule["pro-rata"][payee] - pro_rata) < 1
        assert abs(by_rule["uc"][payee] - user_centric) < 1


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 50), st.integers(0, 10**9))
def test_both_rules_agree_where_everybody_listens_and_pays_alike(streams, amount):
    given = [Play("a", "x", streams), Play("b", "x", streams), Play("c", "y", streams)]
    pool = Pool(amount=amount, currency="EUR")
    assert ProRata({}).split(pool, given) == UserCentric({"inactive": "retain"}).split(pool, given)
