# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a listener states is refused where it makes no sense, and what was not stated is not guessed."""

import json
from decimal import Decimal

import pytest
from msgspec import structs

from onrecord.errors import UsageError
from onrecord.royalties.histories.market import read_market
from onrecord.royalties.histories.reading import Credit, History, Tally, read_history
from onrecord.royalties.listening.terms import Terms, check

TERMS = Terms(
    prices=(("", Decimal(12)),),
    tax_rate=Decimal("0.25"),
    rightsholder_share=Decimal("0.7"),
    plan="individual",
    country="SE",
    idle="unpaid",
)
PLAYED = {month: {Credit("Anna", ("Anna",)): Tally(1, 0, 1, 60_000)} for month in ("2024-01", "2024-03")}
HISTORY = History(service="Spotify", months=PLAYED, short={}, files=(), refused=(), unknown=())


def test_a_price_from_a_month_on_says_nothing_of_the_months_before():
    from_march = structs.replace(TERMS, prices=(("2024-03", Decimal(12)),))
    with pytest.raises(UsageError, match="what a month cost from 2024-01 on, before 2024-03"):
        check(HISTORY, from_march)
    check(HISTORY, structs.replace(from_march, since="2024-03"))
    check(HISTORY, structs.replace(TERMS, prices=(("2024-01", Decimal(0)), ("2024-03", Decimal(12)))))
    check(HISTORY, TERMS)


@pytest.mark.parametrize("rate", ["25", "1.01", "-0.1"])
def test_a_tax_in_percent_is_not_taken_for_a_fraction(rate):
    with pytest.raises(UsageError, match="expected fractions, of 0 to 1") as caught:
        check(HISTORY, structs.replace(TERMS, tax_rate=Decimal(rate)))
    assert caught.value.hint == "0.25 is 25 %"


def test_a_history_in_which_nothing_counts_says_why(tmp_path):
    play = {"master_metadata_track_name": "A", "master_metadata_album_artist_name": "Anna"}
    rows = [
        {"ts": "yesterday", "ms_played": 40_000, **play},
        {"ts": "2024-01-01T00:00:00Z", "ms_played": 4, **play},
    ]
    (tmp_path / "history.json").write_text(json.dumps(rows))
    with pytest.raises(UsageError) as caught:
        check(read_history([tmp_path / "history.json"]), TERMS)
    assert "of 2 rows, 1 are shorter than 30 seconds, 0 are no music, 1 were refused" in caught.value.message
    assert "such as row 1 of file 1: expected a time such as" in caught.value.message


def test_a_market_whose_artists_have_more_plays_than_everybody_is_refused(tmp_path):
    market = tmp_path / "market.csv"
    market.write_text("month,artist,plays,pool\n2024-01,Anna,2000,\n2024-01,,1000,500\n")
    with pytest.raises(
        UsageError, match="2024-01: expected a total of all plays, got 1,000, but its artists have 2,000"
    ):
        read_market(market, ["2024-01"], {})
    market.write_text("month,artist,plays,pool\n2024-01,Anna,1000,\n2024-01,,1000,500\n")
    assert read_market(market, ["2024-01"], {}).months["2024-01"].plays == 1000
