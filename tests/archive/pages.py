# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of archives on loopback, and holders that change what others say."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from onrecord.archive import Archive
from onrecord.archive.reading import open_reader
from onrecord.net import UnexpectedStatus, fetch
from onrecord.web.serve import prepare
from onrecord.web.site import site_of


@contextmanager
def page(archive: Archive) -> Iterator[str]:
    told: list[str] = []
    ready = threading.Event()

    def tell(address: str) -> None:
        told.append(address)
        ready.set()

    server = prepare(open_reader(archive.folder), "127.0.0.1", 0, tell, site=site_of(archive.folder))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert ready.wait(20)
    try:
        yield told[0].rstrip("/")
    finally:
        server.should_exit = True
        thread.join(20)


@contextmanager
def between(address: str, change: Callable[[str, bytes], bytes]) -> Iterator[str]:
    """A holder that passes on what another says, with a change of its own."""

    class Between(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            first, _, last = asked.removeprefix("bytes=").partition("-")
            part = (int(first), int(last)) if asked else None
            try:
                body = change(self.path, fetch(address + self.path, 1 << 26, part=part))
            except UnexpectedStatus as error:
                self.send_error(error.status)
                return
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Between)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
