# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was rejected when a place was read before: a run that goes on behind it does not meet it again."""

from collections.abc import Iterator

from onrecord.archive.core import Archive
from onrecord.engine.parquet import read_rows


def refused_before(archive: Archive, source: str, place: str, most: int) -> tuple[int, list[tuple[str, str]]]:
    """How many records of the place were rejected since it was last begun from its start, and the first `most` of them.

    The log is read from the first rejection of all; memory is what is listed.
    """
    count, listed = 0, list[tuple[str, str]]()
    for where, why in _refused(archive, _entries(archive, source, place)):
        count += 1
        if len(listed) < most:
            listed.append((where, why))
    return count, listed


def _entries(archive: Archive, source: str, place: str) -> set[int]:
    """The entries of the last reading of a place; one that began it anew says `anew`."""
    rejecting = archive.ledger.segments("refusals")
    found: set[int] = set()
    for entry in archive.log.entries(after=rejecting[0][1] - 1) if rejecting else ():
        if entry.event == "harvested" and entry.data["source"] == source and entry.data["location"] == place:
            if entry.data.get("anew"):
                found.clear()
            found.add(entry.seq)
    return found


def _refused(archive: Archive, entries: set[int]) -> Iterator[tuple[str, str]]:
    for segment, seq in archive.ledger.segments("refusals"):
        if seq in entries:
            for row in read_rows(archive.folder / "catalog" / segment.path, ("name", "code", "detail")):
                if row["code"] == "record-rejected":
                    yield row["name"], row["detail"]
