# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from outside, and numbers as people read them."""

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.web import text


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=300))
def test_clean_text_can_always_be_sent_and_holds_no_controls(raw: str) -> None:
    made = text.clean(raw)
    made.encode()
    assert not [
        letter for letter in made if (letter < " " and letter not in "\t\n") or "\x7f" <= letter < "\xa0"
    ]


def test_plain_text_has_no_way_to_reorder_a_title() -> None:
    assert text.plain("a\u202eb\u2066c\n d\x00") == "abc d"


def test_a_megabyte_title_is_cut() -> None:
    made = text.clip("x" * 1_000_000, 200)
    assert len(made) == 200 and made.endswith("…")
    assert text.clip("short") == "short"


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "magnet:?dn=x",
        "MAGNET:?xt=urn:btih:ab",
        "magnet:?xt=urn:btih:ab\njavascript:1",
        " magnet:?xt=urn:btih:ab",
        "magnet:?xt=urn:btih:" + "a" * 5000,
    ],
)
def test_what_is_no_magnet_link_is_dropped(address: str) -> None:
    assert text.magnet(address) == ""


def test_a_magnet_link_stays() -> None:
    assert text.magnet("magnet:?xt=urn:btmh:1220ab&dn=x") == "magnet:?xt=urn:btmh:1220ab&dn=x"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0\xa0bytes"),
        (999, "999\xa0bytes"),
        (4_200_000, "4.2\xa0MB"),
        (999_960, "1.0\xa0MB"),
        (3 * 10**17, "300\xa0PB"),
    ],
)
def test_sizes(value: int, shown: str) -> None:
    assert text.size(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0, ""), (math.nan, ""), (math.inf, ""), (-3, ""), (215, "3:35"), (3723, "1:02:03")]
)
def test_clock(value: float, shown: str) -> None:
    assert text.clock(value) == shown


def test_long_durations() -> None:
    assert [text.span(s) for s in (math.nan, 30, 60, 3600, 64_440, 10**6, 10**9)] == [
        "0 minutes",
        "under a minute",
        "1 minute",
        "60 minutes",
        "17.9 hours",
        "278 hours",
        "11,574 days",
    ]


def test_a_date_that_is_none_stays_as_it_is() -> None:
    assert text.day("2019-05-17") == "17 May 2019" == text.day(dt.date(2019, 5, 17))
    assert text.day("2019") == "2019"
    assert text.day("about 1930") == "about 1930"
