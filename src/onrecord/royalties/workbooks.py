# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workbooks (XLSX, XLSM, XLSB, XLS, ODS) as what statement readers read: each sheet a table of text, as CSV.

A line is a row of the sheet, numbers are plain decimals and dates ISO 8601 (see `sheets.text`). What a formula gave
when the workbook was saved is taken; nothing is calculated.
"""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO, Final, NamedTuple, cast

from onrecord.errors import SourceRefused

#: Most bytes that the parts of a workbook may unpack to, and that its sheets may be as text; most parts.
LARGEST: Final = 2 * 1024 * 1024 * 1024
MOST_PARTS: Final = 10_000
SUFFIXES: Final = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
#: How a workbook of Excel 97 begins, and one of today that is locked with a password.
OLD: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_IN_MEMORY: Final = 16 * 1024 * 1024
_HINT: Final = "save the sheet as CSV"
_ODS: Final = b"application/vnd.oasis.opendocument.spreadsheet"


class Sheet(NamedTuple):
    """A sheet that holds something: its rows as text, or why they cannot be read."""

    name: str
    stream: BinaryIO | None
    wrong: str = ""


def is_workbook(archive: zipfile.ZipFile) -> bool:
    """Whether a zip is a workbook, by what lies in it."""
    names = set(archive.namelist())
    if names & {"xl/workbook.xml", "xl/workbook.bin"}:
        return True
    if "mimetype" not in names or "content.xml" not in names:
        return False
    with archive.open("mimetype") as kind:
        return kind.read(len(_ODS)) == _ODS


def check(path: Path, archive: zipfile.ZipFile) -> None:
    """Refuses a workbook that is too large, before any of it is unpacked."""
    parts = archive.infolist()
    if len(parts) > MOST_PARTS:
        raise SourceRefused(
            f"{path}: a workbook of {len(parts):,} parts, expected at most {MOST_PARTS:,}", _HINT
        )
    size = sum(part.file_size for part in parts)
    if size > LARGEST:
        raise SourceRefused(
            f"{path}: a workbook that unpacks to {size:,} bytes, expected at most {LARGEST:,}", _HINT
        )


def sheets(path: Path, stream: BinaryIO) -> Iterator[Sheet]:
    """Every sheet of the workbook that holds something, hidden ones too; its stream is good until the next one.

    `stream` must be an open file. SourceRefused for a workbook that cannot be read; sheets before were given.
    """
    from onrecord.royalties import sheets as child

    stream.seek(0)
    command = [sys.executable, "-m", child.__name__]
    with subprocess.Popen(
        command, stdin=stream.fileno(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        try:
            yield from _received(path, process.stdout)
        finally:
            process.kill()


def _received(path: Path, pipe: IO[bytes]) -> Iterator[Sheet]:
    from onrecord.royalties import sheets as child

    kind, data = _frame(path, pipe)
    left = LARGEST
    while kind == child.SHEET:
        name = data.decode("utf-8", "replace")
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as text:
            kind, data = _frame(path, pipe)
            while kind == child.DATA:
                left -= text.write(data)
                if left < 0:
                    raise SourceRefused(
                        f"{path}: a workbook whose sheets are more than {LARGEST:,} bytes of text", _HINT
                    )
                kind, data = _frame(path, pipe)
            text.seek(0)
            if kind == child.UNREADABLE:
                yield Sheet(name, None, data.decode())
                kind, data = _frame(path, pipe)
            elif kind != child.FAULT:
                yield Sheet(name, cast(BinaryIO, text))
    if kind == child.FAULT:
        raise SourceRefused(
            f"{path}: a workbook that cannot be read: {data.decode('utf-8', 'replace')}", _HINT
        )


def _frame(path: Path, pipe: IO[bytes]) -> tuple[bytes, bytes]:
    from onrecord.royalties import sheets as child

    head = pipe.read(child.FRAME.size)
    if len(head) == child.FRAME.size:
        kind, length = child.FRAME.unpack(head)
        if length <= LARGEST and len(data := pipe.read(length)) == length:
            return kind, data
    raise SourceRefused(
        f"{path}: a workbook that cannot be read within {child.MEMORY:,} bytes of memory and {child.SECONDS:g} s, "
        "or is damaged",
        _HINT,
    )
