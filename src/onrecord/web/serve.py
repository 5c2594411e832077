# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the web page until it is told to stop, in this process."""

import signal
import socket
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import uvicorn
from anyio import to_thread
from msgspec.structs import replace

from onrecord.archive.changing_over import snapshot_in
from onrecord.archive.reading import open_reader
from onrecord.errors import UsageError
from onrecord.web.addresses import address_of, bind, is_loopback
from onrecord.web.app import ANYWHERE, create_app
from onrecord.web.changing import Changing, Page
from onrecord.web.memory import Memory, OwnMemory
from onrecord.web.reader import Reader
from onrecord.web.site import Site, site_of

#: Seconds that running answers have to end after a stop; a long stream would hold the stop up for its whole length.
GRACE = 3
#: Answers that are worked on at once: of more, none would be ready sooner, and all of them later.
THREADS = 16


class Server(uvicorn.Server):
    """A server on a socket that is already bound. Set `should_exit` to end it from another thread."""

    def __init__(self, config: uvicorn.Config, bound: socket.socket, on_ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._bound = bound
        self._on_ready = on_ready

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        with self._bound:
            super().run(sockets or [self._bound])

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if sig == signal.SIGTERM:
            # Whoever restarts a server asks it to end: it has done so, and nothing went wrong.
            self._captured_signals.remove(sig)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        to_thread.current_default_thread_limiter().total_tokens = THREADS
        await super().startup(sockets)
        if self.started:
            self._on_ready(address_of(self._bound))


def prepare(
    archive: Reader,
    host: str,
    port: int,
    on_ready: Callable[[str], None],
    territory: str = ANYWHERE,
    site: Site | None = None,
) -> Server:
    """Binds the port and puts the page together; `run()` serves. Raises `UsageError` where the port is taken.

    The owner's pages are there only where the port is bound on loopback.
    """
    bound = bind(host, port)
    try:
        return Server(config_of(archive, bound, territory, site), bound, on_ready)
    except BaseException:
        bound.close()
        raise


def config_of(
    archive: Reader, bound: socket.socket, territory: str, site: Site | None, memory: Memory | None = None
) -> uvicorn.Config:
    """The page of an archive, as it is served on this socket; of a link to snapshots, that of the one it leads to, now
    and later."""
    if site is not None:
        alone = is_loopback(bound.getsockname()[0])
        site = replace(site, alone=alone, key=site.key if alone else "")
    page: Page
    link = site.folder if site is not None else None
    if site and link and link.is_symlink() and (first := snapshot_in(link)):
        page = _changing(link, first.archive, territory, site, memory or OwnMemory())
    else:
        page = create_app(archive, territory, site, memory)
    return uvicorn.Config(
        page,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=GRACE,
    )


def _changing(link: Path, archive: str, territory: str, site: Site, memory: Memory) -> Changing:
    def made(folder: Path) -> Page:
        now = snapshot_in(folder)
        if now is None or now.archive != archive:
            raise UsageError(f"{folder}: expected a snapshot of archive {archive}", "make the link anew")
        of = replace(site_of(folder, site.key), alone=site.alone)
        return create_app(open_reader(folder), territory, of, memory)

    changing = Changing(link, made)
    changing.keep_looking()
    return changing


def serve(
    archive: Reader,
    host: str,
    port: int,
    on_ready: Callable[[str], None],
    territory: str = ANYWHERE,
    site: Site | None = None,
) -> None:
    """Serves until SIGINT or SIGTERM. `on_ready` is called once with the real address, also for port 0.

    After SIGINT the signal is raised again when everything is closed, so the caller sees `KeyboardInterrupt`; after
    SIGTERM this returns. Either way streams that still run are cut off after `GRACE` seconds.
    """
    prepare(archive, host, port, on_ready, territory, site).run()
