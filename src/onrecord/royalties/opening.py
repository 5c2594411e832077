# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The books as tables for SQL, and figures: printed numbers, kept so that each can be followed to its rows."""

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct, structs

from onrecord import durable
from onrecord.engine.duck import Duck, sql_file
from onrecord.model.royalties import LineRejected, StatementLine, StatementPool
from onrecord.royalties import columns
from onrecord.royalties.ledgering import Books

#: Rows that a figure names at most; `lines` says how many there are.
MOST_ROWS: Final = 100
_TYPES: Final = {
    "string": "VARCHAR",
    "int64": "BIGINT",
    "decimal128(38, 24)": "DECIMAL(38, 24)",
    "list<element: string>": "VARCHAR[]",
    "list<item: string>": "VARCHAR[]",
}


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


@contextmanager
def tables(books: Books, memory: str = "2GB") -> Iterator[Duck]:
    """DuckDB with the views `lines`, `pools` and `refused`."""
    with tempfile.TemporaryDirectory(prefix="onrecord-books-") as spill:
        duck = Duck(Path(spill), memory=memory, threads=2)
        try:
            _view(duck, "lines", StatementLine, books.paths("lines"))
            _view(duck, "pools", StatementPool, books.paths("pools"))
            _view(duck, "refused", LineRejected, books.paths("refused"))
            yield duck
        finally:
            duck.close()


def query(duck: Duck, name: str, **parameters: Any) -> list[tuple[Any, ...]]:
    return duck.run(sql_file("onrecord.royalties.statements", name), parameters)


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
    for path in sorted((books.folder / "figures").glob("*.json")):
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, Figure])
        if name in found:
            return found[name]
    return None


def places(found: Sequence[Mapping[str, Any]]) -> list[Place]:
    return [Place(one["file"], one["row"]) for one in found[:MOST_ROWS]]


def _view(duck: Duck, name: str, row: type[Struct], paths: Sequence[Path]) -> None:
    declared = ", ".join(f'"{field.name}" {_TYPES[str(field.type)]}' for field in columns.schema(row))
    duck.run(f"CREATE TABLE {name}_columns ({declared})")
    parts = [f"SELECT * FROM {name}_columns"]
    if paths:
        listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
        parts.insert(0, f"SELECT * FROM read_parquet([{listed}], union_by_name=true)")
    duck.run(f"CREATE VIEW {name} AS {' UNION ALL BY NAME '.join(parts)}")
