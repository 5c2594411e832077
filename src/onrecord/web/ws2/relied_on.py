# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What MusicBrainz always says and clients of its JSON rely on, where a record was fetched without it.

Picard ends where a track has no id or nobody is credited, whoever it is.
"""

from typing import Any, Final

from onrecord.archive.ws2.shapes import UNKNOWN
from onrecord.model.own_ids import own_id

Tree = dict[str, Any]
_CREDITED: Final = frozenset({"release", "release-group", "recording"})


def fill(kind: str, made: Tree, credited: bool, throughout: bool) -> None:
    """Fills an answer in; `credited` says that credits were asked for, `throughout` that those of tracks were, too.

    What stands within a release and credits nobody is credited as the release is. Media and tracks are in their order.
    """
    if credited and kind in _CREDITED:
        unknown = [{"name": UNKNOWN["name"], "joinphrase": "", "artist": dict(UNKNOWN)}]
        _credit(made, made.get("artist-credit") or unknown, throughout)
    for place, medium in enumerate(made.get("media") or (), 1):
        medium.setdefault("position", place)
        for at, track in enumerate(medium.get("tracks") or (), 1):
            track.setdefault("position", at)
            track.setdefault(
                "id", own_id("track", f"{made.get('id')}/{medium['position']}/{track['position']}")
            )


def _credit(made: Tree, credit: list[Tree], throughout: bool) -> None:
    made["artist-credit"] = credit
    within = [made.get("release-group")]
    for medium in (made.get("media") or ()) if throughout else ():
        for track in [*(medium.get("tracks") or ()), *(medium.get("data-tracks") or ())]:
            within += [track, track.get("recording")]
    for thing in within:
        if isinstance(thing, dict):
            thing["artist-credit"] = thing.get("artist-credit") or credit
