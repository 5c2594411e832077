# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cover art in what mutagen read, each picture's kind and size by its own header. No picture is ever decoded.

What a tag declares of its picture decides nothing; it is named where the bytes are refused.
"""

import base64
import binascii
import hashlib
import struct
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import mutagen.id3
from mutagen.apev2 import APEv2
from mutagen.asf import ASFTags
from mutagen.mp4 import MP4Tags

from onrecord.audio.text import clean, one_line
from onrecord.model.sound import Fault, Picture

#: Bytes and pixels of one picture; pictures of one file, and bytes of all of them together.
MOST_BYTES: Final = 16 << 20
MOST_PIXELS: Final = 64_000_000
MOST_PICTURES: Final = 16
MOST_TOGETHER: Final = 64 << 20

FRONT: Final = 3

#: mutagen has types for some of its classes only.
_id3: Any = mutagen.id3
_MP4Tags: Any = MP4Tags


class Art(NamedTuple):
    """A picture as a tag holds it. `trouble` says why its bytes could not be taken out at all."""

    data: bytes
    kind: int = FRONT
    declared: str = ""
    description: str = ""
    trouble: Fault | None = None


class Shape(NamedTuple):
    media_type: str
    width: int
    height: int


def art_in(known: Any, tags: Any) -> Iterator[Art]:
    """All pictures of a file that mutagen opened (`known`, or None) and of its tags, in file order."""
    for block in getattr(known, "pictures", ()):
        declared = f"{block.mime} {block.width} x {block.height}"
        yield Art(block.data, block.type, declared, block.desc)
    if isinstance(tags, _id3.ID3):
        for frame in tags.getall("APIC"):
            yield Art(frame.data, int(frame.type), frame.mime, frame.desc)
    elif isinstance(tags, _MP4Tags):
        for cover in tags.get("covr", ()):
            yield Art(bytes(cover), FRONT, _MP4_FORMATS.get(getattr(cover, "imageformat", 0), ""))
    elif isinstance(tags, APEv2):
        yield from _ape_art(tags)
    elif isinstance(tags, ASFTags):
        for key, value in list.__iter__(tags):
            if key == "WM/Picture" and isinstance(value.value, bytes):
                yield _asf_art(value.value)
    elif isinstance(tags, list):
        yield from _comment_art(tags)


def pictures_of(found: Iterable[Art]) -> tuple[tuple[Picture, ...], tuple[Fault, ...]]:
    """The pictures that are ones, equal ones once, in their order; the others as faults.

    Fault codes: `not-a-picture`, `picture-too-large` (one picture, or all together), `too-many-pictures`.
    """
    pictures: dict[str, Picture] = {}
    faults: list[Fault] = []
    room = MOST_TOGETHER
    for number, art in enumerate(found):
        if number >= MOST_PICTURES:
            faults.append(Fault("too-many-pictures", f"only {MOST_PICTURES} pictures of a file are read"))
            break
        taken = picture_of(art)
        if isinstance(taken, Fault):
            faults.append(taken)
        elif taken.sha256 in pictures:
            continue
        elif len(taken.data) > room:
            faults.append(
                Fault("picture-too-large", f"all pictures together have more than {MOST_TOGETHER} bytes")
            )
        else:
            room -= len(taken.data)
            pictures[taken.sha256] = taken
    return tuple(pictures.values()), tuple(faults)


def picture_of(art: Art) -> Picture | Fault:
    """One picture, described by its own bytes, or why it is none that is kept."""
    if art.trouble is not None:
        return art.trouble
    declared = one_line(art.declared)[:80] or "nothing"
    if len(art.data) > MOST_BYTES:
        return _too_large(f"{len(art.data)} bytes", declared)
    if not (shape := shape_of(art.data)):
        begins = art.data[:8].hex(" ") or "with nothing"
        return Fault(
            "not-a-picture", f"declared as {declared}; {len(art.data)} bytes that begin {begins} are none"
        )
    if shape.width * shape.height > MOST_PIXELS:
        return _too_large(f"{shape.media_type} of {shape.width} x {shape.height} pixels", declared)
    return Picture(
        kind=art.kind if 0 <= art.kind <= 20 else 0,
        media_type=shape.media_type,
        width=shape.width,
        height=shape.height,
        description=clean(art.description)[:200],
        data=art.data,
        sha256=hashlib.sha256(art.data).hexdigest(),
    )


def shape_of(data: bytes) -> Shape | None:
    """Kind and size in pixels by the header of JPEG, PNG, GIF, WebP or BMP; None for anything else."""
    for magic, read in _HEADERS:
        if data.startswith(magic):
            try:
                shape = read(data)
            except (struct.error, IndexError):  # cut off within its header
                return None
            return shape if shape and shape.width > 0 and shape.height > 0 else None
    return None


def flac_block(data: bytes) -> Art:
    """A FLAC picture block (RFC 9639, 8.8), as Vorbis comments hold it in Base64."""
    kind, at = _u32(data, 0), 4
    mime, at = _counted(data, at)
    description, at = _counted(data, at)
    width, height = _u32(data, at), _u32(data, at + 4)
    picture, _ = _counted(data, at + 16)
    declared = f"{mime.decode('ascii', 'replace')} {width} x {height}"
    return Art(picture, kind, declared, description.decode("utf-8", "replace"))


def _too_large(real: str, declared: str) -> Fault:
    most = f"at most {MOST_BYTES} bytes and {MOST_PIXELS} pixels are kept"
    return Fault("picture-too-large", f"{real}, declared as {declared}; {most}")


# Headers.


def _jpeg(data: bytes) -> Shape | None:
    """The size is in the frame header (ITU-T T.81, B.2.2), behind segments that are passed over by their length."""
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker in _SOF:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return Shape("image/jpeg", width, height)
        elif marker == 0x01 or 0xD0 <= marker <= 0xD7:  # markers without a segment
            at += 2
        elif marker in (0xD9, 0xDA):  # the end, or the scan: no size came before
            return None
        else:
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return None


#: Start of frame: all but DHT (C4), JPG (C8) and DAC (CC) of this range.
_SOF: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def _png(data: bytes) -> Shape | None:
    length, name, width, height = struct.unpack_from(">I4sII", data, 8)
    return Shape("image/png", width, height) if (length, name) == (13, b"IHDR") else None


def _gif(data: bytes) -> Shape | None:
    version, width, height = struct.unpack_from("<3sHH", data, 3)
    return Shape("image/gif", width, height) if version in (b"87a", b"89a") else None


def _bmp(data: bytes) -> Shape | None:
    (size,) = struct.unpack_from("<I", data, 14)
    if size == 12:
        width, height = struct.unpack_from("<HH", data, 18)
    elif 40 <= size <= 124:
        width, height = struct.unpack_from("<ii", data, 18)
    else:
        return None
    return Shape("image/bmp", width, abs(height))  # a negative height means top to bottom


def _webp(data: bytes) -> Shape | None:
    """The first chunk: lossy (RFC 6386, 9.1), lossless or extended (RFC 9649, 2.7 and 3.4)."""
    form, chunk = struct.unpack_from("<4s4s", data, 8)
    if form != b"WEBP":
        return None
    width = height = 0
    if chunk == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        height = int.from_bytes(data[27:30], "little") + 1
    elif chunk == b"VP8L" and data[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif chunk == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    return Shape("image/webp", width, height) if len(data) >= 30 or chunk == b"VP8L" else None


_HEADERS: Final = (
    (b"\xff\xd8\xff", _jpeg),
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"GIF8", _gif),
    (b"BM", _bmp),
    (b"RIFF", _webp),
)

# Containers.

_MP4_FORMATS: Final = {12: "image/gif", 13: "image/jpeg", 14: "image/png", 27: "image/bmp"}
_APE_KINDS: Final = {
    "other": 0,
    "png icon": 1,
    "icon": 2,
    "front": 3,
    "back": 4,
    "leaflet": 5,
    "media": 6,
    "lead artist": 7,
    "artist": 8,
    "conductor": 9,
    "band": 10,
    "composer": 11,
    "lyricist": 12,
    "recording location": 13,
    "during recording": 14,
    "during performance": 15,
    "video capture": 16,
    "fish": 17,
    "illustration": 18,
    "band logotype": 19,
    "publisher logotype": 20,
}


def _ape_art(tags: Any) -> Iterator[Art]:
    for key, value in tags.items():
        named = key.casefold()
        if named.startswith("cover art (") and value.kind == 1:  # binary
            name, _, data = value.value.partition(b"\0")
            kind = _APE_KINDS.get(named[len("cover art (") :].rstrip(")"), 0)
            yield Art(data, kind, key, name.decode("utf-8", "replace"))


def _asf_art(data: bytes) -> Art:
    """WM/Picture (Windows Media Format SDK, WM_PICTURE as it is stored): type, length, two texts, the picture."""
    try:
        kind, length = struct.unpack_from("<BI", data)
        mime, at = _utf16(data, 5)
        description, at = _utf16(data, at)
    except struct.error:
        return Art(b"", trouble=Fault("not-a-picture", f"a WM/Picture of {len(data)} bytes is cut off"))
    return Art(data[at : at + length], kind, mime, description)


def _comment_art(comments: Any) -> Iterator[Art]:
    for key, value in list.__iter__(comments):
        name = key.upper()
        if name not in ("METADATA_BLOCK_PICTURE", "COVERART"):
            continue
        if len(value) > _MOST_BASE64:
            yield Art(b"", trouble=_too_large(f"{len(value)} characters of Base64", name))
            continue
        try:
            data = base64.b64decode(value)
            yield flac_block(data) if name == "METADATA_BLOCK_PICTURE" else Art(data, FRONT, name)
        except (binascii.Error, ValueError, struct.error) as error:
            yield Art(b"", trouble=Fault("not-a-picture", one_line(f"{name} is cut off or garbled: {error}")))


#: Four characters for three bytes, and room for a block's texts.
_MOST_BASE64: Final = MOST_BYTES * 4 // 3 + (1 << 17)


def _u32(data: bytes, at: int) -> int:
    return int(struct.unpack_from(">I", data, at)[0])


def _counted(data: bytes, at: int) -> tuple[bytes, int]:
    end = at + 4 + _u32(data, at)
    if end > len(data):
        raise struct.error(f"{end} bytes are needed of {len(data)}")
    return data[at + 4 : end], end


def _utf16(data: bytes, at: int) -> tuple[str, int]:
    """Text up to its NUL, and where the next field begins."""
    end = at
    while (unit := struct.unpack_from("<H", data, end)[0]) != 0:
        end += 2
        if end - at > _MOST_UTF16:
            raise struct.error(f"text without an end: {unit}")
    return data[at:end].decode("utf-16-le", "replace"), end + 2


_MOST_UTF16: Final = 1 << 16
