# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Visitors who ask at times that were fixed beforehand: one who waits does not ask less, so a slow moment is counted in
full by all who came meanwhile (no coordinated omission)."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote_plus

from measure import progress
from msgspec import Struct
from web_asking import Got, Visitor
from web_questions import Question, questions
from web_server import Served, cost_since, served

VISITORS: Final = 20
#: Seconds in which caches fill before anything is counted.
_WARMING: Final = 10
#: So long before the first question everything is set up.
_LEAD: Final = 0.2
_TARGETS: Final = {"search_p95_ms": 80, "page_p95_ms": 60, "peak_rss_bytes": 1 << 30}


class Answered(Struct, frozen=True):
    """`ms` from the planned moment to the last byte."""

    kind: str
    path: str
    ms: float
    got: Got


def measure(archive: Path, seconds: int) -> dict[str, Any]:
    asked = questions(archive)
    with served(archive) as server:
        progress(f"warming for {_WARMING} s")
        asyncio.run(visit(server, asked, _WARMING))
        cpu, begun = (server.cpu(), time.process_time()), time.monotonic()
        progress(f"{VISITORS} visitors for {seconds} s")
        answered = asyncio.run(visit(server, asked, seconds))
        spent = cost_since(server, cpu, begun)
    return {"targets": _TARGETS, "visitors": VISITORS, "seconds": seconds, **told(answered), **spent}


async def visit(server: Served, asked: Iterator[Question], seconds: float) -> list[Answered]:
    """Each visitor asks once a second, and opens a recording half a second after every second question."""
    visitors = [Visitor(server.host, server.port, f"203.0.113.{number + 1}") for number in range(VISITORS)]
    begun = time.monotonic() + _LEAD

    async def ask(visitor: Visitor, kind: str, path: str, planned: float) -> Answered:
        await asyncio.sleep(planned - time.monotonic())
        got = await visitor.get(path)
        return Answered(kind, path, (time.monotonic() - planned) * 1000, got)

    tasks = []
    for second, (number, visitor) in itertools.product(range(int(seconds)), enumerate(visitors)):
        # Spread over the second, as visitors are who know nothing of each other.
        planned, question = begun + second + number / VISITORS, next(asked)
        path = f"/search?q={quote_plus(question.text)}"
        tasks.append(asyncio.create_task(ask(visitor, question.kind, path, planned)))
        if (second + number) % 2:
            tasks.append(
                asyncio.create_task(ask(visitor, "page", f"/recording/{question.recording}", planned + 0.5))
            )
    answered = list(await asyncio.gather(*tasks))
    for visitor in visitors:
        visitor.close()
    return answered


def told(answered: Sequence[Answered]) -> dict[str, Any]:
    searches = [one for one in answered if one.kind != "page"]
    pages = [one for one in answered if one.kind == "page"]
    slowest = sorted(searches, key=lambda one: -one.ms)[:8]
    return {
        "statuses": {
            str(status): count for status, count in Counter(one.got.status for one in answered).items()
        },
        "search": _times(searches),
        "page": _times(pages),
        "search_by_question": {
            kind: _times([one for one in searches if one.kind == kind])
            for kind in sorted({one.kind for one in searches})
        },
        "slowest": [{"ms": round(one.ms, 1), "path": one.path} for one in slowest],
    }


def _times(answered: Sequence[Answered]) -> dict[str, Any]:
    taken = sorted(one.ms for one in answered)
    shares = {
        f"p{share}_ms": round(taken[min(len(taken) - 1, len(taken) * share // 100)], 1)
        for share in (50, 95, 99)
    }
    size = sum(one.got.size for one in answered) // max(len(answered), 1)
    return {"answers": len(answered), **shares, "max_ms": round(taken[-1], 1), "bytes_an_answer": size}
