# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses: the one that a server listens on, and those that others come from."""

import ipaddress
import socket

from onrecord.errors import UsageError


def bind(host: str, port: int) -> socket.socket:
    """Raises UsageError where the port is taken, or there is no such address."""
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


def address_of(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}/" if bound.family == socket.AF_INET6 else f"http://{host}:{port}/"


def is_loopback(host: str) -> bool:
    found = read(host)
    return found is not None and found.is_loopback


def read(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a text is; of IPv4 within IPv6 the former."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
