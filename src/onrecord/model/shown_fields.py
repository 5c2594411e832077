# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields of a claim that a page shows, in the order in which they are kept behind source, id there and reason."""

from typing import Final

SHOWN: Final[dict[str, tuple[str, ...]]] = {
    "artist": ("name", "sort_name", "mbid", "isni", "country"),
    "release": ("title", "artist", "date", "barcode", "label", "country", "kind", "mbid"),
    "recording": (
        *("title", "artist", "release", "disc", "position", "duration_ms"),
        *("isrc", "mbid", "date", "genre", "composer", "blob"),
    ),
}
#: Those that are whole numbers, or not said; the others are text, "" where they are not said.
WHOLE: Final = ("disc", "position", "duration_ms")
#: The fields of a thing that follow from its claims by precedence and decisions, beside its name and whose it is.
CANONICAL: Final[dict[str, tuple[str, ...]]] = {
    "artist": (),
    "release": ("date", "barcode", "label"),
    "recording": ("duration_ms", "date", "genre", "composer"),
}
