# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements that come as workbooks: every reader, numbers without a float's noise, and workbooks that mean harm."""

import datetime
import hashlib
import io
import re
import zipfile
from decimal import Decimal

import pytest
from click.testing import CliRunner

from onrecord.cli import group
from onrecord.royalties import columns, files, ledgering, workbooks
from onrecord.royalties.ledgering import Books
from onrecord.royalties.loading import load_readers
from onrecord.royalties.sheets import text
from onrecord.royalties.statements.mapped import mapping
from tests.royalties.statements.made import BELIEVE, MADE, TUNECORE
from tests.royalties.statements.workbooks_made import ods, xlsx, zipped

#: What a spreadsheet would hold as a number; codes with a zero in front stay texts.
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")


def typed(cell):
    return float(cell) if NUMBER.fullmatch(cell) else cell


def table(made, rows=None, type_=typed):
    header = made.header.split("|")
    lines = [[type_(cell) for cell in row.split("|")] for row in (made.rows if rows is None else rows)]
    return [*([cell] for line in made.before for cell in line.split("|")), header, *lines]


@pytest.fixture
def books(tmp_path):
    return Books.open(tmp_path / "books", make=True)


def put(tmp_path, data, name="statement.xlsx"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def keep(books, path, **how):
    return list(ledgering.keep(books, [path], currency="EUR", month="2026-01", **how))


def money(books, found):
    return [row["amount"] for row in columns.read(books.place(found.statement.file) / "lines.parquet")]


@pytest.mark.parametrize(("name", "generation"), [(n, g) for n, found in MADE.items() for g in found])
def test_every_reader_reads_its_statement_from_a_workbook(tmp_path, books, name, generation):
    made = MADE[name][generation]
    [book] = keep(books, put(tmp_path, xlsx({"Sheet 1": table(made)})))
    [plain] = keep(books, put(tmp_path, made.bytes(), "statement.csv"))
    assert (book.statement.reader, book.statement.refused) == (name, 0)
    assert book.statement.name == "statement.xlsx/Sheet 1"
    assert money(books, book) == money(books, plain)
    for field in ("kept", "notes", "totals", "first_month", "last_month", "version", "text_lines"):
        assert getattr(book.statement, field) == getattr(plain.statement, field), field


@pytest.mark.parametrize("make", [xlsx, ods])
def test_dates_and_numbers_keep_their_types_and_title_rows_their_places(tmp_path, books, make):
    header, first, second = table(TUNECORE)
    first[0], first[1] = datetime.date(2024, 3, 31), datetime.date(2024, 5, 1)
    first[TUNECORE.header.split("|").index("Total Earned")] = 0.1 + 0.2
    rows = [["Statement of Anna, 2024"], [], ["all amounts in", "USD"], header, first, [], second]
    merged = {"merged": '<mergeCells count="1"><mergeCell ref="A1:U1"/></mergeCells>'} if make is xlsx else {}
    [one] = keep(books, put(tmp_path, make({"Sales": rows}, **merged)))
    lines = list(columns.read(books.place(one.statement.file) / "lines.parquet"))
    assert [line["row"] for line in lines] == [5, 7]
    assert (lines[0]["month"], lines[0]["reported"], lines[0]["upc"]) == (
        "2024-03",
        "2024-05-01",
        "602527121956",
    )
    assert [line["amount"] for line in lines] == [Decimal("0.3"), Decimal("0.033")]
    assert one.statement.notes == {"header": 1, "preamble": 2}
    assert one.statement.text_lines == one.statement.rows == 5


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (0.1 + 0.2, "0.3"),
        (0.00139510587933175, "0.00139510587933175"),
        (1.1 * 3, "3.3"),
        (602527121956.0, "602527121956"),
        (9007199254740991.0, "9007199254740991"),
        (-0.0, "0"),
        (1e30, "1000000000000000000000000000000"),
        (5.55e-17, "0.0000000000000000555"),
        (1.23456789012345e-12, "0.000000000001234567890123"),
        (1e-40, "0"),
        (float("inf"), "inf"),
        (True, "TRUE"),
        (datetime.datetime(2024, 3, 31), "2024-03-31"),
        (datetime.datetime(2024, 3, 31, 12, 30), "2024-03-31 12:30:00"),
        (datetime.date(2024, 3, 31), "2024-03-31"),
        ("two\r\nlines", "two lines"),
    ],
)
def test_a_cell_in_words(cell, words):
    assert text(cell) == words


def test_a_number_cell_is_never_read_by_the_mark_of_cells_that_are_texts(tmp_path, books):
    """1.234 as a number is not a thousand, whatever the texts beside it look like."""
    place = BELIEVE.header.split("|").index("Net Revenue")
    rows = table(BELIEVE, (*BELIEVE.rows, BELIEVE.rows[0]), type_=str)
    rows[2][place], rows[3][place] = 1.234, 1234.5
    [comma] = keep(books, put(tmp_path, xlsx({"S": rows})))
    assert money(books, comma) == [Decimal("4.08"), Decimal("1.234"), Decimal("1234.5")]
    rows = table(TUNECORE)
    rows[1][-2] = 1.234
    [point] = keep(books, put(tmp_path, xlsx({"S": rows})))
    assert money(books, point)[0] == Decimal("1.234")
    rows = table(BELIEVE, type_=str)
    rows[1][place] = "0.50"
    [both] = keep(books, put(tmp_path, xlsx({"S": rows})))
    assert both.statement is None
    assert "some with a decimal comma, some with a point" in both.why_not


