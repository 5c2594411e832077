# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decisions for a whole catalog: the gate is asked once for each distinct profile of evidence, and joined back."""

import datetime as dt
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

from onrecord.model.rights import Decision, Evidence, Part, Use
from onrecord.rights.gate import decide

Id = TypeVar("Id")
Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")

#: Answers that are remembered. Beyond it all are forgotten and asked again: memory has a bound, the answer has none.
MOST: Final = 100_000


def decide_each(
    profiles: Iterable[tuple[str, Key]],
    evidence_of: Callable[[Key], Sequence[Evidence]],
    use: Use,
    territory: str,
    day: dt.date,
    commercial: bool = False,
    part: Part = Part.RECORDING,
) -> Iterator[tuple[str, Decision]]:
    """(id, decision) for each (id, profile), in that order. `evidence_of` tells what is said by a profile, the same
    each time; it is called as the pairs are taken, and may be called again for a profile seen long ago."""

    def ask(key: Key) -> Decision:
        return decide(evidence_of(key), use, territory, day, commercial, part)

    return ask_each(profiles, ask)


def ask_each(
    profiles: Iterable[tuple[Id, Key]], ask: Callable[[Key], Answer], most: int = MOST
) -> Iterator[tuple[Id, Answer]]:
    """(id, answer) for each (id, profile), in that order. `ask` must give the same answer each time it is asked."""
    known: dict[Key, Answer] = {}
    for id, key in profiles:
        answer = known.get(key)
        if answer is None:
            if len(known) >= most:
                known.clear()
            answer = known[key] = ask(key)
        yield id, answer
