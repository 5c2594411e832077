# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts what the index found in order: how well words fit, how much of the name was asked for, how popular it is."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from onrecord.search.fold import fold
from onrecord.search.popularity import MOST
from onrecord.search.variants import is_near, may_be_wrong, number_may_be_wrong

#: What a word counts that is there as it is, as a beginning (and the more of it, the more), with one mistake.
_BEGINS: Final = 0.6
_NEAR: Final = 0.55
#: What a number counts that has another digit: another number is seldom meant.
_NEAR_NUMBER: Final = 0.3
#: What a word counts that is in a name beside the thing's own.
_BESIDE: Final = 0.7
#: How much may be added for a name that is the query, for a short name, for words in order, for the most popular.
_EQUAL, _SHORT, _ORDER, _POPULAR = 0.3, 0.3, 0.1, 0.3


def score(tokens: Sequence[str], title: str, beside: str, weight: int) -> float:
    """From 0 to 2. The last of the tokens, which are folded, may be a beginning."""
    name, others = _folded(title), _folded(beside)
    fits, matched, end = 0.0, 0, len(tokens) - 1
    for place, token in enumerate(tokens):
        last = place == end
        fit = _best(token, name, last)
        if fit < _BESIDE:  # else no name beside it can say more
            other = _BESIDE * _best(token, others, last)
            matched += len(token) if fit and fit >= other else 0
            fit = max(fit, other)
        else:
            matched += len(token)
        fits += fit
    return _sum(tokens, name, fits, matched, weight)


def highest(tokens: Sequence[str], title: str, weight: int) -> float:
    """What `score` gives at most, whatever the names beside the title are."""
    name, end = _folded(title), len(tokens) - 1
    best = [_best(token, name, place == end) for place, token in enumerate(tokens)]
    matched = sum(len(token) for token, fit in zip(tokens, best, strict=True) if fit)
    return _sum(tokens, name, sum(max(fit, _BESIDE) for fit in best), matched, weight)


def _sum(tokens: Sequence[str], name: tuple[str, ...], fits: float, matched: int, weight: int) -> float:
    joined = "".join(name)
    return (
        fits / max(len(tokens), 1)
        + _EQUAL * (name == tuple(tokens))
        + _SHORT * min(matched / max(len(joined), 1), 1.0)
        + _ORDER * (len(tokens) > 1 and "".join(tokens) in joined)
        + _POPULAR * min(weight, MOST) / MOST
    )


@lru_cache(maxsize=16_384)
def _folded(text: str) -> tuple[str, ...]:
    """Kept, since the best known come again and again, whatever is asked."""
    return tuple(fold(text))


def _best(token: str, words: tuple[str, ...], last: bool) -> float:
    if token in words:
        return 1.0  # nothing fits better
    best = 0.0
    for word in words:
        fit = _fit(token, word, last)
        if fit > best:
            best = fit
    return best


@lru_cache(maxsize=16_384)
def _fit(token: str, word: str, last: bool) -> float:
    """Kept, since what one word finds has the same words."""
    if token == word:
        return 1.0
    if last and word.startswith(token):
        return _BEGINS + 0.35 * len(token) / len(word)
    if may_be_wrong(token) and is_near(token, word, beginning=last):
        # People seldom mistype the first letter.
        return _NEAR + 0.1 * (token[0] == word[0]) + 0.1 * (len(word) <= len(token) + 1)
    if number_may_be_wrong(token) and number_may_be_wrong(word) and is_near(token, word):
        return _NEAR_NUMBER
    return 0.0
