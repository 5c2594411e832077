# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds what is ours against what a collective could not pay: each match with its reason, unsure ones apart.

Ours are the recordings of the statements in the books, and the works of registrations (CWR). The collective's file is
read from front to back by DuckDB; what is held is ours and the lines that could be ours.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from onrecord.engine.duck import Duck, sql_file
from onrecord.errors import ConfigError, SourceRefused
from onrecord.model import identifiers
from onrecord.model.royalties import LineRejected
from onrecord.royalties import unclaimed_feed
from onrecord.royalties.ledgering import Books
from onrecord.royalties.statements.cwr import Work, read_works
from onrecord.royalties.tables import tables
from onrecord.royalties.unclaimed_feed import Unread


class Reason(Struct, frozen=True):
    """Why a line may be ours. `confidence` ranks the reasons, from 0 to 1: it is our judgment and no probability."""

    code: str
    confidence: Decimal
    sentence: str


#: The best first. Under 0.85 a match is unsure: somebody has to look.
REASONS: Final = (
    Reason("M-CODE-TITLE", Decimal("0.98"), "the same ISRC and the same title"),
    Reason("M-WORK", Decimal("0.95"), "the same ISWC and no other title"),
    Reason("M-TITLE-ARTIST-WRITER", Decimal("0.90"), "the same title, artist and a writer"),
    Reason("M-CODE", Decimal("0.85"), "the same ISRC; one side says no title"),
    Reason("M-WORK-OTHER-TITLE", Decimal("0.75"), "the same ISWC under another title"),
    Reason("M-TITLE-ARTIST", Decimal("0.70"), "the same title and artist; the codes do not agree, or there are none"),
    Reason("M-TITLE-WRITER", Decimal("0.65"), "the same title and a writer; another artist"),
    Reason("M-CODE-OTHER-TITLE", Decimal("0.60"), "the same ISRC under another title"),
    Reason("M-VERSION-ARTIST", Decimal("0.50"), "the same artist, and the same title apart from the version"),
)  # fmt: skip
SURE: Final = Decimal("0.85")
#: What The MLC calls its number of a work: letters and digits.
_SONG_CODE: Final = re.compile(r"[A-Z0-9]{4,12}")


class Match(Struct, frozen=True, kw_only=True):
    """A line of the collective and what of ours it may be. `fits` counts our songs that fit it equally well.

    share       the collective's id of the unclaimed share; `percent` of the work that nobody claims
    work        the collective's id of the work; "" where the recording is matched to no work
    song_code   the collective's number of our work, where it was said
    our_file    digest of the statement, or name of the registration, and the row in it
    """

    share: str
    work: str
    isrc: str
    dsp: str
    title: str
    artist: str
    percent: str
    code: str
    confidence: Decimal
    fits: int
    our_kind: str
    our_isrc: str
    our_iswc: str
    our_number: str
    our_title: str
    our_artist: str
    song_code: str
    our_file: str
    our_row: int

    @property
    def reason(self) -> str:
        said = next(one.sentence for one in REASONS if one.code == self.code)
        return said if self.fits == 1 else f"{said}; {self.fits} songs of yours fit equally well"

    def is_sure(self, sure: Decimal) -> bool:
        return self.fits == 1 and self.confidence >= sure


class Summary(Struct, frozen=True, kw_only=True):
    """`lines` of the collective's file, `unread` those that cannot be read, `refused` records of our registrations."""

    recordings: int
    works: int
    beside: tuple[str, ...]
    lines: int
    unread: int
    listed: list[Unread]
    refused: list[tuple[str, LineRejected]]
    sure: int
    unsure: int


class Matched:
    """What was found, as long as it is open."""

    def __init__(self, duck: Duck, summary: Summary, sure: Decimal) -> None:
        self._duck = duck
        self._sure = sure
        self.summary = summary

    def matches(self, sure: bool) -> Iterator[Match]:
        """All that are sure, or all that are not: the best reasons first, a batch in memory at a time."""
        for row in self._duck.stream(sql_file("onrecord.royalties", "unclaimed_listed")):
            match = Match(**dict(zip(Match.__struct_fields__, row, strict=True)))
            if match.is_sure(self._sure) == sure:
                yield match


