# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The UUIDs of what MusicBrainz did not name: of a canonical thing, one that spells its id, so that no table is needed.

The ten bytes of the canonical id lie in a UUID of version 8 beside the kind and a mark of 38 bits that tells these from
others. What has no canonical id (a label that is only named, a track) gets a UUID of version 5.
"""

import base64
import uuid
from typing import Final

from onrecord.model.identifiers import minted_bytes

#: The namespace of those of version 5; the name within it is `<kind>:<thing>`. The mark of the others is its beginning.
NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:onrecord:ws2")
#: A release that nobody puts into a group is one by itself: this and its id.
GROUP: Final = "release-group/"
#: A kind never gets the number of another.
_KINDS: Final = ("artist", "release", "recording", "work", "label", "release-group")
_MARK: Final = NAMESPACE.bytes


def own_id(kind: str, thing: str) -> str:
    """The UUID of a thing that MusicBrainz did not name."""
    letter, spelled = _letter(kind), thing.removeprefix(GROUP) if kind == "release-group" else thing
    minted = minted_bytes(spelled) if letter and spelled[:1] == letter and _is_whole(kind, thing) else None
    if minted is None:
        return str(uuid.uuid5(NAMESPACE, f"{kind}:{thing}"))
    middle = bytes((0x80 | _KINDS.index(kind), _MARK[0], 0x80 | _MARK[1] & 0x3F))
    return str(uuid.UUID(bytes=minted[:6] + middle + minted[6:] + _MARK[2:5]))


def owned(kind: str, id: str) -> str:
    """The thing of a kind whose own UUID this is, "" where it spells none."""
    held = uuid.UUID(id).bytes
    if kind not in _KINDS or held[13:] != _MARK[2:5]:
        return ""
    letters = base64.b32encode(held[:6] + held[9:13]).decode().lower()
    thing = (GROUP if kind == "release-group" else "") + _letter(kind) + letters
    return thing if own_id(kind, thing) == id.lower() else ""


def _letter(kind: str) -> str:
    """What canonical ids of a kind begin with; a group by itself is called as its release is."""
    return kind[0] if kind in _KINDS else ""


def _is_whole(kind: str, thing: str) -> bool:
    return thing.startswith(GROUP) == (kind == "release-group")
