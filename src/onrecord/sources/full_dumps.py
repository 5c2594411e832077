# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the names of a publisher's dumps say: that they are full, of what kind, and of which day."""

import re
from collections.abc import Callable
from pathlib import Path

from onrecord.model.records import Whole
from onrecord.sources import folder


def named_full(location: Path, name: re.Pattern[str], kind: Callable[[re.Match[str]], str]) -> Whole | None:
    """What the files whose names match (with a group `day`) hold together; None where none does.

    Dumps of several days make no whole: which of their records are still there, they do not say together.
    """
    found = [match for member in folder.members(location) if (match := name.fullmatch(member.parts[-1]))]
    days = {match["day"] for match in found}
    if len(days) != 1:
        return None
    return Whole(tuple(sorted({kind(match) for match in found})), days.pop())
