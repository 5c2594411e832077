# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds things: by any identifier, else by words, as they were typed and then with mistakes; the best first."""

import itertools
import re
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from onrecord.errors import StoreFailed, UsageError
from onrecord.model.filters import EVERYTHING, Filters
from onrecord.search import cache_files, codes
from onrecord.search.entities import PAGED
from onrecord.search.facets import Facets, wanted
from onrecord.search.finishing import ROWS
from onrecord.search.fold import asked, fold, stands_alone
from onrecord.search.ranking import score
from onrecord.search.recent import Recent
from onrecord.search.rows import Named, Rows
from onrecord.search.tally import Tally
from onrecord.search.text import TOP_STEP, Mode, TextIndex

#: So many of what the index finds are weighed at first, and so many at most, where a filter drops the others.
_POOL, _LARGEST_POOL = 100, 2_000
#: With fewer than this that fit as typed, mistakes are looked for.
_FEW: Final = 10
#: How words are looked for: as somebody types them, with mistakes where that finds little. Or as they are.
MODES: Final[tuple[Mode, ...]] = ("typing", "one", "number", "each")
WHOLE: Final[tuple[Mode, ...]] = ("whole",)
_LONGEST_ID: Final = 300
#: A listing asks for so many at a time, and looks at so many at most where a filter drops the others.
_PORTION, _MOST_LISTED = 200, 2_000
#: Documents that are looked at to count what words find, and what fits without words; ids that counting leaves out.
_MOST_COUNTED, _MOST_LISTED_COUNTED, _MOST_HIDDEN = 100_000, 5_000_000, 200
#: A beginning this short is looked for in names, if the words before it leave few.
_SHORT_BESIDE: Final = 2
#: How those words are looked for then.
_WITHOUT_LAST: Final[Mapping[Mode, Mode]] = {"typing": "whole", "one": "spoilt"}
_PLACE: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,18})", re.ASCII)
_Answer = TypeVar("_Answer")
_MOST_TOKENS: Final = 16
#: Of so many things what a search weighs is kept: the best known fit many questions.
_MOST_KEPT: Final = 8_192
#: So often a question is asked while what it is asked of is made anew meanwhile: seldom even twice.
_TRIES: Final = 3


