# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spotify's two exports: the extended streaming history, and the last year that comes with the account data.

The time of a row is when the play ended. Names of the extended history are those of the album's artist, one a row.
"""

from collections.abc import Iterator

from msgspec import Struct

from onrecord.model.royalties import LineRejected
from onrecord.royalties.histories.json_rows import head_of, items, read_as
from onrecord.royalties.histories.listens import LeftOut, Listen, Wrong, credited, named, stamp
from onrecord.royalties.rows import Readable

_NO_MUSIC = LeftOut("no track is named: a podcast, an audiobook, a video, or a title that is gone")


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


class _Account(Struct, frozen=True, rename="camel"):
    end_time: str
    ms_played: int
    artist_name: str | None = None
    track_name: str | None = None


def _extended(number: int, row: _Extended) -> Listen | LeftOut:
    if not row.master_metadata_track_name:
        return _NO_MUSIC
    return Listen(
        row=number,
        when=stamp("ts", row.ts),
        artists=credited(row.master_metadata_album_artist_name),
        title=named(row.master_metadata_track_name),
        heard=_heard("ms_played", row.ms_played),
    )


def _account(number: int, row: _Account) -> Listen | LeftOut:
    if not row.track_name:
        return _NO_MUSIC
    return Listen(
        row=number,
        when=stamp("endTime", row.end_time),
        artists=credited(row.artist_name),
        title=named(row.track_name),
        heard=_heard("msPlayed", row.ms_played),
    )


def _heard(column: str, milliseconds: int) -> int:
    if not 0 <= milliseconds < 10**9:
        raise Wrong(column, "milliseconds, from 0 to 10^9", str(milliseconds))
    return milliseconds
