# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies between two editions: this archive's own, those that it mirrors, or folders that came from anywhere."""

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.editions import manifest_in
from onrecord.durable import sha256_of
from onrecord.engine.duck import Duck
from onrecord.errors import DigestMismatch, NotFound, UsageError
from onrecord.publish import comparing, diffing

_NUMBER: Final = re.compile(r"[0-9]{1,9}")


class Compared(Struct, frozen=True, forbid_unknown_fields=True):
    """Two editions. `diff` is "" where none was written, `diff_size` its bytes; `size` those of the later edition."""

    archive: str
    old: Path
    new: Path
    changes: comparing.Changes
    diff: str = ""
    diff_size: int = 0
    same: int = 0
    packed: int = 0
    size: int = 0


def diff(old: Path, new: Path, to: Path | None = None) -> Compared:
    """Say what changed between the editions in two folders; with `to`, write the diff there. Needs no archive."""
    before, after = manifest_in(old), manifest_in(new)
    if before.archive != after.archive:
        raise UsageError(
            f"{old} is of archive {before.archive}, {new} of {after.archive}: expected two editions of one",
            "name two editions of the same archive",
        )
    earlier, later = comparing.Told.by(before, old), comparing.Told.by(after, new)
    for told in (earlier, later):
        _check_tables(told)
    with tempfile.TemporaryDirectory() as spill:
        duck = Duck(Path(spill), memory="2GB")
        try:
            changes = comparing.compare(duck, earlier, later)
        finally:
            duck.close()
    if to is None:
        return Compared(after.archive, old, new, changes)
    written = diffing.write_diff(old, new, to)
    figures = (written.same, written.packed, written.size)
    return Compared(after.archive, old, new, changes, str(to), to.stat().st_size, *figures)


def edition_folder(opened: Callable[[], Archive], which: str, of: str = "") -> Path:
    """The folder of an edition that is named by its number, or by its path. `of` is an archive that is mirrored here.

    Only for a number is the archive opened.
    """
    if not _NUMBER.fullmatch(which):
        if not which or not Path(which).is_dir():
            raise NotFound(
                f"{which!r}: expected the number of an edition, or the folder of one",
                "such as 1, or a folder with manifest.json in it",
            )
        return Path(which)
    with opened() as archive:
        mirrored = [entry["number"] for entry in archive.ledger.mirrored() if entry["archive"] == of]
        own = [entry["number"] for entry in archive.ledger.editions()]
        base = archive.folder / "mirrored" / of if of else archive.folder / "editions"
        held = mirrored if of else own
        if int(which) not in held:
            there = ", ".join(map(str, held)) or "none"
            raise NotFound(
                f"edition {which}{f' of {of}' if of else ''}: is not here; here are: {there}",
                "name one of these, or the folder of an edition",
            )
        return base / str(int(which))


def _check_tables(told: comparing.Told) -> None:
    """Numbers are of the tables that were signed, not of what a disk made of them."""
    for path, sha256 in sorted(told.digests.items()):
        if path.endswith(".parquet") and sha256_of(told.folder / path) != sha256:
            raise DigestMismatch(
                f"{told.folder / path}: is not what the manifest says ({sha256})", "fetch the edition again"
            )
