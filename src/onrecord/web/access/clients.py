# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is at the other end of a connection: the peer, or whom a proxy that is trusted names. Neither kept nor logged."""

import hashlib
import ipaddress
import logging
import secrets
from typing import Final

from starlette.requests import Request

from onrecord.errors import ConfigError
from onrecord.web.addresses import read

_log = logging.getLogger(__name__)
#: What proxies add to a request.
FORWARDED: Final = (
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
)
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Clients:
    """`trusted` are addresses and networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` count.

    Raises ConfigError where one of them is neither. `key` is of this server alone.
    """

    def __init__(self, trusted: tuple[str, ...], key: bytes = b"") -> None:
        self._trusted = [_network(proxy) for proxy in trusted]
        self._key = key or secrets.token_bytes(16)
        self._warned = False

    def trusts(self, host: str) -> bool:
        """Does this peer's word on others count?"""
        found = read(host)
        return found is not None and any(found in network for network in self._trusted)

    def address(self, request: Request) -> str:
        """The address of the client itself: the last that no trusted proxy has. "" where it has none."""
        host = request.client.host if request.client else ""
        if self.trusts(host):
            named = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
            for said in reversed([name.strip() for name in named if name.strip()]):
                if read(said) is None:
                    break
                host = said
                if not self.trusts(said):
                    break
        found = read(host)
        self._warn(request, found)
        return "" if found is None else str(found)

    def is_secure(self, request: Request) -> bool:
        """Did the client come by HTTPS? A proxy that is trusted says so, or the browser of the page it sends from."""
        return self.scheme(request) == "https" or request.headers.get("origin", "").startswith("https://")

    def scheme(self, request: Request) -> str:
        """`http` or `https`, as a trusted proxy says it."""
        said = request.headers.getlist("x-forwarded-proto")
        if said in (["http"], ["https"]) and request.client and self.trusts(request.client.host):
            return said[0]
        return request.url.scheme

    def key(self, address: str) -> bytes:
        """What stands for an address in memory: it says nothing to anybody who has not this server's key.

        One network of IPv6 is one client: its holder has more addresses than anybody could count.
        """
        found = read(address)
        if isinstance(found, ipaddress.IPv6Address):
            address = str(ipaddress.ip_network((found, 64), strict=False))
        return self.hashed(address)

    def hashed(self, text: str) -> bytes:
        """Eight bytes that stand for a text in this server."""
        return hashlib.blake2b(text.encode("utf-8", "replace"), key=self._key, digest_size=8).digest()

    def _warn(self, request: Request, found: _Address | None) -> None:
        forwarded = any(name in request.headers for name in FORWARDED)
        if forwarded and not self._warned and found is not None and found.is_loopback:
            self._warned = True
            _log.warning(
                "a proxy on this machine sends requests of others, and [web] trusted_proxies does not name it: no limit"
                " holds for any client"
            )


def _network(proxy: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(proxy, strict=False)
    except ValueError:
        raise ConfigError(
            f"[web] trusted_proxies: expected an address or a network, got {proxy[:80]!r}",
            'for example ["127.0.0.1", "10.0.0.0/8"]',
        ) from None
