# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The best of what the text index finds, kept small: what is asked of one kind alone is often among the best of all."""

from array import array
from collections.abc import Callable, Collection

from msgspec import Struct


class Scored(Struct, frozen=True):
    """Numbers, the best first, and their scores: a seventh of what pairs of them take."""

    numbers: "array[int]"
    scores: "array[float]"


class Best(Struct, frozen=True):
    """Numbers, the best first, their scores, and which combination of facets each has; of `count` in all."""

    count: int
    numbers: "array[int]"
    scores: "array[float]"
    combinations: "array[int]"

    @property
    def is_all(self) -> bool:
        return self.count <= len(self.numbers)

    def first(self, k: int, fits: Callable[[int], bool]) -> list[int] | None:
        """The first `k` whose combination fits, None where that cannot be told from these."""
        fitting = {number for number in set(self.combinations) if fits(number)}
        pairs = zip(self.numbers, self.combinations, strict=True)
        found = [number for number, combination in pairs if combination in fitting]
        return found[:k] if self.is_all or len(found) >= k else None

    def tally(self, without: Collection[int]) -> dict[int, int]:
        """How many have which combination, but for some numbers."""
        found = dict[int, int]()
        for number, combination in zip(self.numbers, self.combinations, strict=True):
            if number not in without:
                found[combination] = found.get(combination, 0) + 1
        return found
