# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds what, as a tracker and those connected tell: kept by day, shown everywhere, and never whose it was."""

import datetime as dt
import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import libtorrent as lt
import pytest
from starlette.testclient import TestClient

from onrecord.archive import Archive, mirroring, newest_editions, planning, possession, swarm
from onrecord.archive.counting import Counting, counted, put
from onrecord.archive.editions import refresh_feed
from onrecord.archive.keyholding import feed_folder
from onrecord.archive.publishing import publish
from onrecord.archive.reading import open_reader
from onrecord.archive.seed_sessions import Here
from onrecord.archive.swarm import Count, SwarmDay
from onrecord.errors import StoreFailed
from onrecord.mirror.network import settings
from onrecord.mirror.scraping import Scraped
from onrecord.mirror.session import Seen
from onrecord.model.views import SwarmView
from onrecord.web.app import create_app
from onrecord.web.site import site_of
from tests.archive.feeds import feed_of
from tests.archive.test_seed_sessions import seeds
from tests.mirror.tracker import Tracker, tracker
from tests.pipeline.pieces import onrecord

_AT = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.fixture
def origin(filled: Archive) -> Archive:
    publish(filled)
    return filled


@pytest.fixture
def mirror(tmp_path: Path, origin: Archive) -> Iterator[Archive]:
    with Archive.create(tmp_path / "mirror", "Mirror", origin.clock) as made:
        mirroring.follow(made, feed_of(origin))
        yield made


@pytest.fixture
def tracked(filled: Archive) -> Iterator[tuple[Archive, Tracker]]:
    """An archive whose torrents name a tracker."""
    with tracker() as asked:
        path = filled.folder / "onrecord.toml"
        path.write_text(path.read_text() + f'[publish]\ntrackers = ["{asked.address}"]\n')
        with Archive.open(filled.folder, filled.clock) as archive:
            publish(archive)
            yield archive, asked


def volume_of(archive: Archive) -> str:
    [name] = [name for name in newest_editions.torrents(archive) if "edition" not in name]
    return name


def listed(archive: Archive) -> dict[str, dict[str, Any]]:
    refresh_feed(archive)
    body = json.loads((feed_folder(archive.folder) / "torrents.json").read_bytes())
    return {each["name"]: each for each in body["torrents"]}


def count(archive: Archive, here: Here, ask_from: str = "", until: Callable[[], bool] = lambda: True) -> None:
    end = time.monotonic() + 60
    while not until():
        assert time.monotonic() < end, "it does not come to pass"
        time.sleep(0.02)
    with closing(Counting(archive, ask_from)) as counting:
        while not counting.go_on(here.seen):
            assert time.monotonic() < end, "nothing is counted"
            time.sleep(0.02)


@contextmanager
def client(torrent: bytes, into: Path) -> Iterator[Any]:
    """A libtorrent client that fetches, and stays."""
    session = lt.session(settings("127.0.0.1:0"))
    params = lt.load_torrent_buffer(torrent)
    params.save_path = str(into)
    yield session.add_torrent(params)
    del session


# What is kept ----------------------------------------------------------------------------------------------------


def test_a_day_of_a_torrent_is_a_row_and_the_last_count_of_it_stands(archive: Archive) -> None:
    swarm.put(archive, [Count("a", "session", 1, 0, None, True)], _AT)
    swarm.put(archive, [Count("a", "session", 2, 3, None, False)], _AT + dt.timedelta(hours=1))
    swarm.put(archive, [Count("a", "session", 0, 1, None, False)], _AT + dt.timedelta(days=2))
    assert swarm.history(archive, 10) == [
        SwarmDay("a", "2026-11-22", "session", 2, 3, None),
        SwarmDay("a", "2026-11-24", "session", 0, 1, None),
    ]
    assert swarm.history(archive, 1) == [SwarmDay("a", "2026-11-24", "session", 0, 1, None)]
    assert swarm.latest(archive, ["a", "b"]) == {
        "a": SwarmView(
            seeders=0,
            leechers=1,
            completed=None,
            counted=_AT + dt.timedelta(days=2),
            source="session",
            last_seen=_AT,
        )
    }


