# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One answer of the service: an entity, the entities that belong to one, or those that are searched for."""

from collections.abc import Sequence
from typing import Final

from onrecord.archive.ws2.held import Held
from onrecord.archive.ws2.records import Tree, without
from onrecord.archive.ws2.trees import Trees
from onrecord.errors import NotFound
from onrecord.search.entities import Entity
from onrecord.search.fields import Asked

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
_MOST_FILTERED: Final = 500


class Answering:
    """One answer being made, by one thread."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self._entities = held.entities
        self._hidden = held.hidden
        self._trees = Trees(held, self._hidden)

    def entity(self, kind: str, id: str, wanted: frozenset[str]) -> Tree:
        """Raises NotFound. `wanted` names the lists to be there as well: releases, recordings, release-groups, works,
        media."""
        return self._shown(self._trees.tree(self._find(kind, id), wanted))

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
        """How many fit, and the best of them from `offset` on, each with its `score`: 100 is the best."""
        count, best, hits = self._held.fitting(kind, asked, limit, offset)
        trees = []
        for thing, score in hits:
            entity = self._entities.of(kind, thing)
            if entity is not None:
                worth = round(100 * score / best) if best > 0 else 100
                trees.append({**self._shown(self._trees.tree(entity, wanted)), "score": worth})
        return count, trees

    def _find(self, kind: str, id: str) -> Entity:
        entity = self._entities.find(kind, id)
        if entity is None or entity.thing in self._hidden:
            raise NotFound(f"no {kind} has the id {id}")
        return entity

    def _linked(self, kind: str, by: str, id: str) -> list[str]:
        thing = self._find(by.replace("track_artist", "artist"), id).thing
        if by == "recording" and kind in ("release", "artist"):
            recording = self._held.recording_body(thing)
            if recording is None:
                return []
            if kind == "release":
                return [release.id for release in recording.releases]
            return [recording.artist_id] if recording.artist_id else []
        if kind == "recording" and by == "release":
            release = self._held.release_body(thing)
            return list(dict.fromkeys(track.id for track in release.tracks)) if release else []
        if kind == "recording" and by == "artist":
            artist = self._held.artist_body(thing)
            return [track.id for track in artist.recordings] if artist else []
        if by == "track_artist":
            artist = self._held.artist_body(thing)
            own = set(self._entities.linked(thing, "release"))
            return [release.id for release in artist.releases if release.id not in own] if artist else []
        return self._entities.linked(thing, kind)

    def _of(self, kind: str, thing: str, wanted: frozenset[str]) -> Tree:
        return self._shown(self._trees.of(kind, thing, wanted))

    def _shown(self, tree: Tree) -> Tree:
        hidden = self._held.hidden_ids
        pruned = without(tree, hidden) if hidden else tree
        assert isinstance(pruned, dict)
        return pruned


def _is_only(tree: Tree, only: Sequence[str]) -> bool:
    group = tree.get("release-group") if isinstance(tree.get("release-group"), dict) else {}
    assert isinstance(group, dict)
    said = [tree.get("primary-type"), tree.get("status"), group.get("primary-type")]
    said += [*(tree.get("secondary-types") or ()), *(group.get("secondary-types") or ())]
    return bool({str(each).casefold() for each in said if each} & set(only))
