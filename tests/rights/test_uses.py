# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of licenses, and expressions as sets of ways."""

import pytest

from onrecord.model.rights import Use
from onrecord.rights.addresses import address_of
from onrecord.rights.expressions import agree, canonical, ways
from onrecord.rights.uses import allows, is_noncommercial, terms

CC = [
    f"CC-{kind}-{version}"
    for kind in ("BY", "BY-SA", "BY-NC", "BY-ND", "BY-NC-SA", "BY-NC-ND")
    for version in ("1.0", "2.0", "2.5", "3.0", "4.0")
]


def _says(expression: str, use: Use, commercial: bool = False) -> bool:
    return allows(ways(expression), use, commercial).allow


@pytest.mark.parametrize("license", CC)
def test_creative_commons(license: str) -> None:
    assert _says(license, Use.SHARE) and _says(license, Use.KEEP) and _says(license, Use.STREAM)
    assert _says(license, Use.SHARE, commercial=True) is ("NC" not in license)
    assert _says(license, Use.ADAPT) is ("ND" not in license)
    assert _says(license, Use.MINE) is ("NC" not in license and "ND" not in license)
    found = terms(license)
    assert found is not None and found.attribution
    assert bool(found.share_alike) is ("SA" in license)
    assert bool(found.noncommercial) is ("NC" in license) is is_noncommercial(ways(license))
    assert address_of(license).startswith("https://creativecommons.org/licenses/by")


@pytest.mark.parametrize(
    "license",
    [
        "CC0-1.0",
        "GPL-1.0-or-later",
        "GPL-3.0-only",
        "LGPL-2.1-or-later",
        "AGPL-3.0-only",
        "LAL-1.3",
        "MIT",
        "WTFPL",
        "LicenseRef-OGA-BY-3.0",
        "CC-BY-3.0-US",
        "LicenseRef-CC-BY-SA-3.0-FR",
        "GFDL-1.3-only",
        "Zlib",
        "ISC",
        "Unlicense",
    ],
)
def test_free_licenses(license: str) -> None:
    for use in Use:
        assert _says(license, use, commercial=True)


def test_verdicts_cite_the_section() -> None:
    assert allows(ways("CC-BY-4.0"), Use.SHARE, False).clause == "CC-BY-4.0 section 2(a)(1)(A)"
    assert allows(ways("GPL-2.0-only"), Use.ADAPT, False).clause == "GPL-2.0-only section 2"


def test_or_takes_the_way_that_is_open_and_takes_the_closed_one() -> None:
    assert _says("CC-BY-ND-4.0 OR CC-BY-4.0", Use.ADAPT)
    assert not _says("CC-BY-ND-4.0 AND CC-BY-4.0", Use.ADAPT)
    assert not _says("CC-BY-4.0 AND LicenseRef-Unheard-Of", Use.SHARE)
    assert _says("CC-BY-4.0 OR LicenseRef-Unheard-Of", Use.SHARE)
    assert not _says("", Use.SHARE)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("GPL-1.0-or-later", "GPL-2.0-or-later", True),
        ("GPL-2.0-only", "GPL-2.0-or-later", True),
        ("GPL-2.0-only", "GPL-3.0-or-later", False),
        ("GPL-2.0-or-later", "LGPL-2.1-or-later", False),
        ("CC-BY-3.0", "CC-BY-SA-3.0", False),
        ("CC-BY-3.0", "CC-BY-4.0", False),
        ("CC-BY-3.0", "CC-BY-3.0-US", False),
        ("CC-BY-SA-3.0 OR CC-BY-SA-4.0", "CC-BY-SA-4.0", True),
        ("CC-BY-SA-3.0 OR GPL-2.0-or-later", "GPL-2.0-or-later", True),
        ("CC-BY-SA-3.0 AND GPL-2.0-only", "GPL-2.0-only", False),
        ("CC-BY-3.0", "", False),
    ],
)
def test_agreement(one: str, other: str, expected: bool) -> None:
    assert agree(ways(one), ways(other)) is agree(ways(other), ways(one)) is expected


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "AND",
        "CC-BY",
        "CC-BY-4.0 CC0-1.0",
        "(((",
        "Foo",
        "CC-BY-4.0 OR Foo",
        "CC-BY-4.0 WITH Foo",
        "(" * 400 + ")" * 400,
        " AND ".join(f"(MIT OR LicenseRef-a{n} OR LicenseRef-b{n})" for n in range(12)),
        "MIT OR " * 400 + "MIT",
    ],
)
def test_what_is_no_expression_leaves_no_way_open(expression: str) -> None:
    assert not ways(expression)
    assert canonical(expression) == ""


def test_canonical_is_stable() -> None:
    assert canonical("mit or gpl-2.0-only OR MIT") == "GPL-2.0-only OR MIT"
    assert canonical("CC-BY-3.0+") == "CC-BY-3.0 OR CC-BY-4.0"
