# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How sure a match is: the one place where confidence is made, with the reasons that a person reads.

Names: what the title, the artist and the length each leave of the start value, multiplied. An identifier that is equal
has a value of its own, which names that agree raise and names that do not lower. Nothing below `LEAST` is a match.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from math import prod
from typing import Final, NamedTuple

from msgspec import Struct

from onrecord.archive.looking_up.asked import LABEL_CODE, OWN, Asked
from onrecord.archive.looking_up.titles import Title, base, taken_apart
from onrecord.model import identifiers
from onrecord.search.fold import fold
from onrecord.search.variants import is_near

#: What is below is no match.
LEAST: Final = 0.3
#: What an identifier is worth alone. An ISRC is reused now and then, and an ISWC is a work's, which many record.
_CODES: Final = {
    OWN: 1.0,
    "sha256": 1.0,
    "mbid": 0.99,
    "discogs": 0.97,
    "isni": 0.97,
    "isrc": 0.95,
    "barcode": 0.95,
    "acoustid": 0.95,
    "iswc": 0.5,
    LABEL_CODE: 0.95,
}
#: An ISWC is worth as much where it is the work that is asked for.
_WORK_BY_ISWC: Final = 0.97
_SHOWN: Final = {"mbid": "MBID", "acoustid": "AcoustID", "discogs": "Discogs id", "barcode": "barcode",
                 "sha256": "SHA-256", OWN: "id", LABEL_CODE: "label code"}  # fmt: skip
#: What equal names are worth, by kind: with title, artist and length there is more to compare.
_NAMES: Final = {
    "recording": 0.9,
    "release": 0.85,
    "artist": 0.8,
    "work": 0.85,
    "release-group": 0.85,
    "label": 0.8,
}
#: What is left of it.
_SPACED, _TYPO, _SHORT_TYPO, _ADDED = 0.95, 0.9, 0.75, 0.85
_NO_ARTIST, _REORDERED, _ONE_OF_MANY, _SOME_OF_MANY, _ONE_OF_MANY_TYPO = 0.6, 0.97, 0.85, 0.75, 0.7
_NO_LENGTH, _NEAR_LENGTH, _OTHER_LENGTH = 0.89, 0.7, 0.45
#: Another version is another recording; a remaster is one performance in other words.
_OTHER_VERSION, _SAME_KIND_OF_VERSION, _REMASTER = 0.45, 0.6, 0.75
#: What is left of an identifier whose names do not agree.
_CODE_OTHER_TITLE, _CODE_OTHER_ARTIST, _CODE_OTHER_VERSION, _ID_OTHER_NAME = 0.5, 0.7, 0.8, 0.85
_OTHER_KIND: Final = 0.5
#: How much of what is missing the release adds, by its barcode or by its name; what a name that is not known leaves.
_ON_BARCODE, _ON_RELEASE, _NOT_ON_RELEASE, _OTHER_ISRC = 0.5, 0.3, 0.97, 0.9
#: Words in one piece, title and artist not told apart.
_WORDS_ALL, _WORDS_TITLE, _WORDS_IN = 0.75, 0.55, 0.4
#: Seconds by which lengths of one recording differ, and by which they may.
_SAME, _NEAR = 3.0, 10.0
_HIGHEST: Final = 0.99
_SHORT: Final = 8
_BETWEEN: Final = re.compile(
    r"\s*(?:[,;/&+]|\b(?:and|und|et|y|feat|ft|featuring|with|vs|versus|x)\b\.?)\s*", re.IGNORECASE
)


class Candidate(Struct, frozen=True):
    """What the archive says of a thing, by any of its sources; the first name is the one that is shown."""

    kind: str
    titles: Sequence[str]
    artists: Sequence[str] = ()
    releases: Sequence[str] = ()
    seconds: Sequence[float] = ()
    isrcs: Collection[str] = ()


class Weighed(NamedTuple):
    confidence: float
    reasons: tuple[str, ...]


class _Part(NamedTuple):
    """What one comparison leaves (0: it does not agree), and why."""

    left: float
    reason: str


_SILENT: Final = _Part(1.0, "")


