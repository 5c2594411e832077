# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements by a person's own table: columns named, or headers translated into those of a known format."""

import re
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest

from onrecord.errors import ConfigError
from onrecord.model.royalties import StatementLine
from onrecord.royalties.loading import load_readers
from onrecord.royalties.statements.mapped import mapping
from onrecord.testing import check_statement_reader
from tests.royalties.statements.made import BELIEVE

OWN = """
name = "my-label"
currency = "EUR"
order = "dmy"
[columns]
month = "Periode"
title = "Titel"
isrc = "ISRC"
quantity = "Anzahl"
amount = "Betrag"
"""
DATA = (
    "Periode;Titel;ISRC;Anzahl;Betrag\n31.03.2026;Lied;DEABC2600001;1.200;1.234,56\n30.04.2026;Lied;;1;0,01\n"
)
RUSSIAN = {
    "Reporting month": "Отчётный месяц", "Sales Month": "Месяц продаж", "Platform": "Площадка",
    "Country / Region": "Страна", "Artist Name": "Артист", "Track title": "Трек", "Quantity": "Количество",
    "Client Payment Currency": "Валюта", "Unit Price": "Цена", "Mechanical Fee": "Мех. сбор",
    "Gross Revenue": "Валовой доход", "Client share rate": "Доля", "Net Revenue": "Чистый доход",
}  # fmt: skip


def write(tmp_path, text):
    path = tmp_path / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    return mapping(path, load_readers().loaded)


def lines(reader, data):
    return [row for row in reader.read(BytesIO(data)) if isinstance(row, StatementLine)]


def test_columns_of_ones_own_with_a_decimal_comma(tmp_path):
    reader = write(tmp_path, OWN)
    check_statement_reader(lambda: reader, DATA.encode(), "x.csv", rows=2)
    first, second = lines(reader, DATA.encode())
    assert (first.month, first.quantity, first.amount, first.currency) == (
        "2026-03",
        1200,
        Decimal("1234.56"),
        "EUR",
    )
    assert (first.reader, second.amount) == ("my-label", Decimal("0.01"))


def test_headers_in_a_language_that_no_reader_knows_are_translated(tmp_path):
    header = "|".join(RUSSIAN.get(name, name) for name in BELIEVE.header.split("|"))
    data = BELIEVE.bytes(header=header)
    assert not any(make().sniff(data, "x.csv") for make in load_readers().loaded.values())
    said = "".join(f'"{theirs}" = "{known}"\n' for known, theirs in RUSSIAN.items())
    reader = write(tmp_path, f'like = "believe"\n[headers]\n{said}')
    assert [line.amount for line in lines(reader, data)] == [Decimal("4.08"), Decimal("0.00425")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nonsense = [", "not a mapping"),
        ('colums = "x"', "unknown keys colums"),
        ('[columns]\nmonth = "M"', "at least `amount`"),
        ('[columns]\namount = "A"\nprice = "P"', "no field is called price"),
        ('order = "ymd"\n[columns]\namount = "A"', "expected one of mdy, dmy"),
        ('like = "nobody"\n[headers]\n"a" = "b"', "expected `like` with a reader"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_why(tmp_path, text, told):
    with pytest.raises(ConfigError, match=told):
        write(tmp_path, text)


def test_the_mapping_of_the_guide_is_a_mapping(tmp_path):
    guide = (Path(__file__).parents[3] / "docs" / "howto" / "musician.md").read_text(encoding="utf-8")
    own, like = [
        block for block in re.findall(r"```toml\n(.*?)```", guide, re.DOTALL) if "[[contract]]" not in block
    ]
    assert [line.amount for line in lines(write(tmp_path, own), DATA.encode())] == [
        Decimal("1234.56"),
        Decimal("0.01"),
    ]
    assert write(tmp_path, like).layouts[0].version == "believe, English, translated"
