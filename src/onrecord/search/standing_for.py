# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which words of the text index a beginning, or a word with a mistake, may stand for: the commonest of them.

To find them many words are looked up, and the same are asked for again and again: each letter that is typed, each row
of a list. So they are kept as long as the index is as it is.
"""

from collections.abc import Sequence
from typing import Any, Final

#: Words whose answers are kept.
_MOST_KEPT: Final = 4_096


class StandingFor:
    """Asks one state of an index, for any number of threads."""

    def __init__(self, searcher: Any) -> None:
        self.searcher = searcher
        self._kept: dict[tuple[str, str, int], list[str]] = {}
        #: What `text` counted of all that is here.
        self.tallies: dict[tuple[int, ...], dict[int, int]] = {}

    def beginning(self, field: str, token: str, limit: int) -> list[str]:
        """Words that begin so."""
        key = (field, token, limit)
        if (words := self._kept.get(key)) is None:
            words = [word for word, _ in self.searcher.terms_with_prefix(field, token, limit=limit)]
            self._keep(key, words)
        return words

    def near(self, field: str, token: str, guessed: Sequence[str], limit: int) -> list[str]:
        """Those of `guessed`, which the token decides, that are there."""
        key = (field, token, -limit)
        if (words := self._kept.get(key)) is None:
            known = [(self.searcher.doc_freq(field, guess), guess) for guess in guessed]
            words = [word for _, word in sorted((pair for pair in known if pair[0]), reverse=True)[:limit]]
            self._keep(key, words)
        return words

    def _keep(self, key: tuple[str, str, int], words: list[str]) -> None:
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[key] = words
