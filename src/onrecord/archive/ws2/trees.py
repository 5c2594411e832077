# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entities as trees, in the shape that the service's JSON has.

Field by field: what a kept record of MusicBrainz says of the entity, else what a kept record says that names it, else
the canonical claims.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from onrecord.archive.ws2.held import Held
from onrecord.archive.ws2.records import Tree, inside
from onrecord.archive.ws2.shapes import CREDITED, DEFAULTS, NOT_BRIEF, TYPES, UNKNOWN
from onrecord.catalog.pages import TrackBody
from onrecord.model.own_ids import own_id
from onrecord.search.entities import Entity

#: So many of each list of a look-up, as the service does; the rest is browsed.
LISTED: Final = 25
#: So many records that name an entity are asked for what they say of it.
_ASKED: Final = 3


class Trees:
    """Makes the trees of one answer; remembers what it has read for it."""

    def __init__(self, held: Held, hidden: frozenset[str]) -> None:
        """`hidden` things are in none of their lists."""
        self._held = held
        self._hidden = hidden
        self._entities = held.entities
        self._kept: dict[tuple[str, str], Tree] = {}
        self._briefs: dict[tuple[str, str], Tree] = {}

    def of(self, kind: str, thing: str, wanted: frozenset[str]) -> Tree:
        entity = self._entities.of(kind, thing)
        return self.tree(entity, wanted) if entity else {}

    def tree(self, entity: Entity, wanted: frozenset[str]) -> Tree:
        """All that is known, the surest last. What is withdrawn may still be named within."""
        claimed = getattr(self, f"_{entity.kind.replace('-', '_')}")(entity, wanted)
        return {**DEFAULTS[entity.kind], **claimed, **self._named(entity), **self._record(entity)}

    def _record(self, entity: Entity) -> Tree:
        key = entity.kind, entity.id
        if key not in self._kept:
            self._kept[key] = self._held.kept(entity) if entity.source else {}
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
            body = self._held.recording_body(entity.thing)
            return [("release", release.id) for release in body.releases] if body else []
        kind = "recording" if entity.kind == "work" else "release"
        naming = [(kind, thing) for thing in self._entities.linked(entity.thing, kind)][:_ASKED]
        if (
            entity.kind == "artist"
            and len(naming) < _ASKED
            and (artist := self._held.artist_body(entity.thing))
        ):
            naming += [("recording", track.id) for track in artist.recordings]
        return naming

    def _artist(self, entity: Entity, wanted: frozenset[str]) -> Tree:
        body = self._held.artist_body(entity.thing)
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
        body = self._held.release_body(entity.thing)
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
        bodies = [body for thing in things[:LISTED] if (body := self._held.release_body(thing))]
        dates = sorted(body.date for body in bodies if body.date)
        kinds = [kind for body in bodies if (kind := _said(body.claims, "kind", ""))]
        tree: Tree = {"id": entity.id, "title": entity.name, "first-release-date": dates[0] if dates else ""}
        tree["primary-type"] = TYPES.get(kinds[0].casefold(), kinds[0]) if kinds else None
        if bodies:
            tree["artist-credit"] = self._credit(bodies[0].artist, bodies[0].artist_id)
        if "releases" in wanted:
            tree["releases"] = self._briefly("release", things[:LISTED])
        return tree

    def _recording(self, entity: Entity, wanted: frozenset[str]) -> Tree:
        body = self._held.recording_body(entity.thing)
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
            "isrcs": sorted(isrcs or body.isrcs),
        }
        if date := _said(own, "date", "") or body.date:
            tree["first-release-date"] = date
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
            "iswcs": list(said.get("iswcs") or ()),
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
            tree = self.tree(entity, frozenset()) if entity else {}
            self._briefs[kind, thing] = {key: tree[key] for key in tree if key not in NOT_BRIEF}
        return self._briefs[kind, thing]

    def _credit(self, printed: str, artist: str) -> list[Tree]:
        if not printed and not artist:
            return [{"name": UNKNOWN["name"], "joinphrase": "", "artist": UNKNOWN}]
        brief = self._brief("artist", artist) if artist and artist not in self._hidden else {}
        if not brief:
            # Named, and nobody that this archive knows: the id says so much and leads nowhere.
            brief = {"id": own_id("artist", f"name/{printed}"), "name": printed, "sort-name": printed}
            brief = {**DEFAULTS["artist"], **brief}
        shown = {key: value for key, value in brief.items() if key in CREDITED}
        return [{"name": printed or brief["name"], "joinphrase": "", "artist": shown}]

    def _media(self, release: Entity, tracks: Sequence[TrackBody]) -> list[Tree]:
        media: dict[int, list[Tree]] = {}
        for track in tracks:
            if track.id in self._hidden:
                continue
            on = media.setdefault(track.disc or 1, [])
            recording = self.of("recording", track.id, frozenset())
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
        tree, body = self._brief("release", release), self._held.release_body(release)
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


def _said(claims: Sequence[dict[str, Any]], field: str, mbid: str) -> str:
    """The first value among claims; those of this MBID come first."""
    ordered = sorted(claims, key=lambda claim: not (mbid and claim.get("mbid") == mbid))
    return next((str(claim[field]) for claim in ordered if claim.get(field)), "")
