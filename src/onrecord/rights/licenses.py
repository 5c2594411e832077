# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what stands where a license would stand: an SPDX expression, or "" and why it was not understood.

In doubt it does not understand: a text is read only when nothing of it is left over.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import Final

from msgspec import Struct

from onrecord.rights.addresses import PUBLIC_DOMAIN, UNKNOWN, Mention
from onrecord.rights.expressions import canonical, ways
from onrecord.rights.names import mentions, named
from onrecord.rights.texts import takes_back, titled


class LicenseReading(Struct, frozen=True, forbid_unknown_fields=True):
    """How a text was read.

    license  the SPDX expression, "" where the text was not understood
    reason   `address`, `name`, `expression`, `title`; or why not: `empty`, `no-version`, `unknown-text`,
             `contradiction`, `public-domain`
    kind     with `no-version`: the license without its version, `CC-BY-SA`, or `CC` where not even that is said
    detail   the words that decided, for a person
    """

    license: str
    reason: str
    kind: str = ""
    detail: str = ""


#: A statement longer than this is read only where it is a known license text.
LONGEST_STATEMENT: Final = 2000
#: Longest text that is looked at.
LONGEST: Final = 1024 * 1024

_OR_LATER = re.compile(
    r"\s*[(,]?\s*\bor,?\s*\(?(?:at your (?:option|discretion|choice)\)?,?\s*)?(?:any\s+)?(?:later|newer|higher)"
    r"(?:\s+versions?)?\b(?:\s+of the licen[sc]e)?(?:,?\s*\(?at your (?:option|discretion|choice)\)?)?\s*\)?"
    r"|\s+and\s+(?:later|newer|above)(?:\s+versions?)?\b|(?<=\d)-or-later\b",
    re.IGNORECASE,
)
_PUBLIC_DOMAIN = re.compile(r"\bpublic[\s-]*domain\b|\bno[\s-]+copyright\b|\bpdm\b", re.IGNORECASE)
_NOTICE = re.compile(
    r"(?:©|℗|\([cp]\)|\bcopyright\b|^\s*\d{4}\b)[^\x00]{0,300}?"
    r"(?=\b(?:licen[sc]|releas|distribut|publish|available|under\b|this\b|verify\b|some rights)|\x00|$)",
    re.IGNORECASE,
)
_SOME_RIGHTS = re.compile(r"\bsome rights reserved\b", re.IGNORECASE)
_TAKES_BACK_MORE = re.compile(
    r"\b(?:not|no|non|never|nor|none|only|except\w*|exclu\w+|unless|without|prohibit\w*|forbid\w*|permission|ask"
    r"|restrict\w*|personal|private|promo\w*|evaluation|but|however|formerly|previously|until|expir\w*|contact\w*"
    r"|clear\w*|buy|pay\w*|fees?|royalt\w*|proprietary|don'?t|mustn'?t|cannot|can'?t)\b",
    re.IGNORECASE,
)
#: Words that say nothing. Left out with care: what speaks of a part (artwork, recording, some) or in doubt (may, was).
_FILLER: Final = frozenset(
    """a all an and any album are as at audio available by content contents copy deed details distributed file files
    find for found free freely full given granted here http https in is it its legal licence licenced licences
    license licensed licenses licensing made music of on or piece pieces please public published read redistributed
    release released rights see shared song songs sound sounds soundtrack terms that the their these this those to
    track tracks under url use used using verify version view visit with work works you general conditions condition
    creative commons cc gnu software program redistribute modify""".split()  # noqa: SIM905
)
#: A word, or a sign that says something: only the usual punctuation says nothing.
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[^\w\s\x00.,;:!?()\[\]{}<>\"'“”‘’«»/|\\*&+#@©℗®™~=…•·–—-]")
_URL = re.compile(r"\b(?:https?://|www\.)[^\s<>\"]+", re.IGNORECASE)


def read_license(text: str) -> LicenseReading:
    """Read a license statement, an address, an SPDX or Debian expression, or a whole license text."""
    if len(text) > LONGEST:
        return LicenseReading("", "unknown-text", detail=f"{len(text)} characters")
    if len(" ".join(text.split())) > LONGEST_STATEMENT:
        return _whole_text(text)
    words = _plain(text)
    if not words:
        return LicenseReading("", "empty")
    joined = spell_later(words)
    reading = _expression(joined)
    if reading is None:
        reading = _statement(joined)
    if not reading.license and (whole := titled(text)):
        return LicenseReading(whole, "title")
    return reading


def spell_later(text: str) -> str:
    """ "Or (at your option) any later version", in its many wordings, as the `+` of license expressions."""
    return _OR_LATER.sub("+ ", " ".join(text.split())).strip()


@lru_cache(maxsize=4096)
def is_permissive(license: str) -> bool:
    """Of the BSD and MIT kind, whose texts say "all rights reserved" by tradition."""
    return bool(re.fullmatch(r"(?:BSD|MIT|ISC|Apache|Zlib|0BSD)[\w.-]*", license))


def _plain(text: str) -> str:
    shown = "".join(
        " " if unicodedata.category(sign)[0] in "CZ" else sign for sign in unicodedata.normalize("NFKC", text)
    )
    return " ".join(shown.split())


def _whole_text(text: str) -> LicenseReading:
    license = titled(text)
    if not license:
        return LicenseReading("", "unknown-text", detail=_plain(text[:200]))
    if words := takes_back(text, noncommercial="-NC" in license, permissive=is_permissive(license)):
        return LicenseReading("", "contradiction", detail=words)
    return LicenseReading(license, "title")


