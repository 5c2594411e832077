# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Splits between participants: every unit has an owner, advances and minimums are kept, statements are inert."""

import csv
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from onrecord.cli.royalties import splits as command
from onrecord.errors import ConfigError
from onrecord.royalties import columns, ledgering
from onrecord.royalties.contracts import (
    HOUSE,
    Contract,
    Contracts,
    Participant,
    carried,
    read_contracts,
    split,
)
from onrecord.royalties.ledgering import Books
from onrecord.royalties.tracing import trace
from tests.royalties.statements.made import DSR
from tests.royalties.test_report import made, row

TWO = """
currency = "USD"
[[contract]]
name = "One"
match = { isrc = ["QZ-ABC-24-00001"] }
share = { Anna = "50", Bea = "33.33" }
[[contract]]
name = "The rest"
match = { artist = ["Anna"], service = ["Spotify", "Deezer"] }
share = { Anna = "100" }
[participant.Anna]
advance = "1.00"
[participant.Bea]
minimum = "5"
brought_forward = "0.40"
"""


@pytest.fixture
def books(tmp_path):
    return Books.open(tmp_path / "books", make=True)


def contracts(tmp_path, text=TWO):
    (tmp_path / "contracts.toml").write_text(text, encoding="utf-8")
    return read_contracts(tmp_path / "contracts.toml")


def test_shares_advances_and_minimums(tmp_path, books):
    made(
        tmp_path,
        books,
        row(isrc="QZABC2400001", earned="10.005"),
        row(earned="0.5"),
        row(store="Elsewhere", earned="7"),
    )
    found = split(books, contracts(tmp_path))
    assert (found.total, found.unmatched, found.unmatched_lines) == (Decimal("17.505"), 7, 1)
    assert found.under_unit == Decimal("0.005")
    accounts = {account.payee: account for account in found.accounts}
    anna, bea, house = accounts["Anna"], accounts["Bea"], accounts[HOUSE]
    assert (anna.earned, anna.recouped, anna.still_to_recoup, anna.payable) == (
        Decimal("5.50"),
        1,
        0,
        Decimal("4.50"),
    )
    assert (bea.earned, bea.carried_on, bea.payable) == (Decimal("3.33"), Decimal("3.73"), 0)
    assert house.earned == Decimal("1.67")
    assert anna.earned + bea.earned + house.earned + found.unmatched + found.under_unit == found.total


def test_a_part_leads_to_the_lines_of_its_contract_and_month(tmp_path, books):
    made(
        tmp_path,
        books,
        row(isrc="QZABC2400001", earned="10"),
        row(earned="0.5"),
        row("2024-04", earned="0.7"),
    )
    found = split(books, contracts(tmp_path))
    rows = {
        (part.contract, part.month): [one.row for one in trace(books, part.id).rows]
        for account in found.accounts
        for part in account.parts
    }
    assert rows == {("One", "2024-03"): [2], ("The rest", "2024-03"): [3], ("The rest", "2024-04"): [4]}
    assert all(trace(books, part.id).same for account in found.accounts for part in account.parts)


def test_an_advance_larger_than_what_was_earned_stays_to_be_recouped(tmp_path, books):
    made(tmp_path, books, row(earned="0.5"))
    text = TWO.replace('advance = "1.00"', 'advance = "20"')
    [anna, _] = split(books, contracts(tmp_path, text)).accounts
    assert (anna.recouped, anna.still_to_recoup, anna.payable) == (Decimal("0.50"), Decimal("19.50"), 0)


def test_refunds_larger_than_sales_are_carried_on_and_nobody_is_paid(tmp_path, books):
    made(tmp_path, books, row(units="-9", earned="-3.333"))
    found = split(books, contracts(tmp_path))
    anna = found.accounts[0]
    assert (anna.earned, anna.recouped, anna.carried_on, anna.payable) == (
        Decimal("-3.34"),
        0,
        Decimal("-3.34"),
        0,
    )
    assert anna.earned + found.under_unit == found.total


def test_a_part_leads_only_to_lines_that_have_money(tmp_path, books):
    """Uses of a flat file, whose money is in pools, are in the same month and currency."""
    made(tmp_path, books, row("2026-02", earned="2").removesuffix("USD") + "EUR")
    (tmp_path / "dsr.tsv").write_bytes(DSR)
    list(ledgering.keep(books, [tmp_path / "dsr.tsv"]))
    months = {line["month"] for path in books.paths("lines") for line in columns.read(path)}
    assert len(months) == 1
    text = 'currency = "EUR"\n[[contract]]\nname = "x"\nshare = { Anna = "100" }'
    [anna] = split(books, contracts(tmp_path, text)).accounts
    followed = trace(books, anna.parts[0].id)
    assert (followed.same, followed.lines, followed.amount) == (True, 1, 2)


