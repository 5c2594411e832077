# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures: numbers that a command printed, kept in the books so that each can be followed to its rows."""

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Struct, structs

from onrecord import durable
from onrecord.royalties.ledgering import Books

#: Rows that a figure names at most; `lines` says how many there are.
MOST_ROWS: Final = 100


class Place(Struct, frozen=True, order=True):
    """A row of a file."""

    file: str
    row: int


class Figure(Struct, frozen=True, kw_only=True):
    """A number that was printed: what it says, and which lines it was made of.

    Either `places` names the lines, or `where` selects them (fields of a line with their values), of those the ones
    that have one of the values of `among` in each field, and that no selection of `without` takes.
    """

    id: str
    sentence: str
    lines: int
    amount: Decimal | None = None
    quantity: int | None = None
    currency: str = ""
    where: dict[str, str] = {}
    among: dict[str, list[str]] = {}
    without: list[dict[str, list[str]]] = []
    places: list[Place] = []


def figure(kind: str, sentence: str, **about: Any) -> Figure:
    """A figure with its id: the same lines and the same sentence give the same id."""
    bare = Figure(id="", sentence=sentence, **about)
    told = msgspec.json.encode([kind, bare], order="deterministic")
    return structs.replace(bare, id=f"{kind}-{hashlib.sha256(told).hexdigest()[:12]}")


def remember(books: Books, command: str, figures: Sequence[Figure]) -> None:
    """Keeps the figures that a command printed, in the place of those that it printed before."""
    folder = books.folder / "figures"
    folder.mkdir(exist_ok=True)
    durable.replace(folder / f"{command}.json", msgspec.json.encode({one.id: one for one in figures}))


def recall(books: Books, name: str) -> Figure | None:
    """The figure with the id `name`, of those that are kept."""
    for path in sorted((books.folder / "figures").glob("*.json")):
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, Figure])
        if name in found:
            return found[name]
    return None


def places(found: Sequence[Mapping[str, Any]]) -> list[Place]:
    """The places that a job of `sql/` lists, as {file, row}; the first ones, where there are many."""
    return [Place(one["file"], one["row"]) for one in found[:MOST_ROWS]]
