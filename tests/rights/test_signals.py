# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wished of machines, taken together: the reservation stands, whoever else says what."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from onrecord.model.rights import Evidence, Preference, Says
from onrecord.rights.signals import Signals, content_usage, signals, tdm_headers


def wish(purpose: str, allow: bool, policy: str = "", day: dt.date | None = None) -> Evidence:
    return Evidence(Says.PREFERENCE, "tag:X", "x", preference=Preference(purpose, allow, policy), day=day)


def test_nothing_said_is_neither_yes_nor_no() -> None:
    said = Evidence(Says.LICENSE, "tag:LICENSE", "CC0", license="CC0-1.0")
    assert signals([said]) == Signals()
    assert not signals([said])
    assert (content_usage(Signals()), tdm_headers(Signals())) == ("", {})


def test_of_contradictory_wishes_the_reservation_stands() -> None:
    found = signals([wish("train-ai", True), wish("train-ai", False), wish("search", True)])
    assert (found.train_ai, found.tdm, found.search) == ("reserve", "", "allow")
    assert len(found.rests_on) == 3
    assert content_usage(found) == "train-ai=n, search=y"


def test_a_reservation_of_mining_covers_training_of_which_nothing_narrower_is_said() -> None:
    found = signals([wish("tdm", False, "https://a.example/p")])
    assert (found.train_ai, found.tdm, found.policy) == ("reserve", "reserve", "https://a.example/p")
    assert tdm_headers(found) == {"tdm-reservation": "1", "tdm-policy": "https://a.example/p"}
    assert signals([wish("tdm", False), wish("train-ai", True)]).train_ai == "allow"
    assert signals([wish("tdm", True)]).train_ai == ""
    assert tdm_headers(signals([wish("tdm", True)])) == {"tdm-reservation": "0"}


def test_the_archive_s_own_word_holds_where_nobody_speaks() -> None:
    default = Signals(train_ai="reserve", tdm="reserve", policy="https://archive.example/p")
    assert signals([], default) == default
    found = signals([wish("tdm", True)], default)
    assert (found.train_ai, found.tdm, found.policy) == ("reserve", "allow", "")
    mine = signals([wish("tdm", False, "https://a.example/p")], default)
    assert mine.policy == "https://a.example/p"


def test_what_is_dated_later_is_not_said_yet() -> None:
    later = wish("tdm", False, day=dt.date(2027, 1, 1))
    assert signals([later], day=dt.date(2026, 12, 31)) == Signals()
    assert signals([later], day=dt.date(2027, 1, 1)).tdm == "reserve"


WISHES = st.builds(wish, st.sampled_from(["train-ai", "tdm", "search"]), st.booleans())


@given(st.lists(WISHES, max_size=6), st.data())
def test_order_makes_no_difference_and_more_words_free_nothing(
    said: list[Evidence], data: st.DataObject
) -> None:
    found = signals(said)
    assert signals(data.draw(st.permutations(said))) == found
    more = signals([*said, data.draw(WISHES)])
    for name in ("tdm", "search"):
        assert getattr(found, name) != "reserve" or getattr(more, name) == "reserve"
