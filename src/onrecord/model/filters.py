# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a search is narrowed by."""

from typing import Final

from msgspec import Struct


class Filters(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All that are given must hold; of several values of one, any.

    `years` is the first and the last, None where that end is open. `sources` are those that say anything of the thing.
    `licenses` are as evidence about its sound names them, with or without the version (`CC-BY-4.0`, `CC-BY`).
    `territory` (ISO 3166-1, two letters) is where its sound may be streamed today. Only recordings have
    these two.
    """

    kinds: tuple[str, ...] = ()
    years: tuple[int | None, int | None] = (None, None)
    sound: bool | None = None
    sources: tuple[str, ...] = ()
    licenses: tuple[str, ...] = ()
    territory: str = ""


#: Nothing is left out.
EVERYTHING: Final = Filters()
