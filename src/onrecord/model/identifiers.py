# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identifiers of the field, parsed and checked. Each function gives the canonical form, or "" where it is not one."""

import base64
import functools
import hashlib
import re
from typing import Final

_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_MBID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ISWC = re.compile(r"T[0-9]{10}")
_ISNI = re.compile(r"[0-9]{15}[0-9X]")
_IPI = re.compile(r"[0-9]{9,11}")
_DPID = re.compile(r"PADPIDA[0-9]{10}[0-9A-Z]")
_MBID_ADDRESS = re.compile(
    r"(?:https?://)?(?:[a-z]+\.)?musicbrainz\.org/(?:ws/2/)?[a-z-]+/([0-9a-f-]{36})(?:[/?#]\S*)?"
)
_DISCOGS_MARK = re.compile(r"\[?([amrl])=?([1-9][0-9]{0,9})\]?")
_DISCOGS_ADDRESS = re.compile(
    r"(?:https?://)?(?:www\.|api\.)?discogs\.com/(?:[a-z]{2}/)?(artist|master|release|label)s?/([1-9][0-9]{0,9})(?![0-9])\S*"
)
_LABEL_CODE = re.compile(r"(?:LC)?0*([1-9][0-9]{0,4})")
#: Hyphens and blanks as other programs set them, and what cannot be seen: presentation, all of it.
_SET: Final = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | dict.fromkeys("\t\u00a0\u2007\u2009\u202f\u3000", " ")
    | dict.fromkeys("\u00ad\u200b\u200e\u200f\u2060\ufeff", "")
)
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def isrc(text: str) -> str:
    """ISO 3901: two letters, three letters or digits, seven digits. Hyphens, case, and ISRC before it do not count."""
    code = _plain(text)
    if len(code) > 12:  # IS is a country, too, so that twelve signs may begin so
        code = code.removeprefix("ISRC")
    return code if _ISRC.fullmatch(code) else ""


def mbid(text: str) -> str:
    """A MusicBrainz identifier, with or without the address around it."""
    code = text.translate(_SET).strip().lower()
    address = _MBID_ADDRESS.fullmatch(code)
    code = address[1] if address else code.rsplit("/", 1)[-1]
    return code if _MBID.fullmatch(code) else ""


def barcode(text: str) -> str:
    """GTIN-8, UPC-A, EAN-13 or GTIN-14 with a right check digit (GS1), leading zeros kept."""
    code = text.translate(_SET).replace("-", "").replace(" ", "")
    if not (code.isascii() and code.isdigit()) or len(code) not in (8, 12, 13, 14):
        return ""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(code)))
    return code if total % 10 == 0 else ""


def sha256(text: str) -> str:
    code = text.strip().lower()
    return code if _SHA256.fullmatch(code) else ""


def iswc(text: str) -> str:
    """ISO 15707: T, nine digits, a check digit: `T0345246801`. Points and hyphens are presentation."""
    code = _plain(text).removeprefix("ISWC")
    if not _ISWC.fullmatch(code):
        return ""
    total = 1 + sum(place * int(digit) for place, digit in enumerate(code[1:10], 1))
    return code if (total + int(code[10])) % 10 == 0 else ""


def isni(text: str) -> str:
    """ISO 27729: fifteen digits and a check character of ISO/IEC 7064 MOD 11-2, with or without its address."""
    code = _plain(text.strip().rsplit("/", 1)[-1]).removeprefix("ISNI")
    if not _ISNI.fullmatch(code):
        return ""
    total = 0
    for digit in code[:15]:
        total = (total + int(digit)) * 2
    return code if "0123456789X"[(12 - total) % 11] == code[15] else ""


def ipi(text: str) -> str:
    """An IPI name number (CISAC) as eleven digits, the last two of which check the others, modulo 101.

    Leading zeros may be missing, as they are in older systems.
    """
    code = _plain(text).removeprefix("IPI")
    if not _IPI.fullmatch(code) or not int(code):
        return ""
    code = code.zfill(11)
    rest = sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), code[:9], strict=True)) % 101
    return code if int(code[9:]) == ((101 - rest) % 100 if rest else 0) else ""


def dpid(text: str) -> str:
    """A DDEX Party Identifier: `PADPIDA`, ten digits, a check character of ISO/IEC 7064 MOD 37-36 over all of it."""
    code = _plain(text)
    if not _DPID.fullmatch(code):
        return ""
    product = 36
    for letter in code[:-1]:
        product = ((product + _LETTERS.index(letter)) % 36 or 36) * 2 % 37
    return code if _LETTERS[(37 - product) % 36] == code[-1] else ""


def discogs(text: str) -> str:
    """A Discogs id as its kind's letter and number, `r249504`: from an address, or as Discogs marks it in text.

    a artist, m master, r release, l label. A bare number is none: it does not say of what.
    """
    words = text.strip().lower()
    if mark := _DISCOGS_MARK.fullmatch(words):
        return mark[1] + mark[2]
    address = _DISCOGS_ADDRESS.fullmatch(words)
    return address[1][0] + address[2] if address else ""


def label_code(text: str) -> str:
    """A label code (GVL, IFPI) as LC and five digits; four are the older way to print it: `LC 0193` is `LC00193`."""
    code = _plain(text)
    found = _LABEL_CODE.fullmatch(code)
    return f"LC{found[1].zfill(5)}" if found and len(code.removeprefix("LC")) <= 5 else ""


def mint(kind: str, source: str, source_id: str) -> str:
    """A canonical id from its founding claim: a letter for the kind and 80 bits in base 32 (RFC 4648, small letters).

    86 million ids in 80 bits collide with a chance below 1 in 300 million.
    """
    return kind[0] + base64.b32encode(founding_bytes(kind, source, source_id)).decode().lower()


@functools.lru_cache(maxsize=16)
def minted_bytes(id: str) -> bytes | None:
    """The ten bytes that a canonical id spells behind its letter, None where it is none."""
    if len(id) != 17 or not _MINTED.fullmatch(id):
        return None
    return int(id[1:].translate(_DIGITS), 32).to_bytes(10, "big")


def founding_bytes(kind: str, source: str, source_id: str) -> bytes:
    """The ten bytes that `mint` spells."""
    return hashlib.sha256("\x1f".join((kind, source, source_id)).encode()).digest()[:10]


#: Base 32 as ids spell it, in digits as Python reads them.
_DIGITS: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz234567", "0123456789abcdefghijklmnopqrstuv")
_MINTED: Final = re.compile("[a-z][a-z2-7]{16}", re.ASCII)


def _plain(text: str) -> str:
    """Without what is presentation: blanks, hyphens, points, the case of letters."""
    if text.isascii() and text.isalnum():  # most are as they should be: many times as fast
        return text.upper()
    return "".join(sign for sign in text.translate(_SET) if sign not in " .-:").upper()
