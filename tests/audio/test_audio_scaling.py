# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small pictures: of whatever a stranger put into a tag, and never more than a small picture."""

import os
import struct
import zlib
from pathlib import Path

import pytest

from onrecord.audio.pictures import shape_of
from onrecord.audio.scaling import small_picture
from onrecord.model.sound import Fault, Picture
from tests.archive.pictured import png


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def rgba(width: int, height: int, pixel: bytes) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    rows = zlib.compress((b"\0" + pixel * width) * height)
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def small(folder: Path, data: bytes, side: int = 64) -> tuple[Picture | Fault, bytes]:
    (folder / "picture").write_bytes(data)
    descriptor = os.open(folder / "small", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    try:
        made = small_picture(folder / "picture", descriptor, side)
    finally:
        os.close(descriptor)
    return made, (folder / "small").read_bytes()


def test_a_picture_fits_and_never_grows(tmp_path: Path) -> None:
    for size, within in (((300, 150), (64, 32)), ((20, 10), (20, 10)), ((4000, 1), (64, 1))):
        made, data = small(tmp_path, rgba(*size, b"\x80\0\0\xff"))
        assert isinstance(made, Picture) and (made.width, made.height) == within
        shape = shape_of(data)
        assert shape is not None and shape == ("image/jpeg", *within)


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    import av

    _, data = small(tmp_path, rgba(64, 64, b"\0\0\0\0"))
    (tmp_path / "white.jpg").write_bytes(data)
    with av.open(str(tmp_path / "white.jpg"), "r", format="jpeg_pipe") as opened:
        [frame] = opened.decode(video=0)
    assert frame.to_ndarray(format="gray").min() > 250


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        png(100)[:60],
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)),
        b"\xff\xd8\xff\xe0" + bytes(400),
        b"GIF89a" + struct.pack("<HH", 9, 9) + b"\xff" * 40,
        b"BM" + bytes(12) + struct.pack("<Iii", 40, 9, 9) + bytes(4),
        b"RIFF\x20\0\0\0WEBPVP8L" + b"\x10\0\0\0\x2f" + bytes(30),
    ],
    ids=["nothing", "svg", "cut off", "too large", "no frame", "garbled gif", "short bmp", "garbled webp"],
)
def test_what_is_no_whole_picture_gives_none(tmp_path: Path, data: bytes) -> None:
    made, _ = small(tmp_path, data)
    assert isinstance(made, Fault) and made.code in ("not-a-picture", "crashed", "too-much-memory")
