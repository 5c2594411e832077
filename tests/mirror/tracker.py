# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small tracker on loopback: announces (BEP 3, 23) and scrapes (BEP 48) over HTTP, from memory."""

import http.server
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

from onrecord.publish import bencode


class Tracker:
    """Who takes part in what; `asked` are the paths of the requests, in order."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[str] = []
        self.swarms: dict[bytes, dict[bytes, tuple[bytes, int]]] = defaultdict(dict)
        self.completed: dict[bytes, int] = defaultdict(int)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/announce"

    def announced(self, query: dict[str, list[str]]) -> dict[bytes, Any]:
        swarm = self.swarms[_raw(query, "info_hash")]
        peer, event = _raw(query, "peer_id"), query.get("event", [""])[0]
        others = b"".join(place for other, (place, _) in swarm.items() if other != peer)
        if event == "stopped":
            swarm.pop(peer, None)
        else:
            place = bytes((127, 0, 0, 1)) + int(query["port"][0]).to_bytes(2)
            swarm[peer] = place, int(query["left"][0])
            self.completed[_raw(query, "info_hash")] += event == "completed"
        return {b"interval": 1800, b"min interval": 1, b"peers": others} | self.counted(swarm)

    def scraped(self, query: dict[str, list[str]]) -> dict[bytes, Any]:
        files = {}
        for name in query.get("info_hash", []):
            info_hash = name.encode("latin-1")
            found = self.counted(self.swarms.get(info_hash, {}))
            files[info_hash] = found | {b"downloaded": self.completed.get(info_hash, 0)}
        return {b"files": files}

    @staticmethod
    def counted(swarm: dict[bytes, tuple[bytes, int]]) -> dict[bytes, Any]:
        whole = sum(left == 0 for _, left in swarm.values())
        return {b"complete": whole, b"incomplete": len(swarm) - whole}


@contextmanager
def tracker() -> Iterator[Tracker]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Asked) as server:
        made = Tracker(server.server_address[1])
        server.tracker = made  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()


class _Asked(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        place = urlsplit(self.path)
        made: Tracker = self.server.tracker  # type: ignore[attr-defined]
        made.asked.append(place.path)
        # Binary values come as percent signs; Latin-1 keeps each byte as it is.
        query = parse_qs(place.query, keep_blank_values=True, encoding="latin-1")
        answer = made.scraped(query) if place.path == "/scrape" else made.announced(query)
        body = bencode.encode(answer)
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(OSError):  # who asked may be gone
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _raw(query: dict[str, list[str]], name: str) -> bytes:
    return query[name][0].encode("latin-1")
