# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each license allows, as a table with the sections it is read from, and the answer for a whole expression."""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from msgspec import Struct

from onrecord.model.rights import Use
from onrecord.rights.expressions import NONE, Way, Ways


class Terms(Struct, frozen=True, forbid_unknown_fields=True):
    """What one license allows, and the section that says so.

    `share` covers keeping, playing to others, giving out and letting others give out, of the file as it is. A license
    that does not clearly allow a thing is said not to. `noncommercial`: nothing of it for commercial advantage.
    """

    share: str = ""
    adapt: str = ""
    noncommercial: str = ""
    attribution: str = ""
    share_alike: str = ""


class Verdict(NamedTuple):
    """`code` is a rule code; `clause` the license and the section it rests on."""

    allow: bool
    code: str
    clause: str = ""


class _Row(NamedTuple):
    family: str
    versions: tuple[str, ...]
    terms: Terms


def _cc(elements: str, versions: str, share: str, adapt: str, *rest: str) -> _Row:
    """One line of the table; what the elements of the name leave out stays empty."""
    noncommercial, attribution, share_alike = rest
    return _Row(
        f"CC-{elements}",
        tuple(versions.split()),
        Terms(
            share=share,
            adapt="" if "ND" in elements else adapt,
            noncommercial=noncommercial if "NC" in elements else "",
            attribution=attribution,
            share_alike=share_alike if "SA" in elements else "",
        ),
    )


def _free(
    family: str, versions: str, share: str, adapt: str, attribution: str = "", share_alike: str = ""
) -> _Row:
    return _Row(family, tuple(versions.split()), Terms(share, adapt, "", attribution, share_alike))


_OLD: Final = "1.0 2.0 2.1 2.5"
_TABLE: Final = (
    _free("CC0", "1.0", "section 2", "section 2"),
    # family, versions, share, adapt, non-commercial, attribution, share-alike
    _cc("BY", "4.0", "section 2(a)(1)(A)", "section 2(a)(1)(B)", "", "section 3(a)", ""),
    _cc("BY-SA", "4.0", "section 2(a)(1)(A)", "section 2(a)(1)(B)", "", "section 3(a)", "section 3(b)"),
    _cc("BY-NC", "4.0", "section 2(a)(1)(A)", "section 2(a)(1)(B)", "section 2(a)(1)", "section 3(a)", ""),
    _cc(
        "BY-NC-SA",
        "4.0",
        "section 2(a)(1)(A)",
        "section 2(a)(1)(B)",
        "section 2(a)(1)",
        "section 3(a)",
        "section 3(b)",
    ),
    _cc("BY-ND", "4.0", "section 2(a)(1)(A)", "", "", "section 3(a)", ""),
    _cc("BY-NC-ND", "4.0", "section 2(a)(1)(A)", "", "section 2(a)(1)", "section 3(a)", ""),
    _cc("BY", "3.0", "section 3(a), (c)", "section 3(b), (d)", "", "section 4(b)", ""),
    _cc("BY-SA", "3.0", "section 3(a), (c)", "section 3(b), (d)", "", "section 4(c)", "section 4(b)"),
    _cc("BY-NC", "3.0", "section 3(a), (c)", "section 3(b), (d)", "section 4(b)", "section 4(c)", ""),
    _cc(
        "BY-NC-SA",
        "3.0",
        "section 3(a), (c)",
        "section 3(b), (d)",
        "section 4(c)",
        "section 4(d)",
        "section 4(b)",
    ),
    _cc("BY-ND", "3.0", "section 3(a), (b)", "", "", "section 4(b)", ""),
    _cc("BY-NC-ND", "3.0", "section 3(a), (b)", "", "section 4(b)", "section 4(c)", ""),
    _cc("BY", _OLD, "section 3(a), (c)", "section 3(b), (d)", "", "section 4(b)", ""),
    _cc("BY-SA", _OLD, "section 3(a), (c)", "section 3(b), (d)", "", "section 4(c)", "section 4(b)"),
    _cc("BY-NC", _OLD, "section 3(a), (c)", "section 3(b), (d)", "section 4(b)", "section 4(c)", ""),
    _cc(
        "BY-NC-SA",
        _OLD,
        "section 3(a), (c)",
        "section 3(b), (d)",
        "section 4(c)",
        "section 4(d)",
        "section 4(b)",
    ),
    _cc("BY-ND", _OLD, "section 3(a), (b)", "", "", "section 4(b)", ""),
    _cc("BY-NC-ND", _OLD, "section 3(a), (b)", "", "section 4(b)", "section 4(c)", ""),
    # They let nobody pass on the whole work for advertising, or not at all, and say it in ways that need a person.
    _Row("LicenseRef-CC-Sampling", ("1.0",), Terms()),
    _Row("LicenseRef-CC-Sampling-Plus", ("1.0",), Terms()),
    _Row("LicenseRef-CC-NC-Sampling-Plus", ("1.0",), Terms()),
    # A certificate that the work is free "in the country from which it is published" is no license for the world.
    _Row("CC-PDDC", ("",), Terms()),
    _free("GPL", "1.0", "section 1", "section 2", "section 1", "section 2(b)"),
    _free("GPL", "2.0", "section 1", "section 2", "section 1", "section 2(b)"),
    _free("GPL", "3.0", "section 4", "section 5", "section 4", "section 5(c)"),
    _free("LGPL", "2.0 2.1", "section 1", "section 2", "section 1", "section 2(c)"),
    _free(
        "LGPL", "3.0", "GPL 3.0 section 4", "GPL 3.0 section 5", "GPL 3.0 section 4", "GPL 3.0 section 5(c)"
    ),
    _free("AGPL", "3.0", "section 4", "section 5", "section 4", "section 5(c)"),
    _free("GFDL", "1.1 1.2 1.3", "section 2", "section 4", "section 4", "section 4"),
    _free("LAL", "1.2 1.3", "section 2.2", "section 2.3", "section 2.2", "section 2.3"),
    _free("LicenseRef-OGA-BY", "3.0", "section 3", "section 3", "section 4"),
    _free("LicenseRef-OGA-BY", "4.0", "section 2(a)(1)", "section 2(a)(1)", "section 3(a)"),
    _free("Apache", "2.0", "sections 2, 4", "sections 2, 4", "section 4(c)"),
    _free("MIT", "", "first paragraph", "first paragraph", "second paragraph"),
    _free("MIT-0", "", "first paragraph", "first paragraph"),
    _free("ISC", "", "first paragraph", "first paragraph", "first paragraph"),
    _free("0BSD", "", "first paragraph", "first paragraph"),
    _free("Zlib", "", "second paragraph", "second paragraph", "condition 1"),
    _free("BSD-1-Clause", "", "first paragraph", "first paragraph", "condition 1"),
    _free("BSD-2-Clause", "", "first paragraph", "first paragraph", "conditions 1, 2"),
    _free("BSD-3-Clause", "", "first paragraph", "first paragraph", "conditions 1, 2"),
    _free("BSD-4-Clause", "", "first paragraph", "first paragraph", "conditions 1 to 3"),
    _free("Artistic", "2.0", "sections 2, 3", "section 4", "section 2"),
    _free("WTFPL", "", "clause 0", "clause 0"),
    _free("Unlicense", "", "second paragraph", "second paragraph"),
)
_PROGRAMS = re.compile(r"(?:[AL]?GPL|MIT|BSD|ISC|Apache|Zlib|0BSD|MPL|Artistic)\b")
_PORT = re.compile(r"(?:LicenseRef-)?(CC-BY[A-Z-]*-\d\.\d)-[A-Z]{2,3}")