def weigh(
    asked: Asked, candidate: Candidate, equal: Collection[str] = (), on: Collection[str] = ()
) -> Weighed:
    """`equal` are the schemes by which it bears an identifier that was asked for; `on` those of its release's."""
    if equal and asked.kind not in ("", candidate.kind):
        said = f"it is the {' and '.join(map(_shown, equal))} of this {candidate.kind}"
        value = _value(equal, candidate.kind) * _OTHER_KIND
        return Weighed(round(value, 2), (f"{said}, for which no such {asked.kind} is known",))
    title, artist, length = _title(asked, candidate), _artist(asked, candidate), _length(asked, candidate)
    named = title is not _SILENT
    names = _NAMES.get(candidate.kind, 0.0) * prod((title.left, artist.left, length.left)) if named else 0.0
    codes = [f"{_shown(scheme)} equal" for scheme in equal]
    reasons = [*codes, title.reason, artist.reason, length.reason]
    if equal:
        confidence = _by_codes(equal, candidate.kind, names, title, artist)
        if not named and not asked.artist and any(scheme in ("isrc", "barcode") for scheme in equal):
            reasons.append("no name was given to compare")
    elif asked.words and not named:
        confidence, reason = _words(asked.words, candidate)
        reasons = [reason]
    else:
        confidence = names
    if confidence and candidate.kind == "recording":
        confidence = _by_release(asked, candidate, on, confidence, reasons)
        if asked.title and "isrc" not in equal and _has_other_isrc(asked, candidate):
            confidence *= _OTHER_ISRC
            reasons.append("its ISRC here is another")
    exact = any(_CODES[scheme] == 1.0 for scheme in equal)
    return Weighed(round(min(confidence, 1.0 if exact else _HIGHEST), 2), tuple(filter(None, reasons)))


def agree(title: str, other: str) -> bool:
    """May two titles be of one thing, in any version?"""
    return _titled(title, [other]).left > 0


def people(name: str) -> list[str]:
    """Who is named in an artist's credit, one by one, folded: “The As feat. B & C” names three."""
    found = (" ".join(_without_the(fold(person))) for person in _BETWEEN.split(name[:1000]))
    return [person for person in found if person]


def _by_codes(equal: Collection[str], kind: str, names: float, title: _Part, artist: _Part) -> float:
    value = _value(equal, kind)
    strong = not {"isrc", "barcode", "acoustid", "iswc"}.issuperset(equal)
    if not title.left or not artist.left:
        weak = _CODE_OTHER_TITLE if not title.left else _CODE_OTHER_ARTIST
        return value * (_ID_OTHER_NAME if strong else weak)
    if title.left <= _SAME_KIND_OF_VERSION:
        return value * (_ID_OTHER_NAME if strong else _CODE_OTHER_VERSION)
    return value + (1.0 - value) * names


def _value(equal: Collection[str], kind: str) -> float:
    known = _CODES | ({"iswc": _WORK_BY_ISWC} if kind == "work" else {})
    return 1.0 - prod(1.0 - known[scheme] for scheme in equal)


def _shown(scheme: str) -> str:
    return _SHOWN.get(scheme, scheme.upper())


def _by_release(
    asked: Asked, candidate: Candidate, on: Collection[str], confidence: float, reasons: list[str]
) -> float:
    for scheme in on:
        confidence += (1.0 - confidence) * _ON_BARCODE
        reasons.append(f"on the release with this {_shown(scheme)}")
    if asked.release and candidate.releases:
        if any(_titled(asked.release, [name]).left > _SAME_KIND_OF_VERSION for name in candidate.releases):
            confidence += (1.0 - confidence) * _ON_RELEASE
            reasons.append("release equal")
        elif not on:
            confidence *= _NOT_ON_RELEASE
            reasons.append("not known here on a release of this name")
    return confidence


def _has_other_isrc(asked: Asked, candidate: Candidate) -> bool:
    wanted = {identifiers.isrc(value) for scheme, value in asked.codes if scheme == "isrc"}
    return bool(wanted and candidate.isrcs and wanted.isdisjoint(candidate.isrcs))


def _title(asked: Asked, candidate: Candidate) -> _Part:
    names = {"recording": asked.title, "release": asked.release, "artist": asked.artist}
    name = asked.name if asked.of else names.get(candidate.kind, "")
    if not name:
        return _SILENT
    if candidate.kind == "artist":
        return _credited(name, candidate.titles, "name")
    if candidate.kind == "work":
        name = base(name)  # whichever version was recorded, the work is the same
    return _titled(name, candidate.titles)


def _titled(name: str, titles: Sequence[str]) -> _Part:
    wanted = taken_apart(name)
    parts = [_two_titles(wanted, taken_apart(title)) for title in titles]
    best = max(parts, key=lambda part: part.left, default=_Part(0.0, ""))
    return (
        best if best.left else _Part(0.0, f"the title here is another: “{titles[0][:80] if titles else ''}”")
    )


def _two_titles(one: Title, other: Title) -> _Part:
    if one.whole == other.whole and one.whole:
        return _Part(1.0, "title equal")
    base = _near(one.base, other.base, "title")
    if not base.left:
        return _near(one.whole, other.whole, "title")
    if one.added == other.added:
        return base
    if one.versions != other.versions:
        differ = one.versions ^ other.versions
        said = " and ".join(sorted(differ))
        left = _REMASTER if differ == {"remaster"} else _OTHER_VERSION
        which = (
            "the one asked for"
            if differ <= one.versions
            else "the one here"
            if differ <= other.versions
            else ""
        )
        where = f"{said} is said of {which} alone" if which else f"{said} is said of one of them alone"
        return _Part(base.left * left, f"{base.reason}, but the versions differ: {where}")
    if one.versions - {"remaster"}:
        said = " and ".join(sorted(one.versions))
        return _Part(base.left * _SAME_KIND_OF_VERSION, f"{base.reason}, but not what is added: both {said}")
    return _Part(base.left * _ADDED, f"{base.reason} without what one of them adds")


