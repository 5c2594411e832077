# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the web page together from its parts."""

from typing import Final

from fastapi import FastAPI
from starlette.middleware import Middleware

import onrecord
from onrecord.web import api
from onrecord.web.assets import Assets
from onrecord.web.headers import SafetyHeaders
from onrecord.web.pages import Pages
from onrecord.web.problems import answer_errors
from onrecord.web.reader import Reader
from onrecord.web.render import Render

#: Nobody is located by their address, so unless the operator says where the listeners are, nobody knows.
ANYWHERE: Final = "unknown"


def create_app(archive: Reader, territory: str = ANYWHERE) -> FastAPI:
    """The page of one archive. `territory` (ISO 3166-1) is where its listeners are.

    Where that is unknown, the strictest answer holds. Reads `archive.glance()` once, for the archive's name.
    """
    assets = Assets()
    name = archive.glance().name
    render = Render(name, assets)
    app = FastAPI(
        title=f"{name} (onrecord)",
        version=getattr(onrecord, "__version__", "0"),
        description="An open music archive: what is here, where it came from, what may be done with it, and why.",
        openapi_url="/api/openapi.json",
        docs_url=None,  # the interactive pages load from other hosts
        redoc_url=None,
        middleware=[Middleware(SafetyHeaders)],
    )
    app.include_router(api.routes(archive, territory))
    app.router.routes.extend(Pages(archive, render, assets, territory).routes())
    answer_errors(app, render)
    api.describe(app)
    return app
