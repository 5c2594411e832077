# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which words of the text index a beginning, or a word with a mistake, may stand for: the commonest of them.

To find them many words are looked up, and the same are asked for again and again: each letter that is typed, each row
of a list. So they are kept as long as the index is as it is.
"""

from collections.abc import Sequence
from typing import Any

from onrecord.search.best import Best, Scored
from onrecord.search.recent import Recent

#: Words whose answers are kept, and questions of which what was found is.
_MOST_KEPT, _MOST_FOUND = 2_048, 256


class StandingFor:
    """Asks one state of an index, for any number of threads."""

    def __init__(self, searcher: Any) -> None:
        self.searcher = searcher
        self._words: Recent[tuple[str, str, int], list[str]] = Recent(_MOST_KEPT)
        #: What `text` found in a mode that has some tokens.
        self.best: Recent[tuple[str, ...], Best] = Recent(_MOST_FOUND)
        #: What it found of some facets alone.
        self.narrowed: Recent[Any, Scored] = Recent(_MOST_FOUND)
        #: How many it counted or found in a mode.
        self.counts: Recent[tuple[str, ...], int] = Recent(_MOST_FOUND)
        #: What `text` counted of all that is here.
        self.tallies: dict[tuple[int, ...], dict[int, int]] = {}

    def beginning(self, field: str, token: str, limit: int) -> list[str]:
        """Words that begin so."""

        def look() -> list[str]:
            return [word for word, _ in self.searcher.terms_with_prefix(field, token, limit=limit)]

        return self._words.kept((field, token, limit), look)

    def near_beginning(self, field: str, token: str, guessed: Sequence[str], limit: int) -> list[str]:
        """Words that begin as the token, or as one of `guessed`; of each at most so many, the commonest."""

        def look() -> list[str]:
            # Many times as fast as an automaton, which follows every letter that might be another.
            starts = self.searcher.terms_with_prefix
            return sorted(
                {word for guess in (token, *guessed) for word, _ in starts(field, guess, limit=limit)}
            )

        return self._words.kept((f"{field}*", token, limit), look)

    def frequency(self, token: str) -> int:
        """How many things have a token in one of the fields, or some more."""
        return sum(int(self.searcher.doc_freq(field, token)) for field in ("name", "beside"))

    def near(self, field: str, token: str, guessed: Sequence[str], limit: int) -> list[str]:
        """Those of `guessed`, which the token decides, that are there."""

        def look() -> list[str]:
            known = [(self.searcher.doc_freq(field, guess), guess) for guess in guessed]
            return [word for _, word in sorted((pair for pair in known if pair[0]), reverse=True)[:limit]]

        return self._words.kept((field, token, -limit), look)
