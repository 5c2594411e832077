# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input: nothing is dropped in silence, each refused row is listed, and what was kept and refused adds up to the
file, which the tests add up by themselves."""

import gzip
import zipfile
from decimal import Decimal
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.royalties import columns, ledgering
from onrecord.royalties.auditing import Asked, audit
from onrecord.royalties.ledgering import Books
from onrecord.royalties.statements.values import EXACT
from tests.royalties.statements.made import (
    BELIEVE,
    BELIEVE_INDONESIAN,
    CDBABY,
    DSR,
    FUGA_A,
    TUNECORE,
    YOUTUBE_SUBSCRIPTIONS,
)

AMOUNT = TUNECORE.header.split("|").index("Total Earned")


@pytest.fixture
def books(tmp_path):
    return Books.open(tmp_path / "books", make=True)


def keep(books, tmp_path, data, name="statement.csv", **how):
    (tmp_path / name).write_bytes(data)
    [one] = ledgering.keep(books, [tmp_path / name], **how)
    return one


def tunecore(*amounts, **changes):
    """A row for each amount; `changes` replace other cells by their place: `_0="March"`."""
    rows = []
    for amount in amounts:
        cells = TUNECORE.rows[1].split("|")
        cells[AMOUNT] = amount
        for place, words in changes.items():
            cells[int(place[1:])] = words
        rows.append("|".join(cells))
    return tuple(rows)


def total(statement):
    return reduce(EXACT.add, (one.amount for one in statement.totals), statement.refused_money)


def listed(books, one):
    """Row, column and what came, of each refused row in the books."""
    path = books.place(one.statement.file) / "refused.parquet"
    return [(row["row"], row["column"], row["got"]) for row in columns.read(path)] if path.exists() else []


BAD = (
    *tunecore("1.5", "-0.25"),
    *tunecore("2.00", _0="March"),
    *tunecore("1e30", "three", ""),
    "torn|row",
    *tunecore("4"),
)


def test_kept_and_refused_rows_and_money_add_up_to_the_file(tmp_path, books):
    one = keep(books, tmp_path, TUNECORE.bytes(rows=BAD))
    assert one.statement.text_lines == one.statement.rows == len(BAD) + 1
    assert (one.statement.kept, one.statement.refused) == (3, 5)
    assert total(one.statement) == Decimal("1" + "0" * 29 + "7.25")
    assert one.statement.refused_unread == 3
    assert listed(books, one) == [
        (4, "sales period", "March"),
        (5, "total earned", "1e30"),
        (6, "total earned", "three"),
        (7, "total earned", ""),
        (8, "", "2 cells"),
    ]


@pytest.mark.parametrize(
    "encode",
    {
        "UTF-8": lambda text: text.encode(),
        "UTF-8 with a mark": lambda text: text.encode("utf-8-sig"),
        "UTF-16, little end": lambda text: text.encode("utf-16-le"),
        "UTF-16, big end": lambda text: text.encode("utf-16-be"),
        "UTF-16 with a mark, little end": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
        "UTF-16 with a mark, big end": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        "Latin-1": lambda text: text.encode("latin-1"),
        "CR alone": lambda text: text.replace("\n", "\r").encode(),
        "CR LF": lambda text: text.replace("\n", "\r\n").encode(),
        "CR alone, UTF-16": lambda text: text.replace("\n", "\r").encode("utf-16-be"),
        "a line feed in the bytes of a letter": lambda text: text.replace("é", "\u0a0d\u010a").encode(
            "utf-16-le"
        ),
    }.values(),
    ids=lambda encode: "",
)
def test_every_encoding_gives_the_same_rows_and_refusals(tmp_path, books, encode):
    text = TUNECORE.bytes(rows=[row.replace("Anna", "Café") for row in BAD], end="\n").decode()
    one = keep(books, tmp_path, encode(text))
    assert one.statement.text_lines == one.statement.rows == len(BAD) + 1
    assert one.statement.doubts == []
    assert total(one.statement) == Decimal("1" + "0" * 29 + "7.25")
    assert [row for row, _, _ in listed(books, one)] == [4, 5, 6, 7, 8]
    artists = {row["artist"] for row in columns.read(books.place(one.statement.file) / "lines.parquet")}
    assert artists in ({"Café"}, {"Caf\u0a0d\u010a"})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-16"])
def test_a_file_cut_off_anywhere_loses_only_what_is_not_there(tmp_path, books, encoding):
    data = TUNECORE.bytes(rows=tunecore(*map(str, range(1, 9))), end="\n").decode().encode(encoding)
    end = "\n".encode(encoding)[-2 if encoding != "utf-8" else -1 :]
    for left in range(len(data) - 130, len(data), 3):
        one = keep(books, tmp_path, data[:left])
        assert one.statement.rows == one.statement.text_lines
        # Either the last row was refused, or it is told that its last cell may be shorter than it was.
        told = one.statement.refused or any("may be too short" in doubt for doubt in one.statement.doubts)
        assert told or data[:left].endswith(end)
        assert one.statement.kept + one.statement.refused == one.statement.text_lines - 1


@pytest.mark.parametrize("cut", [-30, -3, 40])
def test_archives_that_are_cut_off_are_not_taken_and_told(tmp_path, books, cut):
    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as archive:
        archive.writestr("a.csv", TUNECORE.bytes())
    for data, name in ((gzip.compress(DSR), "a.tsv.gz"), ((tmp_path / "whole.zip").read_bytes(), "a.zip")):
        one = keep(books, tmp_path, data[:cut], name)
        assert (one.statement, "download it again" in one.why_not) == (None, True)
    assert books.statements() == []


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        (b"FOOT\t7\t7\t1\t1\t1", b"FOOT\t8\t7\t1\t1\t1", "NumberOfLinesInFile"),
        (b"FOOT\t7\t7\t1\t1\t1", b"FOOT\t7\t7\t9\t1\t1", "NumberOfSummaryRecords"),
        (b"FOOT\t7\t7\t1\t1\t1", b"FOOT\t7\t7\t1\t2\t1", "NumberOfBlocksInFile"),
        (b"SU02.02\tB1\tS1\tT2\t\tR1\tfalse\t500\t\t\tStream\n", b"", "NumberOfLinesInFile"),
    ],
)
def test_a_footer_that_counts_otherwise_is_listed_and_the_rest_kept(tmp_path, books, old, new, column):
    data = DSR.replace(old, new)
    one = keep(books, tmp_path, data)
    assert [(row, said) for row, said, _ in listed(books, one)] == [(data.count(b"\n"), column)]
    assert one.statement.rows == one.statement.text_lines == data.count(b"\n")
    assert one.statement.pools == 1


def test_a_report_without_its_footer_is_listed_beside_its_rows(tmp_path, books):
    data = DSR[: DSR.index(b"FOOT")]
    one = keep(books, tmp_path, data)
    assert (one.statement.refused, one.statement.beside, one.statement.refused_unread) == (1, 1, 0)
    assert one.statement.rows == one.statement.text_lines == 6
    [(row, _, got)] = listed(books, one)
    assert (row, "cut off" in got) == (6, True)


def believe(*amounts, header=BELIEVE.header):
    cells = BELIEVE.rows[1].split("|")
    rows = ["|".join([*cells[:-1], amount]) for amount in amounts]
    return BELIEVE.bytes(rows=rows, header=header)


@pytest.mark.parametrize("group", [".", " ", "\u00a0", "\u202f", "'", "\u2019"])
def test_a_decimal_comma_with_every_thousands_mark(tmp_path, books, group):
    amounts = (
        f"1{group}234,56",
        f"-1{group}234{group}567,8",
        "0,004",
        f"12{group}34,5",
        "7",
        f"999{group}999",
    )
    one = keep(books, tmp_path, believe(*amounts))
    assert [got for _, _, got in listed(books, one)] == [f"12{group}34,5"]
    assert one.statement.totals[0].amount == Decimal("1234.56") - Decimal("1234567.8") + Decimal(
        "1000006.004"
    )
    assert (one.statement.refused_money, one.statement.refused_unread) == (0, 1)


@pytest.mark.parametrize("group", [",", " ", "\u00a0", "\u202f", "'", "\u2019"])
def test_a_decimal_point_with_every_thousands_mark(tmp_path, books, group):
    amounts = (
        f"1{group}234.56",
        f"-1{group}234{group}567.8",
        "0.004",
        f"12{group}34.5",
        "7",
        f"999{group}999",
    )
    one = keep(books, tmp_path, TUNECORE.bytes(rows=tunecore(*amounts)))
    assert [got for _, _, got in listed(books, one)] == [f"12{group}34.5"]
    assert one.statement.totals[0].amount == Decimal("1234.56") - Decimal("1234567.8") + Decimal(
        "1000006.004"
    )


def test_money_of_refused_rows_is_read_by_the_files_own_mark(tmp_path, books):
    data = believe("1,5", "2,25").decode().replace(";10;", ";ten;", 1).encode()
    one = keep(books, tmp_path, data)
    assert [(said, got) for _, said, got in listed(books, one)] == [("quantity", "ten")]
    assert (one.statement.totals[0].amount, one.statement.refused_money) == (Decimal("2.25"), Decimal("1.5"))


def test_money_of_refused_rows_is_summed_from_all_its_columns_and_voids_are_taken_off(tmp_path, books):
    rows = [row.replace("|10|", "|ten|") for row in YOUTUBE_SUBSCRIPTIONS.rows]
    one = keep(books, tmp_path, YOUTUBE_SUBSCRIPTIONS.bytes(rows=rows), currency="USD")
    assert (one.statement.refused_money, one.statement.refused_unread) == (Decimal("0.14"), 0)


def test_localized_headers_are_known_or_asked_for(tmp_path, books):
    one = keep(books, tmp_path, BELIEVE_INDONESIAN.bytes())
    assert (one.statement.version, one.statement.kept) == ("believe, Indonesian", 2)
    unknown = believe("1,5", header=BELIEVE.header.replace("Net Revenue", "Чистый доход"))
    one = keep(books, tmp_path, unknown)
    assert (one.statement, "--mapping" in one.why_not, "Чистый доход" in one.why_not) == (None, True, True)


def test_mixed_currencies_are_summed_apart_and_wrong_ones_refused(tmp_path, books):
    rows = (*tunecore("1"), *tunecore("2", _20="SEK"), *tunecore("4", _20="euro"), *tunecore("8", _20=""))
    one = keep(books, tmp_path, TUNECORE.bytes(rows=rows), currency="NOK")
    sums = {each.currency: each.amount for each in one.statement.totals}
    assert sums == {"NOK": 8, "SEK": 2, "USD": 1}
    assert listed(books, one) == [(4, "currency", "EURO")]
    assert total(one.statement) == 15


def test_overlapping_periods_are_all_kept_and_found_by_the_audit(tmp_path, books):
    first = keep(books, tmp_path, TUNECORE.bytes(rows=tunecore("1", "2")), "a.csv")
    second = keep(
        books, tmp_path, TUNECORE.bytes(rows=(*tunecore("1"), *tunecore("4", _0="2024-04"))), "b.csv"
    )
    assert (first.statement.kept, second.statement.kept) == (2, 2)
    codes = [finding.code for finding in audit(books, Asked())]
    assert {"A-OVERLAP", "A-DUPLICATE"} <= set(codes)


def test_a_period_that_ends_before_it_begins_is_refused(tmp_path, books):
    rows = (FUGA_A.rows[0], FUGA_A.rows[1].replace("2023-03-31", "2022-12-31"))
    one = keep(books, tmp_path, FUGA_A.bytes(rows=rows))
    assert listed(books, one) == [(3, "sale end date", "2022-12-31")]
    assert total(one.statement) == Decimal("0.00139510587933175") + Decimal("0.00085")


@pytest.mark.parametrize(
    "huge", ["1e30", "-1e30", "1" + "0" * 30, "1000000000000", "1e99", "-1" + "0" * 29 + ".5"]
)
def test_an_amount_too_large_is_refused_and_still_adds_up(tmp_path, books, huge):
    one = keep(books, tmp_path, TUNECORE.bytes(rows=tunecore("1.5", huge)))
    assert listed(books, one) == [(3, "total earned", huge)]
    assert one.statement.refused_money == Decimal(huge)
    one = keep(books, tmp_path, DSR.replace(b"\t1500\t", b"\t1e30\t"), "x.tsv")
    assert [(row, said) for row, said, _ in listed(books, one)] == [(5, "NumberOfStreams")]


def test_a_quotation_mark_that_is_never_closed_is_told(tmp_path, books):
    data = (
        TUNECORE.bytes(rows=tunecore("1", "2", "3", "4"), end="\n")
        .replace(b",Two,", b',"Two,', 2)
        .replace(b',"Two,', b",Two,", 1)
    )
    one = keep(books, tmp_path, data)
    assert (one.statement.kept, one.statement.refused) == (1, 1)
    assert one.statement.doubts == ["2 lines more than rows: they lie inside quoted cells"]


CELL = st.text(st.characters(exclude_characters='\r\n"|,', exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0, 11, 15, 19, 20]), CELL), max_size=8))
def test_whatever_stands_in_a_cell_the_rows_and_the_money_add_up(tmp_path_factory, changed):
    folder = tmp_path_factory.mktemp("bad")
    books = Books.open(folder / "books", make=True)
    rows = []
    for place, words in changed:
        cells = TUNECORE.rows[1].split("|")
        cells[place] = words
        rows.append("|".join(cells))
    one = keep(books, folder, TUNECORE.bytes(rows=rows, end="\n"), currency="EUR")
    assert one.statement.rows == one.statement.text_lines == len(rows) + 1
    assert one.statement.kept + one.statement.refused == len(rows)
    assert len(listed(books, one)) == one.statement.refused
    untouched = sum(1 for place, _ in changed if place != AMOUNT)
    if untouched == len(changed):
        assert (total(one.statement), one.statement.refused_unread) == (untouched * Decimal("0.033"), 0)


def test_rows_that_say_no_month_ask_for_it_before_anything_is_kept(tmp_path, books):
    one = keep(books, tmp_path, CDBABY.bytes())
    assert (one.statement, "--currency" in one.why_not) == (None, True)
    assert list((books.folder / "statements").iterdir()) == []
