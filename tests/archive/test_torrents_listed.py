# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The torrents beside the feed: what is new, what has gone out of use, what is damaged, and what is not told of."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.checking import check
from onrecord.archive.editions import read_manifest, refresh_feed
from onrecord.archive.keyholding import feed_folder
from onrecord.archive.publishing import publish
from onrecord.archive.reading import Reader
from onrecord.archive.withdrawing import restore, withdraw
from onrecord.publish.contents import read
from onrecord.web.app import create_app
from tests.archive.withdrawn import blob, sha256, tune, two_sounds


@pytest.fixture
def origin(made_once: Callable[..., Path], clock: Callable[[], dt.datetime]) -> Iterator[Archive]:
    with Archive.open(made_once(two_sounds) / "archive", clock) as archive:
        yield archive


@pytest.fixture
def music(origin: Archive) -> dict[str, Path]:
    folder = origin.folder.parent / "music"
    return {"tune": folder / "tune.flac", "other": folder / "other.flac"}


def torrents(archive: Archive) -> list[dict[str, Any]]:
    body: dict[str, Any] = json.loads((feed_folder(archive.folder) / "torrents.json").read_bytes())
    return list(body["torrents"])


def test_each_torrent_is_told_of_as_it_is(origin: Archive) -> None:
    own, volume = torrents(origin)
    [entry] = read_manifest(origin, 1).volumes
    assert (own["kind"], volume["kind"], volume["name"]) == ("edition", "volume", entry.name)
    assert volume["license_class"] == "CC-BY-4.0"
    assert (volume["files"], volume["size"], volume["magnet"]) == (2, entry.size, entry.magnet)
    assert (volume["obsolete"], volume["partly_broken"], volume["day"]) == (False, False, "2026-11-22")
    assert [volume[name] for name in ("seeders", "leechers", "completed", "last_seen")] == [None] * 4
    with TestClient(create_app(Reader(origin.folder))) as client:
        for each in (own, volume):
            answer = client.get(f"http://testserver/feed/{each['torrent']}")
            assert answer.status_code == 200 and len(answer.content) == each["torrent_size"]
            assert read(answer.content).info_hash_v2.hex() == each["info_hash_v2"]
        page = client.get("/editions").text
        for link in ("/feed/feed.rss", "/feed/torrents.json", "/feed/feed.json"):
            assert f'href="{link}"' in page and client.get(link).status_code == 200
        assert client.get("/feed/feed.rss").headers["content-type"].startswith("application/rss+xml")


def test_a_volume_that_holds_what_was_withdrawn_is_not_told_of(
    origin: Archive, music: dict[str, Path]
) -> None:
    [first] = read_manifest(origin, 1).volumes
    made = withdraw(origin, blob(music["tune"]), by="A", text="no")
    assert first.name not in {each["name"] for each in torrents(origin)}, "at once"
    publish(origin)
    [second] = read_manifest(origin, 2).volumes
    assert {each["name"] for each in torrents(origin)} == {
        f"onrecord-{origin.id}-edition-2",
        second.name,
    }
    restore(origin, made.id, by="B", note="settled")
    publish(origin)
    listed = {each["name"]: each for each in torrents(origin)}
    newest = {entry.name for entry in read_manifest(origin, 3).volumes}
    assert {
        name for name, each in listed.items() if each["kind"] == "volume" and not each["obsolete"]
    } == newest


def test_old_volumes_are_remembered_with_and_without_the_last_list(origin: Archive, tmp_path: Path) -> None:
    path = feed_folder(origin.folder) / "torrents.json"
    add(origin, [tune(tmp_path / "more" / "third.flac", "Third", seed=7).parent])
    publish(origin)
    first, second = ({entry.name for entry in read_manifest(origin, number).volumes} for number in (1, 2))
    assert first < second
    before = torrents(origin)
    assert {each["name"]: each["edition"] for each in before if each["name"] in first} == dict.fromkeys(
        first, 2
    )
    path.write_bytes(b"came to harm")
    refresh_feed(origin)
    assert torrents(origin) == before


def test_what_the_last_check_found_damaged_is_said(origin: Archive, music: dict[str, Path]) -> None:
    row = origin.ledger.blob(sha256(music["tune"]))
    assert row is not None
    path = origin.store.path(row.sha256, row.root)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    check(origin)
    refresh_feed(origin)
    own, volume = torrents(origin)
    assert (own["partly_broken"], volume["partly_broken"]) == (False, True)
    # The next edition goes without it, and the volume out of use: who has it whole may help.
    publish(origin)
    own, fresh, old = torrents(origin)
    assert (fresh["obsolete"], fresh["partly_broken"], fresh["files"]) == (False, False, 1)
    assert old == {**volume, "obsolete": True}
    rss = (feed_folder(origin.folder) / "feed.rss").read_text()
    assert fresh["name"] in rss and old["name"] not in rss


def test_the_page_s_address_is_in_the_rss_where_the_settings_name_it(origin: Archive) -> None:
    settings = origin.folder / "onrecord.toml"
    text = settings.read_text() + '[publish]\nweb_seeds = ["https://music.example.org/volumes/"]\n'
    settings.write_text(text)
    with Archive.open(origin.folder, origin.clock) as again:
        refresh_feed(again)
        items = Xml.parse(feed_folder(again.folder) / "feed.rss").findall("channel/item")
    links = [str(item.findtext("link")) for item in items]
    assert links[0] == "https://music.example.org/feed/1.torrent"
    assert links[1].startswith("https://music.example.org/editions/1/volumes/onrecord-")
