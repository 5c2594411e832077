# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the web page together from its parts."""

from typing import Final

from fastapi import FastAPI
from starlette.middleware import Middleware

import onrecord
from onrecord.archive.looking_up import LookUp
from onrecord.archive.ws2 import EntityReader
from onrecord.web import acoustid, api, oai, ws2
from onrecord.web.assets import Assets
from onrecord.web.bulk import Bulk
from onrecord.web.desk import ClosedDesk, Desk
from onrecord.web.exchange import Exchange
from onrecord.web.explore import Explore
from onrecord.web.headers import SafetyHeaders
from onrecord.web.holders import Holders
from onrecord.web.notices import Notices
from onrecord.web.pages import Pages
from onrecord.web.problems import answer_errors
from onrecord.web.reader import Reader
from onrecord.web.render import Render
from onrecord.web.signs import SignalHeaders, Signs
from onrecord.web.site import Site
from onrecord.web.whereabouts import Whereabouts

#: Nobody is located by their address, so unless the operator says where the listeners are, nobody knows.
ANYWHERE: Final = "unknown"


def create_app(archive: Reader, territory: str = ANYWHERE, site: Site | None = None) -> FastAPI:
    """The page of one archive. `territory` (ISO 3166-1) is where all its listeners are; `site` what it does but read.

    Where that is unknown, a proxy that the site trusts may say it of each listener; else the strictest answer holds.
    Reads `archive.glance()` once, for the archive's name. Raises `ConfigError`.
    """
    site = site or Site()
    where = Whereabouts(territory, site.web)
    assets = Assets()
    name = archive.glance().name
    render = Render(name, assets, full=site.folder is not None)
    app = FastAPI(
        title=f"{name} (onrecord)",
        version=getattr(onrecord, "__version__", "0"),
        description="An open music archive: what is here, where it came from, what may be done with it, and why.",
        openapi_url="/api/openapi.json",
        docs_url=None,  # the interactive pages load from other hosts
        redoc_url=None,
        middleware=[Middleware(SafetyHeaders), Middleware(SignalHeaders, default=site.signals)],
    )
    app.include_router(api.routes(archive, where))
    app.router.routes.extend(Pages(archive, render, assets, where).routes())
    app.router.routes.extend(Signs(site).routes())
    if site.folder is not None:
        app.router.routes.extend(ws2.routes(EntityReader(site.folder)))
        app.router.routes.extend(acoustid.routes(site.folder, site))
        app.router.routes.extend(oai.routes(site.folder, archive))
        app.include_router(Bulk(LookUp(site.folder)).api())
        notices = Notices(site.folder, site, render)
        app.include_router(notices.api())
        app.router.routes.extend(notices.routes())
        app.router.routes.extend(Exchange(site.folder, archive).routes())
        app.router.routes.extend(Holders(site.folder, render).routes())
        app.router.routes.extend(Explore(site.folder, render).routes())
        desk = Desk(site.folder, site.key, archive, render) if site.key else ClosedDesk()
        app.router.routes.extend(desk.routes())
    answer_errors(app, render)
    api.describe(app)
    return app
