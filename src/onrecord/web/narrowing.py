# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the search page may be narrowed by, read from its address. A value that is none of these narrows nothing."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from onrecord.model.filters import Filters
from onrecord.model.languages import language
from onrecord.rights.territories import UNKNOWN, known
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
#: Bands of length, in minutes: from the first on, and shorter than the second.
LENGTHS: Final = {
    "-2": "Under 2 min",
    "2-5": "2 to 5 min",
    "5-10": "5 to 10 min",
    "10-": "Over 10 min",
}
#: What stands in sight; the others are unfolded.
FIRST: Final = ("kind", "sound", "license", "length")
_YEAR: Final = re.compile("[0-9]{1,4}")
_SHELF: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}")
_NAMES: Final = (
    *("kind", "sound", "license", "language", "length", "shelf", "source"),
    *("territory", "from", "to"),
)


def chosen(asked: Mapping[str, str]) -> dict[str, str]:
    """What was chosen, by the name of its field; "" where nothing was."""
    values = {name: text.clean(asked.get(name, ""))[:100] for name in _NAMES}
    allowed = {"kind": KINDS, "sound": SOUNDS, "license": LICENSES, "length": LENGTHS}
    values |= {name: values[name] if values[name] in known else "" for name, known in allowed.items()}
    values |= {name: values[name] if _YEAR.fullmatch(values[name]) else "" for name in ("from", "to")}
    return values | {
        "language": language(values["language"]),
        "shelf": values["shelf"] if _SHELF.fullmatch(values["shelf"]) else "",
        "territory": _territory(values["territory"]),
    }


def filters(chosen: Mapping[str, str], territory: str) -> Filters:
    """The same as a search takes it, but for the kind; `territory` is where the listener is."""
    first, last = (int(chosen[name]) if chosen[name] else None for name in ("from", "to"))
    here = territory if chosen["sound"] == "playable" else ""
    return Filters(
        years=(first, last),
        sound={"held": True, "none": False}.get(chosen["sound"]),
        sources=_one(chosen["source"]),
        licenses=_one(chosen["license"]),
        territory=chosen["territory"] or here,
        languages=_one(chosen["language"]),
        seconds=_seconds(chosen["length"]),
        shelf=chosen["shelf"],
    )


def address(query: str, chosen: Mapping[str, str], kind: str, after: str = "") -> str:
    """The search page of one kind, narrowed as this one is; what it lists goes on behind the place `after`."""
    values = {"q": query, **chosen, "kind": kind, "after": after}
    return "/search?" + urlencode({name: value for name, value in values.items() if value})


def _one(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


def _seconds(band: str) -> tuple[int | None, int | None]:
    first, _, last = band.partition("-")
    return (60 * int(first) if first else None, 60 * int(last) if last else None)


def _territory(value: str) -> str:
    """A country's code in either case, or Worldwide."""
    code = value.strip().upper() if len(value.strip()) == 2 else value.strip().capitalize()
    return "" if known(code) == UNKNOWN else code
