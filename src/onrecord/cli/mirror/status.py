# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord mirror status`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options, size


@click.command("status")
@options
def command(folder: Path, out: Output) -> None:
    """What is followed, held and given out: editions, feeds, volumes, plan, proofs, withdrawals, seeds, seeders.

    \b
    Example:  onrecord mirror status
    """
    from onrecord.archive import Archive, counting, mirror_status, seed_state
    from onrecord.cli.mirror.swarms import told

    with Archive.open(folder) as archive:
        found = mirror_status.status(archive)
        seeding, swarm = seed_state.current(archive), counting.counted(archive)
        unlooked = archive.ledger.vouched_totals()[0]

    def text() -> Iterator[str]:
        for item in found:
            held = f"edition {item.edition} of {item.day}" if item.edition else "no edition yet"
            yield f"{item.name} ({item.archive}): {held}"
            if not item.feed:
                yield "  followed no longer; what is held goes on being served"
            else:
                end = f"feed {'expired on' if item.expired else 'good until'} {item.good_until[:10]}"
                yield f"  {end if item.good_until else 'feed never seen'}: {item.feed}"
            yield (
                f"  volumes: {item.whole:,} whole, {item.partly:,} in part, {item.missing:,} not here; "
                f"{size(item.bytes)} of {size(item.of)}"
            )
            if item.planned is not None:
                yield f"  the plan names {item.planned:,} of them, {item.planned_whole:,} are whole"
            yield f"  last shown to be held: {item.last_proof or 'never'}"
            if item.hidden_by:
                yield f"  withdrawals obeyed: {item.hidden_by:,}, {item.hidden:,} files are hidden"
            if item.lied:
                yield f"  its word was false on {item.lied[:10]}: files are decoded before they are kept"
        if unlooked:
            yield f"{unlooked:,} files are held and seeded, and not looked into yet: `onrecord mirror look`"
        if not found:
            yield "no archive is followed: `onrecord mirror follow FEED`"
        if seeding is None:
            yield "nothing is seeded now: `onrecord mirror seed`"
        else:
            yield f"seeded by process {seeding.pid} since {seeding.since}"
            for shard in seeding.shards:
                state = f"port {shard.port}" if shard.up else f"port {shard.port}, down for the moment"
                again = f", begun {shard.starts:,} times" if shard.starts > 1 else ""
                yield f"  session {shard.number}: {state}, {shard.torrents:,} torrents, {shard.files:,} files{again}"
        for each in swarm:
            shown = "" if each.holders is None else f"; {each.holders:,} holders showed all they were asked"
            if each.swarm or shown:
                yield f"  {each.torrent}: {told(each.swarm) if each.swarm else 'not counted'}{shown}"

    body = {"archives": found, "seeding": seeding, "swarm": swarm, "not_looked_into": unlooked}
    out.result("mirror.status", body, text)
