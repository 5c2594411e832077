# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every reader on a statement made from its real header: what it reads, and that no other reader claims it."""

from io import BytesIO

import pytest

from onrecord.model.royalties import LineRejected, StatementLine, StatementNote
from onrecord.royalties.loading import load_readers
from onrecord.royalties.statements.layout import FULL, PARTIAL, UNSEEN
from onrecord.testing import check_statement_reader
from tests.royalties.statements.made import BANDCAMP, BELIEVE, DSR, DSR_SRB, FUGA_A, MADE, SECRETLY

READERS = load_readers().loaded
CASES = [(name, generation) for name, found in MADE.items() for generation in found]


def sales(reader, data):
    rows = list(READERS[reader]().read(BytesIO(data)))
    return [row for row in rows if isinstance(row, StatementLine)]


@pytest.mark.parametrize(("reader", "generation"), CASES)
def test_a_made_statement_is_read_as_its_format_says(reader, generation):
    made = MADE[reader][generation]
    first = sales(reader, made.bytes())[0]
    assert {field: getattr(first, field) for field in made.says} == made.says


@pytest.mark.parametrize(("reader", "generation"), CASES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_reader_holds_the_contract(reader, generation, encoding):
    data = MADE[reader][generation].bytes(encoding)
    check_statement_reader(READERS[reader], data, "statement.csv", rows=2)


@pytest.mark.parametrize(("reader", "generation"), CASES)
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_line_ends_change_nothing_but_bytes(reader, generation, end):
    made = MADE[reader][generation]
    assert sales(reader, made.bytes(end=end)) == sales(reader, made.bytes())


@pytest.mark.parametrize(("reader", "generation"), CASES)
def test_exactly_one_reader_recognizes_a_statement(reader, generation):
    data = MADE[reader][generation].bytes()
    assert [name for name, make in READERS.items() if make().sniff(data[:65536], "x.csv")] == [reader]


@pytest.mark.parametrize("data", [DSR, DSR_SRB])
def test_only_the_reader_of_dsr_recognizes_dsr(data):
    assert [name for name, make in READERS.items() if make().sniff(data, "x.tsv")] == ["ddex-dsr"]


@pytest.mark.parametrize(("reader", "generation"), CASES)
def test_every_row_of_the_file_is_given_once(reader, generation):
    data = MADE[reader][generation].bytes(end="\n")
    rows = list(READERS[reader]().read(BytesIO(data)))
    assert [row.row for row in rows] == list(range(1, data.count(b"\n") + 1))


@pytest.mark.parametrize(("reader", "generation"), CASES)
def test_a_row_too_short_or_with_a_huge_amount_is_refused_and_the_rest_read(reader, generation):
    made = MADE[reader][generation]
    amount = made.rows[0].split("|")
    money = [at for at, cell in enumerate(amount) if cell.replace(",", ".") == written(made.says["amount"])]
    huge = list(amount)
    for at in money:
        huge[at] = "1e30"
    rows = READERS[reader]().read(BytesIO(made.bytes(rows=("|".join(huge), "a|b|c", made.rows[-1]))))
    kinds = [type(row) for row in rows if not isinstance(row, StatementNote)]
    assert kinds == ([LineRejected] if money else [StatementLine]) + [LineRejected, StatementLine]


def written(amount):
    return f"{abs(amount):f}"


def test_every_reader_says_how_well_its_format_is_known():
    assert {make.standing for make in READERS.values()} <= {FULL, PARTIAL, UNSEEN}


def test_buyers_are_dropped_as_a_row_is_read():
    rows = list(READERS["bandcamp"]().read(BytesIO(BANDCAMP.bytes(rows=(*BANDCAMP.rows, "too|few")))))
    told = repr(rows[1:])
    for personal in ("Bo Buyer", "bo@example.org", "Street 1", "Lund", "P-99", "hello"):
        assert personal not in told
    assert "First" in told
    assert [row.kind for row in rows if isinstance(row, StatementNote)] == ["header", "payout"]
    assert isinstance(rows[-1], LineRejected)
    assert rows[-1].cells == ()


def test_a_decimal_point_is_read_where_a_believe_file_has_one():
    rows = [row.replace(",", ".").replace("\u00a0", "") for row in BELIEVE.rows]
    [first, _] = sales("believe", BELIEVE.bytes(rows=rows))
    assert (first.amount, first.quantity) == (BELIEVE.says["amount"], 1200)


def test_a_quarter_in_two_dates_is_a_period():
    [_, second] = sales("fuga", FUGA_A.bytes())
    assert (second.month, second.period) == ("2023-03", "2023-01/2023-03")


def test_a_dash_is_a_zero():
    [_, second] = sales("secretly", SECRETLY.bytes())
    assert (second.gross, second.fee, second.amount) == (0, 0, 0)
