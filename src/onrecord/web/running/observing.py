# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watches each answer from the outside: how it ended, how long it took, how many bytes it had."""

import logging
import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from onrecord.web.access.guard import ROUTE
from onrecord.web.access.roles import NOBODY, VISITOR
from onrecord.web.running.logs import REQUESTS
from onrecord.web.running.metrics import Metrics

_log = logging.getLogger(REQUESTS)
#: Methods with a name; whatever else somebody sends is one.
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


class Observing:
    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.monotonic()
        status, sent, waited = 500, 0, 0.0

        async def watched(message: Message) -> None:
            nonlocal status, sent, waited
            if message["type"] == "http.response.start":
                status, waited = message["status"], time.monotonic() - begun
            else:
                sent += len(message.get("body", b""))
            await send(message)

        self._metrics.begun()
        try:
            await self.app(scope, receive, watched)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "OTHER"
            route = scope.get(ROUTE, "")
            waited = waited or time.monotonic() - begun
            self._metrics.answered(method, route, status, waited, sent)
            person = scope.get(VISITOR, NOBODY).person
            told = {
                "method": method,
                "route": route,
                "status": status,
                "wait_ms": round(waited * 1000, 1),
                "ms": round((time.monotonic() - begun) * 1000, 1),
                "bytes": sent,
                "role": person.role.value if person else "",
            }
            _log.info("request", extra={"told": told})
