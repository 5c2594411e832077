# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one row of a look-up asks for: identifiers, names, a length, in any mixture."""

import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from onrecord.model import identifiers
from onrecord.search.codes import pack, spelled

#: Schemes of identifiers, each with how one looks; `identifier` takes any of them, or an id of the archive's own.
SCHEMES: Final = {
    "isrc": "two letters, three letters or digits, seven digits, as USRC17607839",
    "barcode": "8 to 14 digits of which the last checks the others",
    "mbid": "a UUID, or MusicBrainz' address of it",
    "acoustid": "a UUID",
    "iswc": "T and ten digits of which the last checks the others",
    "discogs": "an address at discogs.com, or a letter and a number, as r249504",
    "isni": "sixteen characters of which the last checks the others",
    "sha256": "64 hexadecimal digits",
}
#: An id of the archive's own is kept as one more scheme.
OWN: Final = "id"
#: A label code, written with its LC, is that of a label alone.
LABEL_CODE: Final = "label_code"
NAMES: Final = ("title", "artist", "release", "words")
#: All that a row may say.
FIELDS: Final = ("identifier", *SCHEMES, *NAMES, "length", "length_ms")
#: Longest value of a field, in characters.
LONGEST: Final = 1000

_NOTHING: Final = frozenset({"", "-", "–", "n/a", "na", "nan", "null", "none", "#n/a"})
_OWN: Final = re.compile(r"[a-z][a-z2-7]{16}")
_CLOCK: Final = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,4}):([0-5][0-9](?:[.,][0-9]+)?)", re.ASCII)
_ISO: Final = re.compile(r"PT(?:([0-9]{1,3})H)?(?:([0-9]{1,4})M)?(?:([0-9]{1,6}(?:[.,][0-9]+)?)S)?", re.ASCII)
_NUMBER: Final = re.compile(r"([0-9]{1,9}(?:[.,][0-9]{1,9})?)\s*(s|sec|seconds|ms)?", re.ASCII)
_LONGEST_SECONDS: Final = 1_000_000.0


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """A row that was understood. `codes` are (scheme, value); `wrong` says what in it was not, field by field. `of` is
    set where the names are meant to be a work's, a label's, a release group's."""

    codes: tuple[tuple[str, str], ...] = ()
    title: str = ""
    artist: str = ""
    release: str = ""
    words: str = ""
    seconds: float | None = None
    wrong: tuple[str, ...] = ()
    of: str = ""

    @property
    def asks(self) -> bool:
        """Is there anything to look for? A length alone is nothing."""
        return bool(self.codes or self.title or self.artist or self.release or self.words)

    @property
    def kind(self) -> str:
        """The kind that the names are of; "" where there is no name."""
        if self.of:
            return self.of if self.name else ""
        if self.title:
            return "recording"
        return "release" if self.release else "artist" if self.artist else ""

    @property
    def name(self) -> str:
        """Of what `of` says, the name: whichever column holds it."""
        names = {
            "work": self.title,
            "label": self.title or self.release,
            "release-group": self.release or self.title,
        }
        return names.get(self.of, "")


def read_asked(fields: Mapping[str, Any]) -> Asked:
    """Never raises: what is wrong with a field is said in `wrong`, and the others count without it."""
    wrong: list[str] = []
    texts: dict[str, str] = {}
    for name, value in fields.items():
        text = (
            str(value).strip() if isinstance(value, str | int | float) and type(value) is not bool else None
        )
        if name not in FIELDS:
            wrong.append(f"{name[:40]!r}: no such field; expected any of {', '.join(FIELDS)}")
        elif value is None:
            continue
        elif text is None:
            wrong.append(f"{name}: expected a text or a number, got {type(value).__name__}")
        elif len(text) > LONGEST:
            wrong.append(f"{name}: expected at most {LONGEST:,} characters, got {len(text):,}")
        elif text and (name in NAMES or text.casefold() not in _NOTHING):
            texts[name] = text
    asked = Asked(
        codes=tuple(dict.fromkeys(_codes(texts, wrong))),
        seconds=_seconds(texts, wrong),
        **{name: texts.get(name, "") for name in NAMES},
        wrong=tuple(wrong),
    )
    if asked.asks or wrong:
        return asked
    return Asked(wrong=(f"nothing is asked: expected any of {', '.join(FIELDS[:-2])}",))


def identified(text: str) -> list[tuple[str, str]]:
    """What a text may be as an identifier, as (scheme, value); a bare UUID may be two."""
    text = text.strip()
    if found := spelled(text):
        return found
    if text[:2].upper() == "LC" and len(text) <= LONGEST and identifiers.label_code(text):
        return [(LABEL_CODE, text)]
    return [(OWN, text)] if _OWN.fullmatch(text) else []


def _codes(texts: Mapping[str, str], wrong: list[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for scheme, form in SCHEMES.items():
        text = texts.get(scheme, "")
        value = _barcode(text) if scheme == "barcode" else text
        if text and pack(scheme, value) is None:
            wrong.append(f"{scheme}: expected {form}, got {text[:60]!r}")
        elif text:
            found.append((scheme, value))
    if text := texts.get("identifier", ""):
        here = identified(text) or identified(_barcode(text))
        if not here:
            wrong.append(
                f"identifier: expected an {', '.join(SCHEMES)}, a label code as LC 00193"
                f" or an id of this archive, got {text[:60]!r}"
            )
        found += here
    return found + identified(texts.get("words", ""))


def _barcode(text: str) -> str:
    """A barcode with the leading zeros that a spreadsheet takes away."""
    digits = text.removesuffix(".0")
    if (
        digits.isascii()
        and digits.isdigit()
        and 9 <= len(digits) <= 11
        and identifiers.barcode(digits.zfill(12))
    ):
        return digits.zfill(12)
    return digits if identifiers.barcode(digits) else text


def _seconds(texts: Mapping[str, str], wrong: list[str]) -> float | None:
    for name, unit in (("length", 1.0), ("length_ms", 0.001)):
        if text := texts.get(name, ""):
            seconds = _read_seconds(text, unit)
            if seconds is None or seconds > _LONGEST_SECONDS:
                form = "3:45, 1:02:03, PT3M45S or seconds" if unit == 1.0 else "milliseconds"
                wrong.append(f"{name}: expected {form}, got {text[:60]!r}")
            elif seconds > 0:  # 0 is how tables say that nobody knows
                return seconds
    return None


def _read_seconds(text: str, unit: float) -> float | None:
    if found := _CLOCK.fullmatch(text):
        return int(found[1] or 0) * 3600 + int(found[2]) * 60 + _decimal(found[3])
    if found := _NUMBER.fullmatch(text):
        return _decimal(found[1]) * (0.001 if found[2] == "ms" else 1.0 if found[2] else unit)
    if (found := _ISO.fullmatch(text)) and any(found.groups()):
        return int(found[1] or 0) * 3600 + int(found[2] or 0) * 60 + _decimal(found[3] or "0")
    return None


def _decimal(text: str) -> float:
    return float(text.replace(",", "."))
