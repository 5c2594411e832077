# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Made titles and artists: the same number is always the same thing, so that an index can be built on where it stopped.

Words are syllables, some hundred thousand of them, as frequent as words are (Zipf); titles have one to seven.
"""

import bisect
import itertools
import random
from typing import Final, NamedTuple

WORDS: Final = 400_000
_SYLLABLES: Final = [a + b for a in "bcdfghjklmnprstvwz" for b in "aeiou"]
_ENDS: Final = ("", "", "n", "s", "r", "l", "t", "nd")


class Made(NamedTuple):
    title: str
    artist: str
    year: int
    weight: int


class Maker:
    def __init__(self) -> None:
        self.words = [_word(number) for number in range(WORDS)]
        self._sums = list(itertools.accumulate(1 / (number + 8) ** 0.95 for number in range(WORDS)))

    def make(self, number: int) -> Made:
        chance = random.Random(number)
        # One artist has some twelve recordings.
        artist = random.Random(-1 - chance.randrange(number // 12 + 8))
        title = self._phrase(chance, (1, 2, 2, 3, 3, 4, 5, 7))
        return Made(
            title,
            self._phrase(artist, (1, 2, 2, 3)),
            1950 + number % 77,
            16 * (int(chance.expovariate(0.7)) % 16),
        )

    def _phrase(self, chance: random.Random, lengths: tuple[int, ...]) -> str:
        words = chance.choice(lengths)
        total = self._sums[-1]
        return " ".join(
            self.words[bisect.bisect(self._sums, chance.random() * total)] for _ in range(words)
        ).title()


def mistype(word: str, chance: random.Random, letters: str = "abcdefghijklmnopqrstuvwxyz") -> str:
    """A word with one mistake at any place: a letter wrong, missing, too many, or swapped with the next."""
    place, kind = chance.randrange(len(word)), chance.randrange(4)
    letter = chance.choice([other for other in letters if other != word[place]])
    if kind == 0:
        return word[:place] + word[place + 1 :]
    if kind == 1:
        return word[:place] + letter + word[place:]
    if kind == 2 and place < len(word) - 1 and word[place] != word[place + 1]:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return word[:place] + letter + word[place + 1 :]


def _word(number: int) -> str:
    chance = random.Random(number)
    syllables = (1, 2, 2, 3) if number < 3_000 else (2, 3, 3, 4)
    return "".join(chance.choice(_SYLLABLES) for _ in range(chance.choice(syllables))) + chance.choice(_ENDS)
