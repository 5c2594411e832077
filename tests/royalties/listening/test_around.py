# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a market can tell: sums by artist enough for two rules, an open dump for all, and the rest named as missing."""

import datetime as dt
from collections import Counter
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from onrecord.errors import UsageError
from onrecord.model.royalties import Play, Pool
from onrecord.royalties.histories.market import read_market
from onrecord.royalties.histories.reading import Credit, History, Tally
from onrecord.royalties.listening.books import value
from onrecord.royalties.listening.terms import Terms
from onrecord.royalties.loading import load_models
from onrecord.royalties.models.hybrid import Hybrid
from onrecord.royalties.models.threshold import Threshold
from onrecord.royalties.models.weighted import Weighted

MODELS = load_models().loaded
MONTH = "2024-03"
TERMS = Terms(
    prices=(("", Decimal("12")),),
    tax_rate=Decimal("0.2"),
    rightsholder_share=Decimal("0.7"),
    plan="individual",
    country="SE",
    currency="SEK",
)


def played(by, month=MONTH):
    """A history of one month: {artist: {title: plays}}."""
    tallies = {
        Credit(artist, (artist,)): Tally(
            count := sum(titles.values()), 0, count, count * 60_000, dict(titles)
        )
        for artist, titles in by.items()
    }
    return History("Spotify", (), {month: tallies}, {}, (), ())


def dump(path, plays, columns=("user_id", "recording_name")):
    """An open dump of {(month, listener, artist, title): plays}."""
    rows = [key for key, count in plays.items() for _ in range(count)]
    at = [dt.datetime(int(month[:4]), int(month[5:]), 2) for month, *_ in rows]
    table = {"listened_at": pa.array(at, pa.timestamp("ms")), "artist_name": [row[2] for row in rows]}
    if "user_id" in columns:
        table["user_id"] = [row[1] for row in rows]
    if "recording_name" in columns:
        table["recording_name"] = [row[3] for row in rows]
    pq.write_table(pa.table(table), path)
    return path


def brought(history, path, pool):
    market = read_market(path, [MONTH], {MONTH: Decimal(pool)}, played=history.recordings)
    report = value(history, TERMS, MODELS, market)
    paid = {
        rule: {payout["payee"]: Decimal(payout["amount"]) for payout in payouts}
        for rule, payouts in report.months[0].models.items()
    }
    return report, paid


ME = {"Ann": {"one": 3, "two": 2}, "Bob": {"one": 4}, "Nobody else's": {"one": 1}}
OTHERS = {
    (2, "Ann", "One"): 40,
    (2, "Cy", "One"): 5,
    (3, "ann", "Two"): 7,
    (3, "Bob", "ONE"): 30,
    (4, "Dee", "One"): 90,
}


def everybody(by=ME, others=OTHERS):
    mine = {(MONTH, 1, artist, title): count for artist, of in by.items() for title, count in of.items()}
    return mine | {(MONTH, *key): count for key, count in others.items()}


def alone(rule, fees=()):
    """What the rule gives for this listener's plays when everything is split at once, and they are paid apart."""
    plays = [
        Play(str(listener), f"{'mine' if listener == 1 else 'theirs'} {artist}", count)
        for (_, listener, artist, _), count in everybody().items()
    ]
    split = rule.split(Pool(amount=1_000_000_000, currency="SEK", month=MONTH, fees=fees), plays)
    return {p.payee[5:]: Decimal(p.amount).scaleb(-6) for p in split if p.payee.startswith("mine ")}


def test_weighted_and_hybrid_are_what_the_whole_market_gives_at_once(tmp_path):
    path = dump(tmp_path / "0.parquet", everybody())
    report, paid = brought(played(ME), path, 1000)
    close = Decimal("0.000001")
    for rule, expected in (
        ("weighted", alone(Weighted({}))),
        ("hybrid", alone(Hybrid({"inactive": "retain"}), (("1", 7_000_000), ("2", 993_000_000)))),
    ):
        assert paid[rule].keys() == expected.keys()
        # Everybody else is one payee here, so a last unit may go to another.
        assert all(abs(paid[rule][artist] - amount) <= close for artist, amount in expected.items()), rule
    assert set(report.around) == {"pro-rata", "hybrid", "weighted", "artist-centric"}
    assert all(f"{rule} (0.parquet, sha256 " in report.called(rule) for rule in report.around)
    # One month is no year: which recordings the threshold pays is not known.
    [unsaid] = report.unsaid
    assert (unsaid.rules, unsaid.months) == (("threshold",), 1)
    assert "twelve months" in unsaid.missing


