# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DDEX DSR flat files: blocks (DSR) and single records (SRB), of every profile whose record types are known.

Summary records become pools, usage and license records become lines, the rest is kept as notes. The counts in the
footer are checked: a file that ends early is not read as if it were whole.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from io import BytesIO
from typing import BinaryIO, ClassVar, Final

from onrecord.model import identifiers
from onrecord.model.royalties import LineRejected, StatementLine, StatementNote, StatementPool, StatementRow
from onrecord.royalties.rows import Row, rows
from onrecord.royalties.statements import values
from onrecord.royalties.statements.dsr_columns import RecordTypes
from onrecord.royalties.statements.layout import NO_CURRENCY, PARTIAL
from onrecord.royalties.statements.table import HEAD, Joined

_HEADS: Final = ("HEAD", "SRHE")
_FOOTS: Final = ("FOOT", "SRFO")
_RESOURCES: Final = ("AS", "RE", "MW", "RU", "CU", "DE", "ST")
_WORK_RIGHTS: Final = ("perform", "mechanical", "reproduction", "making")


class Dsr:
    name: ClassVar[str] = "ddex-dsr"
    standing: ClassVar[str] = PARTIAL

    def sniff(self, head: bytes, name: str) -> bool:
        for number, row in enumerate(rows(BytesIO(head), "\t", quoted=False)):
            if row.cells and not row.cells[0].startswith("#"):
                return row.cells[0] in _HEADS and len(row.cells) >= 9
            if number == 60:
                break
        return False

    def read(self, stream: BinaryIO) -> Iterator[StatementRow]:
        head = stream.read(HEAD)
        if not self.sniff(head, ""):
            yield _rejected(1, "the header", "a HEAD or SRHE record, tab-separated", repr(head[:60]))
            return
        report = _Report()
        for row in rows(Joined(head, stream), "\t", quoted=False):
            yield report.read(row)
        if not report.ended:
            yield _rejected(
                report.line,
                "",
                "a FOOT or SRFO record at the end",
                "the end of the file: it may be cut off",
            )


class _Wrong(Exception):
    pass


class _Cells:
    """The cells of one record by name."""

    def __init__(self, names: Sequence[str], cells: Sequence[str]) -> None:
        self.record = cells[0]
        self._named = dict(zip(names, cells[1:], strict=False))
        extra = [(f"cell {at + 2}", cell) for at, cell in enumerate(cells[1:]) if at >= len(names)]
        self.pairs = (("RecordType", cells[0]), *self._named.items(), *extra)

    def text(self, *names: str) -> str:
        for name in names:
            if words := self._named.get(name, "").strip():
                return words.replace("\\|", "|").replace("\\\\", "\\")
        return ""

    def number(self, *names: str) -> Decimal | None:
        name = next((name for name in names if self._named.get(name, "").strip()), "")
        if not name:
            return None
        try:
            return values.number(self._named[name].strip())
        except ValueError:
            raise _Wrong(name, "an amount below 10^12 with a decimal point", self._named[name]) from None

    def whole(self, *names: str) -> int | None:
        name = next((name for name in names if self._named.get(name, "").strip()), "")
        if not name:
            return None
        try:
            return values.whole(self._named[name].strip())
        except ValueError:
            raise _Wrong(name, "a whole number below 10^12", self._named[name]) from None