def test_what_a_tracker_said_stands_for_its_day(archive: Archive) -> None:
    later = _AT + dt.timedelta(hours=1)
    swarm.put(archive, [Count("a", "session", 1, 0, None, True)], _AT)
    swarm.put(archive, [Count("a", "tracker", 7, 2, 40, True)], _AT)
    swarm.put(archive, [Count("a", "session", 1, 0, None, True)], later)
    found = swarm.latest(archive, ["a"])["a"]
    assert (found.seeders, found.leechers, found.completed, found.source) == (7, 2, 40, "tracker")
    assert (found.counted, found.last_seen) == (_AT, later)
    swarm.put(archive, [Count("a", "tracker", 6, 2, 41, True)], later)
    assert swarm.latest(archive, ["a"])["a"].seeders == 6


def test_both_words_on_one_torrent(archive: Archive) -> None:
    seen = [Seen("both", whole=1, partly=0), Seen("here", whole=0, partly=2)]
    said = {"both": Scraped(0, 4, None), "there": Scraped(3, 0, 9)}
    assert put(archive, seen, said) == 3
    found = swarm.latest(archive, ["both", "here", "there"])
    assert {name: (each.source, each.seeders, each.leechers) for name, each in found.items()} == {
        "both": ("tracker", 0, 4),
        "here": ("session", 0, 2),
        "there": ("tracker", 3, 0),
    }
    seen_whole = {name: each.last_seen is not None for name, each in found.items()}
    assert seen_whole == {"both": True, "here": False, "there": True}


def test_what_is_damaged_is_done_without(origin: Archive) -> None:
    (origin.folder / swarm.NAME).write_bytes(b"no table at all" * 100)
    with pytest.raises(StoreFailed, match=swarm.NAME):
        swarm.put(origin, [Count("a", "session", 1, 0, None, True)], _AT)
    said: list[str] = []
    with closing(Counting(origin, say=said.append)) as counting:
        assert not counting.go_on(lambda: [Seen("a", 1, 0)])
        assert not counting.go_on(lambda: [Seen("a", 1, 0)]), "not before the next is due"
    assert len(said) == 1 and "not kept" in said[0]
    assert listed(origin)[volume_of(origin)]["seeders"] is None
    with TestClient(create_app(open_reader(origin.folder))) as web:
        assert web.get("/editions").status_code == 200


# Who counts ------------------------------------------------------------------------------------------------------


def test_without_a_tracker_the_own_session_counts(origin: Archive, tmp_path: Path) -> None:
    name = volume_of(origin)
    before = listed(origin)[name]
    assert [
        before[key] for key in ("seeders", "leechers", "completed", "last_seen", "counted", "holders")
    ] == [None] * 6
    with closing(Here(origin, "127.0.0.1:0")) as here:
        count(origin, here)
    now = listed(origin)[name]
    assert (now["seeders"], now["leechers"], now["completed"], now["counted_by"]) == (1, 0, None, "session")
    assert now["last_seen"] == now["counted"] == "2026-11-22T12:00:00Z"
    assert listed(origin)[f"onrecord-{origin.id}-edition-1"]["seeders"] == 1


def test_a_tracker_is_asked_where_the_operator_wants_it(
    tracked: tuple[Archive, Tracker], tmp_path: Path
) -> None:
    origin, asked = tracked
    name = volume_of(origin)
    torrent = newest_editions.torrents(origin)[name].read_bytes()
    with closing(Here(origin, "127.0.0.1:0")) as here:
        count(origin, here)
    assert asked.asked == [], "nobody was told, nobody was asked"
    with (
        closing(Here(origin, "127.0.0.1:0", trackers=True)) as here,
        client(torrent, tmp_path / "into") as other,
    ):
        whole = lt.load_torrent_buffer(torrent).ti.info_hashes().v1.to_bytes()
        count(
            origin,
            here,
            "127.0.0.1:0",
            lambda: (
                other.status().is_seeding and sum(left == 0 for _, left in asked.swarms[whole].values()) == 2
            ),
        )
    now = listed(origin)[name]
    assert (now["seeders"], now["leechers"], now["counted_by"]) == (2, 0, "tracker")
    assert now["completed"] is not None and now["last_seen"] == "2026-11-22T12:00:00Z"
    content = (origin.folder / swarm.NAME).read_bytes()
    assert b"127.0.0.1" not in content and not re.search(rb"\b%d\b" % asked.port, content)


