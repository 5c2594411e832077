# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Begins the processes that answer, begins another for one that died or hangs, and ends them all.

It holds the socket, so no connection is lost that waits meanwhile. It reads nothing of the archive and answers nobody.
"""

import logging
import multiprocessing
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType
from typing import Final, Self

from onrecord.errors import OnrecordError
from onrecord.web.addresses import address_of, bind
from onrecord.web.processes.said import Failed, Ready, Told, answer
from onrecord.web.processes.shared import COUNTED_IN, counted_in, places

_log = logging.getLogger(__name__)
#: Loaded once: each process is a copy of one that has it.
_LOADED: Final = ["onrecord.web.processes.child"]
#: Seconds without a sign of life after which a process that had answered hangs, and those for which one that was told
#: to end is let. One that opens a large archive may say nothing for as long as that takes.
_SILENT: Final = 60.0
_ENDING: Final = 10.0
#: Seconds before one that died is begun again: none where it had answered for a while (seconds, too), and more each
#: time where it had not.
_PAUSES: Final = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0)
_WHILE: Final = 60.0


def serve_together(
    folder: Path,
    host: str,
    port: int,
    count: int,
    on_ready: Callable[[str], None],
    territory: str,
    key: str,
    *,
    log: bool = False,
) -> None:
    """Serves an archive by so many processes until SIGINT, SIGTERM or SIGHUP; `on_ready` is called once all answer.

    Raises what one of them cannot begin for, UsageError where the port is taken, and KeyboardInterrupt after SIGINT,
    when all have ended. Streams that still run are cut off as `serve` does it.
    """
    with bind(host, port) as bound, places() as (place, made), _Signals() as signals:
        os.environ[COUNTED_IN] = str(counted_in(place))  # before the library that counts is loaded anywhere
        told = Told(folder, territory, key, place, made, secrets.token_bytes(16), log)
        processes = _Processes(told, bound, count, signals)
        try:
            processes.begin()
            if not signals.came:
                on_ready(address_of(bound))
                processes.watch()
        finally:
            processes.end()
    if signal.SIGINT in signals.came:
        raise KeyboardInterrupt


class _Signals:
    """Those that ask to end. Whoever waits for the socket wakes."""

    def __init__(self) -> None:
        self.came: list[int] = []
        self.woken, self._waker = socket.socketpair()
        self._before = {
            number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }

    def __enter__(self) -> Self:
        for number in self._before:
            signal.signal(number, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        self.woken.close()
        self._waker.close()

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.came.append(number)
        self._waker.send(b"!")


class _Process:
    """One that answers, as it is seen from here. `slot` is a number that none has that runs at the same time."""

    def __init__(self, process: BaseProcess, line: Connection, slot: int) -> None:
        self.process = process
        self.line = line
        self.slot = slot
        self.is_gone = False
        self.answers_since: float | None = None
        self.heard = time.monotonic()

    @property
    def hangs(self) -> bool:
        return not self.is_gone and self.answers_since is not None and time.monotonic() - self.heard > _SILENT

    def hear(self) -> None:
        """Take what it says. Raises what it cannot begin for."""
        self.heard = time.monotonic()
        try:
            said = self.line.recv()
        except (EOFError, OSError):
            self.is_gone = True
            return
        if isinstance(said, Ready):
            self.answers_since = self.heard
        if isinstance(said, Failed):
            raise said.error

    def send(self, number: int) -> None:
        """A signal, unless it is gone. What `multiprocessing` knows of it may be wrong, where its helper was killed."""
        if not self.is_gone and self.process.pid:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, number)


class _Processes:
    def __init__(self, told: Told, bound: socket.socket, count: int, signals: _Signals) -> None:
        self._told = told
        self._bound = bound
        self._count = count
        self._signals = signals
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(_LOADED)
        self._running: list[_Process] = []
        self._failures = 0
        self._next = 0.0

    def begin(self) -> None:
        """All of them, until each answers or a signal comes. Raises what one of them cannot begin for."""
        for _ in range(self._count):
            self._begin_one()
        while any(each.answers_since is None for each in self._running) and not self._signals.came:
            self._listen()
            if any(each.is_gone for each in self._running):
                raise OnrecordError("a process of the server ended before it answered anybody")

    def watch(self) -> None:
        """Until a signal comes."""
        while not self._signals.came:
            try:
                self._listen()
            except OnrecordError as error:
                _log.error("a process of the server cannot begin: %s", error.message)
            for each in self._running:
                if each.hangs:
                    _log.error(
                        "process %s of the server says nothing any more; it is killed", each.process.pid
                    )
                    each.send(signal.SIGKILL)
                elif each.is_gone:
                    self._bury(each)
            self._running = [each for each in self._running if not each.is_gone]
            if len(self._running) < self._count and time.monotonic() >= self._next:
                self._begin_one()

    def end(self) -> None:
        """Let them end what they are at, for some seconds. Another signal hurries them."""
        self._bound.close()
        for each in self._running:
            each.send(signal.SIGTERM)
        until, before = time.monotonic() + _ENDING, len(self._signals.came)
        while any(not each.is_gone for each in self._running):
            with suppress(OnrecordError):
                self._listen()
            if time.monotonic() > until or len(self._signals.came) > before:
                for each in self._running:
                    each.send(signal.SIGKILL)
        for each in self._running:
            each.process.join()

    def _begin_one(self) -> None:
        heard, said = self._context.Pipe(duplex=False)
        slot = min(set(range(self._count)) - {each.slot for each in self._running})
        process = self._context.Process(target=answer, args=(self._told, slot, self._bound, said))
        process.start()
        said.close()  # it has its own: when that is closed, it is gone
        self._running.append(_Process(process, heard, slot))

    def _listen(self) -> None:
        """To whoever says something, for a second at most. Raises what one of them cannot begin for."""
        lines = {each.line: each for each in self._running if not each.is_gone}
        for said in wait([self._signals.woken, *lines], timeout=1.0):
            if said is self._signals.woken:
                self._signals.woken.recv(64)
            else:
                lines[said].hear()  # type: ignore[index]

    def _bury(self, each: _Process) -> None:
        """Take what died out of the counts of what runs now, and say when another begins."""
        each.process.join()
        each.line.close()
        lasted = each.answers_since is not None and time.monotonic() - each.answers_since > _WHILE
        self._failures = 0 if lasted else self._failures + 1
        pause = _PAUSES[min(self._failures, len(_PAUSES) - 1)]
        self._next = time.monotonic() + pause
        for left in counted_in(self._told.place).glob(f"gauge_live*_{each.slot}.db"):
            left.unlink()
        how = f"exit code {each.process.exitcode}"
        _log.error("process %s of the server died (%s); another begins in %g s", each.process.pid, how, pause)
