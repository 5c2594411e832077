# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole license texts, known by their first and last words and their length; and words that take back what is given."""

import re
from typing import Final, NamedTuple

from onrecord.rights.names import spdx_key


class _Title(NamedTuple):
    """First words of a license text, and how many words the text has: fewest and most seen in its copies."""

    words: re.Pattern[str]
    license: str
    fewest: int
    most: int


def _gnu(name: str, version: str, license: str, fewest: int, most: int) -> _Title:
    return _Title(
        re.compile(rf"gnu {name} license version {version}(?:,? \d\d?)? ?(?:, )?\w+,? \d{{4}}\b"),
        license,
        fewest,
        most,
    )


#: "Most" is the published text with a few words to spare (an address, a page header): a text with a clause added to it
#: is longer, and is not read. GNU texts are also found without their appendix on how to apply them.
_TITLES: Final = (
    _gnu("general public", "1", "GPL-1.0-only", 1600, 2070),
    _gnu("general public", "2", "GPL-2.0-only", 2450, 2990),
    _gnu("general public", "3", "GPL-3.0-only", 5200, 5660),
    _gnu("library general public", "2", "LGPL-2.0-only", 3800, 4190),
    _gnu("lesser general public", "2.1", "LGPL-2.1-only", 3950, 4390),
    _gnu("lesser general public", "3", "LGPL-3.0-only", 1190, 1235),
    _gnu("affero general public", "3", "AGPL-3.0-only", 5200, 5540),
    _gnu("free documentation", "1.1", "GFDL-1.1-only", 2700, 2945),
    _gnu("free documentation", "1.2", "GFDL-1.2-only", 3000, 3315),
    _gnu("free documentation", "1.3", "GFDL-1.3-only", 3400, 3720),
    _Title(re.compile(r"(?:creative commons legal code )?cc0 1\.0 universal\b"), "CC0-1.0", 1010, 1095),
    _Title(re.compile(r"(?:mit license|the mit license(?: \(mit\))?)\b"), "MIT", 150, 190),
    _Title(re.compile(r"apache license version 2\.0, january 2004\b"), "Apache-2.0", 1400, 1610),
)
#: Words in the legal codes of Creative Commons, unported, by kind and version.
_CC_WORDS: Final = {
    "BY": {"1.0": 1805, "2.0": 1978, "2.5": 2014, "3.0": 2971, "4.0": 2533},
    "BY-SA": {"1.0": 1985, "2.0": 2222, "2.5": 2258, "3.0": 3393, "4.0": 2735},
    "BY-NC": {"1.0": 1885, "2.0": 2129, "2.5": 2164, "3.0": 3121, "4.0": 2617},
    "BY-ND": {"1.0": 1658, "2.0": 1836, "2.5": 1875, "3.0": 2698, "4.0": 2500},
    "BY-NC-SA": {"1.0": 2069, "2.0": 2377, "2.5": 2413, "3.0": 3399, "4.0": 2822},
    "BY-NC-ND": {"1.0": 1742, "2.0": 1988, "2.5": 2026, "3.0": 2845, "4.0": 2585},
}
_CC_TITLE = re.compile(
    r"(?:creative commons )?(?:legal code )?(?:creative commons )?(?:attribution)"
    r"((?:[ -]+(?:non-?commercial|share-?alike|no-?deriv(?:ative)?s))*) (\d\.\d)"
    r"(?: (?:international|unported|generic))?\b(?! igo)"
)
#: Last words of those texts: nothing may stand behind them.
_END = re.compile(
    r"(?:creativecommons\.org/?|licensor and you|end of terms and conditions|instead of this license"
    r"|all there is to it!?|why-not-lgpl\.html|for the library|in free software|gnu\.org/licenses/"
    r"|limitations under the license|this cc0 or use of the work|other dealings in the software|president of vice)\W*"
)
_KEPT_WORDS = re.compile(r"[a-z]+")

_NONCOMMERCIAL = re.compile(
    r"\b(?:non|not for|no)[\s-]*(?:commercial|profit (?:use|purposes) only)|\bprivate use\b|\bpersonal use\b"
    r"|\bnicht[\s-]?kommerziell|\bpas d.utilisation commerciale|\bno comercial|\bnot (?:be )?(?:for sale|sold)\b",
    re.IGNORECASE,
)
#: Phrases that have the word and take nothing back: GPL 2 section 3c, GPL 3 section 6c, GFDL section 2, "either".
_HARMLESS = re.compile(
    r"only for non-?commercial distribution and only if you received|occasionally and non-?commercially"
    r"|(?:either )?commercial(?:ly)?,? (?:or|and|as well as) non-?commercial(?:ly)?"
    r"|non-?commercial(?:ly)?,? (?:or|and|as well as) commercial(?:ly)?",
    re.IGNORECASE,
)
_RESERVED = re.compile(
    r"\ball rights (?:are )?reserved\b|\balle rechte vorbehalten\b|\btous droits r", re.IGNORECASE
)


_DOUBTS = re.compile(
    r"\(\?\)|\bprobably\b|\bno definite\b|\bnot (?:quite |entirely )?(?:sure|clear)\b|\bunclear\b|\bunsure\b"
    r"|\bcommissioned by\b|\boriginal author\b|\bunknown (?:author|artist|composer|origin|source|copyright|license)\b"
    r"|\b(?:author|composer|artist|origin|source)s? (?:is |are )?unknown\b|\bbroken link\b",
    re.IGNORECASE,
)


def doubts(text: str) -> str:
    """Words with which somebody says that they do not know who made it or what holds; "" where there are none."""
    found = _DOUBTS.search(" ".join(text.split()))
    return found[0] if found else ""


def titled(text: str) -> str:
    """The license whose whole text this is, "" for any other text. Nothing may stand before its title."""
    lines = " ".join(re.sub(r"[=#*_`\"'“”]+", " ", text[:2000]).split()).lower()
    last = " ".join(text[-400:].split()).lower()
    if not any(match.end() == len(last) for match in _END.finditer(last)):
        return ""
    words = len(_KEPT_WORDS.findall(text.lower()))
    for title in _TITLES:
        if title.words.match(lines) and title.fewest <= words <= title.most:
            return title.license
    match = _CC_TITLE.match(lines)
    if not match:
        return ""
    joined = match[1].replace("-", "").replace(" ", "")
    kind = "BY" + "".join(
        short
        for long, short in (("noncommercial", "-NC"), ("noderiv", "-ND"), ("sharealike", "-SA"))
        if long in joined
    )
    expected = _CC_WORDS.get(kind, {}).get(match[2], 0)
    return spdx_key(f"CC-{kind}-{match[2]}") if expected and expected - 260 <= words <= expected + 45 else ""


def takes_back(text: str, *, noncommercial: bool = False, permissive: bool = False) -> str:
    """Words that take back what a license in the text gives, as they stand there; "" where there are none.

    `noncommercial`: the license itself is for non-commercial use. `permissive`: it is of the BSD and MIT kind, whose
    texts say "all rights reserved" by tradition.
    """
    plain = _HARMLESS.sub(" ", " ".join(text.split()))
    found = None if noncommercial else _NONCOMMERCIAL.search(plain)
    found = found or (None if permissive else _RESERVED.search(plain))
    return found[0] if found else ""
