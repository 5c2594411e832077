# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the web page together from its parts."""

from typing import Final

from fastapi import FastAPI
from starlette.middleware import Middleware

import onrecord
from onrecord.archive.held_listing import HeldListing
from onrecord.archive.looking_up import LookUp
from onrecord.archive.ws2 import EntityReader
from onrecord.web import acoustid, api, listens, oai, subsonic, ws2
from onrecord.web.access.clients import Clients
from onrecord.web.access.guard import Guard, Identity
from onrecord.web.access.people import Users
from onrecord.web.access.signin import SignIn
from onrecord.web.assets import Assets
from onrecord.web.books import Books
from onrecord.web.bulk import Bulk
from onrecord.web.desk import Desk
from onrecord.web.exchange import Exchange
from onrecord.web.explore import Explore
from onrecord.web.feeds.playlists import Playlists
from onrecord.web.feeds.sitemaps import Sitemaps
from onrecord.web.feeds.syndication import Feeds
from onrecord.web.headers import SafetyHeaders
from onrecord.web.holders import Holders
from onrecord.web.listens import lists
from onrecord.web.listens.keeping import Listening
from onrecord.web.memory import Memory, OwnMemory
from onrecord.web.notices import Notices
from onrecord.web.pages import Pages
from onrecord.web.pictures import Pictures
from onrecord.web.planner import Planner
from onrecord.web.problems import answer_errors
from onrecord.web.reader import Reader
from onrecord.web.render import Render
from onrecord.web.run import Run
from onrecord.web.running.metrics import Metrics
from onrecord.web.running.observing import Observing
from onrecord.web.shuffle import Shuffle
from onrecord.web.signs import SignalHeaders, Signs
from onrecord.web.site import Site
from onrecord.web.whereabouts import Whereabouts
from onrecord.web.ws2.rate import Rate

#: Nobody is located by their address, so unless the operator says where the listeners are, nobody knows.
ANYWHERE: Final = "unknown"


def create_app(
    archive: Reader, territory: str = ANYWHERE, site: Site | None = None, memory: Memory | None = None
) -> FastAPI:
    """The page of one archive. `territory` (ISO 3166-1) is where all its listeners are; `site` what it does but read.

    Where that is unknown, a proxy that the site trusts may say it of each listener; else the strictest answer holds.
    `memory` is what several processes that answer together have in common. Reads `archive.glance()` once, for the
    archive's name. Raises `ConfigError`.
    """
    site, memory = site or Site(), memory or OwnMemory()
    where = Whereabouts(territory, site.web)
    assets = Assets()
    name = archive.glance().name
    clients, users = (
        Clients(site.web.trusted_proxies, memory.key),
        Users(site.folder) if site.folder else None,
    )
    identity, metrics = Identity(users, clients, site.key), Metrics(archive, memory.counted)
    render = Render(name, assets, full=site.folder is not None)
    app = FastAPI(
        title=f"{name} (onrecord)",
        version=getattr(onrecord, "__version__", "0"),
        description="An open music archive: what is here, where it came from, what may be done with it, and why.",
        openapi_url="/api/openapi.json",
        docs_url=None,  # the interactive pages load from other hosts
        redoc_url=None,
        middleware=[
            Middleware(Observing, metrics=metrics),
            Middleware(SafetyHeaders, media=site.media),
            Middleware(SignalHeaders, default=site.signals),
        ],
    )
    app.include_router(api.routes(archive, where))
    app.router.routes.extend(Pages(archive, render, assets, where).routes())
    pictures = Pictures(archive, where, memory)
    app.router.routes.extend(pictures.routes())
    app.router.routes.extend(Planner(site.folder, archive, render).routes())
    app.router.routes.extend(Signs(site).routes())
    app.router.routes.extend(Playlists(archive, where).routes())
    app.router.routes.extend(metrics.routes())
    if site.folder is not None and users is not None:
        app.router.routes.extend(ws2.routes(EntityReader(site.folder), Rate(cells=memory.cells("/ws/2", 1))))
        app.router.routes.extend(acoustid.routes(site.folder, site, memory))
        held, listening = HeldListing(site.folder, memory.few("held")), Listening(site.folder)
        app.router.routes.extend(oai.routes(site.folder, archive, held))
        app.router.routes.extend(Feeds(held, archive, where).routes())
        app.router.routes.extend(Sitemaps(held).routes())
        shuffle = Shuffle(site.folder, render, where)
        app.router.routes.extend(
            subsonic.routes(held, archive, where, users, listening, pictures, shuffle.ids, memory)
        )
        app.router.routes.extend(listens.routes(archive, users, listening, memory))
        app.router.routes.extend(lists.routes(archive, where, listening))
        app.include_router(Bulk(LookUp(site.folder), memory).api())
        notices = Notices(site.folder, site, render, memory)
        app.include_router(notices.api())
        app.router.routes.extend(notices.routes())
        app.router.routes.extend(Exchange(site.folder, archive, memory).routes())
        app.router.routes.extend(Holders(site.folder, render).routes())
        app.router.routes.extend(Explore(site.folder, render, memory).routes())
        app.include_router(shuffle.api())
        app.router.routes.extend(shuffle.routes())
        app.router.routes.extend(Desk(site.folder, archive, render, memory).routes())
        app.router.routes.extend(Books(site, render, memory).routes())
        app.router.routes.extend(Run(site.folder, users, render).routes())
        sign_in = SignIn(users, identity, clients, render, memory)
        app.include_router(sign_in.api())
        app.router.routes.extend(sign_in.routes())
    # Within what answers errors, outside of every route.
    app.router.middleware_stack = Guard(
        app.router.middleware_stack,
        app.router.routes,
        identity,
        clients,
        site.web,
        lambda: _newest(archive),
        memory,
    )
    answer_errors(app, render)
    api.describe(app)
    return app


def _newest(archive: Reader) -> str:
    """Where the newest edition is shown; "" where there is none."""
    editions = archive.editions()
    return f"/editions#edition-{editions[0].number}" if editions else ""
