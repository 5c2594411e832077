# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound in another form than it is kept in: which form and rate a player gets, and how it is made."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from msgspec import Struct

from onrecord.model.sound import Fault
from onrecord.model.views import SoundView
from onrecord.web.making import InWorkers, Making, whole
from onrecord.web.memory import Memory

#: Kilobits a second that are made: few, so that what is made for one is there for the next.
LADDER: Final = (256, 192, 160, 128, 96, 64, 48, 32, 24, 16)
#: The least that MP3 has.
_LEAST_MP3: Final = 32
#: Where somebody asks for another format and says no rate: MP3 needs more for the same.
DEFAULT: Final = {"opus": 128, "mp3": 192}
MEDIA_TYPES: Final = {"opus": "audio/ogg", "mp3": "audio/mpeg"}
#: Bytes of what was made that stay.
ROOM: Final = 2 << 30
#: Wall-clock seconds for one, and workers.
_SECONDS: Final = 300.0
_AT_ONCE: Final = 2
#: Seconds of the longest sound that is encoded while somebody waits; `store access` makes copies of longer ones.
LONGEST: Final = 2_400
_OPUS: Final = ("opus", "ogg", "oga")


class Wish(Struct, frozen=True):
    """What is made of a file: `opus` or `mp3`, at so many kilobits, from so many seconds on. `needed`: however little
    smaller it is, since the player asked for this form."""

    form: str
    kilobits: int
    start: int = 0
    needed: bool = False


class Job(Struct, frozen=True):
    source: Path
    target: Path
    wish: Wish
    tags: Mapping[str, str]


def wish_for(sound: SoundView, form: str, most: int, start: int = 0) -> Wish | None:
    """What to send instead of the file; None for the file itself.

    `form` and `most` are what the player asked for: "raw" is the file; "" with a rate is the file where it has no more.
    A form that is neither Opus nor MP3 is not made (FLAC and WAV are sent where they are kept): then the rate alone is
    heeded. From a second on (`start`) can only be sent what is made.
    """
    if form == "raw":
        return None
    wanted = "mp3" if form == "mp3" else "opus" if form in _OPUS else ""
    fits = not most or sound.bit_rate / 1000 <= most
    if fits and not start and wanted in ("", sound.codec):
        return None
    made = wanted or ("mp3" if sound.codec == "mp3" and start and fits else "opus")
    return Wish(made, _rate(made, most), start, needed=bool(wanted and wanted != sound.codec) or bool(start))


def _rate(form: str, most: int) -> int:
    """Kilobits of what is made for whoever takes so many at most; 0 is for whoever did not say."""
    ladder = [rate for rate in LADDER if form != "mp3" or rate >= _LEAST_MP3]
    return next((rate for rate in ladder if rate <= (most or DEFAULT[form])), ladder[-1])


def encode(job: Job) -> Fault | None:
    """Runs in a worker. A Fault where it cannot be made, or would be hardly smaller."""
    from onrecord.audio.access import access_copy
    from onrecord.audio.mp3 import mp3_copy

    wish = job.wish

    def make(descriptor: int) -> object:
        copy = mp3_copy if wish.form == "mp3" else partial(access_copy, needed=wish.needed)
        return copy(job.source, descriptor, wish.kilobits, tags=job.tags, seconds=_SECONDS, start=wish.start)

    return whole(job.target, make)


class Transcodes:
    """What was made of sounds. `make` makes one; by itself that is `encode`, in a worker."""

    def __init__(
        self, memory: Memory, room: int = ROOM, make: Callable[[Job], Fault | None] | None = None
    ) -> None:
        self._making = Making("sounds", room, _AT_ONCE, make or InWorkers(_AT_ONCE, encode), memory)

    def get(self, sha256: str, source: Path, wish: Wish, tags: Mapping[str, str]) -> Path | None:
        """None where it cannot be made, would be hardly smaller, or too many wait."""
        return self._making.get(
            f"{named(sha256, wish)}.{wish.form}", lambda target: Job(source, target, wish, dict(tags))
        )


def named(sha256: str, wish: Wish) -> str:
    """What no other making of any file is called."""
    needed = "-needed" if wish.needed else ""
    return f"{sha256}-{wish.form}-{wish.kilobits}-{wish.start}{needed}"