class Finder:
    """Searches what the last match made, for any number of threads."""

    def __init__(self, search: Path) -> None:
        self._search = search
        self._file = search / ROWS
        self._rows = Rows(self._file)
        self._opening = threading.Lock()
        self._index: tuple[str, TextIndex] | None = None
        self._named: tuple[object, str] | None = None
        self._kept: tuple[object, Recent[int, Named]] = None, Recent(_MOST_KEPT)
        self._known: tuple[str, dict[int, tuple[str, ...]]] = ("", {})

    def find(
        self,
        query: str,
        filters: Filters = EVERYTHING,
        k: int = 20,
        keep: Callable[[Named], bool] = lambda named: True,
        modes: Sequence[Mode] = MODES,
    ) -> list[Named]:
        """At most `k`, best first. `keep` is asked about each, in that order, until there are enough; of what it drops
        at most some thousands are looked at. `modes` are the ways to look for words, one after another until some are
        found; with `WHOLE` alone the query is words as they are, and no identifier."""
        return self._of_one_index(lambda: self._found(query, wanted(filters), k, keep, modes))

    def _found(
        self, query: str, facets: Facets, k: int, keep: Callable[[Named], bool], modes: Sequence[Mode]
    ) -> list[Named]:
        if modes == WHOLE:
            return self._by_words(query, facets, k, keep, modes)
        if bearers := self._bearers(query):
            found = [item for item in bearers if facets.fit(item.facets) and keep(item)]
            if codes.may_be_words(query):
                there = {item.number for item in found}
                words = self._by_words(query, facets, k, keep, modes)
                found += [item for item in words if item.number not in there]
            return found[:k]
        return self._by_words(query, facets, k, keep, modes)

    def find_kinds(
        self,
        query: str,
        limits: Mapping[str, int],
        filters: Filters = EVERYTHING,
        keep: Callable[[Named], bool] = lambda named: True,
    ) -> tuple[dict[str, list[Named]], bool]:
        """At most so many of each kind, best first, and whether any fit as typed; where few of all kinds do, mistakes
        are looked for. One search does for all kinds, unless more is found than is weighed at first; then those are
        asked for alone of which too few are among it."""
        return self._of_one_index(lambda: self._found_kinds(query, limits, filters, keep))

    def _found_kinds(
        self, query: str, limits: Mapping[str, int], filters: Filters, keep: Callable[[Named], bool]
    ) -> tuple[dict[str, list[Named]], bool]:
        facets = {kind: wanted(msgspec.structs.replace(filters, kinds=(kind,))) for kind in limits}
        if bearers := self._bearers(query):
            kept = {kind: [item for item in bearers if facets[kind].fit(item.facets)] for kind in limits}
            return {kind: list(filter(keep, kept[kind]))[: limits[kind]] for kind in limits}, True
        tokens = asked(query)[:_MOST_TOKENS]
        # Asked as `counts` asks, where that is the same: the index answers once.
        of_all = set(limits) == set(PAGED)
        every = wanted(msgspec.structs.replace(filters, kinds=() if of_all else tuple(limits)))
        typed = self._numbers(tokens, every, _POOL, MODES[:1])
        near = len(typed) < _FEW
        numbers = self._numbers(tokens, every, _POOL, MODES[1:], typed) if near else typed
        ranked, found = self._ranked(query, numbers), dict[str, list[Named]]()
        for kind, limit in limits.items():
            fitting = [item for item in ranked if facets[kind].fit(item.facets)]
            found[kind] = list(itertools.islice(filter(keep, fitting), limit))
            if len(numbers) >= _POOL and len(found[kind]) < limit:
                modes = MODES if near else MODES[:1]
                found[kind] = self._by_words(query, facets[kind], limit, keep, modes)
        return found, bool(typed)

    def browse(
        self,
        filters: Filters,
        k: int = 20,
        after: str = "",
        keep: Callable[[Named], bool] = lambda named: True,
    ) -> tuple[list[Named], str]:
        """What fits, without words: the best known first, at most `k`, and after which place it goes on, "" at the end.

        A place stays what it is when things come and go. Of what `keep` drops some thousands are looked at, so there
        may be fewer than `k` before the end. UsageError for a place that is none.
        """
        return self._of_one_index(lambda: self._browsed(wanted(filters), k, after, keep))

    def _browsed(
        self, facets: Facets, k: int, after: str, keep: Callable[[Named], bool]
    ) -> tuple[list[Named], str]:
        found, place = list[Named](), after
        for looked, (here, item) in enumerate(self._listed(facets, *_place(after))):
            if looked == _MOST_LISTED:
                return found, place
            if keep(item):
                if len(found) == k:
                    return found, place
                found.append(item)
            place = here
        return found, ""

    def listed(self, filters: Filters, behind: str = "") -> Iterator[Named]:
        """All that fits, the best known first, from behind the thing with an id on."""
        step, number = TOP_STEP, -1
        if behind and (at := self._rows.number(behind)) is not None:
            step, number = next((item.weight >> 4 for item in self._items([at])), 0), at
        return (item for _, item in self._listed(wanted(filters), step, number))

    def counts(self, query: str, of: Sequence[Filters], without: Collection[str] = ()) -> list[int] | None:
        """How many fit each of these filters, of what the query finds without any: all of it where there is none.

        As the last match left them; the ids `without` are not counted. None where that would take long, or where more
        fit a query with mistakes than are looked at.
        """
        tally = self._of_one_index(lambda: self._tally(query, without))
        return [tally.of(wanted(filters)) for filters in of] if tally else None

    def _tally(self, query: str, without: Collection[str]) -> Tally | None:
        tokens, bearers = asked(query)[:_MOST_TOKENS], self._bearers(query)
        as_words = not bearers or codes.may_be_words(query)
        if query.strip() and not tokens and not bearers:
            return Tally(())
        found = self._few(tokens) if as_words and tokens else []
        if found is None or not query.strip():
            return None if bearers else self._tally_of_many(tokens, without)
        both = {item.number: item for item in (*bearers, *found)}.values()
        return Tally((item.facets, 1) for item in both if item.id not in without)

    def _tally_of_many(self, tokens: Sequence[str], without: Collection[str]) -> Tally | None:
        """Of all that there is, or of what words find; None where those find few or very many."""
        if len(without) > _MOST_HIDDEN:
            return None
        hidden = [number for id in sorted(without) if (number := self._rows.number(id)) is not None]
        most = _MOST_COUNTED if tokens else _MOST_LISTED_COUNTED
        counted = self._answered(lambda index: (index, index.tally(tokens, hidden, _POOL, most)), None)
        if counted is None or counted[1] is None or self._index is None or counted[0] is not self._index[1]:
            return None
        facets = self._combinations(self._index[0], counted[1])
        return Tally((facets[each], count) for each, count in counted[1].items()) if facets else None

    def _combinations(self, index: str, numbers: Iterable[int]) -> dict[int, tuple[str, ...]] | None:
        """The facets that combinations stand for, as they were given with an index; None where it is gone."""
        if self._known[0] != index:
            self._known = index, {}
        known = self._known[1]
        if missing := [number for number in numbers if number not in known]:
            name, found = self._rows.combinations(missing)
            if name != index or len(found) < len(missing):
                return None
            known |= found
        return known

    def _few(self, tokens: Sequence[str]) -> list[Named] | None:
        """All that words find, None where that is more than are weighed at first."""
        numbers = self._numbers(tokens, Facets(), _POOL, MODES)
        return self._items(numbers) if len(numbers) < _POOL else None

    def has(self, filters: Filters) -> bool:
        """Does anything fit, whoever may see it?"""
        return next(self._listed(wanted(filters), TOP_STEP, -1), None) is not None

    def _listed(self, facets: Facets, step: int, number: int) -> Iterator[tuple[str, Named]]:
        """(place, thing) from behind a place on."""
        while step >= 0:
            numbers = self._answered(lambda index: index.listed(facets, step, number, _PORTION), list[int]())  # noqa: B023
            for item in self._items(numbers):
                yield f"{step}.{item.number}", item
            step, number = (step, numbers[-1]) if len(numbers) == _PORTION else (step - 1, -1)

    def _bearers(self, query: str) -> list[Named]:
        """What is called so by an identifier: one of the field, or an id of the archive's own."""
        text = query.strip()
        if not text or len(text) > _LONGEST_ID or "\x00" in text:
            return []
        found = {item.number: item for key in codes.read(text) for item in self._rows.bearers(*key)}
        if not found and text.isascii() and text.isalnum():
            return self._rows.of_ids([text])
        return list(found.values())

    def _by_words(
        self, query: str, facets: Facets, k: int, keep: Callable[[Named], bool], modes: Sequence[Mode]
    ) -> list[Named]:
        tokens, words = asked(query)[:_MOST_TOKENS], fold(query)[:_MOST_TOKENS]
        pool, dropped = max(_POOL, k), dict[int, bool]()
        while True:
            numbers = self._numbers(tokens, facets, pool, modes)
            items = self._items(numbers)
            ranks = {item.number: score(words, item.title, item.beside, item.weight) for item in items}
            found = []
            for item in sorted(items, key=lambda item: (-ranks[item.number], item.number)):
                if item.number not in dropped:
                    dropped[item.number] = not keep(item)
                if not dropped[item.number]:
                    found.append(item)
                if len(found) == k:
                    return found
            if len(numbers) < pool or pool >= _LARGEST_POOL:
                return found
            pool = min(pool * 4, _LARGEST_POOL)

    def _ranked(self, query: str, numbers: Sequence[int]) -> list[Named]:
        words = fold(query)[:_MOST_TOKENS]
        items = self._items(numbers)
        ranks = {item.number: score(words, item.title, item.beside, item.weight) for item in items}
        return sorted(items, key=lambda item: (-ranks[item.number], item.number))

    def _numbers(
        self,
        tokens: Sequence[str],
        facets: Facets,
        pool: int,
        modes: Sequence[Mode],
        before: Sequence[int] = (),
    ) -> list[int]:
        """Numbers that fit, those with a mistake only where few others do; `before` are those that were found yet."""
        found = dict.fromkeys(before)
        for mode in modes:
            # A number that was typed right must not bring all others: it is doubted where nothing else is found.
            if mode in ("number", "each") and found:
                break
            fitting = (
                self._begun(tokens, facets, pool, _WITHOUT_LAST[mode]) if mode in _WITHOUT_LAST else None
            )
            if fitting is None:
                fitting = self._asked(tokens, mode, facets, pool)
            found |= dict.fromkeys(fitting)
            if len(found) >= _FEW:
                break
        return list(found)[:pool]

    def _begun(self, tokens: Sequence[str], facets: Facets, pool: int, mode: Mode) -> list[int] | None:
        """What fits where a short beginning follows words that few things have in this mode: of one letter the index
        knows the commonest words alone, and of two it would read half of all things, so it is looked for in the names.
        None where that is not so."""
        words, begun = tokens[:-1], "".join(tokens[-1:])
        if not words or len(begun) > _SHORT_BESIDE or stands_alone(begun[0]):
            return None
        numbers = self._asked(words, mode, facets, pool)
        if len(numbers) == pool:
            return None
        items = self._items(numbers)
        return [
            item.number
            for item in items
            if any(word.startswith(begun) for name in (item.title, item.beside) for word in fold(name))
        ]

    def _items(self, numbers: Sequence[int]) -> list[Named]:
        """As `Rows.named`; what was read lately of the rows as they are now is not read again."""
        mark = self._mark()
        kept = self._kept
        if kept[0] != mark or mark is None:
            kept = self._kept = mark, Recent(_MOST_KEPT)
        found = {number: item for number in numbers if (item := kept[1].find(number)) is not None}
        if missing := [number for number in numbers if number not in found]:
            for item in self._rows.named(missing):
                found[item.number] = item
                kept[1].put(item.number, item)
        return [found[number] for number in numbers if number in found]

    def _asked(self, tokens: Sequence[str], mode: Mode, facets: Facets, k: int) -> list[int]:
        """Numbers, the best first. Where what was found without facets lately tells which fit, the index is not asked
        again."""
        told = self._told(tokens, mode, facets, k) if facets else None
        if told is not None:
            return told
        hits = self._answered(lambda index: index.search(tokens, mode, facets, k), list[tuple[int, float]]())
        return [number for number, _ in hits]

    def _told(self, tokens: Sequence[str], mode: Mode, facets: Facets, k: int) -> list[int] | None:
        known = self._answered(lambda index: (index, index.known(tokens, mode)), None)
        index = self._index
        if known is None or known[1] is None or index is None or known[0] is not index[1]:
            return None
        has = self._combinations(index[0], set(known[1].combinations))
        return None if has is None else known[1].first(k, lambda combination: facets.fit(has[combination]))

    def _of_one_index(self, ask: Callable[[], _Answer]) -> _Answer:
        """What `ask` says, from its first look to its last with one index: once rows and index were made anew, numbers
        stand for other things."""
        for _ in range(_TRIES):
            before = self._text()
            found = ask()
            if self._text() == before:
                break
        return found

    def _answered(self, ask: Callable[[TextIndex], _Answer], nothing: _Answer) -> _Answer:
        """What the index of now says, `nothing` where there is none yet."""
        for again in (True, False):
            name = self._text()
            if not name:
                return nothing
            try:
                return ask(self._opened(name))
            except StoreFailed:
                # Between the two lines another index may have taken its place.
                self._index = None
                if not again or self._text() == name:
                    raise
        return nothing

    def _opened(self, name: str) -> TextIndex:
        """One for all threads: each index that is open takes memory and threads of its own."""
        with self._opening:
            if self._index is None or self._index[0] != name:
                self._index = name, TextIndex(self._search / name)
            return self._index[1]

    def _text(self) -> str:
        """The name of the index of now; read again where the rows were changed, or other rows took their place."""
        mark = self._mark()
        if mark is None:
            return ""
        named = self._named
        if named is None or named[0] != mark:
            named = self._named = mark, self._rows.text()
        return named[1]

    def _mark(self) -> object:
        """Another one where the rows were changed, or others took their place; None where there are none yet."""
        return cache_files.mark(self._file)


def _place(after: str) -> tuple[int, int]:
    """(step of popularity, number) behind which a listing goes on."""
    if not after:
        return TOP_STEP, -1
    found = _PLACE.fullmatch(after)
    if found is None or int(found[1]) > TOP_STEP:
        raise UsageError(
            f"{after[:60]!r} is no place in a listing",
            "expected what the page of results before it gave as `after`",
        )
    return int(found[1]), int(found[2])
