# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a row is searched by, field by field, made when it is asked for; and how well it fits what is asked.

An index of fields of its own would say once more what the rows say: some 300 bytes a track.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, Final

from onrecord.model.own_ids import GROUP, own_id
from onrecord.search import rows
from onrecord.search.bodies import facts, mbids, positions
from onrecord.search.fields import WORDS, All, Asked, Between, Code, Group, Term, code, dated, day_of
from onrecord.search.fold import fold
from onrecord.search.stored_rows import Stored

#: The field by which each kind is found by its own id.
OWN: Final = {"artist": "arid", "release": "reid", "release-group": "rgid", "recording": "rid"}
#: What a code or a number counts that fits.
_CODE: Final = 5.0
_NUMBER: Final = 1.0
_LINKED = Callable[[str, str], Sequence[str]]


class RowDocument:
    """One thing that has a row; each field is made when it is first asked for."""

    def __init__(self, kind: str, row: Stored, held: rows.Held, linked: _LINKED) -> None:
        """`kind` is the row's, or that of the group which a release is by itself. `linked` gives what belongs to a
        thing, by kind."""
        self.kind = kind
        self.thing = GROUP + row.id if kind == "release-group" else row.id
        self._row, self._held, self._linked = row, held, linked
        self._words: dict[str, list[str]] = {}

    def words(self, field: str) -> list[str]:
        if field not in self._words:
            self._words[field] = [token for text in self._texts(field) for token in fold(text)]
        return self._words[field]

    def codes(self, field: str) -> set[str]:
        return {code(field, value) for value in self._codes(field) if value}

    def number(self, field: str) -> int | None:
        if field == "day" and self.kind != "artist":
            return day_of(self._facts["date"])
        if field == "length" and self.kind == "recording":
            return self._facts["duration_ms"]  # type: ignore[no-any-return]
        return len(self._facts["recordings"]) if field == "tracks" and self.kind == "release" else None

    @cached_property
    def _facts(self) -> dict[str, Any]:
        return facts(self._row)

    @cached_property
    def _releases(self) -> list[Stored]:
        found = (self._held.row(number) for number in self._facts["releases"])
        return [row for row in found if row is not None]

    def _texts(self, field: str) -> Iterable[str]:
        if field == "name":
            return [self._row.title]
        if self.kind == "artist":
            return [self._first("sort_name")] if field == "others" else []
        if field == "artist":
            return [self._row.subtitle]
        if field == "releases":
            found = self._releases if self.kind == "recording" else [self._row]
            return sorted({row.title for row in found})
        return [self._facts["label"]] if field == "label" and self.kind == "release" else []

    def _codes(self, field: str) -> Iterator[str]:
        if field == OWN[self.kind]:
            yield own_id(self.kind, self.thing)
            if self.kind == "release-group":
                return
            yield from mbids(self._row)
        elif field == "date" and self.kind != "artist":
            said = dated(self._facts["date"]) if day_of(self._facts["date"]) else []
            yield from (value.partition("=")[2] for value in said)
        elif self.kind == "recording":
            yield from self._recording_codes(field)
        elif self.kind != "artist":
            yield from self._release_codes(field)

    def _recording_codes(self, field: str) -> Iterator[str]:
        if field == "isrc":
            yield from (claim["isrc"] for claim in self._facts["claims"])
        elif field == "arid":
            maker = self._held.row(self._facts["maker"] or None)
            yield from mbids(maker) if maker else ()
        elif field == "reid":
            yield from (mbid for release in self._releases for mbid in mbids(release))
        elif field == "tnum":
            number = self._held.number(self._row.id)
            for release in self._releases:
                placed = zip(facts(release)["recordings"], positions(release), strict=True)
                yield from (str(position or 0) for other, position in placed if other == number)

    def _release_codes(self, field: str) -> Iterator[str]:
        if field in ("type", "primarytype"):
            yield self._first("kind")
        elif field == "arid":
            makers = (
                self._held.row(self._held.number(thing)) for thing in self._linked(self._row.id, "artist")
            )
            yield from (mbid for maker in makers if maker for mbid in mbids(maker))
        elif self.kind == "release-group":
            yield from mbids(self._row) if field == "reid" else ()
        elif field == "barcode":
            yield from (claim["barcode"] for claim in self._facts["claims"])
        elif field == "country":
            yield self._first("country")
        elif field == "rgid":
            # Only what records name: that which a release is by itself is asked for as a release.
            groups = self._linked(self._row.id, "release-group")
            yield from (group for group in groups if not group.startswith(GROUP))

    def _first(self, field: str) -> str:
        return next((claim[field] for claim in self._facts["claims"] if claim[field]), "")


