# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A month's plays by who is paid for them."""

from collections.abc import Mapping
from math import lcm
from typing import Final

from msgspec import Struct

from onrecord.royalties.histories.reading import Credit, Tally

UNNAMED: Final = "(the export names no artist)"


class Plays(Struct, frozen=True):
    """A month's plays by payee, times `scale` so that credits of several are split without a fraction."""

    by_artist: dict[str, int]
    seconds: dict[str, int]
    scale: int
    counted: int
    unverified: int


def plays_of(month: Mapping[Credit, Tally], credits: str) -> Plays:
    """A month's plays by who is paid for a credit."""
    names = {credit: _payees(credit, credits) for credit in month}
    scale = lcm(*(len(of) for of in names.values()))
    by_artist: dict[str, int] = {}
    seconds: dict[str, int] = {}
    for credit, tally in month.items():
        for name in names[credit]:
            part = scale // len(names[credit])
            by_artist[name] = by_artist.get(name, 0) + tally.counted * part
            seconds[name] = seconds.get(name, 0) + tally.heard * part
    return Plays(
        by_artist,
        seconds,
        scale,
        counted=sum(tally.counted for tally in month.values()),
        unverified=sum(tally.unverified for tally in month.values()),
    )


def _payees(credit: Credit, credits: str) -> tuple[str, ...]:
    if not credit.names:
        return (UNNAMED,)
    if credits == "as-written":
        return (credit.written,)
    return credit.names[:1] if credits == "first" else tuple(dict.fromkeys(credit.names))
