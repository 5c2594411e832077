# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the web page until it is told to stop."""

import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from anyio import to_thread
from msgspec.structs import replace

from onrecord.errors import UsageError
from onrecord.web.access.clients import is_loopback
from onrecord.web.app import ANYWHERE, create_app
from onrecord.web.reader import Reader
from onrecord.web.site import Site

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
            self._on_ready(_address(self._bound))


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
    bound = _bind(host, port)
    try:
        if site is not None:
            alone = is_loopback(bound.getsockname()[0])
            site = replace(site, alone=alone, key=site.key if alone else "")
        app = create_app(archive, territory, site)
    except BaseException:
        bound.close()
        raise
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=GRACE,
    )
    return Server(config, bound, on_ready)


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


def _bind(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65535:  # the resolver would take the rest modulo 65536
        raise UsageError(f"cannot listen on port {port}: expected 0 to 65535")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError, OverflowError) as problem:
        raise UsageError(f"cannot listen on {host}: {problem}", hint="try --host 127.0.0.1") from problem
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except (OSError, OverflowError) as problem:
        bound.close()
        raise UsageError(
            f"cannot listen on {host} port {port}: {problem}", hint="try another --port"
        ) from problem
    return bound


def _address(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}/" if bound.family == socket.AF_INET6 else f"http://{host}:{port}/"
