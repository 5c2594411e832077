# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows in blocks: what goes in comes out, with a dictionary or without, and whatever numbers are left out."""

from typing import Any

import apsw
import pytest

from onrecord.model.identifiers import mint
from onrecord.search import row_blocks
from onrecord.search.row_blocks import Blocks, BlockWriter, Head, Stored, pack_row, unpack_row


def row(number: int, kind: str = "recording", *, long: bool = False) -> Stored:
    claims: list[list[Any]] = [
        ["shop", str(number), "", "title", None],
        ["files", f"f{number}", "isrc", None, False],
    ]
    return Stored(
        kind=kind,
        ident=number % 2 if number % 3 else f"id-{number}",
        title=f"Song {number}",
        subtitle="Somebody",
        beside=None if number % 5 else "Somebody Else",
        facets="kind=recording source=shop",
        weight=number % 256,
        known={"releases": number % 4} if number % 4 else {},
        sound=number % 7 == 0,
        newest=number,
        seconds=number / 2,
        codes=[["iswc", "T0000000010"]] if number % 11 == 0 else [],
        facts=[number, None, list(range(2_000 if long else 2))],
        claims=claims[: 1 + (number % 3 > 0)],
    )


def held(rows: dict[int, Stored], made: str) -> Blocks:
    db = apsw.Connection(":memory:")
    db.execute(row_blocks.TABLES)
    writer = BlockWriter(db)
    for number, each in rows.items():
        writer.add(number, each)
    writer.finish()
    return Blocks(db, made)


@pytest.mark.parametrize("few", [True, False])
def test_what_goes_in_comes_out(monkeypatch: pytest.MonkeyPatch, few: bool) -> None:
    monkeypatch.setattr(row_blocks, "_SAMPLES", 20)
    monkeypatch.setattr(row_blocks, "_FEWEST", 1_000 if few else 10)
    numbers = [number for number in range(1, 2_000) if number % 17 and not 300 < number < 500]
    rows = {
        number: row(number, "artist" if number < 700 else "recording", long=number % 97 == 0)
        for number in numbers
    }
    blocks = held(rows, f"made-{few}")
    assert list(blocks.numbers()) == numbers
    for number, each in rows.items():
        found = blocks.row(number)
        assert found is not None and pack_row(found) == pack_row(each)
        expected = (
            each.ident if isinstance(each.ident, str) else mint(each.kind, *each.claims[each.ident][:2])
        )
        beside = each.subtitle if each.beside is None else each.beside
        names = each.title, each.subtitle, beside
        weighed = each.facets, each.weight, each.known
        assert blocks.head(number) == Head(each.kind, expected, *names, *weighed)
        assert found.id == unpack_row(pack_row(each)).id == expected
    for absent in (0, 17, 301, 2_000, 10**9):
        assert blocks.row(absent) is None and blocks.head(absent) is None


def test_rows_come_in_the_order_of_their_numbers() -> None:
    db = apsw.Connection(":memory:")
    db.execute(row_blocks.TABLES)
    writer = BlockWriter(db)
    writer.add(70, row(70))
    for wrong in (70, 69, 3):
        with pytest.raises(ValueError, match="order of their numbers"):
            writer.add(wrong, row(wrong))
