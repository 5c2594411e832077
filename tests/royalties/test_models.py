# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every payout model against published numbers and theorems, and every disputed rule in each of its readings."""

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.errors import UsageError
from onrecord.model.royalties import Payout, Play, Pool
from onrecord.royalties import loading
from onrecord.royalties.models.artist_centric import ArtistCentric
from onrecord.royalties.models.hybrid import Hybrid
from onrecord.royalties.models.pro_rata import ProRata
from onrecord.royalties.models.settings import root
from onrecord.royalties.models.threshold import Threshold
from onrecord.royalties.models.user_centric import FanPowered, Probabilistic, Shapley, UserCentric
from onrecord.royalties.models.weighted import Weighted
from onrecord.royalties.seams import PayoutModel
from onrecord.testing import check_payout_model

VECTORS = Path(__file__).parents[1] / "data" / "royalties" / "payout_vectors.json"
SHARED = Path(__file__).parents[3] / "shared" / "facts" / "royalty_vectors.json"


def vectors(path: Path = VECTORS) -> dict[str, dict]:  # type: ignore[type-arg]
    return {vector["name"]: vector for vector in json.loads(path.read_text("utf-8"))["vectors"]}


def paid(model: PayoutModel, amount: int, plays: list[Play], **pool: object) -> dict[str, int]:
    found = model.split(Pool(amount=amount, currency="EUR", **pool), plays)  # type: ignore[arg-type]
    return {payout.payee: payout.amount for payout in found}


@pytest.mark.skipif(not SHARED.is_file(), reason="needs ../shared/facts/royalty_vectors.json")
def test_our_copy_of_the_vectors_is_whole() -> None:
    ours = vectors()
    for name, vector in vectors(SHARED).items():
        if vector["model"] not in ("statement_arithmetic", "statement_check"):
            assert ours[name] == vector


@pytest.mark.parametrize(
    "make",
    [
        lambda: FanPowered({"inactive": "pro_rata_pool"}),
        lambda: Shapley({"inactive": "retain"}),
        lambda: Probabilistic({"inactive": "carry", "power": "1.5"}),
        lambda: Hybrid({"inactive": "retain", "lambda": "0.3"}),
        lambda: Hybrid({"inactive": "pro_rata_pool", "unit": "seconds"}),
        lambda: Weighted({}),
        lambda: Weighted({"alpha": "1"}),
        lambda: Threshold({"streams": "300", "listeners": "2", "crossing": "excess"}),
        lambda: ArtistCentric({"streams": "300", "listeners": "3", "cap": "400"}),
        lambda: ArtistCentric({"cap": "400", "cap_rule": "half", "order": "boost_first"}),
    ],
)
def test_our_models_hold_the_contract(make: Callable[[], PayoutModel]) -> None:
    check_payout_model(make)


def test_all_come_through_the_entry_points() -> None:
    expected = (
        "artist-centric fan-powered hybrid probabilistic pro-rata shapley threshold user-centric weighted"
    )
    found = loading.load_models()
    assert found.left_out == () and sorted(expected.split()) == sorted(found.loaded)


# The threshold


