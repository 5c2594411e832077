# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conformance suites for the seams: what a plug-in's author runs in a test of a few lines.

Each `check_…` raises ConformanceError (an AssertionError) at the first clause of the contract that does not hold.
"""

import datetime as dt
import hashlib
import pickle
import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from io import BytesIO
from pathlib import Path

from onrecord.errors import DigestMismatch, IntegrityError, NotFound, RecordRejected, UsageError
from onrecord.model import identifiers
from onrecord.model.records import FIELDS, ArtistClaim, Claims, Page, Record, ReleaseClaim, Terms, TrackClaim
from onrecord.model.rights import Evidence
from onrecord.model.royalties import (
    Payout,
    Play,
    Pool,
    StatementLine,
    StatementNote,
    StatementPool,
    StatementRow,
)
from onrecord.rights.expressions import canonical
from onrecord.royalties.seams import PayoutModel, StatementReader
from onrecord.sources.seam import Source
from onrecord.store.seam import Root

_PAGE_RECORDS = 10_000
_HOSTILE = (
    b"",
    b"\x00" * 64,
    b"\xff\xfe\xfd",
    b"[" * 200_000,
    b'{"id": NaN, "id": 1e999}',
    b'"\\ud800"',
    b"<a>" * 20_000,
    b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    b"null",
    b"<html></html>",
)


class ConformanceError(AssertionError):
    """A clause of a seam's contract does not hold; the message names it."""


def check_source(make: Callable[[], Source]) -> list[Record]:
    """Runs the contract of `Source` over a location that holds at least two records; gives the records back.

    `make` constructs the source anew each time, over the same location.
    """
    source = make()
    _check_terms(source)
    pages = _pages(source, "")
    records = [record for page in pages for record in page.records]
    _must(
        len(records) >= 2,
        f"the suite needs a location with two records or more, this one gave {len(records)}",
    )
    for record in records:
        _check_record(record, source.name)
    _must(_pages(make(), "") == pages, "the same location gives the same pages")
    for at, page in enumerate(pages):
        rest = [record for later in _pages(make(), page.cursor) for record in later.records]
        expected = [record for later in pages[at + 1 :] for record in later.records]
        _must(
            rest == expected,
            f"reading goes on behind the cursor of page {at + 1}, neither before it nor further on",
        )
    for record in reversed(records):
        _check_claims(source, make(), record)
    _check_hostile(source, records)
    return records


def check_statement_reader(make: Callable[[], StatementReader], sample: bytes, name: str, rows: int) -> None:
    """Runs the contract of `StatementReader` over a good statement of `rows` rows in a file called `name`."""
    reader = make()
    _must(bool(reader.name), "a reader has a name")
    _must(reader.sniff(sample[:65536], name), "the reader recognises its own sample")
    for foreign in (*_HOSTILE, b"a,b,c\n1,2,3\n", b"PK\x03\x04" + bytes(100)):
        _must(
            not reader.sniff(foreign, name),
            f"the columns decide, not the name: {foreign[:40]!r} is no such statement",
        )
    given = list(reader.read(BytesIO(sample)))
    sales = [row for row in given if not isinstance(row, StatementNote | StatementPool)]
    _must(len(sales) == rows, f"each row is given once: expected {rows}, got {len(sales)}")
    for line in sales:
        if not isinstance(line, StatementLine):
            raise ConformanceError(f"every row of a good statement is read, got {line}")
        _check_line(line, reader.name)
    numbers = [row.row for row in given]
    _must(
        numbers == sorted(set(numbers)), "rows come in the order of the file, each with a number of its own"
    )
    _must(list(make().read(BytesIO(sample))) == given, "the same bytes give the same rows")
    for damaged in _damaged(sample):
        _check_damaged(make(), damaged)


def check_payout_model(make: Callable[[], PayoutModel], cases: int = 60) -> None:
    """Runs the contract of `PayoutModel` over `cases` made-up pools; the same ones each time."""
    chance = random.Random(1)
    model = make()
    _must(bool(model.name), "a model has a name")
    _must(
        _total(model.split(Pool(amount=7, currency="EUR"), [])) == 7,
        "a pool that nobody played is paid out too",
    )
    for _ in range(cases):
        pool, plays = _pool(chance)
        _check_split(make, pool, plays, chance)
    _must_refuse(
        lambda: make().split(Pool(amount=-1, currency="EUR"), [Play("a", "b")]), "a negative pool is refused"
    )
    _must_refuse(
        lambda: make().split(Pool(amount=1, currency="EUR"), [Play("a", "b", -1, -1)]),
        "a negative play is refused",
    )