class _Report:
    """One file as it is read: its head, its pools, and the resources of the block that is open."""

    def __init__(self) -> None:
        self.line = 0
        self.ended = False
        self._types = RecordTypes()
        self._head: _Cells | None = None
        self._month, self._period = "", ""
        self._pools: dict[str, _Cells] = {}
        self._block = ""
        self._named: dict[str, _Cells] = {}
        self._lines = self._comments = self._summaries = self._blocks = 0

    def read(self, row: Row) -> StatementRow:
        self.line = row.line
        self._lines += 1
        if row.wrong:
            return _rejected(row.line, "", "a record", row.wrong)
        if row.cells[0].startswith("#"):
            self._comments += 1
            self._types.comment(row.cells)
            return StatementNote(row=row.line, kind="comment", cells=tuple(row.cells))
        names = self._types.columns(row.cells[0])
        if not names:
            return _rejected(
                row.line, "RecordType", "a known record type of DSR", row.cells[0], tuple(row.cells)
            )
        cells = _Cells(names, row.cells)
        try:
            return self._record(row, cells)
        except _Wrong as wrong:
            column, expected, got = wrong.args
            amount = cells.text("AllocatedAmount", "AllocatedNetRevenueInCurrencyOfAccounting")
            return _rejected(row.line, column, expected, got, tuple(row.cells), amount)

    def _record(self, row: Row, cells: _Cells) -> StatementRow:
        kind = cells.record[:2]
        if cells.record in _HEADS:
            self._begin(cells)
            return StatementNote(row=row.line, kind="head", cells=tuple(row.cells))
        if cells.record in _FOOTS:
            self._end(cells)
            return StatementNote(row=row.line, kind="foot", cells=tuple(row.cells))
        if self._head is None:
            raise _Wrong("RecordType", "HEAD or SRHE before any other record", cells.record)
        if self.ended:
            raise _Wrong("RecordType", "nothing behind the footer", cells.record)
        if kind == "SY":
            self._summaries += 1
            self._pools.setdefault(cells.text("SummaryRecordId"), cells)
            return self._pool(row, cells)
        if block := cells.text("BlockId"):
            self._open(block)
        if kind in _RESOURCES:
            self._named.setdefault(kind, cells)
            self._named[cells.text("ResourceReference", "ReleaseReference", "DspWorkId")] = cells
            return StatementNote(row=row.line, kind="resource", cells=tuple(row.cells))
        return self._line(row, cells)

    def _begin(self, cells: _Cells) -> None:
        self._head = cells
        try:
            first = values.month(cells.text("UsageStartDate"), "dmy")[0]
            self._month = values.month(cells.text("UsageEndDate"), "dmy")[0]
        except ValueError as error:
            raise _Wrong("UsageStartDate", "the first and last day of use", str(error)) from None
        self._period = "" if first == self._month else f"{first}/{self._month}"

    def _open(self, block: str) -> None:
        if block != self._block:
            self._block, self._named = block, {}
            self._blocks += 1

    def _end(self, cells: _Cells) -> None:
        self.ended = True
        parts = self._head.whole("NumberOfFiles") if self._head else 1
        counted = {
            "NumberOfLinesInFile": (self._lines, self._lines - self._comments),
            "NumberOfBlocksInFile": (self._blocks,),
            "NumberOfSummaryRecords": (self._summaries,),
        }
        if parts in (None, 1):
            counted["NumberOfLinesInReport"] = counted["NumberOfLinesInFile"]
            counted["NumberOfBlocksInReport"] = counted["NumberOfBlocksInFile"]
        for name, right in counted.items():
            stated = cells.whole(name)
            if stated is not None and stated not in right:
                raise _Wrong(name, " or ".join(map(str, dict.fromkeys(right))), f"{stated} in the footer")

    def _pool(self, row: Row, cells: _Cells) -> StatementPool:
        share = cells.number("RightsControllerMarketShare")
        return StatementPool(
            reader=Dsr.name,
            row=row.line,
            record=cells.record,
            month=self._month,
            period=self._period,
            service=self._service(),
            territory=cells.text("Territory"),
            tier=_tier(cells),
            use=cells.text("UseType"),
            right=cells.text("RightsType"),
            payee=cells.text("RightsController"),
            currency=_currency(cells),
            subscribers=cells.whole("Subscribers", "Users"),
            usages=cells.whole("TotalUsages", "Usages", "UsagesInReportingPeriod"),
            revenue=cells.number("NetRevenue", "NetRevenueInCurrencyOfAccounting"),
            own_usages=cells.whole("AllocatedUsages"),
            own_revenue=cells.number(
                "AllocatedRevenue", "AmountPayable", "AllocatedRevenueInCurrencyOfAccounting"
            ),
            own_net_revenue=cells.number("AllocatedNetRevenue", "AllocatedNetRevenueInCurrencyOfAccounting"),
            market_share=_percent(share),
            exchange_rate=cells.number("ExchangeRate"),
            cells=cells.pairs,
        )

    def _line(self, row: Row, cells: _Cells) -> StatementLine:
        """A usage record (SU), a license record (LI) or both in one (SR)."""
        kind = cells.record[:2]
        pool = self._pools.get(cells.text("SummaryRecordId"))
        if pool is None:
            raise _Wrong("SummaryRecordId", "a summary record above", cells.text("SummaryRecordId"))
        resource = self._named.get(cells.text("TransactedResource", "DspResourceId")) or self._named.get("AS")
        work, release = self._named.get("MW"), self._named.get("RE")
        about = [found for found in (cells, resource, work, release) if found is not None]
        money = cells.number("AllocatedAmount", "AllocatedNetRevenueInCurrencyOfAccounting")
        if money is None and (kind == "LI" or cells.record[:4] in ("SR03", "SR06", "SR08")):
            raise _Wrong("AllocatedAmount", "an amount of money", "nothing")
        rights = cells.text("RightsType", "RightType") or pool.text("RightsType")
        quantity = 0 if kind == "LI" else _uses(cells)
        month, period = self._month, self._period
        if sold := cells.text("SalesTransactionDate"):
            try:
                month, period = values.month(sold, "dmy")
            except ValueError:
                raise _Wrong("SalesTransactionDate", "a day", sold) from None
        bearing = cells.text("IsRoyaltyBearing").lower() not in ("false", "0", "no")
        return StatementLine(
            reader=Dsr.name,
            row=row.line,
            month=month,
            period=period,
            reported=self._head.text("MessageCreatedDateTime") if self._head else "",
            service=self._service(),
            kind=cells.record if bearing else f"{cells.record}, not royalty-bearing",
            tier=_tier(pool),
            territory=pool.text("Territory"),
            artist=_of(about, "ResourceDisplayArtistName", "DisplayArtistName", "ComposerAuthor"),
            title=_of(about, "ResourceTitle", "WorkTitle", "Title", "ReleaseTitle"),
            isrc=_isrc(_of(about, "ISRC", "ResourceISRC")),
            upc=_of(about, "ICPN", "ReleaseICPN"),
            work=_of(about, "ISWC", "DspWorkId", "ProprietaryWorkId") if kind != "SU" else "",
            right="work" if kind == "LI" or rights.lower().startswith(_WORK_RIGHTS) else "recording",
            payee=cells.text("RightsController"),
            quantity=quantity,
            sign=-1 if quantity < 0 or (money or 0) < 0 else 1,
            unit_price=cells.number(
                "CalculatedUnitPriceInCurrencyOfAccounting", "PriceConsumerPaidExcSalesTax"
            ),
            gross=cells.number("NetRevenue", "AllocatedRevenueInCurrencyOfAccounting"),
            net=cells.number("AllocatedNetRevenue", "AllocatedNetRevenueInCurrencyOfAccounting"),
            exchange_rate=pool.number("ExchangeRate"),
            share=_percent(cells.number("RightSharePercentage")),
            amount=money,
            currency=_currency(pool),
            cells=cells.pairs,
        )

    def _service(self) -> str:
        return self._head.text("SenderName") if self._head else ""


