# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One of the processes that seed an archive together: a session of its own, and the part that it is told to seed.

It opens the archive itself and asks the rights itself, so no bytes and no lists of files pass between processes. It
ends when it is told to, and when who began it is gone.
"""

import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.seeding import Part, Seeds
from onrecord.errors import OnrecordError
from onrecord.mirror.session import Seen, Session

#: Seconds after which a running seed looks whether something was committed.
ASK_EVERY: Final = 5.0


class Ready(Struct, frozen=True):
    """The session listens."""

    port: int


class Report(Struct, frozen=True):
    """What is seeded now, and who takes part in it; said after each look."""

    torrents: tuple[str, ...]
    files: int
    seen: tuple[Seen, ...]


class Alive(Struct, frozen=True):
    """It is at work: a look at many files takes long."""


class Failed(Struct, frozen=True):
    """Why the process ends."""

    message: str
    hint: str


def run(folder: Path, listen: str, trackers: bool, line: Connection, every: float = ASK_EVERY) -> None:
    """Seed what comes over the line, a `Part` each time that it is another, until None comes or the line breaks.

    A part is waited for when the session is ready, and taken after a report: so the two never both wait to be heard.
    Something is said every few seconds: a report, or while a look takes longer that it is at work.
    """
    # Who began it decides when to stop; a terminal's Ctrl-C reaches the whole group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)
    try:
        with Archive.open(folder) as archive, Session(listen, trackers=trackers) as session:
            line.send(Ready(session.port))
            part = _wait_for(line)
            seeds = Seeds(archive, session, part=part)
            while part is not None:
                names = seeds.take(part, _alive(line, every))
                line.send(Report(tuple(names), seeds.files, tuple(session.seen())))
                if line.poll(every):
                    part = _wait_for(line)
    except (EOFError, ConnectionError):
        pass  # who began it is gone
    except OnrecordError as error:
        line.send(Failed(error.message, error.hint))
    except OSError as error:
        line.send(Failed(str(error), "see to it; nothing committed is lost"))


def _alive(line: Connection, every: float) -> Callable[[], None]:
    """To be called on the way: says now and then that this process is at work."""
    last = time.monotonic()

    def alive() -> None:
        nonlocal last
        if (now := time.monotonic()) - last >= every:
            last = now
            line.send(Alive())

    return alive


def _wait_for(line: Connection) -> Part | None:
    """The last of what was said."""
    said = line.recv()
    while line.poll():
        said = line.recv()
    return said if isinstance(said, Part) else None


def _end(*_: object) -> None:
    sys.exit(0)
