# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Territories as ISO 3166-1 names them, and whether a deal covers one. A code that is none is treated as unknown."""

from typing import Final

from onrecord.model.rights import UNREAD_DATES, Deal

WORLD: Final = "Worldwide"
UNKNOWN: Final = "unknown"

#: ISO 3166-1 alpha-2, officially assigned.
CODES: Final = frozenset(
    """AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO
    JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR
    MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO
    RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV
    TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW""".split()  # noqa: SIM905
)


def known(territory: str) -> str:
    """The territory as asked, or UNKNOWN where the word is no code."""
    return territory if territory == WORLD or territory in CODES else UNKNOWN


def fault(deal: Deal) -> str:
    """Why a deal cannot be relied on, for a person to see; "" where nothing is wrong with it.

    One that allows nothing does no harm. A part of a country (`US-CA`) is a place. One name that is none spoils the
    deal: nobody knows what it meant.
    """
    if not deal.uses:
        return ""
    if (deal.start, deal.end) == UNREAD_DATES:
        return "its dates cannot be read, or it has none"
    if not deal.territories:
        return "it names no territory"
    if deal.start and deal.end and deal.end < deal.start:
        return f"it ends on {deal.end}, before it starts on {deal.start}"
    for code in sorted({*deal.territories, *deal.excluded}):
        if code.split("-")[0] not in CODES and not (code == WORLD and code not in deal.excluded):
            return f"it names the territory {code[:40]!r}; expected an ISO 3166-1 code, as FR, or {WORLD}"
    return ""


def covers(deal: Deal, territory: str) -> bool:
    """Does a deal reach the whole territory? The world, and a territory nobody knows, need a deal without exclusions.

    Leaving out a part of a country (`US-CA`) leaves out the country; covering a part does not cover it. An exclusion
    that is no code may be anywhere, so such a deal covers nothing.
    """
    left_out = {code.split("-")[0] for code in deal.excluded}
    if not left_out <= CODES:
        return False
    if territory in (WORLD, UNKNOWN):
        return WORLD in deal.territories and not left_out
    return territory not in left_out and (WORLD in deal.territories or territory in deal.territories)
