# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of a track, by the words of `meta`: recordings, releases, groups of them, media, in AcoustID's shape.

What is linked by nothing but somebody's word bears `confidence` and `reason`, which the service does not have.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Final

from onrecord.archive.sound_lookup import Link, Track
from onrecord.archive.submitting import Submitted
from onrecord.web import text
from onrecord.web.acoustid.written import Tree

#: Gives a recording in the shape of MusicBrainz by its MBID, with its releases where they are wanted; {} where nothing
#: is known of it.
Known = Callable[[str, bool], Tree]

_RECORDINGS: Final = frozenset({"recordings", "recordingids", "isrcs"})
_RELEASES: Final = frozenset({"releases", "releaseids"})
_GROUPS: Final = frozenset({"releasegroups", "releasegroupids"})


def results(tracks: Sequence[Track], meta: frozenset[str], known: Known) -> list[Tree]:
    """Each track with its id and score, and what is wanted of it."""
    return [{"id": track.id, "score": track.score, **_told(track, meta, known)} for track in tracks]


def _told(track: Track, meta: frozenset[str], known: Known) -> Tree:
    if "m2" in meta:
        return _some("recordings", [_old_form(link, known) for link in track.links])
    if meta & _RECORDINGS:
        recordings = [_recording(link, meta, known) for link in track.links]
        if "usermeta" in meta and not recordings:
            recordings = [_named(item, meta) for item in track.names]
        return _some("recordings", recordings)
    if not meta & (_RELEASES | _GROUPS):
        return {}
    releases = [(known(link.mbid, True), each) for link in track.links for each in _releases(link, known)]
    return _placed(releases, meta)


def _some(name: str, found: list[Tree]) -> Tree:
    return {name: found} if found else {}


def _recording(link: Link, meta: frozenset[str], known: Known) -> Tree:
    tree = known(link.mbid, bool(meta & (_RELEASES | _GROUPS)))
    made: Tree = {"id": link.mbid, **_doubt(link)}
    if "sources" in meta:
        made["sources"] = link.files + len(link.said)
    if not tree:
        return made
    if "recordingids" not in meta:
        made["title"] = tree.get("title") or ""
        if tree.get("length"):
            made["duration"] = float(tree["length"]) / 1000
        made |= _some("artists", _artists(tree))
        if "isrcs" in meta and tree.get("isrcs"):
            made["isrcs"] = sorted(tree["isrcs"])
    if meta & (_RELEASES | _GROUPS):
        made |= _placed([(tree, release) for release in tree.get("releases") or ()], meta)
    if "compress" in meta:
        _compress(made)
    return made


def _doubt(link: Link) -> Tree:
    if link.files or not link.said:
        return {}
    return {"confidence": "low", "reason": text.plain(link.said[0].reason)}


def _named(item: Submitted, meta: frozenset[str]) -> Tree:
    """A name that somebody gave, where nothing has an MBID."""
    name = item.name
    made: Tree = {"confidence": "low", "reason": text.plain(item.reason)}
    if name.title:
        made["title"] = name.title
    if name.artist:
        made["artists"] = [name.artist]
    if meta & (_RELEASES | _GROUPS) and name.album:
        release: Tree = {"title": name.album}
        if name.album_artist:
            release["artists"] = [name.album_artist]
        if name.year and not meta & _GROUPS:
            release["date"] = {"year": name.year}
        made["releasegroups" if meta & _GROUPS else "releases"] = [release]
    return made


def _releases(link: Link, known: Known) -> list[Tree]:
    return known(link.mbid, True).get("releases") or []


def _placed(found: Sequence[tuple[Tree, Tree]], meta: frozenset[str]) -> Tree:
    """(recording, release) as the list of releases, or as that of release groups where those are wanted."""
    if not meta & _GROUPS:
        return {"releases": _release_list(found, meta)}
    groups: dict[str, tuple[Tree, list[tuple[Tree, Tree]]]] = {}
    for recording, release in found:
        group = release.get("release-group") or {}
        if group.get("id"):
            groups.setdefault(group["id"], (_group(group, release, meta), []))[1].append((recording, release))
    for made, releases in groups.values():
        if meta & _RELEASES:
            made["releases"] = _release_list(releases, meta)
    return {"releasegroups": [made for made, _ in groups.values()]}


def _release_list(found: Iterable[tuple[Tree, Tree]], meta: frozenset[str]) -> list[Tree]:
    made: dict[str, Tree] = {}
    for recording, release in found:
        if not release.get("id"):
            continue
        one = made.setdefault(release["id"], _release(release, meta))
        if "tracks" in meta:
            for medium in _media(recording, release):
                _join(one.setdefault("mediums", []), medium)
    return list(made.values())


