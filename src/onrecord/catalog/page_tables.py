# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pages of recordings are made of, of a large catalog: packed files, one for each range of their numbers, of which
each goes when it was read. Pages grow by as much as these shrink."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from onrecord.engine.duck import Duck
from onrecord.engine.packed import Packed
from onrecord.engine.quoting import parquet

#: What nobody asks for when pages of recordings have begun to be read.
_READ: Final = (
    "release_members",
    "artist_members",
    "page_numbers",
    "page_artists",
    "page_places",
    "page_sounds",
)


def lay_out(packed: Packed, queries: Mapping[str, Sequence[str]]) -> None:
    """Lay out what `read_once` gives: of each name what its queries give. Members are not asked for again."""
    for name, of_ranges in queries.items():
        packed.begin(name)
        for query in of_ranges:
            packed.add(name, query)
    packed.drop("recording_members")


def read_once(duck: Duck, packed: Packed, name: str, job: str, batch: int) -> Iterator[Any]:
    """What a job gives that reads in place of `{<name>}` what was laid out, a range after the other."""
    for path in packed.files(name):
        yield from duck.batches(job.replace(f"{{{name}}}", parquet(path)), batch)
        path.unlink()
    packed.drop(name)


def let_go(packed: Packed) -> None:
    """What else pages were made of goes, if it is there."""
    for name in _READ:
        if packed.has(name):
            packed.drop(name)
