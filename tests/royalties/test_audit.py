# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each kind of finding is found where it is and not where it is not, with its rows."""

import re
from decimal import Decimal

import pytest

from onrecord.errors import ConfigError
from onrecord.royalties import ledgering, relations
from onrecord.royalties.auditing import CODES, Asked, audit
from onrecord.royalties.ledgering import Books
from onrecord.royalties.tracing import trace
from tests.royalties.statements.made import DSR, FUGA_A, FUGA_B, MADE, SECRETLY, TUNECORE
from tests.royalties.test_report import made, row

QUIET = Asked(threshold=0)


@pytest.fixture
def books(tmp_path):
    return Books.open(tmp_path / "books", make=True)


def put(tmp_path, books, data, name="x.csv", **how):
    (tmp_path / name).write_bytes(data)
    [one] = ledgering.keep(books, [tmp_path / name], **how)
    return one.statement


def found(books, code, asked=QUIET):
    return [one for one in audit(books, asked) if one.code == code]


def test_a_clean_statement_has_no_finding(tmp_path, books):
    made(tmp_path, books, row(), row(isrc="QZABC2400003"))
    assert audit(books, QUIET) == []


def test_a_month_between_others_and_one_behind_the_lag_are_missing(tmp_path, books):
    made(tmp_path, books, row("2024-01"), row("2024-03"))
    [gap] = found(books, "A-MISSING")
    assert "no line for 2024-02; there are lines before and after" in gap.sentence
    # The newest report is of 2024-05: with three months of lag nothing is late, with one 2024-04 is.
    assert len(found(books, "A-MISSING", Asked(lag=1, threshold=0))) == 2
    late = found(books, "A-MISSING", Asked(lag=3, until="2024-08", threshold=0))
    assert [one.sentence.split(";")[0][-7:] for one in late] == ["2024-02", "2024-04", "2024-05"]


def test_a_sudden_fall_is_found_from_its_size_and_with_enough_uses(tmp_path, books):
    made(
        tmp_path,
        books,
        row("2024-01", units="2000", earned="6"),
        row("2024-02", units="2000", earned="4.2"),
        row("2024-03", units="2000", earned="2.9"),
        row("2024-04", units="100", earned="0.001"),
    )
    [fall] = found(books, "A-FALL")
    assert "0.00145 USD a use in 2024-03, 0.0021 in 2024-02: 30.9524 % less" in fall.sentence
    assert [one.row for one in trace(books, fall.id).rows] == [4]
    assert len(found(books, "A-FALL", Asked(fall=Decimal(25), threshold=0))) == 2


def test_the_published_statement_that_is_wrong_a_hundredfold_is_found(tmp_path, books):
    # The row of TrackShift's test/files/Tunecore_Test.csv.
    line = TUNECORE.rows[1].split("|")
    line[14:20] = ["1", "0.000342", "0.000342", "GBP", "0.79", "0.0271"]
    statement = put(tmp_path, books, TUNECORE.bytes(rows=("|".join(line),)))
    [wrong] = found(books, "A-ARITHMETIC")
    assert "row 2 says 0.0271, its numbers give 0.00027018" in wrong.sentence
    assert [(one.file, one.row) for one in trace(books, wrong.id).rows] == [(statement.file, 2)]


def test_the_published_statements_that_are_right_are_not_found(tmp_path, books):
    # A row of royaltyappv4's sddigital.csv, and one of TrackShift's cargo-simple-3-songs.csv, printed from a float.
    for number, data in enumerate((SECRETLY.bytes(), FUGA_A.bytes(), FUGA_B.bytes())):
        put(tmp_path, books, data, f"{number}.csv", currency="USD")
    assert found(books, "A-ARITHMETIC") == []


@pytest.mark.parametrize("name", list(MADE))
def test_made_statements_keep_their_own_arithmetic(tmp_path, books, name):
    for number, one in enumerate(MADE[name].values()):
        put(tmp_path, books, one.bytes(), f"{number}.csv", currency="EUR", month="2025-01")
    assert found(books, "A-ARITHMETIC") == []


