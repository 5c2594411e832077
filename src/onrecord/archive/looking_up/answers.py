# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look-up answers: matches with confidence and reasons, and the count of them all."""

from collections.abc import Sequence
from typing import Final, Literal

from msgspec import Struct, field

Outcome = Literal["found", "several", "nothing found", "wrong"]
#: Names of the outcomes, in the order of a summary.
OUTCOMES: Final[tuple[Outcome, ...]] = ("found", "several", "nothing found", "wrong")
#: With less between them the two best are equally good.
_APART: Final = 0.02
#: From here a match is as good as certain, and from here it is likely.
CERTAIN, LIKELY = 0.95, 0.8


class Match(Struct, frozen=True, forbid_unknown_fields=True):
    """A thing that may be meant. `confidence` goes from 0 to 1 (`weighing` says what it is made of)."""

    kind: str
    id: str
    title: str
    subtitle: str
    has_sound: bool
    confidence: float
    reasons: tuple[str, ...]


class LookedUp(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to one row, at the row's place.

    row      its number, from 1, and `line` where it starts in what was sent
    outcome  `found`; `several` where the two best are equally good; `nothing found`; `wrong` where it asks nothing that
             can be understood
    matches  best first
    wrong    what in the row was not understood; the rest of it was looked up
    """

    row: int
    line: int
    outcome: Outcome
    matches: tuple[Match, ...] = ()
    wrong: tuple[str, ...] = ()


class Summary(Struct, frozen=True, forbid_unknown_fields=True):
    """All rows together. Of those with a match, `certain` have one of 0.95 or more, `likely` one of 0.8 or more."""

    rows: int
    found: int
    several: int
    nothing_found: int
    wrong: int
    certain: int
    likely: int
    doubtful: int


class Tally(Struct):
    """Counts answers as they are given."""

    outcomes: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    certain: int = 0
    likely: int = 0

    def count(self, outcome: Outcome, confidence: float) -> None:
        """`confidence` is that of the best match, 0 where there is none."""
        self.outcomes[outcome] += 1
        self.certain += confidence >= CERTAIN
        self.likely += LIKELY <= confidence < CERTAIN

    def summary(self) -> Summary:
        found, several, nothing, wrong = (self.outcomes[outcome] for outcome in OUTCOMES)
        return Summary(
            rows=found + several + nothing + wrong,
            found=found,
            several=several,
            nothing_found=nothing,
            wrong=wrong,
            certain=self.certain,
            likely=self.likely,
            doubtful=found + several - self.certain - self.likely,
        )


def outcome(matches: Sequence[Match]) -> Outcome:
    """What a row with these matches, best first, came to."""
    if not matches:
        return "nothing found"
    near = len(matches) > 1 and matches[0].confidence - matches[1].confidence < _APART
    return "several" if near else "found"