def test_other_currencies_and_months_are_left_alone(tmp_path, books):
    made(tmp_path, books, row(earned="1"), row("2024-04", earned="2"), row().removesuffix("USD") + "SEK")
    found = split(books, contracts(tmp_path), until="2024-03")
    assert (found.total, found.other_currencies) == (1, ["SEK"])


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.decimals(-1000, 1000, places=9), min_size=1, max_size=6),
    st.lists(st.integers(0, 50), min_size=1, max_size=2),
    st.sampled_from(["0.01", "0.000001", "1"]),
)
def test_whatever_the_shares_everything_adds_up(tmp_path_factory, amounts, shares, unit):
    folder = tmp_path_factory.mktemp("books")
    books = Books.open(folder / "books", make=True)
    made(folder, books, *(row(earned=f"{amount:f}") for amount in amounts))
    payees = {f"payee-{at}": str(share) for at, share in enumerate(shares)}
    given = Contracts(
        currency="USD", unit=unit, contract=[Contract(name="all", share=payees)],
        participant={"payee-0": Participant(advance="3.5", minimum="10")},
    )  # fmt: skip
    found = split(books, given)
    assert found.total == sum(amounts)
    assert sum(account.earned for account in found.accounts) + found.under_unit == found.total
    for account in found.accounts:
        assert account.earned == account.recouped + account.carried_on + account.payable
        assert account.payable >= 0
    assert 0 <= found.under_unit < Decimal(unit)


MONEY = st.decimals(-50, 200, places=7)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(MONEY, max_size=3), min_size=1, max_size=4),
    st.decimals(0, 300, places=2),
    st.decimals(0, 40, places=2),
    st.lists(st.sampled_from(["100/3", "12.5", "0", "7/11", "33.333333"]), min_size=1, max_size=3),
)
def test_advances_are_recouped_over_months_and_nothing_is_lost(
    tmp_path_factory, months, advance, minimum, shares
):
    """Month after month, each begun with what the last one carried on: as if it were one account."""
    folder = tmp_path_factory.mktemp("books")
    books = Books.open(folder / "books", make=True)
    lines = [
        row(f"2024-{at:02}", earned=f"{money:f}") for at, month in enumerate(months, 1) for money in month
    ]
    assume(lines)
    made(folder, books, *lines)
    payees = {f"payee-{at}": share for at, share in enumerate(shares)}
    given = Contracts(
        currency="USD",
        contract=[Contract(name="all", share=payees)],
        participant={"payee-0": Participant(advance=f"{advance:f}", minimum=f"{minimum:f}")},
    )
    earned = recouped = paid = under = total = Decimal(0)
    for at in range(1, len(months) + 1):
        found = split(books, given, f"2024-{at:02}", f"2024-{at:02}")
        for account in found.accounts:
            assert account.earned + account.brought_forward == (
                account.recouped + account.carried_on + account.payable
            )
            # Nobody is paid less than the minimum, and nobody before the advance is recouped.
            if account.payee == "payee-0" and account.payable:
                assert account.payable >= minimum and account.still_to_recoup == 0
            earned, recouped, paid = (
                earned + account.earned,
                recouped + account.recouped,
                paid + account.payable,
            )
            assert account.payable % Decimal("0.01") == 0
        under, total = under + found.under_unit, total + found.total
        following = carried(given, found)
        given = Contracts(currency="USD", contract=given.contract, participant=following)
    left = sum(Decimal(one.brought_forward) for one in given.participant.values())
    owed = Decimal(given.participant["payee-0"].advance) if "payee-0" in given.participant else Decimal(0)
    assert total == sum(money for month in months for money in month) == earned + under
    assert earned == recouped + paid + left
    assert recouped == advance - owed


def test_thirds_are_exact_and_the_last_unit_goes_by_largest_remainder(tmp_path, books):
    made(tmp_path, books, row(earned="100"))
    text = 'currency = "usd"\n[[contract]]\nname = "x"\nshare = { A = "100/3", B = "100/3", C = "100/3" }'
    found = split(books, contracts(tmp_path, text))
    assert [(one.payee, one.payable) for one in found.accounts] == [
        ("A", Decimal("33.34")),
        ("B", Decimal("33.33")),
        ("C", Decimal("33.33")),
    ]
    assert {part.percent for one in found.accounts for part in one.parts} == {"100/3"}
    command._write(tmp_path / "out", found, "all months")
    assert ",33.3333333333" in (tmp_path / "out" / "statement-001.csv").read_text()


