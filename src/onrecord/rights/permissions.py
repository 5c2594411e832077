# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of one right, the recording's or the composition's, and whether it permits a use."""

import datetime as dt
from collections.abc import Sequence
from typing import Final, NamedTuple

from onrecord.model.rights import Deal, Evidence, Part, Says, Strength, Use
from onrecord.rights.expressions import ways
from onrecord.rights.protection import Term, TermState, term
from onrecord.rights.statements import Settled, agreed, settle
from onrecord.rights.territories import UNKNOWN, WORLD, covers, fault
from onrecord.rights.uses import allows, is_for_programs
from onrecord.rights.writers import is_of_one_holder, strangers

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
#: Rights that stand in the way of a use of sound; each must be cleared.
SOUND: Final = (Part.RECORDING, Part.COMPOSITION)
#: The one wish about machines that is about finding and not about learning from.
_SEARCH: Final = "search"


class Asked(NamedTuple):
    """The question. `use` is `keep` where `review` was asked (`named`): what may be kept may be heard by curators."""

    use: Use
    named: Use
    territory: str
    day: dt.date
    commercial: bool


class Answer(NamedTuple):
    """`detail` says more of what would change a no; `clause` where a yes stands, if its rule leaves that open."""

    allow: bool
    code: str
    rests_on: tuple[Evidence, ...] = ()
    more: tuple[str, ...] = ()
    license: str = ""
    clause: str = ""
    detail: str = ""


def refuses(item: Evidence, asked: Asked) -> bool:
    """Does a no, which may be about some uses only, reach the use that is asked about?"""
    return not item.uses or any({asked.use, asked.named} & _FURTHER[use] for use in item.uses)


def permission(said: Sequence[Evidence], part: Part, asked: Asked) -> Answer:
    """The first yes of: a ruling, the depositor's statement, the licenses, the term of protection, a deal; else the no
    that says most.

    A ruling that names a license settles which license it is. What the provider does not offer, and a reservation
    against mining, outweigh license and term: neither says that this file may be had, or that nobody minds.
    """
    statements = [item for item in said if item.says is Says.LICENSE]
    by_ruling = _ruled(said, statements, asked)
    if by_ruling and by_ruling.allow:
        return by_ruling
    held = _held(said, asked)
    if held and held.allow:
        return held
    settled = by_ruling is not None and _names_license(by_ruling)
    objections = [answer for answer in (_not_offered(said, asked), _reserved(said, asked)) if answer]
    if by_ruling and not settled:
        objections = []  # outweighed: the ruling is for this use, and only of commerce it says nothing
    by_license, by_term = _licensed(said, statements, asked), _ended(said, part, asked)
    if not objections and not settled:
        for answer in (by_license, by_term):
            if answer and answer.allow:
                return answer
    by_deal = _dealt(said, asked)
    if by_deal and by_deal.allow:
        return by_deal
    first, last = (by_ruling, None) if settled else (None, by_ruling)
    found = (first, by_license, *objections, by_term, by_deal, held, last)
    return _no([answer for answer in found if answer and not answer.allow], asked)


def _no(noes: Sequence[Answer], asked: Asked) -> Answer:
    if not noes:
        return Answer(False, "R-NOT-HELD" if asked.use is Use.KEEP else "R-NO-EVIDENCE")
    rests_on = tuple(item for answer in noes for item in answer.rests_on)
    more = tuple(code for answer in noes for code in (answer.code, *answer.more))[1:]
    detail = " ".join(filter(None, (answer.detail for answer in noes)))
    return Answer(False, noes[0].code, rests_on, more, detail=detail)