def test_each_sheet_is_a_table_hidden_ones_too_and_what_is_no_statement_is_told(tmp_path, books):
    data = xlsx(
        {
            "Sales": table(TUNECORE),
            "Notes": [["ask", "for", "more"]],
            "Old": table(BELIEVE, type_=str),
            "Empty": [],
        },
        hidden=("Old",),
    )
    found = keep(books, put(tmp_path, data))
    assert [(one.name, one.statement and one.statement.reader) for one in found] == [
        ("statement.xlsx/Sales", "tunecore"),
        ("statement.xlsx/Notes", None),
        ("statement.xlsx/Old", "believe"),
    ]
    assert "ask, for, more" in found[1].why_not
    assert {one.statement.book for one in found if one.statement} == {hashlib.sha256(data).hexdigest()}
    again = keep(books, put(tmp_path, data, "again.xlsx"))
    assert [one.new for one in again if one.statement] == [False, False]


def test_a_table_of_ones_own_reads_a_workbook(tmp_path, books):
    (tmp_path / "own.toml").write_text(
        'name = "own"\ncurrency = "EUR"\n[columns]\nmonth = "Periode"\ntitle = "Titel"\namount = "Betrag"\n'
    )
    reader = mapping(tmp_path / "own.toml", load_readers().loaded)
    rows = [["Abrechnung"], ["Titel", "Periode", "Betrag"], ["Lied", datetime.date(2026, 3, 31), 0.7 + 0.1]]
    found = keep(books, put(tmp_path, ods({"A": rows, "B": [["x", "y", "z"]]}), "s.ods"), reader=reader)
    assert money(books, found[0]) == [Decimal("0.8")]
    assert (found[1].statement, found[1].why_not) == (None, "a sheet that is no statement of own")


def test_workbooks_in_a_zip_are_opened(tmp_path, books):
    data = zipped(
        {
            "a/one.xlsx": xlsx({"S": table(TUNECORE)}),
            "two.csv": BELIEVE.bytes(),
            "three.xlsx": zipped({"x": b""}),
        }
    )
    found = keep(books, put(tmp_path, data, "all.zip"))
    assert [one.name for one in found] == ["all.zip/a/one.xlsx/S", "all.zip/two.csv", "all.zip/three.xlsx"]
    assert [one.statement and one.statement.reader for one in found] == ["tunecore", "believe", None]
    assert "zip inside a zip" in found[2].why_not


def test_text_that_calls_itself_a_workbook_is_read_and_told(tmp_path, books):
    [one] = keep(books, put(tmp_path, TUNECORE.bytes()))
    assert one.statement.kept == 2
    assert one.statement.doubts == [
        "its name says a workbook (.xlsx), its bytes are text and were read as that"
    ]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\x00\x01\x02nothing", "its name says a workbook"),
        (zipped({"a.csv": TUNECORE.bytes()}), "expected a workbook by its name, got a zip without one"),
        (xlsx({"S": table(TUNECORE)})[:-40], "a zip that cannot be read"),
        (zipped({"xl/workbook.xml": "<workbook"}), "a workbook that cannot be read"),
        (workbooks.OLD + bytes(600), "a workbook that cannot be read"),
        (xlsx({"S": []}), "a workbook of empty sheets"),
    ],
)
def test_what_only_calls_itself_a_workbook_is_not_taken_and_told(tmp_path, books, data, told):
    [one] = keep(books, put(tmp_path, data))
    assert one.statement is None
    assert told in one.why_not
    assert books.statements() == []


def test_a_workbook_that_says_it_unpacks_to_too_much_is_not_unpacked(tmp_path, books):
    out = io.BytesIO(xlsx({"S": table(TUNECORE)}))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/media/picture.png", b"")
        archive.filelist[-1].file_size = workbooks.LARGEST
    [one] = keep(books, put(tmp_path, out.getvalue()))
    assert one.statement is None
    assert f"expected at most {workbooks.LARGEST:,}; save the sheet as CSV" in one.why_not
    many = zipped({"xl/workbook.xml": "", **{f"x{at}": "" for at in range(workbooks.MOST_PARTS)}})
    [one] = keep(books, put(tmp_path, many))
    assert "10,001 parts, expected at most 10,000" in one.why_not


def test_a_table_of_a_trillion_cells_costs_a_process_and_not_the_import(tmp_path, books):
    huge = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    good = put(tmp_path, xlsx({"S": table(TUNECORE)}), "good.xlsx")
    found = list(ledgering.keep(books, [put(tmp_path, xlsx({"S": huge})), good]))
    assert "cannot be read within" in found[0].why_not
    assert found[1].statement.kept == 2


def test_a_sheet_that_is_not_read_to_its_end_leaves_no_process(tmp_path):
    path = put(tmp_path, xlsx({"A": [["x", 1.5]] * 5000, "B": table(TUNECORE)}))
    opened = files.statements(path)
    assert next(opened).name == "statement.xlsx/A"
    opened.close()
    assert [one.name for one in files.statements(path)] == ["statement.xlsx/A", "statement.xlsx/B"]


def test_a_workbook_is_imported_as_a_person_does_it(tmp_path):
    rows = table(TUNECORE)
    rows[2][-2] = "three"
    path = put(tmp_path, xlsx({"Sales": rows, "Notes": [["ask"]]}))
    done = CliRunner().invoke(group, ["royalties", "import", str(path), "--to", str(tmp_path / "books")])
    assert done.exit_code == 3
    assert "statement.xlsx/Sales: tunecore (full header known)" in done.stderr
    assert (
        "row 3: total earned: expected an amount below 10^12 with a decimal point, got 'three'" in done.stderr
    )
    assert "0 stands in refused rows; 1 of them hold no number there" in done.stderr
    assert "statement.xlsx/Notes: not taken: no table of columns that could be a statement" in done.stderr
