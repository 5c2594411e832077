# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads exports into months: how often each artist was played, by the rule of thirty seconds where lengths are known.

Times, titles and everything else of a row are gone once it is counted; what stays is month, credit and numbers.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from msgspec import Struct

from onrecord.errors import SourceRefused, UsageError
from onrecord.model.royalties import LineRejected
from onrecord.royalties.histories.apple import AppleDailyTracks, ApplePlayActivity, Titles
from onrecord.royalties.histories.listenbrainz import ListenBrainz, ListenBrainzList
from onrecord.royalties.histories.listens import HistoryReader, LeftOut, Listen
from onrecord.royalties.histories.opening import opened
from onrecord.royalties.histories.scrobbles import LastFm, LibreFm, Maloja, PanoScrobbler, ScrobblerLog
from onrecord.royalties.histories.spotify import SpotifyAccount, SpotifyExtended

#: A play counts from here on: Spotify's rule, and the one that others are known to have.
COUNTS_FROM: Final = 30_000
#: Most refused rows that are listed; all are counted.
LISTED: Final = 100
_HEAD: Final = 64 * 1024
#: Those that ask for more come first: a Last.fm table also has a time, an artist and a track.
READERS: Final[tuple[type[HistoryReader], ...]] = (
    SpotifyExtended, SpotifyAccount, ListenBrainzList, ListenBrainz, Maloja, PanoScrobbler, ScrobblerLog,
    ApplePlayActivity, AppleDailyTracks, LastFm, LibreFm,
)  # fmt: skip
_FORMATS: Final = ", ".join(reader.name for reader in READERS)


class Tally(Struct):
    """Plays of one credit in one month.

    counted     plays that count; of these `unverified` ones may have been shorter than thirty seconds
    heard       milliseconds of those whose length is known
    timed       how many of the counted plays `heard` is the sum of
    titles      the counted plays by title, casefolded; only where they were asked for
    """

    counted: int = 0
    unverified: int = 0
    timed: int = 0
    heard: int = 0
    titles: dict[str, int] = {}


class Credit(Struct, frozen=True):
    """Whom a play is credited to: as one text, and as names."""

    written: str
    names: tuple[str, ...]


class Refused(Struct, frozen=True):
    """A row that could not be read. `file` counts the files of the export from 1: their names may name a person."""

    file: int
    row: int
    column: str
    expected: str
    got: str


class FileRead(Struct, frozen=True):
    """What became of a file's rows; they add up: rows = counted + short + repeated + left out + refused."""

    file: int
    format: str
    rows: int
    counted: int
    short: int
    repeated: int
    left_out: dict[str, int]
    refused: int


class History(Struct):
    """A listening history by month.

    `short` counts plays by month that were too short to count; a month in which something else was heard, a podcast,
    is in it with 0. `unknown` names files that are no history, for their
    owner to see; like every name of a file it is for no report.
    """

    service: str
    files: tuple[FileRead, ...]
    months: dict[str, dict[Credit, Tally]]
    short: dict[str, int]
    refused: tuple[Refused, ...]
    unknown: tuple[str, ...]

    @property
    def unverified(self) -> int:
        return sum(tally.unverified for month in self.months.values() for tally in month.values())

    @property
    def recordings(self) -> set[tuple[str, str]]:
        """(artist as credited, title), casefolded, where titles were kept."""
        return {
            (credit.written.casefold(), title)
            for month in self.months.values()
            for credit, tally in month.items()
            for title in tally.titles
        }


def read_history(paths: Sequence[Path], with_titles: bool = False) -> History:
    """Every history in the files, which must be of one service: the price that is asked for is that of one.

    Titles are kept only where a rule looks at recordings (`with_titles`).
    """
    kinds, titles = _recognised(paths)
    reading = _Reading(titles, with_titles)
    unknown = []
    for number, (name, stream) in enumerate(_all(paths), 1):
        reader = _reader(stream)
        if reader is None:
            unknown.append(name)
        elif not (isinstance(reader, AppleDailyTracks) and ApplePlayActivity in kinds):
            reading.take(number, reader, stream)
    return History(
        service=next(iter(kinds.values())),
        files=tuple(reading.files),
        months=reading.months,
        short=dict(reading.short),
        refused=tuple(reading.refused),
        unknown=tuple(unknown),
    )


