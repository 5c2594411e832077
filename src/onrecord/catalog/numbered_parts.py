# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables that lie in parts (`Packed`), put in the order of their numbers a part at a time: so much is sorted, and so
many ids are looked up, as fit into memory, and what was put in order takes the place of what was not."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from onrecord.catalog import match
from onrecord.catalog.match import FOUNDED
from onrecord.engine.duck import Duck
from onrecord.engine.packed import PACKED, Packed, part_rows
from onrecord.engine.parquet import row_count
from onrecord.engine.quoting import parquet, quoted

RECORDINGS: Final = "canonical_recordings"
MEMBERS: Final = "recording_members"
#: Views of all rows in their order. `number` counts from nought.
RECORDINGS_IN_ORDER: Final = "recordings_in_order"
MEMBERS_IN_ORDER: Final = "members_in_order"
#: Members with numbers for ids, in parts.
_NUMBERED: Final = "members_numbered"
#: Rows that the engine reads together, and between which it cuts what it writes; so many of them are a group in parts,
#: less than a group of what is written, which else is cut where theirs are.
_TOGETHER: Final = 2_048
_GROUP: Final = 60 * _TOGETHER


def order_recordings(duck: Duck, packed: Packed, order: str, artists: str) -> None:
    """Leaves `RECORDINGS_IN_ORDER`, with numbers of artists (the query `artists`) for their ids. `order` is of
    canonical rows `c` and founding claims `m`."""
    by = order.replace("c.", "").replace("m.source_id", FOUNDED[1]).replace("m.source", FOUNDED[0])
    looked_up = (
        f"k.* REPLACE (a.number AS artist_id) FROM {{part}} k LEFT JOIN ({artists}) a ON a.id = k.artist_id"
    )
    _put_in_order(duck, packed.parts(RECORDINGS), looked_up, f"{by}, id", RECORDINGS_IN_ORDER, FOUNDED)


def order_members(duck: Duck, packed: Packed, order: str, recordings: str, ids: Path) -> None:
    """Leaves `MEMBERS_IN_ORDER`, with numbers of recordings (the query `recordings`, of the file `ids`) for ids."""
    count = max(row_count(ids), 1)
    parts = count // match.SORTED + 1
    packed.begin(_NUMBERED, f"(recording & 4294967295) * {parts} // {count}")
    for slice in packed.files(MEMBERS):
        packed.add(
            _NUMBERED,
            f"SELECT k.* EXCLUDE (node) REPLACE (i.number AS recording) FROM {parquet(slice)} k"
            f" JOIN ({recordings}) i ON i.id = k.recording",
        )
    _put_in_order(duck, packed.parts(_NUMBERED), "* FROM {part}", order, MEMBERS_IN_ORDER)


def let_members_go(duck: Duck, packed: Packed) -> None:
    """When those in order were written."""
    duck.run(f"DROP VIEW {MEMBERS_IN_ORDER}")
    packed.drop(_NUMBERED)


def _put_in_order(
    duck: Duck, parts: Sequence[Path], looked_up: str, by: str, view: str, beside: Sequence[str] = ()
) -> None:
    listed, before, left = list[str](), 0, ""
    for place, part in enumerate(parts):
        path = part.parent / f"{place}.parquet"
        rows_of_part = looked_up.replace("{part}", part_rows(part))
        duck.run(
            f"COPY (SELECT * FROM (SELECT {rows_of_part}{left}) ORDER BY {by})"
            f" TO {quoted(path)} ({PACKED}, ROW_GROUP_SIZE {_GROUP})"
        )
        shutil.rmtree(part)
        # Groups of rows are cut where so many are whole; what is behind the last of these goes with the next part.
        rows = row_count(path)
        whole = rows if part == parts[-1] else rows // _TOGETHER * _TOGETHER
        file = f"FROM {parquet(path, 'file_row_number = true')}"
        if whole:
            left_out = ", ".join((*beside, "file_row_number"))
            listed.append(
                f"SELECT {before} + file_row_number AS number, * EXCLUDE ({left_out}) {file}"
                + (f" WHERE file_row_number < {whole}" if whole < rows else "")
            )
        left = f" UNION ALL SELECT * EXCLUDE (file_row_number) {file} WHERE file_row_number >= {whole}"
        before += whole
    duck.run(f"CREATE OR REPLACE VIEW {view} AS {' UNION ALL '.join(listed)}")
