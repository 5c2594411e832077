# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/feeds`: new sound and editions, as Atom (RFC 4287) and RSS 2.0, with what may be heard where the reader is."""

import datetime as dt
import email.utils
from collections.abc import Sequence
from typing import Final

from lxml import etree
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from onrecord.archive.held_listing import HeldListing, NotYet
from onrecord.errors import IsWithdrawn, NotFound
from onrecord.model.rights import Use
from onrecord.web import text
from onrecord.web.hearing import Heard, hearable, length
from onrecord.web.picture_address import path_of
from onrecord.web.reader import Reader
from onrecord.web.whereabouts import Whereabouts

#: Things in a feed.
MOST: Final = 50
_ATOM: Final = "http://www.w3.org/2005/Atom"
#: Media RSS 1.5.1, which readers of both forms show pictures by.
_MEDIA: Final = "http://search.yahoo.com/mrss/"
_TYPES: Final = {"atom": "application/atom+xml", "rss": "application/rss+xml"}


class Item(Struct, frozen=True):
    """`address` is that of its page, which is also its id."""

    address: str
    title: str
    about: str
    changed: dt.datetime
    author: str = ""
    sound: Heard | None = None
    size: int = 0
    picture: str = ""


class Feeds:
    """The feeds of one archive."""

    def __init__(self, held: HeldListing, archive: Reader, where: Whereabouts) -> None:
        self._archive = archive
        self._where = where
        self._listing = held

    def routes(self) -> list[BaseRoute]:
        return [Route("/feeds/{name}", self.feed)]

    def feed(self, request: Request) -> Response:
        """`sound` or `editions`, with the form as ending."""
        of, _, form = request.path_params["name"].partition(".")
        made = {"sound": self._sound, "editions": self._editions}.get(of)
        if made is None or form not in _TYPES:
            raise NotFound("expected sound or editions, as .atom or .rss")
        base = str(request.base_url)
        title, page, items = made(request, base)
        write = _atom if form == "atom" else _rss
        body = write(f"{base}feeds/{of}.{form}", title, page, items)
        headers = {"Cache-Control": "no-cache", **self._where.headers}
        return Response(body, 200, headers, f"{_TYPES[form]}; charset=utf-8")

    def _sound(self, request: Request, base: str) -> tuple[str, str, list[Item]]:
        try:
            self._listing.renew()
        except NotYet:
            return self._called("new sound"), base, []
        items = []
        for row in self._archive.recent(MOST):
            held = self._listing.find(row.id)
            if held is None or held.gone:
                continue
            try:
                view = self._archive.recording(row.id)
            except (NotFound, IsWithdrawn):
                continue  # it went a moment ago
            sound = hearable(self._archive, view.sounds, self._where.of(request), Use.STREAM)
            about = " · ".join(filter(None, (view.artist, text.clock(view.seconds), view.attribution)))
            changed = dt.datetime.fromtimestamp(held.stamp, dt.UTC)
            size = length(self._archive, sound) if sound else 0
            cover = self._archive.cover((view.id,), self._where.of(request))
            picture = base.rstrip("/") + path_of(cover.picture) if cover else ""
            items.append(
                Item(
                    f"{base}recording/{view.id}",
                    view.title,
                    about,
                    changed,
                    view.artist,
                    sound,
                    size,
                    picture,
                )
            )
        return self._called("new sound"), base, items

    def _editions(self, request: Request, base: str) -> tuple[str, str, list[Item]]:
        items = [
            Item(
                f"{base}editions#edition-{edition.number}",
                f"Edition {edition.number}",
                f"{text.count(edition.recordings, 'recording')}, {text.count(edition.files, 'file')} of sound, "
                f"{text.size(edition.size)} in {text.count(len(edition.volumes), 'torrent')}",
                dt.datetime.combine(edition.day, dt.time(), dt.UTC),
            )
            for edition in self._archive.editions()[:MOST]
        ]
        return self._called("editions"), f"{base}editions", items

    def _called(self, what: str) -> str:
        return f"{self._archive.glance().name}: {what}"


def _atom(address: str, title: str, page: str, items: Sequence[Item]) -> bytes:
    namespaces: dict[str | None, str] = {None: _ATOM, "media": _MEDIA}
    root = etree.Element(f"{{{_ATOM}}}feed", nsmap=namespaces)  # type: ignore[arg-type]
    changed = max((item.changed for item in items), default=dt.datetime.fromtimestamp(0, dt.UTC))
    _add(root, f"{{{_ATOM}}}id", address)
    _add(root, f"{{{_ATOM}}}title", title)
    _add(root, f"{{{_ATOM}}}updated", changed.isoformat())
    _add(root, f"{{{_ATOM}}}link", rel="self", href=address)
    _add(root, f"{{{_ATOM}}}link", rel="alternate", href=page)
    _add(_add(root, f"{{{_ATOM}}}author"), f"{{{_ATOM}}}name", title.rpartition(":")[0])
    for item in items:
        entry = _add(root, f"{{{_ATOM}}}entry")
        _add(entry, f"{{{_ATOM}}}id", item.address)
        _add(entry, f"{{{_ATOM}}}title", item.title or "untitled")
        _add(entry, f"{{{_ATOM}}}updated", item.changed.isoformat())
        _add(entry, f"{{{_ATOM}}}link", rel="alternate", href=item.address)
        if item.author:
            _add(_add(entry, f"{{{_ATOM}}}author"), f"{{{_ATOM}}}name", item.author)
        _add(entry, f"{{{_ATOM}}}summary", item.about)
        _add_picture(entry, item)
        if heard := item.sound:
            at = _beside(item.address, heard)
            _add(
                entry,
                f"{{{_ATOM}}}link",
                rel="enclosure",
                href=at,
                type=heard.media_type,
                length=str(item.size),
            )
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _rss(address: str, title: str, page: str, items: Sequence[Item]) -> bytes:
    namespaces: dict[str | None, str] = {"atom": _ATOM, "media": _MEDIA}
    root = etree.Element("rss", nsmap=namespaces, version="2.0")  # type: ignore[arg-type]
    channel = _add(root, "channel")
    _add(channel, "title", title)
    _add(channel, "link", page)
    _add(channel, "description", title)
    _add(channel, f"{{{_ATOM}}}link", rel="self", href=address, type=_TYPES["rss"])
    for item in items:
        entry = _add(channel, "item")
        _add(entry, "title", item.title or "untitled")
        _add(entry, "link", item.address)
        _add(entry, "guid", item.address)
        _add(entry, "description", item.about)
        _add(entry, "pubDate", email.utils.format_datetime(item.changed, usegmt=True))
        _add_picture(entry, item)
        if heard := item.sound:
            at = _beside(item.address, heard)
            _add(entry, "enclosure", url=at, type=heard.media_type, length=str(item.size))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _add_picture(entry: etree._Element, item: Item) -> None:
    if item.picture:
        _add(entry, f"{{{_MEDIA}}}thumbnail", url=item.picture)


def _beside(address: str, heard: Heard) -> str:
    """The sound's address, on the host of the page."""
    return address.rsplit("/", 2)[0] + heard.path


def _add(parent: etree._Element, tag: str, said: str = "", **attributes: str) -> etree._Element:
    made = etree.SubElement(parent, tag)
    for name, value in attributes.items():
        made.set(name, text.clean(value))
    if said:
        made.text = text.clip(said)
    return made