def _uses(cells: _Cells) -> int:
    for name in ("NetUsage", "NumberOfStreams", "Usages", "TotalUsages", "Downloads"):
        if (uses := cells.whole(name)) is not None:
            return uses - (0 if name == "NetUsage" else cells.whole("Returns") or 0)
    return 0


def _tier(cells: _Cells) -> str:
    parts = (cells.text("ServiceDescription"), cells.text("CommercialModel"), cells.text("SubscriberType"))
    return " / ".join(part for part in parts if part)


def _currency(cells: _Cells) -> str:
    code = cells.text("CurrencyOfAccounting", "CurrencyOfReporting", "Currency").upper() or NO_CURRENCY
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise _Wrong("CurrencyOfReporting", "a code of three letters", code)
    return code


def _percent(share: Decimal | None) -> Decimal | None:
    """DDEX writes shares as fractions; some senders as percent."""
    return values.EXACT.multiply(share, 100) if share is not None and abs(share) <= 1 else share


def _of(about: Sequence[_Cells], *names: str) -> str:
    return next((words for cells in about for name in names if (words := cells.text(name))), "")


def _isrc(words: str) -> str:
    return identifiers.isrc(words) or words


def _rejected(
    line: int, column: str, expected: str, got: str, cells: tuple[str, ...] = (), amount: str = ""
) -> LineRejected:
    return LineRejected(
        row=line, column=column, expected=expected, got=got[:200], amount=amount[:120], cells=cells
    )
