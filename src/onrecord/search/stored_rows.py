# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A row as it is kept, and what a search weighs of one.

A row that says much lies beside those that are packed together (`row_blocks`), which have as much of it as a search
needs.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from onrecord.model.identifiers import mint

#: A row with more claims, or with more bytes or numbers in one fact, lies beside the blocks: all of a block is read for
#: one of its rows.
_MANY, _LONG = 20, 500

_ENCODER: Final = msgspec.msgpack.Encoder()


class Stored(Struct, frozen=True, array_like=True):
    """A row as it is kept. `ident` is its id, or which of its claims founds that. `beside` is None where it is the
    subtitle. `facts` and `claims` are what `bodies` makes of a page; each claim begins with its source and its id
    there. `codes` are those that `facts` and `claims` do not say."""

    kind: str
    ident: str | int
    title: str
    subtitle: str
    beside: str | None
    facets: str
    weight: int
    known: dict[str, int]
    sound: bool
    newest: int
    seconds: float
    codes: Sequence[Sequence[str]]
    facts: Sequence[Any]
    claims: Sequence[Sequence[Any]]

    @property
    def id(self) -> str:
        return id_of(self.kind, self.ident, self.claims)

    @property
    def searched_beside(self) -> str:
        """The names that are searched beside the title."""
        return self.subtitle if self.beside is None else self.beside


class Head(Struct, frozen=True):
    """What a search weighs of a row."""

    kind: str
    id: str
    title: str
    subtitle: str
    beside: str
    facets: str
    weight: int
    known: dict[str, int]


def id_of(kind: str, ident: str | int, claims: Sequence[Sequence[Any]]) -> str:
    return ident if isinstance(ident, str) else mint(kind, claims[ident][0], claims[ident][1])


def pack_row(row: Stored) -> bytes:
    """A row alone: what a later one is compared with, and how one is kept that came after the blocks."""
    return _ENCODER.encode(row)


def unpack_row(packed: bytes) -> Stored:
    return _ROW.decode(packed)


def head_of(row: Stored) -> Head:
    said = row.title, row.subtitle, row.searched_beside, row.facets
    return Head(row.kind, row.id, *said, row.weight, row.known)


_ROW: Final = msgspec.msgpack.Decoder(Stored)


def is_long(row: Stored) -> bool:
    if len(row.claims) > _MANY:
        return True
    for fact in row.facts:  # noqa: SIM110 - this is asked of every row: a generator takes three times as long
        if isinstance(fact, list | bytes | tuple) and len(fact) > _LONG:
            return True
    return False


def without_page(row: Stored) -> Stored:
    """As much of a row as a search needs."""
    if isinstance(row.ident, int):
        return msgspec.structs.replace(row, facts=(), ident=0, claims=(row.claims[row.ident][:2],), codes=())
    return msgspec.structs.replace(row, facts=(), claims=(), codes=())
