# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries of one playlist, in its order. RecordRejected says what is wrong with it; XSPF is held to its rules."""

import codecs
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from onrecord.errors import RecordRejected
from onrecord.sources import spelled, strict_json, xspf

_INFO: Final = re.compile(
    r"#EXTINF:\s*(-?\d{1,7}(?:\.\d{1,6})?)?((?:\s+[\w-]+=(?:\"[^\"]*\"|[^\s,]+))*)\s*,?(.*)", re.ASCII
)
_HLS: Final = re.compile(r"^#EXT-X-(?:TARGETDURATION|STREAM-INF|MEDIA-SEQUENCE|KEY)", re.MULTILINE)
_BINARY: Final = re.compile(r"[\x00-\x08\x0e-\x1f]")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_SERVICE: Final = re.compile(r"(?!file:)[a-z]+:(?:track|song|album|episode):\S+", re.IGNORECASE)


class Entry(NamedTuple):
    """One entry. `locations` and `identifiers` are text, and stay it."""

    title: str = ""
    artist: str = ""
    album: str = ""
    genre: str = ""
    position: int | None = None
    duration_ms: int | None = None
    locations: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()

    def called(self) -> str:
        """What an entry without a title is called: the name in its location, without folder and ending."""
        location = next(iter(self.locations), "")
        if _SERVICE.fullmatch(location):
            return location
        path = _SCHEME.sub("", location, count=1) if "://" in location else location
        *folders, name = re.split(r"[/\\]", path.split("?")[0].strip("/\\"))
        if "://" in location and not folders:
            return name
        return re.sub(r"\.[A-Za-z0-9]{2,4}$", "", name) or name

    def isrc(self) -> str:
        return next(filter(None, map(spelled.isrc, self.identifiers)), "")

    def mbid(self) -> str:
        return next(filter(None, map(spelled.recording_mbid, (*self.identifiers, *self.locations))), "")


def read(raw: bytes, media_type: str) -> list[Entry]:
    """The entries of a playlist of this media type (as `playlists` files them)."""
    if media_type == "application/xspf+xml":
        return [_of_xspf(track) for track in xspf.read(raw)]
    if media_type == "application/jspf+json":
        return list(_jspf(raw))
    return list(_m3u(_decoded(raw, utf8=media_type == "application/vnd.apple.mpegurl")))


def _of_xspf(track: xspf.Track) -> Entry:
    return Entry(
        title=track.first("title"),
        artist=track.first("creator"),
        album=track.first("album"),
        position=track.number("trackNum"),
        duration_ms=spelled.duration_ms(track.first("duration"), "ms"),
        locations=track.all("location"),
        identifiers=track.all("identifier"),
    )


def _decoded(raw: bytes, utf8: bool) -> str:
    """M3U8 is UTF-8. M3U has no encoding of its own: UTF-8 where it can be that, else Latin-1, as players do."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = raw.decode("utf-16", "replace")
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            if utf8:
                raise RecordRejected(
                    f"expected UTF-8, got the byte 0x{raw[error.start]:02x} at byte {error.start}"
                ) from error
            text = raw.decode("latin-1")
    if binary := _BINARY.search(text):
        raise RecordRejected(f"no text: it holds the control character U+{ord(binary[0]):04X}")
    return text


def _m3u(text: str) -> Iterator[Entry]:
    """Album, artist and genre hold for the entries behind them; a title and a length for the next one."""
    if _HLS.search(text):
        raise RecordRejected("a list of the pieces of one stream (HLS), no playlist")
    if text.lstrip()[:1] in ("<", "{"):
        raise RecordRejected("expected M3U, got XML, HTML or JSON")
    around: dict[str, str] = {}
    next_one = Entry()
    for line in map(str.strip, re.split(r"[\r\n]+", text)):
        if not line:
            continue
        if not line.startswith("#"):
            yield next_one._replace(
                album=around.get("#EXTALB", ""),
                artist=next_one.artist or around.get("#EXTART", ""),
                genre=around.get("#EXTGENRE", ""),
                locations=(line,),
            )
            next_one = Entry()
        elif line.startswith("#EXTINF:"):
            next_one = _info(line)
        else:
            key, _, value = line.partition(":")
            around[key] = value.strip()


def _info(line: str) -> Entry:
    """`#EXTINF:seconds,Artist - Title`; some write attributes before the comma. Seconds below 1 mean: not known."""
    found = _INFO.fullmatch(line)
    if not found:
        return Entry(title=line.partition(",")[2].strip())
    artist, dash, title = found[3].strip().partition(" - ")
    length = spelled.duration_ms(found[1] or "", "s")
    return (
        Entry(artist=artist.strip(), title=title.strip(), duration_ms=length)
        if dash
        else Entry(artist, duration_ms=length)
    )


def _jspf(raw: bytes) -> Iterator[Entry]:
    value = strict_json.read(raw)
    playlist = value.get("playlist") if isinstance(value, dict) else None
    tracks = playlist.get("track", []) if isinstance(playlist, dict) else None
    if not isinstance(tracks, list):
        raise RecordRejected("expected JSPF: an object with a `playlist`, with a list `track` in it")
    for number, track in enumerate(tracks, 1):
        if not isinstance(track, dict):
            raise RecordRejected(f"track {number}: expected an object, got {type(track).__name__}")
        yield Entry(
            title=_text(track.get("title")),
            artist=_text(track.get("creator")),
            album=_text(track.get("album")),
            position=_whole(track.get("trackNum")),
            duration_ms=spelled.duration_ms(str(_whole(track.get("duration")) or ""), "ms"),
            locations=_texts(track.get("location")),
            identifiers=_texts(track.get("identifier")),
        )


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(filter(None, map(_text, value if isinstance(value, list) else [value])))


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else None
