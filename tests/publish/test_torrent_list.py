# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of torrents, for programs and for torrent clients."""

import datetime as dt
from xml.etree import ElementTree as Xml

from msgspec import structs

from onrecord.publish.edition import pretty
from onrecord.publish.torrent_list import FORMAT, ListedTorrent, TorrentList, read_torrents, rss

EZ = "{http://xmlns.ezrss.it/0.1/}"
VOLUME = ListedTorrent(
    name="onrecord-cc-by-4-0-0123456789ab",
    kind="volume",
    edition=2,
    day=dt.date(2026, 11, 22),
    shelf="cc-by-4-0",
    license_class="CC-BY-4.0",
    files=3,
    size=12_345,
    torrent="../editions/2/volumes/onrecord-cc-by-4-0-0123456789ab.torrent",
    torrent_size=987,
    info_hash_v1="a" * 40,
    info_hash_v2="b" * 64,
    magnet=f"magnet:?xt=urn:btih:{'a' * 40}&xt=urn:btmh:1220{'b' * 64}&dn=onrecord",
)
OLD = structs.replace(VOLUME, name="onrecord-cc-by-4-0-000000000000", info_hash_v1="c" * 40, obsolete=True)
OWN = structs.replace(VOLUME, name="edition", kind="edition", torrent="2.torrent", license_class="")


def listed(name: str = "Test", *torrents: ListedTorrent) -> TorrentList:
    return TorrentList(
        FORMAT, "0123456789abcdef", name, 2, dt.date(2026, 11, 22), torrents or (OWN, VOLUME, OLD)
    )


def items(content: bytes) -> list[Xml.Element]:
    return list(Xml.fromstring(content).iterfind("channel/item"))


def test_a_client_gets_an_enclosure_a_guid_and_the_torrent_s_tags() -> None:
    first, second = items(rss(listed(), "https://music.example.org/"))
    enclosure = second.find("enclosure")
    address = "https://music.example.org/editions/2/volumes/onrecord-cc-by-4-0-0123456789ab.torrent"
    assert enclosure is not None
    assert enclosure.attrib == {"url": address, "length": "987", "type": "application/x-bittorrent"}
    assert second.findtext("link") == address
    assert second.findtext("guid") == VOLUME.info_hash_v1
    assert second.findtext("pubDate") == "Sun, 22 Nov 2026 12:00:00 GMT"
    assert second.findtext("category") == "CC-BY-4.0"
    assert second.findtext(f"{EZ}torrent/{EZ}contentLength") == "12345"
    assert second.findtext(f"{EZ}torrent/{EZ}infoHash") == VOLUME.info_hash_v1
    assert second.findtext(f"{EZ}torrent/{EZ}magnetURI") == VOLUME.magnet
    assert first.findtext("link") == "https://music.example.org/feed/2.torrent"


def test_without_an_address_the_magnet_links_stand_there() -> None:
    for item in items(rss(listed())):
        enclosure = item.find("enclosure")
        assert enclosure is not None and enclosure.attrib["url"] == VOLUME.magnet


def test_what_is_obsolete_is_no_news() -> None:
    assert OLD.info_hash_v1 not in rss(listed()).decode()


def test_a_v2_torrent_goes_by_its_own_hash() -> None:
    [item] = items(rss(listed("Test", structs.replace(VOLUME, info_hash_v1=""))))
    assert item.findtext("guid") == VOLUME.info_hash_v2


def test_a_hostile_name_stays_text() -> None:
    content = rss(listed("<script>&\x00\x1b\u202e]]>"))
    assert Xml.fromstring(content).findtext("channel/title") == "<script>&\ufffd\ufffd\ufffd]]>: torrents"


def test_what_nobody_counted_is_null_and_not_0() -> None:
    content = pretty(listed())
    assert (
        b'"seeders": null' in content and b'"last_seen": null' in content and b'"completed": null' in content
    )
    assert read_torrents(content) == listed()
    assert read_torrents(b"{}") is None
