# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every rule of the gate: code, sentence, the clause it comes from; and what a person can do about a no."""

from typing import Final

from onrecord.model.rights import Rule

_DESIGN = "docs/rights.md"


def _rule(code: str, allows: bool, sentence: str, clause: str) -> tuple[str, Rule]:
    return code, Rule(code=code, sentence=sentence, clause=clause, allows=allows)


RULES: Final[dict[str, Rule]] = dict(
    (
        _rule("R-RULED-YES", True, "A person looked at the evidence and ruled yes.", f"{_DESIGN} clause 3"),
        _rule(
            "R-LICENSE",
            True,
            "A license that was understood allows this use, worldwide and without end.",
            "the section named for each license in onrecord.rights.uses: CC BY 4.0 section 2(a)(1), GPL 2 section 1",
        ),
        _rule(
            "R-DEAL",
            True,
            "A delivery allows this use in this territory on this day.",
            f"DDEX ERN DealTerms (Usage, TerritoryCode, ValidityPeriod); {_DESIGN} clause 6",
        ),
        _rule(
            "R-TERM-ENDED",
            True,
            "The term of protection has ended in this territory, by the dates that are known.",
            "the clause that onrecord.rights.protection names, in 17 U.S.C. 302 to 305, 1401(a)(2) or Directive "
            f"2006/116/EC; {_DESIGN} clause 9",
        ),
        _rule(
            "R-HELD",
            True,
            "The depositor stated why they hold it: owner, deposit or licensed. It may be kept, and nothing else.",
            f"{_DESIGN} clause 7",
        ),
        _rule(
            "R-REVIEW",
            True,
            "What is kept may be heard by the archive's owner and curators.",
            f"{_DESIGN} clause 7",
        ),
        _rule(
            "R-WITHDRAWN", False, "It was withdrawn; nothing outweighs a withdrawal.", f"{_DESIGN} clause 1"
        ),
        _rule("R-RULED-NO", False, "A person looked at the evidence and ruled no.", f"{_DESIGN} clause 2"),
        _rule(
            "R-NO-EVIDENCE",
            False,
            "Nothing says that this use is allowed; no evidence means no.",
            f"{_DESIGN} clause 4; Berne Convention articles 5(2), 9(1): rights exist without any notice",
        ),
        _rule(
            "R-FUTURE-EVIDENCE",
            False,
            "The only evidence is dated after the day that was asked about.",
            f"{_DESIGN} clause 4",
        ),
        _rule(
            "R-UNKNOWN-TEXT",
            False,
            "A text stands where a license would stand, and no license that is known was recognised in it.",
            f"{_DESIGN} clause 5",
        ),
        _rule(
            "R-NO-VERSION",
            False,
            "A Creative Commons or Free Art license is named without its version; the versions differ in their terms.",
            f"{_DESIGN} clause 5; grants differ: CC BY 3.0 section 3 beside CC BY 4.0 section 2(a)",
        ),
        _rule(
            "R-PUBLIC-DOMAIN",
            False,
            "It is said to be in the public domain; where and why has to be shown, since terms differ by country.",
            "17 U.S.C. 1401(a)(2); Directive 2006/116/EC article 3 as amended by 2011/77/EU",
        ),
        _rule(
            "R-RESTRICTED-TEXT",
            False,
            "Words beside the license take back what it gives, as non-commercial or all rights reserved.",
            "CC BY 4.0 section 7(b), GPL 3 section 7: other terms beside the license are another agreement",
        ),
        _rule(
            "R-CONTRADICTION",
            False,
            "Two places name different licenses for it; the stricter answer stands until a person decides.",
            f"{_DESIGN} clause 5",
        ),
        _rule(
            "R-INDEX-ONLY",
            False,
            "Only a third party's index names the license; neither the provider nor the file says so.",
            f"{_DESIGN} clause 5",
        ),
        _rule(
            "R-OTHER-MAKER",
            False,
            "A document licenses many files at once, and somebody else than its holders is named as this one's maker.",
            f"{_DESIGN} clause 5; 17 U.S.C. 201(a): the right is its author's; Debian copyright format 1.0, Files",
        ),
        _rule(
            "R-WHOLE-TREE",
            False,
            "Several people give a license for programs to a whole tree, and nothing says who made the music in it.",
            f"{_DESIGN} clause 5; Debian copyright format 1.0, Files",
        ),
        _rule(
            "R-LICENSE-UNKNOWN",
            False,
            "The license has a name, but what it allows is not in the table.",
            f"{_DESIGN} clause 5",
        ),
        _rule(
            "R-LICENSE-SILENT",
            False,
            "The license is known, and does not clearly allow to pass the whole recording on.",
            "CC Sampling Plus 1.0 section 3; CC PDDC first paragraph",
        ),
        _rule(
            "R-NONCOMMERCIAL",
            False,
            "The license is for non-commercial use, and the use asked about is commercial.",
            "CC BY-NC 4.0 sections 1(i), 2(a)(1); CC BY-NC 3.0 section 4(b)",
        ),
        _rule(
            "R-COMMERCE-UNSAID",
            False,
            "A person ruled yes and named no license, which says nothing of the commercial use that was asked about.",
            f"{_DESIGN} clause 3",
        ),
        _rule(
            "R-NO-DERIVATIVES",
            False,
            "The license does not let an adaptation be passed on.",
            "CC BY-ND 4.0 section 2(a)(1); CC BY-ND 3.0 section 3",
        ),
        _rule(
            "R-MINE-UNSURE",
            False,
            "Whether a license without commercial use or adaptations allows mining depends on the miner and the place.",
            "CC BY-NC-ND 4.0 section 2(a)(1)-(2); Directive (EU) 2019/790 articles 3, 4",
        ),
        _rule(
            "R-DEAL-NOT-SHARE",
            False,
            "A deal never lets third parties pass it on: it can end, and a torrent has no borders and no recall.",
            f"{_DESIGN} clause 6",
        ),
        _rule(
            "R-DEAL-OUTSIDE",
            False,
            "There is a deal, and it does not reach this territory.",
            "DDEX ERN DealTerms: TerritoryCode, ExcludedTerritoryCode",
        ),
        _rule(
            "R-DEAL-TIME",
            False,
            "There is a deal, and the day lies outside its dates.",
            "DDEX ERN DealTerms: ValidityPeriod (first and last day included)",
        ),
        _rule(
            "R-DEAL-OTHER-USE",
            False,
            "There is a deal, and it is for other uses.",
            "DDEX ERN DealTerms: Usage",
        ),
        _rule(
            "R-UNKNOWN-TERRITORY",
            False,
            "The territory is not known, so only a deal for the whole world would do.",
            "ISO 3166-1; DDEX ERN DealTerms: TerritoryCode",
        ),
        _rule(
            "R-BAD-DEAL",
            False,
            "There is a deal that cannot be right: it ends before it starts, or names a territory that is none.",
            f"{_DESIGN} clause 6; ISO 3166-1; DDEX ERN DealTerms: TerritoryCode, ValidityPeriod",
        ),
        _rule(
            "R-NOT-OFFERED",
            False,
            "The provider does not offer its file for this use, whatever the license says.",
            f"{_DESIGN} clause 8",
        ),
        _rule(
            "R-MINE-RESERVED",
            False,
            "The holder has reserved mining or training; no license outweighs that.",
            f"{_DESIGN} clause 8; Directive (EU) 2019/790 article 4(3)",
        ),
        _rule(
            "R-TERM-RUNNING",
            False,
            "By the dates that are known it is still protected in this territory.",
            f"17 U.S.C. 302 to 305, 1401(a)(2); Directive 2006/116/EC; {_DESIGN} clause 9",
        ),
        _rule(
            "R-TERM-MISSING",
            False,
            "There are dates for the term of protection, and a fact that its end depends on is not known.",
            f"17 U.S.C. 302 to 305, 1401(a)(2); Directive 2006/116/EC; {_DESIGN} clause 9",
        ),
        _rule(
            "R-TERM-NOT-IMPLEMENTED",
            False,
            "There are dates for the term of protection, and no statute was read that would say what follows here.",
            f"{_DESIGN} clause 9",
        ),
        _rule(
            "R-TERM-NOT-WORLD",
            False,
            "Terms of protection end country by country; what is passed on for the whole world needs a license.",
            f"{_DESIGN} clause 9; Berne Convention articles 5(2), 7(8)",
        ),
        _rule(
            "R-HELD-ONLY",
            False,
            "The depositor's statement allows keeping it and implies nothing else.",
            f"{_DESIGN} clause 7",
        ),
        _rule(
            "R-NOT-HELD",
            False,
            "Nobody stated why it is held, and no license lets it be kept.",
            f"{_DESIGN} clause 7; 17 U.S.C. 106(1); Directive 2001/29/EC article 2",
        ),
        _rule(
            "R-COMPOSITION",
            False,
            "The recording is cleared, the composition in it is not; they are two rights.",
            "17 U.S.C. 102(a)(2), (7), 106, 114(c); Directive 2001/29/EC articles 2(a), 2(c)",
        ),
        _rule(
            "R-OTHER-WRITER",
            False,
            "Somebody is named as writer of the song who is not among the holders of the license given for it.",
            f"{_DESIGN} clause 4; 17 U.S.C. 102(a)(2), (7), 106: the song is a right of its own",
        ),
    )
)

