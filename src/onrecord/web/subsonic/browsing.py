# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking around among what is held: artists by letter, albums in many orders, genres, songs by lot, search."""

import unicodedata
from collections.abc import Callable, Iterable
from secrets import randbelow
from typing import Any, Final

from onrecord.archive.held_listing import HeldListing
from onrecord.errors import IsWithdrawn, NotFound
from onrecord.model.filters import Filters
from onrecord.model.views import Hit
from onrecord.web.listens.keeping import Listening
from onrecord.web.pages import question
from onrecord.web.reader import Reader
from onrecord.web.subsonic.asking import MOST, Asked, Code, Fault
from onrecord.web.subsonic.shapes import Shapes

Tree = dict[str, Any]
#: Artists in the list of all: players load it whole. The best known, where there are more; search finds the others.
ARTISTS: Final = 5_000
_ARTICLES: Final = "The El La Los Las Le Les Die Der Das"
_HELD: Final = Filters(sound=True)
#: So many of what words fit can be gone through.
_FARTHEST: Final = 1_000


class Browsing:
    """For one request."""

    def __init__(
        self,
        archive: Reader,
        listing: HeldListing,
        listening: Listening,
        shapes: Shapes,
        user: str,
        draw: Callable[[int], list[str]],
    ) -> None:
        self._archive = archive
        self._listing = listing
        self._listening = listening
        self._shapes = shapes
        self._user = user
        self._draw = draw

    # Artists -----------------------------------------------------------------------------------------------------

    def artists(self, asked: Asked) -> Tree:
        return {"artists": {"ignoredArticles": _ARTICLES, "index": self._letters()}}

    def indexes(self, asked: Asked) -> Tree:
        newest = self._listing.newest("recording", 1)
        changed = (newest[0].stamp if newest else 0) * 1000
        since = asked.number("ifModifiedSince", 0)
        letters = self._letters() if changed > since or not since else []
        return {"indexes": {"ignoredArticles": _ARTICLES, "lastModified": changed, "index": letters}}

    def artist(self, asked: Asked) -> Tree:
        view = self._found(self._archive.artist, asked.need("id"))
        albums = self._shapes.artist_albums(view)
        return {"artist": {**self._shapes.artist(view.id, view.name, len(albums)), "album": albums}}

    def artist_info(self, asked: Asked) -> Tree:
        self._found(self._archive.artist, asked.need("id"))
        return {"artistInfo": {}}

    def artist_info2(self, asked: Asked) -> Tree:
        return {"artistInfo2": self.artist_info(asked)["artistInfo"]}

    def _letters(self) -> list[Tree]:
        hits: list[Hit] = []
        after = ""
        while len(hits) < ARTISTS:
            listing = self._archive.browse(("artist",), MOST, _HELD, after)
            hits += listing.hits
            after = listing.after
            if not after:
                break
        letters: dict[str, list[Hit]] = {}
        for hit in sorted(hits[:ARTISTS], key=lambda hit: (_without_article(hit.title), hit.id)):
            letters.setdefault(_letter(hit.title), []).append(hit)
        return [
            {"name": letter, "artist": [self._shapes.hit(hit) for hit in letters[letter]]}
            for letter in sorted(letters, key=lambda letter: (letter == "#", letter))
        ]

    # Albums ------------------------------------------------------------------------------------------------------

    def album(self, asked: Asked) -> Tree:
        view = self._found(self._archive.release, asked.need("id"))
        songs = self._shapes.album_songs(view)
        return {"album": {**self._shapes.album(view), "songCount": len(songs), "song": songs}}

    def album_info(self, asked: Asked) -> Tree:
        id = asked.need("id")
        if self._shapes.album_of(id) is None and self._shapes.song_of(id) is None:
            raise Fault(Code.NOT_FOUND, f"no album has the id {id[:80]}")
        return {"albumInfo": {}}

    def album_list(self, asked: Asked) -> Tree:
        return {"albumList": {"album": self._albums(asked)}}

    def album_list2(self, asked: Asked) -> Tree:
        return {"albumList2": {"album": self._albums(asked)}}

    def _albums(self, asked: Asked) -> list[Tree]:
        order = asked.need("type")
        size, start = asked.number("size", 10, 0, MOST), asked.number("offset", 0)
        listing, heard = self._listing, self._listening
        if order == "random":
            drawn = self._listing.drawn(randbelow, "release", size)
            return self._shapes.albums([held.id for held in drawn])
        if order == "newest":
            ids = [held.id for held in listing.newest("release", size, start)]
        elif order in ("alphabeticalByName", "alphabeticalByArtist"):
            ids = [held.id for held in listing.by_name(size, start, maker=order.endswith("Artist"))]
        elif order == "byGenre":
            ids = [held.id for held in listing.of_genre(asked.need("genre"), "release", size, start)]
        elif order == "byYear":
            ids = self._of_years(asked, size, start)
        elif order in ("frequent", "recent"):
            ids = heard.most_heard(self._user, "release", size, start, last=order == "recent")
        elif order == "highest":
            rated = [id for id in heard.best_rated(self._user) if self._shapes.album_of(id)]
            ids = rated[start : start + size]
        elif order == "starred":
            ids = [*heard.starred(self._user, "release")][start : start + size]
        else:
            raise Fault(Code.GENERIC, f"type: no list of albums is called {order[:40]!r}")
        return self._shapes.albums(ids)

    def _of_years(self, asked: Asked, size: int, start: int) -> list[str]:
        first, last = asked.number("fromYear", None, 0, 9999), asked.number("toYear", None, 0, 9999)
        if first is None or last is None:
            raise Fault(Code.MISSING, "byYear needs fromYear and toYear")
        years = (min(first, last), max(first, last))
        hits = self._archive.browse(("release",), MOST, Filters(sound=True, years=years)).hits
        dated = [(view.date, hit.id) for hit in hits if (view := self._seen(hit.id)) is not None]
        ordered = sorted(dated, reverse=first > last)
        return [id for _, id in ordered[start : start + size]]

    def _seen(self, id: str) -> Any:
        try:
            return self._archive.release(id)
        except (NotFound, IsWithdrawn):
            return None

    # Songs -------------------------------------------------------------------------------------------------------

    def song(self, asked: Asked) -> Tree:
        id = asked.need("id")
        song = self._shapes.song_of(id)
        if song is None:
            raise Fault(Code.NOT_FOUND, f"no song that may be played has the id {id[:80]}")
        return {"song": song}

    def random_songs(self, asked: Asked) -> Tree:
        size, genre = asked.number("size", 10, 0, MOST), asked.get("genre")
        first, last = asked.number("fromYear", None, 0, 9999), asked.number("toYear", None, 0, 9999)
        if genre:
            ids = [held.id for held in self._listing.drawn_of(randbelow, genre, "recording", size * 2)]
        elif first is not None or last is not None:
            years = Filters(sound=True, years=(first, last))
            hits = [hit.id for hit in self._archive.browse(("recording",), MOST, years).hits]
            ids = _shuffled(hits)
        else:
            ids = self._draw(size)
        return {"randomSongs": {"song": self._shapes.songs(ids, size)}}

    def songs_by_genre(self, asked: Asked) -> Tree:
        count, start = asked.number("count", 10, 0, MOST), asked.number("offset", 0)
        held = self._listing.of_genre(asked.need("genre"), "recording", count, start)
        return {"songsByGenre": {"song": self._shapes.songs([it.id for it in held])}}

    def genres(self, asked: Asked) -> Tree:
        counted = self._listing.genres()
        return {
            "genres": {
                "genre": [
                    {
                        "value": genre,
                        "songCount": counts.get("recording", 0),
                        "albumCount": counts.get("release", 0),
                    }
                    for genre, counts in sorted(counted.items())
                ]
            }
        }

    def similar(self, name: str, asked: Asked) -> Tree:
        """What stands on the same releases: no likeness is claimed that nobody measured."""
        view = self._found(self._archive.recording, asked.need("id"))
        count = asked.number("count", 50, 0, MOST)
        beside: list[str] = []
        for id, _ in view.releases[:5]:
            release = self._seen(id)
            beside += [row.id for row in release.tracks if row.has_sound] if release else []
        ids = [id for id in dict.fromkeys(beside) if id != view.id]
        return {name: {"song": self._shapes.songs(ids, count)}}

    def top_songs(self, asked: Asked) -> Tree:
        """The best known of an artist, as the archive's own search orders them."""
        count = asked.number("count", 50, 0, MOST)
        name = question(asked.get("artist") or asked.need("artistId"))
        hits = self._archive.search(name, ("recording",), count, _HELD)
        return {"topSongs": {"song": self._shapes.songs([hit.id for hit in hits], count)}}

    # Folders, as players of the old kind see them ------------------------------------------------------------------

    def directory(self, asked: Asked) -> Tree:
        id = asked.need("id")
        try:
            view = self._archive.artist(id)
        except (NotFound, IsWithdrawn):
            release = self._found(self._archive.release, id)
            songs = self._shapes.album_songs(release)
            return {"directory": {"id": release.id, "name": release.title or "untitled", "child": songs}}
        albums = self._shapes.artist_albums(view)
        return {"directory": {"id": view.id, "name": view.name or "unknown", "child": albums}}

    # Search ------------------------------------------------------------------------------------------------------

    def search3(self, asked: Asked) -> Tree:
        return {"searchResult3": self._search(asked)}

    def search2(self, asked: Asked) -> Tree:
        return {"searchResult2": self._search(asked)}

    def _search(self, asked: Asked) -> Tree:
        """An empty query (some send two quotation marks) lists everything, for players that keep a copy."""
        words = question(asked.get("query").strip().strip('"'))
        artists = self._hits("artist", words, asked)
        albums = self._hits("release", words, asked)
        songs = self._hits("recording", words, asked)
        return {
            "artist": [self._shapes.hit(hit) for hit in artists],
            "album": self._shapes.albums([hit.id for hit in albums]),
            "song": self._shapes.songs([hit.id for hit in songs]),
        }

    def _hits(self, kind: str, words: str, asked: Asked) -> list[Hit]:
        name = {"artist": "artist", "release": "album", "recording": "song"}[kind]
        count, start = asked.number(f"{name}Count", 20, 0, MOST), asked.number(f"{name}Offset", 0)
        if not count:
            return []
        if words:
            most = min(start + count, _FARTHEST)
            return self._archive.search(words, (kind,), most, _HELD)[start:] if start < most else []
        if kind != "artist":
            held = self._listing.newest(kind, count, start)
            return [Hit(kind=kind, id=it.id, title="") for it in held]
        most = min(start + count, ARTISTS)
        return list(self._archive.browse((kind,), most, _HELD).hits)[start:] if start < most else []

    def _found(self, read: Any, id: str) -> Any:
        try:
            return read(id)
        except (NotFound, IsWithdrawn):
            raise Fault(Code.NOT_FOUND, f"nothing that is here has the id {id[:80]}") from None


def _shuffled(ids: Iterable[str]) -> list[str]:
    left, drawn = list(ids), []
    while left:
        drawn.append(left.pop(randbelow(len(left))))
    return drawn


def _without_article(name: str) -> str:
    first, _, rest = name.partition(" ")
    return (rest if rest and first in _ARTICLES.split() else name).casefold()


def _letter(name: str) -> str:
    first = unicodedata.normalize("NFKD", _without_article(name).strip()[:1].upper())[:1]
    return first if first.isalpha() else "#"
