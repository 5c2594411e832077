# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ListenBrainz's export of one person: JSON Lines by month in a zip, and the list in one file that came before.

A listen is sent by players, which seldom say how long something was heard. Where the listen was mapped to MusicBrainz,
the artists of a credit are known one by one.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from onrecord.model.royalties import LineRejected
from onrecord.royalties.histories.json_rows import head_of, items, lines, read_as
from onrecord.royalties.histories.listens import LeftOut, Listen, Wrong, credited, epoch, named
from onrecord.royalties.rows import Readable


class ListenBrainz:
    name = "ListenBrainz, export"
    service = "ListenBrainz"

    def sniff(self, head: bytes) -> bool:
        text = head_of(head)
        return text.startswith(("{", "[")) and '"listened_at"' in text and '"track_metadata"' in text

    def read(self, stream: Readable) -> Iterator[Listen | LeftOut | LineRejected]:
        return read_as(lines(stream), _Listen, _listen)


class ListenBrainzList(ListenBrainz):
    name = "ListenBrainz, export as one list"

    def sniff(self, head: bytes) -> bool:
        return super().sniff(head) and head_of(head).startswith("[")

    def read(self, stream: Readable) -> Iterator[Listen | LeftOut | LineRejected]:
        return read_as(items(stream), _Listen, _listen)


class _Artist(Struct, frozen=True):
    artist_credit_name: str = ""


class _Mapping(Struct, frozen=True):
    artists: list[_Artist] | None = None


class _Metadata(Struct, frozen=True):
    artist_name: str
    track_name: str
    additional_info: dict[str, Any] | None = None
    mbid_mapping: _Mapping | None = None


class _Listen(Struct, frozen=True):
    """What is taken; of `additional_info` the durations alone, the name of the account not at all."""

    track_metadata: _Metadata
    listened_at: int | None = None


def _listen(number: int, row: _Listen) -> Listen | LeftOut:
    if row.listened_at is None:
        return LeftOut("playing at the time of the export")
    metadata, info = row.track_metadata, row.track_metadata.additional_info or {}
    mapped = metadata.mbid_mapping.artists if metadata.mbid_mapping else None
    artists = credited(*(artist.artist_credit_name for artist in mapped or ()))
    if not credited(metadata.artist_name):
        raise Wrong("artist_name", "a name", "")
    return Listen(
        row=number,
        when=epoch("listened_at", row.listened_at),
        artists=artists or credited(metadata.artist_name),
        credit=named(metadata.artist_name),
        title=named(metadata.track_name),
        heard=_milliseconds(info.get("duration_played"), 1000),
        length=_milliseconds(info.get("duration_ms"), 1) or _milliseconds(info.get("duration"), 1000),
    )


def _milliseconds(value: object, of: int) -> int | None:
    """Players write what they like here: what is no number of a plausible size is not known."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    return value * of if type(value) is int and 0 < value * of < 10**9 else None