#: What would make a no different, in a sentence for a person.
REMEDIES: Final[dict[str, str]] = {
    "R-WITHDRAWN": "The withdrawal itself would have to be taken back by whoever made it, or answered in due form.",
    "R-RULED-NO": "A new ruling that replaces the one that said no.",
    "R-NO-EVIDENCE": "A license in the file's tags, in a document beside it, in a source's record, or a ruling.",
    "R-FUTURE-EVIDENCE": "Ask again on the day the evidence is about; a person checks whether its date is right.",
    "R-UNKNOWN-TEXT": "A person reads the text and rules on it.",
    "R-NO-VERSION": "The version of the license, from whoever granted it, or a ruling.",
    "R-PUBLIC-DOMAIN": "A person checks when, where and by whom it was published, and rules; CC0 would do.",
    "R-RESTRICTED-TEXT": "A person reads the words beside the license and rules.",
    "R-CONTRADICTION": "A person decides which of the licenses holds, and rules.",
    "R-LICENSE-UNKNOWN": "A person reads the license and rules, or its terms are added to the table.",
    "R-LICENSE-SILENT": "A person reads the license and rules.",
    "R-NONCOMMERCIAL": "Permission for commercial use from the holder, or a use that is not commercial.",
    "R-COMMERCE-UNSAID": "A ruling that names the license, or licenses that were all understood and allow commerce.",
    "R-NO-DERIVATIVES": "Permission for adaptations from the holder, recorded as a ruling.",
    "R-MINE-UNSURE": "A person decides for this miner and place, and rules.",
    "R-DEAL-NOT-SHARE": "A license that lets third parties pass it on, worldwide and without end.",
    "R-DEAL-OUTSIDE": "A deal that reaches this territory.",
    "R-DEAL-TIME": "A deal whose dates hold the day.",
    "R-DEAL-OTHER-USE": "A deal for this use.",
    "R-UNKNOWN-TERRITORY": "Knowing the territory (ISO 3166-1), or a deal for the whole world without exclusions.",
    "R-HELD-ONLY": "A license or a deal for this use, or a ruling.",
    "R-NOT-HELD": "The depositor's statement (`add --held-as owner|deposit|licensed`), or a license.",
    "R-COMPOSITION": "A license or deal for the composition, or a ruling.",
    "R-INDEX-ONLY": "The provider's own record, the file's tags, or a person who looked at the provider's page rules.",
    "R-OTHER-MAKER": "A license from whoever made it, in its own tags or by its name, or a person rules on it.",
    "R-WHOLE-TREE": "A document or tag that names this piece or its maker, or a person rules on it.",
    "R-OTHER-WRITER": "A license or deal for the composition from its writers, or a person rules on it.",
    "R-BAD-DEAL": "A corrected delivery, or a person reads the deal and rules.",
    "R-NOT-OFFERED": "The provider offers it for this use, or a person rules.",
    "R-MINE-RESERVED": "The holder takes the reservation back or licenses it; a person records that as a ruling.",
    "R-TERM-RUNNING": "A license, a deal or a ruling, or the end of the term.",
    "R-TERM-MISSING": "The missing facts from a document or a source's record, or a license, or a ruling.",
    "R-TERM-NOT-IMPLEMENTED": "A license or a ruling; the statute of the territory would have to be read first.",
    "R-TERM-NOT-WORLD": "A license that lets third parties pass it on, worldwide and without end, or a ruling.",
}
#: Answers that a person should look at: the words are there and could not be settled by rule.
REVIEWED: Final = frozenset(
    """R-UNKNOWN-TEXT R-NO-VERSION R-PUBLIC-DOMAIN R-RESTRICTED-TEXT R-CONTRADICTION R-LICENSE-UNKNOWN R-LICENSE-SILENT
    R-MINE-UNSURE R-COMPOSITION R-INDEX-ONLY R-OTHER-MAKER R-WHOLE-TREE R-OTHER-WRITER R-BAD-DEAL R-FUTURE-EVIDENCE
    R-NOT-OFFERED R-TERM-MISSING""".split()  # noqa: SIM905
)
#: Answers for want of a permission or of a fact: nothing was said against the use. More evidence, however weak, may
#: change them; any other no falls only to a word that is as strong.
WANTING: Final = frozenset(
    """R-NO-EVIDENCE R-NOT-HELD R-FUTURE-EVIDENCE R-HELD-ONLY R-COMPOSITION R-OTHER-WRITER R-NO-VERSION R-DEAL-NOT-SHARE
    R-DEAL-OUTSIDE R-DEAL-TIME R-DEAL-OTHER-USE R-UNKNOWN-TERRITORY R-BAD-DEAL R-TERM-RUNNING R-TERM-MISSING
    R-TERM-NOT-IMPLEMENTED R-TERM-NOT-WORLD R-COMMERCE-UNSAID R-INDEX-ONLY
    R-OTHER-MAKER R-WHOLE-TREE""".split()  # noqa: SIM905
)
