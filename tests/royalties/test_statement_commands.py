# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands over statements, as a person runs them: exit codes, JSON, and a figure followed from end to end."""

import json

import pytest
from click.testing import CliRunner

from onrecord.cli import group
from tests.royalties.statements.made import CDBABY, TUNECORE
from tests.royalties.statements.test_cwr import WORK
from tests.royalties.statements.test_cwr import made as made_cwr
from tests.royalties.test_contracts import TWO


def run(*words, code=0):
    result = CliRunner().invoke(group, ["royalties", *map(str, words)])
    assert result.exit_code == code, (result.output, result.exception)
    return result


@pytest.fixture
def place(tmp_path):
    (tmp_path / "good.csv").write_bytes(TUNECORE.bytes())
    (tmp_path / "torn.csv").write_bytes(TUNECORE.bytes(rows=(TUNECORE.rows[0], "\x1b[31m|b|c", "a|b")))
    (tmp_path / "contracts.toml").write_text(TWO)
    return tmp_path


def test_import_report_and_trace_follow_a_figure_to_its_row(place):
    books = place / "books"
    run("import", place / "good.csv", "--to", books)
    report = json.loads(run("report", "--books", books, "--json").stdout)
    assert report["schema"] == "onrecord.royalties.report/1"
    [rate] = report["rates"]
    assert (rate["amount"], rate["quantity"]) == ("2.673000000000000000000000", 1210)
    followed = json.loads(run("trace", rate["id"], "--books", books, "--json").stdout)
    assert [(row["name"], row["row"]) for row in followed["rows"]] == [("good.csv", 2), ("good.csv", 3)]
    assert followed["same"] is True
    assert rate["id"] in run("report", "--books", books).stdout


def test_refused_rows_are_listed_inert_with_their_number_and_the_exit_code_is_3(place):
    result = run("import", place / "torn.csv", "--to", place / "books", code=3)
    assert "row 3: the row: expected 21 cells, got '3 cells'" in result.stderr
    assert "4 lines of text = 4 rows: 1 kept, 0 pools, 2 refused; other: 1 header" in result.stderr
    assert "\x1b" not in result.output
    limited = run("import", place / "torn.csv", "--to", place / "other", "--refused", "1", code=3)
    assert "and 1 more" in limited.stderr


def test_a_file_that_asks_for_its_currency_is_not_taken_until_it_is_said(place):
    (place / "cd.txt").write_bytes(CDBABY.bytes())
    assert "--currency" in run("import", place / "cd.txt", "--to", place / "books", code=3).stderr
    run("import", place / "cd.txt", "--to", place / "books", "--currency", "USD")
    again = run("import", place / "cd.txt", "--to", place / "books", "--currency", "USD")
    assert "there before" in again.stderr


def test_audit_reconcile_splits_and_formats(place):
    books = place / "books"
    run("import", place / "good.csv", place / "torn.csv", "--to", books, code=3)
    findings = json.loads(run("audit", "--books", books, "--json", "--code", "A-DUPLICATE").stdout)[
        "findings"
    ]
    assert [one["lines"] for one in findings] == [2]
    assert "each is a question" in run("audit", "--books", books).stdout
    taken = sorted((books / "statements").iterdir())
    assert "1 differences" in run("reconcile", taken[0].name[:9], taken[1].name[:9], "--books", books).stdout
    out = place / "out"
    told = run("splits", place / "contracts.toml", "--books", books, "--out", out).stdout
    assert "Anna: earned" in told
    assert sorted(path.suffix for path in out.iterdir()) == [
        ".csv",
        ".csv",
        ".csv",
        ".html",
        ".html",
        ".html",
    ]
    assert "tunecore       full header known" in run("formats").stdout


def test_works_are_listed(place):
    (place / "works.V21").write_bytes(made_cwr(*WORK))
    assert "CA ANNA DOE: 50.00 % of performance" in run("works", place / "works.V21").stdout
    (place / "works.V21").write_bytes(made_cwr(*WORK, works=2))
    assert "TRL: expected 1 transactions" in run("works", place / "works.V21", code=3).stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("import", "good.csv", "--reader", "tunecore", "--mapping", "contracts.toml"),
            "expected one of them",
        ),
        (("import", "good.csv", "--month", "May"), "--month: expected YYYY-MM"),
        (("audit", "--code", "A-NONE"), "--code: expected one of"),
        (("audit", "--fall", "much"), "--fall: expected percent"),
    ],
)
def test_what_cannot_be_understood_is_a_usage_error(place, monkeypatch, words, told):
    monkeypatch.chdir(place)
    assert told in run(*words, code=2).output
