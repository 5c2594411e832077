# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an element of a Discogs dump claims: releases with their tracks, artists, labels. Masters claim their artists.

Names lose the number that Discogs puts behind a name that several have, as in `Accent (3)`: the id tells them apart.
Countries stay as Discogs writes them (`UK`, `Europe`). Catalog numbers have no place among the claims.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from lxml import etree

from onrecord.model.records import ArtistClaim, Claims, LabelClaim, ReleaseClaim, TrackClaim
from onrecord.sources.codes import Codes

_NUMBERED = re.compile(r" \(\d+\)$")
_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", re.ASCII)
_DURATION = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)", re.ASCII)
_ON_DISC = re.compile(r"(?:[A-Za-z]*)(\d{1,3})-(\d{1,4})", re.ASCII)
_SIDE = re.compile(r"([A-Z])(?:\d{1,3})?", re.ASCII)
_KINDS: Final = ("Album", "Mini-Album", "EP", "Maxi-Single", "Single", "Compilation", "Mixtape", "Sampler")
_COMPOSERS = re.compile(r"(?:^|, )(?:Written[- ]By|Composed By|Music By)(?:$|,| \[)")


def claims(source: str, kind: str, element: etree._Element) -> Claims:
    """The claims of one `release`, `master`, `artist` or `label`."""
    parts = _parts(element)
    if kind == "artist":
        return Claims(artists=(ArtistClaim(source, id_of(kind, element), _name(_text(parts, "name"))),))
    if kind == "label":
        return Claims(labels=(_label(source, id_of(kind, element), parts),))
    artists = _credits(parts)
    if kind == "master":
        return Claims(artists=tuple(_credited(source, artists)))
    tracks = list(_tracks(parts))
    credited = [*artists, *(artist for track in tracks for artist in track.artists)]
    codes = Codes()
    release = _release(source, id_of(kind, element), parts, _printed(artists), len(tracks), codes)
    # They stand at the release, which does not say of which track or label they are: none is claimed.
    codes.code(release.id, "isrc", _identifiers(parts, "ISRC"))
    codes.code(release.id, "code", _identifiers(parts, "Label Code"))
    return Claims(
        odd=codes.odd,
        artists=tuple(_credited(source, credited)),
        releases=(release,),
        tracks=tuple(_track(release, track, number, artists) for number, track in enumerate(tracks, 1)),
    )


def id_of(kind: str, element: etree._Element) -> str:
    """The number that Discogs gives it, "" where it has none: an attribute of releases and masters, else an element."""
    # Not findtext: its path machinery would cost as much as parsing a short record.
    id = element.get("id")
    if kind in ("artist", "label"):
        id = next((child.text for child in element.iterchildren("id")), None)
    return id if id and id.isascii() and id.isdigit() and len(id) <= 18 else ""


#: The children of an element by their tags, the first of each: one walk is four times as fast as a search for each.
_Parts = dict[str, etree._Element]


class _Artist(NamedTuple):
    """An artist as a record credits it. `printed` is the name there, `join` what follows it in print."""

    id: str
    name: str
    printed: str
    join: str


class _Track(NamedTuple):
    title: str
    disc: int | None
    position: int | None
    duration_ms: int | None
    artists: list[_Artist]
    composer: str
    genre: str


def _release(source: str, id: str, parts: _Parts, artist: str, tracks: int, codes: Codes) -> ReleaseClaim:
    descriptions = {
        description.text
        for format in _below(parts, "formats")
        for description in _below(_parts(format), "descriptions")
    }
    label = next(iter(_below(parts, "labels")), None)
    return ReleaseClaim(
        source=source,
        id=id,
        title=_text(parts, "title"),
        artist=artist,
        barcode=codes.code(id, "barcode", _identifiers(parts, "Barcode")),
        label="" if label is None else _name(label.get("name", "")),
        date=codes.read(id, "date", [_text(parts, "released")], _date) or "",
        country=_text(parts, "country"),
        kind=next((kind for kind in _KINDS if kind in descriptions), ""),
        tracks=tracks or None,
    )


def _identifiers(parts: _Parts, type: str) -> list[str]:
    """Those of one type, as they stand there, whatever they are."""
    return [
        value
        for identifier in _below(parts, "identifiers")
        if identifier.get("type") == type and (value := identifier.get("value", ""))
    ]


