# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the search page may be narrowed by, read from its address. A value that is none of these narrows nothing."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from onrecord.model.filters import Filters
from onrecord.web import text

#: The choices of the page. What may be played is asked of the rights on record, for where the listener is.
KINDS: Final = {
    "artist": "Artists",
    "release": "Releases",
    "recording": "Recordings",
    "release-group": "Release groups",
    "work": "Works",
    "label": "Labels",
}
SOUNDS: Final = {"held": "Sound is held", "playable": "May be played here", "none": "No sound"}
LICENSES: Final = (
    "CC0-1.0",
    "CC-PDM-1.0",
    "CC-BY",
    "CC-BY-SA",
    "CC-BY-NC",
    "CC-BY-NC-SA",
    "CC-BY-ND",
    "CC-BY-NC-ND",
)
_YEAR: Final = re.compile("[0-9]{1,4}")
_NAMES: Final = ("kind", "sound", "license", "from", "to", "source")


def chosen(asked: Mapping[str, str]) -> dict[str, str]:
    """What was chosen, by the name of its field; "" where nothing was."""
    values = {name: text.clean(asked.get(name, ""))[:100] for name in _NAMES}
    allowed = {"kind": KINDS, "sound": SOUNDS, "license": LICENSES}
    values |= {name: values[name] if values[name] in known else "" for name, known in allowed.items()}
    return values | {name: values[name] if _YEAR.fullmatch(values[name]) else "" for name in ("from", "to")}


def filters(chosen: Mapping[str, str], territory: str) -> Filters:
    """The same as a search takes it, but for the kind; `territory` is where the listener is."""
    first, last = (int(chosen[name]) if chosen[name] else None for name in ("from", "to"))
    return Filters(
        years=(first, last),
        sound={"held": True, "none": False}.get(chosen["sound"]),
        sources=(chosen["source"],) if chosen["source"] else (),
        licenses=(chosen["license"],) if chosen["license"] else (),
        territory=territory if chosen["sound"] == "playable" else "",
    )


def address(query: str, chosen: Mapping[str, str], kind: str, after: str = "") -> str:
    """The search page of one kind, narrowed as this one is; what it lists goes on behind the place `after`."""
    values = {"q": query, **chosen, "kind": kind, "after": after}
    return "/search?" + urlencode({name: value for name, value in values.items() if value})
