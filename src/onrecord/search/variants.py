# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words with one mistake: a letter wrong, missing, too many, or two of them swapped; and numbers, their digits so."""

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import Final

#: Shorter words bear no mistake: nearly every other short word would be one. One letter less may be typed of them.
SHORTEST: Final = 4
#: A number of more digits is a code: that is right or it is not.
_LONGEST_NUMBER: Final = 8
_DIGITS: Final = "0123456789"
#: So many words are guessed for all words of a query together; a word of eight letters has some 450 variants.
MOST_GUESSES: Final = 8_000
#: Letters that may take another's place, by script, as they are once folded.
_SCRIPTS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "абвгдежзиклмнопрстуфхцчшщъыьэюяіїєґђјљњћџ",
    "αβγδεζηθικλμνξοπρστυφχψω",
    "אבגדהוזחטיכלמנסעפצקרשת",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهويءپچژگ",
)


@lru_cache(maxsize=1024)
def may_be_wrong(word: str) -> bool:
    """Is this a word of letters, long enough for a mistake? Of a script without spaces none is."""
    return len(word) >= SHORTEST - 1 and word.isalpha() and bool(_alphabet(word))


def number_may_be_wrong(word: str) -> bool:
    """Is this a number in which a digit may be wrong, or of three digits, with one missing? Shorter ones (No. 9, opus
    27) are each another thing."""
    return SHORTEST - 1 <= len(word) <= _LONGEST_NUMBER and word.isascii() and word.isdecimal()


def guesses(
    words: Sequence[str],
    wrong: Callable[[str], bool] = may_be_wrong,
    places: Collection[int] | None = None,
) -> dict[int, Sequence[str]]:
    """What each word may stand for that may be wrong, by its place, in some of the `places` or in all. Words at the end
    that would make it more than `MOST_GUESSES` in all are taken as they are."""
    found: dict[int, Sequence[str]] = {}
    left = MOST_GUESSES
    for place, word in enumerate(words):
        if wrong(word) and (places is None or place in places):
            listed = _listed(word)
            if len(listed) > left:
                break
            left -= len(listed)
            found[place] = listed
    return found


def variants(word: str) -> set[str]:
    """All words one mistake away, in the letters of the word's own script, or in digits; some hundreds."""
    letters = _alphabet(word) or _DIGITS
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    if len(word) < SHORTEST:
        return {before + letter + after for before, after in cuts for letter in letters}
    found = {before + after[1:] for before, after in cuts if after}
    found |= {before + after[1] + after[0] + after[2:] for before, after in cuts if len(after) > 1}
    found |= {before + letter + after[1:] for before, after in cuts if after for letter in letters}
    found |= {before + letter + after for before, after in cuts for letter in letters}
    return found - {word}


def is_near(one: str, other: str, *, beginning: bool = False) -> bool:
    """Are two words at most one mistake apart? With `beginning`: `one` and a beginning of `other`."""
    if beginning and len(other) > len(one):
        return _begins_near(one, other)
    if one == other:
        return True
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1 or len(other) < SHORTEST:
        return False
    start = next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[start:] == other[start + 1 :]
    swapped = (
        one[start : start + 2] == other[start : start + 2][::-1] and one[start + 2 :] == other[start + 2 :]
    )
    return swapped or one[start + 1 :] == other[start + 1 :]


def _begins_near(one: str, other: str) -> bool:
    """Is `one` near the letters that the longer `other` begins with: as many, one less, or one more?"""
    size = len(one)
    start = next((place for place, letter in enumerate(one) if letter != other[place]), size)
    if start == size:
        return True
    if size + 1 >= SHORTEST and one[start:] == other[start + 1 : size + 1]:
        return True
    if size < SHORTEST:
        return False
    rest = one[start + 1 :]
    if rest in (other[start + 1 : size], other[start : size - 1]):
        return True
    return (
        one[start + 2 :] == other[start + 2 : size]
        and one[start : start + 2] == other[start : start + 2][::-1]
    )


@lru_cache(maxsize=256)
def _listed(word: str) -> tuple[str, ...]:
    """Kept, since a word is asked for in more ways than one."""
    return tuple(sorted(variants(word)))


def _alphabet(word: str) -> str:
    return "".join(letters for letters in _SCRIPTS if not set(letters).isdisjoint(word))
