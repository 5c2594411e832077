# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the trackers of torrents how many hold them (BEP 48, BEP 15), without taking part in any."""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import libtorrent as lt
from msgspec import Struct

from onrecord.errors import MirrorFailed
from onrecord.mirror.network import keep_trackers, loopback_only, settings, stays_here, with_port

#: Torrents that are asked about at a time.
_BATCH: Final = 200
_TICK: Final = 0.05
#: Seconds that the session waits for its own port.
_OWN_WORK: Final = 30.0


class Scraped(Struct, frozen=True, forbid_unknown_fields=True):
    """What trackers say of a torrent: the most that any of them says, for the same peer may be known to several, and
    to one twice (by v1 and v2). `completed` is None where none of them counts it."""

    seeders: int
    leechers: int
    completed: int | None


def scrape(
    torrents: Mapping[str, Path],
    listen: str = "127.0.0.1:0",
    *,
    patience: float = 20.0,
    stopped: Callable[[], bool] = lambda: False,
) -> dict[str, Scraped]:
    """What the trackers in torrent files say of them, by the names that they are given under.

    Torrents without a tracker, or of which none answers within `patience` seconds, are left out. It is asked from the
    address of `listen`, by another port; from loopback, trackers on loopback alone are asked. Nothing is announced.
    Where `stopped` comes true, what is known by then is given.
    """
    found: dict[str, Scraped] = {}
    names = list(torrents)
    with tempfile.TemporaryDirectory(prefix="onrecord-scrape-") as scratch:
        session = _session(listen)
        for first in range(0, len(names), _BATCH):
            if stopped():
                break
            params = {
                name: _params(torrents[name], listen, scratch) for name in names[first : first + _BATCH]
            }
            named = {name: each for name, each in params.items() if each.trackers}
            found |= _asked(session, named, patience, stopped)
        # The last reference: libtorrent ends its threads before it lets go of it.
        del session
    return found


def _session(listen: str) -> Any:
    here = stays_here(listen)
    session = lt.session(
        settings(with_port(listen, 0))
        | {
            "alert_mask": lt.alert_category.tracker | lt.alert_category.error,
            # Only the path of announces would be let through to loopback, and nothing else is to be reached from here.
            "ssrf_mitigation": not here,
            "tracker_completion_timeout": 15,
            "tracker_receive_timeout": 10,
        }
    )
    if here:
        session.set_ip_filter(loopback_only())
    end = time.monotonic() + _OWN_WORK
    while not session.listen_port():
        if time.monotonic() > end:
            raise MirrorFailed(f"cannot ask trackers from {listen}", "listen on another address")
        time.sleep(_TICK)
    return session


def _params(torrent: Path, listen: str, scratch: str) -> Any:
    """Info-hashes and trackers alone: nothing of it can be given out or fetched, and it stays paused."""
    try:
        whole: Any = lt.load_torrent_buffer(torrent.read_bytes())
    except RuntimeError as error:
        raise MirrorFailed(f"{torrent}: it does not load ({error})", "restore it from a mirror") from None
    params = lt.add_torrent_params()
    params.info_hashes = whole.ti.info_hashes()
    params.trackers, params.tracker_tiers = whole.trackers, whole.tracker_tiers
    keep_trackers(params, stays_here(listen))
    params.save_path = scratch
    flags = lt.torrent_flags
    params.flags = (
        flags.paused | flags.upload_mode | flags.disable_dht | flags.disable_lsd | flags.disable_pex
    )
    return params


def _asked(
    session: Any, params: Mapping[str, Any], patience: float, stopped: Callable[[], bool]
) -> dict[str, Scraped]:
    handles = {name: session.add_torrent(each) for name, each in params.items()}
    waiting = {}
    for handle in handles.values():
        trackers, hashes = len(handle.trackers()), handle.info_hashes()
        waiting[handle] = trackers * (hashes.has_v1() + hashes.has_v2())
        for number in range(trackers):
            handle.scrape_tracker(number)
    end = time.monotonic() + patience
    while any(left > 0 for left in waiting.values()) and time.monotonic() < end and not stopped():
        for alert in session.pop_alerts():
            if isinstance(alert, lt.scrape_reply_alert | lt.scrape_failed_alert):
                waiting[alert.handle] -= 1
        time.sleep(_TICK)
    found = {name: _said(handle.trackers()) for name, handle in handles.items()}
    for handle in handles.values():
        session.remove_torrent(handle)
    return {name: scraped for name, scraped in found.items() if scraped is not None}


def _said(trackers: Sequence[Mapping[str, Any]]) -> Scraped | None:
    """What is -1 was not said."""
    answers = [
        answer
        for tracker in trackers
        for endpoint in tracker["endpoints"]
        for answer in endpoint["info_hashes"]
        if answer["scrape_complete"] >= 0
    ]
    if not answers:
        return None
    completed = max(answer["scrape_downloaded"] for answer in answers)
    return Scraped(
        seeders=max(answer["scrape_complete"] for answer in answers),
        leechers=max(*(answer["scrape_incomplete"] for answer in answers), 0),
        completed=None if completed < 0 else completed,
    )
