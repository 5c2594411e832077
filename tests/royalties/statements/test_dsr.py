# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DSR flat files: pools and uses, license records, single-record blocks, footers that do not count right."""

from decimal import Decimal
from io import BytesIO

import pytest

from onrecord.model.royalties import LineRejected, StatementLine, StatementNote, StatementPool
from onrecord.royalties.statements.dsr import Dsr
from onrecord.testing import check_statement_reader
from tests.royalties.statements.made import DSR, DSR_HEAD, DSR_SRB


def read(data, kind=object):
    return [row for row in Dsr().read(BytesIO(data)) if isinstance(row, kind)]


def test_both_shapes_hold_the_contract():
    check_statement_reader(Dsr, DSR, "DSR_x.tsv", rows=2)
    check_statement_reader(Dsr, DSR_SRB, "DSR_x.tsv", rows=1)


def test_a_summary_record_is_a_pool_and_uses_are_lines_without_money():
    [pool] = read(DSR, StatementPool)
    assert (pool.record, pool.service, pool.territory, pool.payee) == ("SY03.01", "Melody", "SE", "Own")
    assert pool.tier == "Melody Premium / SubscriptionModel / Individual"
    assert (pool.usages, pool.own_usages, pool.subscribers) == (100000, 2000, 500)
    assert (pool.revenue, pool.own_revenue, pool.own_net_revenue) == (Decimal(1000), Decimal(14), Decimal(20))
    assert pool.market_share == 2
    first, second = read(DSR, StatementLine)
    assert (first.quantity, first.amount, first.month, first.territory) == (1500, None, "2026-02", "SE")
    assert (first.isrc, first.title, first.artist) == ("SEABC2600001", "One|Two", "Anna")
    assert second.kind == "SU02.02, not royalty-bearing"


def test_columns_that_the_file_names_go_before_the_known_ones():
    [line] = read(DSR_SRB, StatementLine)
    assert (line.quantity, line.amount, line.gross, line.currency) == (10, Decimal(5), Decimal(6), "SEK")
    assert (line.isrc, line.title, line.upc) == ("SEABC2600001", "One", "602527121956")


def test_license_records_carry_the_money_to_the_cent():
    data = "\n".join(
        [
            DSR_HEAD,
            "SY02.01\t1\t\t\tAd\tStream\tIS\tfree\t1036181\t\tUSD\t409.05\tPUB_2\t\t537927\t0.0\t0.0\tPerformingRight",
            "AS01\tB1\tR1\tD1\tUSABC9800001\tOne\t\tAnna",
            "SU03.01\tB1\tU1\t1\tR1\t7810\t2.0\t20151001\t20151231",
            "LI01.01\tB1\t1\tPUB_2\t\t\t1.0000\tPerformingRight\t0.0\t125.23",
            "FOOT\t6\t6\t1\t1\t1\n",
        ]
    ).encode()
    use, money = read(data, StatementLine)
    assert (use.quantity, use.amount, use.gross) == (7810, None, Decimal("2.0"))
    assert (money.amount, money.payee, money.right, money.share, money.quantity) == (
        Decimal("125.23"), "PUB_2", "work", 100, 0,
    )  # fmt: skip
    assert read(data, LineRejected) == []


@pytest.mark.parametrize(
    ("footer", "column"),
    [
        (b"FOOT\t8\t7\t1\t1\t1", "NumberOfLinesInFile"),
        (b"FOOT\t7\t9\t1\t1\t1", "NumberOfLinesInReport"),
        (b"FOOT\t7\t7\t2\t1\t1", "NumberOfSummaryRecords"),
        (b"FOOT\t7\t7\t1\t3\t1", "NumberOfBlocksInFile"),
    ],
)
def test_a_footer_that_counts_otherwise_is_told(footer, column):
    [wrong] = read(DSR.replace(b"FOOT\t7\t7\t1\t1\t1", footer), LineRejected)
    assert (wrong.row, wrong.column) == (7, column)


def test_lines_may_be_counted_with_and_without_comments():
    assert read(DSR.replace(b"FOOT\t7\t7", b"FOOT\t6\t6"), LineRejected) == []


def test_a_file_that_is_cut_off_is_told():
    cut = DSR[: DSR.index(b"FOOT")]
    [wrong] = read(cut, LineRejected)
    assert "cut off" in wrong.got
    assert len(read(cut, StatementLine)) == 2


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ((b"\t1500\t", b"\t1e30\t"), "NumberOfStreams"),
        ((b"B1\tS1\tT1", b"B1\tS9\tT1"), "SummaryRecordId"),
        ((b"SU02.02\tB1\tS1\tT1", b"ZZ02.02\tB1\tS1\tT1"), "RecordType"),
        ((b"\tEUR\t1000\t", b"\tEUR\t1e30\t"), "NetRevenue"),
    ],
)
def test_a_record_that_cannot_be_read_is_refused_with_its_line(change, column):
    rows = read(DSR.replace(*change))
    wrong = [row for row in rows if isinstance(row, LineRejected)]
    assert column in [row.column for row in wrong]
    assert len(rows) == len(DSR.splitlines())


def test_every_line_of_the_file_is_one_row():
    assert [row.row for row in read(DSR)] == list(range(1, 8))
    assert [row.kind for row in read(DSR, StatementNote)] == ["head", "comment", "resource", "foot"]
