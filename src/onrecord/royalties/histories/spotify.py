# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spotify's two exports: the extended streaming history, and the last year that comes with the account data.

The time of a row is when the play ended. Names of the extended history are those of the album's artist, one a row.
What was played offline may be stamped 1970 in `ts`, with the device's own time beside it.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from onrecord.model.royalties import LineRejected
from onrecord.royalties.histories.json_rows import head_of, items, read_as
from onrecord.royalties.histories.listens import FIRST, LeftOut, Listen, Wrong, credited, epoch, named, stamp
from onrecord.royalties.rows import Readable

PODCAST: Final = "a podcast"
AUDIOBOOK: Final = "an audiobook"
NO_TRACK: Final = "no track is named: a video, or a title that is gone"
#: `offline_timestamp` is in seconds in some rows and in milliseconds in others.
_SECONDS: Final = 10**11


class SpotifyExtended:
    name = "Spotify, extended streaming history"
    service = "Spotify"

    def sniff(self, head: bytes) -> bool:
        text = head_of(head)
        return text.startswith("[") and '"ms_played"' in text and '"master_metadata_track_name"' in text

    def read(self, stream: Readable) -> Iterator[Listen | LeftOut | LineRejected]:
        return read_as(items(stream), _Extended, _extended)


class SpotifyAccount:
    name = "Spotify, account data of a year"
    service = "Spotify"

    def sniff(self, head: bytes) -> bool:
        text = head_of(head)
        return text.startswith("[") and '"msPlayed"' in text and '"endTime"' in text

    def read(self, stream: Readable) -> Iterator[Listen | LeftOut | LineRejected]:
        return read_as(items(stream), _Account, _account)


class _Extended(Struct, frozen=True):
    """What is taken; address, device, account name and country are not."""

    ts: str
    ms_played: int
    master_metadata_track_name: str | None = None
    master_metadata_album_artist_name: str | None = None
    spotify_episode_uri: str | None = None
    audiobook_uri: str | None = None
    offline_timestamp: int | None = None


class _Account(Struct, frozen=True, rename="camel"):
    end_time: str
    ms_played: int
    artist_name: str | None = None
    track_name: str | None = None


def _extended(number: int, row: _Extended) -> Listen | LeftOut:
    when = _ended(row)
    if not row.master_metadata_track_name:
        why = PODCAST if row.spotify_episode_uri else AUDIOBOOK if row.audiobook_uri else NO_TRACK
        return LeftOut(why, when[:7])
    return Listen(
        row=number,
        when=when,
        artists=credited(row.master_metadata_album_artist_name),
        title=named(row.master_metadata_track_name),
        heard=_heard("ms_played", row.ms_played),
    )


def _account(number: int, row: _Account) -> Listen | LeftOut:
    when = stamp("endTime", row.end_time)
    if not row.track_name:
        return LeftOut(NO_TRACK, when[:7])
    return Listen(
        row=number,
        when=when,
        artists=credited(row.artist_name),
        title=named(row.track_name),
        heard=_heard("msPlayed", row.ms_played),
    )


def _ended(row: _Extended) -> str:
    """When the play ended; of a row from before there was any, the device's time, if that is one."""
    offline = row.offline_timestamp or 0
    if row.ts[:7] < FIRST and offline > 0:
        seconds = offline // 1000 if offline >= _SECONDS else offline
        return epoch("offline_timestamp", seconds)
    return stamp("ts", row.ts)


def _heard(column: str, milliseconds: int) -> int:
    if not 0 <= milliseconds < 10**9:
        raise Wrong(column, "milliseconds, from 0 to 10^9", str(milliseconds))
    return milliseconds
