# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts what the index found in order: how well words fit, how much of the name was asked for, how popular it is."""

from collections.abc import Sequence
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
    name, others = fold(title), fold(beside)
    fits, matched = 0.0, 0
    for place, token in enumerate(tokens):
        last = place == len(tokens) - 1
        fit, other = _best(token, name, last), _BESIDE * _best(token, others, last)
        matched += len(token) if fit and fit >= other else 0
        fits += max(fit, other)
    joined = "".join(name)
    return (
        fits / max(len(tokens), 1)
        + _EQUAL * (name == list(tokens))
        + _SHORT * min(matched / max(len(joined), 1), 1.0)
        + _ORDER * (len(tokens) > 1 and "".join(tokens) in joined)
        + _POPULAR * min(weight, MOST) / MOST
    )


def _best(token: str, words: Sequence[str], last: bool) -> float:
    if token in words:
        return 1.0  # nothing fits better
    return max((_fit(token, word, last) for word in words), default=0.0)


def _fit(token: str, word: str, last: bool) -> float:
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
