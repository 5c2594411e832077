# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the part of Lucene's query language that clients of MusicBrainz send.

`field:word`, `field:"a phrase"`, `field:(several words)`, AND, OR, NOT, `&&`, `||`, `!`, `+`, `-`, `[a TO b]`, `word*`,
`word~`, `\\` before a sign; `^2` is read and does not count. Words without an operator between them are joined by OR.
"""

import re
from typing import Final, Literal

from onrecord.search.fields import WORDS, All, Asked, Between, Code, Group, Term
from onrecord.search.fold import fold

LONGEST: Final = 4000
DEEPEST: Final = 20
MOST: Final = 200
#: So many words may be beginnings, or have wrong letters: each of these is as much work as hundreds of whole words.
MOST_LOOSE: Final = 12

_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<sign>\(|\)|&&|\|\||!|\+|-)
    | (?P<field>[A-Za-z][A-Za-z0-9_-]*):
    | "(?P<phrase>(?:\\.|[^"\\])*)"(?P<slop>~\d*)?
    | (?P<range>[\[{]\s*(?P<low>[^\s\]}]+)\s+TO\s+(?P<high>[^\s\]}]+)\s*[\]}])
    | (?P<word>(?:\\.|[^\s()"\[\]{}^~:\\]|:)+)(?P<near>~[\d.]*)?
    )(?P<boost>\^[\d.]+)?""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)

#: Fields of words, by what MusicBrainz calls them. Those of a kind's own name are its name.
_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "artist": ("artist",),
    "artistname": ("artist",),
    "artistaccent": ("artist",),
    "creditname": ("artist",),
    "sortname": ("others", "name"),
    "alias": ("name", "others"),
    "release": ("releases",),
    "releaseaccent": ("releases",),
    "releasegroup": ("releases",),
    "label": ("label",),
    "title": ("name",),
    "name": ("name",),
}
_OWN: Final = {
    "artist": ("artist", "artistaccent"),
    "release": ("release", "releaseaccent"),
    "release-group": ("releasegroup", "releasegroupaccent"),
    "recording": ("recording", "recordingaccent", "track"),  # Picard says track
    "work": ("work", "workaccent"),
    "label": ("label", "labelaccent"),
}
_CODES: Final = frozenset(
    {
        *("arid", "reid", "rgid", "rid", "wid", "laid", "isrc", "iswc", "barcode", "country", "code", "lang"),
        *("type", "primarytype", "tnum", "date", "firstreleasedate", "releasedate", "mbid"),
    }
)
#: Fields of numbers, each with what it is held as and how many of that one of it is: `qdur` counts by two seconds.
_NUMBERS: Final = {
    "dur": ("length", 1),
    "length": ("length", 1),
    "qdur": ("length", 2000),
    "tracks": ("tracks", 1),
    "tracksrelease": ("tracks", 1),
}
_DATES: Final = frozenset({"date", "firstreleasedate", "releasedate"})
#: Fields that MusicBrainz has and this archive does not hold: nothing fits them.
NOT_HELD: Final = frozenset(
    {
        *("area", "begin", "beginarea", "catno", "comment", "discids", "discidsmedium", "end", "endarea"),
        *("ended", "format", "gender", "ipi", "isni", "mediums", "mediumid", "number", "packaging"),
        *("position", "primarytypeid", "quality", "recording_count", "releases", "script"),
        *("secondarytype", "status", "tag", "tid", "tracksmedium", "video", "asin", "language", "tracks"),
    }
) - set(_NUMBERS)


class Unreadable(Exception):
    """The query is not one: what is said to the client."""


def parse(kind: str, query: str) -> Asked:
    """What a query asks of a kind."""
    if len(query) > LONGEST:
        raise Unreadable(f"the query is {len(query)} characters long: at most {LONGEST} are read")
    if "\x00" in query:
        raise Unreadable("the query has a null character")
    return _Parsing(kind, query).all()


class _Parsing:
    def __init__(self, kind: str, query: str) -> None:
        self._kind = kind
        self._tokens = _tokens(query)
        self._at = 0
        self._loose = 0

    def all(self) -> Asked:
        asked = self._group("", 0)
        if self._at < len(self._tokens):
            raise Unreadable(f"expected no ')' at part {self._at + 1} of the query")
        return asked

    def _group(self, field: str, depth: int) -> Asked:
        """Clauses up to a closing bracket, joined as Lucene does: AND makes both its sides required."""
        if depth > DEEPEST:
            raise Unreadable(f"brackets are nested deeper than {DEEPEST}")
        parts: list[tuple[Literal["must", "may", "not"], Asked]] = []
        signs: list[Term] = []
        and_next = False
        while (token := self._peek()) is not None and not token.is_sign(")"):
            if token.is_word("AND") or token.is_sign("&&"):
                self._at += 1
                if parts and parts[-1][0] == "may":
                    parts[-1] = ("must", parts[-1][1])
                and_next = True
                continue
            if token.is_word("OR") or token.is_sign("||"):
                self._at += 1
                and_next = False
                continue
            how: Literal["must", "may", "not"] = "must" if and_next else "may"
            while token is not None and (
                token.is_word("NOT") or token.is_sign("!") or token.is_sign("+") or token.is_sign("-")
            ):
                how = "must" if token.is_sign("+") else "not"
                self._at += 1
                token = self._peek()
            if token is None or token.is_sign(")"):
                break
            is_bare = token.kind == "text"
            clause = self._clause(field, depth)
            and_next = False
            if is_bare and isinstance(clause, Term) and not any(map(str.isalnum, clause.text)):
                signs += [clause] if fold(clause.text) else []
                continue
            parts.append((how, clause))
        # Signs among words, as titles have them, are nothing to look for; alone they are: a band is called “!!!”.
        parts = parts or [("may", sign) for sign in signs]
        return parts[0][1] if len(parts) == 1 and parts[0][0] != "not" else Group(tuple(parts))

    def _clause(self, field: str, depth: int) -> Asked:
        token = self._tokens[self._at]
        self._at += 1
        if token.kind == "field":
            following = self._peek()
            if following is None or following.kind == "field":
                raise Unreadable(f"expected a value behind {token.text}:")
            return self._clause(token.text.lower(), depth)
        if token.is_sign("("):
            inner = self._group(field, depth + 1)
            closing = self._peek()
            if closing is None or not closing.is_sign(")"):
                raise Unreadable("a bracket is opened and not closed")
            self._at += 1
            return inner
        if token.kind == "sign":
            raise Unreadable(f"expected a word, got {token.text!r}")
        if token.kind == "range":
            return self._range(field, token.text, token.other)
        return self._value(field, token)

    def _value(self, field: str, token: "_Token") -> Asked:
        text = token.text
        if not token.quoted and text in ("*", "*:*"):
            return All()
        if field in ("", "anv"):
            fields: tuple[str, ...] = tuple(WORDS)
        elif field in _OWN[self._kind]:
            fields = ("name", "others")
        elif field in _NUMBERS and text.strip().isdecimal():
            return _between(field, _number(text), _number(text))
        elif field in _CODES:
            return self._code(field, text)
        elif field in _WORDS:
            fields = _WORDS[field]
        elif field in NOT_HELD or field in _NUMBERS:
            return Group(())
        else:
            raise Unreadable(f"undefined field {field[:60]}")
        prefix = not token.quoted and len(text) > 2 and text.endswith("*")
        near = token.near
        if prefix or near:
            self._loose += 1
            if self._loose > MOST_LOOSE:
                prefix, near = False, 0
        return Term(fields, text.rstrip("*") if not token.quoted else text, token.quoted, prefix, near)

    def _code(self, field: str, text: str) -> Asked:
        if field in _DATES:
            return Code("date", text.rstrip("*-"))
        if field == "mbid":
            own = {"artist": "arid", "release": "reid", "release-group": "rgid", "recording": "rid"}
            return Code(own.get(self._kind, "wid" if self._kind == "work" else "laid"), text)
        if field == "code":
            return Code(field, text.upper().removeprefix("LC").strip("- ").lstrip("0"))
        if field == "isrc":
            return Code(field, text.replace("-", ""))
        return Code(field, text)

    def _range(self, field: str, low: str, high: str) -> Asked:
        if field in _DATES:
            return Between("day", _day(low, "00"), _day(high, "99"))
        if field not in _NUMBERS:
            if field in NOT_HELD or field in _CODES or field in _WORDS:
                return Group(())
            raise Unreadable(f"undefined field {field[:60]}")
        return _between(field, _bound(low), _bound(high))

    def _peek(self) -> "_Token | None":
        return self._tokens[self._at] if self._at < len(self._tokens) else None


class _Token:
    """`kind` is sign, field, range or text; `quoted` text is a phrase."""

    def __init__(self, kind: str, text: str, other: str = "", quoted: bool = False, near: int = 0) -> None:
        self.kind, self.text, self.other, self.quoted, self.near = kind, text, other, quoted, near

    def is_sign(self, sign: str) -> bool:
        return self.kind == "sign" and self.text == sign

    def is_word(self, word: str) -> bool:
        return self.kind == "text" and not self.quoted and self.text == word


def _tokens(query: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    end = len(query.rstrip())
    while at < end:
        match = _TOKEN.match(query, at)
        if match is None or match.end() == at:
            raise Unreadable(f"cannot be read from {query[at : at + 30].strip()!r} on")
        at = match.end()
        found.append(_token(match))
        if len(found) > MOST:
            raise Unreadable(f"the query has more than {MOST} parts")
    return found


def _token(match: re.Match[str]) -> _Token:
    if match["sign"]:
        return _Token("sign", match["sign"])
    if match["field"]:
        return _Token("field", match["field"])
    if match["phrase"] is not None:
        return _Token("text", _ESCAPED.sub(r"\1", match["phrase"]), quoted=True)
    if match["range"]:
        return _Token("range", match["low"].strip('"'), match["high"].strip('"'))
    near = match["near"]
    wrong = 0 if near is None else 1 if near == "~" or "." in near else min(int(near[1:][:3] or 1), 2)
    return _Token("text", _ESCAPED.sub(r"\1", match["word"]), near=wrong)


def _between(field: str, low: int | None, high: int | None) -> Between:
    held, size = _NUMBERS[field]
    return Between(
        held, None if low is None else low * size, None if high is None else high * size + size - 1
    )


def _number(text: str) -> int:
    return min(int(text.strip()[:18]), 2**50)


def _bound(text: str) -> int | None:
    if text == "*":
        return None
    if not text.isdecimal():
        raise Unreadable(f"expected a number in a range, got {text[:30]!r}")
    return _number(text)


def _day(text: str, rest: str) -> int | None:
    if text == "*":
        return None
    if not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", text, re.ASCII):
        raise Unreadable(f"expected a date such as 2014-06-20 in a range, got {text[:30]!r}")
    return int((text.replace("-", "") + rest * 2)[:8])
