# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the process that watches and those that answer say to each other. It loads nothing of the page."""

import socket
from multiprocessing.connection import Connection
from pathlib import Path

from msgspec import Struct

from onrecord.errors import OnrecordError


class Told(Struct, frozen=True):
    """What each process is told. `key` opens the owner's pages, `place` and `made` are folders of all processes, and
    `secret` is the key of what they know in common. `log`: requests are written on standard error."""

    folder: Path
    territory: str
    key: str
    place: Path
    made: Path
    secret: bytes
    log: bool


class Ready(Struct, frozen=True):
    """It answers."""


class Alive(Struct, frozen=True):
    """It is at work."""


class Failed(Struct, frozen=True):
    """Why it ends before it answered anybody."""

    error: OnrecordError


def answer(told: Told, slot: int, bound: socket.socket, line: Connection) -> None:
    """Runs in each process. `slot` is a number that no other has meanwhile, and the one after it has again."""
    from onrecord.web.processes.child import run

    run(told, slot, bound, line)
