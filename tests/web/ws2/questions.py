# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What MusicBrainz was asked for, as the name of the file says; where no name says it, as its answer shows."""

import re
from collections.abc import Iterator
from typing import Any, Final

_NAMED: Final = re.compile(r"[0-9a-f-]{36}-(?P<words>[a-z+-]+)\.xml$")
#: Named so for what it shows, which needs no asking.
_ALWAYS: Final = ("attributes",)
#: What was asked for where an answer has one of these.
_SHOWS: Final = {
    "artist-credit": "artist-credits",
    "media": "media",
    "tracks": "recordings",
    "discs": "discids",
    "label-info": "labels",
    "release-group": "release-groups",
    "aliases": "aliases",
    "isrcs": "isrcs",
    "releases": "releases",
    "tags": "tags",
    "user-tags": "user-tags",
    "genres": "genres",
    "user-genres": "user-genres",
    "annotation": "annotation",
}
_LEVELS: Final = {
    "recording": "recording-level-rels",
    "work": "work-level-rels",
    "release-group": "release-group-level-rels",
}


def of_file(name: str) -> str:
    """The words of `inc` in a file's name; nothing where it has none."""
    found = _NAMED.search(name)
    words = found["words"].split("+") if found else []
    return " ".join(word for word in words if word not in _ALWAYS)


def of_json(answer: dict[str, Any]) -> str:
    return " ".join(sorted(set(_in_json(answer, ""))))


def _in_json(value: Any, within: str) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _in_json(item, within)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in _SHOWS:
                yield _SHOWS[key]
            if key == "relations":
                yield from (f"{relation['target-type']}-rels".replace("_", "-") for relation in item)
                if item and within in _LEVELS:
                    yield _LEVELS[within]
            yield from _in_json(item, key)
