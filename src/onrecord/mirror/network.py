# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a libtorrent session speaks with others: its settings, and the bounds of loopback."""

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import libtorrent as lt

from onrecord.errors import UsageError
from onrecord.publish.torrent import MAX_METAINFO

#: libtorrent's values of an encryption policy: never, and as the peer likes.
_PLAIN: Final = 2
_EITHER: Final = 1


def settings(listen: str, dht: bool = False, lsd: bool = False, port_mapping: bool = False) -> Any:
    """The settings of a session that listens there; "" for no network."""
    category, loopback = lt.alert_category, stays_here(listen)
    return {
        "listen_interfaces": listen,
        # Another port than the one that was named is one that no peer knows.
        "max_retry_port_bind": 0,
        "listen_system_port_fallback": False,
        "alert_mask": category.error | category.status | category.storage | category.peer,
        "enable_dht": dht,
        "enable_lsd": lsd,
        "enable_upnp": port_mapping,
        "enable_natpmp": port_mapping,
        "user_agent": "onrecord",
        # Mirrors on one machine share an address; a swarm of ours is small and its members are wanted all.
        "allow_multiple_connections_per_ip": True,
        "enable_outgoing_utp": not loopback,
        "enable_incoming_utp": not loopback,
        "out_enc_policy": _PLAIN if loopback else _EITHER,
        "unchoke_slots_limit": -1,
        "smooth_connects": False,
        # Connections are begun at a tick; half a second each is what a test or a demo would mostly wait for.
        "tick_interval": 100 if loopback else 500,
        "connection_speed": 200,
        "min_reconnect_time": 1,
        "initial_picker_threshold": 0,
        "stop_tracker_timeout": 1,
        # Well below the patience of a fetch, a minute: who does not answer is found out while others can be asked.
        "request_timeout": 15,
        "piece_timeout": 10,
        # Two peers that both had a part in a bad piece would wait for each other: one on parole takes whole pieces
        # alone. Which block was bad is known without it, by the hashes of v2.
        "use_parole_mode": False,
        # The info dictionary of our largest torrents is above the default of 3 MB.
        "max_metadata_size": MAX_METAINFO,
        "max_queued_disk_bytes": 16 * 1024 * 1024,
        "file_pool_size": 256,
        "aio_threads": 2,
        "hashing_threads": 1,
    }


def stays_here(listen: str) -> bool:
    """Whether a session that listens there speaks with loopback alone."""
    return not listen or address(listen).is_loopback


def loopback_only() -> Any:
    """The filter that blocks every other address, both ways."""
    rules = lt.ip_filter()
    blocked = 1
    rules.add_rule("0.0.0.0", "126.255.255.255", blocked)
    rules.add_rule("128.0.0.0", "255.255.255.255", blocked)
    rules.add_rule("::", "::", blocked)
    rules.add_rule("::2", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", blocked)
    return rules


def keep_trackers(params: Any, here: bool) -> None:
    """Leave a torrent its trackers; in a session that stays on loopback, those that are there by number.

    libtorrent's filter of addresses is for peers: it would try a tracker elsewhere.
    """
    tiers = [*params.tracker_tiers, *[0] * len(params.trackers)]
    kept = [pair for pair in zip(params.trackers, tiers, strict=False) if not here or _is_near(pair[0])]
    params.trackers = [tracker for tracker, _ in kept]
    params.tracker_tiers = [tier for _, tier in kept]


def address(endpoint: str) -> IPv4Address | IPv6Address:
    """The address of "address:port"; UsageError where it is none."""
    return split(endpoint)[0]


def split(endpoint: str) -> tuple[IPv4Address | IPv6Address, int]:
    """Address and port of "address:port"."""
    host, _, port = endpoint.rpartition(":")
    try:
        if 0 <= int(port) <= 65535:
            return ip_address(host.removeprefix("[").removesuffix("]")), int(port)
    except ValueError:
        pass
    raise UsageError(f"{endpoint[:80]!r}: expected an IP address and a port", "resolve the name first")


def with_port(listen: str, port: int) -> str:
    """The same address with another port."""
    return f"{listen.rpartition(':')[0]}:{port}"


def _is_near(tracker: str) -> bool:
    try:
        return ip_address(urlsplit(tracker).hostname or "").is_loopback
    except ValueError:
        return False