def _ruled(said: Sequence[Evidence], statements: Sequence[Evidence], asked: Asked) -> Answer | None:
    """A ruling settles contradictions and texts that no rule understands. One that names a license is bound by it; one
    that names none says nothing of commerce, for which every license must have been understood and allow it. Of several
    that allow, those that name a license decide, and what they agree on is the license."""
    rulings = tuple(
        item
        for item in said
        if item.says is Says.ALLOWED and (not item.uses or {asked.use, asked.named} & {*item.uses})
    )
    if not rulings:
        return None
    licensed = [(ruling, allows(ways(ruling.license), asked.use, asked.commercial)) for ruling in rulings]
    bound = [(ruling, verdict) for ruling, verdict in licensed if ruling.license]
    if allowing := tuple(ruling for ruling, verdict in bound if verdict.allow):
        license = agreed(ruling.license for ruling in allowing)
        return Answer(True, "R-RULED-YES", allowing, license=license)
    unbound = tuple(ruling for ruling in rulings if not ruling.license)
    if unbound and (not asked.commercial or settle(statements).commercial):
        return Answer(True, "R-RULED-YES", unbound)
    if bound:
        code = min(verdict.code for _, verdict in bound)
        return Answer(False, code, tuple(ruling for ruling, _ in bound))
    return Answer(False, "R-COMMERCE-UNSAID", unbound)


def _names_license(by_ruling: Answer) -> bool:
    return any(item.says is Says.ALLOWED and item.license for item in by_ruling.rests_on)


def _held(said: Sequence[Evidence], asked: Asked) -> Answer | None:
    statements = tuple(item for item in said if item.says is Says.HELD and item.held_as in _HELD_AS)
    if not statements:
        return None
    return (
        Answer(True, "R-HELD", statements)
        if asked.use is Use.KEEP
        else Answer(False, "R-HELD-ONLY", statements)
    )


def _not_offered(said: Sequence[Evidence], asked: Asked) -> Answer | None:
    """A flag that names no uses is about all but keeping."""
    flags = tuple(
        item
        for item in said
        if item.says is Says.NOT_OFFERED and refuses(item, asked) and (item.uses or asked.use is not Use.KEEP)
    )
    return Answer(False, "R-NOT-OFFERED", flags) if flags else None


def _reserved(said: Sequence[Evidence], asked: Asked) -> Answer | None:
    """Of wishes that contradict each other the stricter counts."""
    if asked.use is not Use.MINE:
        return None
    wishes = tuple(
        item
        for item in said
        if item.says is Says.PREFERENCE
        and (wish := item.preference)
        and not wish.allow
        and wish.purpose != _SEARCH
    )
    return Answer(False, "R-MINE-RESERVED", wishes) if wishes else None


def _licensed(said: Sequence[Evidence], statements: Sequence[Evidence], asked: Asked) -> Answer | None:
    if not statements:
        return None
    settled = settle(statements)
    if settled.codes:
        return Answer(False, settled.codes[0], settled.statements, settled.codes[1:])
    if all(item.strength is Strength.INDEX for item in settled.statements):
        return Answer(False, "R-INDEX-ONLY", settled.statements)
    if asked.use is not Use.KEEP and (doubt := _whose_word(said, settled)):
        return doubt
    verdict = allows(settled.ways, asked.use, asked.commercial)
    clause = verdict.clause if verdict.allow else ""
    return Answer(verdict.allow, verdict.code, settled.statements, license=settled.license, clause=clause)


def _whose_word(said: Sequence[Evidence], settled: Settled) -> Answer | None:
    """A license that a document gives to a whole tree, or to a pattern, is the word of those it names as holders.

    Somebody else may have made this piece; and where nobody is named, a license for programs that several people give
    says little of the music among them.
    """
    loose = [item for item in settled.statements if item.scope]
    if not loose or len(loose) < len(settled.statements):
        return None  # some statement is about this very file
    others = strangers(said, (item.holder for item in loose))
    if others:
        names = "; ".join(sorted({item.holder for item in others}))
        return Answer(False, "R-OTHER-MAKER", others + settled.statements, detail=f"Named as maker: {names}.")
    named = any(item.says is Says.PERFORMER for item in said)
    whole = all(item.scope == "everything" for item in loose)
    if whole and not named and is_for_programs(settled.ways) and not is_of_one_holder(loose):
        return Answer(False, "R-WHOLE-TREE", settled.statements)
    return None


