# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a song as a file's tags have them: plain, or line by line with when each is sung (LRC)."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

#: Lines of one text, and characters of one line.
MOST_LINES: Final = 2_000
LONGEST_LINE: Final = 1_000
_KEYS: Final = frozenset({"uslt", "sylt", "lyrics", "unsyncedlyrics", "syncedlyrics", "©lyr"})
_PREFIX: Final = re.compile(r"^(txxx:|----:[^:]*:|wm/)", re.IGNORECASE)
_LANGUAGE: Final = re.compile(r"[a-z]{3}")
#: No language: ISO 639-2 for "undetermined", and what tools write where they do not know.
_NO_LANGUAGE: Final = frozenset({"und", "xxx"})
_STAMP: Final = re.compile(r"\[(\d{1,3}):([0-5]?\d)(?:[.:](\d{1,3}))?\]", re.ASCII)
#: Inside of a line, before a word.
_WORD: Final = re.compile(r"<\d{1,3}:[0-5]?\d(?:[.:]\d{1,3})?>", re.ASCII)
_ABOUT: Final = re.compile(r"\[(offset):\s*([+-]?\d{1,7})\s*\]|\[[a-z#]{1,12}:[^\]]*\]", re.IGNORECASE)


class Line(Struct, frozen=True):
    """`start` in seconds, None where the text does not say."""

    text: str
    start: float | None = None


class Lyrics(Struct, frozen=True):
    """`language` as ISO 639-2 has it, "" where it is not said. `synced`: each line says when it is sung."""

    lines: tuple[Line, ...]
    language: str = ""
    synced: bool = False


def is_lyrics(key: str) -> bool:
    """Does a frame of this key hold lyrics?"""
    return _name(key) in _KEYS


def lyrics_in(frames: Iterable[tuple[str, str]]) -> list[Lyrics]:
    """All lyrics among a file's frames, each text once, those with times first."""
    found: dict[tuple[Line, ...], Lyrics] = {}
    for key, value in frames:
        if is_lyrics(key) and (read := read_lyrics(value, _language(key))).lines:
            found.setdefault(read.lines, read)
    return sorted(found.values(), key=lambda each: not each.synced)


def read_lyrics(text: str, language: str = "") -> Lyrics:
    """A text, by what it is: LRC where lines have times, else plain lines. Empty lines part verses and stay."""
    lines = [line.strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")][:MOST_LINES]
    if any(_STAMP.match(line) for line in lines):
        return Lyrics(
            tuple(sorted(_timed(lines), key=lambda line: line.start or 0.0)[:MOST_LINES]), language, True
        )
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return Lyrics(tuple(Line(line[:LONGEST_LINE]) for line in lines), language)


def as_lrc(parts: Iterable[tuple[str, int]]) -> str:
    """Text with times in milliseconds, as ID3's SYLT has it, in LRC. A part that begins a line says so by a line feed;
    where none does, each is a line."""
    listed = [(text, max(at, 0)) for text, at in parts]
    begins = any(text.startswith(("\n", "\r")) for text, _ in listed[1:])
    lines: list[tuple[int, str]] = []
    for text, at in listed:
        if begins and lines and not text.startswith(("\n", "\r")):
            lines[-1] = (lines[-1][0], lines[-1][1] + text)
        else:
            lines.append((at, text))
    return "\n".join(
        f"[{at // 60_000:02}:{at // 1000 % 60:02}.{at % 1000:03}]{' '.join(text.split())}"
        for at, text in lines
    )


def _timed(lines: Iterable[str]) -> Iterator[Line]:
    """A line may have several times: a refrain. What has none is about the file, or no lyrics."""
    offset = 0.0
    for line in lines:
        if (about := _ABOUT.fullmatch(line)) is not None and not _STAMP.match(line):
            offset = int(about[2]) / 1000 if about[1] else offset
            continue
        starts: list[float] = []
        while (stamp := _STAMP.match(line)) is not None:
            starts.append(int(stamp[1]) * 60 + int(stamp[2]) + float(f"0.{stamp[3] or 0}"))
            line = line[stamp.end() :].lstrip()
        text = " ".join(_WORD.sub(" ", line).split())[:LONGEST_LINE]
        # A positive offset means that the lines come sooner.
        yield from (Line(text, round(max(start - offset, 0.0), 3)) for start in starts)


def _name(key: str) -> str:
    return _PREFIX.sub("", key).split(":")[0].replace(" ", "").replace("_", "").casefold()


def _language(key: str) -> str:
    """The last part of ID3's keys, as in `USLT:description:eng`."""
    name, *rest = _PREFIX.sub("", key).split(":")
    said = rest[-1].casefold() if rest and name.upper() in ("USLT", "SYLT") else ""
    return said if _LANGUAGE.fullmatch(said) and said not in _NO_LANGUAGE else ""
