# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord mirror seed`"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click

from onrecord.cli.output import Output, options, size


@click.command("seed")
@click.option("--listen", default="127.0.0.1:0", show_default=True, help="ADDRESS:PORT to listen on.")
@click.option(
    "--limit-volumes",
    type=click.IntRange(1),
    help="Seed so many volumes at most, those that are held least: memory and sockets have an end.",
)
@click.option(
    "--shards",
    type=click.IntRange(1, 1000),
    help="So many sessions, each a process with a port of its own: the one named and those above it."
    "  [default: one for every 5 million files]",
)
@click.option(
    "--trackers/--no-trackers",
    default=None,
    help="Announce to the trackers that torrents name, and ask them how many hold each.  [default: no]",
)
@options
def command(
    listen: str,
    limit_volumes: int | None,
    shards: int | None,
    trackers: bool | None,
    folder: Path,
    out: Output,
) -> None:
    """Give out what this archive published or mirrors, until interrupted. Stays on loopback unless told otherwise.

    What lies in a bucket is given out by web seeds, and from here where `[seed] copies_mb` has room for copies; what is
    left is counted and said.

    What is withdrawn meanwhile, or may no longer be shared for another reason, stops within seconds. Who else holds it
    is counted now and then; `onrecord mirror status` tells. `[seed]` in onrecord.toml has the defaults.

    \b
    Example:  onrecord mirror seed --listen 127.0.0.1:6881
    """
    from onrecord.archive import Archive, counting, planning, seed_copies, seed_sessions, seed_state, seeding
    from onrecord.archive.seed_process import ASK_EVERY

    with Archive.open(folder) as archive, seed_state.seeding(archive) as tell:
        with out.progress("bringing copies from buckets") as update:
            copies = seed_copies.renew(archive, archive.settings.seed.copies_mb * 1024 * 1024, update)
        if copies.why:
            out.say(f"not every copy that has room is here: {copies.why}")
        limit, need = limit_volumes or 0, planning.need(archive) if limit_volumes else None
        asking = archive.settings.seed.trackers if trackers is None else trackers
        sessions = shards or archive.settings.seed.shards
        sessions = sessions or seed_sessions.enough(sum(seeding.chosen(archive, limit, need).values()))
        with (
            closing(seed_sessions.begin(archive, sessions, listen, asking, limit, need, out.say)) as running,
            closing(counting.Counting(archive, listen if asking else "", out.say)) as counts,
        ):
            states, torrents = running.states(), running.torrents()
            tell(states)
            far = seeding.far(archive)

            def text() -> Iterator[str]:
                ports = ", ".join(str(state.port) for state in states)
                yield (
                    f"seeding {len(torrents):,} torrents on port{'s' * (len(states) > 1)} {ports}; stop with Ctrl-C"
                )
                if copies.files:
                    yield f"{copies.files:,} files are copies from buckets ({size(copies.bytes)})"
                if far.files:
                    yield (
                        f"{far.files:,} files of {far.volumes:,} volumes lie in buckets: web seeds give them out, not"
                        " this command"
                    )
                if far.unseeded:
                    yield (
                        f"{len(far.unseeded):,} of these volumes name no web seed, so nobody gets those files"
                        f" ({far.unseeded[0]}, …): name one in [publish] web_seeds and publish, or move them to a disk"
                        " with `onrecord store move`"
                    )

            value = {
                "port": states[0].port,
                "torrents": torrents,
                "shards": states,
                "far": far,
                "copies": copies,
            }
            out.result("mirror.seed", value, text)
            while True:
                counts.go_on(running.seen)
                running.tend(ASK_EVERY)
                if running.states() != states:
                    states = running.states()
                    tell(states)
