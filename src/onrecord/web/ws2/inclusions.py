# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`inc`: what a client wants beside an entity's own fields, and the entity with just that."""

import re
from typing import Any, Final, NamedTuple

from onrecord.web.ws2 import relied_on

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
    "disc-count": {"disc-counts"},
    "label-info": {"labels"},
    "release-group": {"release-groups"},
    "aliases": {"aliases", "searched-aliases"},
    "isrcs": {"isrcs"},
    "releases": {"releases"},
    "recordings": {"recordings"},
    "release-groups": {"release-groups"},
    "works": {"works"},
}
#: What a search answers with, whatever is asked. Two words are nobody's to ask: the names by which a search finds the
#: artists of a credit are there only where there are some, discs are counted and not listed.
SEARCHED: Final = {
    "artist": frozenset({"aliases"}),
    "release": frozenset(
        {"artist-credits", "labels", "release-groups", "media", "searched-aliases", "disc-counts"}
    ),
    "release-group": frozenset({"artist-credits", "releases", "searched-aliases"}),
    "recording": frozenset(
        {"artist-credits", "releases", "release-groups", "isrcs", "media", "recordings", "searched-aliases"}
    ),
    "work": frozenset({"aliases", "artist-rels"}),
    "label": frozenset({"aliases"}),
}
#: Lists that are made only where they are asked for.
_MADE: Final = frozenset({"recordings", "releases", "release-groups", "works"})

#: What each kind has wherever it stands: clients of the JSON read these without asking whether they are there.
_BASIC: Final[dict[str, Tree]] = {
    "artist": {"disambiguation": ""},
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
    "label": {"disambiguation": "", "label-code": None},
    "medium": {"title": "", "format": None, "format-id": None},
}
#: What a release has where it is the answer to a look-up, or one of a browse; a search does not show it.
_LOOKED_UP: Final[Tree] = {
    "quality": "normal",
    "cover-art-archive": {"artwork": False, "count": 0, "front": False, "back": False, "darkened": False},
}
#: Lists that are empty rather than absent where they were asked for, in the answer itself and in these within it. Of
#: tags and genres none is passed on.
_EMPTY: Final = {
    "aliases": frozenset({"release", "release-group", "recording", "label"}),
    "tags": frozenset({"release-group"}),
    "genres": frozenset({"release-group"}),
}


class Form(NamedTuple):
    """In which form an answer is given."""

    words: frozenset[str]
    #: JSON says also what is not known; XML is made without that.
    as_json: bool = True
    searched: bool = False


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


def shown(kind: str, tree: Tree, form: Form) -> Tree:
    """The entity with what was asked for."""
    made = _shown(kind, tree, form, 0)
    assert isinstance(made, dict)
    if form.as_json and not form.searched:
        credited = bool(form.words & _GATES["artist-credit"])
        relied_on.fill(kind, made, credited, throughout="artist-credits" in form.words)
    return made


def _shown(kind: str, value: Any, form: Form, depth: int, linked: int = 0) -> Any:
    """`linked` relations lead to it."""
    if isinstance(value, list):
        return [_shown(kind, item, form, depth, linked) for item in value]
    if not isinstance(value, dict):
        return value
    made: Tree = _filling(kind, "id" in value, form, depth, linked) if form.as_json else {}
    for key, item in value.items():
        if key in _GATES and not _GATES[key] & form.words:
            if key == "discs" and "disc-counts" in form.words and isinstance(item, list):
                made["disc-count"] = len(item)
        elif key == "relations":
            if _leads_on(kind, form, depth, linked) and (listed := _relations(item, form, depth, linked)):
                made[key] = listed
        elif not (form.searched and kind == "release" and key in _LOOKED_UP):
            within = "medium" if key == "media" else key.removesuffix("s")
            made[key] = _shown(within, item, form, depth + 1, linked)
    return made


def _filling(kind: str, named: bool, form: Form, depth: int, linked: int) -> Tree:
    """What stands there where nothing is known."""
    made: Tree = dict(_BASIC.get(kind, {})) if named or kind == "medium" else {}
    if not named or kind not in _OWN:
        return made
    if kind == "release" and not depth and not form.searched:
        made |= _LOOKED_UP
    if not linked:
        made |= {name: [] for name in _EMPTY if name in form.words and (not depth or kind in _EMPTY[name])}
    if kind == "recording" and not linked and "isrcs" in form.words:
        made["isrcs"] = []
    if form.words & _RELATIONS and _leads_on(kind, form, depth, linked):
        made["relations"] = []
    return made


def _leads_on(kind: str, form: Form, depth: int, linked: int) -> bool:
    """Whether something's relations are shown: the answer's own, and one step beyond where that level was asked for."""
    return not depth or (linked < 2 and kind in _LEVELS and _LEVELS[kind] in form.words)


def _relations(relations: Any, form: Form, depth: int, linked: int) -> list[Any]:
    return [
        {key: _shown(key, item, form, depth + 1, linked + 1) for key, item in relation.items()}
        for relation in relations or ()
        if isinstance(relation, dict) and f"{relation.get('target-type')}-rels" in form.words
    ]