def _release(release: Tree, meta: frozenset[str]) -> Tree:
    if "releaseids" in meta:
        return {"id": release["id"]}
    made: Tree = {"id": release["id"], "title": release.get("title") or ""}
    if release.get("track-count"):
        made["track_count"] = release["track-count"]
    made |= _some("artists", _artists(release))
    events = _events(release)
    if events:
        made["releaseevents"] = events
        made |= events[0]
    return made


def _group(group: Tree, release: Tree, meta: frozenset[str]) -> Tree:
    if "releasegroupids" in meta:
        return {"id": group["id"]}
    made: Tree = {"id": group["id"], "title": group.get("title") or ""}
    if group.get("primary-type"):
        made["type"] = group["primary-type"]
    if group.get("secondary-types"):
        made["secondarytypes"] = list(group["secondary-types"])
    return made | _some("artists", _artists(group) or _artists(release))


def _media(recording: Tree, release: Tree) -> list[Tree]:
    media = []
    for medium in release.get("media") or ():
        made: Tree = {
            "position": medium.get("position") or 1,
            "track_count": medium.get("track-count") or 0,
            "tracks": [
                _track(recording, track) for track in medium.get("tracks") or medium.get("track") or ()
            ],
        }
        made |= {name: medium[name] for name in ("format", "title") if medium.get(name)}
        media.append(made)
    return media


def _join(media: list[Tree], medium: Tree) -> None:
    """Two recordings of one track may stand on one medium."""
    for each in media:
        if each["position"] == medium["position"]:
            each["tracks"] += medium["tracks"]
            return
    media.append(medium)


def _track(recording: Tree, track: Tree) -> Tree:
    return {
        "id": track.get("id") or "",
        "position": track.get("position") or 0,
        "title": track.get("title") or recording.get("title") or "",
        "artists": _artists(track) or _artists(recording),
    }


def _artists(tree: Tree) -> list[Tree]:
    made = []
    for credit in tree.get("artist-credit") or ():
        artist = credit.get("artist") or {}
        one: Tree = {"id": artist.get("id") or "", "name": credit.get("name") or artist.get("name") or ""}
        if credit.get("joinphrase"):
            one["joinphrase"] = credit["joinphrase"]
        made.append(one)
    return made


def _events(release: Tree) -> list[Tree]:
    events = release.get("release-events") or []
    if not events and (release.get("date") or release.get("country")):
        events = [{"date": release.get("date")}]
    return [made for event in events if (made := _event(event, release, alone=len(events) == 1))]


def _event(event: Tree, release: Tree, *, alone: bool) -> Tree:
    made: Tree = {}
    codes = (event.get("area") or {}).get("iso-3166-1-codes") or []
    country = codes[0] if codes else release.get("country") if alone else ""
    if country:
        made["country"] = country
    parts = (event.get("date") or "").split("-")
    date = {
        name: int(part)
        for name, part in zip(("year", "month", "day"), parts, strict=False)
        if part.isdecimal() and int(part)
    }
    if date:
        made["date"] = date
    return made


def _old_form(link: Link, known: Known) -> Tree:
    """The form of `meta=2`: a recording with the tracks that it is, each with its medium and its release."""
    tree = known(link.mbid, True)
    made: Tree = {"id": link.mbid, **_doubt(link)}
    if not tree:
        return made
    if tree.get("length"):
        made["duration"] = float(tree["length"]) / 1000
    made["tracks"] = []
    for release in tree.get("releases") or ():
        for medium, raw in zip(_media(tree, release), release.get("media") or (), strict=True):
            tracks = medium.pop("tracks")
            medium["release"] = {"id": release.get("id") or "", "title": release.get("title") or ""}
            for track, said in zip(tracks, raw.get("tracks") or raw.get("track") or (), strict=True):
                length = said.get("length") or tree.get("length") or 0
                shown = {name: track[name] for name in ("title", "artists", "position")}
                made["tracks"].append({**shown, "duration": float(length) / 1000, "medium": medium})
    return made


def _compress(recording: Tree) -> None:
    """Leave out what stands the same one step above."""
    for group in recording.get("releasegroups") or ():
        for release in group.get("releases") or ():
            _compress_media(recording, release)
            _drop(release, group, "artists", "title")
        _drop(group, recording, "artists")
    for release in recording.get("releases") or ():
        _compress_media(recording, release)
        _drop(release, recording, "artists")


def _compress_media(recording: Tree, release: Tree) -> None:
    for medium in release.get("mediums") or ():
        for track in medium["tracks"]:
            _drop(track, release, "artists")
            _drop(track, recording, "title")


def _drop(tree: Tree, above: Tree, *names: str) -> None:
    for name in names:
        if name in tree and tree[name] == above.get(name):
            del tree[name]


def remembering(known: Known) -> Known:
    """Asks for each recording once."""
    return cache(known)
