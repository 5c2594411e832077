# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two imports at a time, files that change while they are read, and files of one endless line."""

import io

import pytest

from onrecord.errors import ArchiveLocked
from onrecord.royalties import ledgering
from onrecord.royalties.ledgering import Books
from onrecord.royalties.statements.tunecore import TuneCore
from tests.royalties.statements.made import TUNECORE


@pytest.fixture
def statement(tmp_path):
    path = tmp_path / "statement.csv"
    path.write_bytes(TUNECORE.bytes())
    return path


def test_a_second_import_waits_for_its_turn_and_the_first_goes_on(tmp_path, statement):
    other = tmp_path / "other.csv"
    other.write_bytes(TUNECORE.bytes(rows=TUNECORE.rows[:1]))
    books = Books.open(tmp_path / "books", make=True)
    first = ledgering.keep(books, [statement, other])
    assert next(first).new
    with pytest.raises(ArchiveLocked, match="another import into these books is going on"):
        list(ledgering.keep(Books.open(tmp_path / "books", make=True), [statement]))
    assert [one.new for one in first] == [True]
    assert [one.new for one in ledgering.keep(books, [statement, other])] == [False, False]


class Growing(TuneCore):
    """Reads a statement to which somebody adds meanwhile."""

    def __init__(self, path):
        self._path = path

    def read(self, stream):
        yield from super().read(stream)
        with self._path.open("ab") as file:
            file.write(b"more\n")


def test_a_file_that_changes_while_it_is_read_is_not_taken(tmp_path, statement):
    books = Books.open(tmp_path / "books", make=True)
    [one] = ledgering.keep(books, [statement], reader=Growing(statement))
    assert (one.statement, one.why_not[:32]) == (None, "it changed while it was read; im")
    assert books.statements() == [] and list((books.folder / "statements").iterdir()) == []
    statement.write_bytes(TUNECORE.bytes())
    [again] = ledgering.keep(books, [statement])
    assert again.new and again.statement.kept == 2


class Blocks(io.BytesIO):
    """A file that hands out small blocks, so that lines lie across them."""

    def read(self, size=-1, /):
        return super().read(min(size, 1000) if size >= 0 else size)


@pytest.mark.parametrize(
    ("data", "lines", "ended"),
    [
        (b"x" * 5000, 1, False),
        (b"x" * 5000 + b"\n\n" + b"y" * 3000 + b"\r\n", 2, True),
        (b"x" * 999 + b"\r" + b"\n" + b"y", 2, False),
        (b"x" * 1000 + b"\ny\n", 2, True),
        (b"", 0, True),
    ],
)
def test_lines_are_counted_without_keeping_them(data, lines, ended):
    assert ledgering._measured(Blocks(data))[1:] == (len(data), lines, ended)
