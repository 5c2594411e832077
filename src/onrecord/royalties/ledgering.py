# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The books: a folder of Parquet beside no archive, where every row of every statement lies with its file and number.

    onrecord-books/
      books.json                   the version of this layout
      statements/<sha256>/         one file's rows: lines, pools, notes, refused (.parquet), statement.json

A statement's folder appears by one rename when it is whole; the same file twice changes nothing.
"""

import codecs
import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
from msgspec import Struct

from onrecord import durable
from onrecord.engine import plugins
from onrecord.errors import IntegrityError, NewerFormat, NotFound, SourceRefused, UsageError
from onrecord.locking import hold
from onrecord.model.royalties import LineRejected, StatementLine, StatementNote, StatementPool, StatementRow
from onrecord.royalties import files
from onrecord.royalties.columns import Writers
from onrecord.royalties.loading import load_readers
from onrecord.royalties.rows import encoding, rows
from onrecord.royalties.seams import StatementReader
from onrecord.royalties.statements import cwr, values
from onrecord.royalties.statements.layout import NO_CURRENCY, Layout

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
    book         digest of the workbook that it is a sheet of; `file` is then the digest of the sheet as text
    refused_money
                 what stands in the refused rows where the money would be, as far as it is a number, however large
    refused_unread
                 refused rows in which no number stands there
    beside       refusals that are of no row: a footer that is missing, a total that its sales do not make
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
    book: str = ""
    refused_unread: int = 0
    beside: int = 0

    @property
    def rows(self) -> int:
        """Rows of the file: each was kept, is a pool or a note, or was refused."""
        return self.kept + self.pools + sum(self.notes.values()) + self.refused - self.beside


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
            with _alone(folder):
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
    with _alone(books.folder):
        for path in paths:
            try:
                some = False
                for opened in files.statements(path):
                    some = True
                    yield _one(books, opened, readers, reader is not None, currency, month, shown)
                if not some:
                    yield _not_taken(
                        str(path),
                        "a zip without a statement (CSV, TSV, TXT, XLSX), or a workbook of empty sheets",
                    )
            except SourceRefused as refused:
                yield _not_taken(str(path), "; ".join(filter(None, (refused.message, refused.hint))))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One import at a time: two would write the same statement. The lock is the folder's, and ends with the process."""
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        hold(
            fd,
            f"{folder}: another import into these books is going on",
            "wait until it is done, and run this again",
        )
        yield
    finally:
        os.close(fd)


def check_currency(code: str) -> str:
    if code and not (len(code) == 3 and code.isascii() and code.isalpha() and code.upper() != NO_CURRENCY):
        raise UsageError(f"currency: expected a code such as EUR, got {code!r}")
    return code.upper()


def _not_taken(name: str, why: str) -> Imported:
    return Imported(name=name, statement=None, new=False, why_not=why)


