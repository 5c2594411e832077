# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate: evidence in, decision out. Pure; the order of the evidence does not matter; in doubt the answer is no."""

import datetime as dt
from collections.abc import Sequence
from typing import Final, NamedTuple

from onrecord.model.rights import Decision, Evidence, Rule, Says, Use
from onrecord.rights.expressions import canonical, ways
from onrecord.rights.rules import REMEDIES, REVIEWED, RULES
from onrecord.rights.statements import agreed, settle
from onrecord.rights.territories import UNKNOWN, covers, known
from onrecord.rights.uses import allows

#: Rights that stand in the way of a use of sound; each must be cleared.
_PARTS: Final = ("recording", "composition")
#: Whoever refuses a use refuses those that go further.
_FURTHER: Final = {
    Use.KEEP: frozenset(Use),
    Use.REVIEW: frozenset({Use.REVIEW}),
    Use.STREAM: frozenset({Use.STREAM, Use.DOWNLOAD, Use.SHARE}),
    Use.DOWNLOAD: frozenset({Use.DOWNLOAD, Use.SHARE}),
    Use.SHARE: frozenset({Use.SHARE}),
    Use.ADAPT: frozenset({Use.ADAPT}),
    Use.MINE: frozenset({Use.MINE}),
}
_HELD_AS: Final = frozenset({"owner", "deposit", "licensed"})


def decide(
    evidence: Sequence[Evidence], use: Use, territory: str, day: dt.date, commercial: bool = False
) -> Decision:
    """May this use be made of a recording, there and then?

    `territory` is an ISO 3166-1 code or `Worldwide`; anything else counts as `unknown`, the strictest. Evidence dated
    after `day` is not yet evidence. What is said of artwork or metadata says nothing here.
    """
    about = sorted({item.id: item for item in evidence if item.part in (*_PARTS, "all")}.items())
    current = [item for _, item in about if item.day is None or item.day <= day]
    asked = _Asked(Use.KEEP if use is Use.REVIEW else use, use, known(territory), day, commercial)
    answer = _forbidden(current, asked) or _cleared(current, asked)
    if answer.code == "R-NO-EVIDENCE" and len(current) < len(about):
        later = tuple(item for _, item in about if item not in current)
        answer = _Answer(False, "R-FUTURE-EVIDENCE", later)
    return _decision(use, answer)


def explain(decision: Decision) -> tuple[Rule, ...]:
    """The rules that a decision's codes name, in the same order."""
    return tuple(RULES[code] for code in decision.codes)


class _Asked(NamedTuple):
    use: Use
    named: Use
    territory: str
    day: dt.date
    commercial: bool


class _Answer(NamedTuple):
    allow: bool
    code: str
    rests_on: tuple[Evidence, ...] = ()
    more: tuple[str, ...] = ()
    license: str = ""


def _decision(use: Use, answer: _Answer) -> Decision:
    codes = [answer.code, *answer.more]
    if use is Use.REVIEW and answer.allow:
        codes.append("R-REVIEW")
    return Decision(
        use=use,
        allow=answer.allow,
        codes=tuple(dict.fromkeys(codes)),
        evidence=tuple(sorted({item.id for item in answer.rests_on})),
        would_change="" if answer.allow else REMEDIES[answer.code],
        review=not answer.allow and any(code in REVIEWED for code in codes),
        license=answer.license if answer.allow else "",
    )


def _forbidden(current: Sequence[Evidence], asked: _Asked) -> _Answer | None:
    """What no permission outweighs."""
    withdrawn = tuple(item for item in current if item.says is Says.WITHDRAWN)
    if withdrawn:
        return _Answer(False, "R-WITHDRAWN", withdrawn)
    refused = tuple(item for item in current if item.says is Says.REFUSED and _refuses(item, asked))
    return _Answer(False, "R-RULED-NO", refused) if refused else None


def _refuses(ruling: Evidence, asked: _Asked) -> bool:
    return not ruling.uses or any({asked.use, asked.named} & _FURTHER[use] for use in ruling.uses)


def _cleared(current: Sequence[Evidence], asked: _Asked) -> _Answer:
    """The recording and the composition must both be allowed; what is said of `all` covers both."""
    said = [[item for item in current if item.part in (part, "all")] for part in _PARTS]
    recording = _permission(said[0], asked)
    if not recording.allow:
        return recording
    composition = recording if said[0] == said[1] else _permission(said[1], asked)
    if composition.allow:
        return recording._replace(
            rests_on=recording.rests_on + composition.rests_on,
            license=_both(recording.license, composition.license),
        )
    if asked.use is Use.KEEP:
        return recording
    more = (
        () if composition.code in ("R-NO-EVIDENCE", "R-HELD-ONLY") else (composition.code, *composition.more)
    )
    return _Answer(False, "R-COMPOSITION", recording.rests_on + composition.rests_on, more)


