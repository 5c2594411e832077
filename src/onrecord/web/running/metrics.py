# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/metrics`: counters of the server and figures of the archive, as Prometheus reads them.

Routes as they are written, never addresses that were asked for: nobody learns from them what somebody heard.
"""

import logging
from pathlib import Path
from typing import Final, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from onrecord.web.reader import Reader

_log = logging.getLogger(__name__)
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


def count_as(slot: int) -> None:
    """Name the files in which this process counts by a number, before it counts anything.

    They outlive it, and the process that has the number next goes on with them: what a dead one had counted stays, and
    however many die, the files do not become more. By the number of the process, as the library has it, they would.
    """
    values.ValueClass = values.MultiProcessValue(lambda: slot)  # type: ignore[no-untyped-call]


class Metrics:
    """The counters of one server; they begin at nothing with each start.

    `counted` is where several processes of it count together; what one that died had counted stays.
    """

    def __init__(self, archive: Reader, counted: Path | None = None) -> None:
        self._archive = archive
        self._registry = CollectorRegistry()
        self._told = self._registry
        if counted is not None:
            self._told = CollectorRegistry()
            MultiProcessCollector(self._told, str(counted))  # type: ignore[no-untyped-call]

        def gauge(name: str, said: str, of_all: Literal["livesum", "mostrecent"] = "mostrecent") -> Gauge:
            return Gauge(f"onrecord_{name}", said, registry=self._registry, multiprocess_mode=of_all)

        self._answers = Counter(
            "onrecord_answers",
            "Requests that were answered.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "onrecord_answer_seconds",
            "Seconds until an answer began.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._sent = Counter("onrecord_sent_bytes", "Bytes of answers.", ("route",), registry=self._registry)
        self._running = gauge(
            "answers_running", "Answers that are being sent, streams among them.", "livesum"
        )
        self._up = gauge("archive_up", "Can the archive be read: 1, else 0.")
        self._figures = {
            "recordings": gauge("recordings", "Recordings that are known."),
            "blobs": gauge("blobs", "Files that are kept."),
            "size": gauge("blob_bytes", "Their bytes."),
            "bad": gauge("bad_blobs", "Files that the last check found damaged."),
            "to_review": gauge("files_to_review", "Files that wait for a person's ruling."),
            "editions": gauge("editions", "Editions that were published."),
        }

    def begun(self) -> None:
        self._running.inc()

    def answered(self, method: str, route: str, status: int, seconds: float, sent: int) -> None:
        """An answer has ended. `route` is "" where none answers to the address."""
        self._running.dec()
        self._answers.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        self._sent.labels(route).inc(sent)

    def routes(self) -> list[BaseRoute]:
        return [Route("/metrics", self.page)]

    def page(self, request: Request) -> Response:
        try:
            glance = self._archive.glance()
        except Exception as problem:  # the server's own counters are wanted most when the archive fails
            _log.error("the archive cannot be counted: %s", type(problem).__name__)
            self._up.set(0)
        else:
            self._up.set(1)
            for name, shown in self._figures.items():
                shown.set(getattr(glance, name))
        body = generate_latest(self._told)
        return Response(body, headers={"Cache-Control": "no-store", "Content-Type": CONTENT_TYPE_PLAIN_0_0_4})
