# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an export may be written, and the folder beside it that it is put together in."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from onrecord.archive.core import Archive
from onrecord.archive.exporting.report import Form
from onrecord.errors import UsageError
from onrecord.locking import hold
from onrecord.publish import ocfl
from onrecord.store.roots import refused_write

#: In the temporary folder: the id of an object whose next version is being put in place.
PLACING: Final = "placing"


def refuse_inside(archive: Archive, target: Path) -> None:
    """UsageError where a file or a folder would lie among what the archive itself holds."""
    for home in (archive.folder, *(root.path for root in archive.store.roots)):
        if target.resolve().is_relative_to(home.resolve()):
            raise UsageError(
                f"{target}: lies in the archive ({home}), which holds nothing but its own",
                "name a place elsewhere",
            )


def check_target(archive: Archive, target: Path, form: Form) -> None:
    """UsageError where an export may not be written there."""
    refuse_inside(archive, target)
    if os.path.lexists(target) and not target.is_dir():
        raise UsageError(f"{target}: expected a folder that is empty or new", "choose another")
    if target.is_mount():
        raise UsageError(
            f"{target}: is a disk's own folder, beside which nothing can be put together",
            "name a folder on that disk",
        )
    if target.is_dir() and any(target.iterdir()):
        if form is not Form.OCFL:
            raise UsageError(
                f"{target}: expected a folder that is empty or new; something is in it",
                "choose another, or empty it",
            )
        ocfl.check_root(target)


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """A folder beside the target to put things together in; held against other exports, and gone afterwards.

    What a killed export left in it is removed first, after an object that it was adding to was completed.
    """
    part = target.with_name(f".{target.name}.exporting")
    if part.is_symlink():
        raise UsageError(f"{part}: is a link", "remove it")
    try:
        part.mkdir(parents=True, exist_ok=True)
        fd = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise refused_write(error, target.parent) from error
    try:
        hold(fd, f"{target}: another export is writing there", "wait until it is done")
        _clear(part, target)
        try:
            yield part
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise refused_write(error, part) from error
            raise
        finally:
            _clear(part, target)
            part.rmdir()
    finally:
        os.close(fd)


def _clear(part: Path, target: Path) -> None:
    placing = part / PLACING
    if placing.is_file():
        ocfl.finish(target, placing.read_text("utf-8"))
    for left in part.iterdir():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()
