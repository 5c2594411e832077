# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pad files of hybrid torrents (BEP 47), which lie nowhere: a client that does not know of them asks for them as
for any other file, and cannot end without their zeros.
"""

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from onrecord.model.digests import PIECE
from onrecord.web import ranges

#: As our torrents name them: by their length.
_PATH: Final = re.compile(r"\.pad/([1-9][0-9]{0,6})", re.ASCII)


def length(path: str) -> int:
    """The length of the pad file that a path of a torrent names; 0 where it names none."""
    match = _PATH.fullmatch(path)
    size = int(match[1]) if match else 0
    return size if size < PIECE else 0


def answer(request: Request, size: int) -> Response:
    """200, 206 or 416 with so many zeros, or one part of them."""
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "max-age=31536000, immutable"}
    wanted = ranges.parts(request.headers.get("range", ""), size) if request.method == "GET" else None
    if wanted == []:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    if wanted is None or len(wanted) > 1:
        return Response(bytes(size), 200, headers, "application/octet-stream")
    start, end = wanted[0]
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return Response(bytes(end - start), 206, headers, "application/octet-stream")
