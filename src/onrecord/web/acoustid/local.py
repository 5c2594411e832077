# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a request come from a program on this machine? Whatever hints at a proxy or at a page in a browser says no.

A proxy makes everybody's request come from here, and any page may send a form to this machine. Whoever is turned away
by this can show the key.
"""

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from onrecord.web.desk import is_loopback
from onrecord.web.site import Site

#: What proxies add to a request, and what browsers do; taggers do neither.
_OTHERS: Final = (
    *("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"),
    *("origin", "referer", "sec-fetch-site", "sec-fetch-mode"),
)


def is_here(request: Request, site: Site) -> bool:
    """Whoever names proxies in the settings has one in front, so that nobody is here."""
    if request.client is None or not is_loopback(request.client.host) or site.web.trusted_proxies:
        return False
    if any(name in request.headers for name in _OTHERS) or request.scope.get("http_version") == "1.0":
        return False
    try:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return False
    return host == "localhost" or is_loopback(host)
