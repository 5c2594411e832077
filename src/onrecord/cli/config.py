# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord config`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options


@click.command("config")
@click.argument("names", metavar="[SECTION|SECTION.KEY]...", nargs=-1)
@click.option("--changed", is_flag=True, help="Only what onrecord.toml sets.")
@options
def command(names: tuple[str, ...], changed: bool, folder: Path, out: Output) -> None:
    """Show the settings, and where each was set. They are changed by editing onrecord.toml in the archive's folder.

    A key that is unknown, or has a wrong value, is named with its line; exit code 2. With --quiet, values alone.

    \b
    Example:  onrecord config work store.roots
    """
    from onrecord.archive.settings import toml
    from onrecord.archive.settings_shown import shown
    from onrecord.errors import ArchiveNotFound

    path = folder / "onrecord.toml"
    if not path.is_file():
        raise ArchiveNotFound(
            f"{folder}: no archive here", "make one with `onrecord init`, or name one with -C"
        )
    settings = [one for one in shown(path, names) if one.line or not changed]

    def text() -> Iterator[str]:
        section = ""
        for one in settings:
            before, _, key = one.name.partition(".")
            if out.quiet:
                yield toml(one.value)
                continue
            if before != section:
                section = before
                yield f"[{section}]"
            where = f"line {one.line}" if one.line else "default"
            yield f"{key} = {toml(one.value)}  # {where}"

    out.result("config", {"file": str(path), "settings": settings}, text)
