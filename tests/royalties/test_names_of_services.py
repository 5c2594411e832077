# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who paid: named where the format knows it, and told where two statements call the same service otherwise."""

import pytest

from onrecord.royalties import columns, ledgering
from onrecord.royalties.auditing import Asked, audit
from onrecord.royalties.ledgering import Books
from onrecord.royalties.reconciling import reconcile
from tests.royalties.statements.made import BANDCAMP, YOUTUBE, YOUTUBE_SUBSCRIPTIONS
from tests.royalties.test_report import made, row


@pytest.fixture
def books(tmp_path):
    return Books.open(tmp_path / "books", make=True)


@pytest.mark.parametrize(
    ("statement", "service"),
    [(BANDCAMP, "Bandcamp"), (YOUTUBE, "YouTube"), (YOUTUBE_SUBSCRIPTIONS, "YouTube")],
)
def test_a_format_of_one_service_names_it(tmp_path, books, statement, service):
    path = tmp_path / "statement.csv"
    path.write_bytes(statement.bytes())
    [one] = ledgering.keep(books, [path], currency="EUR")
    lines = columns.read(books.place(one.statement.file) / "lines.parquet", ["service"])
    assert {line["service"] for line in lines} == {service}


def test_the_same_sales_under_other_names_are_told_and_still_listed(tmp_path, books):
    codes = ("QZABC2400003", "QZABC2400004")
    ours = [
        row(isrc=code, store="Apple Music", country="SE", units=str(n)) for n, code in enumerate(codes, 7)
    ]
    theirs = [
        row(isrc=code, store="iTunes", country="Sweden", units=str(n)) for n, code in enumerate(codes, 7)
    ]
    a = made(tmp_path, books, *ours, row(country="NO"), name="a.csv")
    b = made(tmp_path, books, *theirs, row(country="Norway", units="9"), name="b.csv")
    found = reconcile(books, a.file, b.file)
    assert len(found.differences) == 6
    assert [(one.a, one.b, one.tracks) for one in found.alike] == [("Apple Music / SE", "iTunes / Sweden", 2)]


def test_what_fits_two_lines_is_not_said_to_be_either(tmp_path, books):
    a = made(tmp_path, books, row(country="NO"), name="a.csv")
    b = made(tmp_path, books, row(country="Norway"), row(country="Norge"), name="b.csv")
    assert reconcile(books, a.file, b.file).alike == []


def test_lines_that_name_no_code_are_not_passed_over(tmp_path, books):
    made(tmp_path, books, row())
    codes = tmp_path / "codes.csv"
    codes.write_text("title,isrc\nTwo,QZABC2400002\n\nLost,QZABC24\nMore,\n")
    told = [one.sentence for one in audit(books, Asked(isrcs=codes)) if one.code == "A-UNREPORTED"]
    assert told == ["2 of the lines of codes.csv name no ISRC, such as line 4: nothing was looked for there"]
