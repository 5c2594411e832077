# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a listener is: what the operator says of all, or a trusted proxy of this one. Neither kept nor logged."""

import re
from collections.abc import Mapping
from typing import Final

from starlette.requests import Request

from onrecord.archive.settings import WebSettings
from onrecord.errors import ConfigError
from onrecord.rights.territories import UNKNOWN, known
from onrecord.web.access.clients import Clients

_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}")


class Whereabouts:
    """`fixed` (ISO 3166-1) is the word of the operator and holds for everybody; else `settings` name a header.

    Raises ConfigError where a setting cannot be understood.
    """

    def __init__(self, fixed: str, settings: WebSettings) -> None:
        self._fixed = fixed
        self._header = "" if fixed != UNKNOWN else settings.country_header
        if self._header and not _TOKEN.fullmatch(self._header):
            raise ConfigError(
                f"[web] country_header: expected the name of a header, got {settings.country_header[:80]!r}",
                'for example "CF-IPCountry"',
            )
        self._clients = Clients(settings.trusted_proxies)

    def of(self, request: Request) -> str:
        """The territory to ask the rights for; `unknown`, the strictest, where nobody who is trusted has said it."""
        if not self._header or not self._clients.trusts(request.client.host if request.client else ""):
            return self._fixed
        said = request.headers.getlist(self._header)
        code = said[0].strip().upper() if len(said) == 1 else ""
        return known(code) if len(code) == 2 else UNKNOWN

    @property
    def headers(self) -> Mapping[str, str]:
        """What keeps an answer for one country from being given in another."""
        return {"Vary": self._header, "Cache-Control": "private, no-cache"} if self._header else {}
