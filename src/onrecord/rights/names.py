# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""License names as people write them in tags and notices: found in a text, each with the SPDX identifier it means."""

import re
from bisect import bisect
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from license_expression import get_spdx_licensing

from onrecord.rights.addresses import UNKNOWN, Mention, addresses, creative_commons, gnu

_GAP = r"[\s,:_/–-]*"
_VERSION = r"(?:[\s,_-]*(?:v(?:ersion|er|\.)?\s*)?(?P<version>\d(?:\.\d{1,2})?)(?![\d%]|\.\d))?"
_LATER = r"(?P<later>\s*\+(?![\w])|-or-later\b)?"
_LICENSE = r"(?:\s+(?:public\s+)?licen[sc]e\b)?"
_ELEMENT = (
    r"(?:attribution|by|share[\s-]?alike|sa|non[\s-]?commercial|nc|no[\s-]?deriv(?:ative)?s?(?:[\s-]works?)?|nd)"
    r"(?![a-z])"
)
_PORT = (
    r"(?:\s+(?P<base>unported|international|generic)\b"
    r"|-(?P<port>igo|(?!or|on)[a-z]{2})\b|\s+(?-i:(?P<far>IGO|US|UK|DE|FR|AT|AU|ES|NL))\b)?"
)
_CC = re.compile(
    r"\b(?:creative[\s-]*commons|cc)(?:\s*\(cc\))?(?:\s+licen[sc]e)?" + _GAP + r"(?:\(\s*)?"
    r"(?P<elements>"
    + _ELEMENT
    + r"(?:"
    + _GAP
    + _ELEMENT
    + r")*)"
    + _LICENSE
    + _VERSION
    + _PORT
    + _LATER
    + _LICENSE,
    re.IGNORECASE,
)
#: `BY-NC-SA`, as lists write it whose heading says Creative Commons; nothing else is called that.
_ELEMENTS_ALONE = re.compile(r"by(?:-(?:nc|nd|sa)){1,2}(?:[\s-]\d\.\d)?", re.IGNORECASE)
_CC0 = re.compile(
    r"\b(?:creative[\s-]*commons|cc)[\s_-]*(?:zero|0)(?:[\s_-]*v?1(?:\.0)?)?(?![\w.]*\d)(?:\s+universal)?"
    + _LICENSE,
    re.IGNORECASE,
)
_SAMPLING = re.compile(
    r"\b(?:creative[\s-]*commons|cc)[\s-]*(?P<kind>(?:nc[\s-]*)?sampling[\s-]*(?:plus|\+)?)[\s-]*(?P<version>1\.0)?",
    re.IGNORECASE,
)
_CC_BARE = re.compile(r"\bcreative[\s-]+commons\b" + _LICENSE, re.IGNORECASE)
_FAMILY = (
    r"(?:gnu[\s-]+)?(?:(?P<affero>affero)\s+|(?P<lesser>lesser|library)\s+)?"
    r"(?:general\s+public\s+licen[sc]e|(?P<fdl>free\s+documentation\s+licen[sc]e))"
    r"|(?:gnu[\s-]*)?(?P<short>(?:[al]?gpl|gfdl))(?=v?\d|[\s,.;:+)_-]|$)"
)
_GNU = re.compile(
    r"(?:\bversion\s+(?P<before>\d(?:\.\d)?)(?P<later_before>\s*\+)?\s+of\s+the\s+)?\b(?:" + _FAMILY + r")"
    r"(?:\s*\(\s*(?:gnu\s+)?[al]?gpl\s*\))?"
    + _LICENSE
    + r"(?:\s+as\s+published\s+by\s+the\s+free\s+software\s+foundation\s*[;,]?)?(?:\s*,?\s*either)?"
    + _VERSION
    + r"(?:\s+of\s+the\s+licen[sc]e)?(?P<only>[\s-]+only\b)?"
    + _LATER
    + _LICENSE,
    re.IGNORECASE,
)
_FREE_ART = re.compile(
    r"\b(?:(?:free\s+art\s+licen[sc]e|licen[cs]e\s+art\s+libre)(?:\s*\((?:fal|lal)\))?|(?:fal|lal)(?=[\s-]*v?1\.))"
    r"(?:[\s-]*v?(?P<version>1\.\d))?",
    re.IGNORECASE,
)
_OGA = re.compile(r"\bOGA[\s-]?BY[\s-]*(?P<version>[34]\.0)?(?P<later>\+)?(?![\w.])", re.IGNORECASE)
_SIMPLE: Final = (
    ("MIT", re.compile(r"\b(?:mit|expat)\s+licen[sc]e\b|\bexpat(?![\w-])", re.IGNORECASE)),
    ("Apache-2.0", re.compile(r"\bapache\s+licen[sc]e,?\s+(?:version\s+|v)?2\.0(?![\d.]*\d)", re.IGNORECASE)),
    ("Zlib", re.compile(r"\bzlib\s+licen[sc]e\b", re.IGNORECASE)),
    ("ISC", re.compile(r"\bisc\s+licen[sc]e\b", re.IGNORECASE)),
    ("OFL-1.1", re.compile(r"\bSIL-1\.1(?![\w.+])")),
)
_TOKEN = re.compile(r"(?<![\w.+-])[A-Za-z][A-Za-z0-9.]*(?:-[A-Za-z0-9.]+)*\+?(?![\w-])")
#: Identifiers without a digit that are no common words; the others are read in a sentence only with their version.
_WORDS: Final = frozenset({"mit", "isc", "zlib", "wtfpl", "unlicense"})