def test_a_participant_who_was_renamed_has_one_account(tmp_path, books):
    made(tmp_path, books, row(isrc="QZABC2400001", earned="10"), row(earned="1"))
    text = TWO.replace('Anna = "100"', '"Anna B." = "60", Anna = "40"').replace(
        'advance = "1.00"', 'advance = "2.00"\nalso = ["Anna B."]'
    )
    anna, bea, house = sorted(
        split(books, contracts(tmp_path, text)).accounts, key=lambda one: one.payee.strip("(")
    )
    assert (anna.payee, anna.earned, anna.recouped) == ("Anna", Decimal("6.00"), Decimal("2.00"))
    assert [(part.contract, part.percent) for part in anna.parts] == [("One", "50"), ("The rest", "100")]
    assert (bea.payee, house.payee) == ("Bea", HOUSE)


def test_each_currency_is_split_by_a_contract_of_its_own(tmp_path, books):
    made(tmp_path, books, row(earned="1"), row(earned="7.77").removesuffix("USD") + "SEK")
    for code, earned in (("USD", "1"), ("SEK", "7.77")):
        text = f'currency = "{code}"\n[[contract]]\nname = "x"\nshare = {{ Anna = "100" }}'
        found = split(books, contracts(tmp_path, text))
        [anna] = found.accounts
        assert (anna.payable, found.currency, len(found.other_currencies)) == (Decimal(earned), code, 1)
        assert trace(books, anna.parts[0].id).same


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('Bea = "33.33"', 'Bea = "60"'), "add up to at most 100"),
        (('Bea = "33.33"', 'Bea = "-1"'), "add up to at most 100"),
        (('Bea = "33.33"', 'Bea = "a third"'), "expected a number in quotation marks"),
        (('Bea = "33.33"', 'Bea = "NaN"'), "expected a number in quotation marks"),
        (("isrc =", "isrcs ="), "match: expected isrc"),
        (('name = "One"', 'nme = "One"'), "not a file of contracts"),
        (('minimum = "5"', 'minimum = "-5"'), "expected 0 or more"),
        (('currency = "USD"', 'currency = "USD"\nunit = "0"'), "expected more than 0"),
        (('currency = "USD"', 'currency = "dollars"'), "currency: expected a code such as EUR"),
        (('Bea = "33.33"', 'Bea = "100/0"'), "expected a number in quotation marks"),
        (('Bea = "33.33"', 'Bea = "200/3"'), "add up to at most 100, got 350/3"),
        (('Bea = "33.33"', "Bea = 33.33"), "not a file of contracts: Expected `str`, got `float`"),
        (('"QZ-ABC-24-00001"', '"QZ-ABC-24-001"'), "isrc: expected codes such as"),
        (('["QZ-ABC-24-00001"]', "[]"), "isrc: expected a value or more, got none"),
        (('name = "The rest"', 'name = "One"'), "contract 'One': expected one of this name, got 2"),
        (('advance = "1.00"', 'advance = "1.005"'), "advance: expected whole units of 0.01, got 1.005"),
        (('advance = "1.00"', 'advance = "1e30"'), "expected a number in quotation marks"),
        (('advance = "1.00"', 'also = ["Bea"]'), "'Bea': expected one participant of this name"),
    ],
)
def test_contracts_that_cannot_hold_say_why(tmp_path, change, told):
    with pytest.raises(ConfigError, match=told):
        contracts(tmp_path, TWO.replace(*change))


def test_statements_are_written_with_inert_text_and_names_that_are_no_paths(tmp_path, books):
    made(tmp_path, books, row(earned="1"), row(units="-1", earned="-0.5", isrc="QZABC2400001"))
    evil = "../=HYPERLINK(1)<script>alert(1)</script>"
    text = f"""
currency = "USD"
[[contract]]
name = "=1+1"
share = {{ "{evil}" = "100" }}
"""
    found = split(books, contracts(tmp_path, text))
    command._write(tmp_path / "out", found, "all months")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "statement-001.csv",
        "statement-001.html",
    ]
    page = (tmp_path / "out" / "statement-001.html").read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page
    with (tmp_path / "out" / "statement-001.csv").open(newline="") as file:
        header, line = csv.reader(file)
    assert line[header.index("contract")] == "'=1+1"
    assert line[header.index("participant")] == evil
    assert line[header.index("amount")] == "0.50"


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_what_could_start_a_formula_is_text(text):
    assert command.cell(text)[0] == "'"
    assert command.cell("plain") == "plain"
    assert command.cell(Decimal("-1.50")) == "-1.50"


def test_the_contracts_of_the_guide_are_contracts(tmp_path):
    guide = (Path(__file__).parents[2] / "docs" / "howto" / "musician.md").read_text(encoding="utf-8")
    [text] = [
        block for block in re.findall(r"```toml\n(.*?)```", guide, re.DOTALL) if "[[contract]]" in block
    ]
    given = contracts(tmp_path, text)
    assert [contract.name for contract in given.contract] == ["First album", "Everything else"]
    assert given.participant["Bea"].minimum == "50.00"
