# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all the license statements about one file come to, taken together: one license, or why not."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

from onrecord.model.rights import Evidence
from onrecord.rights.addresses import PUBLIC_DOMAIN
from onrecord.rights.expressions import NONE, Ways, agree, ways
from onrecord.rights.licenses import is_permissive, read_license
from onrecord.rights.texts import takes_back
from onrecord.rights.uses import is_noncommercial

_CODES = {
    "no-version": "R-NO-VERSION",
    PUBLIC_DOMAIN: "R-PUBLIC-DOMAIN",
    "contradiction": "R-RESTRICTED-TEXT",
}


class Settled(NamedTuple):
    """`license` that all statements leave open, with its `ways`; or `codes` of the rules that deny, the first decides.

    `commercial`: there are statements, all were understood, and none is for non-commercial use.
    """

    statements: tuple[Evidence, ...]
    license: str = ""
    ways: Ways = NONE
    codes: tuple[str, ...] = ()
    commercial: bool = False


class _Read(NamedTuple):
    ways: Ways
    code: str = ""
    kind: str = ""


def settle(statements: Sequence[Evidence]) -> Settled:
    """Join statements that agree; where one leaves open less than another, the narrower one holds.

    A license named without version agrees with the same license with its version and adds nothing. Any other text
    that was not understood contradicts whatever stands beside it.
    """
    reads = list(dict.fromkeys(_read(item) for item in statements))
    understood = [read.ways for read in reads if not read.code]
    vague = [read for read in reads if read.code]
    everything = tuple(statements)
    commercial = bool(reads) and not vague and not any(is_noncommercial(found) for found in understood)
    if not understood:
        codes = dict.fromkeys(read.code for read in sorted(vague, key=lambda read: read.code))
        kinds = {read.kind for read in vague if read.kind}
        if any(kind.startswith("CC-") for kind in kinds):
            kinds.discard("CC")  # no other license, only named with fewer words
        different = len(kinds) > 1 or len(codes) > 1
        return Settled(everything, codes=(*(("R-CONTRADICTION",) if different else ()), *codes))
    strangers = [
        read
        for read in vague
        if not (read.kind and all(_is_of_kind(found, read.kind) for found in understood))
    ]
    if not strangers and all(agree(one, other) for one, other in combinations(understood, 2)):
        narrowest = min(understood, key=len)
        license = min(item.license for item in statements if ways(item.license) == narrowest)
        return Settled(everything, license, narrowest, commercial=commercial)
    if len(reads) == 1:
        return Settled(everything, codes=(reads[0].code,))
    codes = dict.fromkeys(read.code for read in sorted(strangers, key=lambda read: read.code))
    return Settled(everything, codes=("R-CONTRADICTION", *codes), commercial=commercial)


def agreed(licenses: Iterable[str]) -> str:
    """The narrowest of these expressions where all leave open what it does, else ""."""
    found = {license: ways(license) for license in licenses}
    if not found or not all(found.values()):
        return ""
    if not all(agree(one, other) for one, other in combinations(found.values(), 2)):
        return ""
    return min(found, key=lambda license: (len(found[license]), license))


def _read(item: Evidence) -> _Read:
    if not item.license:
        reading = read_license(item.text)
        # Whoever recorded it did not take it for a license, so it stays not understood, whatever is read now.
        return _Read(NONE, _CODES.get(reading.reason, "R-UNKNOWN-TEXT"), reading.kind)
    found = ways(item.license)
    if not found:
        return _Read(NONE, "R-LICENSE-UNKNOWN")
    permissive = all(is_permissive(license) for way in found for license in way)
    if takes_back(item.text, noncommercial=is_noncommercial(found), permissive=permissive):
        return _Read(NONE, "R-RESTRICTED-TEXT")
    return _Read(found)


def _is_of_kind(found: Ways, kind: str) -> bool:
    """Is every way one license of that kind? `CC` alone is any Creative Commons license."""
    return all(
        len(way) == 1
        and all(
            name.removeprefix("LicenseRef-")[: len(kind) + 1] == f"{kind}-" and _same(name, kind)
            for name in way
        )
        for way in found
    )


def _same(name: str, kind: str) -> bool:
    """`CC-BY` is no less precise `CC-BY-SA-3.0`: what follows the kind must be the version."""
    rest = name.removeprefix("LicenseRef-")[len(kind) + 1 :]
    return kind == "CC" or rest[:1].isdigit()
