# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Published rows of statements, figure by figure; and that no vector and no finding is left without a test."""

import json
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from onrecord.royalties import columns, ledgering
from onrecord.royalties.auditing import Asked, audit
from onrecord.royalties.ledgering import Books
from onrecord.royalties.reporting import report
from tests.royalties import test_findings
from tests.royalties.statements.made import FUGA_A, SECRETLY, TUNECORE
from tests.royalties.test_models import SHARED, vectors

HERE = Path(__file__).parent
OURS = Path(__file__).parents[1] / "data" / "royalties" / "statement_vectors.json"


@pytest.fixture
def books(tmp_path):
    return Books.open(tmp_path / "books", make=True)


def kept(tmp_path, books, made, **cells):
    """The first line of a statement in which these columns say this; and what the audit finds in its numbers."""
    line = dict(zip(made.header.split("|"), made.rows[0].split("|"), strict=True)) | cells
    (tmp_path / "x.csv").write_bytes(made.bytes(rows=("|".join(line.values()),)))
    [one] = ledgering.keep(books, [tmp_path / "x.csv"], currency="USD")
    assert one.statement.refused == 0
    [read] = columns.read(books.place(one.statement.file) / "lines.parquet")
    return read, [each for each in audit(books, Asked(threshold=0)) if each.code == "A-ARITHMETIC"]


def test_sddigital_distribution_fee(tmp_path, books):
    vector = vectors(OURS)["sddigital_distribution_fee"]
    said, net = vector["inputs"], Decimal(vector["expected"]["net"])
    cells = {
        "Total Gross Income": said["gross"],
        "Distribution Fee Total": said["fee"],
        "Label Net Total": str(net),
    }
    line, broken = kept(tmp_path, books, SECRETLY, **cells)
    assert vector["tolerance"]["abs"] == 0
    assert line["gross"] - line["fee"] == line["amount"] == net
    assert line["gross"] * Decimal(said["fee_rate"]) == line["fee"]
    assert broken == []
    # One unit of its last decimal more, and it is told.
    _, broken = kept(tmp_path, books, SECRETLY, **cells | {"Label Net Total": str(net + Decimal("2e-12"))})
    assert len(broken) == 1


def test_fuga_contract_deal_term(tmp_path, books):
    vector = vectors(OURS)["fuga_contract_deal_term"]
    said, reported = vector["inputs"], vector["expected"]["reported_royalty"]
    cells = {
        "Sale net receipts": said["sale_net_receipts"],
        "Contract deal term": said["contract_deal_term"],
        "Reported Royalty": reported,
    }
    line, broken = kept(tmp_path, books, FUGA_A, **cells)
    due = Fraction(line["net"]) * Fraction(line["share"]) / 100
    assert abs(due - Fraction(reported)) <= Fraction(Decimal(str(vector["tolerance"]["abs"])))
    assert (line["amount"], broken) == (Decimal(reported), [])


def test_tunecore_fx_discrepancy_flag(tmp_path, books):
    vector = vectors(OURS)["tunecore_fx_discrepancy_flag"]
    said = vector["inputs"]
    cells = {
        "# Units Sold": str(said["units"]),
        "Per Unit Price": said["per_unit_price"],
        "Net Sales": said["net_sales"],
        "Exchange Rate": said["exchange_rate"],
        "Total Earned": said["reported_total_earned"],
    }
    line, broken = kept(tmp_path, books, TUNECORE, **cells)
    assert line["net"] * line["exchange_rate"] == Decimal(vector["expected"]["recomputed_total"])
    assert bool(broken) is vector["expected"]["flag"]
    assert vector["expected"]["recomputed_total"] in broken[0].sentence
    right = kept(
        tmp_path, books, TUNECORE, **cells | {"Total Earned": vector["expected"]["recomputed_total"]}
    )[1]
    assert len(right) == len(broken)  # the first statement is still in the books


def test_distrokid_per_stream_rate_as_the_report_gives_it(tmp_path, books):
    vector = vectors()["distrokid_per_stream_rate"]
    said = vector["inputs"]
    cells = {
        "Sales Period": said["sale_month"],
        "Country Of Sale": said["country"],
        "# Units Sold": str(said["quantity"]),
        "Total Earned": said["earnings_usd"],
    }
    kept(tmp_path, books, TUNECORE, **cells)
    [rate] = report(books).rates
    assert rate.rate == Decimal(vector["expected"]["usd_per_stream"])


@pytest.mark.skipif(not SHARED.is_file(), reason="needs ../shared/facts/royalty_vectors.json")
def test_our_two_files_are_the_shared_one():
    shared = json.loads(SHARED.read_text("utf-8"))
    assert {**vectors(), **vectors(OURS)} == {one["name"]: one for one in shared["vectors"]}
    assert json.loads(OURS.read_text("utf-8"))["aggregate_findings"] == shared["aggregate_findings"]


def test_no_vector_and_no_finding_is_without_a_test():
    tests = "\n".join(path.read_text("utf-8") for path in sorted(HERE.rglob("test_*.py")))
    for name, vector in {**vectors(), **vectors(OURS)}.items():
        # Those with a table of streams are the cases of one test.
        assert (
            "streams_by_artist_user" in vector["inputs"] or f'["{name}"]' in tests or f'== "{name}"' in tests
        ), name
    findings = {one["name"] for one in json.loads(OURS.read_text("utf-8"))["aggregate_findings"]}
    assert set(test_findings.SHOWN) == findings
    for shown in test_findings.SHOWN.values():
        assert callable(getattr(test_findings, shown))
    assert not re.search(r"mark\.xfail", Path(test_findings.__file__).read_text("utf-8"))