def test_rounding_explains_what_it_can_and_no_more():
    test = relations.check("net = quantity * unit_price", {"net": 2, "unit_price": 3})
    line = {"quantity": 100, "unit_price": Decimal("0.003"), "net": Decimal("0.35")}
    assert test(line) is None
    assert test({**line, "net": Decimal("0.37")}).expected == Decimal("0.3")
    assert test({**line, "net": None}) is None
    share = relations.check("amount = net * share", {"amount": 4, "net": 2, "share": 0})
    assert share({"amount": Decimal("0.8500"), "net": Decimal("1.00"), "share": Decimal(85)}) is None
    assert share({"amount": Decimal("0.8300"), "net": Decimal("1.00"), "share": Decimal(85)}) is not None


def test_exchange_rates_are_held_against_the_table(tmp_path, books):
    made(tmp_path, books, row(), row("2024-02"), row("2024-01"))
    table = tmp_path / "rates.csv"
    table.write_text("month,from,to,rate\n2024-03,EUR,USD,1.09\n2024-02,EUR,USD,1.2\n")
    asked = Asked(rates=table, threshold=0)
    unknown, off = found(books, "A-EXCHANGE", asked)
    assert "2024-01: the table has no rate" in unknown.sentence
    assert "2024-02: 1 lines at 1.1, the table says 1.2: 8.33333 % off" in off.sentence
    assert [place.row for place in off.places] == [3]
    table.write_text("2024-03,EUR,USD,nine\n")
    with pytest.raises(ConfigError, match=r"line 1: expected month,from,to,rate"):
        audit(books, asked)


def test_refunds_are_told_with_their_sum(tmp_path, books):
    made(tmp_path, books, row(), row(units="-4", earned="-0.0132"), row(units="-1", earned="-0.0033"))
    [refund] = found(books, "A-REFUND")
    assert "2 lines take back -5 uses and -0.0165 USD" in refund.sentence
    assert [place.row for place in refund.places] == [3, 4]


def test_lines_in_two_files_alike_and_months_that_overlap(tmp_path, books):
    a = made(tmp_path, books, row(), row(), row("2024-04"), name="a.csv")
    b = made(tmp_path, books, row(), row("2024-05"), name="b.csv")
    [twice] = found(books, "A-DUPLICATE")
    assert (twice.lines, {place.file for place in twice.places}) == (3, {a.file, b.file})
    assert "3 lines stand in 2 files alike" in twice.sentence
    [overlap] = found(books, "A-OVERLAP")
    assert "2024-03: reported by 2 files" in overlap.sentence


def test_lines_alike_are_told_of_both_files_however_many_there_are(tmp_path, books):
    a = made(tmp_path, books, *[row()] * 150, name="a.csv")
    b = made(tmp_path, books, row(), row("2024-05"), name="b.csv")
    [twice] = found(books, "A-DUPLICATE")
    assert "151 lines stand in 2 files alike" in twice.sentence
    assert twice.lines == 151 and twice.places[0].file == min(a.file, b.file)


def test_a_refund_in_a_later_file_is_no_overlap_and_its_line_is_no_second_report(tmp_path, books):
    made(tmp_path, books, row(), row("2024-04"), name="a.csv")
    made(tmp_path, books, row(units="-4", earned="-0.0132"), name="b.csv")
    assert found(books, "A-OVERLAP") == []


def everything(tmp_path, books):
    """Statements in which each kind of finding is."""
    table, codes = tmp_path / "rates.csv", tmp_path / "codes.txt"
    table.write_text("2024-01,EUR,USD,1.2\n")
    codes.write_text("QZABC2499999\n")
    lines = (
        row("2024-01", units="2000", earned="6"),
        row("2024-03", units="2000", earned="2"),
        row("2024-03", units="-1", earned="-0.01"),
        row("2024-03", units="5", earned="0.5").removesuffix("USD") + "SEK",
        row("2024-03", units="0", earned="0").removesuffix("USD") + "NOK",
    )
    made(tmp_path, books, *lines, name="a.csv")
    made(tmp_path, books, *lines[:2], row("2024-03", units="-1", earned="-0.02"), name="b.csv")
    put(tmp_path, books, TUNECORE.bytes(rows=(*TUNECORE.rows, "a|b"))[:-2], "torn.csv")
    put(tmp_path, books, DSR.replace(b"\t14\t20\t0.02", b"\t14\t17\t0.03"), "wrong.tsv")
    return Asked(threshold=10**6, rates=table, isrcs=codes)


