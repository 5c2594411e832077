# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playlists: M3U and M3U8, XSPF 0 and 1, JSPF. What an entry points to is text: it is never opened or asked for."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar, Final

from onrecord.engine import plugins
from onrecord.errors import RecordRejected
from onrecord.model.records import Claims, Page, Record, Terms, TrackClaim
from onrecord.rights import taken
from onrecord.sources import folder, playlist_entries
from onrecord.sources.paging import Filling
from onrecord.sources.playlist_entries import Entry

#: Longest playlist in bytes; hundreds of thousands of entries.
LONGEST: Final = 16 * 1024 * 1024
_PAGE_PLAYLISTS: Final = 100
_PAGE_BYTES: Final = 16 * 1024 * 1024
_TYPES: Final = {
    ".m3u": "audio/x-mpegurl",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".xspf": "application/xspf+xml",
    ".jspf": "application/jspf+json",
}


class Playlists:
    """A playlist is a record, its file's bytes; its id is the file's place in the folder. An entry is a track claim.

    A playlist orders tracks and says little of them: an entry without a title is called by the last part of its
    location, and claims nothing where it has none. Entries that only name a service's own track stay text. A
    playlist's license is about the list, not about what is on it, and is no evidence.
    """

    name = "playlists"
    terms: ClassVar[Terms] = Terms(
        state="unread",
        license="",
        summary="A playlist belongs to whoever made it: it is read, and published only under a license that they gave.",
    )

    def __init__(self, location: Path, settings: Mapping[str, str]) -> None:
        self.name = plugins.settings(type(self).name, settings, {"name": type(self).name})["name"]
        self._location = location

    def pages(self, cursor: str = "") -> Iterator[Page]:
        start = folder.place(cursor)
        page = Filling(cursor, _PAGE_PLAYLISTS, _PAGE_BYTES)
        for member in folder.members(self._location):
            media_type = self._media_type(member)
            if not media_type or member.parts <= start:
                continue
            try:
                page.add(self._record(member, media_type))
            except RecordRejected as reason:
                page.reject(member.name, reason.message)
            page.cursor = member.name
            if page.full():
                yield page.cut()
        yield from page.rest()

    def claims(self, record: Record) -> Claims:
        if record.deleted:
            return Claims()
        entries = enumerate(playlist_entries.read(record.payload, record.media_type), 1)
        tracks = (self._track(record.id, entry, number) for number, entry in entries)
        return Claims(tracks=tuple(track for track in tracks if track.title or track.mbid or track.isrc))

    def _record(self, member: folder.Member, media_type: str) -> Record:
        if member.refused:
            raise RecordRejected(member.refused)
        try:
            with member.path.open("rb") as stream:
                raw = stream.read(LONGEST + 1)
        except OSError as error:
            raise RecordRejected(f"cannot be read: {error.strerror}") from error
        if len(raw) > LONGEST:
            raise RecordRejected(f"longer than {LONGEST} bytes, which no playlist is")
        if not raw.strip():
            raise RecordRejected("an empty file")
        locations = (
            location for entry in playlist_entries.read(raw, media_type) for location in entry.locations
        )
        if why := taken.taken_torrent(location.split("?")[0] for location in locations):
            raise RecordRejected(f"the files that it lists are no playlist of anybody's: {why}")
        return Record(self.name, "playlist", member.name, media_type, raw)

    def _track(self, playlist: str, entry: Entry, number: int) -> TrackClaim:
        return TrackClaim(
            source=self.name,
            id=f"{playlist}#{number}",
            title=entry.title or entry.called(),
            artist=entry.artist,
            release=entry.album,
            position=entry.position,
            duration_ms=entry.duration_ms,
            isrc=entry.isrc(),
            mbid=entry.mbid(),
            genre=entry.genre,
        )

    def _media_type(self, member: folder.Member) -> str:
        """By the ending; a file that the operator names and that has none of these is looked at as M3U, XML or JSON."""
        known = _TYPES.get(Path(member.parts[-1]).suffix.lower(), "")
        if known or not self._location.is_file():
            return known
        with member.path.open("rb") as stream:
            head = stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
        return _TYPES[{b"<": ".xspf", b"{": ".jspf"}.get(head[:1], ".m3u")]