def _both(recording: str, composition: str) -> str:
    """What must be kept to where each part has its own license. A part that no license cleared adds none."""
    if not recording or not composition:
        return recording
    joined = f"({recording}) AND ({composition})"
    return agreed((recording, composition)) or canonical(joined) or joined


def _permission(current: Sequence[Evidence], asked: _Asked) -> _Answer:
    """The first yes of: a ruling, the depositor's statement, the licenses, a deal; else the no that says most."""
    statements = [item for item in current if item.says is Says.LICENSE]
    by_ruling = _ruled(current, statements, asked)
    if by_ruling and by_ruling.allow:
        return by_ruling
    held = _held(current, asked)
    if held and held.allow:
        return held
    by_license = _licensed(statements, asked)
    if by_license and by_license.allow:
        return by_license
    by_deal = _dealt(current, asked)
    if by_deal and by_deal.allow:
        return by_deal
    noes = [answer for answer in (by_ruling, by_license, by_deal, held) if answer]
    if not noes:
        return _Answer(False, "R-NOT-HELD" if asked.use is Use.KEEP else "R-NO-EVIDENCE")
    rests_on = tuple(item for answer in noes for item in answer.rests_on)
    more = tuple(code for answer in noes for code in (answer.code, *answer.more))[1:]
    return _Answer(False, noes[0].code, rests_on, more)


def _ruled(current: Sequence[Evidence], statements: Sequence[Evidence], asked: _Asked) -> _Answer | None:
    """A ruling settles contradictions and texts that no rule understands. One that names a license is bound by it; one
    that names none says nothing of commerce, for which every license must have been understood and allow it. Of several
    that allow, those that name a license decide, and what they agree on is the license."""
    rulings = tuple(
        item
        for item in current
        if item.says is Says.ALLOWED and (not item.uses or {asked.use, asked.named} & {*item.uses})
    )
    refusals: list[_Answer] = []
    allowing: list[Evidence] = []
    for ruling in rulings:
        if ruling.license:
            verdict = allows(ways(ruling.license), asked.use, asked.commercial)
            if not verdict.allow:
                refusals.append(_Answer(False, verdict.code, (ruling,)))
                continue
        elif asked.commercial and not settle(statements).commercial:
            refusals.append(_Answer(False, "R-NONCOMMERCIAL", (ruling, *statements)))
            continue
        allowing.append(ruling)
    if not allowing:
        return refusals[0] if refusals else None
    licensed = tuple(ruling for ruling in allowing if ruling.license)
    license = agreed(ruling.license for ruling in licensed)
    return _Answer(True, "R-RULED-YES", licensed or (allowing[0],), license=license)


def _held(current: Sequence[Evidence], asked: _Asked) -> _Answer | None:
    statements = tuple(item for item in current if item.says is Says.HELD and item.held_as in _HELD_AS)
    if not statements:
        return None
    return (
        _Answer(True, "R-HELD", statements)
        if asked.use is Use.KEEP
        else _Answer(False, "R-HELD-ONLY", statements)
    )


def _licensed(statements: Sequence[Evidence], asked: _Asked) -> _Answer | None:
    if not statements:
        return None
    settled = settle(statements)
    if settled.codes:
        return _Answer(False, settled.codes[0], settled.statements, settled.codes[1:])
    verdict = allows(settled.ways, asked.use, asked.commercial)
    return _Answer(verdict.allow, verdict.code, settled.statements, license=settled.license)


def _dealt(current: Sequence[Evidence], asked: _Asked) -> _Answer | None:
    """A deal gives `stream` and `download` and nothing else. The no names what comes closest: time, place, use."""
    deals = [(item, item.deal) for item in current if item.says is Says.DEAL and item.deal]
    if not deals or asked.use is Use.KEEP:
        return None
    every = tuple(item for item, _ in deals)
    if asked.use not in (Use.STREAM, Use.DOWNLOAD):
        return _Answer(False, "R-DEAL-NOT-SHARE", every)
    for_use = [(item, deal) for item, deal in deals if asked.use in deal.uses]
    if not for_use:
        return _Answer(False, "R-DEAL-OTHER-USE", every)
    there = [(item, deal) for item, deal in for_use if covers(deal, asked.territory)]
    if not there:
        code = "R-UNKNOWN-TERRITORY" if asked.territory == UNKNOWN else "R-DEAL-OUTSIDE"
        return _Answer(False, code, tuple(item for item, _ in for_use))
    then = tuple(
        item
        for item, deal in there
        if (deal.start is None or deal.start <= asked.day) and (deal.end is None or asked.day <= deal.end)
    )
    if not then:
        return _Answer(False, "R-DEAL-TIME", tuple(item for item, _ in there))
    return _Answer(True, "R-DEAL", then)
