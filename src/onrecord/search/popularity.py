# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How popular a thing is, by what the catalog can count of it: the one place that says so.

Nobody's plays are kept, so that this is how widely a thing is known, not how often it is heard.
"""

import functools
import math
from collections.abc import Mapping
from typing import Final

#: What is counted, and what one of each is. Each counts as one point.
EVIDENCE: Final = {
    "releases": "releases that a recording is on, or that an artist made",
    "recordings": "recordings of an artist",
    "more_sources": "sources that say something of it, beyond the first",
    "listened": "recordings of MusicBrainz in it that somebody listened to, as ListenBrainz says",
}
MOST: Final = 255
_STEP: Final = 16


def popularity(known: Mapping[str, int]) -> int:
    """From 0, where nothing is counted, to 255, on a scale of logarithms: twice as many points are 16 more.

    1 point is 16, 3 are 32, 15 are 64, 255 are 128; 255 is reached with 63,000. KeyError for what is not in `EVIDENCE`.
    """
    points = sum(max(known[name], 0) for name in known if EVIDENCE[name])
    return _of_points(points)


@functools.lru_cache(maxsize=1_024)
def _of_points(points: int) -> int:
    return min(round(_STEP * math.log2(1 + points)), MOST)
