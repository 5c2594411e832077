# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apple Music's two tables: each play without its artist, and each day's tracks with theirs.

Recent exports of the plays name no artist of a track. Where the daily table is there too, the artist is found by the
title, if one artist alone has it; the title alone never guesses between two.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from onrecord.model.royalties import LineRejected
from onrecord.royalties.histories.listens import LeftOut, Listen, Wrong, credited, named, stamp, whole
from onrecord.royalties.histories.tables import cells_of, has_columns
from onrecord.royalties.rows import Readable

_DAY: Final = re.compile(r"\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_PLAYS: Final = (
    "event end timestamp", "event start timestamp", "event timestamp", "event type", "media type",
    "play duration milliseconds", "media duration milliseconds", "song name", "artist name",
    "container artist name",
)  # fmt: skip
_PLAYS_NEEDED: Final = ("play duration milliseconds", "song name", "event start timestamp")
_DAYS: Final = ("date played", "track description", "play count", "play duration milliseconds", "media type")
_DAYS_NEEDED: Final = ("date played", "track description", "play count")
_OTHER_EVENT: Final = LeftOut("an event that ends no play")
_NO_AUDIO: Final = LeftOut("a video")
_NO_TITLE: Final = LeftOut("no track is named")


class ApplePlayActivity:
    """Each play. Address, device, account and place are in the same row and are not taken."""

    name = "Apple Music, Play Activity"
    service = "Apple Music"

    def sniff(self, head: bytes) -> bool:
        return has_columns(head, _PLAYS_NEEDED)

    def read(self, stream: Readable) -> Iterator[Listen | LeftOut | LineRejected]:
        return cells_of(stream, _PLAYS_NEEDED, _PLAYS, _play)


class AppleDailyTracks:
    """Each track of a day, with how often it was played; one length for all plays of the row."""

    name = "Apple Music, Play History Daily Tracks"
    service = "Apple Music"

    def sniff(self, head: bytes) -> bool:
        return has_columns(head, _DAYS_NEEDED)

    def read(self, stream: Readable) -> Iterator[Listen | LeftOut | LineRejected]:
        return cells_of(stream, _DAYS_NEEDED, _DAYS, _day)


class Titles:
    """Which artist has a title, out of the daily table."""

    def __init__(self) -> None:
        self._artists: dict[str, set[tuple[str, ...]]] = {}

    def learn(self, listen: Listen) -> None:
        if listen.artists:
            self._artists.setdefault(listen.title.casefold(), set()).add(listen.artists)

    def artists(self, title: str) -> tuple[str, ...]:
        """The one artist that has it; () where there is none, or more than one."""
        found = self._artists.get(title.casefold(), set())
        return next(iter(found)) if len(found) == 1 else ()


def _play(number: int, cells: Mapping[str, str]) -> Listen | LeftOut:
    if cells["event type"].strip() not in ("", "PLAY_END"):
        return _OTHER_EVENT
    if cells["media type"].strip().upper() == "VIDEO":
        return _NO_AUDIO
    if not named(cells["song name"]):
        return _NO_TITLE
    times = ("event end timestamp", "event start timestamp", "event timestamp")
    column = next((name for name in times if cells[name].strip()), times[0])
    return Listen(
        row=number,
        when=stamp(column, cells[column].strip()),
        artists=credited(cells["artist name"]) or credited(cells["container artist name"]),
        title=named(cells["song name"]),
        heard=whole("play duration milliseconds", cells["play duration milliseconds"]),
        length=whole("media duration milliseconds", cells["media duration milliseconds"]),
    )


def _day(number: int, cells: Mapping[str, str]) -> Listen | LeftOut:
    if cells["media type"].strip().upper() == "VIDEO":
        return _NO_AUDIO
    day = cells["date played"].strip()
    if not _DAY.fullmatch(day):
        raise Wrong("date played", "a day as YYYYMMDD", day)
    count = whole("play count", cells["play count"]) or 0
    if not count:
        return LeftOut("skipped: a row without a play")
    artist, dash, title = cells["track description"].partition(" - ")
    heard = whole("play duration milliseconds", cells["play duration milliseconds"])
    return Listen(
        row=number,
        when=f"{day[:4]}-{day[4:6]}-{day[6:]}",
        artists=credited(artist) if dash else (),
        title=named(title if dash else artist),
        heard=heard,
        plays=count,
    )
