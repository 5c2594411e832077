# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/sitemap.xml`: the pages of what sound is held of, in parts of 50,000, each with when it changed last.

Whoever wants the whole catalog is better served by an edition's dataset; so its other pages are not listed.
"""

import re
from collections.abc import Iterable
from typing import Final

from lxml import etree
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from onrecord.archive.held_listing import HeldListing, NotYet
from onrecord.errors import NotFound
from onrecord.web.oai.written import second

_NAMESPACE: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
_PART: Final = re.compile(r"([0-9]{1,5})\.xml", re.ASCII)
#: Pages that are always there.
_STANDING: Final = ("", "search", "editions", "refused")


class Sitemaps:
    def __init__(self, held: HeldListing) -> None:
        self._listing = held

    def routes(self) -> list[BaseRoute]:
        return [Route("/sitemap.xml", self.index), Route("/sitemaps/{part}", self.part)]

    def index(self, request: Request) -> Response:
        try:
            self._listing.renew()
        except NotYet:
            return PlainTextResponse(
                "The list is being made; ask again in a minute.\n", 503, {"Retry-After": "60"}
            )
        base = str(request.base_url)
        parts = [(f"{base}sitemaps/{number + 1}.xml", stamp) for number, stamp in self._listing.pieces()]
        return _sent("sitemapindex", "sitemap", [(f"{base}sitemaps/0.xml", None), *parts])

    def part(self, request: Request) -> Response:
        named = _PART.fullmatch(request.path_params["part"])
        number = int(named[1]) if named else -1
        base = str(request.base_url)
        if number == 0:
            return _sent("urlset", "url", [(base + path, None) for path in _STANDING])
        held = self._listing.piece(number - 1) if number > 0 else []
        if not held:
            raise NotFound("there is no such part of the sitemap")
        return _sent("urlset", "url", ((f"{base}{it.kind}/{it.id}", it.stamp) for it in held))


def _sent(root: str, each: str, addresses: Iterable[tuple[str, int | None]]) -> Response:
    namespaces: dict[str | None, str] = {None: _NAMESPACE}
    made = etree.Element(f"{{{_NAMESPACE}}}{root}", nsmap=namespaces)  # type: ignore[arg-type]
    for address, stamp in addresses:
        below = etree.SubElement(made, f"{{{_NAMESPACE}}}{each}")
        etree.SubElement(below, f"{{{_NAMESPACE}}}loc").text = address
        if stamp is not None:
            etree.SubElement(below, f"{{{_NAMESPACE}}}lastmod").text = second(stamp)
    body = etree.tostring(made, xml_declaration=True, encoding="UTF-8")
    return Response(body, 200, {"Cache-Control": "no-cache"}, "application/xml; charset=utf-8")
