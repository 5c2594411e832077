# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Months, rates and folders that a person states wrongly are refused; amounts are shown without idle zeros."""

from decimal import Decimal

import pytest
from click.testing import CliRunner

from onrecord.cli import group
from onrecord.cli.royalties.report import short
from onrecord.cli.royalties.spreadsheet import bare
from onrecord.errors import ConfigError, UsageError
from onrecord.royalties.auditing import read_rates
from tests.royalties.statements.made import TUNECORE
from tests.royalties.test_contracts import TWO


def run(*words):
    return CliRunner().invoke(group, ["royalties", *map(str, words)])


@pytest.fixture
def books(tmp_path):
    (tmp_path / "statement.csv").write_bytes(TUNECORE.bytes())
    (tmp_path / "contracts.toml").write_text(TWO)
    assert run("import", tmp_path / "statement.csv", "--to", tmp_path / "books").exit_code == 0
    return tmp_path / "books"


@pytest.mark.parametrize("month", ["2026-5", "2026-13", "May 2026", "202605"])
@pytest.mark.parametrize("option", ["--from", "--until"])
def test_a_month_that_is_none_selects_nothing_silently(books, month, option):
    commands = [["report"], ["splits", books.parent / "contracts.toml"]]
    for command in [*commands, *([["audit"]] if option == "--until" else [])]:
        result = run(*command, "--books", books, option, month)
        assert (result.exit_code, "expected a month as YYYY-MM" in result.output) == (2, True)


def test_a_span_that_ends_before_it_begins_is_refused(books):
    for command in (["report"], ["splits", books.parent / "contracts.toml"]):
        result = run(*command, "--books", books, "--from", "2026-05", "--until", "2026-03")
        assert (result.exit_code, "got 2026-05 and 2026-03" in result.output) == (2, True)
    assert (
        "USD in 2 lines" in run("report", "--books", books, "--from", "2000-01", "--until", "2099-12").output
    )


def test_amounts_are_shown_as_exactly_as_they_are_and_no_longer(books):
    assert "2.673 USD" in run("report", "--books", books).output
    assert bare(Decimal("-0.005000000000000000000000")) == "-0.005"
    assert (
        bare(Decimal("12345678901234.123456789012345678901234")) == "12345678901234.123456789012345678901234"
    )
    assert [bare(Decimal(words)) for words in ("100", "1E+2", "100.00", "0.000")] == [
        "100",
        "100",
        "100",
        "0",
    ]
    written = [short(Decimal(words)) for words in ("4E-8", "1234567", "0.0012345678")]
    assert written == ["0.00000004", "1234570", "0.00123457"]


def test_two_rates_for_one_month_are_refused_and_the_same_one_twice_is_not(tmp_path):
    table = tmp_path / "rates.csv"
    table.write_text("month,from,to,rate\n2026-01,GBP,USD,1.2\n2026-01,gbp,usd,1.20\n")
    assert read_rates(table) == {("2026-01", "GBP", "USD"): Decimal("1.2")}
    table.write_text("month,from,to,rate\n2026-01,GBP,USD,1.2\n2026-01,GBP,USD,1.5\n")
    with pytest.raises(
        ConfigError, match=r"line 3: expected one rate of GBP to USD in 2026-01, got 1\.2 and 1\.5"
    ):
        read_rates(table)


def test_a_release_that_cannot_be_written_spends_nothing(tmp_path):
    plays = tmp_path / "plays.csv"
    plays.write_text("listener,month,artist,plays\nL,2026-01,A,3\n")
    budget = tmp_path / "budget.json"
    into = tmp_path / "nowhere" / "out.csv"
    result = run(
        "publish-aggregates", plays, "--epsilon", 1, "--total-epsilon", 2, "--budget", budget, "--out", into
    )
    assert isinstance(result.exception, UsageError) and "no such folder" in result.exception.message
    assert not budget.exists()
