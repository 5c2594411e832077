# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The torrents that an archive gives out, as JSON for programs and as RSS for torrent clients (format 9.9, BEP 36).

Both stand outside of editions: what is counted here changes, and an edition does not. What nobody counted is null.
"""

import datetime as dt
import email.utils
from typing import Final, Literal
from xml.etree import ElementTree as Xml

import msgspec
from msgspec import Struct

FORMAT: Final = 1
#: What the two are called, beside the feed.
LIST: Final = "torrents.json"
RSS: Final = "feed.rss"
#: Minutes after which a client may ask again.
_TTL: Final = 1440
#: The names of what clients read beside the enclosure; BEP 36 refers to them.
_NAMES: Final = "http://xmlns.ezrss.it/0.1/"


class ListedTorrent(Struct, frozen=True, forbid_unknown_fields=True):
    """One torrent. `torrent` is its address, relative to the list's own; `edition` the newest that it belongs to.

    license_class    the licenses of its files; "" for an edition's own, whose tables name a license for each field
    obsolete         the newest edition has others in its place; whoever holds it may let it go
    partly_broken    the last check found a file of it damaged or lost at the archive itself
    seeders, leechers, completed, last_seen    as counted last; null where nobody counted, which is not 0
    counted, counted_by    when, and by whom: `tracker`, or the own `session`, which sees only who is connected
    holders          keys that showed all that they were asked of a volume; null where nobody was asked
    """

    name: str
    kind: Literal["edition", "volume"]
    edition: int
    day: dt.date
    shelf: str
    license_class: str
    files: int
    size: int
    torrent: str
    torrent_size: int
    info_hash_v1: str
    info_hash_v2: str
    magnet: str
    obsolete: bool = False
    partly_broken: bool = False
    seeders: int | None = None
    leechers: int | None = None
    completed: int | None = None
    last_seen: dt.datetime | None = None
    counted: dt.datetime | None = None
    counted_by: str | None = None
    holders: int | None = None

    @property
    def licenses(self) -> tuple[str, ...]:
        return tuple(filter(None, self.license_class.split(", ")))


class TorrentList(Struct, frozen=True, forbid_unknown_fields=True):
    """Every torrent of an archive that may be given out, the newest edition's first."""

    format: int
    archive: str
    name: str
    number: int
    day: dt.date
    torrents: tuple[ListedTorrent, ...]


def read_torrents(content: bytes) -> TorrentList | None:
    """A list that was written before; None where it is none that this onrecord writes."""
    try:
        read = msgspec.json.decode(content, type=TorrentList)
    except msgspec.MsgspecError:
        return None
    return read if read.format == FORMAT else None


def rss(listed: TorrentList, page: str = "") -> bytes:
    """RSS 2.0 of the torrents that are not obsolete.

    `page` is the address of the archive's page, ending in a slash; where it is not known, the magnet links stand where
    the addresses of the torrents would.
    """
    root = Xml.Element("rss", version="2.0")
    channel = Xml.SubElement(root, "channel")
    _text(channel, "title", f"{listed.name}: torrents")
    _text(channel, "link", f"{page}editions" if page else "https://www.bittorrent.org/beps/bep_0036.html")
    _text(channel, "description", f"What archive {listed.archive} gives out, as of edition {listed.number}.")
    _text(channel, "ttl", str(_TTL))
    for torrent in listed.torrents:
        if not torrent.obsolete:
            _item(channel, torrent, page)
    Xml.indent(root)
    body: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def _item(channel: Xml.Element, torrent: ListedTorrent, page: str) -> None:
    item = Xml.SubElement(channel, "item")
    address = f"{page}feed/{torrent.torrent}".replace("feed/../", "") if page else torrent.magnet
    _text(item, "title", torrent.name)
    _text(item, "link", address)
    _text(item, "guid", torrent.info_hash_v1 or torrent.info_hash_v2).set("isPermaLink", "false")
    noon = dt.datetime.combine(torrent.day, dt.time(12), dt.UTC)
    _text(item, "pubDate", email.utils.format_datetime(noon, usegmt=True))
    if torrent.license_class:
        _text(item, "category", torrent.license_class)
    # The length is that of the .torrent file; a magnet link has none.
    length = str(torrent.torrent_size) if page else "0"
    Xml.SubElement(item, "enclosure", url=address, length=length, type="application/x-bittorrent")
    more = Xml.SubElement(item, "torrent", xmlns=_NAMES)
    _text(more, "fileName", torrent.name)
    _text(more, "contentLength", str(torrent.size))
    _text(more, "infoHash", torrent.info_hash_v1 or torrent.info_hash_v2)
    _text(more, "magnetURI", torrent.magnet)


def _text(parent: Xml.Element, name: str, text: str) -> Xml.Element:
    element = Xml.SubElement(parent, name)
    # XML has no way to write most control characters.
    element.text = "".join(char if char.isprintable() else "\ufffd" for char in text)
    return element