@lru_cache(maxsize=4096)
def terms(license: str) -> Terms | None:
    """What one license allows; None for one that is not in the table.

    The ports of a Creative Commons license to a country grant the same uses as the unported one of that version.
    """
    ported = _PORT.fullmatch(license)
    name = (ported[1] if ported else license).removesuffix("-only").removesuffix("-or-later")
    for row in _TABLE:
        if name in {
            f"{row.family}-{version}" if version else row.family for version in row.versions or ("",)
        }:
            return row.terms
    return None


def allows(license_ways: Ways, use: Use, commercial: bool) -> Verdict:
    """What an expression says of a use: one way open is enough, and a way is open where every license on it is."""
    verdicts = sorted(_way(way, use, commercial) for way in license_ways)
    allowed = [verdict for verdict in verdicts if verdict.allow]
    if allowed or verdicts:
        return (allowed or verdicts)[0]
    return Verdict(False, "R-LICENSE-UNKNOWN")


@lru_cache(maxsize=4096)
def is_for_programs(license_ways: Ways) -> bool:
    """Every way holds a license that was written for programs."""
    return license_ways != NONE and all(any(_PROGRAMS.match(name) for name in way) for way in license_ways)


@lru_cache(maxsize=4096)
def is_noncommercial(license_ways: Ways) -> bool:
    """Every way holds a license for non-commercial use."""
    return license_ways != NONE and all(
        any((known := terms(license)) is not None and known.noncommercial for license in way)
        for way in license_ways
    )


def _way(way: Way, use: Use, commercial: bool) -> Verdict:
    verdicts = sorted(_license(license, use, commercial) for license in way)
    if denied := [verdict for verdict in verdicts if not verdict.allow]:
        return denied[0]
    return Verdict(True, "R-LICENSE", "; ".join(verdict.clause for verdict in verdicts))


def _license(license: str, use: Use, commercial: bool) -> Verdict:
    known = terms(license)
    if known is None:
        return Verdict(False, "R-LICENSE-UNKNOWN", license)
    if not known.share:
        return Verdict(False, "R-LICENSE-SILENT", license)
    if commercial and known.noncommercial:
        return Verdict(False, "R-NONCOMMERCIAL", f"{license} {known.noncommercial}")
    if use is Use.ADAPT:
        return (
            Verdict(True, "R-LICENSE", f"{license} {known.adapt}")
            if known.adapt
            else Verdict(False, "R-NO-DERIVATIVES", license)
        )
    if use is Use.MINE and (known.noncommercial or not known.adapt):
        return Verdict(False, "R-MINE-UNSURE", license)
    return Verdict(True, "R-LICENSE", f"{license} {known.share}")
