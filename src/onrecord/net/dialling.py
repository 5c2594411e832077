# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connections: a name is resolved once, every address is checked, and the one that was checked is dialled.

Nothing above this file can go around that. It is imported when a client is made, for httpx2 is slow to import.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from ssl import SSLContext
from typing import Any, Final

import httpcore2
import httpx2

from onrecord.net.addresses import shown, why_refused
from onrecord.net.failures import AddressRefused, TooSlow

#: Bytes a second that an answer must bring once its first minutes are over.
SLOWEST: Final = 8192
_DIALLED: Final = 4  # addresses of one name that are tried
_IDLE_SECONDS: Final = 15.0

Resolve = Callable[[str, int], Sequence[str]]


def resolve(host: str, port: int) -> Sequence[str]:
    """The IP addresses of a host, as the system resolves it. OSError where there are none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Connections(httpx2.BaseTransport):
    """Sends requests over connections of its own, reused for the same host; no proxy of the environment is asked.

    A request's extension `seconds` is how long the server may be silent. It may take six times as long for the head and
    the body, and 1 s more for each 8 KiB that comes: then TooSlow. AddressRefused comes from dialling; everything else
    that goes wrong on the way is an httpx2.TransportError.
    """

    def __init__(self, resolve: Resolve, allow_loopback: bool) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=httpx2.create_ssl_context(),
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=(dialler := _Dialler(resolve, allow_loopback)),
        )
        self._dialler = dialler

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        seconds = float(request.extensions["seconds"])
        self._dialler.patience.start(str(request.url), 6 * seconds)
        url = request.url
        asked = httpcore2.Request(
            request.method,
            httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)},
        )
        with _translated():
            answer = self._pool.handle_request(asked)
        return httpx2.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _translated():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        with _translated():
            self._answer.close()


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of the connection as those that every transport of httpx2 raises."""
    try:
        yield
    except httpcore2.LocalProtocolError as error:
        raise httpx2.LocalProtocolError(str(error)) from error
    except httpcore2.RemoteProtocolError as error:
        raise httpx2.RemoteProtocolError(str(error)) from error
    except httpcore2.TimeoutException as error:
        raise httpx2.TimeoutException(str(error) or "it was silent for too long") from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
        raise httpx2.NetworkError(str(error) or type(error).__name__) from error


class _Patience(threading.local):
    """How long the request that this thread waits for may still take."""

    def __init__(self) -> None:
        self.start("", 0.0)

    def start(self, address: str, seconds: float) -> None:
        self._address = address
        self._end = time.monotonic() + seconds
        self._received = 0

    def left(self, timeout: float | None) -> float:
        left = self._end + self._received / SLOWEST - time.monotonic()
        if left <= 0:
            raise TooSlow(
                f"{shown(self._address)}: too slow, {self._received:,} bytes came", "try again later"
            )
        return left if timeout is None else min(left, timeout)

    def came(self, data: bytes) -> bytes:
        self._received += len(data)
        return data


class _Dialler(httpcore2.NetworkBackend):
    def __init__(self, resolve: Resolve, allow_loopback: bool) -> None:
        self._resolve = resolve
        self._allow_loopback = allow_loopback
        self._sockets = httpcore2.SyncBackend()
        self.patience = _Patience()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        failed: Exception = httpcore2.ConnectError(f"{host} has no address")
        for address in self._checked(host, port)[:_DIALLED]:
            try:
                stream = self._sockets.connect_tcp(
                    address, port, self.patience.left(timeout), local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
            else:
                return _Stream(stream, self.patience)
        raise failed

    def _checked(self, host: str, port: int) -> Sequence[str]:
        """All addresses of the host: one that is refused refuses the host, for who lists it means no good."""
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(f"{host}: {error}") from error
        for address in addresses:
            if why := why_refused(address, allow_loopback=self._allow_loopback):
                raise AddressRefused(f"{host}: leads to {address[:50]}, {why}", "is the address right?")
        return addresses


class _Stream(httpcore2.NetworkStream):
    """A connection on which every wait is measured."""

    def __init__(self, stream: httpcore2.NetworkStream, patience: _Patience) -> None:
        self._stream = stream
        self._patience = patience

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            return self._patience.came(self._stream.read(max_bytes, self._patience.left(timeout)))
        except httpcore2.ReadTimeout:
            self._patience.left(
                timeout
            )  # says so where it was not this silence that was too long, but all of it
            raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._patience.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._patience.left(timeout))
        return _Stream(stream, self._patience)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
