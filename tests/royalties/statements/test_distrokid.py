# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DistroKid statements of both generations, in every shape that was seen, and damaged."""

import json
import zipfile
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest

from onrecord.errors import SourceRefused
from onrecord.model.royalties import LineRejected, StatementNote
from onrecord.royalties import files
from onrecord.royalties.statements.distrokid import DistroKid
from onrecord.testing import check_statement_reader

VECTORS = Path(__file__).parents[2] / "data" / "royalties" / "payout_vectors.json"

OLD = [
    "Reporting Date", "Sale Month", "Store", "Artist", "Title", "ISRC", "UPC", "Quantity", "Team Percentage",
    "Song/Album", "Country of Sale", "Songwriter Royalties Withheld", "Earnings (USD)",
]  # fmt: skip
NEW = [
    "Date Inserted", "Reporting Date", "Sale Month", "Store", "Artist", "Title", "ISRC", "UPC", "Quantity",
    "Team Percentage", "Source Type", "Country of Sale", "Songwriter Royalties Withheld (USD)", "Earnings (USD)",
    "Recoup (USD)",
]  # fmt: skip
ROW = {
    "Date Inserted": "2026-01-20", "Reporting Date": "2018-09-15", "Sale Month": "2018-07", "Store": "Spotify",
    "Artist": "Café", "Title": "One", "ISRC": "qzabc1800001", "UPC": "0602527121956", "Quantity": "20",
    "Team Percentage": "100", "Song/Album": "Song", "Source Type": "Stream", "Country of Sale": "IL",
    "Songwriter Royalties Withheld": "0", "Songwriter Royalties Withheld (USD)": "0.1", "Earnings (USD)": "0.077258",
    "Recoup (USD)": "-0.5", "Customer Paid": "1.2", "Customer Currency": "EUR",
}  # fmt: skip


def table(columns, *changes, tab="\t", quote="", end="\r\n", encoding="latin-1"):
    lines = [columns, *([{**ROW, **change}[column] for column in columns] for change in changes)]
    return "".join(tab.join(f"{quote}{cell}{quote}" for cell in line) + end for line in lines).encode(
        encoding
    )


def read(data):
    return [row for row in DistroKid().read(BytesIO(data)) if not isinstance(row, StatementNote)]


SHAPES = {
    "old": table(OLD, {}, {}),
    "old, UTF-8": table(OLD, {}, {}, encoding="utf-8"),
    "old, UTF-8 with mark": b"\xef\xbb\xbf" + table(OLD, {}, {}, encoding="utf-8"),
    "old, CR only": table(OLD, {}, {}, end="\r"),
    "old, LF, comma": table(OLD, {}, {}, end="\n", tab=","),
    "2018, with the customer's price": table([*OLD[:10], "Customer Paid", "Customer Currency", *OLD[10:]], {}, {}),
    "new": table(NEW, {}, {}, quote='"'),
    "new, comma": table(NEW, {}, {}, quote='"', tab=","),
    "new, with the old column": table([c if c != "Source Type" else "Song/Album" for c in NEW], {}, {}, quote='"'),
    "new, UTF-16": table(NEW, {}, {}, quote='"', encoding="utf-16"),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_recognised_and_read_alike(shape):
    check_statement_reader(DistroKid, SHAPES[shape], "statement.tsv", rows=2)
    first, second = read(SHAPES[shape])
    assert (first.row, second.row) == (2, 3)
    assert (first.month, first.reported, first.service, first.territory) == (
        "2018-07",
        "2018-09-15",
        "Spotify",
        "IL",
    )
    assert (first.artist, first.title, first.isrc, first.upc) == (
        "Café",
        "One",
        "QZABC1800001",
        "0602527121956",
    )
    assert (first.quantity, first.share, first.amount, first.currency) == (
        20,
        100,
        Decimal("0.077258"),
        "USD",
    )
    new = shape.startswith("new")
    assert (first.withheld, first.recoup) == ((Decimal("0.1"), Decimal("-0.5")) if new else (0, 0))
    assert first.kind in ("Song", "Stream")
    assert ("Store", "Spotify") in first.cells


def test_a_published_rate():
    vector = next(
        v for v in json.loads(VECTORS.read_text())["vectors"] if v["name"] == "distrokid_per_stream_rate"
    )
    [line] = read(
        table(
            OLD,
            {
                "Quantity": str(vector["inputs"]["quantity"]),
                "Earnings (USD)": vector["inputs"]["earnings_usd"],
            },
        )
    )
    assert line.amount / line.quantity == Decimal(vector["expected"]["usd_per_stream"])


def test_refunds_zeros_and_equal_rows_are_all_given():
    lines = read(
        table(
            OLD,
            {},
            {},
            {"Quantity": "-3", "Earnings (USD)": "-0.01"},
            {"Quantity": "0", "Earnings (USD)": "0"},
        )
    )
    assert [line.quantity for line in lines] == [20, 20, -3, 0]
    assert sum(line.amount for line in lines) == Decimal("0.144516")


def test_every_digit_of_the_money_is_kept():
    [line] = read(table(OLD, {"Earnings (USD)": "0.00012345678901234567"}))
    assert str(line.amount) == "0.00012345678901234567"
    assert read(table(OLD, {"Earnings (USD)": "1.2E-05"}))[0].amount == Decimal("0.000012")


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"Earnings (USD)": ""}, "earnings"),
        ({"Earnings (USD)": "NaN"}, "earnings"),
        ({"Earnings (USD)": "Infinity"}, "earnings"),
        ({"Earnings (USD)": "1e400"}, "earnings"),
        ({"Earnings (USD)": "9" * 13}, "earnings"),
        ({"Earnings (USD)": "1,50"}, "earnings"),
        ({"Earnings (USD)": "=1+1"}, "earnings"),
        ({"Quantity": "2.5"}, "quantity"),
        ({"Quantity": "9" * 13}, "quantity"),
        ({"Sale Month": "July"}, "sale month"),
        ({"Sale Month": "2018-13"}, "sale month"),
        ({"Team Percentage": "all"}, "team percentage"),
    ],
)
def test_a_row_that_cannot_be_read_is_rejected_with_its_place(change, column):
    first, wrong, last = read(table(OLD, {}, change, {}))
    assert isinstance(wrong, LineRejected)
    assert (wrong.row, wrong.column) == (3, column)
    assert wrong.got in (*change.values(), "")
    assert (first.row, last.row) == (2, 4)


