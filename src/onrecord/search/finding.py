# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds things: by any identifier, else by words, as they were typed and then with mistakes; the best first."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from onrecord.errors import StoreFailed
from onrecord.model.filters import EVERYTHING, Filters
from onrecord.search import codes
from onrecord.search.facets import Facets, wanted
from onrecord.search.fold import asked, fold
from onrecord.search.ranking import score
from onrecord.search.rows import Named, Rows
from onrecord.search.text import Mode, TextIndex

#: So many of what the index finds are weighed at first, and so many at most, where a filter drops the others.
_POOL, _LARGEST_POOL = 100, 2_000
#: With fewer than this that fit as typed, mistakes are looked for.
_FEW: Final = 10
_LONGEST_ID: Final = 300
_MOST_TOKENS: Final = 16


class Finder:
    """Searches what the last match made. Used by one thread at a time."""

    def __init__(self, search: Path) -> None:
        self._search = search
        self._rows = Rows(search / "rows.sqlite")
        self._index: tuple[str, TextIndex] | None = None

    def find(
        self,
        query: str,
        filters: Filters = EVERYTHING,
        k: int = 20,
        keep: Callable[[Named], bool] = lambda named: True,
    ) -> list[Named]:
        """At most `k`, best first. `keep` is asked about each, in that order, until there are enough; of what it drops
        at most some thousands are looked at."""
        facets = wanted(filters)
        if bearers := self._bearers(query):
            found = [item for item in bearers if facets.fit(item.facets) and keep(item)]
            return found[:k]
        return self._by_words(query, facets, k, keep)

    def _bearers(self, query: str) -> list[Named]:
        """What is called so by an identifier: one of the field, or an id of the archive's own."""
        text = query.strip()
        if not text or len(text) > _LONGEST_ID or "\x00" in text:
            return []
        numbers = [number for key in codes.read(text) for number in self._rows.coded(*key)]
        if not numbers and text.isascii() and text.isalnum():
            own = self._rows.number(text)
            numbers = [own] if own is not None else []
        return self._rows.named(list(dict.fromkeys(numbers)))

    def _by_words(self, query: str, facets: Facets, k: int, keep: Callable[[Named], bool]) -> list[Named]:
        tokens, words = asked(query)[:_MOST_TOKENS], fold(query)[:_MOST_TOKENS]
        pool, dropped = max(_POOL, k), dict[int, bool]()
        while True:
            numbers = self._numbers(tokens, facets, pool)
            items = self._rows.named(numbers)
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

    def _numbers(self, tokens: Sequence[str], facets: Facets, pool: int) -> list[int]:
        """Numbers that fit, those with a mistake only where few others do."""
        found: dict[int, None] = {}
        modes: tuple[Mode, ...] = ("typing", "one", "number", "each")
        for mode in modes:
            # A number that was typed right must not bring all others: it is doubted where nothing else is found.
            if mode in ("number", "each") and found:
                break
            found |= dict.fromkeys(number for number, _ in self._asked(tokens, mode, facets, pool))
            if len(found) >= _FEW:
                break
        return list(found)[:pool]

    def _asked(self, tokens: Sequence[str], mode: Mode, facets: Facets, k: int) -> list[tuple[int, float]]:
        for again in (True, False):
            name = self._rows.text()
            if not name:
                return []
            try:
                if self._index is None or self._index[0] != name:
                    self._index = name, TextIndex(self._search / name)
                return self._index[1].search(tokens, mode, facets, k)
            except StoreFailed:
                # Between the two lines another index may have taken its place.
                self._index = None
                if not again or self._rows.text() == name:
                    raise
        return []
