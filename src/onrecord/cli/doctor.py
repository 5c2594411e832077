# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord doctor`"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options

_SIGNS = {"ok": "ok   ", "note": "note ", "wrong": "WRONG"}


@click.command("doctor")
@options
def command(folder: Path, out: Output) -> None:
    """Look at the machine and the archive, and say what stands in the way and what to do.

    Libraries, codecs, memory, open files; the file system's word; room, buckets, clock, keys; what is damaged, late or
    behind. Without an archive, the machine alone. Nothing is changed, and no sound is read: that is `onrecord check`.
    Exit code 1 where something is wrong.

    \b
    Example:  onrecord doctor
    """
    from onrecord.archive.doctoring import diagnose

    found = diagnose(folder)

    def text() -> Iterator[str]:
        for one in found.checked:
            yield f"{_SIGNS[one.state]} {one.what}: {one.found}"
            if one.do:
                yield f"        {one.do}"
        for wrong in found.wrong:
            count = f" ({wrong.count:,})" if wrong.count > 1 else ""
            yield f"{_SIGNS['wrong' if wrong.serious else 'note']} {wrong.what}{count}"
            yield f"        {wrong.do}"
            yield from (f"        {line}" for line in wrong.commands)
            yield from (f"        {name}: {said}" for name, said in wrong.about)

    out.result("doctor", {"fit": found.is_fit, "checked": found.checked, "wrong": found.wrong}, text)
    if not found.is_fit:
        sys.exit(1)
