# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements go into the books: every row accounted for, the same file once, and bad input listed, never dropped."""

import gzip
import zipfile
from decimal import Decimal

import pytest

from onrecord.errors import NotFound, UsageError
from onrecord.royalties import columns, ledgering
from onrecord.royalties.ledgering import Books
from tests.royalties.statements.made import BANDCAMP, BELIEVE, CDBABY, DSR, MADE, PRS, TUNECORE


@pytest.fixture
def books(tmp_path):
    return Books.open(tmp_path / "books", make=True)


def put(tmp_path, data, name="statement.csv"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def keep(books, *paths, **how):
    return list(ledgering.keep(books, paths, **how))


def tree(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("name", "generation"), [(n, g) for n, found in MADE.items() for g in found])
def test_every_line_of_text_is_a_row_that_was_kept_noted_or_refused(tmp_path, books, name, generation):
    made = MADE[name][generation]
    data = made.bytes(rows=(*made.rows, "torn|row"), end="\n")
    [one] = keep(books, put(tmp_path, data), currency="EUR", month="2026-01")
    statement = one.statement
    assert statement.reader == name
    assert statement.text_lines == statement.rows == data.count(b"\n")
    assert (statement.kept, statement.refused, statement.doubts) == (2, 1, [])
    assert [row.row for row in one.refused] == [data.count(b"\n")]


def test_rows_lie_in_parquet_with_file_row_and_sign(tmp_path, books):
    [one] = keep(books, put(tmp_path, CDBABY.bytes()), currency="usd")
    digest = one.statement.file
    first, second = columns.read(books.place(digest) / "lines.parquet")
    assert (first["file"], first["row"], first["sign"], second["row"], second["sign"]) == (
        digest,
        2,
        1,
        3,
        -1,
    )
    assert (first["amount"], first["currency"]) == (Decimal("0.012"), "USD")
    assert (
        dict(zip(one.statement.columns[first["columns"]], first["cells"], strict=True))["Partner Name"]
        == "Spotify"
    )
    [total] = one.statement.totals
    assert (total.lines, total.amount, total.refunds) == (2, Decimal("-0.688"), Decimal("-0.7"))


def test_the_same_file_twice_changes_nothing_whatever_its_name(tmp_path, books):
    path = put(tmp_path, TUNECORE.bytes())
    keep(books, path)
    before = tree(books.folder)
    [again] = keep(books, put(tmp_path, TUNECORE.bytes(), "other.txt"))
    assert not again.new
    assert again.statement.name == "statement.csv"
    assert tree(books.folder) == before


def test_equal_rows_are_all_kept(tmp_path, books):
    row = TUNECORE.rows[1]
    [one] = keep(books, put(tmp_path, TUNECORE.bytes(rows=(row, row, row))))
    assert one.statement.kept == 3
    assert one.statement.totals[0].amount == Decimal("0.099")


def test_what_an_import_left_when_it_was_killed_is_done_again(tmp_path, books):
    path = put(tmp_path, TUNECORE.bytes())
    [one] = keep(books, path)
    place = books.place(one.statement.file)
    whole = tree(books.folder)
    (place / "statement.json").unlink()
    (place / "lines.parquet").write_bytes(b"torn")
    (place.parent / f"{one.statement.file}.part").mkdir()
    [again] = keep(books, path)
    assert again.new
    assert tree(books.folder) == whole


def test_zip_and_gzip_give_the_statement_inside(tmp_path, books):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("one.csv", TUNECORE.bytes())
        archive.writestr("two.csv", BELIEVE.bytes())
    (tmp_path / "b.tsv.gz").write_bytes(gzip.compress(DSR))
    found = keep(books, tmp_path / "a.zip", tmp_path / "b.tsv.gz")
    assert [one.statement.reader for one in found] == ["tunecore", "believe", "ddex-dsr"]
    assert (found[2].statement.pools, found[2].statement.kept) == (1, 2)


def test_a_gzip_that_is_cut_off_is_not_taken(tmp_path, books):
    [one] = keep(books, put(tmp_path, gzip.compress(DSR)[:-20], "b.tsv.gz"))
    assert one.statement is None
    assert "cannot be read" in one.why_not


def test_a_statement_without_a_currency_or_month_asks(tmp_path, books):
    [one] = keep(books, put(tmp_path, CDBABY.bytes()))
    assert (one.statement, "--currency" in one.why_not) == (None, True)
    [one] = keep(books, put(tmp_path, PRS.bytes()), currency="GBP")
    assert (one.statement, "--month" in one.why_not) == (None, True)
    assert books.statements() == []
    assert [path.name for path in (books.folder / "statements").iterdir()] == []
    [one] = keep(books, put(tmp_path, PRS.bytes()), currency="GBP", month="2026-03")
    assert (one.statement.first_month, one.statement.totals[0].currency) == ("2026-03", "GBP")


def test_buyers_are_not_in_the_books(tmp_path, books):
    keep(books, put(tmp_path, BANDCAMP.bytes("utf-16")))
    for table in (*books.paths("lines"), *books.paths("notes"), *books.paths("refused")):
        told = repr(list(columns.read(table)))
        # The header names columns; what stands in them is nobody's.
        for personal in ("Bo Buyer", "bo@example.org", "Street 1", "Lund", "P-99"):
            assert personal not in told


def test_a_file_that_no_reader_knows_says_what_it_saw(tmp_path, books):
    localized = TUNECORE.header.replace("Total Earned", "Всего")
    found = keep(
        books,
        put(tmp_path, TUNECORE.bytes(header=localized), "a.csv"),
        put(tmp_path, b"\x00\x01\x02", "b.csv"),
        put(tmp_path, b"", "c.csv"),
    )
    assert [one.statement for one in found] == [None] * 3
    assert "Всего" in found[0].why_not
    assert "--mapping" in found[0].why_not


def test_a_file_cut_off_in_its_last_row_is_told(tmp_path, books):
    data = TUNECORE.bytes(end="\n")
    [torn] = keep(books, put(tmp_path, data[:-12], "torn.csv"))
    assert torn.statement.refused == 1
    [short] = keep(books, put(tmp_path, data[:-1], "short.csv"))
    assert short.statement.refused == 0
    assert "may be too short" in short.statement.doubts[0]


def test_line_breaks_inside_cells_are_told_apart_from_rows(tmp_path, books):
    rows = (TUNECORE.rows[0].replace("One", "One\nmore"), TUNECORE.rows[1])
    [one] = keep(books, put(tmp_path, TUNECORE.bytes(rows=rows, end="\n")))
    assert (one.statement.rows, one.statement.text_lines) == (3, 4)
    assert "1 lines more than rows" in one.statement.doubts[0]


def test_refused_money_is_added_up_and_huge_amounts_refused(tmp_path, books):
    rows = (
        TUNECORE.rows[0],
        TUNECORE.rows[1].replace("|0.033|", "|1e30|"),
        TUNECORE.rows[1].replace("2024-03|", "March|"),
    )
    [one] = keep(books, put(tmp_path, TUNECORE.bytes(rows=rows)))
    assert one.statement.totals[0].amount == Decimal("2.64")
    assert [(row.row, row.column) for row in one.refused] == [(3, "total earned"), (4, "sales period")]
    assert one.statement.refused_money == Decimal("1" + "0" * 30 + ".033")


def test_mixed_currencies_are_summed_apart(tmp_path, books):
    rows = (TUNECORE.rows[0], TUNECORE.rows[1].removesuffix("USD") + "SEK")
    [one] = keep(books, put(tmp_path, TUNECORE.bytes(rows=rows)))
    assert [(total.currency, total.amount) for total in one.statement.totals] == [
        ("SEK", Decimal("0.033")),
        ("USD", Decimal("2.64")),
    ]


def test_sums_keep_every_digit(tmp_path, books):
    digits = "0." + "0" * 22 + "13"
    rows = (
        TUNECORE.rows[1].replace("|0.033|", f"|{digits}|"),
        TUNECORE.rows[1].replace("|0.033|", "|999999999999.5|"),
    )
    [one] = keep(books, put(tmp_path, TUNECORE.bytes(rows=rows)))
    assert str(one.statement.totals[0].amount) == "999999999999.5" + "0" * 21 + "13"
    assert books.statement(one.statement.file[:10]) == one.statement


def test_books_that_are_not_there_and_folders_that_are_none(tmp_path):
    with pytest.raises(NotFound, match="no books here"):
        Books.open(tmp_path / "nowhere")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(UsageError, match="other files"):
        Books.open(tmp_path / "full", make=True)


def test_a_currency_is_a_code():
    assert ledgering.check_currency("eur") == "EUR"
    for wrong in ("euro", "E1R", "XXX", "€"):
        with pytest.raises(UsageError, match="such as EUR"):
            ledgering.check_currency(wrong)