def _ended(said: Sequence[Evidence], part: Part, asked: Asked) -> Answer | None:
    """A term ends country by country, so it never gives `share`, which knows no borders.

    What the file's own tags and lists of other people's works say of dates and writers may lengthen a term and never
    ends it: a symphony bears its year on every recording.
    """
    dates = tuple(item for item in said if item.says is Says.DATED and item.dated)
    if not dates:
        return None
    if asked.use is Use.SHARE or asked.territory == WORLD:
        return Answer(False, "R-TERM-NOT-WORLD", dates)
    if asked.territory == UNKNOWN:
        return Answer(False, "R-TERM-NOT-IMPLEMENTED", dates, detail="The territory is not known.")
    facts = [*dates, *(item for item in said if item.says is Says.WRITER)]
    found = term(facts, part, asked.territory, asked.day)
    if found.state is TermState.ENDED:
        firm = [item for item in facts if item.strength >= Strength.DOCUMENT]
        found = found if firm == facts else term(firm, part, asked.territory, asked.day)
    return _of_term(found, part, dates)


def _of_term(found: Term, part: Part, dates: tuple[Evidence, ...]) -> Answer:
    rests_on, wanted = found.rests_on or dates, "; ".join(found.missing)
    if found.state is TermState.ENDED:
        return Answer(True, "R-TERM-ENDED", rests_on, clause=found.clause)
    if found.state is TermState.RUNNING:
        until = f"The {part} is protected until {found.until}." if found.until else ""
        return Answer(False, "R-TERM-RUNNING", rests_on, detail=until)
    detail = f"Wanted for the {part}: {wanted}." if wanted else ""
    missing = found.state is TermState.MISSING
    return Answer(False, "R-TERM-MISSING" if missing else "R-TERM-NOT-IMPLEMENTED", rests_on, detail=detail)


def _dealt(said: Sequence[Evidence], asked: Asked) -> Answer | None:
    """A deal that cannot be relied on gives nothing, and a person is asked unless another deal allows the use."""
    deals = [(item, item.deal) for item in said if item.says is Says.DEAL and item.deal]
    if not deals or asked.use is Use.KEEP:
        return None
    faults = {item.id: wrong for item, deal in deals if (wrong := fault(deal))}
    good = [(item, deal) for item, deal in deals if item.id not in faults]
    answer = _by_deals(good, asked) if good else None
    if not faults or (answer and answer.allow):
        return answer
    bad = tuple(item for item, _ in deals if item.id in faults)
    first = f"The deal: {faults[bad[0].id]}."
    if answer is None:
        return Answer(False, "R-BAD-DEAL", bad, detail=first)
    return Answer(False, "R-BAD-DEAL", bad + answer.rests_on, (answer.code,), detail=first)


def _by_deals(deals: Sequence[tuple[Evidence, Deal]], asked: Asked) -> Answer:
    """A deal gives `stream` and `download` and nothing else. The no names what comes closest: time, place, use."""
    every = tuple(item for item, _ in deals)
    if asked.use not in (Use.STREAM, Use.DOWNLOAD):
        return Answer(False, "R-DEAL-NOT-SHARE", every)
    for_use = [(item, deal) for item, deal in deals if asked.use in deal.uses]
    if not for_use:
        return Answer(False, "R-DEAL-OTHER-USE", every)
    there = [(item, deal) for item, deal in for_use if covers(deal, asked.territory)]
    if not there:
        code = "R-UNKNOWN-TERRITORY" if asked.territory == UNKNOWN else "R-DEAL-OUTSIDE"
        return Answer(False, code, tuple(item for item, _ in for_use))
    then = tuple(
        item
        for item, deal in there
        if (deal.start is None or deal.start <= asked.day) and (deal.end is None or asked.day <= deal.end)
    )
    if not then:
        return Answer(False, "R-DEAL-TIME", tuple(item for item, _ in there))
    return Answer(True, "R-DEAL", then)
