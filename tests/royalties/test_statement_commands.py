# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands over statements, as a person runs them: exit codes, JSON, and a figure followed from end to end."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from onrecord.cli import group
from onrecord.errors import OnrecordError
from tests.royalties.statements.made import CDBABY, TUNECORE
from tests.royalties.statements.test_cwr import WORK
from tests.royalties.statements.test_cwr import made as made_cwr
from tests.royalties.test_contracts import TWO


def run(*words, code=0):
    result = CliRunner().invoke(group, ["royalties", *map(str, words)])
    assert result.exit_code == code, (result.output, result.exception)
    return result


def refused(*words):
    """What is wrong, with the exit code that the program ends with."""
    result = CliRunner().invoke(group, ["royalties", *map(str, words)])
    assert isinstance(result.exception, OnrecordError), (result.output, result.exception)
    return result.exception.exit_code, result.exception.message


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
        ".toml",
    ]
    assert "tunecore           full header known" in run("formats").stdout


def test_the_participants_of_the_next_statement_are_written_to_be_read_again(place):
    books, out = place / "books", place / "out"
    run("import", place / "good.csv", "--to", books)
    text = (place / "contracts.toml").read_text().replace("Bea", '"Bea \\"=1\\" \\n"')
    (place / "contracts.toml").write_text(text.replace('advance = "1.00"', 'advance = "3.00"\nalso = ["A."]'))
    run("splits", place / "contracts.toml", "--books", books, "--out", out)
    contracts = text[: text.index("[participant")] + (out / "participants.toml").read_text()
    (place / "contracts.toml").write_text(contracts)
    again = json.loads(run("splits", place / "contracts.toml", "--books", books, "--json").stdout)["accounts"]
    # Anna earned 1.35, Bea 0.88: what was recouped and carried on then is where it goes on now.
    told = {one["payee"]: (one["brought_forward"], one["recouped"], one["still_to_recoup"]) for one in again}
    assert told["Anna"] == ("0.00", "1.35", "0.30")
    assert told['Bea "=1" \n'] == ("1.28", "0", "0")


def test_a_difference_of_two_statements_leads_to_its_rows(place):
    books = place / "books"
    run("import", place / "good.csv", place / "torn.csv", "--to", books, code=3)
    a, b = sorted(path.name for path in (books / "statements").iterdir())
    [item] = json.loads(run("reconcile", a, b, "--books", books, "--json").stdout)["differences"]
    followed = json.loads(run("trace", item["id"], "--books", books, "--json").stdout)
    assert [(row["name"], row["row"]) for row in followed["rows"]] == [("good.csv", 3)]
    assert followed["same"] is True


@pytest.fixture
def compared(place):
    (place / "plays.csv").write_text("listener,artist,plays\nann,X,90\nann,Y,10\nbob,X,many\nbob,X,1\n")
    run("compare", place / "plays.csv", "--model", "pro-rata", "--model", "shapley", "--option",
        "shapley.inactive=retain", "--fee", "10", "--out", place / "run", code=3)  # fmt: skip
    return place


def test_what_a_comparison_pays_a_payee_leads_to_the_rows_of_the_plays(compared):
    words = ("trace", "X", "--of", compared / "run" / "result.json", "--plays")
    told = json.loads(run(*words, compared / "plays.csv", "--json").stdout)
    payouts = json.loads((compared / "run" / "result.json").read_text())["models"]
    assert told["payouts"] == {name: payouts[name]["payouts"]["X"] for name in ("pro-rata", "shapley")}
    assert told["payouts"]["shapley"] == "15.000000"
    assert (told["rows"], told["plays"], told["listeners"], told["refused"]) == (2, 91, 2, 1)
    assert [(row["file"], row["row"]) for row in told["shown"]] == [("plays.csv", 2), ("plays.csv", 5)]
    assert (
        "row 2 of plays.csv: listener=ann, artist=X, plays=90" in run(*words, compared / "plays.csv").stdout
    )


def test_parquet_is_followed_alike_and_other_plays_are_refused(compared):
    rows = {"listener": ["ann", "ann", "bob"], "artist": ["X", "Y", "X"], "plays": [90, 10, 1]}
    pq.write_table(pa.table(rows), compared / "plays.parquet")
    run(
        "compare", compared / "plays.parquet", "--model", "pro-rata", "--fee", "10", "--out", compared / "two"
    )
    words = ("trace", "X", "--of", compared / "two" / "result.json", "--plays")
    told = json.loads(run(*words, compared / "plays.parquet", "--json").stdout)
    assert [(row["row"], row["cells"]["plays"]) for row in told["shown"]] == [(1, "90"), (3, "1")]
    code, told = refused(*words, compared / "plays.csv")
    assert code == 4 and "got other bytes" in told
    code, told = refused("trace", "Z", *words[2:], compared / "plays.parquet")
    assert code == 1 and "no model of result.json pays" in told
    (compared / "bad.json").write_text("{}")
    code, told = refused("trace", "X", "--of", compared / "bad.json", "--plays", compared / "plays.csv")
    assert code == 2 and "expected the JSON that" in told
    alone = run("trace", "X", "--of", compared / "two" / "result.json", code=2)
    assert "expected both, or none" in alone.stderr


def test_plays_are_followed_with_the_delimiter_that_they_were_read_with(place):
    """Line ends of CR alone, and more commas in names than semicolons."""
    (place / "plays.csv").write_bytes(b"Listener;Artist;Plays\rann;X, Y, Z, and Q, R, S, T;90\rbob;Y;1\r")
    run("compare", place / "plays.csv", "--model", "pro-rata", "--fee", "10", "--out", place / "run")
    words = ("trace", "X, Y, Z, and Q, R, S, T", "--of", place / "run" / "result.json", "--plays")
    told = json.loads(run(*words, place / "plays.csv", "--json").stdout)
    assert [(row["row"], row["cells"]["plays"]) for row in told["shown"]] == [(2, "90")]


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
