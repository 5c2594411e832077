# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the site says to machines: header fields, `/robots.txt`, `/.well-known/tdmrep.json`.

`Content-Usage` is the IETF's draft-ietf-aipref-attach with the words of draft-ietf-aipref-vocab; the `tdm-` fields and
the JSON file are the TDM Reservation Protocol of the W3C community group.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from onrecord.errors import ConfigError, NotFound
from onrecord.rights.signals import Signals, content_usage, tdm_headers
from onrecord.web.site import Site

#: What no robot has to read: answers to questions, and the owner's pages.
_OURS: Final = ("/search", "/rights/queue", "/run", "/sign-in")
_PATH: Final = re.compile(r"/[\x21-\x7e]{0,500}")
_AGENT: Final = re.compile(r"[A-Za-z_-]{1,80}")
_ADDRESS: Final = re.compile(r"[\x21-\x7e]{1,1000}")


def fields(found: Signals) -> dict[str, str]:
    """The header fields of an answer about which this is wished."""
    usage = content_usage(found)
    said = {"Content-Usage": usage} if usage else {}
    # A policy may have come with a file: only what is one address goes into a header.
    return said | {name: value for name, value in tdm_headers(found).items() if _ADDRESS.fullmatch(value)}


class SignalHeaders:
    """Adds what the archive says by default to each answer that says nothing of its own."""

    def __init__(self, app: ASGIApp, default: Signals) -> None:
        self.app = app
        self._fields = fields(default)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_fields(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                own = "tdm-reservation" in headers
                for name, value in self._fields.items():
                    if not (own and name.startswith("tdm-")):
                        headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, with_fields if scope["type"] == "http" and self._fields else send)


class Signs:
    """Raises ConfigError where a setting would make another line of `robots.txt`."""

    def __init__(self, site: Site) -> None:
        self._robots = _robots(site)
        self._mapped = site.folder is not None
        self._tdm = tdm_headers(site.signals)

    def routes(self) -> list[BaseRoute]:
        return [Route("/robots.txt", self.robots), Route("/.well-known/tdmrep.json", self.tdmrep)]

    def robots(self, request: Request) -> Response:
        mapped = f"\nSitemap: {request.base_url}sitemap.xml\n" if self._mapped else ""
        return PlainTextResponse(self._robots + mapped, headers={"Cache-Control": "no-cache"})

    def tdmrep(self, request: Request) -> Response:
        if not self._tdm:
            raise NotFound("this archive says nothing about text and data mining")
        body: Mapping[str, str | int] = {
            "location": "/",
            **self._tdm,
            "tdm-reservation": int(self._tdm["tdm-reservation"]),
        }
        return Response(msgspec.json.encode([body]), 200, {"Cache-Control": "no-cache"}, "application/json")


def _robots(site: Site) -> str:
    for path in site.web.disallow:
        if not _PATH.fullmatch(path):
            raise ConfigError(f"[web] disallow: expected a path that begins with /, got {path[:80]!r}")
    for agent in site.web.disallow_agents:
        if not _AGENT.fullmatch(agent):
            raise ConfigError(
                f"[web] disallow_agents: expected a robot's name, got {agent[:80]!r}", 'as "GPTBot"'
            )
    lines = ["User-agent: *"]
    usage = content_usage(site.signals)
    lines += [f"Content-Usage: {usage}"] if usage else []
    lines += [f"Disallow: {path}" for path in (*_OURS, *site.web.disallow)]
    lines += ["Allow: /", ""]
    for agent in site.web.disallow_agents:
        lines += [f"User-agent: {agent}", "Disallow: /", ""]
    tdm = tdm_headers(site.signals)
    # TDMRep has no word for robots.txt: it is said where it belongs, and told here for people.
    lines += [f"# {name}: {value}" for name, value in tdm.items() if _ADDRESS.fullmatch(value)]
    lines += ["# see /.well-known/tdmrep.json"] if tdm else []
    return "\n".join(lines).rstrip() + "\n"
