# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One process at a time, by the lock of an open file or folder: the kernel drops it when the process ends."""

import fcntl
from typing import IO, Any

from onrecord.errors import ArchiveLocked


def hold(opened: int | IO[Any], refused: str, hint: str = "") -> None:
    """Lock what is open, until it is closed. ArchiveLocked says `refused` where another process has it."""
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ArchiveLocked(refused, hint) from None
