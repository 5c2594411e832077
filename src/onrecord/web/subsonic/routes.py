# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/rest/METHOD`, by GET and POST, with or without `.view`. Every answer has the status 200; errors are told within."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from onrecord.archive.held_listing import HeldListing, NotYet
from onrecord.errors import NotFound, OnrecordError
from onrecord.web import forms, text
from onrecord.web.access.roles import Role, Visitor
from onrecord.web.listens.keeping import Listening
from onrecord.web.memory import Memory
from onrecord.web.pictures import Pictures
from onrecord.web.reader import Reader
from onrecord.web.subsonic import written
from onrecord.web.subsonic.asking import Asked, Code, Credentials, Fault, visitor
from onrecord.web.subsonic.beside import Beside
from onrecord.web.subsonic.browsing import Browsing
from onrecord.web.subsonic.own import Now, Own
from onrecord.web.subsonic.playing import Playing
from onrecord.web.subsonic.shapes import Shapes
from onrecord.web.subsonic.transcoding import Transcodes
from onrecord.web.whereabouts import Whereabouts

_log = logging.getLogger(__name__)
Tree = dict[str, Any]
Draw = Callable[[int, str], list[str]]
_FRESH: Final = {"Cache-Control": "no-store"}
#: What this adds to the protocol that Subsonic had.
_EXTENSIONS: Final = (
    ("apiKeyAuthentication", [1]),
    ("formPost", [1]),
    ("songLyrics", [1]),
    ("transcodeOffset", [1]),
)
#: Told to whoever asks, without an account.
_OPEN: Final = ("getOpenSubsonicExtensions",)


def routes(
    held: HeldListing,
    archive: Reader,
    where: Whereabouts,
    users: Credentials,
    listening: Listening,
    pictures: Pictures,
    draw: Draw,
    memory: Memory,
) -> list[Route]:
    """`draw` gives so many ids of recordings that may be heard in a territory, by lot."""
    service = _Service(held, archive, where, users, listening, pictures, draw, memory)
    return [Route("/rest/{method}", service.get), Route("/rest/{method}", service.post, methods=["POST"])]


class _Service:
    def __init__(
        self,
        held: HeldListing,
        archive: Reader,
        where: Whereabouts,
        users: Credentials,
        listening: Listening,
        pictures: Pictures,
        draw: Draw,
        memory: Memory,
    ) -> None:
        self._archive = archive
        self._where = where
        self._users = users
        self._listening = listening
        self._listing = held
        self._playing = Playing(archive, Transcodes(memory))
        self._beside = Beside(archive, pictures)
        self._draw = draw
        self._now = Now(memory)

    def get(self, request: Request) -> Response:
        return self._answer(request, request.query_params.multi_items())

    async def post(self, request: Request) -> Response:
        body = (await forms.body(request)).decode("utf-8", "replace")
        pairs = [*request.query_params.multi_items(), *parse_qsl(body, keep_blank_values=True)]
        return await run_in_threadpool(self._answer, request, pairs)

    def _answer(self, request: Request, pairs: list[tuple[str, str]]) -> Response:
        asked = Asked(pairs)
        as_json = asked.get("f", "xml").lower() == "json"
        method = str(request.path_params["method"]).removesuffix(".view")
        try:
            found = self._found(request, asked, method)
            if isinstance(found, Response):
                return found
            body, media_type = written.answered(found, as_json=as_json)
        except Fault as fault:
            body, media_type = written.refused(fault, as_json=as_json)
        except NotYet:
            told = Fault(Code.GENERIC, "the list of what is held is being made; ask again in a minute")
            body, media_type = written.refused(told, as_json=as_json)
        except OnrecordError as error:
            _log.error("%s", text.plain(str(error)))  # may name paths of this machine
            body, media_type = written.refused(_failed(error), as_json=as_json)
        return Response(body, 200, _FRESH, media_type)

    def _found(self, request: Request, asked: Asked, method: str) -> Tree | Response:
        if method in _OPEN:
            return {"openSubsonicExtensions": [{"name": name, "versions": it} for name, it in _EXTENSIONS]}
        who = visitor(asked, self._users)
        assert who.person is not None
        user, territory = who.person.name, self._where.of(request)
        if method in ("stream", "download"):
            send = self._playing.stream if method == "stream" else self._playing.download
            return send(request, asked, territory, self._where.headers)
        if method == "getCoverArt":
            return self._beside.cover_art(request, asked, territory, self._where.headers)
        self._listing.renew()
        shapes = Shapes(self._archive, self._listing, self._listening, user, territory)
        browsing = Browsing(
            self._archive,
            self._listing,
            self._listening,
            shapes,
            user,
            lambda count: self._draw(count, territory),
        )
        own = Own(self._archive, self._listening, shapes, user, self._now)
        tell = _methods(browsing, own, who).get(method) or self._beside.methods(territory).get(method)
        if tell is None:
            raise Fault(Code.GENERIC, f"{method[:60]} is not spoken here")
        return tell(asked)