class Weigher:
    """Says how well things fit; rare words count more than common ones."""

    def __init__(self, bearing: Callable[[str], tuple[int, int]]) -> None:
        """`bearing` gives how many things have a word, of how many."""
        self._bearing = bearing
        self._rarity: dict[str, float] = {}

    def weigh(self, asked: Asked, document: RowDocument) -> float | None:
        """None where it does not fit."""
        if isinstance(asked, Term):
            return self._term(asked, document)
        if isinstance(asked, Code):
            fits = code(asked.field, asked.value) in document.codes(asked.field)
            return _CODE if fits else None
        if isinstance(asked, Between):
            if asked.low is None and asked.high is None:
                return _NUMBER
            number = document.number(asked.field)
            low, high = asked.low, asked.high
            fits = number is not None and (low is None or low <= number) and (high is None or number <= high)
            return _NUMBER if fits else None
        return _NUMBER if isinstance(asked, All) else self._group(asked, document)

    def _group(self, asked: Group, document: RowDocument) -> float | None:
        worth, fits = 0.0, False
        musts = any(how == "must" for how, _ in asked.parts)
        for how, part in asked.parts:
            found = self.weigh(part, document)
            if (how == "must" and found is None) or (how == "not" and found is not None):
                return None
            if how != "not" and found is not None:
                worth, fits = worth + found, True
        only_not = bool(asked.parts) and all(how == "not" for how, _ in asked.parts)
        return worth if fits or musts or only_not else None

    def _term(self, term: Term, document: RowDocument) -> float | None:
        tokens = fold(term.text)
        if not tokens:
            return None
        if term.phrase and len(tokens) > 1:
            fields = [field for field in term.fields if _has_phrase(document.words(field), tokens)]
            worth = sum(map(self._rare, tokens))
            return max((WORDS[field] * worth for field in fields), default=None)
        worth = 0.0
        for place, token in enumerate(tokens):
            prefix = term.prefix and place == len(tokens) - 1
            near = min(term.near, 2) if len(token) > 2 else 0
            found = 0.0
            for field in term.fields:
                words = document.words(field)
                if any(_is_like(word, token, near, prefix) for word in words):
                    found += WORDS[field] * 2.2 / (1.2 * (0.4 + 0.15 * len(words)) + 1)
            if not found:
                return None
            worth += found * self._rare(token)
        return worth

    def _rare(self, token: str) -> float:
        if token not in self._rarity:
            count, total = self._bearing(token)
            self._rarity[token] = (
                math.log(1 + (total - count + 0.5) / (count + 0.5)) if total > count else 0.5
            )
        return self._rarity[token]


def _has_phrase(words: Sequence[str], tokens: Sequence[str]) -> bool:
    length = len(tokens)
    return any(words[at : at + length] == tokens for at in range(len(words) - length + 1))


def _is_like(word: str, token: str, near: int, prefix: bool) -> bool:
    if word == token or (prefix and word.startswith(token)):
        return True
    if not near:
        return False
    if prefix:
        return any(
            _mistakes(word[:end], token) <= near for end in range(max(len(token) - near, 1), len(word) + 1)
        )
    return abs(len(word) - len(token)) <= near and _mistakes(word, token) <= near


def _mistakes(one: str, other: str) -> int:
    """Letters that are wrong, missing or too many, or swapped with the next."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        now = [place]
        for at, beside in enumerate(other, 1):
            best = min(last[at] + 1, now[at - 1] + 1, last[at - 1] + (letter != beside))
            if place > 1 and at > 1 and letter == other[at - 2] and one[place - 2] == beside:
                best = min(best, before[at - 2] + 1)
            now.append(best)
        before, last = last, now
    return last[-1]
