# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server of our own on loopback that answers as it is told, and misbehaves as it is told."""

import socket
import threading
from collections.abc import Callable

Script = Callable[[socket.socket, str], None]


class Server:
    """Answers each connection with the next of its scripts, the last one for ever; remembers what was asked.

    What `robots` says to /robots.txt is apart from that, and counted apart.
    """

    def __init__(self, *scripts: Script, robots: Script | None = None) -> None:
        self._scripts = list(scripts)
        self._robots = robots or say(404)
        self.robots_asked = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.asked: list[str] = []
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            with peer:
                request = b""
                while b"\r\n\r\n" not in request and (data := peer.recv(4096)):
                    request += data
                try:
                    self._script(request.decode())(peer, self.address)
                except OSError:
                    continue

    def _script(self, request: str) -> Script:
        if request.startswith("GET /robots.txt "):
            self.robots_asked += 1
            return self._robots
        self.asked.append(request)
        return self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10)


def say(status: int, body: bytes = b"", length: int | None = None, **headers: str) -> Script:
    """An answer; `length` is what it claims to be long."""

    def script(peer: socket.socket, address: str) -> None:
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body) if length is None else length}"]
        lines += [f"{name.replace('_', '-')}: {text.format(here=address)}" for name, text in headers.items()]
        peer.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode() + body)

    return script


class Clock:
    """Time that passes only while somebody sleeps; remembers how long each sleep was."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
