# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What withdrawals hide from readers, worked out once and looked up at each page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.targets import withdrawals_that_hold, withdrawn_things
from onrecord.errors import IsWithdrawn

#: Where a snapshot has it.
KEPT: Final = "search/withheld.json"
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


def keep(archive: Archive, folder: Path) -> None:
    """Write what is hidden to where a snapshot has it: there are no claims there to work it out from."""
    (folder / KEPT).write_bytes(msgspec.json.encode(withheld(archive), order="sorted"))


def withheld(archive: Archive) -> Withheld:
    """What is hidden as of now; in a snapshot as of its moment."""
    if not any(withdrawals_that_hold(archive)):
        return Withheld()
    if archive.is_snapshot and (archive.folder / KEPT).exists():
        return msgspec.json.decode((archive.folder / KEPT).read_bytes(), type=Withheld)
    with archive.duck() as duck:
        things = {identifier: day for _, identifier, day in withdrawn_things(archive, duck)}
        blobs = duck.run("SELECT sha256, day FROM withheld ORDER BY sha256")
        volumes = duck.run(
            "SELECT v.volume, min(w.day) FROM volumes v JOIN withheld w ON w.sha256 = v.sha256 GROUP BY v.volume"
        )
    return Withheld(dict(blobs), things, dict(volumes))
