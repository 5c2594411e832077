# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Common Works Registration 2.1: which works a file registers, with writers, publishers, shares and recordings.

A reader of works, not of money. Records have cells of fixed width; counts at the end of groups and file are checked.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import BinaryIO, Final

import msgspec
from msgspec import Struct

from onrecord.model import identifiers
from onrecord.model.royalties import LineRejected
from onrecord.royalties.rows import Row, rows
from onrecord.royalties.statements.layout import FULL
from onrecord.royalties.statements.table import Joined

#: The records of 2.1 are known whole, and a file of a hundred works was read.
STANDING: Final = FULL
_WORKS: Final = ("NWR", "REV", "ISW", "EXC")
_KNOWN: Final = {
    "HDR", "GRH", "NWR", "REV", "ISW", "EXC", "SPU", "OPU", "SPT", "OPT", "SWR", "OWR", "SWT", "OWT",
    "PWR", "ALT", "EWT", "VER", "PER", "NPR", "NPN", "NPA", "NAT", "NOW", "NET", "NCT", "NVT", "REC",
    "ORN", "INS", "IND", "COM", "MSG", "ACK", "TER", "IPA", "AGR", "ARI", "XRF", "GRT", "TRL",
}  # fmt: skip


class Holder(Struct, frozen=True, kw_only=True):
    """A writer or publisher; shares in percent of performance and mechanical rights. `controlled` by the sender."""

    role: str
    name: str
    ipi: str
    performance: Decimal
    mechanical: Decimal
    controlled: bool


class Work(Struct, frozen=True, kw_only=True):
    """`row` is the line in which the work begins."""

    row: int
    title: str
    number: str
    iswc: str
    alternatives: tuple[str, ...] = ()
    writers: tuple[Holder, ...] = ()
    publishers: tuple[Holder, ...] = ()
    performers: tuple[str, ...] = ()
    isrcs: tuple[str, ...] = ()


def is_cwr(head: bytes) -> bool:
    """Whether this is how a CWR file begins."""
    return head[:3] == b"HDR" and head[3:5] in (b"PB", b"SO", b"AA", b"WR") and b"01.10" in head[59:64]


def read_works(stream: BinaryIO) -> Iterator[Work | LineRejected]:
    """Works in the order of the file; what cannot be read is rejected with its line, and reading goes on."""
    head = stream.read(86)
    if not is_cwr(head):
        yield _rejected(1, "HDR", "the header of a CWR 2.1 file", head[:40].decode("latin-1"))
        return
    work: Work | None = None
    works = lines = 0
    ended = False
    last = 0
    for row in rows(Joined(head, stream), "\x1f", quoted=False):
        last, lines = row.line, lines + 1
        text = row.cells[0] if len(row.cells) == 1 else ""
        kind = text[:3]
        if kind not in _KNOWN:
            yield _rejected(row.line, "record type", "a record of CWR", row.wrong or text[:20])
            continue
        if kind in _WORKS or kind in ("GRT", "TRL", "GRH"):
            if work:
                yield work
            work = None
        try:
            if kind in _WORKS:
                works, work = works + 1, _work(row, text)
            elif kind == "TRL":
                ended = True
                _trailer(text, works, lines)
            elif work:
                work = _more(work, kind, text)
        except ValueError as wrong:
            yield _rejected(row.line, kind, *wrong.args)
    if work:
        yield work
    if not ended:
        yield _rejected(last + 1, "TRL", "a trailer at the end", "the end of the file: it may be cut off")


def _work(row: Row, text: str) -> Work:
    title = _cell(text, 19, 60)
    if not title:
        raise ValueError("a title", text[:40])
    return Work(
        row=row.line, title=title, number=_cell(text, 81, 14), iswc=identifiers.iswc(_cell(text, 95, 11))
    )


def _more(work: Work, kind: str, text: str) -> Work:
    replace = msgspec.structs.replace
    if kind in ("SWR", "OWR"):
        name = " ".join(part for part in (_cell(text, 73, 30), _cell(text, 28, 45)) if part)
        holder = _holder(_cell(text, 104, 2), name, text, 115, 129, 137, kind == "SWR")
        return replace(work, writers=(*work.writers, holder))
    if kind in ("SPU", "OPU"):
        holder = _holder(_cell(text, 76, 2), _cell(text, 30, 45), text, 87, 115, 123, kind == "SPU")
        return replace(work, publishers=(*work.publishers, holder))
    if kind == "ALT":
        return replace(work, alternatives=(*work.alternatives, _cell(text, 19, 60)))
    if kind == "PER":
        name = " ".join(part for part in (_cell(text, 64, 30), _cell(text, 19, 45)) if part)
        return replace(work, performers=(*work.performers, name))
    if kind == "REC" and (isrc := identifiers.isrc(_cell(text, 249, 12))):
        return replace(work, isrcs=(*work.isrcs, isrc))
    return work


def _holder(
    role: str, name: str, text: str, ipi: int, performance: int, mechanical: int, controlled: bool
) -> Holder:
    return Holder(
        role=role,
        name=name,
        ipi=_cell(text, ipi, 11).lstrip("0"),
        performance=_share(text, performance),
        mechanical=_share(text, mechanical),
        controlled=controlled,
    )


def _share(text: str, start: int) -> Decimal:
    words = _cell(text, start, 5) or "0"
    if not (words.isdigit() and words.isascii()) or int(words) > 10000:
        raise ValueError("a share of 00000 to 10000", words)
    return Decimal(int(words)).scaleb(-2)


def _trailer(text: str, works: int, lines: int) -> None:
    for name, start, right in (("transactions", 8, works), ("records", 16, lines)):
        words = _cell(text, start, 8)
        if not words.isdigit() or int(words) != right:
            raise ValueError(f"{right} {name} counted", f"{words} in the trailer")


def _cell(text: str, start: int, length: int) -> str:
    return text[start : start + length].strip()


def _rejected(line: int, column: str, expected: str, got: str) -> LineRejected:
    return LineRejected(row=line, column=column, expected=expected, got=got[:200])
