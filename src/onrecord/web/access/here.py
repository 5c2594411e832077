# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a request come from a program on this machine? Whatever hints at a proxy or at a page in a browser says no.

A proxy makes everybody's request come from here, and any page may send a form to this machine. Whoever is turned away
by this can show a key or a token.
"""

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from onrecord.archive.settings import WebSettings
from onrecord.web.access.clients import FORWARDED
from onrecord.web.addresses import is_loopback

#: What browsers add to a request; programs do not.
_BROWSERS: Final = ("origin", "referer", "sec-fetch-site", "sec-fetch-mode")


def is_here(request: Request, web: WebSettings) -> bool:
    """Whoever names proxies in the settings has one in front, so that nobody is here."""
    return is_at_home(request, web) and not any(name in request.headers for name in _BROWSERS)


def is_at_home(request: Request, web: WebSettings) -> bool:
    """The same for a person: a browser on this machine, which asks for this machine by its name. Pages of others can
    make it ask, so this alone opens nothing: ask for an account as well."""
    if request.client is None or not is_loopback(request.client.host) or web.trusted_proxies:
        return False
    if any(name in request.headers for name in FORWARDED):
        return False
    if request.scope.get("http_version") == "1.0":
        return False
    try:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return False
    return host == "localhost" or is_loopback(host)