def test_threshold_uplift() -> None:
    vector = vectors()["spotify_threshold_uplift"]
    below = Fraction(str(vector["inputs"]["share_of_streams_ineligible"]))
    streams = 10**6
    plays = [Play("a", "ours", streams - int(streams * below))]
    plays += [Play("a", f"tail {number}", 500) for number in range(int(streams * below) // 500)]
    before, after = paid(ProRata({}), 10**12, plays), paid(Threshold({}), 10**12, plays)
    uplift = Fraction(after["ours"], before["ours"]) - 1
    assert abs(uplift - Fraction(vector["expected_exact"]["uplift"])) < Fraction(1, 10**9)
    assert (
        abs(uplift - Fraction(vector["expected"]["uplift_of_each_eligible_track"]))
        < vector["tolerance"]["abs"]
    )


def months_paid(streams: list[int], **options: str) -> list[int]:
    model, before = Threshold(options), 0
    found = []
    for now in streams:
        found.append(model.paid(before, now))
        before += now
    return found


def test_threshold_timelines() -> None:
    given = vectors()
    never = given["spotify_threshold_never_reached"]
    assert sum(months_paid(never["inputs"]["monthly_streams"])) == never["expected"]["paid_streams"]
    first = given["spotify_threshold_first_month"]
    assert months_paid(first["inputs"]["monthly_streams"]) == [
        first["expected"]["paid_streams_calendar_month_rule"]
    ]
    crossing = given["spotify_threshold_crossing_CONFLICT"]
    months, expected = crossing["inputs"]["monthly_streams"], crossing["expected"]
    assert months_paid(months) == [0, expected["calendar_month"]]
    assert months_paid(months, crossing="excess") == [0, expected["excess_only"]]


def test_threshold_is_by_recording_and_looks_back() -> None:
    plays = [Play("a", "x", 600, 0, "x1"), Play("b", "x", 600, 0, "x2"), Play("a", "y", 1000, 0, "y1")]
    assert paid(Threshold({}), 1000, plays) == {"x": 0, "y": 1000}
    assert paid(Threshold({}), 1600, plays, before=(("x1", 300), ("x1", 100))) == {"x": 600, "y": 1000}
    assert paid(Threshold({"window": "before_month"}), 90, plays) == {"": 90}
    assert paid(Threshold({"window": "before_month"}), 90, plays, before=(("x2", 1000),)) == {"x": 90, "y": 0}
    assert paid(Threshold({"listeners": "2"}), 90, plays) == {"": 90}
    assert paid(Threshold({"listeners": "2"}), 90, [*plays, Play("b", "y", 1, 0, "y1")]) == {"x": 0, "y": 90}
    shared = [Play("a", "x", 600, 0, "duet"), Play("b", "y", 500, 0, "duet"), Play("a", "z", 999, 0, "z1")]
    assert paid(Threshold({}), 1100, shared) == {"x": 600, "y": 500, "z": 0}
    # 101 streams are above the line: 55.04 by what x has of the recording, 45.96 by what y has.
    assert paid(Threshold({"crossing": "excess"}), 101, [*shared, Play("c", "y", 1, 0, "duet")]) == {
        "x": 55,
        "y": 46,
        "z": 0,
    }
    found = Threshold({}).split(Pool(amount=5, currency="EUR"), [Play("a", "x", 999)])
    assert found == [Payout("", 5, "no recording reaches the threshold")]


# Artist-centric


def test_deezer_weights() -> None:
    vector = vectors()["deezer_acps_stream_weights"]
    model = ArtistCentric({})
    given = [model.weight(case["artist_boost"], case["engaged"]) for case in vector["inputs"]["cases"]]
    assert given == vector["expected"]["weights"]
    crowd = [Play(f"l{number}", "known", 3, 0, "", 1) for number in range(500)]
    few = [Play("l1", "unknown", 3, 0, "", 1)]
    # 1 asked-for play and 2 others each: 4 + 2 + 2 for the known one, 2 + 1 + 1 for the other.
    assert paid(model, 501 * 2 - 1, crowd + few) == {"known": 1000, "unknown": 1}
    assert model.is_boosted(1001, 500) and not model.is_boosted(1000, 500) and not model.is_boosted(1001, 499)
    assert ArtistCentric({"boundary": "at_least"}).is_boosted(1000, 500)


def test_deezer_cap() -> None:
    vector = vectors()["deezer_user_cap"]
    hard, half = vector["expected"]["counted"], vector["expected_alternative"]["counted_if_excess_halved"]
    for rule, expected in [("hard", hard), ("half", half)]:
        model = ArtistCentric({"cap_rule": rule})
        counted = [total * model.part(total) for total in vector["inputs"]["user_month_streams"]]
        assert counted == expected
    plays = [Play("heavy", "x", 2000), Play("light", "y", 1000)]
    assert paid(ArtistCentric({}), 1000, plays) == {"x": 500, "y": 500}
    assert paid(ArtistCentric({"cap_rule": "half"}), 1000, plays) == {"x": 600, "y": 400}
    assert paid(ArtistCentric({"cap_rule": "none"}), 900, plays) == {"x": 600, "y": 300}


def test_the_order_of_cap_and_boost_matters() -> None:
    plays = [Play("a", "x", 800, 0, "", 800), Play("b", "y", 800)]
    assert paid(ArtistCentric({}), 1200, plays) == {"x": 800, "y": 400}
    assert paid(ArtistCentric({"order": "boost_first"}), 1800, plays) == {"x": 1000, "y": 800}


# Theorems and families


def constrained_equal_awards(amount: Fraction, claims: list[int]) -> list[Fraction]:
    """Everybody gets the same, but nobody more than the claim."""
    awards = [Fraction(0)] * len(claims)
    left, open_ = amount, sorted(range(len(claims)), key=lambda each: claims[each])
    while open_:
        share = left / len(open_)
        first = open_.pop(0)
        awards[first] = min(Fraction(claims[first]), share)
        left -= awards[first]
    return awards


def proportional(amount: Fraction, claims: list[int]) -> list[Fraction]:
    return [amount * claim / sum(claims) for claim in claims]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3).filter(any), min_size=1, max_size=4))
