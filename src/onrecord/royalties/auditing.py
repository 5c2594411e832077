# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks through the books for what a payee may want to ask about. Each finding has its rows and its sentence.

A finding is a question, never a verdict: late months, corrections, minimum guarantees and rounding are normal.
"""

import csv
import itertools
from collections.abc import Iterator, Mapping, Sequence
from decimal import Context, Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

from msgspec import Struct, structs

from onrecord.engine.duck import Duck
from onrecord.errors import ConfigError
from onrecord.model import identifiers
from onrecord.royalties import columns, relations
from onrecord.royalties.figures import MOST_ROWS, Place, figure, places, remember
from onrecord.royalties.ledgering import Books, Statement
from onrecord.royalties.reporting import per_use
from onrecord.royalties.statements import values
from onrecord.royalties.statements.values import EXACT
from onrecord.royalties.tables import query, tables

_PART: Final = Context(prec=6)


class Asked(Struct, frozen=True, kw_only=True):
    """What an audit takes for normal.

    lag        months between use and report that are normal; they are not missing yet
    until      the last month that a statement could report; "" is the newest report in the books
    fall       a rate this much under the one of the month before, in percent, is a sudden fall
    uses       cells with fewer uses are too small to compare
    threshold  tracks with fewer uses in a year are listed, for some services do not pay them
    rates      a table of exchange rates: month,from,to,rate
    rate_off   an exchange rate this much off the table, in percent, is a finding
    isrcs      codes that should be reported
    """

    lag: int = 3
    until: str = ""
    fall: Decimal = Decimal(30)
    uses: int = 1000
    threshold: int = 1000
    rates: Path | None = None
    rate_off: Decimal = Decimal(2)
    isrcs: Path | None = None


class Finding(Struct, frozen=True, kw_only=True):
    """One question. `lines` counts the rows it rests on, `places` names the first of them; `id` can be traced."""

    id: str
    code: str
    sentence: str
    lines: int
    places: list[Place]


#: Every kind of finding, in the order of the audit.
CODES: Final = {
    "A-FILE": "a file that may be cut off, or rows of it that were refused",
    "A-MISSING": "a month without a line between months that have some, or later than the normal lag",
    "A-FALL": "a rate a use that fell suddenly",
    "A-ARITHMETIC": "a line whose own numbers do not give its money",
    "A-EXCHANGE": "an exchange rate off the table",
    "A-REFUND": "money that was taken back",
    "A-DUPLICATE": "lines that stand in several files alike",
    "A-OVERLAP": "months that several files report",
    "A-THRESHOLD": "tracks with few uses in a year",
    "A-UNREPORTED": "codes that nobody reports",
    "A-CURRENCY": "one service that is paid in several currencies in one month",
    "A-POOL": "a payee's share of a pool that is not its share of the uses",
}


def audit(books: Books, asked: Asked) -> list[Finding]:
    """All findings, in the order of their codes; they can be traced."""
    statements = books.statements()
    with tables(books) as duck:
        found = [
            *_files(statements, books),
            *_missing(duck, asked),
            *_falls(duck, asked),
            *_arithmetic(books, statements),
            *_exchange(duck, asked),
            *_refunds(duck),
            *_duplicates(duck),
            *_overlaps(duck),
            *_under(duck, asked),
            *_unreported(duck, asked),
            *_currencies(duck),
            *_pools(books, statements),
        ]
    remember(books, "audit", [told for _, told in found])
    return [finding for finding, _ in found]


Told = tuple[Finding, Any]


class _Cell(NamedTuple):
    """One service, country, tier, right and currency in one month."""

    month: str
    uses: int
    amount: Decimal
    lines: int
    at: list[Place]


def _told(
    code: str, sentence: str, lines: int, at: Sequence[Place] = (), where: Mapping[str, str] | None = None
) -> Told:
    kind = "pool-finding" if code == "A-POOL" else "finding"
    made = figure(kind, f"[{code}] {sentence}", lines=lines, places=list(at), where=dict(where or {}))
    return Finding(id=made.id, code=code, sentence=sentence, lines=lines, places=list(at)), made


def _files(statements: Sequence[Statement], books: Books) -> Iterator[Told]:
    for one in statements:
        for doubt in one.doubts:
            if "no end" in doubt:
                yield _told("A-FILE", f"{one.name}: {doubt}", 0)
        if one.refused:
            told = f"{one.name}: {one.refused} rows could not be read; {one.refused_money} stands in them, unread"
            rows = columns.read(books.place(one.file) / "refused.parquet", ["row"])
            first = [Place(one.file, row["row"]) for row in itertools.islice(rows, MOST_ROWS)]
            made = figure("refused", f"[A-FILE] {told}", lines=one.refused, where={"file": one.file})
            yield Finding(id=made.id, code="A-FILE", sentence=told, lines=one.refused, places=first), made


def _missing(duck: Duck, asked: Asked) -> Iterator[Told]:
    newest = asked.until or _newest(duck)
    months: dict[tuple[str, str], list[str]] = {}
    for reader, service, month in duck.run(
        "SELECT DISTINCT reader, service, month FROM lines WHERE quantity > 0 OR amount > 0 ORDER BY ALL"
    ):
        months.setdefault((reader, service), []).append(month)
    for (reader, service), there in months.items():
        last = max(there[-1], _later(newest, -asked.lag)) if newest else there[-1]
        expected = list(_span(there[0], last))
        for month in sorted(set(expected) - set(there)):
            between = month < there[-1]
            why = (
                "there are lines before and after"
                if between
                else f"the newest report is of {newest}, and {asked.lag} months of lag are normal"
            )
            yield _told("A-MISSING", f"{service or 'no service'} ({reader}): no line for {month}; {why}", 0)


def _falls(duck: Duck, asked: Asked) -> Iterator[Told]:
    cells: dict[tuple[str, ...], list[_Cell]] = {}
    for row in query(duck, "rates", since="", until="9999-99"):
        service, territory, tier, right, currency, month, reader, lines, quantity, amount, _, low, high = row
        if amount is not None and quantity >= asked.uses:
            at = [Place(one["file"], one["row"]) for one in (low, high) if one]
            cell = (service, territory, tier, right, currency, reader)
            cells.setdefault(cell, []).append(_Cell(month, int(quantity), amount, lines, sorted(set(at))))
    for key, series in cells.items():
        for before, now in itertools.pairwise(sorted(series)):
            # amount/uses < (1 - fall) * money/uses before, without a division
            left = EXACT.multiply(EXACT.multiply(now.amount, before.uses), 100)
            least = EXACT.multiply(
                EXACT.multiply(before.amount, now.uses), EXACT.subtract(Decimal(100), asked.fall)
            )
            if before.amount > 0 and left < least:
                yield _fall(key, before, now)


def _fall(key: tuple[str, ...], before: "_Cell", now: "_Cell") -> Told:
    was, rate = per_use(before.amount, before.uses) or Decimal(1), per_use(now.amount, now.uses)
    about = " / ".join(part for part in key[:4] if part)
    fell = _PART.subtract(100, _PART.divide(_PART.multiply(rate or Decimal(0), 100), was))
    names = ("service", "territory", "tier", "right", "currency", "reader")
    finding, made = _told(
        "A-FALL",
        f"{about}: {_short(rate)} {key[4]} a use in {now.month}, {_short(was)} in {before.month}: "
        f"{_short(fell)} % less",
        now.lines,
        where={**dict(zip(names, key, strict=True)), "month": now.month},
    )
    # The figure leads to all lines of the month; named are those that brought least and most.
    return structs.replace(finding, places=now.at), made


def _arithmetic(books: Books, statements: Sequence[Statement]) -> Iterator[Told]:
    """One finding a statement and relation: its worst rows first would need them all; the first are named."""
    for one in statements:
        path = books.place(one.file) / "lines.parquet"
        if not one.relations or not path.exists():
            continue
        tests = {relation: relations.check(relation, one.decimals) for relation in one.relations}
        wanted = {field for relation in one.relations for field in relations.fields(relation)}
        broken: dict[str, list[tuple[int, relations.Broken]]] = {relation: [] for relation in tests}
        counts = dict.fromkeys(tests, 0)
        for line in columns.read(path, ["row", *sorted(wanted)]):
            for relation, test in tests.items():
                if (wrong := test(line)) is not None:
                    counts[relation] += 1
                    if len(broken[relation]) < MOST_ROWS:
                        broken[relation].append((line["row"], wrong))
        for relation, wrongs in broken.items():
            if wrongs:
                row, first = wrongs[0]
                yield _told(
                    "A-ARITHMETIC",
                    f"{one.name}: {counts[relation]} lines break `{relation}`; row {row} says {first.stated}, "
                    f"its numbers give {first.expected} (rounding explains {_short(first.tolerance)})",
                    counts[relation],
                    [Place(one.file, row) for row, _ in wrongs],
                )


def _exchange(duck: Duck, asked: Asked) -> Iterator[Told]:
    if asked.rates is None:
        return
    table = read_rates(asked.rates)
    rows = duck.run(
        "SELECT month, sale_currency, currency, exchange_rate, count(*), "
        "list({'file': file, 'row': \"row\"} ORDER BY file, \"row\")[:101] FROM lines "
        "WHERE exchange_rate IS NOT NULL AND sale_currency <> '' AND sale_currency <> currency "
        "GROUP BY ALL ORDER BY ALL"
    )
    for month, sale, currency, rate, lines, at in rows:
        right = table.get((month, sale.upper(), currency))
        if right is None:
            yield _told(
                "A-EXCHANGE",
                f"{sale} to {currency} in {month}: the table has no rate for it",
                lines,
                places(at),
            )
            continue
        off = EXACT.multiply(EXACT.subtract(rate, right).copy_abs(), 100)
        if off > EXACT.multiply(right, asked.rate_off):
            yield _told(
                "A-EXCHANGE",
                f"{sale} to {currency} in {month}: {lines} lines at {_short(rate)}, the table says {right}: "
                f"{_short(_PART.divide(off, right))} % off",
                lines,
                places(at),
            )


def read_rates(path: Path) -> dict[tuple[str, str, str], Decimal]:
    """month,from,to,rate: how much of `to` one unit of `from` was."""
    found: dict[tuple[str, str, str], Decimal] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.reader(file), 1):
            if number == 1 and [cell.strip().lower() for cell in row] == ["month", "from", "to", "rate"]:
                continue
            try:
                month, sale, currency, rate = (cell.strip() for cell in row)
                key, value = (values.month(month, "dmy")[0], sale.upper(), currency.upper()), _positive(rate)
            except ValueError:
                raise ConfigError(
                    f"{path}, line {number}: expected month,from,to,rate such as 2026-05,EUR,USD,1.08, got {row}"
                ) from None
            if found.setdefault(key, value) != value:
                told = f"{key[1]} to {key[2]} in {key[0]}"
                raise ConfigError(
                    f"{path}, line {number}: expected one rate of {told}, got {found[key]} and {value}"
                )
    return found


def _refunds(duck: Duck) -> Iterator[Told]:
    for service, month, currency, lines, quantity, amount, at in query(duck, "refunds"):
        yield _told(
            "A-REFUND",
            f"{service or 'no service'}, {month}: {lines} lines take back {quantity} uses and "
            f"{_short(amount)} {currency}",
            lines,
            places(at),
        )


def _duplicates(duck: Duck) -> Iterator[Told]:
    """Lines of one kind add up to one finding for each pair of files and month."""
    groups: dict[tuple[str, ...], tuple[int, list[Place], str]] = {}
    for month, service, _, isrc, upc, title, *_rest, found, lines, among in query(duck, "duplicates"):
        key = (month, service, *among)
        count, at, example = groups.get(key, (0, [], isrc or upc or title))
        groups[key] = (count + lines, (at + places(found))[:MOST_ROWS], example)
    for (month, service, *among), (count, at, example) in groups.items():
        yield _told(
            "A-DUPLICATE",
            f"{service or 'no service'}, {month}: {count} lines stand in {len(among)} files alike, such as {example}",
            count,
            at,
        )


def _overlaps(duck: Duck) -> Iterator[Told]:
    for reader, service, month, found, lines in query(duck, "overlaps"):
        told = ", ".join(one[:12] for one in found)
        yield _told(
            "A-OVERLAP",
            f"{service or 'no service'} ({reader}), {month}: reported by {len(found)} files ({told})",
            lines,
            where={"reader": reader, "service": service, "month": month},
        )


def _under(duck: Duck, asked: Asked) -> Iterator[Told]:
    for service, last, isrc, title, quantity, at, lines in query(duck, "under", threshold=asked.threshold):
        yield _told(
            "A-THRESHOLD",
            f"{service or 'no service'}: {isrc} ({title}) has {quantity} uses in the year to {last}, "
            f"under {asked.threshold}",
            lines,
            places(at),
        )


def _unreported(duck: Duck, asked: Asked) -> Iterator[Told]:
    if asked.isrcs is None:
        return
    wanted: dict[str, int] = {}
    without: list[int] = []
    for number, line in enumerate(asked.isrcs.read_text(encoding="utf-8-sig").splitlines(), 1):
        cells = line.replace(";", ",").replace("\t", ",").split(",")
        codes = [code for cell in cells if (code := identifiers.isrc(cell.strip().strip('"')))]
        for code in codes:
            wanted.setdefault(code, number)
        if line.strip() and not codes and number > 1:  # the first may be a header
            without.append(number)
    if not wanted:
        raise ConfigError(f"{asked.isrcs}: expected ISRCs, one or more a line, got none")
    if without:
        told = f"{len(without):,} of the lines of {asked.isrcs.name} name no ISRC, such as line {without[0]}"
        yield _told("A-UNREPORTED", f"{told}: nothing was looked for there", 0)
    there = {isrc for (isrc,) in duck.run("SELECT DISTINCT isrc FROM lines")}
    for code, number in sorted(wanted.items()):
        if code not in there:
            yield _told(
                "A-UNREPORTED",
                f"{code} (line {number} of {asked.isrcs.name}): no statement has a line for it",
                0,
            )


def _currencies(duck: Duck) -> Iterator[Told]:
    rows = duck.run(
        "SELECT reader, service, month, list(DISTINCT currency ORDER BY currency) FILTER (amount IS NOT NULL), "
        "count(*) FROM lines GROUP BY ALL "
        "HAVING count(DISTINCT currency) FILTER (amount IS NOT NULL) > 1 ORDER BY reader, service, month"
    )
    for reader, service, month, found, lines in rows:
        yield _told(
            "A-CURRENCY",
            f"{service or 'no service'} ({reader}), {month}: paid in {', '.join(found)}; sums are kept apart",
            lines,
            where={"reader": reader, "service": service, "month": month},
        )


def _pools(books: Books, statements: Sequence[Statement]) -> Iterator[Told]:
    """Pro rata says: the payee's part of the money is the payee's part of the uses."""
    for one in statements:
        path = books.place(one.file) / "pools.parquet"
        if not path.exists():
            continue
        for pool in columns.read(path):
            yield from _pool(one, pool)


def _pool(one: Statement, pool: Mapping[str, Any]) -> Iterator[Told]:
    at = [Place(one.file, pool["row"])]
    about = " / ".join(pool[key] for key in ("service", "territory", "tier", "payee", "month") if pool[key])
    uses, own_uses, money, own = (pool[key] for key in ("usages", "own_usages", "revenue", "own_net_revenue"))
    if uses and own_uses is not None and money is not None and own is not None:
        half = [
            Decimal(5).scaleb(-one.decimals.get(field, 0) - 1) for field in ("revenue", "own_net_revenue")
        ]
        gap = EXACT.subtract(EXACT.multiply(own, uses), EXACT.multiply(money, own_uses)).copy_abs()
        slack = EXACT.add(EXACT.multiply(half[1], uses), EXACT.multiply(half[0], own_uses))
        if gap > slack:
            due = _PART.divide(EXACT.multiply(money, own_uses), Decimal(uses))
            yield _told(
                "A-POOL",
                f"{about}: {own_uses} of {uses} uses and a pool of {_short(money)} {pool['currency']} give "
                f"{_short(due)}, the record says {_short(own)}",
                1,
                at,
            )
    if uses and own_uses is not None and pool["market_share"] is not None:
        stated = pool["market_share"]
        half_share = Decimal(5).scaleb(-one.decimals.get("market_share", 0) - 1)
        gap = EXACT.subtract(EXACT.multiply(stated, uses), Decimal(own_uses * 100)).copy_abs()
        if gap > EXACT.multiply(half_share, uses):
            share = _PART.divide(Decimal(own_uses * 100), Decimal(uses))
            yield _told(
                "A-POOL",
                f"{about}: {own_uses} of {uses} uses are {_short(share)} %, the record says {_short(stated)} %",
                1,
                at,
            )


def _newest(duck: Duck) -> str:
    found = ""
    for (reported,) in duck.run("SELECT DISTINCT reported FROM lines WHERE reported <> ''"):
        try:
            found = max(found, values.month(reported, "mdy")[0])
        except ValueError:
            continue
    return found


def _span(first: str, last: str) -> Iterator[str]:
    while first <= last:
        yield first
        first = _later(first, 1)


def _later(month: str, by: int) -> str:
    count = int(month[:4]) * 12 + int(month[5:7]) - 1 + by
    return f"{count // 12:04}-{count % 12 + 1:02}"


def _positive(words: str) -> Decimal:
    rate = values.number(words)
    if rate <= 0:
        raise ValueError(words)
    return rate


def _short(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize(EXACT):f}"
