# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a recording or a composition is protected: dated facts in, the term and its clause out. Pure.

Only statutes whose text was read speak here (`statutes/`, `docs/terms-of-protection.md`); any other territory is
`not-implemented`. A fact that is not told is named, never guessed.
"""

import datetime as dt
from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from onrecord.model.rights import Evidence, Part
from onrecord.rights import protection_eu, protection_us
from onrecord.rights.protection_facts import Reckoning, read_facts


class TermState(StrEnum):
    """What can be said of a term on one day."""

    ENDED = "ended"
    RUNNING = "running"
    MISSING = "missing"
    NOT_IMPLEMENTED = "not-implemented"


class Term(Struct, frozen=True, forbid_unknown_fields=True):
    """The term of protection of one part in one territory, as the facts have it.

    until     the last day of protection, with `ended` and `running`: at the latest, and at the earliest by these facts
    clause    id of the clause in `statutes/*.toml` that gives it; "" where none was read
    missing   what would have to be known, each a few plain words
    rests_on  the facts that were counted
    """

    state: TermState
    until: dt.date | None = None
    clause: str = ""
    missing: tuple[str, ...] = ()
    rests_on: tuple[Evidence, ...] = ()


def term(facts: Sequence[Evidence], part: Part, territory: str, day: dt.date) -> Term:
    """The term of a part in a territory (ISO 3166-1) on a day. Of `facts`, those that say DATED or WRITER count.

    Where facts about one event differ, or a date is told less exactly than a day, the reading that protects longer
    counts. Neither order nor repetition of the facts matters.
    """
    if part not in (Part.RECORDING, Part.COMPOSITION):
        return _not_implemented(
            f"a term of protection for {part}: only recording and composition have one here"
        )
    known = read_facts(facts, part, day)
    if territory == "US":
        reckoned = protection_us.reckon(known)
    elif territory in protection_eu.MEMBERS:
        if part is Part.COMPOSITION and territory in protection_eu.LONGER_COMPOSITIONS:
            return _not_implemented(
                f"the law of {territory}, which may protect compositions longer than the directive: it was not read"
            )
        reckoned = protection_eu.reckon(known)
    else:
        return _not_implemented(f"the law of {territory} on terms of protection: its text was not read")
    if known.faults:
        return Term(TermState.MISSING, None, "", known.faults, known.rests_on)
    return _on(day, reckoned, known.rests_on)


def _on(day: dt.date, reckoned: Reckoning, rests_on: tuple[Evidence, ...]) -> Term:
    until, latest, clause, missing = reckoned
    if missing and latest is not None and day > latest:
        return Term(TermState.ENDED, latest, clause, (), rests_on)
    if until is not None and day <= until:
        return Term(TermState.RUNNING, until, clause, missing, rests_on)
    if missing or until is None:
        return Term(TermState.MISSING, None, clause, missing, rests_on)
    return Term(TermState.ENDED, until, clause, (), rests_on)


def _not_implemented(why: str) -> Term:
    return Term(TermState.NOT_IMPLEMENTED, missing=(why,))
