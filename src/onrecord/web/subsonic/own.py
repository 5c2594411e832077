# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What belongs to one person: stars, ratings, playlists, and what they hear."""

import time
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct

from onrecord.errors import IsWithdrawn, NotFound, UsageError
from onrecord.model.views import RecordingView
from onrecord.web.listens.keeping import Listed, Listening, Play
from onrecord.web.memory import Memory
from onrecord.web.reader import Reader
from onrecord.web.subsonic.asking import Asked, Code, Fault
from onrecord.web.subsonic.shapes import Shapes

Tree = dict[str, Any]
#: The parameter that names a thing, and its kind.
_STARS: Final = (("id", "recording"), ("albumId", "release"), ("artistId", "artist"))
#: So long somebody hears what they began to hear.
_NOW: Final = 600.0
#: People of whom that is known.
_MOST_NOW: Final = 10_000


class Hearing(Struct, frozen=True):
    """What somebody hears now; `since` in seconds."""

    thing: str
    since: float
    player: str


class Now:
    """Who hears what, in memory alone."""

    def __init__(self, memory: Memory) -> None:
        self._heard = memory.cells("hears now", _MOST_NOW)

    def set(self, user: str, hearing: Hearing) -> None:
        now = msgspec.json.encode(hearing)
        self._heard.change(user.encode(), lambda _: (now, None))

    def get(self, user: str) -> Hearing | None:
        kept = self._heard.change(user.encode(), lambda kept: (kept, kept))
        hearing = msgspec.json.decode(kept, type=Hearing) if kept else None
        return hearing if hearing and time.time() - hearing.since < _NOW else None


