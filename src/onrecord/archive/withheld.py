# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What withdrawals hide from readers, worked out once and looked up at each page."""

from collections.abc import Mapping

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.targets import withdrawals_that_hold, withdrawn_things
from onrecord.errors import IsWithdrawn

#: The rule that a tombstone names.
CODE = "R-WITHDRAWN"


class Withheld(Struct, frozen=True):
    """Days of withdrawal by digest (`blobs`), by canonical id (`things`), and by name of a volume that holds such a
    blob."""

    blobs: Mapping[str, str] = {}
    things: Mapping[str, str] = {}
    volumes: Mapping[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self.blobs or self.things)

    def refuse(self, identifier: str) -> None:
        """Raise IsWithdrawn where an id is hidden."""
        if day := self.things.get(identifier):
            raise IsWithdrawn(day, CODE)


def withheld(archive: Archive) -> Withheld:
    """What is hidden as of now."""
    if not any(withdrawals_that_hold(archive)):
        return Withheld()
    with archive.duck() as duck:
        things = {identifier: day for _, identifier, day in withdrawn_things(archive, duck)}
        blobs = duck.run("SELECT sha256, day FROM withheld ORDER BY sha256")
        volumes = duck.run(
            "SELECT v.volume, min(w.day) FROM volumes v JOIN withheld w ON w.sha256 = v.sha256 GROUP BY v.volume"
        )
    return Withheld(dict(blobs), things, dict(volumes))
