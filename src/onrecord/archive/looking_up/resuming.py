# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks up a whole table, from file to file, so that a kill costs nothing that was answered.

The answers grow in `FILE.part`, a row at a time, and get their name when all are there. Beside it `FILE.state` says of
which table, which questions and which archive they are. The next run keeps every whole row and goes on behind it.
"""

import contextlib
import csv
import io
import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, cast

import msgspec
from msgspec import Struct

from onrecord import durable
from onrecord.archive.looking_up.answers import OUTCOMES, Outcome, Summary, Tally
from onrecord.archive.looking_up.finding import MOST, LookUp
from onrecord.archive.looking_up.tables import ADDED, Shape, Table, cells, open_table, written
from onrecord.errors import NotFound, UsageError
from onrecord.locking import hold
from onrecord.model.filters import Filters

_VERSION: Final = 1
_MARK: Final = b"\xef\xbb\xbf"
_OUTCOME = -len(ADDED)


class _State(Struct, frozen=True, forbid_unknown_fields=True):
    """What answers that are under way are answers to."""

    version: int
    table: str  # SHA-256
    archive: str
    shape: Shape
    filters: Filters
    most: int


def look_up_file(
    look_up: LookUp,
    source: Path,
    target: Path,
    shape: Shape,
    most: int = MOST,
    progress: Callable[[int, int], None] = lambda rows, size: None,
    recognized: Callable[[Table], None] = lambda table: None,
) -> tuple[Summary, int]:
    """Look up every row of `source` into `target`: (all of it in numbers, how many rows an earlier run had answered).

    `recognized` is told once, before the first row, how the table is read, and `progress` rows and bytes of it that are
    done. UsageError where `target` is there, where the table
    cannot be recognized, or where it or the questions are others than those that were begun with.
    """
    if not source.is_file():
        raise NotFound(f"{source}: no such file")
    if target.exists():
        raise UsageError(f"{target}: is there already", "remove it, or name another file")
    before = _seen(source)
    part, state = _beside(target, ".part"), _beside(target, ".state")
    with source.open("rb") as stream, _alone(part) as out:
        marked = stream.read(3) == _MARK
        stream.seek(0)
        counted = _Counted(stream)
        table = open_table(cast(BinaryIO, counted), shape, str(source))
        header = written(table.answered_header(), table.delimiter)
        header = _MARK + header if marked else header
        asked = _State(_VERSION, durable.sha256_of(source), look_up.archive, shape, look_up.filters, most)
        _refuse_other(state, asked, source, target, fresh=not os.fstat(out).st_size)
        recognized(table)
        tally = Tally()
        done = _resume(out, header, table.delimiter, len(table.header), tally)
        for number, line in enumerate(islice(table.lines(), done, None), done + 1):
            answer = look_up.answer(line.asked, number, line.line, most)
            # One write a row: what a kill leaves is whole rows.
            _write(out, written([*line.cells, *cells(answer)], table.delimiter))
            tally.count(answer.outcome, answer.matches[0].confidence if answer.matches else 0.0)
            progress(number, counted.size)
        if _seen(source) != before:
            raise UsageError(f"{source}: was changed while it was read", f"remove {part}, and begin again")
        durable.settle(part, target)
    state.unlink(missing_ok=True)
    return tally.summary(), done


def _beside(target: Path, ending: str) -> Path:
    return target.with_name(target.name + ending)


def _seen(source: Path) -> tuple[int, int, int]:
    about = source.stat()
    return about.st_size, about.st_mtime_ns, about.st_ino


@contextlib.contextmanager
def _alone(part: Path) -> Iterator[int]:
    """The open file of answers under way, for this process alone."""
    try:
        out = os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
    except OSError as error:
        raise UsageError(f"{part}: cannot be written: {error.strerror}") from None
    try:
        hold(out, f"{part}: another process is writing these answers")
        yield out
    finally:
        os.close(out)


def _refuse_other(state: Path, asked: _State, source: Path, target: Path, *, fresh: bool) -> None:
    """Write down what is asked, or see that it is what was begun with."""
    if fresh:
        durable.replace(state, msgspec.json.encode(asked))
        return
    begun: _State | None = None
    with contextlib.suppress(msgspec.MsgspecError, OSError):
        begun = msgspec.json.decode(state.read_bytes(), type=_State)
    if begun == asked:
        return
    changed = "the table is another than before"
    if begun is None:
        changed = f"nothing says of which table {target.name}.part is"
    elif begun.table == asked.table:
        changed = "the archive or the options are others than before"
    raise UsageError(
        f"{source}: {changed}, so that {target.name}.part cannot be gone on with",
        f"take what was begun with, or remove {target.name}.part and {target.name}.state and begin again",
    )


def _resume(out: int, header: bytes, delimiter: str, width: int, tally: Tally) -> int:
    """Cut off what is not whole; gives how many rows are answered, and counts them."""
    with open(out, "rb", closefd=False) as file:
        if file.read(len(header)) != header:
            os.ftruncate(out, 0)
            os.lseek(out, 0, os.SEEK_SET)
            _write(out, header)
            return 0
        end, done = len(header), 0
        for row in _whole_rows(file):
            found = _outcome(row, delimiter, width)
            if found is None:
                break
            tally.count(*found)
            end, done = end + len(row), done + 1
    os.ftruncate(out, end)
    os.lseek(out, end, os.SEEK_SET)
    return done


def _outcome(row: bytes, delimiter: str, width: int) -> tuple[Outcome, float] | None:
    """What an answered row came to, and how sure; None where it is none, as what a failing disk leaves."""
    with contextlib.suppress(ValueError, csv.Error):
        [found] = csv.reader(io.StringIO(row.decode("utf-8"), newline=""), delimiter=delimiter)
        if len(found) == width + len(ADDED):
            outcome = next((it for it in OUTCOMES if it == found[_OUTCOME]), None)
            return (outcome, float(found[_OUTCOME + 1] or 0)) if outcome else None
    return None


def _write(out: int, data: bytes) -> None:
    while data:
        data = data[os.write(out, data) :]


def _whole_rows(file: BinaryIO) -> Iterator[bytes]:
    """Rows as `written` writes them: one ends where a line does and no quotation mark is open."""
    row = b""
    for line in file:
        row += line
        if line.endswith(b"\n") and row.count(b'"') % 2 == 0:
            yield row
            row = b""


class _Counted:
    """A stream that knows how much of it was read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.size = 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(size)
        self.size += len(data)
        return data

    def seek(self, place: int) -> None:
        self.size = self._stream.seek(place)
