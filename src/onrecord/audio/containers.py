# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which bytes are sound and which are something else: the containers that are read, and the others by their names."""

from typing import Final

from onrecord.model.sound import Fault

#: FFmpeg demuxers that read one file and nothing else. Playlists and scripts (hls, dash, concat, sdp, …) open further
#: addresses by name and are left out on purpose; so are demuxers of headerless bytes, which accept anything.
DEMUXERS: Final = (
    *(
        "aac",
        "ac3",
        "aiff",
        "amr",
        "ape",
        "asf",
        "au",
        "caf",
        "dsf",
        "dts",
        "eac3",
        "flac",
        "iff",
        "matroska",
    ),
    *(
        "mov",
        "mp3",
        "mpc",
        "mpc8",
        "ogg",
        "oma",
        "qoa",
        "shn",
        "tak",
        "tta",
        "voc",
        "w64",
        "wav",
        "wsd",
        "wv",
    ),
)

#: Bytes of a file's start that `other_than_sound` looks at.
HEAD: Final = 2048

_NAMES: Final = {"mov": "mp4", "mpc8": "mpc"}


def container_name(demuxer: str) -> str:
    """Our short name of a container by its demuxer's name, which may list several endings."""
    first = demuxer.split(",")[0]
    return _NAMES.get(first, first)


def other_than_sound(head: bytes) -> Fault | None:
    """Why a file that begins like this is not decoded, or None where it may be sound."""
    if not head:
        return Fault("not-sound", "the file is empty")
    for at, magic, name in _MODULES:
        if head[at : at + len(magic)] == magic:
            return Fault(
                "module-format", f"{name}: module music is a score with its instruments and is not decoded"
            )
    for magic, name in _OTHERS:
        if head.startswith(magic):
            return Fault("not-sound", f"the bytes are {name}")
    kind = _text_kind(head)
    return Fault("not-sound", f"the bytes are {kind}") if kind else None


_MODULES: Final = (
    (0, b"IMPM", "Impulse Tracker (IT)"),
    (0, b"Extended Module: ", "FastTracker 2 (XM)"),
    (44, b"SCRM", "Scream Tracker 3 (S3M)"),
    *(
        (1080, tag, "ProTracker (MOD)")
        for tag in (b"M.K.", b"M!K!", b"FLT4", b"FLT8", b"4CHN", b"6CHN", b"8CHN")
    ),
    (0, b"MThd", "Standard MIDI"),
)

_OTHERS: Final = (
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ\0", "xz data"),
    (b"\x28\xb5\x2f\xfd", "Zstandard data"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"%PDF-", "a PDF document"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"PAR1", "a Parquet table"),
)

_TEXT_STARTS: Final = (
    (b"#extm3u", "a playlist (M3U)"),
    (b"[playlist]", "a playlist (PLS)"),
    (b"ffconcat", "a playlist (ffconcat)"),
    (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<svg", "an SVG image"),
    (b"<?xml", "an XML document"),
)


def _text_kind(head: bytes) -> str:
    """What kind of text it is, or "" where control bytes or broken UTF-8 say that it is none."""
    body = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for start, name in _TEXT_STARTS:
        if body.startswith(start):
            return name
    if any(byte < 32 and byte not in b"\t\n\r\f" for byte in head):
        return ""
    try:
        # The cut at HEAD may split a character, so the last three bytes do not count.
        (head[:-3] if len(head) > 3 else head).decode()
    except UnicodeDecodeError as broken:
        return "" if broken.start < len(head) - 8 else "text"
    return "text"