def _failed(error: OnrecordError) -> Fault:
    if isinstance(error, NotFound):
        return Fault(Code.NOT_FOUND, "nothing is here by this id")
    return Fault(Code.GENERIC, "the archive cannot answer just now")


def _methods(browsing: Browsing, own: Own, who: Visitor) -> Mapping[str, Callable[[Asked], Tree]]:
    name, role = (who.person.name, who.person.role) if who.person else ("", Role.LISTENER)

    def nothing(tree: Tree) -> Callable[[Asked], Tree]:
        return lambda asked: tree

    return {
        "ping": nothing({}),
        "getLicense": nothing({"license": {"valid": True}}),
        "getMusicFolders": nothing({"musicFolders": {"musicFolder": [{"id": 1, "name": "Archive"}]}}),
        "getIndexes": browsing.indexes,
        "getMusicDirectory": browsing.directory,
        "getArtists": browsing.artists,
        "getArtist": browsing.artist,
        "getArtistInfo": browsing.artist_info,
        "getArtistInfo2": browsing.artist_info2,
        "getAlbum": browsing.album,
        "getAlbumInfo": browsing.album_info,
        "getAlbumInfo2": browsing.album_info,
        "getSong": browsing.song,
        "getAlbumList": browsing.album_list,
        "getAlbumList2": browsing.album_list2,
        "getRandomSongs": browsing.random_songs,
        "getSongsByGenre": browsing.songs_by_genre,
        "getGenres": browsing.genres,
        "getSimilarSongs": lambda asked: browsing.similar("similarSongs", asked),
        "getSimilarSongs2": lambda asked: browsing.similar("similarSongs2", asked),
        "getTopSongs": browsing.top_songs,
        "search2": browsing.search2,
        "search3": browsing.search3,
        "getStarred": own.starred,
        "getStarred2": own.starred2,
        "star": own.star,
        "unstar": own.unstar,
        "setRating": own.rate,
        "getPlaylists": own.playlists,
        "getPlaylist": own.playlist,
        "createPlaylist": own.create,
        "updatePlaylist": own.update,
        "deletePlaylist": own.delete,
        "scrobble": own.scrobble,
        "getNowPlaying": own.now_playing,
        "getAvatar": _no_avatar,
        "getUser": lambda asked: {"user": _user(asked.get("username") or name, name, role)},
        "tokenInfo": nothing({"tokenInfo": {"username": name}}),
        "getScanStatus": nothing({"scanStatus": {"scanning": False}}),
        # Kept by players themselves, or not at all.
        "getBookmarks": nothing({"bookmarks": {}}),
        "getPlayQueue": nothing({}),
        "getPodcasts": nothing({"podcasts": {}}),
        "getNewestPodcasts": nothing({"newestPodcasts": {}}),
        "getInternetRadioStations": nothing({"internetRadioStations": {}}),
        "getShares": nothing({"shares": {}}),
    }


def _no_avatar(asked: Asked) -> Tree:
    raise Fault(Code.NOT_FOUND, f"nobody here has a picture of themselves: {asked.need('username')[:80]}")


def _user(asked: str, name: str, role: Role) -> Tree:
    if asked.casefold() != name.casefold():
        raise Fault(Code.NOT_ALLOWED, "only what belongs to yourself is told")
    no = dict.fromkeys(
        (
            "settingsRole",
            "uploadRole",
            "coverArtRole",
            "commentRole",
            "podcastRole",
            "shareRole",
            "jukeboxRole",
        ),
        False,
    )
    return {
        "username": name,
        "scrobblingEnabled": True,
        "adminRole": role is Role.OWNER,
        "downloadRole": True,
        "playlistRole": True,
        "streamRole": True,
        "folder": [1],
        **no,
    }