def test_a_ragged_row_is_rejected_and_empty_lines_are_not_rows():
    data = table(OLD, {}) + b"too\tfew\r\n\r\n" + table(OLD, {}).split(b"\r\n")[1] + b"\r\n"
    first, wrong, last = read(data)
    assert (wrong.row, wrong.expected, wrong.got) == (3, "13 cells", "2 cells")
    assert (first.row, last.row) == (2, 5)


def test_a_quoted_line_break_does_not_shift_the_numbers():
    lines = read(table(NEW, {"Title": "two\nlines"}, {}, quote='"'))
    assert [line.row for line in lines] == [2, 4]
    assert lines[0].title == "two\nlines"


def test_a_line_without_end_is_cut_off():
    header = table(OLD)
    rows = read(header + b"x" * 3_000_000 + b"\r\n" + table(OLD, {}).split(b"\r\n")[1])
    assert isinstance(rows[0], LineRejected)
    assert "more than" in rows[0].got
    assert rows[-1].amount == Decimal("0.077258")


@pytest.mark.parametrize(
    "columns",
    [
        [column.replace(" (USD)", "") for column in OLD],
        [column for column in OLD if column != "Quantity"],
        [*OLD, "Quantity"],
    ],
)
def test_no_currency_a_missing_column_or_one_twice_is_not_such_a_statement(columns):
    data = ("\t".join(columns) + "\r\n").encode()
    assert not DistroKid().sniff(data, "distrokid.tsv")
    [wrong] = read(data)
    assert (wrong.row, wrong.column) == (1, "the header")


def test_a_statement_in_a_zip_is_opened_by_counted_bytes(tmp_path):
    path = tmp_path / "download.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../evil/statement.tsv", SHAPES["new"])
        archive.writestr("readme.pdf", b"not a statement")
    [(name, lines)] = [(one.name, read(one.stream.read())) for one in files.statements(path)]
    assert name == "download.zip/../../evil/statement.tsv"
    assert len(lines) == 2
    assert list(tmp_path.iterdir()) == [path]


def test_a_plain_statement_is_opened_as_it_is(tmp_path):
    path = tmp_path / "s.tsv"
    path.write_bytes(SHAPES["old"])
    assert [(one.name, one.stream.read()) for one in files.statements(path)] == [("s.tsv", SHAPES["old"])]


def test_a_zip_that_lies_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", bytes(5_000_000))
    monkeypatch.setattr(files, "LARGEST", 1_000_000)
    with pytest.raises(SourceRefused, match="unpacks to more than"):
        list(files.statements(path))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(SourceRefused, match="cannot be read"):
        list(files.statements(path))
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(files.MOST_MEMBERS + 1):
            archive.writestr(f"{number}.csv", b"")
    with pytest.raises(SourceRefused, match="201 files"):
        list(files.statements(path))