@contextmanager
def match(
    books: Books,
    mlc: Path,
    works: Sequence[Path] = (),
    song_codes: Path | None = None,
    sure: Decimal = SURE,
    memory: str = "2GB",
) -> Iterator[Matched]:
    """Hold the books, and the registrations `works`, against the collective's file or folder `mlc`.

    `song_codes` says what number the collective gave to our works: see `read_song_codes`.
    """
    registered, refused = read_registrations(works)
    with tables(books, memory) as duck:
        # What is ours is small and is what is looked up in; the collective's file only passes.
        duck.run("SET disabled_optimizers = 'join_order,build_side_probe_side'")
        for name in ("fold", "unclaimed_words"):
            duck.run(sql_file("onrecord.catalog" if name == "fold" else "onrecord.royalties", name))
        _ours(duck, registered)
        [(recordings,)] = duck.run("SELECT count(*) FROM ours WHERE kind = 'recording'")
        feed = unclaimed_feed.open_feed(duck, mlc)
        _song_codes(duck, song_codes)
        duck.table(
            "reasons",
            {"code": "VARCHAR", "confidence": "DECIMAL(3, 2)"},
            [(r.code, r.confidence) for r in REASONS],
        )
        duck.run(sql_file("onrecord.royalties", "unclaimed_near"))
        duck.run(sql_file("onrecord.royalties", "unclaimed_matches"))
        lines, unread, listed = unclaimed_feed.count(duck, feed)
        [(certain, found)] = duck.run(
            "SELECT count(*) FILTER (fits = 1 AND confidence >= $sure), count(*) FROM matches", {"sure": sure}
        )
        summary = Summary(
            recordings=recordings,
            works=len(registered),
            beside=feed.beside,
            lines=lines,
            unread=unread,
            listed=listed,
            refused=refused,
            sure=certain,
            unsure=found - certain,
        )
        yield Matched(duck, summary, sure)


def read_registrations(
    paths: Sequence[Path],
) -> tuple[list[tuple[str, Work]], list[tuple[str, LineRejected]]]:
    """(file name, work) of all Common Works Registrations, and the records of them that cannot be read."""
    works: list[tuple[str, Work]] = []
    refused: list[tuple[str, LineRejected]] = []
    for path in paths:
        with path.open("rb") as stream:
            for one in read_works(stream):
                if isinstance(one, Work):
                    works.append((path.name, one))
                else:
                    refused.append((path.name, one))
    return works, refused


def read_song_codes(path: Path) -> dict[str, str]:
    """CSV of `work,song code`: the work by its ISWC or by your own number of it."""
    found: dict[str, str] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.reader(file), 1):
            cells = [cell.strip() for cell in row]
            if not any(cells) or (number == 1 and [cell.lower() for cell in cells] == ["work", "song code"]):
                continue
            code = cells[1].upper() if len(cells) == 2 else ""
            if not cells[0] or not _SONG_CODE.fullmatch(code):
                raise ConfigError(
                    f"{path}, line {number}: expected work,song code such as T0345246801,CC5LN2, got {row}"
                )
            work = identifiers.iswc(cells[0]) or cells[0]
            if found.setdefault(work, code) != code:
                raise ConfigError(
                    f"{path}, line {number}: {work} has two song codes, {found[work]} and {code}"
                )
    return found


def suggestions(found: Iterator[Match]) -> Iterator[tuple[str, str]]:
    """(ISRC, song code) for recordings that the collective has matched to no work; one for each ISRC, in their order.

    An ISRC that would get two codes gets none: the collective takes one."""
    codes: dict[str, set[str]] = {}
    for one in found:
        if one.song_code and not one.work and one.isrc:
            codes.setdefault(one.isrc, set()).add(one.song_code)
    for isrc, named in sorted(codes.items()):
        if len(named) == 1:
            yield isrc, min(named)


def _ours(duck: Duck, registered: Sequence[tuple[str, Work]]) -> None:
    kinds: Mapping[str, str] = {
        "file": "VARCHAR", "row": "BIGINT", "number": "VARCHAR", "iswc": "VARCHAR", "title": "VARCHAR",
        "titles": "VARCHAR[]", "performers": "VARCHAR[]", "writers": "VARCHAR[]", "isrcs": "VARCHAR[]",
    }  # fmt: skip
    rows: list[tuple[Any, ...]] = [
        (
            name,
            work.row,
            work.number,
            work.iswc,
            work.title,
            [work.title, *work.alternatives],
            list(work.performers),
            [writer.name for writer in work.writers],
            list(work.isrcs),
        )
        for name, work in registered
    ]
    duck.table("works_ours_read", kinds, rows)
    duck.run(sql_file("onrecord.royalties", "unclaimed_ours"))
    [(count,)] = duck.run("SELECT count(*) FROM ours")
    if not count:
        raise SourceRefused(
            "no recording and no work to look for: the books have no line with a code or a title",
            "import statements, or give a registration with --works",
        )


def _song_codes(duck: Duck, path: Path | None) -> None:
    kinds = {"work": "VARCHAR", "song_code": "VARCHAR"}
    duck.table("song_codes", kinds, list(read_song_codes(path).items()) if path else [])