def _near(one: Sequence[str], other: Sequence[str], what: str) -> _Part:
    """Two folded names: equal, but for spaces, but for one mistake, or not."""
    if not one or not other:
        return _Part(0.0, "")
    if list(one) == list(other):
        return _Part(1.0, f"{what} equal")
    a, b = "".join(one), "".join(other)
    if a == b:
        return _Part(_SPACED, f"{what} equal but for spaces or signs")
    if is_near(a, b) and not _numbered(a, b):
        left = _SHORT_TYPO if min(len(a), len(b)) < _SHORT else _TYPO
        return _Part(left, f"{what} equal but for one mistake in typing")
    return _Part(0.0, "")


def _numbered(one: str, other: str) -> bool:
    """Do they differ in a digit? Symphony 5 is not a mistake in Symphony 6."""
    return [char for char in one if char.isdigit()] != [char for char in other if char.isdigit()]


def _artist(asked: Asked, candidate: Candidate) -> _Part:
    if candidate.kind in ("artist", "label") or not (asked.title or asked.release or asked.artist):
        return _SILENT
    if not asked.artist:
        return _Part(_NO_ARTIST, "no artist was given to compare")
    if not any(candidate.artists):
        return _Part(_NO_ARTIST, "no artist is known here")
    credited = _credited(asked.artist, candidate.artists, "artist")
    if candidate.kind == "work" and not credited.left:
        return _Part(_NO_ARTIST, f"who wrote it is another: “{candidate.artists[0][:80]}”")
    return credited


def _credited(name: str, names: Sequence[str], what: str) -> _Part:
    parts = [_two_artists(name, other, what) for other in names if other]
    best = max(parts, key=lambda part: part.left, default=_Part(0.0, ""))
    return (
        best if best.left else _Part(0.0, f"the {what} here is another: “{names[0][:80] if names else ''}”")
    )


def _two_artists(one: str, other: str, what: str) -> _Part:
    a, b = _without_the(fold(one)), _without_the(fold(other))
    near = _near(a, b, what)
    if near.left:
        return near
    if a and sorted(a) == sorted(b):
        return _Part(_REORDERED, f"{what} equal in another order")
    first, second = people(one), people(other)
    if first and second and (set(first) <= set(second) or set(second) <= set(first)):
        return _Part(_ONE_OF_MANY, f"{what}: one names more people than the other")
    if not set(first).isdisjoint(second):
        return _Part(_SOME_OF_MANY, f"{what}: some of those who are named are the same, others are not")
    if len(first) + len(second) > 2 and any(is_near(x, y) for x in first for y in second):
        return _Part(
            _ONE_OF_MANY_TYPO, f"{what}: one of those who are named is the same but for one mistake in typing"
        )
    return _Part(0.0, "")


def _without_the(words: Sequence[str]) -> list[str]:
    rest = [word for word in words if word != "the"]
    return rest or list(words)


def _length(asked: Asked, candidate: Candidate) -> _Part:
    if candidate.kind != "recording":
        return _SILENT
    if asked.seconds is None or not candidate.seconds:
        missing = "was given" if asked.seconds is None else "is known here"
        return _Part(_NO_LENGTH, f"no length {missing} to compare" if asked.title else "")
    apart = min(abs(asked.seconds - seconds) for seconds in candidate.seconds)
    if apart <= _SAME:
        return _Part(1.0, "length within 3 s")
    left = _NEAR_LENGTH if apart <= _NEAR else _OTHER_LENGTH
    return _Part(left, f"the length differs by {apart:,.0f} s")


def _words(words: str, candidate: Candidate) -> _Part:
    wanted = fold(words)
    for title in candidate.titles:
        for artist in [*candidate.artists, ""]:
            if sorted(wanted) == sorted(fold(f"{title} {artist}")):
                if artist or candidate.kind in ("artist", "label"):
                    said = (
                        "the words are its name"
                        if candidate.kind in ("artist", "label")
                        else "the words are title and artist"
                    )
                    return _Part(_WORDS_ALL, said)
                return _Part(_WORDS_TITLE, "the words are its title; no artist is among them")
    here = fold(" ".join([*candidate.titles, *candidate.artists, *candidate.releases]))
    if wanted and all(_is_in(word, here) for word in wanted):
        return _Part(_WORDS_IN, "all words are among its names, or nearly so")
    return _Part(0.0, "")


def _is_in(word: str, words: Iterable[str]) -> bool:
    return any(word == other or is_near(word, other) for other in words)