def _track(release: ReleaseClaim, track: _Track, number: int, artists: list[_Artist]) -> TrackClaim:
    credited = track.artists or artists
    return TrackClaim(
        source=release.source,
        id=f"{release.id}/{number}",  # positions may be missing, and stand twice
        title=track.title,
        artist=_printed(credited),
        artist_id=next((artist.id for artist in credited), ""),
        release=release.title,
        release_id=release.id,
        disc=track.disc,
        position=track.position,
        duration_ms=track.duration_ms,
        date=release.date,
        genre=track.genre,
        composer=track.composer,
    )


def _tracks(release: _Parts) -> Iterator[_Track]:
    """The pieces of a track list, in its order. Headings are none, nor is an index of pieces that have positions."""
    listed = [_parts(track) for track in _below(release, "tracklist")]
    positioned = any(_text(track, "position") for track in listed)
    all_tracks = _composers(release)
    genre = _words(next(iter(_below(release, "genres")), None))
    on_disc: dict[int, int] = {}
    for track in listed:
        parts = [_parts(part) for part in _below(track, "sub_tracks")]
        position = _text(track, "position")
        if not parts and positioned and not position and not _text(track, "duration"):
            continue
        for piece in parts if parts and not position else [track]:
            disc, place = _placed(_text(piece, "position"), on_disc)
            yield _Track(
                title=_text(piece, "title"),
                disc=disc,
                position=place,
                duration_ms=_milliseconds(_text(piece, "duration")),
                artists=_credits(piece if "artists" in piece else track),
                composer=_composers(piece) or all_tracks,
                genre=genre,
            )


def _placed(position: str, on_disc: dict[int, int]) -> tuple[int | None, int | None]:
    """Disc and place on it: `7`, `2-7`, `CD2-7`; `B2` is the next on the record that has a side B. Else unknown."""
    if position.isascii() and position.isdigit() and len(position) < 5:
        return 1, int(position)
    if found := _ON_DISC.fullmatch(position):
        return int(found[1]), int(found[2])
    if found := _SIDE.fullmatch(position):
        disc = (ord(found[1]) - ord("A")) // 2 + 1
        on_disc[disc] = on_disc.get(disc, 0) + 1
        return disc, on_disc[disc]
    return None, None


def _credits(element: _Parts) -> list[_Artist]:
    return [
        _Artist(
            id=_text(artist, "id"),
            name=_name(_text(artist, "name")),
            printed=_text(artist, "anv") or _name(_text(artist, "name")),
            join=_text(artist, "join"),
        )
        for artist in map(_parts, _below(element, "artists"))
    ]


def _printed(artists: list[_Artist]) -> str:
    words: list[str] = []
    for artist in artists:
        words += [artist.printed, ", " if artist.join in ("", ",") else f" {artist.join} "]
    return "".join(words[:-1])


def _credited(source: str, artists: Iterable[_Artist]) -> Iterator[ArtistClaim]:
    named = {artist.id: artist.name for artist in artists if artist.id and artist.name}
    return (ArtistClaim(source=source, id=id, name=name) for id, name in named.items())


def _composers(element: _Parts) -> str:
    """Of those who are credited for every track of what they stand at."""
    names: dict[str, None] = {}
    for artist in map(_parts, _below(element, "extraartists")):
        if _COMPOSERS.search(_text(artist, "role")) and not _text(artist, "tracks"):
            names[_text(artist, "anv") or _name(_text(artist, "name"))] = None
    return ", ".join(filter(None, names))


def _label(source: str, id: str, parts: _Parts) -> LabelClaim:
    parent = parts.get("parentLabel")
    return LabelClaim(
        source=source,
        id=id,
        name=_name(_text(parts, "name")),
        parent="" if parent is None else parent.get("id", ""),
    )


def _parts(element: etree._Element) -> _Parts:
    return {child.tag: child for child in element.iterchildren(reversed=True)}


def _below(parts: _Parts, tag: str) -> Iterable[etree._Element]:
    return parts.get(tag, ())


def _text(parts: _Parts, tag: str) -> str:
    return _words(parts.get(tag))


def _words(element: etree._Element | None) -> str:
    text = "" if element is None else element.text
    return " ".join(text.split()) if text else ""


def _name(text: str) -> str:
    return _NUMBERED.sub("", text)


def _date(text: str) -> str:
    """`1999-03-00` is March 1999."""
    found = _DATE.fullmatch(text)
    if not found:
        return ""
    known = [part for part in found.groups() if part is not None]
    while known and not int(known[-1]):
        known.pop()
    return "-".join(known) if all(map(int, known)) else ""


def _milliseconds(text: str) -> int | None:
    """`3:45`, `75:10`, `1:02:03`."""
    found = _DURATION.fullmatch(text)
    if not found:
        return None
    return (int(found[1] or 0) * 3600 + int(found[2]) * 60 + int(found[3])) * 1000 or None
