# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/playlists`: a release, an artist, a recording or a search as XSPF, JSPF or M3U, for players that open an address.

Each track is named; where it may be heard by whoever asks, and is whole, it says where.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
from lxml import etree
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from onrecord.errors import IsWithdrawn, NotFound
from onrecord.model.rights import Use
from onrecord.model.views import RecordingView
from onrecord.web import narrowing, text
from onrecord.web.hearing import hearable
from onrecord.web.pages import known_id, question
from onrecord.web.picture_address import path_of
from onrecord.web.reader import Reader
from onrecord.web.whereabouts import Whereabouts

#: Tracks in one playlist.
MOST: Final = 500
#: Of a search so many.
MOST_FOUND: Final = 100
_NAMESPACE: Final = "http://xspf.org/ns/0/"
TYPES: Final = {
    "xspf": "application/xspf+xml",
    "jspf": "application/jspf+json",
    "m3u": "audio/x-mpegurl; charset=utf-8",
    "m3u8": "application/vnd.apple.mpegurl; charset=utf-8",
}


class Track(Struct, frozen=True):
    """`page` is its own page, `location` its sound ("" where it is not played), `image` its cover ("" where none
    may be shown)."""

    title: str
    artist: str
    album: str
    seconds: float
    page: str
    mbids: tuple[str, ...] = ()
    position: int | None = None
    location: str = ""
    image: str = ""


class Playlists:
    def __init__(self, archive: Reader, where: Whereabouts) -> None:
        self._archive = archive
        self._where = where

    def routes(self) -> list[BaseRoute]:
        return [Route("/playlists/{kind}/{name}", self.playlist), Route("/playlists/{name}", self.search)]

    def playlist(self, request: Request) -> Response:
        """`/playlists/release/ID.xspf`, and of an artist or a recording."""
        kind, (id, form) = request.path_params["kind"], _named(request)
        base, territory = str(request.base_url), self._where.of(request)
        if kind == "release":
            release = self._archive.release(known_id(id))
            rows = [(row.id, row.position, release.title) for row in release.tracks[:MOST]]
            title, creator, info = release.title, release.artist, f"{base}release/{release.id}"
        elif kind == "artist":
            artist = self._archive.artist(known_id(id))
            rows = [(row.id, None, "") for row in artist.recordings[:MOST] if row.has_sound]
            title, creator, info = artist.name, artist.name, f"{base}artist/{artist.id}"
        elif kind == "recording":
            view = self._archive.recording(known_id(id))
            rows = [(view.id, None, "")]
            title, creator, info = view.title, view.artist, f"{base}recording/{view.id}"
        else:
            raise NotFound("expected release, artist or recording")
        return self._sent(form, title, creator, info, self._tracks(rows, base, territory))

    def search(self, request: Request) -> Response:
        """`/playlists/search.xspf?q=`, narrowed as the page of results is."""
        name, form = _named(request)
        if name != "search":
            raise NotFound("expected search, or release/ID, artist/ID, recording/ID")
        query, chosen = question(request.query_params.get("q", "")), narrowing.chosen(request.query_params)
        base, territory = str(request.base_url), self._where.of(request)
        filters = narrowing.filters(chosen, territory)
        known = bool(query or any(chosen.values())) and not self._archive.unknown(filters)
        if known and query:
            hits = self._archive.search(query, ("recording",), MOST_FOUND, filters)
        else:
            hits = list(self._archive.browse(("recording",), MOST_FOUND, filters).hits) if known else []
        rows = [(hit.id, None, "") for hit in hits if hit.has_sound]
        info = base.rstrip("/") + narrowing.address(query, chosen, "recording")
        title = f"{self._archive.glance().name}: {query or 'what fits'}"
        return self._sent(form, title, "", info, self._tracks(rows, base, territory))

    def _tracks(
        self, rows: Iterable[tuple[str, int | None, str]], base: str, territory: str
    ) -> Iterator[Track]:
        for id, position, album in rows:
            try:
                view = self._archive.recording(id)
            except (NotFound, IsWithdrawn):
                continue
            yield track(self._archive, view, base, territory, album, position)

    def _sent(self, form: str, title: str, creator: str, info: str, tracks: Iterable[Track]) -> Response:
        body = written(form, title, creator, info, list(tracks))
        headers = {
            "Cache-Control": "no-cache",
            "Content-Disposition": f'attachment; filename="playlist.{form}"',
            **self._where.headers,
        }
        return Response(body, 200, headers, TYPES[form])


