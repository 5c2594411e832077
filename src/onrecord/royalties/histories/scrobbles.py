# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What scrobblers keep: Last.fm and Libre.fm as CSV, the log of portable players, Maloja, Pano Scrobbler.

A scrobble says that a player thought the track was heard, by a rule of its own; how long is not kept, save by Maloja.
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Final

from msgspec import Struct

from onrecord.model.royalties import LineRejected
from onrecord.royalties.histories.json_rows import head_of, items, lines, read_as
from onrecord.royalties.histories.listens import (
    LeftOut,
    Listen,
    Wrong,
    credited,
    epoch,
    named,
    rejected,
    whole,
)
from onrecord.royalties.histories.tables import cells_of, has_columns
from onrecord.royalties.rows import Readable, rows

_LOG: Final = b"#AUDIOSCROBBLER/"


class LastFm:
    """As lastfm.ghan.nl gives it. Its `uts` is trusted, not the time in words beside it."""

    name = "Last.fm, CSV"
    service = "Last.fm"
    columns: ClassVar[tuple[str, ...]] = ("uts", "artist", "track")
    time: ClassVar[str] = "uts"

    def sniff(self, head: bytes) -> bool:
        return has_columns(head, self.columns)

    def read(self, stream: Readable) -> Iterator[Listen | LeftOut | LineRejected]:
        return cells_of(stream, self.columns, self.columns, self._listen)

    def _listen(self, number: int, cells: Mapping[str, str]) -> Listen:
        if not credited(cells["artist"]):
            raise Wrong("artist", "a name", "")
        return Listen(
            row=number,
            when=epoch(self.time, cells[self.time]),
            artists=credited(cells["artist"]),
            title=named(cells["track"]),
        )


class LibreFm(LastFm):
    name = "Libre.fm, CSV"
    service = "Libre.fm"
    columns = ("time", "artist", "track", "album")
    time = "time"


class ScrobblerLog:
    """`.scrobbler.log`: eight columns without names, kept by portable players until they are connected."""

    name = "a player's .scrobbler.log"
    service = "a player"

    def sniff(self, head: bytes) -> bool:
        return head.removeprefix(b"\xef\xbb\xbf").startswith(_LOG)

    def read(self, stream: Readable) -> Iterator[Listen | LeftOut | LineRejected]:
        for row in rows(stream, "\t"):
            if row.cells and row.cells[0].startswith("#"):
                continue
            try:
                yield _logged(row.line, row.cells, row.wrong)
            except Wrong as wrong:
                yield rejected(row.line, wrong)


class Maloja:
    name = "Maloja, export"
    service = "Maloja"

    def sniff(self, head: bytes) -> bool:
        text = head_of(head)
        return text.startswith("{") and '"maloja"' in text and '"scrobbles"' in text

    def read(self, stream: Readable) -> Iterator[Listen | LeftOut | LineRejected]:
        return read_as(items(stream, "scrobbles"), _Scrobble, _scrobble)


class PanoScrobbler:
    name = "Pano Scrobbler, JSON Lines"
    service = "Pano Scrobbler"

    def sniff(self, head: bytes) -> bool:
        text = head_of(head)
        return text.startswith("{") and '"timeMs"' in text and '"artist"' in text

    def read(self, stream: Readable) -> Iterator[Listen | LeftOut | LineRejected]:
        return read_as(lines(stream), _Pano, _pano)


def _logged(line: int, cells: list[str], wrong: str) -> Listen | LeftOut:
    if wrong or len(cells) not in (7, 8):
        raise Wrong("", "eight cells", wrong or f"{len(cells)} cells")
    artist, _, track, _, length, rating, time = cells[:7]
    if rating not in ("L", "S"):
        raise Wrong("rating", "L (listened) or S (skipped)", rating)
    if rating == "S":
        return LeftOut("skipped, as the player noted")
    if not credited(artist) or artist == "<Untagged>":
        raise Wrong("artist", "a name", artist)
    seconds = whole("length", length)
    return Listen(
        row=line,
        when=epoch("timestamp", time),
        artists=credited(artist),
        title=named(track),
        length=seconds * 1000 if seconds else None,
    )


class _MalojaTrack(Struct, frozen=True):
    artists: list[str]
    title: str
    length: int | float | None = None


class _Scrobble(Struct, frozen=True):
    time: int
    track: _MalojaTrack
    duration: int | float | None = None


def _scrobble(number: int, row: _Scrobble) -> Listen:
    return Listen(
        row=number,
        when=epoch("time", row.time),
        artists=credited(*row.track.artists),
        title=named(row.track.title),
        heard=_seconds(row.duration),
        length=_seconds(row.track.length),
    )


class _Pano(Struct, frozen=True, rename="camel"):
    time_ms: int
    artist: str
    track: str | None = None
    duration_ms: int | None = None


def _pano(number: int, row: _Pano) -> Listen | LeftOut:
    if not row.track:
        return LeftOut("no track is named")
    if not credited(row.artist):
        raise Wrong("artist", "a name", "")
    return Listen(
        row=number,
        when=epoch("timeMs", row.time_ms // 1000),
        artists=credited(row.artist),
        title=named(row.track),
        length=row.duration_ms if row.duration_ms and row.duration_ms > 0 else None,
    )


def _seconds(value: float | None) -> int | None:
    return int(value * 1000) if value and 0 < value < 10**6 else None
