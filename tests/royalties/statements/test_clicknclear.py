# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ClicknClear reports: rows without a header, totals that must add up; the published example where it is there."""

from decimal import Decimal
from io import BytesIO

import pytest

from onrecord.model.royalties import LineRejected, StatementLine, StatementNote
from onrecord.royalties.statements.clicknclear import ClicknClear
from onrecord.testing import check_statement_reader
from tests.audio.tones import SHARED

DAY = "2024-02-03T00:00:00.000Z"
SALE = f'S,M,{DAY},Bo Buyer,One,"Anna, Bea",USABC2400001,00602527121956,Own,US,EUR,20,0,4,16,8,50.00,4'
WORK = f"S,P,{DAY},Bo Buyer,One,Anna,Writer,T0345246801,US,EUR,20,0,4,16,8,50.00,4,70.00,2.8"
TOTAL = f"T,M,{DAY},2024-03-31T23:59:59.999Z,1,EUR,0,4,4.00"
MADE = f"{TOTAL}\n{SALE}\nT,P,{DAY},2024-03-31T23:59:59.999Z,1,EUR,0,2.8,2.80\n{WORK}\n".encode()


def read(data, kind=object):
    return [row for row in ClicknClear().read(BytesIO(data)) if isinstance(row, kind)]


def test_it_holds_the_contract():
    check_statement_reader(ClicknClear, MADE, "report.csv", rows=2)


def test_masters_and_works_are_told_apart_and_buyers_left_out():
    master, work = read(MADE, StatementLine)
    assert (master.month, master.gross, master.fee, master.net, master.share, master.amount) == (
        "2024-02", 20, 4, 8, 50, 4,
    )  # fmt: skip
    assert (work.right, work.work, work.net, work.amount) == ("work", "T0345246801", 4, Decimal("2.8"))
    assert "Bo Buyer" not in repr(read(MADE))
    assert [row.kind for row in read(MADE, StatementNote)] == ["total", "total"]


def test_a_total_that_its_sales_do_not_make_is_told():
    [wrong] = read(MADE.replace(b"Z,1,EUR,0,4,", b"Z,2,EUR,0,9,"), LineRejected)
    assert (wrong.row, wrong.column) == (1, "the total")
    assert "5 more" in wrong.got


def test_the_published_example():
    path = SHARED / "royalty" / "clicknclear" / "TEST_RIGHTSHOLDER_STANDARD_Q1_2023.csv"
    if not path.exists():
        pytest.skip("shared data royalty/clicknclear is not here")
    lines = read(path.read_bytes(), StatementLine)
    assert [line.amount for line in lines] == [Decimal("7.2916")] * 2 + [Decimal("3.6458")] * 2
    assert {line.isrc for line in lines[:2]} == {"USRC17607839"}
    # The example's own totals are twice 7.2916, and 7.2916 for twice 3.6458: they add up.
    assert read(path.read_bytes(), LineRejected) == []
