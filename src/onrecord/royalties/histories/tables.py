# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CSV exports by the names of their columns, whatever their order and however many others there are."""

from collections.abc import Callable, Collection, Iterator, Mapping
from io import BytesIO
from itertools import islice
from typing import Final

from onrecord.model.royalties import LineRejected
from onrecord.royalties.histories.listens import LeftOut, Listen, Wrong, rejected
from onrecord.royalties.rows import Readable, rows

#: Lines of a greeting that may stand above the names of the columns.
_ABOVE: Final = 10


def has_columns(head: bytes, needed: Collection[str]) -> bool:
    """Whether one of the first rows names all these columns."""
    return any(set(needed) <= set(_names(row.cells)) for row in islice(rows(BytesIO(head), ","), _ABOVE))


def cells_of(
    stream: Readable,
    needed: Collection[str],
    wanted: Collection[str],
    make: Callable[[int, Mapping[str, str]], Listen | LeftOut],
) -> Iterator[Listen | LeftOut | LineRejected]:
    """Rows as listens. `make` gets the wanted columns alone, "" for one that the file does not have."""
    places: dict[str, int] = {}
    width = 0
    for row in rows(stream, ","):
        if not places:
            names = _names(row.cells)
            if set(needed) <= set(names):
                places = {column: names.index(column) for column in wanted if column in names}
                width = len(names)
            continue
        try:
            if row.wrong or len(row.cells) != width:
                raise Wrong("", f"{width} cells", row.wrong or f"{len(row.cells)} cells")
            yield make(row.line, {name: row.cells[places[name]] if name in places else "" for name in wanted})
        except Wrong as wrong:
            yield rejected(row.line, wrong)


def _names(cells: list[str]) -> list[str]:
    """Column names in lower case; Apple writes both "Duration Milliseconds" and "Duration In Milliseconds"."""
    return [
        " ".join(cell.lower().split()).replace("duration in milliseconds", "duration milliseconds")
        for cell in cells
    ]
