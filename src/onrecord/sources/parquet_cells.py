# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the values of a row group of Parquet become, before they are unpacked: a few kilobytes may hold any size."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any


def mean(metadata: Any, group: int) -> int:
    """Bytes of a row of this group in the mean, unpacked."""
    described = metadata.row_group(group)
    return int(described.total_byte_size) // max(int(described.num_rows), 1)


def longest(source: Path | IO[bytes], metadata: Any, group: int) -> int:
    """Bytes of the longest values in the dictionaries of a row group, one of each column, together.

    A dictionary holds a value once, for all rows that bear it. Reads the first row.
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    described = metadata.row_group(group)
    leaves = [described.column(place) for place in range(described.num_columns)]
    coded = [
        leaf.path_in_schema
        for leaf in leaves
        if leaf.has_dictionary_page and leaf.physical_type == "BYTE_ARRAY"
    ]
    if not coded:
        return 0
    file = pq.ParquetFile(source, read_dictionary=coded, pre_buffer=False)
    found = 0
    for batch in file.iter_batches(1, row_groups=[group], columns=coded, use_threads=False):
        for column in _dictionaries(batch.columns):
            found += pc.max(pc.binary_length(column.dictionary)).as_py() or 0
        break
    return found


def _dictionaries(columns: Iterable[Any]) -> Iterator[Any]:
    import pyarrow as pa

    for column in columns:
        if pa.types.is_dictionary(column.type):
            yield column
        elif pa.types.is_nested(column.type):
            yield from _dictionaries(column.flatten() if pa.types.is_struct(column.type) else [column.values])
