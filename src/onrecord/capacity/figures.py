# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The measured figures that a plan is made of (`figures.json`, written by `bench/figures.py` from the records)."""

from functools import cache
from importlib.resources import files
from typing import Final

import msgspec
from msgspec import Struct

_FILE: Final = "figures.json"


class Figure(Struct, frozen=True, forbid_unknown_fields=True):
    """One figure of one benchmark: `what` was counted, in `unit`; `record` is a file under bench/records.
    `proven` is False where something else was running while it was measured."""

    name: str
    value: float
    unit: str
    what: str
    record: str
    cpu: str
    load: float
    proven: bool


@cache
def figures() -> dict[str, Figure]:
    """All figures by name."""
    listed = msgspec.json.decode(files("onrecord.capacity").joinpath(_FILE).read_bytes(), type=list[Figure])
    return {figure.name: figure for figure in listed}