def test_two_stage_claims_identities(rows: list[list[int]]) -> None:
    """(P,P) is pro-rata, (CEA,P) user-centric, (CEA,CEA) Shapley: arXiv 2412.18628, theorem 1; every fee is 1."""
    assert vectors()["bmt_two_stage_identities"]["expected"] == {
        "(P,P)": "pro_rata", "(CEA,P)": "user_centric", "(CEA,CEA)": "shapley",
    }  # fmt: skip
    unit = 10**9
    plays = [Play(f"l{j}", f"a{i}", count) for j, row in enumerate(rows) for i, count in enumerate(row)]
    for first, second, model in [
        (proportional, proportional, ProRata({})),
        (constrained_equal_awards, proportional, UserCentric({"inactive": "retain"})),
        (constrained_equal_awards, constrained_equal_awards, Shapley({"inactive": "retain"})),
    ]:
        awards = first(Fraction(len(rows)), [sum(row) for row in rows])
        expected = [Fraction(0)] * 3
        for award, row in zip(awards, rows, strict=True):
            for artist, part in enumerate(second(award, row)):
                expected[artist] += part
        given_ = paid(model, len(rows) * unit, plays)
        for artist in range(3):
            assert abs(given_.get(f"a{artist}", 0) - expected[artist] * unit) < 1


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from("abc"), st.dictionaries(st.sampled_from("XYZ"), st.integers(1, 500), min_size=1), min_size=1
    ),
    st.integers(0, 10**12),
)  # fmt: skip
def test_families_hold_their_members(matrix: dict[str, dict[str, int]], amount: int) -> None:
    plays = [Play(a, b, count, count) for a, row in matrix.items() for b, count in row.items()]
    keep = {"inactive": "retain"}
    user_centric = paid(UserCentric(keep), amount, plays)
    pro_rata = paid(ProRata({}), amount, plays)
    assert paid(Weighted({"alpha": "0"}), amount, plays) == pro_rata
    assert paid(Weighted({"alpha": "1"}), amount, plays) == user_centric
    assert paid(Probabilistic({**keep, "power": "1"}), amount, plays) == user_centric
    assert paid(Probabilistic({**keep, "power": "0"}), amount, plays) == paid(Shapley(keep), amount, plays)
    assert paid(Hybrid({**keep, "lambda": "0"}), amount, plays) == user_centric
    assert paid(Hybrid({**keep, "lambda": "1"}), amount, plays) == pro_rata
    assert paid(FanPowered(keep), amount, plays) == user_centric


def test_a_hybrid_lies_between() -> None:
    plays = [Play("a", "x", 9), Play("b", "y", 1)]
    assert paid(Hybrid({"inactive": "retain"}), 1000, plays) == {"x": 700, "y": 300}
    idle = {"fees": (("a", 400), ("b", 400), ("idle", 200))}
    assert paid(Hybrid({"inactive": "retain"}), 1000, plays, **idle) == {"": 100, "x": 650, "y": 250}
    assert paid(Hybrid({"inactive": "pro_rata_pool"}), 1000, plays, **idle) == {"x": 740, "y": 260}


def test_roots_are_the_largest_whole_number_below() -> None:
    for number in [*range(200), 10**18, 10**18 - 1, 10**40]:
        for degree in (2, 3, 7):
            found = root(number, degree)
            assert found**degree <= number < (found + 1) ** degree


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("shapley", {}, "shapley: inactive: expected one of pro_rata_pool, retain, carry"),
        ("hybrid", {"inactive": "retain", "lambda": "2"}, "hybrid: lambda: expected a number from 0 to 1"),
        ("weighted", {"alpha": "1e-9"}, "weighted: alpha: expected a number from 0 to 1"),
        ("weighted", {"alpha": "1/1000"}, "denominator of at most 100"),
        ("probabilistic", {"inactive": "retain", "power": "x"}, "probabilistic: power"),
        ("threshold", {"crossing": "never"}, "expected 'calendar_month' or 'excess', got 'never'"),
        ("threshold", {"streams": "-1"}, "threshold: streams: expected a whole number of 0 or more"),
        ("artist-centric", {"cap": "0"}, "artist-centric: cap: expected a whole number of 1 or more"),
        ("artist-centric", {"alpha": "0"}, "no setting is called 'alpha'"),
    ],
)
def test_options_that_cannot_be_are_refused(name: str, options: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError) as error:
        loading.load_models().loaded[name](options)
    assert said in error.value.message


def test_more_asked_for_plays_than_plays_are_refused() -> None:
    with pytest.raises(UsageError, match="as many or fewer"):
        paid(ArtistCentric({}), 1, [Play("a", "x", 1, 0, "", 2)])
