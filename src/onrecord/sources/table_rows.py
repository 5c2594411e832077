# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of a table in a file, one by one: CSV, JSON lines, a JSON document, Parquet. Memory stays flat."""

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from onrecord.errors import ConfigError, RecordRejected
from onrecord.sources import json_elements, json_texts, packed, parquet_cells, strict_json
from onrecord.sources.table_mapping import TableMapping

#: Longest row of a CSV file in bytes, and most lines that one may have.
LONGEST: Final = 1024 * 1024
_MOST_LINES: Final = 2000
_BATCH: Final = 500
#: Rows of Parquet that are unpacked as values at a time, in bytes; those of a batch that holds more come one by one.
_MOST_AT_ONCE: Final = 16 * LONGEST
_MARKS: Final = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_DELIMITERS: Final = ",;\t|"


class At(NamedTuple):
    """Behind which row: bytes and lines (CSV, JSON), rows of the file, and elements taken of the document there."""

    offset: int = 0
    lines: int = 0
    rows: int = 0
    taken: int = 0


class Row(NamedTuple):
    """A row. `wrong` says why it cannot be read.

    raw     its own bytes: as JSON a member of the record, `"line":"…"` or `"row":{…}`
    values  its cells by column; of a JSON row the object
    """

    at: At
    raw: bytes
    values: dict[str, Any]
    columns: tuple[str, ...] = ()
    delimiter: str = ""
    wrong: str = ""


def rows(path: Path, mapping: TableMapping, at: At) -> Iterator[Row]:
    """The rows of a file behind `at`. ConfigError where a column that the mapping names is not in it.

    A file that is cut off or damaged gives what stands before, and a last row that says so. So does a tar: a mapping is
    for one table.
    """
    try:
        for part in packed.parts(path):
            if part.name or part.refused:
                yield Row(at, b"", {}, wrong="a tar of files, expected one table; unpack it")
                return
            for row in _rows(part.stream, path, mapping, at):
                yield row
                at = row.at
    except packed.DAMAGE as error:
        yield Row(at, b"", {}, wrong=packed.damage(error))


