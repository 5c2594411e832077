# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Knows sound that bears a service's protection or its private marks, by its first bytes; every door asks. Pure.

It finds the marks so that such a file is refused. Nothing is unlocked, and no file is judged by its name.
"""

import re
import struct
from collections.abc import Iterator
from typing import Final

#: Boxes of MP4 that hold boxes, with what stands before those.
_HOLDERS: Final = {
    b"moov": 0,
    b"moof": 0,
    b"traf": 0,
    b"trak": 0,
    b"mdia": 0,
    b"minf": 0,
    b"stbl": 0,
    b"stsd": 8,
}
_LOCKED: Final = {
    b"drms": "FairPlay",
    b"drmi": "FairPlay",
    b"enca": "Common Encryption",
    b"encv": "Common Encryption",
    b"aavd": "Audible",
}
_SYSTEMS: Final = {
    "edef8ba979d64acea3c827dcd51d21ed": "Widevine",
    "9a04f07998404286ab92e65be0885f95": "PlayReady",
    "94ce86fb07ff4f43adb893d2fa968ca2": "FairPlay",
}
_PIFF: Final = (
    bytes.fromhex("d08a4f1810f34a82b6c832d8aba183d3"),
    bytes.fromhex("8974dbce7be74c5184f97148f9882554"),
)
_ASF: Final = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
#: Content encryption, and extended content encryption, as ASF writes GUIDs.
_ASF_LOCKS: Final = (
    bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"),
    bytes.fromhex("14e68a292226174cb935dae07ee9289c"),
)
#: The way down to a track's encryption in Matroska and WebM: segment, tracks, entry, encodings, encoding, encryption.
_MATROSKA: Final = (0x18538067, 0x1654AE6B, 0xAE, 0x6D80, 0x6240, 0x5035)
_CODECS: Final = (
    b"\x01vorbis",
    b"OpusHead",
    b"\x7fFLAC",
    b"Speex  ",
    b"\x80theora",
    b"fishead",
    b"BBCD",
    b"\x80kate",
)
#: Where one service's decrypted Ogg files go on behind the page that it puts in front of them.
_PRIVATE_PAGE: Final = 0xA7
_FILE_ID: Final = re.compile(r"(?:SPOTIFY_?)?(?:FILE_?ID|PLAYBACK_?ID|GID)")
_TRACK: Final = re.compile(
    r"spotify:track:\w{22}|https?://(?:open\.spotify\.com|(?:www\.)?deezer\.com|(?:listen\.)?tidal\.com|music\.apple\.com"
    r"|open\.qobuz\.com)/(?:[\w-]+/)*(?:track|song|album)/\S+",
    re.IGNORECASE,
)
_SOURCES: Final = ("URL", "SOURCE", "WOAS", "PURL", "SPOTIFY_URL", "SPOTIFY_URI", "SPOTIFY_TRACK_URI")
_MAGIC: Final = (
    b"ID3",
    b"fLaC",
    b"RIFF",
    b"OggS",
    b"FORM",
    b"MAC ",
    b"wvpk",
    b"\x1aE\xdf\xa3",
    b"ftyp",
    b"#!AMR",
)
_DEEPEST: Final = 20
_CHUNK: Final = 2048
_BITRATES: Final = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000)}


def taken_sound(head: bytes, tail: bytes = b"") -> str:
    """The reason to refuse a file, "" where there is none. `head` is its first 256 KiB or more.

    An MP4 file may keep its description at its end; `tail`, the last bytes of the file, is searched for it.
    """
    if head.startswith(b"OggS"):
        return _private_page(head) or _marked(_comments(_packets(head), (b"\x03vorbis", b"OpusTags")))
    if head.startswith(b"fLaC"):
        return _marked(_flac_comments(head))
    if head[4:8] == b"ftyp":
        start = tail.rfind(b"moov") - 4
        return _mp4(head, 0, len(head)) or (_mp4(tail, start, len(tail)) if start >= 0 else "")
    if head.startswith(_ASF):
        return "it is locked: ASF content encryption" if any(lock in head for lock in _ASF_LOCKS) else ""
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "it is locked: Matroska content encryption" if _matroska(head, 0, len(head), 0) else ""
    return _striped(head)


def _private_page(head: bytes) -> str:
    at = _PRIVATE_PAGE
    first = next(_pages(head), b"")
    if head[at : at + 4] == b"OggS" and len(first) + 27 + head[26] == at and not first.startswith(_CODECS):
        return "it begins with the private page that Spotify puts in front of its files"
    return ""


def _pages(head: bytes) -> Iterator[bytes]:
    """The contents of Ogg pages, as far as `head` goes."""
    at = 0
    while head[at : at + 4] == b"OggS" and at + 27 <= len(head):
        start = at + 27 + head[at + 26]
        at = start + sum(head[at + 27 : start])
        yield head[start:at]


def _packets(head: bytes) -> bytes:
    return b"".join(_pages(head))


def _flac_comments(head: bytes) -> dict[str, str]:
    at = 4
    while at + 4 <= len(head):
        kind, size = head[at] & 0x7F, int.from_bytes(head[at + 1 : at + 4], "big")
        if kind == 4:
            return _comments(head[at + 4 : at + 4 + size], (b"",))
        if head[at] & 0x80:
            break
        at += 4 + size
    return {}


def _comments(data: bytes, marks: tuple[bytes, ...]) -> dict[str, str]:
    """Vorbis comments behind the first mark, names in upper case; as far as they can be read."""
    found: dict[str, str] = {}
    start = next((data.find(mark) + len(mark) for mark in marks if mark in data), -1)
    if start < 0 or start + 4 > len(data):
        return found
    at = start + 4 + int.from_bytes(data[start : start + 4], "little")
    count = int.from_bytes(data[at : at + 4], "little")
    at += 4
    while count and at + 4 <= len(data):
        size = int.from_bytes(data[at : at + 4], "little")
        key, _, value = data[at + 4 : at + 4 + min(size, 4096)].decode("utf-8", "replace").partition("=")
        found.setdefault(key.upper(), value.strip())
        at, count = at + 4 + size, count - 1
    return found


def _marked(comments: dict[str, str]) -> str:
    """A link to a service is often a musician's own. Its internal file id is not, nor are its codes beside the link."""
    for key, value in comments.items():
        if _FILE_ID.fullmatch(key) and re.fullmatch(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{40}", value):
            return f"its comment {key} is a streaming service's internal file id"
    codes = "ISRC" in comments and bool({"UPC", "EAN", "BARCODE"} & comments.keys())
    for key in _SOURCES:
        if codes and _TRACK.fullmatch(comments.get(key, "")):
            return f"its comment {key} names a streaming service's track as where the file is from"
    return ""


def _mp4(data: bytes, start: int, end: int, depth: int = 0) -> str:
    """Walks boxes, as far as `data` goes; a size that cannot be ends the walk."""
    at = start
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        body = at + 8
        if size == 1 and at + 16 <= end:
            size, body = struct.unpack_from(">Q", data, at + 8)[0], at + 16
        size = size or end - at
        if size < body - at:
            return ""
        if depth < _DEEPEST and (reason := _box(data, kind, body, min(at + size, end), depth)):
            return reason
        at += size
    return ""


def _box(data: bytes, kind: bytes, start: int, end: int, depth: int) -> str:
    if kind in _LOCKED:
        return f"it is locked: {_LOCKED[kind]}"
    if kind == b"pssh":
        system = data[start + 4 : start + 20].hex()
        return f"it is locked: it carries a key request for {_SYSTEMS.get(system, 'a protection system')}"
    if kind == b"uuid" and data[start : start + 16] in _PIFF:
        return "it is locked: PlayReady (PIFF)"
    return _mp4(data, start + _HOLDERS[kind], end, depth + 1) if kind in _HOLDERS else ""


def _matroska(data: bytes, start: int, end: int, depth: int) -> bool:
    at = start
    while at < end:
        id_size = 9 - data[at].bit_length()
        name = int.from_bytes(data[at : at + id_size], "big")
        at += id_size
        if id_size > 4 or at >= end:
            return False
        length = 9 - data[at].bit_length()
        if length > 8:
            return False
        size = int.from_bytes(data[at : at + length], "big") & ((1 << 7 * length) - 1)
        unknown = size == (1 << 7 * length) - 1
        at += length
        if name == _MATROSKA[depth]:
            deeper = depth + 1
            if deeper == len(_MATROSKA) or _matroska(
                data, at, end if unknown else min(at + size, end), deeper
            ):
                return True
        at = end if unknown else at + size
    return False


def _striped(head: bytes) -> str:
    """One service locks every third 2,048 bytes of a file, from the first: frames are only found between those."""
    if head.startswith(_MAGIC) or head[4:8] == b"ftyp" or len(head) < 12 * _CHUNK:
        return ""
    chunks = [head[at : at + _CHUNK] for at in range(0, len(head) - _CHUNK + 1, _CHUNK)]
    mpeg = [_has_frames(chunk) for chunk in chunks]
    between = [found for at, found in enumerate(mpeg) if at % 3]
    if not any(mpeg[::3]) and sum(between) * 10 >= len(between) * 9:
        return "every third block of it is locked, as Deezer does"
    flac = [at // _CHUNK % 3 for at in _flac_frames(head)]
    if len(flac) >= 12 and 0 not in flac:
        return "every third block of it is locked, as Deezer does"
    return ""


def _has_frames(chunk: bytes) -> bool:
    at = chunk.find(b"\xff")
    while at >= 0:
        length = _frame_length(chunk, at)
        if (
            length
            and at + length + 4 <= len(chunk)
            and chunk[at + length : at + length + 2] == chunk[at : at + 2]
        ):
            return bool(_frame_length(chunk, at + length))
        at = chunk.find(b"\xff", at + 1)
    return False


def _frame_length(data: bytes, at: int) -> int:
    """Bytes of the MPEG layer III frame whose header stands at `at`, 0 where none does (ISO 11172-3, 2.4.1.3)."""
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] & 0xE6 != 0xE2:
        return 0
    version, rate = data[at + 1] >> 3 & 3, data[at + 2] >> 2 & 3
    bits = data[at + 2] >> 4
    if version not in _RATES or rate == 3 or bits in (0, 15):
        return 0
    samples = 144_000 if version == 3 else 72_000
    return samples * _BITRATES[version][bits] // _RATES[version][rate] + (data[at + 2] >> 1 & 1)


def _flac_frames(data: bytes) -> Iterator[int]:
    """Where FLAC frame headers stand whose CRC-8 is right (RFC 9639, section 9.1)."""
    for found in re.finditer(rb"\xff[\xf8\xf9]", data):
        at = found.start()
        number = 8 - (data[at + 4] ^ 0xFF).bit_length() if at + 16 <= len(data) else 0
        if at + 16 > len(data) or number in (1, 8):
            continue
        size, rate = data[at + 2] >> 4, data[at + 2] & 15
        length = 4 + (number or 1) + {6: 1, 7: 2}.get(size, 0) + {12: 1, 13: 2, 14: 2}.get(rate, 0)
        if size and rate != 15 and _crc8(data[at : at + length]) == data[at + length]:
            yield at


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07) & 0xFF if crc & 0x80 else crc << 1
    return crc