def _one(
    books: Books,
    opened: files.Opened,
    readers: list[StatementReader],
    chosen: bool,
    currency: str,
    month: str,
    shown: int,
) -> Imported:
    name, stream = opened.name, opened.stream
    if stream is None:
        return _not_taken(name, opened.wrong)
    digest, size, lines, ended = _measured(stream)
    place = books.place(digest)
    if (place / "statement.json").exists():
        return Imported(name=name, statement=books.statement(digest), new=False)
    stream.seek(0)
    head = stream.read(_HEAD)
    stream.seek(0)
    known = readers if chosen else [one for one in readers if one.sniff(head, name)]
    if len(known) != 1:
        return _not_taken(name, "; ".join(filter(None, (opened.doubt, _unknown(head, known)))))
    if opened.book and not known[0].sniff(head, name):
        # A workbook has sheets of other things too: the chosen reader is for those that it knows.
        return _not_taken(name, f"a sheet that is no statement of {known[0].name}")
    part = place.with_name(digest + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    entry = _Entry(digest, currency, month, shown)
    try:
        with Writers(part, digest) as writers:
            for row in known[0].read(stream):
                writers.write(entry.take(row))
        stream.seek(0)
        if _measured(stream)[0] != digest:
            # Its rows would stand under the digest of other bytes, which would then be taken for known.
            raise SourceRefused("it changed while it was read; import it again when nothing writes to it")
    except SourceRefused as refused:
        shutil.rmtree(part, ignore_errors=True)
        return _not_taken(name, refused.message)
    layout = getattr(known[0], "layout", lambda head: None)(head)
    doubts = [opened.doubt] if opened.doubt else []
    if not ended and lines > 1:
        doubts.append("the last line has no end: if the file was cut off, its last figures may be too short")
    if lines > entry.rows - entry.beside:
        doubts.append(
            f"{lines - entry.rows + entry.beside} lines more than rows: they lie inside quoted cells"
        )
    statement = entry.statement(
        name=name,
        bytes=size,
        book=opened.book,
        reader=known[0].name,
        version=layout.version if layout else known[0].name,
        standing=getattr(layout, "standing", "") or getattr(known[0], "standing", ""),
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
        self.rows = self.beside = 0
        self._last = 0
        self.shown: list[LineRejected] = []
        self._counts: Counter[str] = Counter()
        self._notes: Counter[str] = Counter()
        self._money: dict[str, list[Any]] = {}
        self._refused_money, self._unread = Decimal(0), 0
        self._months: set[str] = set()

    def take(self, row: StatementRow) -> StatementRow:
        self.rows += 1
        if isinstance(row, StatementLine):
            row = self._filled(row)
        if isinstance(row, StatementLine):
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
            if row.row <= self._last:
                self.beside += 1
            else:
                self._refuse(row.amount)
        self._last = max(self._last, row.row)
        return row

    def _refuse(self, amount: str) -> None:
        try:
            self._refused_money = values.EXACT.add(self._refused_money, values.written(amount))
        except ValueError:
            self._unread += 1

    def statement(self, **about: Any) -> Statement:
        return Statement(
            file=self._digest,
            kept=self._counts["kept"],
            pools=self._counts["pools"],
            notes=dict(sorted(self._notes.items())),
            refused=self._counts["refused"],
            refused_money=self._refused_money,
            refused_unread=self._unread,
            beside=self.beside,
            totals=[
                Total(currency=code, lines=lines, amount=amount, refunds=refunds)
                for code, (lines, amount, refunds) in sorted(self._money.items())
            ],
            first_month=min(self._months, default=""),
            last_month=max(self._months, default=""),
            **about,
        )

    def _filled(self, line: StatementLine) -> StatementLine | LineRejected:
        """The line with the currency and month that were said for the file, where it names none itself.

        Where lines before it named theirs, one that does not is refused; a file that never does is not taken.
        """
        currency, month = line.currency, line.month
        if currency == NO_CURRENCY:
            if not self._currency:
                if self._money:
                    return _nameless(line, "currency", "a code of three letters, or --currency")
                raise SourceRefused(
                    f"row {line.row}: the statement names no currency; say it with --currency"
                )
            currency = self._currency
        if not month:
            if not self._month:
                if self._months:
                    return _nameless(line, "month", "a month, or --month YYYY-MM")
                raise SourceRefused(
                    f"row {line.row}: the statement names no month; say it with --month YYYY-MM"
                )
            month = self._month
        if currency == line.currency and month == line.month:
            return line
        return msgspec.structs.replace(line, currency=currency, month=month)


def _nameless(line: StatementLine, column: str, expected: str) -> LineRejected:
    amount = "" if line.amount is None else str(line.amount)
    cells = tuple(words for _, words in line.cells)
    return LineRejected(row=line.row, column=column, expected=expected, got="", amount=amount, cells=cells)


def _measured(stream: BinaryIO) -> tuple[str, int, int, bool]:
    """(digest, bytes, lines that are not empty, whether the last one has an end)."""
    digest, size, lines, rest, ended = hashlib.sha256(), 0, 0, b"", True  # rest: whether a line has begun
    wide: codecs.IncrementalDecoder | None = None
    while block := stream.read(_BLOCK):
        if not size and (name := encoding(block)) != "latin-1":
            wide = codecs.getincrementaldecoder(name)("replace")
        digest.update(block)
        size += len(block)
        text = rest + (wide.decode(block).encode() if wide else block).replace(b"\r", b"\n")
        ended = text.endswith(b"\n")
        parts = text.split(b"\n")
        rest = b"." if parts.pop() else b""  # not the line itself, which may be as long as the file
        lines += sum(1 for part in parts if part)
    return digest.hexdigest(), size, lines + bool(rest), ended


def _unknown(head: bytes, known: list[StatementReader]) -> str:
    if known:
        names = ", ".join(one.name for one in known)
        return f"several readers know these columns ({names}); say which with --reader"
    if cwr.is_cwr(head):
        return (
            "a registration of works (CWR), no statement; `onrecord royalties works` lists what it registers"
        )
    for delimiter in "\t,;|":
        first = next(rows(BytesIO(head), delimiter), None)
        if first is not None and len(first.cells) > 2:
            told = ", ".join(first.cells)[:1000]
            return f"no reader knows the columns {told}; write a mapping in TOML and give it with --mapping"
    return "no table of columns that could be a statement"


def load(name: str) -> StatementReader:
    """The reader of this name."""
    found: plugins.Plugins[type[StatementReader]] = load_readers()
    if name not in found.loaded:
        raise UsageError(f"reader: expected one of {', '.join(found.loaded)}, got {name!r}")
    return found.loaded[name]()


def standings() -> Mapping[str, str]:
    """How well each format is known, by the name of its reader, and of its generations where they differ."""
    found: dict[str, str] = {}
    for name, make in load_readers().loaded.items():
        layouts = getattr(make, "layouts", ())
        standing = str(getattr(make, "standing", ""))
        own = {one.version: one.standing or standing for one in layouts if isinstance(one, Layout)}
        found |= own if len(set(own.values())) > 1 else {name: standing}
    return dict(sorted({**found, "cwr (works)": cwr.STANDING}.items()))
