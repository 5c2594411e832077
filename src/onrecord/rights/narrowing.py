# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a newer word on a license as wide as the one that it replaces? Where that is not plain, it is not."""

import re
from collections.abc import Sequence
from typing import Final

from onrecord.model.rights import Evidence
from onrecord.rights.expressions import Way, ways
from onrecord.rights.statements import settle

_ELEMENTS: Final = re.compile(r"(?:LicenseRef-)?CC-BY((?:-(?:NC|ND|SA))*)-\d.*")


def as_wide(statements: Sequence[Evidence], license: str) -> bool:
    """Do these statements, taken together, leave open all that `license` does, under conditions that are no stricter?

    Creative Commons licenses are compared by their elements, whatever their version: fewer are wider. Others are as
    wide as themselves alone. An expression that is not understood leaves nothing open.
    """
    before = ways(license)
    settled = settle(statements)
    return not before or all(any(_no_stricter(now, way) for now in settled.ways) for way in before)


def _no_stricter(now: Way, before: Way) -> bool:
    return all(one in before or any(_is_wider(one, other) for other in before) for one in now)


def _is_wider(one: str, other: str) -> bool:
    new, old = _elements(one), _elements(other)
    return new is not None and old is not None and new <= old


def _elements(license: str) -> frozenset[str] | None:
    """The conditions in the name of a Creative Commons license; None for another one."""
    if license == "CC0-1.0":
        return frozenset()
    found = _ELEMENTS.fullmatch(license)
    return frozenset({"BY", *found[1].split("-")[1:]}) if found else None
