# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the MusicBrainz web service answers with: entities in the shape that its JSON has.

Field by field: what a kept record of MusicBrainz says of the entity, else what a kept record says that names it, else
the canonical claims. Withdrawn things are not there.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import msgspec

from onrecord.archive.naming import FILE
from onrecord.archive.reading import Reader
from onrecord.archive.ws2_records import Tree, inside, kept, without
from onrecord.catalog.named import own_id
from onrecord.catalog.pages import ArtistBody, RecordingBody, ReleaseBody, TrackBody
from onrecord.engine.duck import Duck
from onrecord.errors import NotFound
from onrecord.search.entities import Entities, Entity
from onrecord.search.fields import Asked, FieldIndex

KINDS: Final = ("artist", "release", "release-group", "recording", "work", "label")
#: By what each kind is browsed.
BROWSED: Final = {
    "artist": ("recording", "release", "release-group", "work"),
    "release": ("artist", "track_artist", "label", "recording", "release-group"),
    "release-group": ("artist", "release"),
    "recording": ("artist", "release", "work"),
    "work": ("artist", "recording"),
    "label": ("release",),
}
#: So many of each list of a look-up, as the service does; the rest is browsed.
LISTED: Final = 25
#: So many records that name an entity are asked for what they say of it.
_ASKED: Final = 3
_MOST_FILTERED: Final = 500


class EntityReader:
    """Reads an archive from any number of threads, while another process may write."""

    def __init__(self, folder: Path) -> None:
        self._reader = _Reader(folder)

    def entity(self, kind: str, id: str, wanted: frozenset[str] = frozenset()) -> Tree:
        """Raises NotFound. `wanted` names the lists to be there as well: releases, recordings, release-groups, works,
        media."""
        return self._reader.answering().entity(kind, id, wanted)

    def browse(
        self,
        kind: str,
        by: str,
        id: str,
        limit: int,
        offset: int,
        only: Sequence[str],
        wanted: frozenset[str],
    ) -> tuple[int, list[Tree]]:
        """How many belong to an entity, and these of them. `only` names types and statuses. Raises NotFound."""
        return self._reader.answering().browse(kind, by, id, limit, offset, only, wanted)

    def search(
        self, kind: str, asked: Asked, limit: int, offset: int, wanted: frozenset[str]
    ) -> tuple[int, list[Tree]]:
        """How many fit, and the best of them from `offset` on, each with its `score`: 100 is the best."""
        return self._reader.answering().search(kind, asked, limit, offset, wanted)

    def now(self) -> dt.datetime:
        return self._reader.now()


