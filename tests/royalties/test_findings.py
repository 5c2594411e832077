# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What studies found, in sign and order, on made-up populations whose generator is documented."""

from pathlib import Path

import pytest

from onrecord.engine.duck import Duck
from onrecord.royalties.attacking import Farm, attack
from onrecord.royalties.comparing import compare
from onrecord.royalties.comparison import Comparison, Options
from onrecord.royalties.generating import Population, generate, write

MODELS = ("pro-rata", "user-centric", "artist-centric", "threshold")
SCENES = 8
#: Which test shows which of the findings that are collected, by the names of `statement_vectors.json`.
SHOWN = {
    "cnm_2021_top10": "test_the_top_loses_where_heavy_listeners_play_it",
    "cnm_2021_genre": "test_the_scene_of_heavy_listeners_loses",
    "finland_2017_top": "test_the_top_loses_where_heavy_listeners_play_it",
    "norway_2014": "test_the_scene_of_light_listeners_gains_where_the_top_keeps_its_share",
    "deezer_2019": "test_the_scene_of_heavy_listeners_loses",
    "soundcloud_midia_2022": "test_most_artists_gain_little_and_the_most_heard_do_not",
    "moreau_2024": "test_artist_centric_moves_less_than_user_centric",
    "meyn_2022": "test_money_moves_but_most_of_it_stays",
    "mcdonald_progressivity": "test_pro_rata_may_be_the_progressive_one",
    "cnm_2023_fraud": "test_some_percent_of_false_plays_take_as_much_under_pro_rata_and_their_fees_under_user_centric",
    "uk_ipo_2021_concentration": "test_one_percent_of_artists_have_most_of_the_plays",
}


def compared(folder: Path, **said: float) -> Comparison:
    people = Population(**{"listeners": 2500, "artists": 4000, "scenes": SCENES, **said})  # type: ignore[arg-type]
    write(people, folder / "plays.parquet")
    duck = Duck(folder / "spill", memory="1GB")
    try:
        options = Options(models=MODELS, fee="7", settings={"artist-centric": {"listeners": "100"}})
        return compare(folder / "plays.parquet", options, duck, folder)
    finally:
        duck.close()


