# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that is read from one file, in the order in which it becomes known."""

import codecs
import functools
import io
import random
import wave
from collections.abc import Iterator
from typing import Final

from onrecord.audio.containers import HEAD, other_than_sound
from onrecord.audio.decode import decode
from onrecord.audio.tags import read_tags
from onrecord.model.sound import Fault, Picture, Sound, Tags


def examine(file: io.BufferedIOBase) -> Iterator[Tags | Picture | Sound | Fault]:
    """First what it says of itself, then what its bytes say; so a decoder that dies leaves tags and pictures behind."""
    file.seek(0)
    if fault := other_than_sound(file.read(HEAD)):
        yield fault
        return
    tags, pictures, faults = read_tags(file)
    yield tags
    yield from faults
    yield from pictures
    file.seek(0)
    yield decode(file)


@functools.cache
def warm_up() -> None:
    """Once a process: loads what Python, NumPy and PyAV load at first use, for the isolated child can open no file."""
    for encoding in _ENCODINGS:
        codecs.lookup(encoding)
    # Noise, and long enough for every measurement: silence would pass most of them by.
    noise = io.BytesIO()
    with wave.open(noise, "wb") as writer:
        writer.setnchannels(2)
        writer.setsampwidth(2)
        writer.setframerate(22050)
        writer.writeframes(random.Random(1).randbytes(10 * 22050 * 4))
    for _ in examine(noise):
        pass


#: Encodings that tags come in.
_ENCODINGS: Final = ("ascii", "latin-1", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252")
