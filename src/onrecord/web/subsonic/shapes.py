# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings, releases and artists as players know them: songs, albums, artists."""

import datetime as dt
import re
from typing import Any, Final

from onrecord.archive.held_listing import HeldListing
from onrecord.errors import IsWithdrawn, NotFound
from onrecord.model.rights import Use
from onrecord.model.views import ArtistView, Hit, RecordingView, ReleaseView
from onrecord.web.hearing import Heard, hearable, media_type
from onrecord.web.listens.keeping import Listening
from onrecord.web.reader import Reader

Tree = dict[str, Any]
#: The loudness that players' gain is told against (ReplayGain 2.0), in LUFS.
_REFERENCE: Final = -18.0
#: Recordings of a release whose files are looked at for a cover.
_FRONTS: Final = 12
_YEAR: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?")
_ENDINGS: Final = {
    "audio/flac": "flac",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/mp4": "m4a",
    "audio/wav": "wav",
}


class Shapes:
    """For one request: of one person (`user`), where they are (`territory`)."""

    def __init__(
        self, archive: Reader, listing: HeldListing, listening: Listening, user: str, territory: str
    ) -> None:
        self._archive = archive
        self._listing = listing
        self._listening = listening
        self._user = user
        self._territory = territory

    def songs(self, ids: list[str], limit: int = 500) -> list[Tree]:
        """Those that may be played, in their order, at most so many."""
        found: list[Tree] = []
        for id in ids:
            if len(found) >= limit:
                break
            if (song := self.song_of(id)) is not None:
                found.append(song)
        return found

    def song_of(self, id: str, release: ReleaseView | None = None) -> Tree | None:
        """None where there is none, or where it may not be played."""
        try:
            view = self._archive.recording(id)
        except (NotFound, IsWithdrawn):
            return None
        heard = self.heard(view)
        return self.song(view, heard, release) if heard else None

    def heard(self, view: RecordingView) -> Heard | None:
        return hearable(self._archive, view.sounds, self._territory, Use.STREAM)

    def song(self, view: RecordingView, heard: Heard, release: ReleaseView | None = None) -> Tree:
        sound = heard.sound
        album = (release.id, release.title) if release else (view.releases[0] if view.releases else ("", ""))
        row = next((row for row in release.tracks if row.id == view.id), None) if release else None
        count, last = self._listening.heard(self._user, view.id)
        suffix = _ENDINGS.get(media_type(sound.codec), "bin")
        gain = (
            {"trackGain": round(_REFERENCE - sound.loudness, 2), "trackPeak": round(sound.true_peak, 4)}
            if sound.loudness is not None
            else None
        )
        tree: Tree = {
            "id": view.id,
            "parent": album[0] or None,
            "isDir": False,
            "title": view.title or "untitled",
            "album": album[1] or None,
            "artist": view.artist or None,
            "track": row.position if row else _number(view, "position"),
            "discNumber": row.disc if row else _number(view, "disc"),
            "year": year(view.date),
            "genre": view.genre or None,
            "size": sound.size,
            "contentType": media_type(sound.codec),
            "suffix": suffix,
            "duration": round(sound.seconds),
            "bitRate": round(sound.bit_rate / 1000),
            "bitDepth": sound.bit_depth,
            "samplingRate": sound.sample_rate,
            "channelCount": sound.channels,
            "path": f"{_part(view.artist)}/{_part(album[1])}/{_part(view.title)}.{suffix}",
            "isVideo": False,
            "playCount": count or None,
            "played": moment(last) if last else None,
            "created": self._changed(view.id),
            "starred": self._listening.star_of(self._user, "recording", view.id) or None,
            "userRating": self._listening.rating(self._user, view.id) or None,
            "albumId": album[0] or None,
            "artistId": view.artist_id or None,
            "type": "music",
            "mediaType": "song",
            "musicBrainzId": view.mbids[0] if view.mbids else None,
            "isrc": list(view.isrcs) or None,
            "genres": [{"name": view.genre}] if view.genre else None,
            "displayArtist": view.artist or None,
            "displayComposer": view.composer or None,
            "comment": view.attribution or None,
            "coverArt": self._cover([view.id] if view.sounds else []),
            "replayGain": gain,
        }
        if sound.copies:
            tree |= {"transcodedContentType": "audio/ogg", "transcodedSuffix": "opus"}
        return {name: value for name, value in tree.items() if value is not None}

    def albums(self, ids: list[str]) -> list[Tree]:
        return [album for album in map(self.album_of, ids) if album is not None]

    def album_of(self, id: str) -> Tree | None:
        try:
            return self.album(self._archive.release(id))
        except (NotFound, IsWithdrawn):
            return None

    def album(self, view: ReleaseView) -> Tree:
        """Its songs are those that sound is held of; whether each may be played is asked where they are listed."""
        held = [row for row in view.tracks if row.has_sound]
        parts = _YEAR.match(view.date)
        date = (
            dict(zip(("year", "month", "day"), map(int, filter(None, parts.groups())), strict=False))
            if parts
            else None
        )
        tree: Tree = {
            "id": view.id,
            "parent": view.artist_id or None,
            "isDir": True,
            "title": view.title or "untitled",
            "name": view.title or "untitled",
            "album": view.title or "untitled",
            "artist": view.artist or None,
            "artistId": view.artist_id or None,
            "displayArtist": view.artist or None,
            "songCount": len(held),
            "duration": round(sum(row.seconds for row in held)),
            "created": self._changed(view.id) or moment(0),
            "year": year(view.date),
            "originalReleaseDate": date,
            "recordLabels": [{"name": view.label}] if view.label else None,
            "coverArt": self._cover([row.id for row in held[:_FRONTS]]),
            "starred": self._listening.star_of(self._user, "release", view.id) or None,
            "userRating": self._listening.rating(self._user, view.id) or None,
            "mediaType": "album",
        }
        return {name: value for name, value in tree.items() if value is not None}

    def album_songs(self, view: ReleaseView) -> list[Tree]:
        held = (row.id for row in view.tracks if row.has_sound)
        return [song for song in (self.song_of(id, view) for id in held) if song is not None]

    def artist(self, id: str, name: str, albums: int | None = None) -> Tree:
        tree: Tree = {
            "id": id,
            "name": name or "unknown",
            "albumCount": albums,
            "starred": self._listening.star_of(self._user, "artist", id) or None,
            "userRating": self._listening.rating(self._user, id) or None,
            "mediaType": "artist",
        }
        return {field: value for field, value in tree.items() if value is not None}

    def artist_of(self, id: str) -> Tree | None:
        try:
            view = self._archive.artist(id)
        except (NotFound, IsWithdrawn):
            return None
        return self.artist(view.id, view.name, len(view.releases))

    def hit(self, hit: Hit) -> Tree:
        return self.artist(hit.id, hit.title, hit.known_by.get("releases", 0))

    def artist_albums(self, view: ArtistView) -> list[Tree]:
        return [album for album in self.albums([id for id, *_ in view.releases[:500]]) if album["songCount"]]

    def _cover(self, recordings: list[str]) -> str | None:
        cover = self._archive.cover(recordings, self._territory)
        return cover.picture if cover else None

    def _changed(self, id: str) -> str | None:
        held = self._listing.find(id)
        return moment(held.stamp) if held else None


def moment(seconds: float) -> str:
    return dt.datetime.fromtimestamp(int(seconds), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def year(date: str) -> int | None:
    found = _YEAR.match(date)
    return int(found[1]) or None if found else None


def _number(view: RecordingView, field: str) -> int | None:
    """What the first of the claims says that says anything."""
    said = (value for claim in view.claims for name, value in claim.fields if name == field)
    first = next(said, "")
    return int(first) if first.isdecimal() and len(first) < 9 else None


def _part(name: str) -> str:
    """As one part of a path, which players show and some keep files by."""
    return re.sub(r"[/\\\x00-\x1f]", "_", name)[:100] or "unknown"