@pytest.fixture(scope="module")
def skewed(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Heavy listeners play more of the popular artists, and the first scene is theirs."""
    return compared(tmp_path_factory.mktemp("skewed"), correlation=0.25, scene_volume=2.0)


@pytest.fixture(scope="module")
def progressive(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Heavy listeners play less of the popular artists, and the first scene is one of light listeners."""
    return compared(tmp_path_factory.mktemp("progressive"), correlation=-0.1, scene_volume=0.5)


def change(comparison: Comparison, name: str):  # type: ignore[no-untyped-def]
    found = comparison.models[name].change
    assert found is not None
    return found


def scene(comparison: Comparison, name: str, number: int) -> float:
    return sum(float(v) for p, v in comparison.models[name].payouts.items() if int(p) % SCENES == number)


def test_the_top_loses_where_heavy_listeners_play_it(skewed: Comparison) -> None:
    """CNM 2021: the top 10 lose 17.2 % under user-centric. Finland 2017: the top 0.4 % fall from 10 % to 5.6 %."""
    assert skewed.popularity.ratio is not None and skewed.popularity.ratio > 1.05
    told = change(skewed, "user-centric")
    assert told.top_10 is not None and -0.4 < told.top_10 < -0.05
    before, after = (skewed.models[name].concentration for name in ("pro-rata", "user-centric"))
    assert after.top_0_4_percent < before.top_0_4_percent
    assert after.gini < before.gini


def test_the_scene_of_heavy_listeners_loses(skewed: Comparison) -> None:
    """CNM 2021: rap loses 21 %. Deezer 2019: who plays most is a larger part of royalties than of subscribers."""
    before, after = scene(skewed, "pro-rata", 0), scene(skewed, "user-centric", 0)
    assert -0.5 < after / before - 1 < -0.1
    volumes = skewed.models["pro-rata"].subsidy
    assert volumes is not None
    heavy = [volume for volume in volumes.volumes if "above" in volume.plays or "twice to" in volume.plays]
    assert sum(float(volume.credited) for volume in heavy) > 1.5 * sum(float(volume.fees) for volume in heavy)


def test_most_artists_gain_little_and_the_most_heard_do_not(skewed: Comparison) -> None:
    """MIDiA 2022: 56 % better off, but 38 % of the most heard. CNM: the tail gains, a few euros each."""
    told = change(skewed, "user-centric")
    assert told.winners > told.losers
    top, tail = told.deciles[0], told.deciles[-1]
    assert top.change < 0 < tail.change
    gained = (float(tail.paid) - float(tail.baseline)) / tail.payees
    assert 0 < gained < 5
    heard = [band for band in told.bands if band.payees >= 10]
    rates = [band.winners / band.payees for band in heard]
    assert len(rates) >= 2 and rates[-1] == min(rates) < 0.5 < rates[0]


def test_money_moves_but_most_of_it_stays(skewed: Comparison) -> None:
    """Meyn 2022: 170 million a year of about four thousand are moved: some percent, not most."""
    assert 0.01 < change(skewed, "user-centric").moved_share < 0.25


def test_artist_centric_moves_less_than_user_centric(skewed: Comparison) -> None:
    """Moreau 2024: ACPS changes little beside UCPS."""
    moved = {name: change(skewed, name).moved_share for name in MODELS[1:]}
    assert moved["artist-centric"] < moved["user-centric"]


def test_pro_rata_may_be_the_progressive_one(progressive: Comparison) -> None:
    """McDonald: a ratio below 1 at Spotify, so user-centric gives the top more."""
    assert progressive.popularity.ratio is not None and progressive.popularity.ratio < 0.95
    told = change(progressive, "user-centric")
    assert told.top_10 is not None and told.top_10 > 0
    assert (
        progressive.models["user-centric"].concentration.gini
        > progressive.models["pro-rata"].concentration.gini
    )


def test_the_scene_of_light_listeners_gains_where_the_top_keeps_its_share(tmp_path: Path) -> None:
    """Norway 2014: the top 5,000 together as before, local artists 13 % more."""
    level = compared(tmp_path, correlation=0.0, scene_volume=0.6)
    top = [level.models[name].concentration.top_10_percent for name in ("pro-rata", "user-centric")]
    assert abs(top[0] - top[1]) < 0.03
    assert 1.05 < scene(level, "user-centric", 0) / scene(level, "pro-rata", 0) < 1.6


def test_one_percent_of_artists_have_most_of_the_plays(skewed: Comparison) -> None:
    """UK IPO 2021: the top 1 % have up to 80 % of the streams."""
    top = skewed.models["pro-rata"].concentration
    assert 0.5 < top.top_1_percent <= 0.8
    assert top.top_10 < top.top_1_percent < top.top_10_percent


def test_some_percent_of_false_plays_take_as_much_under_pro_rata_and_their_fees_under_user_centric(
    tmp_path: Path,
) -> None:
    """CNM 2023: 1 to 3 % of plays are false. Where they lie, in the long tail, is what the farm is told here."""
    people = Population(listeners=1000, artists=4000)
    write(people, tmp_path / "plays.parquet")
    plays = sum(int(group[2].sum()) for group in generate(people))
    farm = Farm(accounts=5, plays_each=plays // 250, payees=40)
    duck = Duck(tmp_path / "spill", memory="1GB")
    try:
        options = Options(models=("pro-rata", "user-centric"), fee="7")
        found = attack(tmp_path / "plays.parquet", options, farm, duck, tmp_path)
    finally:
        duck.close()
    assert 0.01 < found.share_of_plays < 0.03
    pool = 7 * (people.listeners + farm.accounts)
    pro_rata, user_centric = (float(found.models[name].paid) for name in ("pro-rata", "user-centric"))
    assert abs(pro_rata / pool - found.share_of_plays) < 1e-6
    assert abs(user_centric - 7 * farm.accounts) < 1e-3
    assert pro_rata > 2 * user_centric


def test_the_same_seed_gives_the_same_plays() -> None:
    people = Population(listeners=50, artists=40)
    one, two = ([row.tolist() for group in generate(people) for row in group] for _ in range(2))
    assert one == two
    other = [
        row.tolist() for group in generate(Population(listeners=50, artists=40, seed=2)) for row in group
    ]
    assert one != other
    assert max(one[1]) < 40 and min(one[1]) >= 0 and min(one[2]) >= 1
