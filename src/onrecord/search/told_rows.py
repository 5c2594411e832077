# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows that are told by what is other than in a row before: their numbers as steps and what is other in each, packed
some hundreds together. The row before lies elsewhere (`row_blocks`), and never changes."""

import sys
from itertools import accumulate, pairwise
from typing import Any, Final

import apsw
import msgspec
from msgspec import Struct

from onrecord.search import row_differences
from onrecord.search.row_differences import Difference
from onrecord.search.stored_rows import Head, Stored, pack_row, unpack_row

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CHANGES: Final = """
CREATE TABLE newer_differences (place INTEGER PRIMARY KEY, rows BLOB);
"""
#: Places of rows that are told so begin here.
FIRST: Final = 1 << 41
#: So many are packed together.
_TOGETHER: Final = 256
#: Of the packed ones that were asked for so many are remembered.
_REMEMBERED: Final = 8
_LEVEL: Final = 12

_ENCODER: Final = msgspec.msgpack.Encoder()
_PLAIN: Final = msgspec.msgpack.Decoder()
#: Numbers as steps, and what is other in the row of each.
_TOLD: Final = msgspec.msgpack.Decoder(tuple[list[int], list[msgspec.Raw]])


class Teller:
    """Writes rows behind those that a file has."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        last: Any = db.execute("SELECT max(place) FROM newer_differences").fetchone()
        self._first = FIRST if last[0] is None else last[0] + _TOGETHER
        self._told: list[tuple[int, Difference]] = []

    def add(self, number: int, row: Stored, before: Stored) -> int:
        """Gives the place of the row; its number is by which the one before is found."""
        self._told.append((number, row_differences.difference(_plain(before), _plain(row))))
        place = self._first + len(self._told) - 1
        if len(self._told) == _TOGETHER:
            self.finish()
        return place

    def finish(self) -> None:
        if self._told:
            numbers, told = zip(*self._told, strict=True)
            steps = [number - last for last, number in pairwise((0, *numbers))]
            packed = zstd.compress(_ENCODER.encode((steps, told)), _LEVEL)
            self._db.execute("INSERT INTO newer_differences VALUES (?,?)", (self._first, packed))
            self._told, self._first = [], self._first + _TOGETHER


class Told(Struct, frozen=True):
    """A row: its number, and what is other in it than in the one before, which that number stands for."""

    number: int
    other: Difference

    def row(self, before: Stored) -> Stored:
        return unpack_row(_ENCODER.encode(row_differences.changed(_plain(before), self.other)))

    def head(self, before: Head) -> Head | None:
        """None where it does not follow from the head before."""
        if self.may_rename:
            return None
        within = self._within()
        if not within or not _NAMED.isdisjoint(within):
            return None
        now = {
            name: row_differences.changed(getattr(before, name), within[at])
            for name, at in _WEIGHED.items()
            if at in within
        }
        return msgspec.structs.replace(before, **now)

    @property
    def may_rename(self) -> bool:
        """Might the row have another id?"""
        if self.other[0] != row_differences.WITHIN:
            return True
        within = self._within()
        if _IDENT in within or _CLAIMS not in within:
            return _IDENT in within
        claims = within[_CLAIMS]
        return claims[0] != row_differences.WITHIN or any(
            claim[0] != row_differences.WITHIN or min(claim[1::2]) < _WHOSE for claim in claims[2::2]
        )

    def _within(self) -> dict[int, Difference]:
        return dict(zip(self.other[1::2], self.other[2::2], strict=True))


class ToldRows:
    """Reads them, for one question."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._last: dict[int, tuple[list[int], list[msgspec.Raw]]] = {}

    def at(self, place: int) -> Told:
        first = place - place % _TOGETHER
        if first not in self._last:
            if len(self._last) == _REMEMBERED:
                del self._last[next(iter(self._last))]
            query = "SELECT rows FROM newer_differences WHERE place=?"
            found: Any = self._db.execute(query, (first,)).fetchone()
            steps, told = _TOLD.decode(zstd.decompress(found[0]))
            self._last[first] = list(accumulate(steps)), told
        numbers, told = self._last[first]
        return Told(numbers[place - first], _PLAIN.decode(told[place - first]))


def _plain(row: Stored) -> Any:
    """A row as what MessagePack has."""
    return _PLAIN.decode(pack_row(row))


#: Where in a row its id, or which claim founds that, and its claims are; names of which one may be as the other; and
#: what else a search weighs.
_IDENT, _CLAIMS = map(Stored.__struct_fields__.index, ("ident", "claims"))
_NAMED: Final = set(map(Stored.__struct_fields__.index, ("subtitle", "beside")))
_WEIGHED: Final = {
    name: Stored.__struct_fields__.index(name) for name in ("title", "facets", "weight", "known")
}
#: Of a claim so much says whose it is.
_WHOSE: Final = 2
