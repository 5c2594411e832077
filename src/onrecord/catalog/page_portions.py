# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queries that are read side by side, some thousand things at a time: what a process can make pages of by itself."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:  # loaded where it is needed: every command starts with this module
    import pyarrow as pa

    _Batch: TypeAlias = pa.RecordBatch
    _Table: TypeAlias = pa.Table

Claims = Sequence[Sequence[Any]]
#: Values that belong to one thing, column by column.
Columns = Sequence[Sequence[Any]]


class Portion(Struct, frozen=True):
    """What things of a kind are made of whose numbers are from `begin` to before `end`, as tables whose first column is
    a thing's number, in its order: claims, and what is told beside these, None where nothing is. `decided` are claims
    that stand before the others, by id."""

    kind: str
    begin: int
    end: int
    claims: Any
    beside: Mapping[str, Any]
    decided: Mapping[str, Claims]


class Packed(Struct, frozen=True):
    """A portion on its way to another process."""

    kind: str
    begin: int
    end: int
    claims: bytes
    beside: Mapping[str, bytes]
    decided: Mapping[str, Claims]


def cut(
    kind: str,
    claims: Iterator["_Batch"],
    beside: Mapping[str, Iterator["_Batch"]],
    size: int,
    step: int,
    decided: Mapping[str, Claims],
) -> Iterator[Portion]:
    """Portions of about `size` claims, or of fewer where much is told beside these, parted at multiples of `step`, of
    batches in the order of numbers."""
    of_claims, told = _Stream(claims), {name: _Stream(batches) for name, batches in beside.items()}
    begin: int | None = None
    while (bounds := of_claims.reach(size, step)) is not None:
        first, end = bounds
        begin = first if begin is None else begin
        for stream in told.values():
            # Counted from the first claim: what is told of things that are not here is behind it or nobody's.
            end = stream.within(first, end, _BESIDE * size, step)
        table = of_claims.before(end)
        here = {}
        if decided:
            here = {id: decided[id] for id in listed(table.column(_ID)) if id in decided}
        yield Portion(
            kind, begin, end, table, {name: stream.before(end) for name, stream in told.items()}, here
        )
        begin = end


def pack(portion: Portion) -> Packed:
    told = {name: _packed(table) for name, table in portion.beside.items()}
    return Packed(portion.kind, portion.begin, portion.end, _packed(portion.claims), told, portion.decided)


def unpack(packed: Packed) -> Portion:
    told = {name: _unpacked(table) for name, table in packed.beside.items()}
    return Portion(packed.kind, packed.begin, packed.end, _unpacked(packed.claims), told, packed.decided)


def firsts(table: Any) -> list[int]:
    """The row with which each number begins."""
    import numpy as np

    return list(np.flatnonzero(np.diff(table.column(0).to_numpy(), prepend=-1)).tolist())


def columns_of(table: Any, numbers: Sequence[int]) -> Callable[[int], Columns]:
    """Gives for each of `numbers` by its place there what a table has behind it, column by column."""
    import numpy as np

    if table is None:
        return lambda at: _NOTHING
    held = table.column(0).to_numpy()
    begins, ends = (np.searchsorted(held, numbers, side).tolist() for side in ("left", "right"))
    columns = [listed(column) for column in table.columns[1:]]
    if len(columns) == 1:
        [column] = columns
        return lambda at: (column[begins[at] : ends[at]],)
    return lambda at: [column[begins[at] : ends[at]] for column in columns]


def listed(column: Any) -> list[Any]:
    """The values of a column. One of numbers must have no nulls: they would come as what is no whole number."""
    return list(column.to_numpy(zero_copy_only=False).tolist())


#: So many times as many rows as there are claims may be told beside these: some artists have ten thousand recordings.
_BESIDE: Final = 8
#: Nothing in any column; no query has more than these.
_NOTHING: Final = ((), (), ())
#: The column of claims that has ids.
_ID: Final = 1


class _Stream:
    """Batches of one query, from which what comes before a number is taken."""

    def __init__(self, batches: Iterator["_Batch"]) -> None:
        self._batches = batches
        self._held: list[_Batch] = []

    def reach(self, size: int, step: int) -> tuple[int, int] | None:
        """(the first number that is left, a number before which about `size` rows are whole); None at the end."""
        while True:
            count = sum(batch.num_rows for batch in self._held)
            if count >= size:
                end = _number(self._held[-1], -1) // step * step
                if end > _number(self._held[0], 0):
                    return _number(self._held[0], 0), end
            if not self._read():
                return (_number(self._held[0], 0), _number(self._held[-1], -1) + 1) if self._held else None

    def within(self, begin: int, end: int, most: int, step: int) -> int:
        """A number, `end` or less, before which no more than `most` rows are, but for those of one step."""
        while sum(batch.num_rows for batch in self._held) <= most:
            if (self._held and _number(self._held[-1], -1) >= end) or not self._read():
                break
        count = 0
        for batch in self._held:
            if count + batch.num_rows > most:
                least = (begin // step + 1) * step
                return min(end, max(_number(batch, most - count) // step * step, least))
            count += batch.num_rows
        return end

    def before(self, end: int) -> Any:
        """The rows of numbers before this, as one table; None where there are none."""
        import numpy as np
        import pyarrow as pa

        while not self._held or _number(self._held[-1], -1) < end:
            if not self._read():
                break
        found: list[_Batch] = []
        while self._held:
            batch = self._held[0]
            at = int(np.searchsorted(batch.column(0).to_numpy(), end))
            if at:
                found.append(batch.slice(0, at))
            if at < batch.num_rows:
                self._held[0] = batch.slice(at)
                break
            del self._held[0]
        return pa.Table.from_batches(found).combine_chunks() if found else None

    def _read(self) -> bool:
        for batch in self._batches:
            if batch.num_rows:
                self._held.append(batch)
                return True
        return False


def _number(batch: "_Batch", at: int) -> int:
    return int(batch.column(0)[at].as_py())


def _packed(table: Any) -> bytes:
    if table is None:
        return b""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _unpacked(packed: bytes) -> Any:
    if not packed:
        return None
    import pyarrow as pa

    return pa.ipc.open_stream(packed).read_all()
