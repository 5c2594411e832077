# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which addresses may be asked: http and https, and only what the public internet routes (fault 29)."""

import ipaddress
import re
from typing import TYPE_CHECKING, Final

from onrecord.net.failures import AddressRefused

if TYPE_CHECKING:
    import httpx2

#: Query parameters whose values are somebody's secret, or close to one: never shown.
_SECRETS: Final = re.compile(
    r"([?&](?:client_id|client_secret|api_?key|key|(?:access_|user_|auth_)?token|secret|sig|signature|password)=)"
    r"[^&#]*",
    re.IGNORECASE,
)
_NAME: Final = re.compile(r"[a-z0-9._-]+", re.IGNORECASE)
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def read_address(text: str) -> "httpx2.URL":
    """An address that may be asked, without its fragment. AddressRefused for any other scheme, for a name or a password
    in it, and for what is no address."""
    import httpx2

    try:
        url = httpx2.URL(text)
        host = url.raw_host.decode("ascii")
        if url.scheme not in ("http", "https") or not (_NAME.fullmatch(host) or _is_ip(host)):
            raise AddressRefused(
                f"{shown(text)!r}: expected an http or https address", "is the address right?"
            )
        if url.userinfo:
            raise AddressRefused(f"{url.host}: an address must not hold a name or a password", "remove it")
        if url.port is not None and not 0 < url.port < 65536:
            raise AddressRefused(
                f"{url.host}: expected a port from 1 to 65535, got {url.port}", "is the address right?"
            )
        return url.copy_with(fragment=None)
    except (httpx2.InvalidURL, ValueError) as error:
        raise AddressRefused(f"{shown(text)!r}: {error}", "is the address right?") from None


def shown(address: object) -> str:
    """An address as messages show it: cut, and without the values of parameters that are secrets."""
    return _SECRETS.sub(r"\1…", str(address))[:200]


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def why_refused(text: str, *, allow_loopback: bool = False) -> str:
    """Why an IP address is not to be dialled, "" where it may be.

    Refused is all that IANA's special-purpose registries (RFC 6890) do not call globally reachable (loopback, private,
    link-local, carrier-grade NAT, documentation), and multicast and reserved besides. An IPv6 address that stands for
    an IPv4 one (mapped, NAT64) is judged as that one; the old tunnels (6to4, Teredo) lead anywhere and are refused.
    `allow_loopback` is for tests, whose servers are there.
    """
    try:
        address = _meant(ipaddress.ip_address(text))
    except ValueError:
        return "no IP address"
    if address.is_loopback:
        return "" if allow_loopback else "a loopback address"
    kinds = {
        "a link-local address": address.is_link_local,
        "a multicast address": address.is_multicast,
        "an unspecified address": address.is_unspecified,
        "a private address": address.is_private,
        "an address that is not publicly routed": not address.is_global or address.is_reserved,
        "an IPv6 address outside of global unicast": address.version == 6 and address not in _GLOBAL_UNICAST,
        "a 6to4 address": address.version == 6 and address.sixtofour is not None,
    }
    return next((kind for kind, holds in kinds.items() if holds), "")


def _meant(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
