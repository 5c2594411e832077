# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows in blocks: what goes in comes out, with a dictionary or without, and whatever numbers are left out."""

from typing import Any

import apsw
import msgspec
import pytest

from onrecord.model.identifiers import mint
from onrecord.search import row_blocks
from onrecord.search.row_blocks import BlockAdder, Blocks, BlockWriter
from onrecord.search.stored_rows import Head, Stored, pack_row, unpack_row


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
    return Blocks(written(rows), made)


def written(rows: dict[int, Stored]) -> apsw.Connection:
    db = apsw.Connection(":memory:")
    db.execute(row_blocks.TABLES + row_blocks.CHANGES)
    writer = BlockWriter(db)
    for number, each in rows.items():
        writer.add(number, each)
    writer.finish()
    return db


def expected(each: Stored) -> Head:
    id = each.ident if isinstance(each.ident, str) else mint(each.kind, *each.claims[each.ident][:2])
    beside = each.subtitle if each.beside is None else each.beside
    return Head(each.kind, id, each.title, each.subtitle, beside, each.facets, each.weight, each.known)


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
        assert blocks.head(number) == expected(each)
        assert found.id == unpack_row(pack_row(each)).id == expected(each).id
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


def changed(each: Stored, how: int) -> Stored:
    first, *others = each.claims
    claims = [[*first[:-1], True], *others]
    now: dict[str, Any] = [
        {"title": f"{each.title} (Live)"},
        {"title": "Other", "claims": claims, "weight": 255 - each.weight},
        {"subtitle": "Nobody"},
        {"beside": None if each.beside else "More"},
        {"facets": "kind=recording", "known": {"releases": 9}},
        {"claims": [*each.claims, ["third", "3"]]},
        {"claims": [["shop", "another", *first[2:]], *others]},
        {"ident": "another"},
        {"facts": [each.facts[0], None, [5, *each.facts[2]]], "sound": not each.sound},
        {"seconds": -0.0, "newest": 0},
    ][how]
    return msgspec.structs.replace(each, **now)


def test_what_was_there_is_told_by_what_is_other() -> None:
    rows = {number: row(number, long=number % 97 == 0) for number in range(1, 1_500)}
    db = written(rows)
    held = Blocks(db, "changed")
    places: dict[int, int] = {}
    for run in range(2):  # what the first changed the second changes again
        adder = BlockAdder(db)
        now = {number: changed(each, (number // 4 + run) % 10) for number, each in rows.items() if number % 3}
        now |= {number: row(number) for number in range(2_000 + run, 2_200)}
        places |= {number: adder.add(number, each, held.row(number)) for number, each in now.items()}
        adder.finish()
    assert len(set(places.values())) == len(places)
    blocks = Blocks(db, "changed")
    for number, each in now.items():
        found = blocks.row(places[number])
        assert found is not None and pack_row(found) == pack_row(each)
        assert blocks.head(places[number]) == expected(each)
        assert blocks.id(places[number]) == expected(each).id
    [(differing,)] = db.execute("SELECT sum(length(rows)) FROM newer_differences").fetchall()
    assert isinstance(differing, int) and differing < 12 * 2 * len(rows) * 2 // 3
