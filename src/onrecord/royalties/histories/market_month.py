# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a month of a whole service came to."""

from decimal import Decimal

from msgspec import Struct


class MarketMonth(Struct):
    """All plays of a month, what they were paid together, and by artist (names casefolded) where it is known.

    summed    no total was published, so that it is the sum of the artists that were
    currency  of the pool, "" where the file does not say
    volumes   plays by (whether their artist is above artist-centric's line, how many plays their listener has), None
              where the file does not know listeners; `boosted` are the artists above the line
    paid      plays of recordings that the threshold pays, None where the file does not know recordings for twelve
              months; `eligible` are these recordings, as far as the listener played them, as (artist, title)
    """

    plays: int = 0
    pool: Decimal | None = None
    artists: dict[str, int] = {}
    summed: bool = True
    currency: str = ""
    volumes: dict[tuple[bool, int], int] | None = None
    boosted: set[str] = set()
    paid: int | None = None
    eligible: set[tuple[str, str]] = set()
