# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody's table (CSV, JSON lines, a JSON document, Parquet), read through a mapping that the operator writes."""

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Final

import msgspec

from onrecord.engine import plugins
from onrecord.errors import ConfigError, RecordRejected, SourceRefused
from onrecord.model.records import Claims, Page, Record, Terms
from onrecord.rights import taken
from onrecord.sources import folder, mapped_claims, table_mapping, table_rows
from onrecord.sources.paging import Filling, foreign_cursor
from onrecord.sources.table_mapping import TableMapping
from onrecord.sources.table_rows import At, Row

#: After so many rows the last ones are judged again.
_JUDGED: Final = 500
_SUFFIXES: Final = (".csv", ".tsv", ".tab", ".txt", ".json", ".jsonl", ".ndjson", ".parquet")


class MappedTable:
    """A row is a record. Its payload is a small JSON object: `mapping`, and the row itself verbatim.

    The row is `line`, the text of a CSV row as it stands, with the header's `columns`; or `row`, the bytes of a JSON
    object as they stand; or `row`, a Parquet row written as JSON. The mapping goes with every row because a record
    must say the same for ever, and because a mapping that was corrected then changes the records it is about; a
    reading under another mapping begins anew. What repeats from row to row is packed away where records are kept.

    Setting `mapping`: the mapping's file. If not set: `FILE.csv.toml` or `FILE.toml` beside the file, or
    `mapping.toml` in the folder. See `table_mapping` for what it may say.
    """

    name = "table"
    terms: ClassVar[Terms] = Terms(
        state="unread",
        license="",
        summary="A table has the terms of whoever made it: file it under a name of its own, with its license.",
    )

    def __init__(self, location: Path, settings: Mapping[str, str]) -> None:
        given = plugins.settings(type(self).name, settings, {"name": type(self).name, "mapping": ""})
        self.name = given["name"]
        self._location = location
        self._mapping = given["mapping"]

    def pages(self, cursor: str = "") -> Iterator[Page]:
        """SourceRefused where a table is a set that was taken out of a service against its terms."""
        mapping = table_mapping.read(self._mapping_file())
        mark = hashlib.sha256(msgspec.json.encode(mapping)).hexdigest()[:12]
        start, at = _parsed(cursor, mark)
        page = Filling(cursor)
        for member in folder.members(self._location):
            if not self._is_table(member) or member.parts < folder.place(start):
                continue
            if member.refused:
                page.reject(member.name, member.refused)
                continue
            _look_at(member, mapping)
            found = table_rows.rows(member.path, mapping, at if member.name == start else At())
            for row in _watched(found, member.name):
                self._take(row, member.name, mapping, page)
                page.cursor = msgspec.json.encode((mark, member.name, *row.at)).decode()
                if page.full():
                    yield page.cut()
        yield from page.rest()

    def claims(self, record: Record) -> Claims:
        return Claims() if record.deleted else mapped_claims.claims(self.name, record.id, record.payload)

    def _take(self, row: Row, name: str, mapping: TableMapping, page: Filling) -> None:
        where = f"{name}: row {row.at.rows}" if row.at.rows else name
        if row.wrong:
            page.reject(where, row.wrong)
            return
        try:
            record = self._record(row, mapping)
            mapped_claims.claims(self.name, record.id, record.payload)
        except RecordRejected as reason:
            page.reject(where, reason.message)
        else:
            page.add(record)

    def _record(self, row: Row, mapping: TableMapping) -> Record:
        stored = msgspec.structs.replace(mapping, delimiter=row.delimiter)
        head = b'{"mapping":' + msgspec.json.encode(stored)
        if row.columns and row.delimiter:
            head += b',"columns":' + msgspec.json.encode(row.columns)
        id = mapped_claims.row_id(mapping, row.values)
        return Record(self.name, "row", id, "application/json", head + b"," + row.raw + b"}")

    def _mapping_file(self) -> Path:
        location = self._location
        if self._mapping:
            return Path(self._mapping)
        beside = [location.with_name(f"{location.name}.toml"), location.with_suffix(".toml")]
        places = [location / "mapping.toml"] if location.is_dir() else beside
        found = next((place for place in places if place.is_file()), None)
        if found is None:
            raise ConfigError(
                f"{location}: no mapping says what its columns are",
                hint=f"write {' or '.join(place.name for place in places)} beside it, or set `mapping`",
            )
        return found

    def _is_table(self, member: folder.Member) -> bool:
        """A file that the operator names is read whatever its name; of a folder those that are called tables."""
        name = member.parts[-1].lower().removesuffix(".gz")
        return self._location.is_file() or name.endswith(_SUFFIXES)


def _look_at(member: folder.Member, mapping: TableMapping) -> None:
    """Refuses a table by what it is, whatever the mapping takes of it; and a mapping that is for another table."""
    found = (row.values for row in islice(table_rows.rows(member.path, mapping, At()), taken.SAMPLE))
    values = [value for value in found if value]
    columns = _refuse_taken(member.name, values)
    for column, where in mapping.columns().items():
        needed = where == "id" or where.endswith(("] title", "] name"))
        if values and needed and not any(mapped_claims.has_column(value, column) for value in values):
            listed = ", ".join(map(repr, columns))
            raise ConfigError(
                f"the mapping, {where}: no row of {member.name} has {column!r}",
                hint=f"there are: {listed}"[:2000],
            )


def _watched(rows: Iterable[Row], name: str) -> Iterator[Row]:
    """The rows, looked at on the way: a set may begin behind harmless rows."""
    last: deque[dict[str, Any]] = deque(maxlen=taken.SAMPLE)
    count = 0
    for row in rows:
        if row.values:
            last.append(row.values)
            count += 1
            if count % _JUDGED == 0:
                _refuse_taken(name, last)
        yield row
    _refuse_taken(name, last)


def _refuse_taken(name: str, values: Iterable[dict[str, Any]]) -> list[str]:
    """The columns of these rows; SourceRefused where they are rows of a set that was taken."""
    values = list(values)
    columns = list(dict.fromkeys(column for value in values for column in value))
    cells = ([value.get(column) for column in columns] for value in values)
    if reason := taken.taken_json(values) or taken.taken_table(columns, cells):
        raise SourceRefused(
            f"{name}: {reason}",
            hint="sets that were taken out of a service against its terms are not read",
        )
    return columns


def _parsed(cursor: str, mark: str) -> tuple[str, At]:
    if not cursor:
        return "", At()
    try:
        under, name, *at = msgspec.json.decode(cursor, type=tuple[str, str, int, int, int, int])
    except msgspec.MsgspecError as error:
        raise foreign_cursor(cursor) from error
    return (name, At(*at)) if under == mark else ("", At())
