# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts what a search found by any facets, from how often each combination of facets was found."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from onrecord.search.facets import Facets


class Tally:
    """`found` is (facets, how many have just these)."""

    def __init__(self, found: Iterable[tuple[Sequence[str], int]]) -> None:
        self._counts: list[int] = []
        self._having: dict[str, set[int]] = defaultdict(set)
        for place, (facets, count) in enumerate(found):
            self._counts.append(count)
            for facet in facets:
                self._having[facet].add(place)

    def of(self, facets: Facets) -> int:
        """How many a search would give with these facets."""
        groups = [self._any(group) for group in facets.any_of]
        fitting = set.intersection(*groups) if groups else set(range(len(self._counts)))
        return sum(self._counts[place] for place in fitting - self._any(facets.none_of))

    def _any(self, facets: Sequence[str]) -> set[int]:
        there = [self._having[facet] for facet in facets if facet in self._having]
        return there[0] if len(there) == 1 else set().union(*there)
