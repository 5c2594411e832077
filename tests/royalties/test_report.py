# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's rates, their spread, and that each figure leads back to its files and rows."""

from decimal import Decimal

import pytest

from onrecord.errors import NotFound
from onrecord.royalties import ledgering
from onrecord.royalties.ledgering import Books
from onrecord.royalties.reconciling import reconcile
from onrecord.royalties.reporting import report
from onrecord.royalties.tracing import trace
from tests.royalties.statements.made import DSR, TUNECORE

ROW = TUNECORE.rows[1]


def row(month="2024-03", units="10", earned="0.033", isrc="QZABC2400002", store="Spotify", country="DE"):
    price = "0.003"
    net = str(Decimal(units) * Decimal(price))
    return (
        f"{month}|2024-05-01|{store}|{country}|Anna|Album|First|Two|Own|602527121956||TC1|{isrc}|Streaming|"
        f"{units}|{price}|{net}|EUR|1.1|{earned}|USD"
    )


def made(tmp_path, books, *rows, name="statement.csv"):
    path = tmp_path / name
    path.write_bytes(TUNECORE.bytes(rows=rows))
    [one] = ledgering.keep(books, [path])
    assert one.statement.refused == 0
    return one.statement


@pytest.fixture
def books(tmp_path):
    return Books.open(tmp_path / "books", make=True)


def test_a_rate_is_money_by_uses_and_its_spread_names_the_lines(tmp_path, books):
    statement = made(
        tmp_path, books, row(units="10", earned="0.03"), row(units="30", earned="0.12"), row(country="SE")
    )
    german, swedish = report(books).rates
    assert (german.territory, german.lines, german.quantity, german.amount) == ("DE", 2, 40, Decimal("0.15"))
    assert (german.rate, german.low, german.high) == (Decimal("0.00375"), Decimal("0.003"), Decimal("0.004"))
    assert (german.low_at.file, german.low_at.row, german.high_at.row) == (statement.file, 2, 3)
    assert swedish.territory == "SE"


def test_months_can_be_chosen_and_totals_are_the_sum_of_the_cells(tmp_path, books):
    made(tmp_path, books, row("2024-01"), row("2024-02"), row("2024-03", units="-1", earned="-0.0033"))
    found = report(books, since="2024-02")
    assert [rate.month for rate in found.rates] == ["2024-02", "2024-03"]
    assert found.rates[1].refunds == 1
    assert found.rates[1].low is None
    [total] = found.totals
    assert total.amount == sum(rate.amount for rate in found.rates) == Decimal("0.0297")


def test_every_figure_of_the_report_leads_to_rows_that_add_up_to_it(tmp_path, books):
    made(tmp_path, books, row(), row("2024-02"), row(country="SE", earned="0.05"))
    found = report(books)
    for figure in (*found.rates, *found.totals):
        followed = trace(books, figure.id)
        assert followed.same
        assert (followed.amount, followed.quantity) == (figure.amount, figure.quantity)
    swedish = trace(books, next(rate.id for rate in found.rates if rate.territory == "SE"))
    [one] = swedish.rows
    assert (one.name, one.row, dict(one.cells)["Country Of Sale"]) == ("statement.csv", 4, "SE")


def test_a_figure_older_than_a_new_statement_says_so(tmp_path, books):
    made(tmp_path, books, row())
    [total] = report(books).totals
    made(tmp_path, books, row(earned="0.5"), name="more.csv")
    assert not trace(books, total.id).same


def test_a_pool_gives_a_rate_and_leads_to_its_record(tmp_path, books):
    (tmp_path / "dsr.tsv").write_bytes(DSR)
    list(ledgering.keep(books, [tmp_path / "dsr.tsv"]))
    found = report(books)
    [pool] = found.pools
    assert (pool.own_rate, pool.pool_rate) == (Decimal("0.007"), Decimal("0.01"))
    [one] = trace(books, pool.id).rows
    assert (one.row, one.cells[0]) == (3, ("RecordType", "SY03.01"))
    [rate] = found.rates
    assert (rate.quantity, rate.amount, rate.rate) == (2000, None, None)


def test_empty_books_report_nothing(books):
    assert report(books).rates == []


def test_an_id_that_no_figure_has(books):
    with pytest.raises(NotFound, match="no figure has this id"):
        trace(books, "rate-000000000000")


def test_two_statements_of_the_same_sales_side_by_side(tmp_path, books):
    a = made(
        tmp_path,
        books,
        row(),
        row(isrc="QZABC2400003"),
        row(isrc="QZABC2400004", earned="0.04"),
        name="a.csv",
    )
    b = made(
        tmp_path,
        books,
        row(),
        row(isrc="QZABC2400004", earned="0.05"),
        row(isrc="QZABC2400005"),
        name="b.csv",
    )
    found = reconcile(books, a.file[:12], b.file)
    assert [(one.track, one.amount_a, one.amount_b) for one in found.differences] == [
        ("QZABC2400003", Decimal("0.033"), None),
        ("QZABC2400004", Decimal("0.04"), Decimal("0.05")),
        ("QZABC2400005", None, Decimal("0.033")),
    ]
    assert reconcile(books, a.file, a.file).differences == []
    with pytest.raises(NotFound, match="0 statements"):
        reconcile(books, a.file, "ffff" * 16)
