# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Style, scripts and icon: read and compressed once at start, named by content so that browsers may keep them."""

import gzip
import hashlib
from pathlib import Path
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from onrecord.errors import NotFound, OnrecordError

ROOT: Final = Path(__file__).parent / "static"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class Asset(NamedTuple):
    digest: str
    media_type: str
    body: bytes
    gzipped: bytes


class Assets:
    """Every file under `root` whose type we serve, by its path relative to `root`."""

    def __init__(self, root: Path = ROOT) -> None:
        files = (path for path in sorted(root.rglob("*")) if path.suffix in _TYPES and path.is_file())
        self._assets = {path.relative_to(root).as_posix(): _load(path) for path in files}

    def address(self, name: str) -> str:
        """Address of a file with its digest. A file that the package lost is an error at start, not a bare page."""
        if name not in self._assets:
            raise OnrecordError(
                f"static file {name}: expected in the installed package, not there",
                hint="install onrecord again, or from a clone run ./dev vendor",
            )
        return f"/static/{name}?v={self._assets[name].digest[:12]}"

    def serve(self, request: Request) -> Response:
        """GET or HEAD `/static/{path}`."""
        asset = self._assets.get(request.path_params["path"])
        if asset is None:
            raise NotFound("there is no such static file")
        named = request.query_params.get("v", "") == asset.digest[:12]
        headers = {
            "ETag": f'"{asset.digest}"',
            "Cache-Control": "public, max-age=31536000, immutable" if named else "no-cache",
            "Vary": "Accept-Encoding",
        }
        if asset.digest in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(asset.gzipped, headers=headers, media_type=asset.media_type)
        return Response(asset.body, headers=headers, media_type=asset.media_type)


def _load(path: Path) -> Asset:
    body = path.read_bytes()
    return Asset(
        digest=hashlib.sha256(body).hexdigest(),
        media_type=_TYPES[path.suffix],
        body=body,
        gzipped=gzip.compress(body, 9, mtime=0),
    )
