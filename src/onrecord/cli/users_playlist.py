# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord users playlist`"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options


@click.command("playlist")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@options
def playlist(name: str, file: Path, folder: Path, out: Output) -> None:
    """Bring in a playlist (M3U, XSPF, JSPF) for somebody's players.

    An entry is taken where it names a recording that is here: by its page, by MBID or ISRC, or by title and artist
    where just one recording is called so. The others are told; then the exit code is 3.

    \b
    Example:  onrecord users playlist ada summer.xspf
    """
    from onrecord.archive.reading import open_reader
    from onrecord.errors import UsageError
    from onrecord.web.access.people import Users
    from onrecord.web.listens.keeping import Listening
    from onrecord.web.listens.lists import LONGEST, bring_in

    with file.open("rb") as stream:
        content = stream.read(LONGEST + 1)
    if len(content) > LONGEST:
        raise UsageError(f"{file}: longer than {LONGEST} bytes, which no playlist is")
    reader = open_reader(folder)
    with Users(folder) as users, Listening(folder) as listening:
        user = users.person(name).name
        form = file.suffix.lstrip(".").lower()
        brought = bring_in(reader, listening, user, file.stem, content, form)

    def text() -> Iterator[str]:
        yield f"{brought.name!r} for {user}: {brought.found} of {brought.found + len(brought.missing)} entries are here"
        for entry in brought.missing:
            yield f"  {entry.place}  not here: {' - '.join(filter(None, (entry.artist, entry.title)))}"

    out.result("users.playlist", brought, text)
    if brought.missing:
        sys.exit(3)