def _expression(words: str) -> LicenseReading | None:
    """Names joined by `and`, `or`, commas and brackets, as SPDX and Debian write them; None for any other text."""
    if len(words) > 300 or "\x00" in words:
        return None
    parts = re.split(r"(\s+(?:and|or)\s+|[(),])", words, flags=re.IGNORECASE)
    spelled: list[str] = []
    missing: list[Mention] = []
    found = 0
    for part in parts:
        word = part.strip()
        if word.lower() in ("and", "or", "(", ")", ",", ""):
            spelled.append(word.upper())
            continue
        one = named(word) or _with_exception(word)
        if one is None or one.kind in (PUBLIC_DOMAIN, UNKNOWN):
            return None
        found += 1
        spelled.append(one.license or "LicenseRef-no-version")
        missing += [one] if not one.license else []
    if not found:
        return None
    expression = _commas(spelled)
    if missing and found == 1:
        return LicenseReading("", "no-version", missing[0].kind, words)
    license = _without_missing(expression) if missing else canonical(expression)
    if license:
        return LicenseReading(license, "expression" if found > 1 else "name")
    # Names side by side without an operator are a sentence, not an expression.
    return LicenseReading("", "no-version", "CC", words) if missing and ways(expression) else None


def _with_exception(word: str) -> Mention | None:
    """`GPL-2.0-only WITH Classpath-exception-2.0`: the exception must be one that SPDX knows."""
    base, with_, exception = re.split(r"(\s+with\s+|$)", word, maxsplit=1, flags=re.IGNORECASE)
    one = named(base) if with_.strip() else None
    if one is None or not one.license:
        return None
    expression = f"{one.license} WITH {exception}"
    return one._replace(license=expression) if canonical(expression) else None


def _commas(parts: list[str]) -> str:
    """Debian's grammar: `and` binds closer than `or`, and a comma before either opens a wider bracket."""
    words = [part for part in parts if part]
    if "," not in words:
        return " ".join(words)
    groups: list[list[str]] = [[]]
    for word in words:
        if word == ",":
            groups.append([])
        else:
            groups[-1].append(word)
    spelled = ""
    for group in groups:
        joint = group.pop(0) if group and group[0] in ("AND", "OR") else ""
        if not group or (spelled and not joint):
            return ""
        spelled = f"({spelled}) {joint} ({' '.join(group)})" if spelled else " ".join(group)
    return spelled


def _without_missing(expression: str) -> str:
    """Where one may choose, a choice that names no version can be left aside; where all bind, it cannot."""
    choices = re.split(r" OR ", expression)
    if "(" in expression or len(choices) < 2:
        return ""
    return canonical(" OR ".join(choice for choice in choices if "LicenseRef-no-version" not in choice))


def _statement(words: str) -> LicenseReading:
    """A sentence that names a license and says nothing else."""
    found = mentions(words)
    if not found:
        reason = "public-domain" if _PUBLIC_DOMAIN.search(words) else "unknown-text"
        return LicenseReading("", reason, detail=words[:200])
    if any(mention.kind == PUBLIC_DOMAIN for mention in found):
        return LicenseReading("", "public-domain", detail=words[:200])
    if any(mention.kind == UNKNOWN for mention in found):
        return LicenseReading("", "unknown-text", detail=words[:200])
    rest = _rest(words, found)
    noncommercial = any("-NC" in mention.kind for mention in found)
    permissive = all(is_permissive(mention.license) for mention in found)
    if taken := takes_back(rest, noncommercial=noncommercial, permissive=permissive):
        return LicenseReading("", "contradiction", detail=taken)
    if more := _left_over(rest):
        return LicenseReading("", "unknown-text", detail=more)
    return _joined(words, found)


def _rest(words: str, found: list[Mention]) -> str:
    """The words around the licenses; each license becomes one NUL."""
    rest, at = [], 0
    for mention in found:
        rest.append(words[at : mention.start])
        at = mention.end
    return "\x00".join([*rest, words[at:]])


def _left_over(rest: str) -> str:
    """The first word that is neither filler nor part of a copyright notice; "" where nothing is left over."""
    if match := _TAKES_BACK_MORE.search(rest):
        return match[0]
    plain = _SOME_RIGHTS.sub(" ", _NOTICE.sub(" ", _URL.sub(" ", rest)))
    return next((word for word in _WORD.findall(plain) if word.lower() not in _FILLER), "")


def _joined(words: str, found: list[Mention]) -> LicenseReading:
    """One license, however often it is named; or several, where an `or` or `and` alone stands between them."""
    stated = {mention.license for mention in found if mention.license}
    kinds = {mention.kind for mention in found}
    if not stated:
        kind = next(iter(kinds - {"CC"}), "CC") if len(kinds - {"CC"}) < 2 else "CC"
        return LicenseReading("", "no-version", kind, words[:200])
    vague = {mention.kind for mention in found if not mention.license} - {"CC"}
    if len(stated) == 1 and vague <= {mention.kind for mention in found if mention.license}:
        license = canonical(next(iter(stated)))
        named_by = "address" if "://" in words or ".org/" in words else "name"
        return (
            LicenseReading(license, named_by)
            if license
            else LicenseReading("", "unknown-text", detail=words[:200])
        )
    joints = {words[one.end : other.start].strip(" ,").lower() for one, other in pairwise(found)}
    if not vague and len(joints) == 1 and joints <= {"or", "and"}:
        license = canonical(f" {joints.pop().upper()} ".join(mention.license for mention in found))
        if license:
            return LicenseReading(license, "name")
    return LicenseReading("", "contradiction", detail=" / ".join(sorted(stated)))
