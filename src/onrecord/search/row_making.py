# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written of things, some thousand at a time: `row_filling` writes it, another process may make it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from onrecord.search.bodies import Page, codes, fold
from onrecord.search.facets import LANGUAGE
from onrecord.search.fold import indexed
from onrecord.search.key_blocks import key_bytes, number_bytes
from onrecord.search.row_blocks import ROWS, Block, Dictionary, pack_long, packed, payload
from onrecord.search.rows import IDS, Row, id_key
from onrecord.search.stored_rows import Stored
from onrecord.search.text import begin_document


class Entry(Struct, frozen=True):
    """A row with what it is found by: `beside` its title, its facets, its identifiers as (scheme, value), how popular
    it is, from 0 to 255, and what was counted for that (`popularity`).

    Where there is a `page`, it stands in place of the row's body, and `codes` are those that it does not say. A
    `number` that is not 0 is the row's own, by which others name it: entries that have one come in its order.
    """

    row: Row
    beside: str = ""
    facets: tuple[str, ...] = ()
    codes: tuple[tuple[str, str], ...] = ()
    weight: int = 0
    known: dict[str, int] = {}
    number: int = 0
    page: Page | None = None


class Made(Struct):
    """`loose` are rows of blocks that others may be in as well; `blocks` those that are whole, packed where
    a dictionary was given for their kind. `documents` are without their combination of facets, which is a place in
    `combinations`."""

    count: int
    last: int
    loose: list[tuple[int, Stored]]
    blocks: list[Block]
    long: list[tuple[int, bytes]]
    keys: dict[int, tuple[int, bytes]]
    newest: list[tuple[str, int, str]]
    totals: dict[str, tuple[int, float]]
    documents: list[tuple[str, int]]
    combinations: list[str]


def make(
    entries: Iterable[Entry], last: int = 0, whole: range = range(0), dictionary: Dictionary | None = None
) -> Made:
    """What is written of entries; those without a number come behind `last`. All whose numbers are in `whole` are among
    them: blocks of these alone are packed."""
    totals, places = Totals(), dict[str, int]()
    records: defaultdict[int, list[bytes]] = defaultdict(list)
    made = Made(0, last, [], [], [], {}, [], {}, [], [])
    rows: list[tuple[int, Stored]] = []
    for entry in entries:
        made.last = number = entry.number or made.last + 1
        row = stored(entry)
        rows.append((number, row))
        behind = number_bytes(number)
        for scheme, key in keys_of(row, entry.row.id):
            records[scheme].append(key + behind)
        if row.newest:
            made.newest.append((row.kind, row.newest, entry.row.id))
        totals.add(row, 1)
        place = places.setdefault(row.facets, len(places))
        said = begin_document(number, indexed(row.title), indexed(entry.beside), row.facets, row.weight)
        made.documents.append((said, place))
    made.count = len(rows)
    made.keys = {scheme: (len(each[0]), b"".join(each)) for scheme, each in records.items()}
    made.totals, made.combinations = totals.counts, list(places)
    _block(made, rows, whole, dictionary)
    return made


def _block(
    made: Made, rows: Sequence[tuple[int, Stored]], whole: range, dictionary: Dictionary | None
) -> None:
    begin, end = -(-whole.start // ROWS), whole.stop // ROWS
    gathered: list[tuple[int, Stored]] = []
    place = -1
    for number, row in rows:
        here, offset = divmod(number, ROWS)
        if not begin <= here < end:
            made.loose.append((number, row))
            continue
        if here != place and gathered:
            made.blocks.append(_packed(place, gathered, dictionary))
            gathered = []
        place = here
        if found := pack_long(row):
            made.long.append((number, found[0]))
            row = found[1]
        gathered.append((offset, row))
    if gathered:
        made.blocks.append(_packed(place, gathered, dictionary))


def _packed(place: int, rows: Sequence[tuple[int, Stored]], dictionary: Dictionary | None) -> Block:
    return packed(payload(place, rows), dictionary)


def stored(entry: Entry) -> Stored:
    row, page = entry.row, entry.page
    facts, claims = fold(row.kind, row.title, row.subtitle, page) if page else ((row.body,), ())
    return Stored(
        row.kind,
        row.id if page is None or page.founder is None else page.founder,
        row.title,
        row.subtitle,
        None if entry.beside == row.subtitle else entry.beside,
        " ".join(entry.facets),
        entry.weight,
        entry.known,
        row.has_sound,
        row.newest,
        row.seconds,
        entry.codes,
        facts,
        claims,
    )


def keys_of(row: Stored, identifier: str) -> Iterator[tuple[int, bytes]]:
    """What leads to a row, as the tables have it."""
    yield IDS, id_key(identifier)
    for scheme, key in codes(row):
        yield scheme, key_bytes(key)


class Totals:
    """What there is more of, and less, by kind, and by language."""

    def __init__(self) -> None:
        self.counts: dict[str, tuple[int, float]] = {}

    def add(self, row: Stored, sign: int) -> None:
        count, seconds = self.counts.get(row.kind, (0, 0.0))
        self.counts[row.kind] = count + sign, seconds + sign * row.seconds
        if LANGUAGE in row.facets:
            for facet in row.facets.split():
                if facet.startswith(LANGUAGE):
                    self.counts[facet] = self.counts.get(facet, (0, 0.0))[0] + sign, 0.0

    def join(self, counts: dict[str, tuple[int, float]]) -> None:
        for kind, (more, longer) in counts.items():
            count, seconds = self.counts.get(kind, (0, 0.0))
            self.counts[kind] = count + more, seconds + longer
