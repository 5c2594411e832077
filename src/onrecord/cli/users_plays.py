# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord users plays`"""

from pathlib import Path

import click

from onrecord.cli.output import Output, options


@click.command("plays")
@click.argument("name")
@click.option("--keep/--stop", "wanted", default=None, help="Keep their plays from now on, or keep no more.")
@click.option("--erase", is_flag=True, help="Erase all plays that are kept of them, for good.")
@click.option("--forget", is_flag=True, help="Erase plays, stars, ratings and playlists, for good.")
@options
def plays(name: str, wanted: bool | None, erase: bool, forget: bool, folder: Path, out: Output) -> None:
    """Tell what is kept of what somebody hears, have plays kept where they want it, and erase.

    Nobody's plays are kept before they or you say so; the person can, too (`POST /listening`). What is kept lies in
    listening.sqlite in the archive's folder: never in the log, a dataset, an edition or an export.

    \b
    Example:  onrecord users plays ada --keep
    """
    from onrecord.archive import Archive
    from onrecord.web.access.people import Users
    from onrecord.web.listens.keeping import Listening

    with Archive.open(folder), Users(folder) as users, Listening(folder) as listening:
        user = users.person(name).name
        if forget:
            listening.forget(user)
        elif erase:
            listening.erase_plays(user)
        if wanted is not None:
            listening.keep(user, wanted)
        kept = listening.kept(user)
    say = "kept from now on" if kept.plays_are_kept else "not kept"
    lines = [
        f"{user}: plays are {say}",
        f"  {kept.plays} plays, {kept.stars} stars, {kept.ratings} ratings, {kept.lists} playlists",
    ]
    out.result("users.plays", kept, lambda: iter(lines))
