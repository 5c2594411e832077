# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP/1.1 over asyncio and nothing more, so that whoever asks takes little from the server's second core.

A visitor keeps their connections open, as a browser does, and opens another where all are busy.
"""

import asyncio
import re
from typing import Final

from msgspec import Struct

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_TYPE: Final = re.compile(rb"\r\ncontent-encoding: *gzip", re.IGNORECASE)


class Got(Struct, frozen=True):
    status: int
    size: int
    compressed: bool


class Visitor:
    """`address` is where they come from, as the proxy says."""

    def __init__(self, host: str, port: int, address: str) -> None:
        self._host, self._port, self._address = host, port, address
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def get(self, path: str) -> Got:
        asked = request(path, self._host, self._address, "Accept-Encoding: gzip\r\n")
        while True:
            kept = self._idle.pop() if self._idle else None
            reader, writer = kept or await asyncio.open_connection(self._host, self._port, limit=1 << 20)
            try:
                writer.write(asked)
                head = await reader.readuntil(b"\r\n\r\n")
            except (ConnectionError, asyncio.IncompleteReadError):
                if kept:
                    continue  # the server had closed it while nothing was asked
                raise
            length = _LENGTH.search(head)
            if length is None:
                raise SystemExit(f"bench: {path}: expected an answer with its length, got {head[:200]!r}")
            size = int(length[1])
            await reader.readexactly(size)
            self._idle.append((reader, writer))
            return Got(int(head[9:12]), size, _TYPE.search(head) is not None)

    def close(self) -> None:
        for _, writer in self._idle:
            writer.close()


def request(path: str, host: str, address: str, more: str = "") -> bytes:
    said = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-For: {address}\r\n"
    return f"{said}Accept: text/html,*/*;q=0.8\r\n{more}\r\n".encode("ascii")
