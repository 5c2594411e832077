# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape that an answer has where nobody says anything, and what of a thing stands within others."""

from typing import Final

from onrecord.archive.ws2.records import Tree

#: What the service always writes, where nobody says anything.
DEFAULTS: Final[dict[str, Tree]] = {
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
        "barcode": None,
        "asin": None,
        "text-representation": {"language": None, "script": None},
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
#: What a thing has where it is the answer, and not within another.
NOT_BRIEF: Final = frozenset(
    {"media", "relations", "releases", "recordings", "release-groups", "works", "release-group", "label-info"}
)
#: What an artist has within a credit.
CREDITED: Final = frozenset(
    {"id", "name", "sort-name", "disambiguation", "type", "type-id", "country", "aliases"}
)
#: Whom MusicBrainz credits where nobody knows who it was.
UNKNOWN: Final[Tree] = {
    "id": "125ec42a-7229-4250-afc5-e057484327fe",
    "name": "[unknown]",
    "sort-name": "[unknown]",
    "disambiguation": "Special Purpose Artist - Do not add releases here, if possible.",
    "type": "Other",
    "type-id": "ac897045-5043-3294-969b-187360e45d86",
    "country": None,
}
#: How the service writes the types that claims know.
TYPES: Final = {"album": "Album", "single": "Single", "ep": "EP", "broadcast": "Broadcast", "other": "Other"}
