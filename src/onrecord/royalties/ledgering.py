# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The books: a folder of Parquet beside no archive, where every row of every statement lies with its file and number.

    onrecord-books/
      books.json                   the version of this layout
      statements/<sha256>/         one file's rows: lines, pools, notes, refused (.parquet), statement.json

A statement's folder appears by one rename when it is whole; the same file twice changes nothing.
"""

import contextlib
import hashlib
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
from msgspec import Struct

from onrecord import durable
from onrecord.engine import plugins
from onrecord.errors import IntegrityError, NewerFormat, NotFound, SourceRefused, UsageError
from onrecord.model.royalties import LineRejected, StatementLine, StatementNote, StatementPool, StatementRow
from onrecord.royalties import files
from onrecord.royalties.columns import Writers
from onrecord.royalties.loading import load_readers
from onrecord.royalties.rows import rows
from onrecord.royalties.seams import StatementReader
from onrecord.royalties.statements import values
from onrecord.royalties.statements.layout import NO_CURRENCY

FORMAT: Final = 1
_HEAD: Final = 65536
_BLOCK: Final = 1 << 20


class Total(Struct, frozen=True, kw_only=True):
    """Money of a statement in one currency. `amount` of kept lines; refunds are part of it and told apart."""

    currency: str
    lines: int
    amount: Decimal
    refunds: Decimal


class Statement(Struct, frozen=True, kw_only=True):
    """One imported file and what became of its rows.

    text_lines   lines of the file that are not empty, counted apart from the reader
    refused_money
                 what stands in the refused rows where the money would be, as far as it is a number
    decimals     the most decimals that each field has in this file: what its rounding was
    columns      the headers of the rows, by the number that a row bears
    doubts       what about the file as a whole may be wrong
    """

    file: str
    name: str
    bytes: int
    reader: str
    version: str
    standing: str
    text_lines: int
    kept: int
    pools: int
    notes: dict[str, int]
    refused: int
    refused_money: Decimal
    totals: list[Total]
    first_month: str
    last_month: str
    decimals: dict[str, int]
    relations: list[str]
    columns: list[list[str]]
    doubts: list[str]

    @property
    def rows(self) -> int:
        return self.kept + self.pools + sum(self.notes.values()) + self.refused


class Imported(Struct, frozen=True, kw_only=True):
    """One statement of an import: new, there before, or not taken and why. The first refused rows are shown."""

    name: str
    statement: Statement | None
    new: bool
    why_not: str = ""
    refused: tuple[LineRejected, ...] = ()


class Books:
    """A folder of statements."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def open(cls, folder: Path, make: bool = False) -> "Books":
        marker = folder / "books.json"
        if not marker.exists():
            if not make:
                raise NotFound(
                    f"{folder}: no books here",
                    "make them with `onrecord royalties import STATEMENT… --to FOLDER`",
                )
            if folder.exists() and any(folder.iterdir()):
                raise UsageError(
                    f"{folder}: expected a folder of books, or an empty or new one, got other files"
                )
            (folder / "statements").mkdir(parents=True, exist_ok=True)
            durable.replace(marker, msgspec.json.encode({"schema": "onrecord.books", "format": FORMAT}))
        try:
            found = msgspec.json.decode(marker.read_bytes()).get("format")
        except (msgspec.DecodeError, AttributeError) as error:
            raise IntegrityError(f"{marker}: not readable: {error}", "restore it from a copy") from error
        if found != FORMAT:
            raise NewerFormat(f"{folder}: books of format {found}, this version knows {FORMAT}")
        return cls(folder)

    def statements(self) -> list[Statement]:
        """Every statement, in the order of its digest."""
        found = []
        for path in sorted((self.folder / "statements").glob("*/statement.json")):
            try:
                found.append(msgspec.json.decode(path.read_bytes(), type=Statement))
            except msgspec.DecodeError as error:
                raise IntegrityError(
                    f"{path}: not readable: {error}", "remove its folder and import again"
                ) from error
        return found

    def statement(self, digest: str) -> Statement:
        """By the digest, or the beginning of it that no other has."""
        found = [one for one in self.statements() if one.file.startswith(digest)] if digest else []
        if len(found) != 1:
            raise NotFound(
                f"{digest!r}: {len(found)} statements in {self.folder} have this digest, expected one"
            )
        return found[0]

    def paths(self, kind: str) -> list[Path]:
        """The Parquet files of a kind of rows: `lines`, `pools`, `notes` or `refused`."""
        return sorted((self.folder / "statements").glob(f"*/{kind}.parquet"))

    def place(self, digest: str) -> Path:
        return self.folder / "statements" / digest


