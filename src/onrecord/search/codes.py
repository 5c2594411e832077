# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identifiers as keys: each packed into an integer or its bytes, so that millions of them stay small in SQLite."""

import re
from collections.abc import Callable
from typing import Final

from onrecord.model import identifiers

#: A key of SQLite: what an identifier says, without what is presentation.
Key = int | bytes


def pack(scheme: str, value: str) -> tuple[int, Key] | None:
    """(number of the scheme, key) of an identifier, None where it is not one of that scheme.

    `isrc`, `barcode` (leading zeros do not count: UPC-A and EAN-13 of one product are one key), `mbid`, `acoustid`,
    `iswc`, `discogs` (`r249504`), `isni`, `sha256`. KeyError for any other scheme.
    """
    number, packed = _SCHEMES[scheme]
    key = packed(value)
    return None if key is None else (number, key)


def read(text: str) -> list[tuple[int, Key]]:
    """What a text may be as an identifier, as `pack` gives it: most words are none, a bare UUID may be two."""
    return [found for scheme, value in spelled(text) if (found := pack(scheme, value)) is not None]


def spelled(text: str) -> list[tuple[str, str]]:
    """The same as (scheme, value). It may say what it is, as printed matter does: `UPC: 7 24384 26095 8`."""
    if len(text) > 300:
        return []
    text = text.strip().strip("<>{}").rstrip(".,;")
    if said := _SAID.fullmatch(text):
        name = said[1].lower()
        scheme, text = _CALLED.get(name, name), said[2]
        return [(scheme, text)] if pack(scheme, text) is not None else []
    return [(scheme, text) for scheme in _SCHEMES if pack(scheme, text) is not None]


def may_be_words(text: str) -> bool:
    """Is this an identifier that may as well be a name? A1, L7 and M83 are bands, and ids of Discogs."""
    return bool(_SHORT.fullmatch(text.strip()))


def _isrc(value: str) -> int | None:
    code = identifiers.isrc(value)
    if not code:
        return None
    place = (ord(code[0]) - 65) * 26 + ord(code[1]) - 65
    return (place * 46_656 + int(code[2:5], 36)) * 10_000_000 + int(code[5:])


def _barcode(value: str) -> int | None:
    code = identifiers.barcode(value)
    return int(code) if code else None


def _uuid(value: str) -> bytes | None:
    code = identifiers.mbid(value)
    return bytes.fromhex(code.replace("-", "")) if code else None


def _iswc(value: str) -> int | None:
    code = identifiers.iswc(value)
    return int(code[1:]) if code else None


def _discogs(value: str) -> int | None:
    code = identifiers.discogs(value)
    return "amrl".index(code[0]) * 10**10 + int(code[1:]) if code else None


def _isni(value: str) -> int | None:
    code = identifiers.isni(value)
    return int(code[:15]) if code else None


def _sha256(value: str) -> bytes | None:
    code = identifiers.sha256(value)
    return bytes.fromhex(code) if code else None


_SAID: Final = re.compile(
    r"(?:urn:)?(isrc|iswc|isni|upc|ean|gtin|jan|barcode|mbid|uuid|acoustid|discogs|sha256|sha-256)[\s:=#]+(\S.*)",
    re.IGNORECASE,
)
_CALLED: Final = dict.fromkeys(("upc", "ean", "gtin", "jan"), "barcode") | {
    "uuid": "mbid",
    "sha-256": "sha256",
}
_SHORT: Final = re.compile("[amrl][0-9]{1,10}", re.IGNORECASE | re.ASCII)
#: The numbers are kept in files: a scheme never gets that of another.
_SCHEMES: Final[dict[str, tuple[int, Callable[[str], Key | None]]]] = {
    "isrc": (1, _isrc),
    "barcode": (2, _barcode),
    "mbid": (3, _uuid),
    "acoustid": (4, _uuid),
    "iswc": (5, _iswc),
    "discogs": (6, _discogs),
    "isni": (7, _isni),
    "sha256": (8, _sha256),
}