def mentions(text: str) -> list[Mention]:
    """Licenses named or addressed in a text, in order, none inside another; the longer one counts."""
    taken: list[Mention] = []
    found = [*addresses(text), *_named(text), *_identified(text)]
    for mention in sorted(found, key=lambda one: (one.start - one.end, one.start)):
        place = bisect(taken, mention)
        behind = place == 0 or taken[place - 1].end <= mention.start
        if behind and (place == len(taken) or mention.end <= taken[place].start):
            taken.insert(place, mention)
    return taken


def named(text: str) -> Mention | None:
    """The license that a text is the name of, and nothing else."""
    words = text.strip()
    if _ELEMENTS_ALONE.fullmatch(words):
        words = f"CC {words}"
    for mention in mentions(words):
        if mention.start == 0 and mention.end == len(words):
            return mention
    known = spdx_key(words)
    return Mention(0, len(words), known, known) if known else None


@lru_cache(maxsize=1)
def _spdx() -> dict[str, str]:
    symbols = get_spdx_licensing().known_symbols  # type: ignore[no-untyped-call]
    return {key.lower(): key for key, symbol in symbols.items() if not symbol.is_exception}


def spdx_key(name: str) -> str:
    """An SPDX license identifier in its own spelling, "" where it is none (or names a mark, which licenses nothing)."""
    key = _spdx().get(name.lower(), "")
    return "" if key == "CC-PDM-1.0" or key.startswith("LicenseRef-scancode") else key


def _named(text: str) -> Iterator[Mention]:
    for match in _CC.finditer(text):
        version = match["version"] or ""
        port = match["port"] or match["far"] or ""
        one = creative_commons(_elements(match["elements"]), _dotted(version), port)
        license = one.license
        if license and match["later"]:
            license += "+"
        yield Mention(*match.span(), license, one.kind)
    yield from (Mention(*match.span(), "CC0-1.0", "CC0") for match in _CC0.finditer(text))
    for match in _SAMPLING.finditer(text):
        one = creative_commons(
            match["kind"].replace("plus", "+").replace(" ", "-"), match["version"] or "", ""
        )
        yield Mention(*match.span(), one.license, one.kind)
    yield from (Mention(*match.span(), "", "CC") for match in _CC_BARE.finditer(text))
    yield from map(_gnu_mention, _GNU.finditer(text))
    for match in _FREE_ART.finditer(text):
        known = spdx_key(f"LAL-{match['version']}") if match["version"] else ""
        yield Mention(*match.span(), known, "LAL")
    for match in _OGA.finditer(text):
        version = match["version"] or ""
        name = f"LicenseRef-OGA-BY-{version}{'+' if match['later'] else ''}" if version else ""
        yield Mention(*match.span(), name, "LicenseRef-OGA-BY")
    for license, pattern in _SIMPLE:
        yield from (Mention(*match.span(), license, license) for match in pattern.finditer(text))


def _identified(text: str) -> Iterator[Mention]:
    """SPDX identifiers standing in a text."""
    for match in _TOKEN.finditer(text):
        name = match[0]
        if not any(sign.isdigit() for sign in name) and name.lower() not in _WORDS:
            continue
        key = spdx_key(name)
        if key and (name == key or "-" in name):
            yield Mention(*match.span(), key, key)


def _gnu_mention(match: re.Match[str]) -> Mention:
    if match["short"]:
        family = match["short"].upper()
    elif match["fdl"]:
        family = "GFDL"
    else:
        family = "AGPL" if match["affero"] else "LGPL" if match["lesser"] else "GPL"
    version = match["version"] or match["before"] or ""
    later = bool(match["later"] or match["later_before"]) and not match["only"]
    license = gnu(family, version, later=later)
    return Mention(*match.span(), license, family if license else UNKNOWN)


def _elements(words: str) -> str:
    text = re.sub(r"[\s-]+", "", words.lower())
    for long, short in (("attribution", "by"), ("sharealike", "sa"), ("noncommercial", "nc")):
        text = text.replace(long, f"-{short}-")
    text = re.sub(r"noderiv(?:ative)?s?(?:works?)?", "-nd-", text)
    return "-".join(re.findall(r"by|sa|nc|nd", text))


def _dotted(version: str) -> str:
    return version if "." in version or not version else f"{version}.0"