class _Reader(Reader):
    """Keeps what one thread needs, and what withdrawals hide."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._entities = Entities(folder / "search" / FILE)
        self._hidden_ids: tuple[object, object, set[str]] | None = None

    def now(self) -> dt.datetime:
        return self._archive.clock()

    def answering(self) -> "_Answering":
        return _Answering(self)

    @property
    def entities(self) -> Entities:
        return self._entities

    @property
    def hidden(self) -> Sequence[str]:
        return list(self._withheld.things)

    @property
    def hidden_ids(self) -> set[str]:
        withheld, changes, held = self._withheld, self._entities.changes(), self._hidden_ids
        if held is None or held[0] is not withheld or held[1] != changes:
            held = self._hidden_ids = withheld, changes, self._entities.ids(withheld.things)
        return held[2]

    @property
    def index(self) -> FieldIndex | None:
        name = self._entities.fields()
        if not name:
            return None
        held: tuple[str, FieldIndex] | None = getattr(self._local, "fields", None)
        if held is None or held[0] != name:
            held = name, FieldIndex(self._folder / "search" / name)
            self._local.fields = held
        return held[1]

    def kept(self, entity: Entity) -> Tree:
        duck: Duck | None = getattr(self._local, "duck", None)
        if duck is None:
            duck = Duck(self._folder / "search" / "spill", "256MB", threads=1)
            self._local.duck = duck
        return kept(self._archive, duck, entity)

    def body(self, thing: str) -> bytes:
        row = self._rows.get(thing)
        return row.body if row is not None else b""


class _Answering:
    """One answer being made; remembers what it has read for it."""

    def __init__(self, reader: _Reader) -> None:
        self._reader = reader
        self._entities = reader.entities
        self._kept: dict[tuple[str, str], Tree] = {}
        self._briefs: dict[tuple[str, str], Tree] = {}

    def entity(self, kind: str, id: str, wanted: frozenset[str]) -> Tree:
        return self._shown(self._tree(self._find(kind, id), wanted))

    def browse(
        self,
        kind: str,
        by: str,
        id: str,
        limit: int,
        offset: int,
        only: Sequence[str],
        wanted: frozenset[str],
    ) -> tuple[int, list[Tree]]:
        things = [thing for thing in self._linked(kind, by, id) if thing not in self._hidden]
        if only:
            trees = [self._of(kind, thing, wanted) for thing in things[:_MOST_FILTERED]]
            trees = [tree for tree in trees if tree and _is_only(tree, only)]
            return len(trees), trees[offset : offset + limit]
        trees = [self._of(kind, thing, wanted) for thing in things[offset : offset + limit]]
        return len(things), [tree for tree in trees if tree]

    def search(
        self, kind: str, asked: Asked, limit: int, offset: int, wanted: frozenset[str]
    ) -> tuple[int, list[Tree]]:
        index = self._reader.index
        if index is None:
            return 0, []
        hidden = self._reader.hidden
        count, hits = index.search(kind, asked, limit, offset, hidden)
        best = hits[0][1] if hits else 0.0
        if offset and hits:
            best = index.search(kind, asked, 1, 0, hidden)[1][0][1]
        trees = []
        for id, score in hits:
            entity = self._entities.find(kind, id)
            if entity is not None:
                worth = round(100 * score / best) if best > 0 else 100
                trees.append({**self._shown(self._tree(entity, wanted)), "score": worth})
        return count, trees

    # --- which things ------------------------------------------------------------------------------------------------

    def _find(self, kind: str, id: str) -> Entity:
        entity = self._entities.find(kind, id)
        if entity is None or entity.thing in self._hidden:
            raise NotFound(f"no {kind} has the id {id}")
        return entity

    @cached_property
    def _hidden(self) -> frozenset[str]:
        return frozenset(self._reader.hidden)

    def _linked(self, kind: str, by: str, id: str) -> list[str]:
        thing = self._find(by.replace("track_artist", "artist"), id).thing
        if by == "recording" and kind in ("release", "artist"):
            recording = self._recording_body(thing)
            if recording is None:
                return []
            if kind == "release":
                return [release.id for release in recording.releases]
            return [recording.artist_id] if recording.artist_id else []
        if kind == "recording" and by == "release":
            release = self._release_body(thing)
            return list(dict.fromkeys(track.id for track in release.tracks)) if release else []
        if kind == "recording" and by == "artist":
            artist = self._artist_body(thing)
            return [track.id for track in artist.recordings] if artist else []
        if by == "track_artist":
            artist = self._artist_body(thing)
            own = set(self._entities.linked(thing, "release"))
            return [release.id for release in artist.releases if release.id not in own] if artist else []
        return self._entities.linked(thing, kind)

    # --- trees -------------------------------------------------------------------------------------------------------

    def _of(self, kind: str, thing: str, wanted: frozenset[str]) -> Tree:
        entity = self._entities.of(kind, thing)
        return self._shown(self._tree(entity, wanted)) if entity else {}

    def _shown(self, tree: Tree) -> Tree:
        hidden = self._reader.hidden_ids
        pruned = without(tree, hidden) if hidden else tree
        assert isinstance(pruned, dict)
        return pruned

    def _tree(self, entity: Entity, wanted: frozenset[str]) -> Tree:
        """All that is known, the surest last."""
        claimed = getattr(self, f"_{entity.kind.replace('-', '_')}")(entity, wanted)
        return {**_DEFAULTS[entity.kind], **claimed, **self._named(entity), **self._record(entity)}

    def _record(self, entity: Entity) -> Tree:
        key = entity.kind, entity.id
        if key not in self._kept:
            self._kept[key] = self._reader.kept(entity) if entity.source else {}
        return self._kept[key]

    def _named(self, entity: Entity) -> Tree:
        """What records of other things say of one that has no record of its own."""
        if self._record(entity) or entity.id == own_id(entity.kind, entity.thing):
            return {}
        for kind, thing in self._naming(entity)[:_ASKED]:
            other = self._entities.of(kind, thing)
            if other is not None and (said := inside(self._record(other), entity.kind, entity.id)):
                return said
        return {}

    def _naming(self, entity: Entity) -> list[tuple[str, str]]:
        if entity.kind == "recording":
            body = self._recording_body(entity.thing)
            return [("release", release.id) for release in body.releases] if body else []
        kind = "recording" if entity.kind == "work" else "release"
        return [(kind, thing) for thing in self._entities.linked(entity.thing, kind)]

    def _artist(self, entity: Entity, wanted: frozenset[str]) -> Tree:
        body = self._artist_body(entity.thing)
        claims = body.claims if body else []
        tree: Tree = {"id": entity.id, "name": entity.name}
        tree["sort-name"] = _said(claims, "sort_name", entity.id) or entity.name
        tree["country"] = _said(claims, "country", entity.id) or None
        tree["isnis"] = [isni] if (isni := _said(claims, "isni", entity.id)) else []
        if body and "recordings" in wanted:
            tree["recordings"] = self._briefly("recording", (track.id for track in body.recordings[:LISTED]))
        for kind in ("release", "release-group", "work"):
            if f"{kind}s" in wanted:
                tree[f"{kind}s"] = self._briefly(kind, self._entities.linked(entity.thing, kind)[:LISTED])
        return tree

    def _release(self, entity: Entity, wanted: frozenset[str]) -> Tree:
        body = self._release_body(entity.thing)
        tree: Tree = {"id": entity.id, "title": entity.name}
        if body is None:
            return tree
        country = _said(body.claims, "country", entity.id)
        date = _said(body.claims, "date", entity.id) or body.date
        tree |= {
            "date": date,
            "country": country or None,
            "barcode": _said(body.claims, "barcode", entity.id) or body.barcode or None,
            "artist-credit": self._credit(
                _said(body.claims, "artist", entity.id) or body.artist, body.artist_id
            ),
            "release-events": [{"date": date, "area": None}] if date else [],
        }
        if groups := self._briefly("release-group", self._entities.linked(entity.thing, "release-group")[:1]):
            tree["release-group"] = groups[0]
        labels = self._briefly("label", self._entities.linked(entity.thing, "label"))
        tree["label-info"] = [{"catalog-number": None, "label": label} for label in labels]
        if "media" in wanted and not self._record(entity).get("media"):
            tree["media"] = self._media(entity, body.tracks)
        return tree

    def _release_group(self, entity: Entity, wanted: frozenset[str]) -> Tree:
        things = [
            thing for thing in self._entities.linked(entity.thing, "release") if thing not in self._hidden
        ]
        bodies = [body for thing in things[:LISTED] if (body := self._release_body(thing))]
        dates = sorted(body.date for body in bodies if body.date)
        kinds = [kind for body in bodies if (kind := _said(body.claims, "kind", ""))]
        tree: Tree = {"id": entity.id, "title": entity.name, "first-release-date": dates[0] if dates else ""}
        tree["primary-type"] = _TYPES.get(kinds[0].casefold(), kinds[0]) if kinds else None
        if bodies:
            tree["artist-credit"] = self._credit(bodies[0].artist, bodies[0].artist_id)
        if "releases" in wanted:
            tree["releases"] = self._briefly("release", things[:LISTED])
        return tree

    def _recording(self, entity: Entity, wanted: frozenset[str]) -> Tree:
        body = self._recording_body(entity.thing)
        tree: Tree = {"id": entity.id, "title": entity.name}
        if body is None:
            return tree
        own = [claim for claim in body.claims if claim.get("mbid") == entity.id] or body.claims
        isrcs = {claim["isrc"] for claim in own if claim.get("isrc")}
        tree |= {
            "title": _said(own, "title", "") or entity.name,
            "length": next(
                (claim["duration_ms"] for claim in own if claim.get("duration_ms")), body.duration_ms
            ),
            "artist-credit": self._credit(_said(own, "artist", "") or body.artist, body.artist_id),
            "first-release-date": _said(own, "date", "") or body.date,
            "isrcs": sorted(isrcs or body.isrcs),
        }
        if "releases" in wanted:
            tree["releases"] = [self._placed(release.id, entity.thing) for release in body.releases[:LISTED]]
            tree["releases"] = [release for release in tree["releases"] if release]
        return tree

    def _work(self, entity: Entity, wanted: frozenset[str]) -> Tree:
        said = msgspec.json.decode(entity.body) if entity.body else {}
        language = said.get("language") or None
        return {
            "id": entity.id,
            "title": entity.name,
            "type": said.get("kind") or None,
            "iswcs": [said["iswc"]] if said.get("iswc") else [],
            "language": language,
            "languages": [language] if language else [],
        }

    def _label(self, entity: Entity, wanted: frozenset[str]) -> Tree:
        said = msgspec.json.decode(entity.body) if entity.body else {}
        code = str(said.get("code") or "").removeprefix("LC")
        tree: Tree = {
            "id": entity.id,
            "name": entity.name,
            "sort-name": said.get("sort_name") or entity.name,
            "type": said.get("kind") or None,
            "label-code": int(code) if code.isdecimal() else None,
            "country": said.get("country") or None,
            "isnis": [said["isni"]] if said.get("isni") else [],
        }
        if "releases" in wanted:
            tree["releases"] = self._briefly(
                "release", self._entities.linked(entity.thing, "release")[:LISTED]
            )
        return tree

    # --- parts of trees ----------------------------------------------------------------------------------------------

    def _briefly(self, kind: str, things: Iterable[str]) -> list[Tree]:
        """Things as they stand within others."""
        made = [self._brief(kind, thing) for thing in things if thing not in self._hidden]
        return [tree for tree in made if tree]

    def _brief(self, kind: str, thing: str) -> Tree:
        if (kind, thing) not in self._briefs:
            entity = self._entities.of(kind, thing)
            tree = self._tree(entity, frozenset()) if entity else {}
            self._briefs[kind, thing] = {key: tree[key] for key in tree if key not in _NOT_BRIEF}
        return self._briefs[kind, thing]

    def _credit(self, printed: str, artist: str) -> list[Tree]:
        if not printed and not artist:
            return [{"name": _UNKNOWN["name"], "joinphrase": "", "artist": _UNKNOWN}]
        brief = self._brief("artist", artist) if artist and artist not in self._hidden else {}
        if not brief:
            # Named, and nobody that this archive knows: the id says so much and leads nowhere.
            brief = {"id": own_id("artist", f"name/{printed}"), "name": printed, "sort-name": printed}
            brief = {**_DEFAULTS["artist"], **brief}
        shown = {key: value for key, value in brief.items() if key in _CREDITED}
        return [{"name": printed or brief["name"], "joinphrase": "", "artist": shown}]

    def _media(self, release: Entity, tracks: Sequence[TrackBody]) -> list[Tree]:
        media: dict[int, list[Tree]] = {}
        for track in tracks:
            if track.id in self._hidden:
                continue
            on = media.setdefault(track.disc or 1, [])
            recording = self._of("recording", track.id, frozenset())
            place = len(on) + 1 if track.position is None else track.position
            on.append(
                {
                    "id": own_id("track", f"{release.thing}/{track.id}"),
                    "position": place,
                    "number": str(place),
                    "title": track.title,
                    "length": track.duration_ms,
                    "artist-credit": recording.get("artist-credit") or [],
                    "recording": recording,
                }
            )
        return [
            {
                "position": disc,
                "title": "",
                "format": "Digital Media",
                "format-id": "907a28d9-b3b2-3ef6-89a8-7b18d91d4794",
                "track-count": len(on),
                "track-offset": 0,
                "tracks": on,
            }
            for disc, on in sorted(media.items())
        ]

    def _placed(self, release: str, recording: str) -> Tree:
        """A release of a recording, with the place that it has there."""
        if release in self._hidden:
            return {}
        tree, body = self._brief("release", release), self._release_body(release)
        if not tree or body is None:
            return tree
        found = next((track for track in body.tracks if track.id == recording), None)
        on = sorted({track.disc or 1 for track in body.tracks})
        count = sum((track.disc or 1) == ((found.disc if found else None) or 1) for track in body.tracks)
        place = (found.position if found else None) or 0
        track = {
            "id": own_id("track", f"{release}/{recording}"),
            "number": str(place),
            "position": place,
            "title": found.title if found else "",
            "length": found.duration_ms if found else None,
        }
        medium = {
            "position": (found.disc if found else None) or 1,
            "title": "",
            "format": None,
            "track-count": count,
            "track-offset": max(place - 1, 0),
            "tracks": [track],
        }
        group = self._entities.linked(release, "release-group")[:1]
        extra = {"release-group": self._briefly("release-group", group)[0]} if group else {}
        return {
            **tree,
            "track-count": len(body.tracks),
            "media": [medium] if len(on) else [],
            "artist-credit": self._credit(body.artist, body.artist_id),
            **extra,
        }

    def _artist_body(self, thing: str) -> ArtistBody | None:
        body = self._reader.body(thing)
        return msgspec.json.decode(body, type=ArtistBody) if body else None

    def _release_body(self, thing: str) -> ReleaseBody | None:
        body = self._reader.body(thing)
        return msgspec.json.decode(body, type=ReleaseBody) if body else None

    def _recording_body(self, thing: str) -> RecordingBody | None:
        body = self._reader.body(thing)
        return msgspec.json.decode(body, type=RecordingBody) if body else None


#: What the service always writes, where nobody says anything.
_DEFAULTS: Final[dict[str, Tree]] = {
    "artist": {
        "type": None,
        "type-id": None,
        "disambiguation": "",
        "gender": None,
        "gender-id": None,
        "country": None,
        "area": None,
        "begin-area": None,
        "end-area": None,
        "isnis": [],
        "ipis": [],
        "life-span": {"begin": None, "end": None, "ended": False},
    },
    "release": {
        "disambiguation": "",
        "status": None,
        "status-id": None,
        "packaging": None,
        "packaging-id": None,
        "quality": "normal",
        "barcode": None,
        "asin": None,
        "text-representation": {"language": None, "script": None},
        "cover-art-archive": {"artwork": False, "count": 0, "front": False, "back": False, "darkened": False},
    },
    "release-group": {
        "disambiguation": "",
        "primary-type": None,
        "primary-type-id": None,
        "first-release-date": "",
        "secondary-types": [],
        "secondary-type-ids": [],
    },
    "recording": {"disambiguation": "", "video": False, "length": None},
    "work": {
        "disambiguation": "",
        "type": None,
        "type-id": None,
        "language": None,
        "languages": [],
        "iswcs": [],
        "attributes": [],
    },
    "label": {
        "disambiguation": "",
        "type": None,
        "type-id": None,
        "label-code": None,
        "country": None,
        "area": None,
        "isnis": [],
        "ipis": [],
        "life-span": {"begin": None, "end": None, "ended": False},
    },
}
_NOT_BRIEF: Final = frozenset(
    {"media", "relations", "releases", "recordings", "release-groups", "works", "release-group", "label-info"}
)
_CREDITED: Final = frozenset(
    {"id", "name", "sort-name", "disambiguation", "type", "type-id", "country", "aliases"}
)
#: Whom MusicBrainz credits where nobody knows who it was.
_UNKNOWN: Final[Tree] = {
    "id": "125ec42a-7229-4250-afc5-e057484327fe",
    "name": "[unknown]",
    "sort-name": "[unknown]",
    "disambiguation": "Special Purpose Artist - Do not add releases here, if possible.",
    "type": "Other",
    "type-id": "ac897045-5043-3294-969b-187360e45d86",
    "country": None,
}
_TYPES: Final = {"album": "Album", "single": "Single", "ep": "EP", "broadcast": "Broadcast", "other": "Other"}


def _said(claims: Sequence[dict[str, Any]], field: str, mbid: str) -> str:
    """The first value among claims; those of this MBID come first."""
    ordered = sorted(claims, key=lambda claim: not (mbid and claim.get("mbid") == mbid))
    return next((str(claim[field]) for claim in ordered if claim.get(field)), "")


def _is_only(tree: Tree, only: Sequence[str]) -> bool:
    group = tree.get("release-group") if isinstance(tree.get("release-group"), dict) else {}
    assert isinstance(group, dict)
    said = [tree.get("primary-type"), tree.get("status"), group.get("primary-type")]
    said += [*(tree.get("secondary-types") or ()), *(group.get("secondary-types") or ())]
    return bool({str(each).casefold() for each in said if each} & set(only))