def cells(line: str, delimiter: str, quoted: bool) -> list[str]:
    """The cells of one row's text; RecordRejected where its quotation marks do not fit."""
    try:
        text = [line.rstrip("\r\n")]
        if not quoted:
            return next(csv.reader(text, delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
        return next(csv.reader(text, delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise RecordRejected(f"not a row of CSV: {error}") from error


def _rows(stream: io.BufferedReader, path: Path, mapping: TableMapping, at: At) -> Iterator[Row]:
    head = stream.read(64)
    stream = packed.again(stream, head)
    kind = mapping.format or _kind(head, path)
    if kind == "csv":
        return _csv(stream, path, mapping, at)
    return _json(stream, path, mapping, at) if kind == "json" else _parquet(path, mapping, at)


def _kind(head: bytes, path: Path) -> str:
    if head.startswith(b"PAR1"):
        return "parquet"
    suffixes = [suffix.lower() for suffix in path.suffixes]
    json_name = any(suffix in (".json", ".jsonl", ".ndjson") for suffix in suffixes)
    return "json" if json_name or head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"{", b"[") else "csv"


def _csv(stream: io.BufferedReader, path: Path, mapping: TableMapping, at: At) -> Iterator[Row]:
    lines = _Lines(stream, mapping.encoding)
    for _ in range(mapping.skip):
        lines.next()
    columns, delimiter = _header(lines, path, mapping)
    if at.offset:
        lines.go_on(at)
    number = at.rows
    while text := lines.row(mapping.quoted, delimiter):
        if not text.wrong and not text.line.strip("\r\n"):
            continue
        number += 1
        row = Row(At(), b"", {}, wrong=text.wrong)
        if not text.wrong:
            row = _csv_row(text.line, columns, delimiter, mapping.quoted)
        if row.wrong:
            lines.give_back(1)  # the lines behind the first may be rows of their own
        yield row._replace(at=At(lines.offset, lines.lines, number))


def _csv_row(line: str, columns: tuple[str, ...], delimiter: str, quoted: bool) -> Row:
    try:
        found = cells(line, delimiter, quoted)
    except RecordRejected as reason:
        return Row(At(), b"", {}, wrong=reason.message)
    if len(found) != len(columns):
        return Row(At(), b"", {}, wrong=f"expected {len(columns)} cells, as the header has, got {len(found)}")
    raw = b'"line":' + msgspec.json.encode(line.rstrip("\r\n"))
    return Row(At(), raw, dict(zip(columns, found, strict=True)), columns, delimiter)


def _header(lines: "_Lines", path: Path, mapping: TableMapping) -> tuple[tuple[str, ...], str]:
    """The columns, and the delimiter under which all are there that the mapping names."""
    text = lines.row(mapping.quoted)
    if text is None or text.wrong:
        raise ConfigError(f"{path}: it has no header: {text.wrong if text else 'it is empty'}")
    if "\r" in text.line.partition('"')[0].rstrip("\r\n"):
        raise ConfigError(
            f"{path}: its lines end with a carriage return alone, expected a line feed",
            "save it with the line ends of Unix or Windows",
        )
    found: dict[str, tuple[str, ...]] = {}
    for delimiter in mapping.delimiter or _DELIMITERS:
        try:
            names = tuple(name.strip() for name in cells(text.line, delimiter, mapping.quoted))
        except RecordRejected:
            continue
        found[delimiter] = names if mapping.header else tuple(str(place + 1) for place in range(len(names)))
    if not mapping.header:
        lines.give_back(0)
    fitting = [delimiter for delimiter, names in found.items() if set(mapping.columns()) <= set(names)]
    best = max(fitting or found, key=lambda delimiter: len(found[delimiter]), default="")
    _check(path, mapping, found.get(best, ()))
    return found[best], best


def _check(path: Path, mapping: TableMapping, columns: tuple[str, ...]) -> None:
    listed = f"columns of {path.name}: {', '.join(map(repr, columns))}"[:2000]
    for column, where in mapping.columns().items():
        if columns.count(column) != 1:
            many = "more than one" if column in columns else "no"
            raise ConfigError(f"the mapping, {where}: {path.name} has {many} column {column!r}", hint=listed)


class _Text(NamedTuple):
    line: str
    wrong: str = ""


class _Lines:
    """The lines of a text whose encoding its mark says, or the mapping; knows the bytes and lines behind it.

    A packed text cannot be sought in: lines of the row that was read last may be given back, and come again.
    """

    def __init__(self, stream: io.BufferedReader, encoding: str) -> None:
        head = stream.read(4)
        mark = next((mark for mark in _MARKS if head.startswith(mark)), b"")
        self.encoding = _MARKS.get(mark, encoding)
        if self.encoding == "utf-16":
            raise ConfigError(
                "encoding: utf-16, but the file has no byte order mark; save it with one, or as UTF-8"
            )
        self._wide = self.encoding.startswith("utf-16")
        self._stream = packed.again(stream, head)
        packed.skip(self._stream, len(mark))
        self.offset = len(mark)
        self.lines = 0
        self._of_row: list[bytes] = []
        self._back: list[bytes] = []

    def go_on(self, at: At) -> None:
        """Goes to a place that is not before this one."""
        while self._back and self.offset < at.offset:
            self.next()
        if not packed.skip(self._stream, at.offset - self.offset):
            raise EOFError("shorter than at the last reading")
        self.offset, self.lines = at.offset, at.lines

    def next(self) -> bytes:
        if self._back:
            line = self._back.pop()
        else:
            line = self._wide_line() if self._wide else self._stream.readline(LONGEST + 1)
        self.offset += len(line)
        self.lines += bool(line)
        self._of_row += [line] if line else []
        return line

    def give_back(self, first: int) -> None:
        """Gives back the lines of the last row from the one with this index on."""
        lines = self._of_row[first:]
        del self._of_row[first:]
        self._back += reversed(lines)
        self.offset -= sum(map(len, lines))
        self.lines -= len(lines)

    def row(self, quoted: bool, delimiter: str = "") -> _Text | None:
        """The next row; lines go together while a quotation mark is open. None at the end.

        Where no mark closes it in time only its first line is given up, and what follows is read.
        """
        self._of_row = []
        if not (line := self.next()):
            return None
        first = self._decoded(line)
        if first.wrong or not quoted or first.line.count('"') % 2 == 0 or _is_whole(first.line, delimiter):
            return first
        parts, marks, size = [first.line], first.line.count('"'), len(first.line)
        while marks % 2 and size < LONGEST and len(parts) < _MOST_LINES and (line := self.next()):
            if len(line) > LONGEST or (more := self._decoded(line)).wrong:
                break
            parts.append(more.line)
            size += len(more.line)
            marks += more.line.count('"')
        if marks % 2 == 0:
            return _Text("".join(parts))
        return _Text(
            "", "a quotation mark that nothing closes; write `quoted = false` where they mean nothing"
        )

    def _decoded(self, line: bytes) -> _Text:
        if len(line) > LONGEST:
            while line and not line.endswith(b"\n"):
                line = self._stream.readline(LONGEST)
                self.offset += len(line)
            return _Text("", f"a line of more than {LONGEST} bytes, which no row is")
        try:
            return _Text(line.decode(self.encoding))
        except UnicodeDecodeError as error:
            byte = line[error.start]
            return _Text(
                "", f"expected {self.encoding}, got the byte 0x{byte:02x}; name the file's `encoding`"
            )

    def _wide_line(self) -> bytes:
        """Up to a line feed of two bytes; a byte of another sign may look like half of one."""
        low = self.encoding == "utf-16-le"
        line = b""
        while len(line) <= LONGEST and (part := self._stream.readline(LONGEST)):
            line += part
            if low and len(line) % 2:
                line += self._stream.read(1)
            if line.endswith(b"\n\0" if low else b"\0\n") and len(line) % 2 == 0:
                break
        return line


def _is_whole(line: str, delimiter: str) -> bool:
    """A mark inside a cell that does not begin with one means nothing: `7" single`."""
    try:
        return bool(delimiter) and bool(cells(line, delimiter, quoted=True))
    except RecordRejected:
        return False


def _json(stream: io.BufferedReader, path: Path, mapping: TableMapping, at: At) -> Iterator[Row]:
    number = at.rows
    offset, lines, taken = at.offset, at.lines, at.taken
    document = json_texts.may_be_document(path.name)
    for text in json_texts.texts_in(stream, offset, lines, document=document):
        before = At(offset, lines)
        offset, lines = text.offset, text.lines
        try:
            if text.wrong:
                raise RecordRejected(text.wrong)
            found = _elements(text.data, mapping.rows)
        except RecordRejected as reason:
            number += 1
            yield Row(At(offset, lines, number), b"", {}, wrong=reason.message)
            continue
        for place, (raw, value) in enumerate(found, 1):
            if place <= taken:
                continue
            number += 1
            last = place == len(found)
            here = At(offset, lines, number) if last else At(*before[:2], number, place)
            if isinstance(value, dict):
                yield Row(here, b'"row":' + raw, value)
            else:
                yield Row(here, b"", {}, wrong=f"expected an object, got {type(value).__name__}")
        taken = 0


def _elements(data: bytes, path: str) -> list[tuple[bytes, Any]]:
    """The rows in a JSON text, each as its bytes and its value: the text itself, or the elements of its list."""
    value = strict_json.read(data)
    keys = path.split(".") if path else []
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            there = (
                ", ".join(sorted(map(str, value))[:12]) if isinstance(value, dict) else type(value).__name__
            )
            raise RecordRejected(
                f"rows = {path!r}: nothing is called {key!r} there; there are: {there}"[:400]
            )
        value = value[key]
    if not isinstance(value, list):
        return [(json_elements.value(data, *keys), value)]
    found = json_elements.elements(data, *keys)
    return [(element.raw, item) for element, item in zip(found, value, strict=True)]


def _parquet(path: Path, mapping: TableMapping, at: At) -> Iterator[Row]:
    """One thread, a batch in memory. A file that is cut off has lost its index: nothing of it can be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = at.rows
    try:
        file = pq.ParquetFile(path)
        columns = tuple(file.schema_arrow.names)
        _check(path, mapping, columns)
        for group, skip in _groups(file.metadata, at.rows):
            cells = parquet_cells.longest(path, file.metadata, group)
            if cells > LONGEST or parquet_cells.mean(file.metadata, group) > LONGEST:
                number += file.metadata.row_group(group).num_rows - skip
                long = f"row group {group + 1}: its rows have more than {LONGEST} bytes, which no row has"
                yield Row(At(rows=number), b"", {}, wrong=long)
                continue
            size = min(_BATCH, max(_MOST_AT_ONCE // max(cells, 1), 1))
            for batch in file.iter_batches(size, row_groups=[group], use_threads=False):
                kept = batch.slice(skip)
                skip = max(skip - batch.num_rows, 0)
                for value in _values(kept):
                    number += 1
                    raw = b"" if value is None else msgspec.json.encode(value)
                    if raw and len(raw) <= LONGEST:
                        yield Row(At(rows=number), b'"row":' + raw, msgspec.json.decode(raw), columns)
                    else:
                        long = f"more than {LONGEST} bytes, which no row has"
                        yield Row(At(rows=number), b"", {}, wrong=long)
    except (pa.ArrowException, OSError, ValueError, TypeError, OverflowError) as error:
        yield Row(At(rows=number), b"", {}, wrong=f"cut off or damaged Parquet: {str(error)[:300]}")


def _values(batch: Any) -> Iterator[dict[str, Any] | None]:
    """The rows of a batch; None for one that is too long to become values."""
    if batch.nbytes <= _MOST_AT_ONCE:
        yield from batch.to_pylist()
        return
    for number in range(batch.num_rows):
        row = batch.slice(number, 1)
        yield None if row.nbytes > _MOST_AT_ONCE else row.to_pylist()[0]


def _groups(metadata: Any, behind: int) -> Iterator[tuple[int, int]]:
    """The row groups that hold rows behind a number, and how many rows of each to pass over."""
    for group in range(metadata.num_row_groups):
        size = metadata.row_group(group).num_rows
        if behind < size:
            yield group, behind
        behind = max(behind - size, 0)