def check_root(make: Callable[[], Root], folder: Path) -> None:
    """Runs the contract of `Root` over one that is empty. `make` opens it anew each time; `folder` is for files of the
    suite's own."""
    root, again = make(), make()
    _must(bool(root.id) and root.id == again.id, "a root keeps its id")
    _must(pickle.loads(pickle.dumps(root)) == root, "a root may be sent to another process")
    for content in (b"", b"sound", random.Random(3).randbytes(700_000)):
        _check_held(root, again, content, folder)
    _check_damaged_blob(root, folder)


def _must(holds: bool, clause: str) -> None:
    if not holds:
        raise ConformanceError(clause)


def _must_refuse(call: Callable[[], object], clause: str) -> None:
    try:
        call()
    except UsageError:
        return
    raise ConformanceError(f"{clause}, with UsageError")


def _pages(source: Source, cursor: str) -> list[Page]:
    pages = list(source.pages(cursor))
    for page in pages:
        _must(isinstance(page, Page), f"pages are model.records.Page, got {type(page).__name__}")
        _must(bool(page.cursor or not page.records), "a page with records has a cursor to go on from")
        _must(len(page.records) <= _PAGE_RECORDS, f"a page holds at most {_PAGE_RECORDS} records")
        _must(
            all(where and why for where, why in page.rejected),
            "what was rejected is named with place and reason",
        )
    return pages


def _check_terms(source: Source) -> None:
    terms = getattr(type(source), "terms", None)
    if not isinstance(terms, Terms):
        raise ConformanceError("`terms` is a model.records.Terms on the class")
    _must(terms.state in ("read", "unread"), f"terms.state is 'read' or 'unread', got {terms.state!r}")
    read = bool(terms.address and terms.day and terms.digest)
    _must(terms.state != "read" or read, "terms that were read say where, when, and the digest of the text")
    _must(terms.robots in ("obey", "api"), f"terms.robots is 'obey' or 'api', got {terms.robots!r}")
    _must(
        terms.robots == "obey" or terms.state == "read",
        "robots.txt is left unasked only where terms that were read let programs use the API",
    )
    for part in terms.parts:
        _must(
            bool(part.fields) and FIELDS.issuperset(part.fields),
            f"a part names fields as `<table>.<column>` of claims, got {part.fields}",
        )
        _must(bool(canonical(part.license)), f"a part's license is an SPDX expression, got {part.license!r}")
    _must(bool(terms.summary), "terms have a summary")
    letters = source.name.replace("-", "")
    _must(
        letters.isalnum() and letters == letters.lower() and letters.isascii(),
        f"a plain name, got {source.name!r}",
    )


def _check_record(record: Record, name: str) -> None:
    _must(isinstance(record, Record), f"records are model.records.Record, got {type(record).__name__}")
    _must(record.source == name, f"a record is filed under the source's name {name!r}, got {record.source!r}")
    _must(
        bool(record.kind and record.id and record.media_type),
        f"a record has kind, id and media type: {record}"[:300],
    )
    _must(bool(record.payload) != record.deleted, "a record has bytes, and a tombstone has none")


def _check_claims(source: Source, other: Source, record: Record) -> None:
    claims = source.claims(record)
    _must(isinstance(claims, Claims), f"claims are model.records.Claims, got {type(claims).__name__}")
    _must(other.claims(record) == claims == source.claims(record), "the same record gives the same claims")
    if record.deleted:
        _must(claims == Claims(), "a tombstone claims nothing")
        return
    ids = [track.id for track in claims.tracks]
    _must(
        len(ids) == len(set(ids)) and all(ids), f"every track of a record has an id of its own: {record.id}"
    )
    every: list[ArtistClaim | ReleaseClaim | TrackClaim] = [*claims.artists, *claims.releases, *claims.tracks]
    for claim in every:
        _must(claim.source == source.name, f"claims carry the source's name, got {claim.source!r}")
        _must(
            identifiers.mbid(claim.mbid) == claim.mbid,
            f"an MBID in its canonical form or '', got {claim.mbid!r}",
        )
    for release in claims.releases:
        _must(
            identifiers.barcode(release.barcode) == release.barcode,
            f"a checked barcode, got {release.barcode!r}",
        )
    for track in claims.tracks:
        _must(
            identifiers.isrc(track.isrc) == track.isrc,
            f"an ISRC in its canonical form or '', got {track.isrc!r}",
        )
        _must(identifiers.sha256(track.blob) == track.blob, f"a blob's SHA-256 or '', got {track.blob!r}")
        _must(
            track.duration_ms is None or track.duration_ms > 0,
            f"a duration above 0 or None: {track.duration_ms}",
        )
    pictures = [id for id, _ in claims.pictures]
    for about, evidence in claims.evidence:
        _must(
            isinstance(evidence, Evidence),
            f"evidence is model.rights.Evidence, got {type(evidence).__name__}",
        )
        _must(
            about in [*ids, *pictures],
            f"evidence is about a track claim or a picture of the same record, got {about!r}",
        )