def keep(
    books: Books,
    paths: Iterable[Path],
    *,
    currency: str = "",
    month: str = "",
    reader: StatementReader | None = None,
    shown: int = 50,
) -> Iterator[Imported]:
    """Takes the statements of each file into the books, a file at a time.

    `currency` and `month` stand in where a statement does not name its own. `reader` reads all of them, whatever they
    look like; else each is recognized by its columns.
    """
    currency = check_currency(currency)
    readers = [reader] if reader else [make() for make in load_readers().loaded.values()]
    for path in paths:
        try:
            some = False
            for name, stream in files.statements(path):
                some = True
                yield _one(books, name, stream, readers, reader is not None, currency, month, shown)
            if not some:
                yield Imported(
                    name=str(path),
                    statement=None,
                    new=False,
                    why_not="a zip without a statement (CSV, TSV, TXT)",
                )
        except SourceRefused as refused:
            yield Imported(name=str(path), statement=None, new=False, why_not=refused.message)


def check_currency(code: str) -> str:
    if code and not (len(code) == 3 and code.isascii() and code.isalpha() and code.upper() != NO_CURRENCY):
        raise UsageError(f"currency: expected a code such as EUR, got {code!r}")
    return code.upper()


def _one(
    books: Books,
    name: str,
    stream: BinaryIO,
    readers: list[StatementReader],
    chosen: bool,
    currency: str,
    month: str,
    shown: int,
) -> Imported:
    digest, size, lines, ended = _measured(stream)
    place = books.place(digest)
    if (place / "statement.json").exists():
        return Imported(name=name, statement=books.statement(digest), new=False)
    stream.seek(0)
    head = stream.read(_HEAD)
    stream.seek(0)
    known = readers if chosen else [one for one in readers if one.sniff(head, name)]
    if len(known) != 1:
        return Imported(name=name, statement=None, new=False, why_not=_unknown(head, known))
    part = place.with_name(digest + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    entry = _Entry(digest, currency, month, shown)
    try:
        with Writers(part, digest) as writers:
            for row in known[0].read(stream):
                writers.write(entry.take(row))
    except SourceRefused as refused:
        shutil.rmtree(part, ignore_errors=True)
        return Imported(name=name, statement=None, new=False, why_not=refused.message)
    layout = getattr(known[0], "layout", lambda head: None)(head)
    doubts = []
    if not ended and lines > 1:
        doubts.append("the last line has no end: if the file was cut off, its last figures may be too short")
    if lines > entry.rows:
        doubts.append(f"{lines - entry.rows} lines more than rows: they lie inside quoted cells")
    statement = entry.statement(
        name=name,
        bytes=size,
        reader=known[0].name,
        version=layout.version if layout else known[0].name,
        standing=getattr(known[0], "standing", ""),
        text_lines=lines,
        relations=list(layout.relations) if layout else [],
        columns=writers.columns(),
        decimals=writers.decimals,
        doubts=doubts,
    )
    (part / "statement.json").write_bytes(msgspec.json.format(msgspec.json.encode(statement)))
    durable.sync_tree(part)
    shutil.rmtree(place, ignore_errors=True)  # what an older crash left without its statement.json
    part.rename(place)
    durable.sync(place.parent)
    return Imported(name=name, statement=statement, new=True, refused=tuple(entry.shown))


class _Entry:
    """What is counted while one statement goes into the books."""

    def __init__(self, digest: str, currency: str, month: str, shown: int) -> None:
        self._digest, self._currency, self._month, self._most = digest, currency, month, shown
        self.rows = 0
        self.shown: list[LineRejected] = []
        self._counts: Counter[str] = Counter()
        self._notes: Counter[str] = Counter()
        self._money: dict[str, list[Any]] = {}
        self._refused_money = Decimal(0)
        self._months: set[str] = set()

    def take(self, row: StatementRow) -> StatementRow:
        self.rows += 1
        if isinstance(row, StatementLine):
            row = self._filled(row)
            self._counts["kept"] += 1
            if row.amount is not None:
                total = self._money.setdefault(row.currency, [0, Decimal(0), Decimal(0)])
                total[0] += 1
                total[1] = values.EXACT.add(total[1], row.amount)
                if row.sign < 0:
                    total[2] = values.EXACT.add(total[2], row.amount)
            if row.month:
                self._months.add(row.month)
        elif isinstance(row, StatementPool):
            self._counts["pools"] += 1
            self._months.add(row.month)
        elif isinstance(row, StatementNote):
            self._notes[row.kind] += 1
        else:
            self._counts["refused"] += 1
            if len(self.shown) < self._most:
                self.shown.append(row)
            with contextlib.suppress(ValueError):
                self._refused_money = values.EXACT.add(self._refused_money, values.number(row.amount))
        return row

    def statement(self, **about: Any) -> Statement:
        return Statement(
            file=self._digest,
            kept=self._counts["kept"],
            pools=self._counts["pools"],
            notes=dict(sorted(self._notes.items())),
            refused=self._counts["refused"],
            refused_money=self._refused_money,
            totals=[
                Total(currency=code, lines=lines, amount=amount, refunds=refunds)
                for code, (lines, amount, refunds) in sorted(self._money.items())
            ],
            first_month=min(self._months, default=""),
            last_month=max(self._months, default=""),
            **about,
        )

    def _filled(self, line: StatementLine) -> StatementLine:
        currency, month = line.currency, line.month
        if currency == NO_CURRENCY:
            if not self._currency:
                raise SourceRefused(
                    f"row {line.row}: the statement names no currency; say it with --currency"
                )
            currency = self._currency
        if not month:
            if not self._month:
                raise SourceRefused(
                    f"row {line.row}: the statement names no month; say it with --month YYYY-MM"
                )
            month = self._month
        if currency == line.currency and month == line.month:
            return line
        return msgspec.structs.replace(line, currency=currency, month=month)


def _measured(stream: BinaryIO) -> tuple[str, int, int, bool]:
    """(digest, bytes, lines that are not empty, whether the last one has an end)."""
    digest, size, lines, rest, ended = hashlib.sha256(), 0, 0, b"", True
    while block := stream.read(_BLOCK):
        digest.update(block)
        size += len(block)
        text = rest + block.replace(b"\x00", b"").replace(b"\r", b"\n")
        ended = text.endswith(b"\n")
        parts = text.split(b"\n")
        rest = parts.pop()
        lines += sum(1 for part in parts if part)
    return digest.hexdigest(), size, lines + bool(rest.strip()), ended


def _unknown(head: bytes, known: list[StatementReader]) -> str:
    if known:
        names = ", ".join(one.name for one in known)
        return f"several readers know these columns ({names}); say which with --reader"
    for delimiter in "\t,;|":
        first = next(rows(BytesIO(head), delimiter), None)
        if first is not None and len(first.cells) > 2:
            told = ", ".join(first.cells)[:300]
            return f"no reader knows the columns {told}; write a mapping in TOML and give it with --mapping"
    return "no table of columns that could be a statement"


def load(name: str) -> StatementReader:
    """The reader of this name."""
    found: plugins.Plugins[type[StatementReader]] = load_readers()
    if name not in found.loaded:
        raise UsageError(f"reader: expected one of {', '.join(found.loaded)}, got {name!r}")
    return found.loaded[name]()


def standings() -> Mapping[str, str]:
    """How well each format is known, by the name of its reader."""
    return {name: str(getattr(make, "standing", "")) for name, make in load_readers().loaded.items()}