class _Reading:
    def __init__(self, titles: Titles, with_titles: bool) -> None:
        self.files: list[FileRead] = []
        self.months: dict[str, dict[Credit, Tally]] = {}
        self.short: Counter[str] = Counter()
        self.refused: list[Refused] = []
        self._titles = titles
        self._with_titles = with_titles
        self._seen: set[bytes] = set()

    def take(self, number: int, reader: HistoryReader, stream: BinaryIO) -> None:
        rows = counted = short = repeated = refused = 0
        left_out: Counter[str] = Counter()
        for row in reader.read(stream):
            rows += 1
            if isinstance(row, LineRejected):
                refused += 1
                if len(self.refused) < LISTED:
                    self.refused.append(Refused(number, row.row, row.column, row.expected, row.got))
            elif isinstance(row, LeftOut):
                left_out[row.why] += 1
                if row.month:
                    self.short[row.month] += 0
            elif self._is_repeated(reader, row):
                repeated += 1
            elif self._count(row):
                counted += 1
            else:
                short += 1
        self.files.append(
            FileRead(number, reader.name, rows, counted, short, repeated, dict(left_out), refused)
        )

    def _is_repeated(self, reader: HistoryReader, listen: Listen) -> bool:
        """Whether the same play was read before, in this file or in another: exports of one service overlap."""
        if isinstance(reader, AppleDailyTracks):
            return False  # a row has no time, so two alike may be two
        text = f"{listen.when}\0{listen.title}\0{listen.credit}\0{listen.artists}\0{listen.heard}"
        digest = hashlib.blake2b(text.encode(), digest_size=12).digest()
        if digest in self._seen:
            return True
        self._seen.add(digest)
        return False

    def _count(self, listen: Listen) -> bool:
        """Adds the row's plays to its month; whether any of them counts."""
        plays, unverified = _counted(listen)
        self.short[listen.month] += listen.plays - plays
        month = self.months.setdefault(listen.month, {})
        if not plays:
            return False
        artists = listen.artists or self._titles.artists(listen.title)
        written = listen.credit if listen.artists and listen.credit else ", ".join(artists)
        tally = month.setdefault(Credit(written, artists), Tally())
        tally.counted += plays
        tally.unverified += unverified
        if self._with_titles:
            title = listen.title.casefold()
            tally.titles[title] = tally.titles.get(title, 0) + plays
        if listen.heard is not None:
            tally.timed += plays
            tally.heard += listen.heard
        return True


def _counted(listen: Listen) -> tuple[int, int]:
    """(plays of the row that count, those of them whose length nobody knows).

    A row of several plays has their time in all: no more of them count than that time allows. A track that is shorter
    than thirty seconds was not heard for longer, unless the row says so.
    """
    if listen.heard is not None:
        most = min(listen.plays, listen.heard // COUNTS_FROM)
        return most, most if listen.plays > 1 else 0
    if listen.length is not None and listen.length < COUNTS_FROM:
        return 0, 0
    return listen.plays, listen.plays


def _recognised(paths: Sequence[Path]) -> tuple[dict[type[HistoryReader], str], Titles]:
    """The shapes that are there, each with its service, and the titles that Apple's daily tables name."""
    kinds: dict[type[HistoryReader], str] = {}
    titles = Titles()
    for _, stream in _all(paths):
        if reader := _reader(stream):
            kinds[type(reader)] = reader.service
            if isinstance(reader, AppleDailyTracks):
                for row in reader.read(stream):
                    if isinstance(row, Listen):
                        titles.learn(row)
    if not kinds:
        raise SourceRefused(
            f"{', '.join(map(str, paths))}: no listening history found: expected one of {_FORMATS}",
            hint="the shape of the file decides, not its name; give the export as it was downloaded",
        )
    if len(set(kinds.values())) > 1:
        raise UsageError(
            f"histories of {' and '.join(sorted(set(kinds.values())))}: expected those of one service, for a price is "
            "that of one and the same play may be in both",
            hint="run the command once for each",
        )
    if {SpotifyExtended, SpotifyAccount} <= set(kinds):
        raise UsageError(
            "the extended history and the account data of Spotify hold the same plays in two ways: expected one",
            hint="the extended history is the fuller one",
        )
    return kinds, titles


def _all(paths: Sequence[Path]) -> Iterator[tuple[str, BinaryIO]]:
    for path in paths:
        yield from opened(path)


def _reader(stream: BinaryIO) -> HistoryReader | None:
    head = stream.read(_HEAD)
    stream.seek(0)
    return next((reader() for reader in READERS if reader().sniff(head)), None)
