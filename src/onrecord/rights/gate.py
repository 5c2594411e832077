# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate: evidence in, decision out. Pure; the order of the evidence does not matter; in doubt the answer is no."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from onrecord.model.rights import Decision, Evidence, Part, Rule, Says, Use
from onrecord.rights.expressions import canonical
from onrecord.rights.permissions import SOUND, Answer, Asked, permission, refuses
from onrecord.rights.rules import REMEDIES, REVIEWED, RULES
from onrecord.rights.statements import agreed
from onrecord.rights.territories import known
from onrecord.rights.writers import not_granting

#: A no of these kinds that is said of everything is said of artwork and metadata too; a yes never is.
_OF_EVERYTHING: Final = frozenset({Says.WITHDRAWN, Says.REFUSED, Says.PREFERENCE})
#: No permission for the composition was found, and nothing was said against one.
_SILENT: Final = frozenset({"R-NO-EVIDENCE", "R-HELD-ONLY", "R-NOT-HELD"})


def decide(
    evidence: Sequence[Evidence],
    use: Use,
    territory: str,
    day: dt.date,
    commercial: bool = False,
    part: Part = Part.RECORDING,
) -> Decision:
    """May this use be made of a recording, there and then? Or of its composition alone, its artwork, its metadata?

    A recording asks for the composition in it too. `territory` is an ISO 3166-1 code or `Worldwide`; anything else
    counts as `unknown`, the strictest. Evidence dated after `day` is not yet evidence.
    """
    parts = SOUND if part is Part.RECORDING else (part,)
    named = [(item.id, item) for item in evidence if any(_is_about(item, one) for one in parts)]
    ids = {id(item): identifier for identifier, item in named}
    about = sorted(dict(named).items())
    current = [item for _, item in about if item.day is None or item.day <= day]
    asked = Asked(Use.KEEP if use is Use.REVIEW else use, use, known(territory), day, commercial)
    answer = _forbidden(current, asked) or _cleared(current, parts, asked)
    if answer.code in ("R-NO-EVIDENCE", "R-NOT-HELD") and len(current) < len(about):
        later = tuple(item for _, item in about if item not in current)
        answer = Answer(False, "R-FUTURE-EVIDENCE", later)
    return _decision(use, answer, ids)


def explain(decision: Decision) -> tuple[Rule, ...]:
    """The rules that a decision's codes name, in the same order."""
    return tuple(RULES[code] for code in decision.codes)


def _is_about(item: Evidence, part: Part) -> bool:
    """`all` is recording and composition. A no about a part that nobody knows is about everything."""
    if item.part == "all":
        return part in SOUND or item.says in _OF_EVERYTHING
    return item.part == part or (item.says in _OF_EVERYTHING and item.part not in {*Part})


def _decision(use: Use, answer: Answer, ids: Mapping[int, str]) -> Decision:
    """`ids` has the id of each piece of evidence by its place in memory: it is dear to compute."""
    codes = [answer.code, *answer.more]
    if use is Use.REVIEW and answer.allow:
        codes.append("R-REVIEW")
    return Decision(
        use=use,
        allow=answer.allow,
        codes=tuple(dict.fromkeys(codes)),
        evidence=tuple(sorted({ids[id(item)] for item in answer.rests_on})),
        would_change="" if answer.allow else " ".join(filter(None, (REMEDIES[answer.code], answer.detail))),
        review=not answer.allow and any(code in REVIEWED for code in codes),
        license=answer.license if answer.allow else "",
        clause=answer.clause if answer.allow else "",
    )


def _forbidden(current: Sequence[Evidence], asked: Asked) -> Answer | None:
    """What no permission outweighs."""
    withdrawn = tuple(item for item in current if item.says is Says.WITHDRAWN)
    if withdrawn:
        return Answer(False, "R-WITHDRAWN", withdrawn)
    refused = tuple(item for item in current if item.says is Says.REFUSED and refuses(item, asked))
    return Answer(False, "R-RULED-NO", refused) if refused else None


def _cleared(current: Sequence[Evidence], parts: Sequence[Part], asked: Asked) -> Answer:
    """Sound is cleared where the recording and the composition both are; what may be kept needs the first alone."""
    said = [[item for item in current if _is_about(item, part)] for part in parts]
    if parts != SOUND:
        return (
            _composition(said[0], asked)
            if parts[0] is Part.COMPOSITION
            else permission(said[0], parts[0], asked)
        )
    recording = permission(said[0], Part.RECORDING, asked)
    if recording.allow and asked.use is Use.KEEP:
        return recording
    # Most evidence speaks of both alike; only a term of protection is another for each.
    alike = said[0] == said[1] and not any(item.says is Says.DATED for item in said[0])
    composition = _composition(said[1], asked, recording if alike else None)
    if not recording.allow:
        return _and_composition(recording, composition)
    if composition.allow:
        return recording._replace(
            rests_on=recording.rests_on + composition.rests_on,
            more=(composition.code,),
            license=_both(recording.license, composition.license),
            clause="; ".join(dict.fromkeys(filter(None, (recording.clause, composition.clause)))),
        )
    codes = () if composition.code in _SILENT else (composition.code, *composition.more)
    first = "R-OTHER-WRITER" if composition.code == "R-OTHER-WRITER" else "R-COMPOSITION"
    rests_on = recording.rests_on + composition.rests_on
    return Answer(False, first, rests_on, codes, detail=composition.detail)


def _composition(said: Sequence[Evidence], asked: Asked, known: Answer | None = None) -> Answer:
    """A license given for the whole covers the song where nobody else is named as its writer.

    It does where every writer who is named is one of its holders. A deal for the whole is the operator's word that the
    deliverer has the song, and a ruling is somebody's who looked. `known` is the permission where it was asked already.
    """
    answer = known or permission(said, Part.COMPOSITION, asked)
    if not answer.allow:
        return answer
    others = not_granting(said)
    if not others:
        return answer
    licenses = tuple(item for item in said if item.says is Says.LICENSE and item.part == "all")
    own = permission([item for item in said if item not in licenses], Part.COMPOSITION, asked)
    if own.allow:
        return answer
    names = "; ".join(sorted({" ".join(item.holder.split()) for item in others}))
    more = tuple(code for code in (own.code, *own.more) if code not in _SILENT)
    return Answer(False, "R-OTHER-WRITER", others + licenses, more, detail=f"Named as writer: {names}.")


def _and_composition(recording: Answer, composition: Answer) -> Answer:
    """Whoever gets the recording cleared should know what else is wanted."""
    if composition.allow or composition.code in _SILENT:
        return recording
    remedy = (
        f"For the composition: {REMEDIES[composition.code]}" if composition.code != recording.code else ""
    )
    found = filter(None, (recording.detail, remedy, composition.detail))
    return recording._replace(detail=" ".join(dict.fromkeys(found)))


def _both(recording: str, composition: str) -> str:
    """What must be kept to where each part has its own license. A part that no license cleared adds none."""
    if not recording or not composition:
        return recording
    joined = f"({recording}) AND ({composition})"
    return agreed((recording, composition)) or canonical(joined) or joined
