# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/sound/{sha256}`: the one door through which sound and its access copies leave by the web.

It asks the rights each time.
"""

import re
from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from onrecord.errors import NotFound
from onrecord.model import identifiers
from onrecord.model.rights import Decision, Use
from onrecord.store import Kept
from onrecord.web import ranges, signs
from onrecord.web.problems import Denied
from onrecord.web.reader import Reader

_SOUND_TYPE = re.compile(r"audio/[a-z0-9][a-z0-9.+-]{0,40}")
#: Endings for downloads; sound of any other type leaves as `.bin`.
_ENDINGS: Final = {
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/flac": "flac",
    "audio/wav": "wav",
    "audio/mp4": "m4a",
    "audio/aiff": "aiff",
}


def send(
    archive: Reader,
    request: Request,
    sha256: str,
    territory: str,
    *,
    download: bool = False,
    copy: bool = False,
    use: Use | None = None,
    vary: Mapping[str, str] = {},
) -> Response:
    """The blob, or its access copy, if today's decision on the sound allows it in `territory`. `vary` are headers that
    keep the answer from other listeners.

    A copy is another form of the same sound, so the answer is the sound's. Raises `Denied`, `NotFound`,
    `IntegrityError`.
    """
    if identifiers.sha256(sha256) != sha256:
        raise NotFound("a sound is named by 64 lower-case hexadecimal digits")
    use = use or (Use.DOWNLOAD if download else Use.STREAM)
    decision = archive.may(sha256, use, territory)
    if not decision.allow:
        raise Denied(451 if withdrawn(decision) else 403, decision)
    source, claimed = archive.sent(sha256, copy=copy)
    media_type = claimed if _SOUND_TYPE.fullmatch(claimed) else "application/octet-stream"
    headers = {
        "ETag": f'"{source.name if copy else sha256}"',
        # A browser may keep the bytes, but asks before it plays them again: the answer may have become no.
        **vary,
        "Cache-Control": "private, no-cache, no-transform",
        **signs.fields(archive.signals(sha256)),
    }
    name = ""
    if download or media_type == "application/octet-stream":
        name = f"{sha256[:16]}.{_ENDINGS.get(media_type, 'bin')}"
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    if isinstance(source, Kept) and request.method == "GET" and (to := source.address(media_type, name)):
        # Good for minutes, for this file alone: who comes for the next part asks here again.
        return RedirectResponse(to, 307, {**headers, "Cache-Control": "private, no-store"})
    return ranges.answer(request, source, headers, media_type)


def withdrawn(decision: Decision) -> bool:
    """Whether the deciding rule is a withdrawal, which HTTP has a status of its own for (451)."""
    return not decision.allow and any("withdraw" in code.lower() for code in decision.codes[:1])