def test_a_mirror_learns_of_volumes_that_it_does_not_hold(
    tracked: tuple[Archive, Tracker], tmp_path: Path
) -> None:
    origin, asked = tracked
    name = volume_of(origin)
    with Archive.create(tmp_path / "mirror", "Mirror", origin.clock) as mirror:
        mirroring.follow(mirror, feed_of(origin))
        planning.make(mirror, 0)
        with closing(Here(origin, "127.0.0.1:0", trackers=True)) as given:
            mirroring.sync(mirror, [("127.0.0.1", given.states()[0].port)], patience=20)
            hashes = lt.load_torrent_buffer(
                newest_editions.torrents(origin)[name].read_bytes()
            ).ti.info_hashes()
            with closing(Here(mirror, "127.0.0.1:0")) as here:
                assert name not in here.torrents()
                count(mirror, here, "127.0.0.1:0", lambda: len(asked.swarms[hashes.v1.to_bytes()]) == 1)
        planned = planning.make(mirror, 0, commit=False)
        assert planned.swarm[name].seeders == 1
        shown = onrecord("mirror", "plan", "--space", "1kB", "--dry-run", "-C", mirror.folder)
        assert "seeders 1, leechers 0" in shown.stdout, shown.stderr
        assert [(each.torrent, each.swarm.seeders) for each in counted(mirror) if each.swarm] == [
            (f"onrecord-{origin.id}-edition-1", 1),
            (name, 1),
        ]


# Where it is shown -----------------------------------------------------------------------------------------------


def test_holders_who_showed_all_are_told_of(origin: Archive, mirror: Archive) -> None:
    name = volume_of(origin)
    with closing(Here(origin, "127.0.0.1:0")) as here:
        mirroring.sync(mirror, [("127.0.0.1", here.states()[0].port)], patience=20)
    possession.take(origin, possession.respond(mirror, possession.challenge(origin, [], 20)))
    assert listed(origin)[name]["holders"] == 1
    day = origin.today.isoformat()
    origin.commit("possession", {"holder": "RWQ", "day": day, "country": "", "volumes": {name: (9, 8)}})
    assert listed(origin)[name]["holders"] == 1, "who showed a part has no copy"
    assert "1 holders showed all" in onrecord("mirror", "status", "-C", origin.folder).stdout


def test_pages_and_status_show_it_and_no_edition_holds_it(origin: Archive) -> None:
    name = volume_of(origin)

    def edition() -> dict[str, str]:
        folder = origin.folder / "editions"
        found = [path for part in ("1", "volumes") for path in (folder / part).rglob("*") if path.is_file()]
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}

    before = edition()
    with TestClient(create_app(open_reader(origin.folder), site=site_of(origin.folder))) as web:
        assert "seeder" not in web.get("/editions").text
        assert json.loads(web.get("/holders.json").content)["swarm"] == []
        swarm.put(origin, [Count(name, "tracker", 3, 1, 12, True)], _AT)
        page = " ".join(web.get("/editions").text.split())
        assert "3 seeders, 1 leecher, fetched 12 times, as a tracker told on" in page
        days = json.loads(web.get("/holders.json").content)["swarm"]
    assert days == [
        {
            "torrent": name,
            "day": "2026-11-22",
            "source": "tracker",
            "seeders": 3,
            "leechers": 1,
            "completed": 12,
        }
    ]
    refresh_feed(origin)
    assert edition() == before
    status = onrecord("mirror", "status", "-C", origin.folder).stdout
    assert f"{name}: seeders 3, leechers 1, fetched 12 times by a tracker on 2026-11-22" in status


def test_the_command_counts_while_it_seeds(origin: Archive) -> None:
    with seeds(origin.folder, "--shards", "2"):
        end = time.monotonic() + 60
        while not swarm.history(origin, 10):
            assert time.monotonic() < end, "nothing is counted"
            time.sleep(0.1)
    assert {(day.torrent, day.source, day.seeders) for day in swarm.history(origin, 10)} == {
        (name, "session", 1) for name in newest_editions.torrents(origin)
    }
