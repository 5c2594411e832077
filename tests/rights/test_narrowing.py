# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A newer license is as wide as the older one, or a person has to look."""

import pytest

from onrecord.model.rights import Evidence, Says
from onrecord.rights.narrowing import as_wide


def stated(license: str, text: str = "") -> Evidence:
    return Evidence(says=Says.LICENSE, origin="test", text=text or license, license=license)


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ("CC-BY-3.0", "CC-BY-3.0"),
        ("CC-BY-4.0", "CC-BY-3.0"),
        ("CC-BY-3.0", "CC-BY-NC-3.0"),
        ("CC-BY-SA-4.0", "CC-BY-NC-SA-2.5"),
        ("CC-BY-3.0-DE", "CC-BY-ND-3.0"),
        ("CC0-1.0", "CC-BY-NC-ND-4.0"),
        ("GPL-2.0-or-later", "GPL-2.0-only"),
        ("CC-BY-3.0 OR GPL-2.0-only", "CC-BY-3.0"),
        ("CC-BY-3.0", "CC-BY-3.0 AND GPL-2.0-only"),
    ],
)
def test_what_is_as_wide(now: str, before: str) -> None:
    assert as_wide([stated(now)], before)


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ("CC-BY-NC-3.0", "CC-BY-3.0"),
        ("CC-BY-ND-3.0", "CC-BY-3.0"),
        ("CC-BY-SA-3.0", "CC-BY-3.0"),
        ("CC-BY-ND-4.0", "CC-BY-NC-4.0"),
        ("CC-BY-4.0", "CC0-1.0"),
        ("GPL-2.0-only", "GPL-2.0-or-later"),
        ("CC-BY-3.0", "CC-BY-3.0 OR GPL-2.0-only"),
        ("CC-BY-3.0 AND GPL-2.0-only", "CC-BY-3.0"),
        ("GPL-3.0-only", "CC-BY-SA-4.0"),
    ],
)
def test_what_is_not_or_not_plainly(now: str, before: str) -> None:
    assert not as_wide([stated(now)], before)


def test_what_is_not_understood_leaves_nothing_open() -> None:
    assert not as_wide([], "CC-BY-3.0")
    assert not as_wide([stated("", "some words of my own")], "CC-BY-3.0")
    assert not as_wide([stated("CC-BY-3.0"), stated("", "some words of my own")], "CC-BY-3.0")
    assert as_wide([], ""), "what was not understood gave nothing that could be narrowed"
