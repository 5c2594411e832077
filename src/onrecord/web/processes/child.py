# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One of the processes that answer. It ends when it is told to (SIGTERM), and when whoever began it is gone."""

import os
import signal
import socket
import sys
from multiprocessing.connection import Connection
from types import FrameType
from typing import Final

import uvicorn

from onrecord.archive.reading import open_reader
from onrecord.errors import OnrecordError
from onrecord.web.processes.said import Alive, Failed, Ready, Told
from onrecord.web.processes.shared import COUNTED_IN, SharedMemory, counted_in
from onrecord.web.running.logs import log_to
from onrecord.web.running.metrics import count_as
from onrecord.web.serve import Server, config_of
from onrecord.web.site import site_of

#: Connections that wait to be taken, and those that one process takes at a time: the rest is for the others.
_WAITING: Final = 2048
_TAKEN: Final = 1
#: Ticks of the server, ten a second, between two signs of life.
_TICKS: Final = 10


def run(told: Told, slot: int, bound: socket.socket, line: Connection) -> None:
    """Answer on a socket that others answer on, too."""
    # Who began it decides when to stop; a terminal's Ctrl-C reaches the whole group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ[COUNTED_IN] = str(counted_in(told.place))
    count_as(slot)
    if told.log:
        log_to(sys.stderr)
    try:
        memory = SharedMemory(told.place, told.made, told.secret)
        shared = _Shared(fileno=bound.detach())
        site = site_of(told.folder, told.key)
        config = config_of(open_reader(told.folder), shared, told.territory, site, memory)
    except OnrecordError as error:
        line.send(Failed(error))
        return
    config.backlog = _TAKEN
    _Child(config, shared, line).run()


class _Shared(socket.socket):
    """As many wait as ever, however few this process takes at a time."""

    def listen(self, backlog: int = _WAITING, /) -> None:
        super().listen(_WAITING)


class _Child(Server):
    def __init__(self, config: uvicorn.Config, bound: socket.socket, line: Connection) -> None:
        super().__init__(config, bound, lambda _: self._say(Ready()))
        self._line = line

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if sig != signal.SIGINT:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS == 0:
            self._say(Alive())
        return await super().on_tick(counter)

    def _say(self, said: Ready | Alive) -> None:
        try:
            self._line.send(said)
        except OSError:
            self.should_exit = True  # whoever began it is gone
