# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan takes for granted, since nobody can measure it before the machines are bought."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct, structs

from onrecord.errors import UsageError


class Assumptions(Struct, frozen=True, forbid_unknown_fields=True):
    """Sizes are bytes, rates are bytes a second, shares are of 1; `MEANINGS` says what each is."""

    cores: float = 16
    scaling: float = 0.9
    memory: float = 64e9
    disk: float = 20e12
    fill: float = 0.9
    disks: float = 24
    disk_rate: float = 150e6
    copies: float = 1
    access: float = 0.15
    line: float = 125e6
    mirror_line: float = 125e6
    job_memory: float = 8e9
    seeding_file: float = 800
    seeding_volume: float = 12_000


MEANINGS: Final = {
    "cores": "cores of a machine",
    "scaling": "share of one core's rate that each of many cores reaches",
    "memory": "bytes of memory of a machine",
    "disk": "bytes of a disk",
    "fill": "share of a disk that is filled",
    "disks": "disks of a machine",
    "disk_rate": "bytes a second that a disk reads in order",
    "copies": "copies of the sound that the archive itself keeps",
    "access": "bytes of access copies for each byte of sound",
    "line": "bytes a second that the archive's line carries, each way",
    "mirror_line": "bytes a second that a mirror's line carries, each way",
    "job_memory": "bytes of memory that a match takes at most: `[work] memory` and a third",
    "seeding_file": "bytes of memory for each file that is seeded (counted by hand)",
    "seeding_volume": "bytes of memory for each volume that is seeded (counted by hand)",
}
_SHARES: Final = ("scaling", "fill")
_MAY_BE_NOTHING: Final = ("access", "seeding_file", "seeding_volume")


def assume(changed: Mapping[str, float]) -> Assumptions:
    """The usual assumptions but for some. UsageError names one that nobody knows, or that cannot be."""
    for name, value in changed.items():
        if name not in MEANINGS:
            raise UsageError(f"assumption {name!r}: expected one of {', '.join(MEANINGS)}")
        if value < 0 or (not value and name not in _MAY_BE_NOTHING):
            raise UsageError(f"assumption {name}: {value:g}, expected more than 0")
        if value > 1 and name in _SHARES:
            raise UsageError(f"assumption {name}: {value:g}, expected a share of at most 1")
    return structs.replace(Assumptions(), **changed)
