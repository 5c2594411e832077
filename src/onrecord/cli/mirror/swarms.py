# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds a torrent, as `plan` and `status` print it."""

from onrecord.model.views import SwarmView


def told(swarm: SwarmView) -> str:
    """How many, by whose word, and when that was."""
    source = "a tracker" if swarm.source == "tracker" else "those connected here"
    fetched = "" if swarm.completed is None else f", fetched {swarm.completed:,} times"
    seen = f", a whole copy last seen on {swarm.last_seen:%Y-%m-%d}" if swarm.last_seen else ""
    return (
        f"seeders {swarm.seeders:,}, leechers {swarm.leechers:,}{fetched} by {source} "
        f"on {swarm.counted:%Y-%m-%d}{seen}"
    )