def test_artist_centric_by_the_lines_of_its_source(tmp_path):
    others = {(listener, "ANN", "x"): 3 for listener in range(10, 510)}
    others |= {(2, "Cy", "x"): 2000, (3, "Dee", "x"): 5}
    mine = {"Ann": {"x": 4}, "Bob": {"x": 1}}
    path = dump(tmp_path / "0.parquet", everybody(mine, others))
    # Ann is above the line and counts twice; of Cy's 2,000 plays by one listener a thousand count.
    worth = 2 * (1500 + 4) + 1 + 1000 + 5
    report, paid = brought(played(mine), path, worth)
    assert paid["artist-centric"] == {"Ann": Decimal(8), "Bob": Decimal(1)}
    assert any("without its boost for plays that were asked for" in note for note in report.notes)
    # Beside more than a thousand plays of one's own, each counts for less.
    heavy = {"Ann": {"x": 1500}, "Bob": {"x": 500}}
    path = dump(tmp_path / "1.parquet", everybody(heavy, others))
    _, paid = brought(played(heavy), path, 2 * 1500 + 2 * 750 + 250 + 1000 + 5)
    assert paid["artist-centric"] == {"Ann": Decimal(1500), "Bob": Decimal(250)}


def test_the_threshold_looks_back_twelve_months(tmp_path):
    months = [f"2023-{at:02}" for at in range(4, 13)] + ["2024-01", "2024-02"]
    plays = Counter(everybody())
    for month in months:
        plays[month, 2, "Ann", "One"] += 90  # 990 before, and 43 in the month
        plays[month, 3, "Bob", "One"] += 10
    path = dump(tmp_path / "0.parquet", plays)
    report, paid = brought(played(ME), path, 1000)
    before = (("Ann\0one", 990), ("Bob\0one", 110))
    split = Threshold({}).split(
        Pool(amount=1_000_000_000, currency="SEK", before=before),
        [
            Play(str(who), f"{artist.title()}\0{title.lower()}", count)
            for (_, who, artist, title), count in everybody().items()
        ],
    )
    assert {p.payee: p.amount for p in split if p.amount} == {"Ann\0one": 1_000_000_000}
    assert paid["threshold"] == {"Ann": Decimal("69.767442")}  # 3 of its 43 plays
    assert report.unsaid == ()
    moved = next(each for each in report.comparisons if each.after == "threshold")
    assert {change.artist for change in moved.changes if change.difference.startswith("-")} == {
        "Bob",
        "Nobody else's",
    }
    # A month that the dump does not hold leaves the window open.
    del plays["2023-09", 2, "Ann", "One"], plays["2023-09", 3, "Bob", "One"]
    report, paid = brought(played(ME), dump(tmp_path / "1.parquet", plays), 1000)
    assert "threshold" not in paid
    assert [each.rules for each in report.unsaid] == [("threshold",)]


def test_what_a_dump_does_not_know_is_named(tmp_path):
    path = dump(tmp_path / "0.parquet", everybody(), columns=())
    report, paid = brought(played(ME), path, 1000)
    assert {"weighted", "artist-centric", "threshold"}.isdisjoint(paid)
    missing = {rule: each.missing for each in report.unsaid for rule in each.rules}
    assert set(missing) == {"weighted", "artist-centric", "threshold"}
    assert "how many plays each listener has" in missing["weighted"]
    # A play without a listener makes the volumes of its month unknown.
    nameless = {(month, None if who == 4 else who, *of): n for (month, who, *of), n in everybody().items()}
    _, paid = brought(played(ME), dump(tmp_path / "1.parquet", nameless), 1000)
    assert "weighted" not in paid
    assert "pro-rata" in paid


def test_a_market_of_another_currency_or_too_little_money(tmp_path):
    market = tmp_path / "m.csv"
    market.write_text("month,plays,pool,currency\n2024-03,1000,5000,eur\n")
    with pytest.raises(UsageError, match=r"2024-03: a pool in EUR, but the price is in SEK") as error:
        value(played(ME), TERMS, MODELS, read_market(market, [MONTH], {}))
    assert "--currency EUR" in error.value.hint
    # What a person states is in the currency of the price.
    stated = value(played(ME), TERMS, MODELS, read_market(market, [MONTH], {MONTH: Decimal(5000)}))
    assert "pro-rata" in stated.totals
    with pytest.raises(UsageError, match="smaller than what this listener alone paid"):
        value(played(ME), TERMS, MODELS, read_market(market, [MONTH], {MONTH: Decimal("6.99")}))
    market.write_text("month,plays,pool,currency\n2024-03,1000,5000,euros\n")
    with pytest.raises(UsageError, match="line 2: expected a currency of three letters"):
        read_market(market, [MONTH], {})


def test_what_reaches_those_played_is_said_with_its_months(tmp_path):
    report, _ = brought(played(ME), dump(tmp_path / "0.parquet", everybody()), 1000)
    reached = {each.rule: (each.amount, each.money, each.months) for each in report.reached}
    assert reached["user-centric"] == ("7.000000", "7.000000", 1)
    # Of 182 plays, 87 are of artists that this listener plays.
    assert reached["pro-rata"] == ("3.346153", "7.000000", 1)
