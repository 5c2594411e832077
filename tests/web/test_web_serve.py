# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server: a real port, a real address, a stop that does not wait for listeners."""

import socket
import threading
from urllib.parse import urlsplit

import pytest

from onrecord.errors import UsageError
from onrecord.web.serve import prepare
from tests.web.sample import SampleArchive


def test_it_serves_on_a_free_port_and_stops_while_somebody_listens(archive: SampleArchive) -> None:
    ready: list[str] = []
    told = threading.Event()

    def tell(address: str) -> None:
        ready.append(address)
        told.set()

    server = prepare(archive, "127.0.0.1", 0, tell)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert told.wait(20)
    place = urlsplit(ready[0])
    assert place.hostname == "127.0.0.1" and place.port
    address = (place.hostname, place.port)
    # A client that does not tidy up the path before it sends it.
    assert _ask(address, "/editions/3/../../tone.wav").startswith(b"HTTP/1.1 404")
    assert _ask(address, "/recording/%00").startswith(b"HTTP/1.1 404")
    assert _ask(address, "/livez").startswith(b"HTTP/1.1 200")
    with socket.create_connection(address) as listener:
        listener.sendall(f"GET /sound/{archive.digest} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert listener.recv(15) == b"HTTP/1.1 200 OK"
        server.should_exit = True
        thread.join(20)
    assert not thread.is_alive()


def test_a_taken_port_is_named(archive: SampleArchive) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port}"):
            prepare(archive, "127.0.0.1", port, print)


@pytest.mark.parametrize(
    ("host", "port"), [("127.0.0.1", 99999), ("127.0.0.1", -1), ("256.256.256.256", 0), ("\ud800", 0)]
)
def test_an_impossible_address_is_refused(archive: SampleArchive, host: str, port: int) -> None:
    with pytest.raises(UsageError, match="cannot listen"):
        prepare(archive, host, port, print)


def _ask(address: tuple[str, int], path: str) -> bytes:
    with socket.create_connection(address) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))
