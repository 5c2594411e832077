# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent to the page: read with bounds; forms of whoever runs the archive only from its own pages."""

from typing import Final
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request

from onrecord.web.problems import Problem, Told

#: Bytes of a form or a JSON object; a notice at its longest has room.
LONGEST: Final = 128 * 1024
_MOST_FIELDS: Final = 200


async def body(request: Request) -> bytes:
    """The whole body. Raises Told (413) as soon as it is longer than anything that is taken here."""
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > LONGEST:
            detail = f"At most {LONGEST:,} bytes are taken."
            raise Told(Problem(413, "Too long", detail), {"Connection": "close"})
    return bytes(read)


async def fields(request: Request) -> dict[str, str]:
    """The fields of a form, each the last of its name. Raises Told (400, 413, 415)."""
    if (
        request.headers.get("content-type", "").partition(";")[0].strip()
        != "application/x-www-form-urlencoded"
    ):
        raise Told(Problem(415, "Not a form", "Expected application/x-www-form-urlencoded."))
    try:
        said = parse_qs(
            (await body(request)).decode(),
            keep_blank_values=True,
            max_num_fields=_MOST_FIELDS,
            errors="strict",
        )
    except ValueError:
        raise Told(
            Problem(400, "This cannot be understood", "Expected the fields of a form in UTF-8.")
        ) from None
    return {name: values[-1] for name, values in said.items()}


def is_from_elsewhere(request: Request) -> bool:
    """Did a browser send a form of another site's page? It says so itself, whatever a proxy makes of the host."""
    return request.headers.get("sec-fetch-site") == "cross-site"


def is_from_itself(request: Request) -> bool:
    """Was a form sent by a page of this very server? A browser says so, and no other page can make it say that."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin", "")
    return urlsplit(origin).netloc == request.headers.get("host", "") != ""