class Own:
    """For one request of one person."""

    def __init__(self, archive: Reader, listening: Listening, shapes: Shapes, user: str, now: Now) -> None:
        self._archive = archive
        self._listening = listening
        self._shapes = shapes
        self._user = user
        self._now = now

    # Stars and ratings -------------------------------------------------------------------------------------------

    def star(self, asked: Asked) -> Tree:
        for kind, id in self._named(asked):
            self._exists(kind, id)
            self._listening.star(self._user, kind, id)
        return {}

    def unstar(self, asked: Asked) -> Tree:
        for kind, id in self._named(asked):
            self._listening.unstar(self._user, kind, id)
        return {}

    def starred(self, asked: Asked) -> Tree:
        return {"starred": self._starred()}

    def starred2(self, asked: Asked) -> Tree:
        return {"starred2": self._starred()}

    def rate(self, asked: Asked) -> Tree:
        id, rating = asked.need("id"), asked.number("rating", None, -1, 6)
        if rating is None or not 0 <= rating <= 5:
            raise Fault(Code.GENERIC, "rating: expected 1 to 5, or 0 to take it back")
        if not any(self._is_there(kind, id) for _, kind in _STARS):
            raise Fault(Code.NOT_FOUND, f"nothing that is here has the id {id[:80]}")
        self._listening.rate(self._user, id, rating)
        return {}

    def _starred(self) -> Tree:
        artists = map(self._shapes.artist_of, self._listening.starred(self._user, "artist"))
        return {
            "artist": [artist for artist in artists if artist is not None],
            "album": self._shapes.albums([*self._listening.starred(self._user, "release")]),
            "song": self._shapes.songs([*self._listening.starred(self._user, "recording")]),
        }

    def _named(self, asked: Asked) -> Iterator[tuple[str, str]]:
        named = [(kind, id) for name, kind in _STARS for id in asked.every(name, 1_000)]
        if not named:
            raise Fault(Code.MISSING, "expected id, albumId or artistId")
        for kind, id in named:
            # A player of the old kind names albums and artists by `id` as well.
            kinds = ("recording", "release", "artist") if kind == "recording" else (kind,)
            yield next((each for each in kinds if self._is_there(each, id)), kind), id

    def _exists(self, kind: str, id: str) -> None:
        if not self._is_there(kind, id):
            raise Fault(Code.NOT_FOUND, f"nothing that is here has the id {id[:80]}")

    def _is_there(self, kind: str, id: str) -> bool:
        read: Any = {
            "recording": self._archive.recording,
            "release": self._archive.release,
            "artist": self._archive.artist,
        }[kind]
        try:
            read(id)
        except (NotFound, IsWithdrawn):
            return False
        return True

    # Playlists ---------------------------------------------------------------------------------------------------

    def playlists(self, asked: Asked) -> Tree:
        return {"playlists": {"playlist": [self._listed(each) for each in self._listening.lists(self._user)]}}

    def playlist(self, asked: Asked) -> Tree:
        return {"playlist": self._whole(self._list(asked.need("id")))}

    def create(self, asked: Asked) -> Tree:
        """With a name a new one; with a playlistId that one's songs are these."""
        songs = self._songs(asked.every("songId"))
        try:
            if id := asked.get("playlistId"):
                name = asked.get("name") or None
                made = self._listening.change_list(self._user, id, name=name, entries=songs)
            else:
                made = self._listening.make_list(self._user, asked.need("name"), songs)
        except (NotFound, UsageError) as error:
            raise _told(error) from None
        return {"playlist": self._whole(made)}

    def update(self, asked: Asked) -> Tree:
        id = asked.need("playlistId")
        entries = list(self._list(id).entries)
        gone = {
            int(place) for place in asked.every("songIndexToRemove") if place.isascii() and place.isdigit()
        }
        entries = [entry for place, entry in enumerate(entries) if place not in gone]
        entries += self._songs(asked.every("songIdToAdd"))
        try:
            self._listening.change_list(
                self._user,
                id,
                name=asked.get("name") or None,
                comment=asked.get("comment") if asked.has("comment") else None,
                public=asked.flag("public", False) if asked.has("public") else None,
                entries=entries,
            )
        except (NotFound, UsageError) as error:
            raise _told(error) from None
        return {}

    def delete(self, asked: Asked) -> Tree:
        try:
            self._listening.delete_list(self._user, asked.need("id"))
        except NotFound as error:
            raise _told(error) from None
        return {}

    def _list(self, id: str) -> Listed:
        try:
            return self._listening.listed(self._user, id)
        except NotFound as error:
            raise _told(error) from None

    def _songs(self, ids: list[str]) -> list[tuple[str, float]]:
        lengths = {id: self._recording(id).seconds for id in dict.fromkeys(ids)}
        return [(id, lengths[id]) for id in ids]

    def _listed(self, each: Listed) -> Tree:
        return {
            "id": each.id,
            "name": each.name,
            "comment": each.comment or None,
            "owner": each.user,
            "public": each.public,
            "songCount": len(each.entries),
            "duration": round(sum(seconds for _, seconds in each.entries)),
            "created": each.made,
            "changed": each.changed,
        }

    def _whole(self, each: Listed) -> Tree:
        songs = self._shapes.songs([id for id, _ in each.entries], len(each.entries))
        seconds = sum(song["duration"] for song in songs)
        return {**self._listed(each), "songCount": len(songs), "duration": seconds, "entry": songs}

    # What is heard -----------------------------------------------------------------------------------------------

    def scrobble(self, asked: Asked) -> Tree:
        """Kept only of whoever said that they want it; a player need not know."""
        ids, times = asked.every("id", 1_000), asked.every("time", 1_000)
        if not ids:
            raise Fault(Code.MISSING, "the parameter id is needed")
        if any(not (each.isascii() and each.isdigit() and len(each) < 16) for each in times):
            raise Fault(Code.GENERIC, "time: expected milliseconds since 1970")
        now = time.time()
        views = [self._recording(id) for id in ids]
        if not asked.flag("submission", True):
            self._now.set(self._user, Hearing(views[-1].id, now, asked.get("c")[:80]))
            return {}
        at = [int(each) // 1000 for each in times] + [int(now)] * (len(ids) - len(times))
        self._listening.play(
            self._user, [play(view, second) for view, second in zip(views, at, strict=False)]
        )
        return {}

    def now_playing(self, asked: Asked) -> Tree:
        """One's own: what others hear is nobody else's business."""
        hearing = self._now.get(self._user)
        song = self._shapes.song_of(hearing.thing) if hearing else None
        if hearing is None or song is None:
            return {"nowPlaying": {}}
        minutes = int((time.time() - hearing.since) // 60)
        told = {"username": self._user, "minutesAgo": minutes, "playerId": 1, "playerName": hearing.player}
        return {"nowPlaying": {"entry": [{**song, **told}]}}

    def _recording(self, id: str) -> RecordingView:
        try:
            return self._archive.recording(id)
        except (NotFound, IsWithdrawn):
            raise Fault(Code.NOT_FOUND, f"no song has the id {id[:80]}") from None


def play(view: RecordingView, at: int) -> Play:
    """A play of a recording that is here, as a scrobbler would tell it."""
    said = {
        "artist_name": view.artist,
        "track_name": view.title,
        "release_name": view.releases[0][1] if view.releases else "",
        "additional_info": {
            **({"recording_mbid": view.mbids[0]} if view.mbids else {}),
            "duration_ms": round(view.seconds * 1000),
            "origin_url": f"/recording/{view.id}",
        },
    }
    release = view.releases[0][0] if view.releases else ""
    return Play(at, msgspec.json.encode(said), view.id, release)


def _told(error: NotFound | UsageError) -> Fault:
    return Fault(Code.NOT_FOUND if isinstance(error, NotFound) else Code.GENERIC, error.message)
