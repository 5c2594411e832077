# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord mirror plan`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, Size, options, size


@click.command("plan")
@click.option("--space", type=Size(), metavar="SIZE", help="Room for volumes, such as 500GB or 2TB.")
@click.option(
    "--license", "licenses", multiple=True, help="Volumes under this license alone; may be given again."
)
@click.option("--shelf", "shelves", multiple=True, help="Volumes on this shelf alone; may be given again.")
@click.option("--of", "archives", multiple=True, help="Volumes of this archive (its id); may be given again.")
@click.option("--clear", is_flag=True, help="Have no plan: hold all that may be shared.")
@click.option("--dry-run", is_flag=True, help="Show what would be chosen, and change nothing.")
@options
def command(
    space: int | None,
    licenses: tuple[str, ...],
    shelves: tuple[str, ...],
    archives: tuple[str, ...],
    clear: bool,
    dry_run: bool,
    folder: Path,
    out: Output,
) -> None:
    """Choose which volumes to hold, where there is no room for all: those that are held least.

    What is here stays, if it is still wanted and there is room. `onrecord mirror sync` obeys the plan, and chooses
    again by the same wish when an edition brings other volumes. Nothing is ever deleted.

    \b
    Example:  onrecord mirror plan --space 2TB --license CC-BY-4.0 --license CC0-1.0
    """
    from onrecord.archive import Archive, planning
    from onrecord.cli.mirror.swarms import told
    from onrecord.mirror.planning import shown

    if clear == (space is not None) or (clear and (licenses or shelves or archives or dry_run)):
        raise click.UsageError("give --space SIZE, or --clear alone")
    with Archive.open(folder) as archive:
        if space is None:
            planning.clear(archive)
            line = "no plan: `onrecord mirror sync` fetches all that may be shared"
            out.result("mirror.plan", {"space": None, "volumes": []}, lambda: iter([line]))
            return
        planned = planning.make(archive, space, licenses, shelves, archives, commit=not dry_run)

    def text() -> Iterator[str]:
        chosen = sum(item.chosen for item in planned.volumes)
        yield (
            f"{chosen:,} of {len(planned.volumes):,} volumes, {size(planned.chosen)} of {size(planned.space)}"
            + (" (nothing was changed)" if dry_run else "")
        )
        for item in planned.volumes:
            mark = "hold" if item.chosen else "leave"
            swarm = planned.swarm.get(item.volume)
            seeders = f", {told(swarm)}" if swarm else ""
            yield f"  {mark} {item.volume} ({size(item.size)}, {shown(item.copies)} copies): {item.why}{seeders}"
        if planned.beyond:
            yield f"{size(planned.beyond)} are here beyond the plan; they stay, for deleting is up to you"
        if not planned.volumes:
            yield "no edition is here yet: `onrecord mirror sync` brings its papers first, and then chooses"

    out.result("mirror.plan", planned, text)
