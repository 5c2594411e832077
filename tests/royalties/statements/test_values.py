# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers and months as statements write them, and what is refused rather than guessed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.royalties.statements import values


@pytest.mark.parametrize(
    ("words", "mark", "value"),
    [
        ("1,234,567.89", ".", "1234567.89"),
        ("1.234.567,89", ",", "1234567.89"),
        ("1\u00a0234,5", ",", "1234.5"),
        ("1'234.5", ".", "1234.5"),
        ("(12.50)", ".", "-12.50"),
        ("\u2212 3", ".", "-3"),
        ("$1.50", ".", "1.50"),
        ("-£0.01", ".", "-0.01"),
        ("0000012.34", ".", "12.34"),
        ("1.2E-05", ".", "0.000012"),
        (".5", ".", "0.5"),
    ],
)
def test_numbers_that_are_clear(words, mark, value):
    assert values.number(words, mark) == Decimal(value)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "-",
        "abc",
        "NaN",
        "Infinity",
        "1e30",
        "1,23,4.5",
        "12,34",
        "1.2.3",
        "=1+1",
        "1 2",
        "9" * 13,
        "0." + "1" * 25,
        "\u0661",
    ],
)
def test_what_is_not_clearly_a_number_is_refused(words):
    with pytest.raises(ValueError):
        values.number(words)


@given(st.decimals(-(10**11), 10**11, places=12, allow_nan=False, allow_infinity=False))
def test_every_digit_of_a_written_amount_is_read(value):
    text = f"{value:f}"
    assert str(values.number(text)) == str(Decimal(text))
    assert values.number(text.replace(".", ","), ",") == value


@pytest.mark.parametrize(
    ("samples", "delimiter", "mark"),
    [
        (["1,234", "0,5"], ";", ","),
        (["1,234", "0.5"], ",", "."),
        (["1.234,56"], ",", ","),
        (["1,234.56"], ";", "."),
        (["1,234"], ";", ","),
        (["1,234"], ",", "."),
        (["12", ""], ",", "."),
        (["0,004"], "\t", ","),
    ],
)
def test_the_decimal_mark_of_a_file(samples, delimiter, mark):
    assert values.decimal_mark(samples, delimiter) == mark


@pytest.mark.parametrize(
    ("words", "order", "month"),
    [
        ("2026-05", "mdy", ("2026-05", "")),
        ("2026/05/31", "mdy", ("2026-05", "")),
        ("20260531", "mdy", ("2026-05", "")),
        ("05/2026", "dmy", ("2026-05", "")),
        ("5/31/26", "mdy", ("2026-05", "")),
        ("31.5.2026", "dmy", ("2026-05", "")),
        ("June 2025", "mdy", ("2025-06", "")),
        ("JUN-26", "mdy", ("2026-06", "")),
        ("Sept 2026", "mdy", ("2026-09", "")),
        ("2Q2025", "mdy", ("2025-06", "2025-Q2")),
        ("Q1 2026", "mdy", ("2026-03", "2026-Q1")),
    ],
)
def test_months_and_quarters(words, order, month):
    assert values.month(words, order) == month


@pytest.mark.parametrize("words", ["", "2026-13", "13/31/26", "Juin 2025", "0001-01", "yesterday", "Q5 2026"])
def test_what_is_not_clearly_a_month_is_refused(words):
    with pytest.raises(ValueError):
        values.month(words, "mdy")
