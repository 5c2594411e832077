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
    these two. `languages` are codes as sources claim them, of works, of the works that are recorded, of a release's
    titles. `seconds` is how long a recording is: at least the first, and less than the second. `shelf` names that of
    this archive's volumes on which its sound lies.
    """

    kinds: tuple[str, ...] = ()
    years: tuple[int | None, int | None] = (None, None)
    sound: bool | None = None
    sources: tuple[str, ...] = ()
    licenses: tuple[str, ...] = ()
    territory: str = ""
    languages: tuple[str, ...] = ()
    seconds: tuple[int | None, int | None] = (None, None)
    shelf: str = ""

    @property
    def of_recordings(self) -> bool:
        """Does only a recording fit?"""
        return bool(self.licenses or self.territory or self.shelf or self.seconds != (None, None))


#: Nothing is left out.
EVERYTHING: Final = Filters()
