# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which blobs were committed about since a look: who asks about millions again and again asks about those alone."""

from collections.abc import Iterator
from typing import Final

import msgspec

from onrecord.archive.core import Archive
from onrecord.engine.parquet import read_rows
from onrecord.errors import OnrecordError
from onrecord.ledger import Entry, Segment

#: Events that say nothing of a blob: not that it is whole, nor where it lies, nor of its rights.
_SILENT: Final = frozenset(
    {
        "planned",
        "possession",
        "named",
        "submitted",
        "submission-undone",
        "matched",
        "decided",
        "decision-undone",
        "followed",
    }
)
#: Events that name every blob that they say something of: in their rows, and in these fields.
_NAMING: Final = frozenset({"added", "analysed", "checked", "copied", "looked-into", "moved", "vouched"})
_FIELDS: Final = ("repaired", "states", "looked", "moved")
#: Tables that say something of a blob, and the column that names it.
_ABOUT: Final = {"files": "sha256", "links": "blob", "withdrawn": "sha256"}
#: Beyond so many it is quicker to ask about all.
_MOST: Final = 100_000


def touched(archive: Archive, since: int) -> frozenset[str] | None:
    """Digests of the blobs that log entries behind number `since` say something of; None where that may be any, or very
    many. Others lie where they lay, and what is known of their rights is what was."""
    found: set[str] = set()
    try:
        for entry in archive.log.entries(after=since):
            if entry.event in _SILENT:
                continue
            if entry.event not in _NAMING:
                return None
            for blob in _named(archive, entry):
                found.add(blob)
                if len(found) > _MOST:
                    return None
    except OnrecordError:
        return None  # a log that cannot be read says nothing; that it cannot is for others to say
    return frozenset(found)


def _named(archive: Archive, entry: Entry) -> Iterator[str]:
    for field in _FIELDS:
        yield from entry.data.get(field, ())
    for body in entry.data.get("segments", ()):
        segment = msgspec.convert(body, Segment)
        if column := _ABOUT.get(segment.name):
            for row in read_rows(archive.folder / "catalog" / segment.path, [column]):
                if row[column]:
                    yield row[column]