def _check_hostile(source: Source, records: Sequence[Record]) -> None:
    whole = next((record for record in records if not record.deleted), None)
    if whole is None:
        raise ConformanceError("the suite needs a record that is not a tombstone")
    cut = (whole.payload[: len(whole.payload) * part // 10] for part in range(1, 10))
    for payload in (*_HOSTILE, *cut):
        record = Record(whole.source, whole.kind, whole.id, whole.media_type, payload)
        try:
            source.claims(record)
        except RecordRejected:
            continue
        except Exception as error:
            raise ConformanceError(
                f"bytes that cannot be read raise RecordRejected, got {type(error).__name__} for {payload[:60]!r}"
            ) from error


def _check_line(line: StatementLine, name: str) -> None:
    _must(line.reader == name, f"a line carries the reader's name {name!r}, got {line.reader!r}")
    for field in (
        "withheld",
        "recoup",
        "amount",
        "unit_price",
        "gross",
        "fee",
        "net",
        "exchange_rate",
        "share",
    ):
        value = getattr(line, field)
        _must(
            (isinstance(value, Decimal) and value.is_finite())
            or (value is None and field not in ("withheld", "recoup")),
            f"money is a finite Decimal: {field} is {value!r}",
        )
    _must(line.sign in (1, -1), f"a sign is 1 or -1, got {line.sign!r}")
    _must(type(line.quantity) is int, f"a quantity is a whole number, got {line.quantity!r}")
    currency = line.currency
    _must(
        len(currency) == 3 and currency.isalpha() and currency.isupper(), f"a currency code, got {currency!r}"
    )
    try:
        # "" is a statement that does not say; the import asks for the month then.
        dt.date.fromisoformat(f"{line.month or '2000-01'}-01")
    except ValueError as error:
        raise ConformanceError(f"a month as YYYY-MM, got {line.month!r}") from error
    _must(bool(line.cells), "a line keeps its cells as they stood there")


def _damaged(sample: bytes) -> list[bytes]:
    chance = random.Random(2)
    flipped = bytearray(sample)
    for _ in range(max(len(sample) // 50, 10)):
        flipped[chance.randrange(len(flipped))] = chance.randrange(256)
    cuts = [sample[: chance.randrange(len(sample))] for _ in range(20)]
    header = sample[: sample.find(b"\n") + 1]
    return [
        *_HOSTILE,
        *cuts,
        bytes(flipped),
        header + b'"' * 5,
        header + b"x" * 3_000_000,
        header + b"\x00\t" * 99,
    ]


def _check_damaged(reader: StatementReader, damaged: bytes) -> None:
    try:
        lines = list(reader.read(BytesIO(damaged)))
    except Exception as error:
        raise ConformanceError(
            f"a damaged statement gives rejected rows and never raises, got {type(error).__name__}: {error}"
        ) from error
    for line in lines:
        _must(isinstance(line, StatementRow), f"rows, pools, notes or rejections, got {type(line).__name__}")


def _pool(chance: random.Random) -> tuple[Pool, list[Play]]:
    listeners = [f"listener-{number}" for number in range(chance.randint(1, 12))]
    payees = [f"payee-{number}" for number in range(chance.randint(1, 9))]
    plays = [
        Play(
            chance.choice(listeners), chance.choice(payees), chance.randint(0, 400), chance.randint(0, 90_000)
        )
        for _ in range(chance.randint(1, 60))
    ]
    if chance.random() < 0.5:
        fees = tuple((listener, chance.choice((0, 1, 499, 999))) for listener in [*listeners, "idle"])
        played = {play.listener for play in plays}
        return Pool(amount=sum(fee for _, fee in fees), currency="EUR", fees=fees if played else ()), plays
    return Pool(amount=chance.choice((0, 1, 7, 100, 12345, 10**18)), currency="EUR"), plays


def _check_split(
    make: Callable[[], PayoutModel], pool: Pool, plays: list[Play], chance: random.Random
) -> None:
    payouts = make().split(pool, plays)
    _must(all(type(payout.amount) is int for payout in payouts), "payouts are whole units (int)")
    _must(_total(payouts) == pool.amount, f"payouts add up to the pool: {pool.amount}, got {_total(payouts)}")
    _must(all(payout.amount >= 0 for payout in payouts), "no payout is negative")
    names = [payout.payee for payout in payouts]
    _must(names == sorted(set(names)), "one payout a payee, in the order of their names")
    _must(set(names) <= {play.payee for play in plays} | {""}, "only who was played is paid")
    _must(all(payout.payee or payout.reason for payout in payouts), "money that nobody gets has a reason")
    shuffled = chance.sample(plays, len(plays))
    _must(make().split(pool, shuffled) == payouts, "the order of plays changes nothing")
    pieces = [piece for play in plays for piece in _halves(play)]
    _must(make().split(pool, iter(pieces)) == payouts, "how plays are cut into pieces changes nothing")


def _halves(play: Play) -> tuple[Play, Play]:
    streams, seconds = play.streams // 2, play.seconds // 3
    return (
        Play(play.listener, play.payee, streams, seconds),
        Play(play.listener, play.payee, play.streams - streams, play.seconds - seconds),
    )


def _total(payouts: Sequence[Payout]) -> int:
    return sum(payout.amount for payout in payouts)


def _check_held(root: Root, again: Root, content: bytes, folder: Path) -> None:
    sha256, size = hashlib.sha256(content).hexdigest(), len(content)
    _must(
        root.size(sha256) is None and root.verify(sha256, size) == "missing", "what is not there is missing"
    )
    _must_raise(lambda: root.file(sha256), NotFound, "a file of what is not there is NotFound")
    _must(root.set_aside(sha256) is None, "of what is not there nothing is set aside")
    part = root.parts / "part"
    part.write_bytes(content)
    root.settle([(part, sha256)])
    _must(not part.exists(), "what is settled is gone from the parts")
    part.write_bytes(content)
    root.settle([(part, sha256)])
    _must(not part.exists() and again.size(sha256) == size, "settling twice is harmless")
    _must(again.verify(sha256, size) == "ok", "what was settled is whole")
    _must(again.verify(sha256, size + 1) == "truncated", "what has fewer bytes than it should is truncated")
    _must(again.file(sha256).read_bytes() == content, "the file has the bytes")
    with again.holding(sha256) as path:
        _must(path.read_bytes() == content, "the file that is held has the bytes")
    for start, end in ((0, size), (0, 0), (size // 3, size // 2), (max(size - 1, 0), size)):
        _must(b"".join(again.read(sha256, size, start, end)) == content[start:end], "a part has its bytes")
    _must_raise(
        lambda: again.read(sha256, size + 1, 0, 1), IntegrityError, "reading what has another size is refused"
    )
    source = folder / "source"
    source.write_bytes(content)
    root.bring(source, sha256)
    _must(source.read_bytes() == content, "what is brought stays where it was")
    root.remove(sha256)
    _must(again.size(sha256) is None, "what was removed is gone")
    root.bring(source, sha256)
    _must(again.verify(sha256, size) == "ok", "what was brought is whole")
    _must(root.sweep() == 0, "nothing is left over")


def _check_damaged_blob(root: Root, folder: Path) -> None:
    content = b"not what the name says"
    sha256 = hashlib.sha256(b"something else").hexdigest()
    source = folder / "damaged"
    source.write_bytes(content)
    _must_raise(lambda: root.bring(source, sha256), DigestMismatch, "what has another digest is not brought")
    _must(root.size(sha256) is None, "what was refused is not there")
    whole = hashlib.sha256(content).hexdigest()
    root.bring(source, whole)
    _must(root.aside(whole) is None, "nothing was set aside yet")
    _must(bool(root.set_aside(whole)), "it is said where a blob was set aside")
    _must(root.size(whole) is None, "what was set aside is not at its name")
    aside = root.aside(whole)
    _must(aside is not None and aside.read_bytes() == content, "what was set aside is kept")
    (root.parts / "left").write_bytes(b"behind")
    _must(root.sweep() == 1, "what a killed run left behind is swept")


def _must_raise(call: Callable[[], object], error: type[Exception], clause: str) -> None:
    try:
        call()
    except error:
        return
    raise ConformanceError(clause)
