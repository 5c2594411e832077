# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values from outside, durations, dates, addresses; and what makes a license statement understood."""

import pytest

from onrecord.sources.outside_values import Values, web_address
from onrecord.sources.spelled import leading_date, milliseconds, plausible
from onrecord.sources.stated_license import Stated

BY, BY_SA = "https://creativecommons.org/licenses/by/4.0/", "https://creativecommons.org/licenses/by-sa/4.0/"


def test_a_value_of_another_type_is_as_good_as_none():
    values = Values(
        {"t": " x ", "n": 7, "l": [None, "", "a", 2], "o": {"i": 1}, "b": True, "z": None, "f": 1.5}
    )
    assert [values.text(name) for name in "tnlobzf"] == ["x", "7", "a", "", "", "", "1.5"]
    assert (values.text("z", "missing", "t"), values.texts("l")) == ("x", ["a", "2"])
    assert [values.whole(name) for name in "tnbf"] == [None, 7, None, None]
    assert (values.inner("o").whole("i"), values.inner("l").names(), values.objects("o")) == (1, [], [])
    assert [Values({"f": value}).flag("f") for value in (True, "false", "1", 0, "yes", None, [])] == [
        True,
        False,
        True,
        False,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("clock", "found"),
    [
        ("215.32", 215_320),
        ("3:35", 215_000),
        ("1:02:03.5", 3_723_500),
        ("0", None),
        ("-3", None),
        ("1e9", None),
        ("999999999", None),
        ("", None),
        ("12.3456789012", 12_345),
        ("3:75", None),
        ("٣:٣٥", None),
    ],
)
def test_durations(clock, found):
    assert milliseconds(clock) == found


def test_plausible_durations():
    assert [plausible(value) for value in (None, 0, 1, 10 * 24 * 3600 * 1000)] == [None, None, 1, None]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2008-11-26 01:44:45", "2008-11-26"),
        ("2009-05", "2009-05"),
        ("1999", "1999"),
        ("1999-13", ""),
        ("0000-00-00", ""),
        ("19991", ""),
        ("May 1999", ""),
        ("1999 (reissue)", "1999"),
        ("2011-02-30", ""),
        ("٢٠١١", ""),
    ],
)
def test_dates(text, found):
    assert leading_date(text) == found


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("https://example.org/a?b=c", True),
        ("http://example.org/", False),
        ("file:///etc/passwd", False),
        ("https://user:word@example.org/", False),
        ("https://", False),
        ("https://[", False),
        ("https://example.org/a b", False),
        ("https://example.org/\n", True),
        ("https://example.org/\x00", False),
    ],
)
def test_addresses(address, good):
    assert web_address(address) == (address.strip() if good else "")


@pytest.mark.parametrize(
    ("text", "readings", "license"),
    [
        (BY, (), "CC-BY-4.0"),
        (f"CC BY 4.0 {BY}", ("CC BY 4.0", BY), "CC-BY-4.0"),
        (f"CC BY {BY}", ("CC BY", BY), "CC-BY-4.0"),
        (f"CC BY {BY_SA}", ("CC BY", BY_SA), ""),
        (f"CC BY-SA 4.0 {BY}", ("CC BY-SA 4.0", BY), ""),
        (f"Ask me {BY}", ("Ask me", BY), ""),
        (f"All rights reserved {BY}", (BY,), ""),
        ("not for commercial use " + BY, (BY,), ""),
    ],
)
def test_a_statement_is_understood_where_every_part_agrees_and_nothing_is_taken_back(text, readings, license):
    fact = Stated("test", b"payload").license("field", text, readings, holder="One\nTwo")
    assert (fact.license, fact.text, fact.holder, fact.origin) == (license, text, "One Two", "test:field")
    assert fact.document == "239f59ed55e737c77147cf55ad0c1b030b6d7ee748a7426952f9b852d5a935e5"


def test_an_objection_is_never_understood():
    assert Stated("test", b"").objection("field", BY).license == ""
