# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of others, as they are, through the import; and what `formats` says of each format."""

from decimal import Decimal

import pytest

from onrecord.royalties import ledgering
from onrecord.royalties.ledgering import Books
from onrecord.royalties.statements.layout import FULL, PARTIAL
from tests.audio.tones import SHARED


def take(tmp_path, *place):
    path = SHARED.joinpath(*place)
    if not path.exists():
        pytest.skip(f"shared data {'/'.join(place)} is not here")
    [one] = ledgering.keep(Books.open(tmp_path / "books", make=True), [path])
    return one


def test_a_report_of_clicknclear_is_taken_whole(tmp_path):
    one = take(tmp_path, "royalty", "clicknclear", "TEST_RIGHTSHOLDER_STANDARD_Q1_2023.csv")
    statement = one.statement
    assert (statement.reader, statement.standing) == ("clicknclear", FULL)
    assert (statement.text_lines, statement.rows, statement.kept, statement.refused) == (6, 6, 4, 0)
    assert statement.notes == {"total": 2}
    [total] = statement.totals
    assert (total.currency, total.amount) == ("USD", Decimal("21.8748"))


def test_its_specification_is_no_statement(tmp_path):
    one = take(tmp_path, "royalty", "clicknclear", "README.md")
    assert (one.statement, one.why_not) == (None, "no table of columns that could be a statement")


def test_a_registration_of_works_is_told_apart(tmp_path):
    one = take(tmp_path, "cwr", "musicmetadata-edi", "CW190001MPC_000.V21")
    assert (one.statement, "`onrecord royalties works`" in one.why_not) == (None, True)


@pytest.mark.parametrize("name", ["list.csv", "tree.csv"])
def test_tables_of_other_things_are_not_taken(tmp_path, name):
    one = take(tmp_path, "cwr", "tis-territories", name)
    assert (one.statement, "no reader knows the columns" in one.why_not) == (None, True)


def test_each_generation_says_how_well_it_is_known():
    known = ledgering.standings()
    assert (known["fuga A"], known["fuga B"]) == (PARTIAL, FULL)
    assert (known["imusician, detail"], known["imusician, summary"]) == (FULL, PARTIAL)
    assert (known["distrokid"], known["ddex-dsr"], known["cwr (works)"]) == (FULL, PARTIAL, FULL)
    assert list(known) == sorted(known)