def test_every_kind_of_finding_leads_to_its_rows(tmp_path, books):
    findings = audit(books, everything(tmp_path, books))
    assert {one.code for one in findings} == set(CODES)
    for one in findings:
        followed = trace(books, one.id)
        assert followed.same, one.sentence
        if (
            one.code in ("A-MISSING", "A-UNREPORTED")
            or "no end" in one.sentence
            or "too short" in one.sentence
        ):
            # What is not there has no rows.
            assert (one.lines, followed.lines) == (0, 0)
        else:
            assert one.lines == followed.lines > 0, one.sentence
            assert {(place.file, place.row) for place in one.places} <= {
                (each.file, each.row) for each in followed.rows
            }


def test_a_sentence_says_what_stands_there_and_judges_nobody(tmp_path, books):
    verdict = re.compile(
        r"\b(fraud|theft|st[eo]le|steal|cheat|false|fake|owes?|guilty|illegal|must|should)\b", re.I
    )
    for one in audit(books, everything(tmp_path, books)):
        assert not verdict.search(one.sentence), one.sentence
    for told in CODES.values():
        assert not verdict.search(told)


def test_tracks_under_a_threshold_count_a_year_of_their_service(tmp_path, books):
    made(
        tmp_path,
        books,
        *(row(f"2024-{month:02}", units="90") for month in range(1, 13)),
        row("2023-01", units="5000", isrc="QZABC2400009"),
        row("2024-12", units="7", isrc="QZABC2400009"),
    )
    [few] = found(books, "A-THRESHOLD", Asked(threshold=1000))
    assert "QZABC2400009 (Two) has 7 uses in the year to 2024-12" in few.sentence


def test_codes_that_nobody_reports(tmp_path, books):
    made(tmp_path, books, row())
    codes = tmp_path / "codes.csv"
    codes.write_text("title,isrc\nTwo,QZ-ABC-24-00002\nLost,QZABC2400077\n")
    [lost] = found(books, "A-UNREPORTED", Asked(isrcs=codes, threshold=0))
    assert "QZABC2400077 (line 3 of codes.csv)" in lost.sentence
    codes.write_text("nothing\n")
    with pytest.raises(ConfigError, match="got none"):
        audit(books, Asked(isrcs=codes))


def test_a_service_that_pays_in_two_currencies_in_a_month(tmp_path, books):
    made(tmp_path, books, row(), row().removesuffix("USD") + "SEK")
    [mixed] = found(books, "A-CURRENCY")
    assert "paid in SEK, USD" in mixed.sentence


def test_the_share_of_a_pool_is_held_against_the_share_of_its_uses(tmp_path, books):
    put(tmp_path, books, DSR, "right.tsv")
    assert found(books, "A-POOL") == []
    put(tmp_path, books, DSR.replace(b"\t14\t20\t0.02", b"\t14\t17\t0.03"), "wrong.tsv")
    money, share = found(books, "A-POOL")
    assert "2000 of 100000 uses and a pool of 1000 EUR give 20, the record says 17" in money.sentence
    assert "are 2 %, the record says 3 %" in share.sentence
    [one] = trace(books, money.id).rows
    assert (one.row, dict(one.cells)["AllocatedNetRevenue"]) == (3, "17")


def test_refused_rows_and_files_without_an_end_are_findings_that_lead_to_the_rows(tmp_path, books):
    put(tmp_path, books, TUNECORE.bytes(rows=(*TUNECORE.rows, "a|b"))[:-2])
    end, refused = found(books, "A-FILE")
    assert "may be too short" in end.sentence
    assert "1 rows could not be read" in refused.sentence
    followed = trace(books, refused.id)
    assert followed.lines == 1
    assert followed.rows[0].row == 4
    assert followed.rows[0].cells[0] == ("refused", ": expected 21 cells, got 2 cells")


def test_every_finding_has_a_code_that_is_explained(tmp_path, books):
    made(tmp_path, books, row(), row(units="-1", earned="-0.1"), row("2024-05", units="3"))
    assert {one.code for one in audit(books, Asked())} <= set(CODES)
    assert len(audit(books, Asked())) > 3


def test_what_rounding_explains_is_written_as_money(tmp_path, books):
    made(tmp_path, books, row(units="1000", earned="9"))
    [broken] = found(books, "A-ARITHMETIC")
    assert "E-" not in broken.sentence and "(rounding explains 0." in broken.sentence