def track(
    archive: Reader,
    view: RecordingView,
    base: str,
    territory: str,
    album: str = "",
    position: int | None = None,
) -> Track:
    heard = hearable(archive, view.sounds, territory, Use.STREAM)
    cover = archive.cover((view.id,), territory) if view.sounds else None
    return Track(
        title=text.plain(view.title),
        artist=text.plain(view.artist),
        album=text.plain(album or (view.releases[0][1] if view.releases else "")),
        seconds=view.seconds,
        page=f"{base}recording/{view.id}",
        mbids=view.mbids,
        position=position,
        location=base.rstrip("/") + heard.path if heard else "",
        image=base.rstrip("/") + path_of(cover.picture) if cover else "",
    )


def written(form: str, title: str, creator: str, info: str, tracks: Sequence[Track]) -> bytes:
    """The playlist in one of `TYPES`."""
    title, creator = text.plain(title), text.plain(creator)
    if form == "xspf":
        return _xspf(title, creator, info, tracks)
    if form == "jspf":
        return _jspf(title, creator, info, tracks)
    return _m3u(title, tracks)


def _xspf(title: str, creator: str, info: str, tracks: Sequence[Track]) -> bytes:
    namespaces: dict[str | None, str] = {None: _NAMESPACE}
    root = etree.Element(f"{{{_NAMESPACE}}}playlist", nsmap=namespaces, version="1")  # type: ignore[arg-type]
    for name, value in (("title", title), ("creator", creator), ("info", info)):
        _add(root, name, value)
    below = _add(root, "trackList", always=True)
    for each in tracks:
        made = _add(below, "track", always=True)
        _add(made, "location", each.location)
        for identifier in _identifiers(each):
            _add(made, "identifier", identifier)
        for name, value in (
            ("title", each.title),
            ("creator", each.artist),
            ("info", each.page),
            ("image", each.image),
            ("album", each.album),
        ):
            _add(made, name, value)
        _add(made, "trackNum", str(each.position or ""))
        _add(made, "duration", _milliseconds(each))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _jspf(title: str, creator: str, info: str, tracks: Sequence[Track]) -> bytes:
    listed = [
        _said(
            {
                "location": [each.location] if each.location else [],
                "identifier": _identifiers(each),
                "title": each.title,
                "creator": each.artist,
                "info": each.page,
                "image": each.image,
                "album": each.album,
                "trackNum": each.position,
                "duration": round(each.seconds * 1000) or None,
            }
        )
        for each in tracks
    ]
    return msgspec.json.encode(
        {"playlist": {**_said({"title": title, "creator": creator, "info": info}), "track": listed}}
    )


def _m3u(title: str, tracks: Sequence[Track]) -> bytes:
    lines = ["#EXTM3U", f"#PLAYLIST:{title}"]
    for each in tracks:
        if each.location:
            seconds = round(each.seconds) if each.seconds else -1
            lines += [
                f"#EXTINF:{seconds},{' - '.join(filter(None, (each.artist, each.title)))}",
                *([f"#EXTALBUMARTURL:{each.image}"] if each.image else []),
                each.location,
            ]
    return ("\n".join(lines) + "\n").encode()


def _identifiers(each: Track) -> list[str]:
    return [*(f"https://musicbrainz.org/recording/{mbid}" for mbid in each.mbids[:1]), each.page]


def _milliseconds(each: Track) -> str:
    return str(round(each.seconds * 1000)) if each.seconds > 0 else ""


def _said(values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value not in ("", None, [])}


def _add(parent: etree._Element, name: str, value: str = "", *, always: bool = False) -> etree._Element:
    if not value and not always:
        return parent
    made = etree.SubElement(parent, f"{{{_NAMESPACE}}}{name}")
    if value:
        made.text = value
    return made


def _named(request: Request) -> tuple[str, str]:
    name, _, form = request.path_params["name"].rpartition(".")
    if form not in TYPES:
        raise NotFound(f"expected a playlist as one of {', '.join(TYPES)}")
    return name, form
