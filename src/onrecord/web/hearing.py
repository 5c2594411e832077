# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file of a recording a listener is sent, if any: the first that is whole and may be heard where they are."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from msgspec import Struct

from onrecord.errors import NotFound
from onrecord.model.rights import Use
from onrecord.model.views import SoundView
from onrecord.web.reader import Reader

_TYPES: Final = {
    "flac": "audio/flac",
    "mp3": "audio/mpeg",
    "vorbis": "audio/ogg",
    "opus": "audio/ogg",
    "aac": "audio/mp4",
    "alac": "audio/mp4",
}


class Heard(Struct, frozen=True):
    """`path` is the address below the host: of the access copy where there is one, as on the page."""

    sound: SoundView
    path: str
    media_type: str


def hearable(archive: Reader, sounds: Iterable[SoundView], territory: str, use: Use) -> Heard | None:
    """Asks the rights, as the door of `/sound` will when it comes to that."""
    for sound in sounds:
        if sound.state == "ok" and archive.may(sound.sha256, use, territory).allow:
            return sent(sound)
    return None


def sent(sound: SoundView) -> Heard:
    """What is sent of a file that may be heard."""
    if sound.copies:
        return Heard(sound, f"/sound/{sound.sha256}?copy=1", "audio/ogg")
    return Heard(sound, f"/sound/{sound.sha256}", media_type(sound.codec))


def length(archive: Reader, heard: Heard) -> int:
    """Bytes of what is sent."""
    if not heard.sound.copies:
        return heard.sound.size
    try:
        source, _ = archive.sent(heard.sound.sha256, copy=True)
    except NotFound:
        return 0  # it is damaged; the door says so, too
    return source.stat().st_size if isinstance(source, Path) else source.size


def media_type(codec: str) -> str:
    return "audio/wav" if codec.startswith("pcm_") else _TYPES.get(codec, "application/octet-stream")
