# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trackers are asked, and believed no further than they answer; who asks takes part in nothing."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import libtorrent as lt

from onrecord.mirror.network import settings
from onrecord.mirror.scraping import Scraped, scrape
from onrecord.mirror.session import Seen, Session
from tests.mirror.test_session import Shelf
from tests.mirror.tracker import Tracker, tracker

_SIZES = [1, 70_000]
#: A port of loopback on which nobody listens.
_NOBODY = "http://127.0.0.1:9/announce"


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it does not come to pass"
        time.sleep(0.02)


def announced(asked: Tracker, shelf: Shelf, whole: int) -> bool:
    """Whether so many whole copies are known, by both hashes."""
    hashes = shelf.torrent.info_hash_v1, shelf.torrent.info_hash_v2[:20]
    return all(sum(left == 0 for _, left in asked.swarms[each].values()) == whole for each in hashes)


@contextmanager
def client(shelf: Shelf, into: Path) -> Iterator[Any]:
    """A plain libtorrent client that fetches, and stays."""
    session = lt.session(settings("127.0.0.1:0"))
    params = lt.load_torrent_buffer(shelf.torrent.metainfo)
    params.save_path = str(into)
    yield session.add_torrent(params)
    del session


def test_a_tracker_tells_who_holds_and_how_many_fetched(tmp_path: Path) -> None:
    with tracker() as asked:
        shelf = Shelf(tmp_path, _SIZES, trackers=[asked.address])
        # Slow enough that the tracker has answered the client before it has everything.
        with Session(trackers=True, upload_limit=50_000) as seed:
            seed.seed(shelf.torrent.metainfo, shelf.locate)
            until(lambda: announced(asked, shelf, 1))
            assert scrape({"it": shelf.path}) == {"it": Scraped(seeders=1, leechers=0, completed=0)}
            with client(shelf, tmp_path / "into") as other:
                until(lambda: other.status().is_seeding and announced(asked, shelf, 2))
                before = asked.asked.count("/announce")
                assert scrape({"it": shelf.path}) == {"it": Scraped(seeders=2, leechers=0, completed=1)}
                assert asked.asked.count("/announce") == before, "who asks does not take part"


def test_what_is_silent_has_no_tracker_or_is_elsewhere_is_left_out(tmp_path: Path) -> None:
    with tracker() as asked:
        torrents = {
            "silent": Shelf(tmp_path / "a", _SIZES, "silent", trackers=[_NOBODY]),
            "none": Shelf(tmp_path / "b", _SIZES, "none"),
            # 192.0.2.0/24 is for documentation; a session on loopback does not even try.
            "far": Shelf(tmp_path / "c", _SIZES, "far", trackers=["http://192.0.2.1/announce"]),
            "first silent": Shelf(tmp_path / "d", _SIZES, "two", trackers=[_NOBODY, asked.address]),
        }
        found = scrape({name: shelf.path for name, shelf in torrents.items()}, patience=60.0)
    assert found == {"first silent": Scraped(seeders=0, leechers=0, completed=0)}


def test_a_session_sees_who_is_connected(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, _SIZES)
    with Session(upload_limit=20_000) as seed, Session() as partly:
        seed.seed(shelf.torrent.metainfo, shelf.locate)
        assert seed.seen() == [Seen("shelf", whole=1, partly=0)]
        with client(shelf, tmp_path / "into") as other:
            other.connect_peer(("127.0.0.1", seed.port))
            until(lambda: seed.seen() == [Seen("shelf", whole=1, partly=1)])
        until(lambda: seed.seen() == [Seen("shelf", whole=1, partly=0)])
        # Who lacks a file gives out the rest, and is no whole copy.
        blob = shelf.places["data/1.ogg"]
        blob.chmod(0o644)
        blob.write_bytes(b"short")
        partly.seed(shelf.torrent.metainfo, shelf.locate)
        assert partly.seen() == [Seen("shelf", whole=0, partly=1)]
