# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`inc`: what a client wants beside an entity's own fields, and the entity with just that."""

import re
from typing import Any, Final

Tree = dict[str, Any]
_TARGETS: Final = (
    *("area", "artist", "event", "genre", "instrument", "label", "place", "recording", "release"),
    *("release-group", "series", "url", "work"),
)
_RELATIONS: Final = frozenset(f"{target}-rels" for target in _TARGETS)
_LEVELS: Final = {
    "recording": "recording-level-rels",
    "work": "work-level-rels",
    "release-group": "release-group-level-rels",
}
#: Accepted everywhere; the supplementary ones (tags, genres, ratings, annotations) add nothing here.
_EVERYWHERE: Final = _RELATIONS | frozenset(
    {
        *("aliases", "annotation", "tags", "user-tags", "genres", "user-genres", "ratings", "user-ratings"),
        *("artist-credits", "discids", "media", "isrcs", "various-artists", *_LEVELS.values()),
    }
)
_OWN: Final = {
    "artist": frozenset({"recordings", "releases", "release-groups", "works"}),
    "release": frozenset(
        {"artists", "labels", "recordings", "release-groups", "collections", "user-collections"}
    ),
    "release-group": frozenset({"artists", "releases"}),
    "recording": frozenset({"artists", "releases", "release-groups"}),
    "work": frozenset({"artists"}),
    "label": frozenset({"releases"}),
}
#: A key is there where one of these was asked for.
_GATES: Final = {
    "artist-credit": {"artists", "artist-credits"},
    "media": {"media", "recordings", "discids"},
    "tracks": {"recordings"},
    "data-tracks": {"recordings"},
    "pregap": {"recordings"},
    "discs": {"discids"},
    "label-info": {"labels"},
    "release-group": {"release-groups"},
    "aliases": {"aliases"},
    "isrcs": {"isrcs"},
    "releases": {"releases"},
    "recordings": {"recordings"},
    "release-groups": {"release-groups"},
    "works": {"works"},
}
#: What a search answers with, whatever is asked.
SEARCHED: Final = {
    "artist": frozenset({"aliases"}),
    "release": frozenset({"artist-credits", "labels", "release-groups", "media"}),
    "release-group": frozenset({"artist-credits", "releases"}),
    "recording": frozenset({"artist-credits", "releases", "release-groups", "isrcs", "media", "recordings"}),
    "work": frozenset({"aliases", "artist-rels"}),
    "label": frozenset({"aliases"}),
}
#: Lists that are made only where they are asked for.
_MADE: Final = frozenset({"recordings", "releases", "release-groups", "works"})


#: What each kind has wherever it stands: clients of the JSON read these without asking whether they are there.
_BASIC: Final[dict[str, Tree]] = {
    "artist": {"disambiguation": "", "type": None, "type-id": None, "country": None},
    "release": {"disambiguation": ""},
    "release-group": {
        "disambiguation": "",
        "primary-type": None,
        "primary-type-id": None,
        "first-release-date": "",
        "secondary-types": [],
        "secondary-type-ids": [],
    },
    "recording": {"disambiguation": "", "video": False, "length": None},
    "work": {"disambiguation": "", "type": None, "language": None, "languages": [], "iswcs": []},
    "label": {"disambiguation": "", "type": None, "type-id": None, "label-code": None},
    "medium": {"title": "", "format": None, "format-id": None},
}
#: Lists that are empty rather than absent where they were asked for. Of tags and genres none is passed on.
_EMPTY: Final = ("aliases", "tags", "genres")


class NotKnown(Exception):
    """A word that is no inclusion of this kind."""


def read(kind: str, text: str) -> frozenset[str]:
    """The inclusions of a request. Raises `NotKnown`."""
    words = frozenset(word for word in re.split(r"[\s+]+", text) if word)
    for word in sorted(words):
        if word not in _EVERYWHERE and word not in _OWN[kind]:
            raise NotKnown(word[:60])
    return words


def wanted(words: frozenset[str]) -> frozenset[str]:
    """Which lists have to be made for them."""
    return words & _MADE | ({"media"} if words & _GATES["media"] else frozenset())


def shown(kind: str, tree: Tree, words: frozenset[str]) -> Tree:
    """The entity with what was asked for."""
    made = _shown(kind, tree, words, top=True)
    assert isinstance(made, dict)
    return made


def _shown(kind: str, value: Any, words: frozenset[str], top: bool = False) -> Any:
    if isinstance(value, list):
        return [_shown(kind, item, words) for item in value]
    if not isinstance(value, dict):
        return value
    made: Tree = (
        {**_BASIC.get(kind, {}), **_empty(kind, words, top)} if "id" in value or kind == "medium" else {}
    )
    for key, item in value.items():
        if key in _GATES and not _GATES[key] & words:
            continue
        if key == "relations":
            here = top or kind not in _LEVELS or _LEVELS[kind] in words
            if here and (listed := _relations(item, words)):
                made[key] = listed
            continue
        made[key] = _shown("medium" if key == "media" else key.removesuffix("s"), item, words)
    return made


def _empty(kind: str, words: frozenset[str], top: bool) -> Tree:
    if kind not in _OWN:
        return {}
    made: Tree = {name: [] for name in _EMPTY if name in words}
    if kind == "recording" and "isrcs" in words:
        made["isrcs"] = []
    if words & _RELATIONS and (top or (kind in _LEVELS and _LEVELS[kind] in words)):
        made["relations"] = []
    return made


def _relations(relations: Any, words: frozenset[str]) -> list[Any]:
    return [
        {key: _shown(key, item, words) for key, item in relation.items()}
        for relation in relations or ()
        if isinstance(relation, dict) and f"{relation.get('target-type')}-rels" in words
    ]
