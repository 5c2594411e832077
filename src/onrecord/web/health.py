# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the newest edition is doing, in a few numbers: how old it is, and how many hold what it is made of."""

import datetime as dt

from msgspec import Struct

from onrecord.model.views import EditionView


class Health(Struct, frozen=True):
    """Of `torrents`, `counted` were asked about: of those `alone` were seeded by nobody, and the least held by `least`.
    `day` is when that was counted, the oldest of them; None where nothing was."""

    days: int
    torrents: int
    counted: int = 0
    alone: int = 0
    least: int = 0
    day: dt.date | None = None


def health(edition: EditionView, today: dt.date) -> Health:
    """As of the last counts."""
    counts = [volume.swarm for volume in edition.volumes if volume.swarm is not None]
    days = max((today - edition.day).days, 0)
    if not counts:
        return Health(days, len(edition.volumes))
    return Health(
        days=days,
        torrents=len(edition.volumes),
        counted=len(counts),
        alone=sum(count.seeders == 0 for count in counts),
        least=min(count.seeders for count in counts),
        day=min(count.counted for count in counts).date(),
    )
