# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of a table in a file, one by one: CSV, JSON lines, a JSON document, Parquet. Memory stays flat."""

import codecs
import csv
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, cast

import msgspec

from onrecord.errors import ConfigError, RecordRejected
from onrecord.sources import json_texts, strict_json
from onrecord.sources.table_mapping import TableMapping

#: Longest row of a CSV file in bytes, and most lines that one may have.
LONGEST: Final = 1024 * 1024
_MOST_LINES: Final = 2000
_BATCH: Final = 500
_GZIP: Final = b"\x1f\x8b"
_MARKS: Final = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_DELIMITERS: Final = ",;\t|"
_DAMAGED: Final = (EOFError, OSError, zlib.error)


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

    A file that is cut off or damaged gives what stands before, and a last row that says so.
    """
    try:
        with _opened(path) as stream:
            kind = mapping.format or _kind(stream.read(64), path)
            stream.seek(0)
            if kind == "csv":
                for row in _csv(stream, path, mapping, at):
                    yield row
                    at = row.at
        if kind == "json":
            yield from _json(path, mapping, at)
        elif kind == "parquet":
            yield from _parquet(path, mapping, at)
    except _DAMAGED as error:
        why = f"cut off or damaged ({error or type(error).__name__}); what stands before was read, fetch the file again"
        yield Row(at, b"", {}, wrong=why)


def cells(line: str, delimiter: str, quoted: bool) -> list[str]:
    """The cells of one row's text; RecordRejected where its quotation marks do not fit."""
    try:
        text = [line.rstrip("\r\n")]
        if not quoted:
            return next(csv.reader(text, delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
        return next(csv.reader(text, delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise RecordRejected(f"not a row of CSV: {error}") from error


def _opened(path: Path) -> BinaryIO:
    with path.open("rb") as stream:
        packed = stream.read(2) == _GZIP
    return cast(BinaryIO, gzip.open(path, "rb")) if packed else path.open("rb")


def _kind(head: bytes, path: Path) -> str:
    if head.startswith(b"PAR1"):
        return "parquet"
    suffixes = [suffix.lower() for suffix in path.suffixes]
    json_name = any(suffix in (".json", ".jsonl", ".ndjson") for suffix in suffixes)
    return "json" if json_name or head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"{", b"[") else "csv"


def _csv(stream: BinaryIO, path: Path, mapping: TableMapping, at: At) -> Iterator[Row]:
    lines = _Lines(stream, mapping.encoding)
    for _ in range(mapping.skip):
        lines.next()
    columns, delimiter = _header(lines, path, mapping)
    if at.offset:
        lines.move(at)
    number = at.rows
    while text := lines.row(mapping.quoted, delimiter):
        if not text.wrong and not text.line.strip("\r\n"):
            continue
        number += 1
        row = Row(At(), b"", {}, wrong=text.wrong)
        if not text.wrong:
            row = _csv_row(text.line, columns, delimiter, mapping.quoted)
        if row.wrong and text.behind:
            lines.move(text.behind)  # the lines behind the first may be rows of their own
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
    start = At(lines.offset, lines.lines)
    text = lines.row(mapping.quoted)
    if text is None or text.wrong:
        raise ConfigError(f"{path}: it has no header: {text.wrong if text else 'it is empty'}")
    found: dict[str, tuple[str, ...]] = {}
    for delimiter in mapping.delimiter or _DELIMITERS:
        try:
            names = tuple(name.strip() for name in cells(text.line, delimiter, mapping.quoted))
        except RecordRejected:
            continue
        found[delimiter] = names if mapping.header else tuple(str(place + 1) for place in range(len(names)))
    if not mapping.header:
        lines.move(start)
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
    """A row's text. `behind` stands behind the first of its lines, where it has several."""

    line: str
    wrong: str = ""
    behind: At | None = None


class _Lines:
    """The lines of a text whose encoding its mark says, or the mapping; knows the bytes and lines behind it."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        head = stream.read(4)
        mark = next((mark for mark in _MARKS if head.startswith(mark)), b"")
        self.encoding = _MARKS.get(mark, encoding)
        if self.encoding == "utf-16":
            raise ConfigError(
                "encoding: utf-16, but the file has no byte order mark; save it with one, or as UTF-8"
            )
        self._wide = self.encoding.startswith("utf-16")
        self._stream = stream
        self.offset = len(mark)
        self.lines = 0
        stream.seek(self.offset)

    def move(self, at: At) -> None:
        if self._stream.seek(at.offset) != at.offset:
            raise EOFError("shorter than at the last reading")
        self.offset, self.lines = at.offset, at.lines

    def next(self) -> bytes:
        line = self._wide_line() if self._wide else self._stream.readline(LONGEST + 1)
        self.offset += len(line)
        self.lines += bool(line)
        return line

    def row(self, quoted: bool, delimiter: str = "") -> _Text | None:
        """The next row; lines go together while a quotation mark is open. None at the end.

        Where no mark closes it in time only its first line is given up, and what follows is read.
        """
        if not (first := self._decoded()):
            return None
        if first.wrong or not quoted or first.line.count('"') % 2 == 0 or _is_whole(first.line, delimiter):
            return first
        behind = At(self.offset, self.lines)
        parts, marks, size = [first.line], first.line.count('"'), len(first.line)
        while marks % 2 and size < LONGEST and len(parts) < _MOST_LINES and (more := self._decoded()):
            if more.wrong:
                break
            parts.append(more.line)
            size += len(more.line)
            marks += more.line.count('"')
        if marks % 2 == 0:
            return _Text("".join(parts), "", behind)
        why = "a quotation mark that nothing closes; write `quoted = false` where they mean nothing"
        return _Text("", why, behind)

    def _decoded(self) -> _Text | None:
        line = self.next()
        if not line:
            return None
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


def _json(path: Path, mapping: TableMapping, at: At) -> Iterator[Row]:
    number = at.rows
    offset, lines, taken = at.offset, at.lines, at.taken
    for text in json_texts.texts(path, offset, lines):
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
    for key in path.split(".") if path else ():
        if not isinstance(value, dict) or key not in value:
            keys = (
                ", ".join(sorted(map(str, value))[:12]) if isinstance(value, dict) else type(value).__name__
            )
            raise RecordRejected(f"rows = {path!r}: nothing is called {key!r} there; there are: {keys}"[:400])
        value = value[key]
        data = bytes(msgspec.json.decode(data, type=dict[str, msgspec.Raw])[key])
    if not isinstance(value, list):
        return [(data, value)]
    raws = msgspec.json.decode(data, type=list[msgspec.Raw])
    return [(bytes(raw), element) for raw, element in zip(raws, value, strict=True)]


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
            for batch in file.iter_batches(_BATCH, row_groups=[group], use_threads=False):
                kept = batch.slice(skip)
                skip = max(skip - batch.num_rows, 0)
                for value in kept.to_pylist():
                    number += 1
                    raw = msgspec.json.encode(value)
                    yield Row(At(rows=number), b'"row":' + raw, msgspec.json.decode(raw), columns)
    except (pa.ArrowException, OSError, ValueError, TypeError, OverflowError) as error:
        yield Row(At(rows=number), b"", {}, wrong=f"cut off or damaged Parquet: {str(error)[:300]}")


def _groups(metadata: Any, behind: int) -> Iterator[tuple[int, int]]:
    """The row groups that hold rows behind a number, and how many rows of each to pass over."""
    for group in range(metadata.num_row_groups):
        size = metadata.row_group(group).num_rows
        if behind < size:
            yield group, behind
        behind = max(behind - size, 0)
