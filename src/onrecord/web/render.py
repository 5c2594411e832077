# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns views into HTML. Everything is escaped, control characters never get through, lengths are bounded."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from onrecord.model.languages import called
from onrecord.model.rights import Use
from onrecord.web import text
from onrecord.web.access.roles import visitor
from onrecord.web.assets import Assets
from onrecord.web.feeds import linked_data
from onrecord.web.languages import LANGUAGES

TEMPLATES: Final = Path(__file__).parent / "templates"
USES: Final = {
    Use.KEEP: "Keep",
    Use.REVIEW: "Review",
    Use.STREAM: "Listen",
    Use.DOWNLOAD: "Download",
    Use.SHARE: "Share",
    Use.ADAPT: "Adapt",
    Use.MINE: "Mine",
}
_SAYS: Final = {
    "license": "names a license",
    "held": "says why it is held",
    "deal": "delivers under a deal",
    "allowed": "a person allowed it",
    "refused": "a person refused it",
    "withdrawn": "withdrawn",
}
_RELATIONS: Final = {
    "identical": "The same samples under other tags",
    "encoding": "The same sound in another encoding",
    "remaster": "A remaster of the same sound",
    "edit": "Another length of it",
}
_CODECS: Final = {
    "vorbis": "Ogg Vorbis",
    "opus": "Opus",
    "mp3": "MP3",
    "flac": "FLAC",
    "aac": "AAC",
    "alac": "ALAC",
}


class Render:
    """The templates of one archive. `name` is the archive's own name and stands on each page; `full` says that
    the pages are there that need the archive's folder: notices, pictures, holders."""

    def __init__(self, name: str, assets: Assets, full: bool = False) -> None:
        self._name = name
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_inert,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.filters |= {
            "base64": _base64,
            "bytes": text.size,
            "clip": text.clip,
            "clock": text.clock,
            "codec": _codec,
            "count": text.count,
            "day": text.day,
            "decibels": text.decibels,
            "language": called,
            "magnet": text.magnet,
            "number": text.number,
            "outline": outline,
            "plain": text.plain,
            "seconds": text.seconds,
            "span": text.span,
            "spoken": text.spoken,
        }
        self._templates.globals |= {
            "archive_name": name,
            "full": full,
            "asset": assets.address,
            "uses": USES,
            "says": _SAYS,
            "relations": _RELATIONS,
            "languages": LANGUAGES,
        }
        for name in (
            "vendor/htmx.min.js",
            "tokens.css",
            "site.css",
            "covers.css",
            "forms.css",
            "explore.css",
            "editions.css",
            "run.css",
            "books.css",
            "books.js",
            "site.js",
            "player.js",
            "queue.js",
            "favicon.svg",
        ):
            assets.address(name)

    def page(
        self,
        template: str,
        request: Request,
        values: Mapping[str, Any] = {},
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> HTMLResponse:
        """One page or fragment; pages are asked for anew each time unless `headers` say otherwise. One that is made for
        somebody who is signed in is nobody else's."""
        here = request.url.path
        person = visitor(request).person
        linked = linked_data.described(self._name, str(request.base_url), here, values)
        body = self._templates.get_template(template).render(
            here=here, linked=linked, visitor_role=person.role.value if person else "", **values
        )
        kept = "private, no-cache" if person else "no-cache"
        return HTMLResponse(body, status, {"Cache-Control": kept, **(headers or {})})


def outline(peaks: bytes, bars: int = 100) -> str:
    """The waveform as an SVG path in a box of 400 by 100, for pages where no script runs."""
    if not peaks:
        return ""
    loudest = max(peaks) or 1
    path = []
    for bar in range(bars):
        window = peaks[
            bar * len(peaks) // bars : max((bar + 1) * len(peaks) // bars, bar * len(peaks) // bars + 1)
        ]
        half = max(round(48 * max(window, default=0) / loudest), 1)
        path.append(f"M{bar * 400 // bars} {50 - half}h2v{2 * half}h-2z")
    return "".join(path)


def _base64(data: bytes) -> str:
    return base64.b64encode(data[:2000]).decode()


def _codec(codec: str) -> str:
    return _CODECS.get(codec, "PCM" if codec.startswith("pcm_") else codec.upper())


def _inert(value: object) -> object:
    """What every {{ expression }} goes through before it is escaped."""
    return text.clip(value) if isinstance(value, str) and not isinstance(value, Markup) else value
