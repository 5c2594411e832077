# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cover art of every container, described by its own bytes; and what only claims to be a picture."""

import base64
import hashlib
import struct
from pathlib import Path
from typing import Any

import mutagen.id3 as id3
import pytest
from mutagen.apev2 import APEBinaryValue, APEv2
from mutagen.flac import FLAC
from mutagen.flac import Picture as Block
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4, MP4Cover
from mutagen.oggopus import OggOpus

from onrecord.audio import probe
from onrecord.audio.examine import examine
from onrecord.audio.pictures import (
    MOST_BYTES,
    MOST_PICTURES,
    MOST_TOGETHER,
    Art,
    art_in,
    picture_of,
    pictures_of,
    shape_of,
)
from onrecord.audio.tags import read_tags
from onrecord.model.sound import Fault, Picture, Sound, Tags
from tests.audio.tones import SHARED, sine, write


def png(width: int = 7, height: int = 5, filling: bytes = b"") -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + bytes(9) + filling


def jpeg(width: int = 7, height: int = 5, *, before: bytes = b"") -> bytes:
    app0 = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + bytes(9)
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes(9)
    return b"\xff\xd8" + app0 + before + frame + b"\xff\xda" + bytes(10)


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + bytes(3)


def bmp(width: int, height: int) -> bytes:
    return b"BM" + bytes(12) + struct.pack("<Iii", 40, width, height) + bytes(28)


def webp(chunk: bytes, body: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 12 + len(body)) + b"WEBP" + chunk + struct.pack("<I", len(body)) + body


def vp8(width: int, height: int) -> bytes:
    return webp(b"VP8 ", b"\x30\x01\0\x9d\x01\x2a" + struct.pack("<HH", width | 1 << 14, height) + bytes(8))


def vp8l(width: int, height: int) -> bytes:
    return webp(b"VP8L", b"\x2f" + struct.pack("<I", width - 1 | height - 1 << 14 | 1 << 28))


def vp8x(width: int, height: int) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return webp(b"VP8X", bytes(4) + sides)


def block(data: bytes, kind: int = 3, description: str = "cöver", mime: str = "image/png") -> Block:
    made = Block()
    made.data, made.type, made.desc, made.mime = data, kind, description, mime
    made.width, made.height = 999, 999
    return made


def pictures_in(path: Path) -> tuple[Picture, ...]:
    with path.open("rb") as file:
        _, pictures, faults = read_tags(file)
    assert faults == ()
    return pictures


def expected(data: bytes, kind: int = 3, description: str = "cöver") -> Picture:
    return Picture(kind, "image/png", 7, 5, description, data, hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (png(300, 200), "image/png"),
        (jpeg(300, 200), "image/jpeg"),
        (gif(300, 200), "image/gif"),
        (bmp(300, 200), "image/bmp"),
        (bmp(300, -200), "image/bmp"),
        (b"BM" + bytes(12) + struct.pack("<IHH", 12, 300, 200), "image/bmp"),
        (vp8(300, 200), "image/webp"),
        (vp8l(300, 200), "image/webp"),
        (vp8x(300, 200), "image/webp"),
    ],
)
def test_kind_and_size_by_the_header(data: bytes, kind: str) -> None:
    assert shape_of(data) == (kind, 300, 200)
    # No cut makes an error, and a header that is cut off gives no size.
    shapes = {shape_of(data[:cut]) for cut in range(len(data))}
    assert shapes <= {None, (kind, 300, 200)}
    assert shape_of(data[:9]) is None


def test_a_jpeg_is_walked_by_its_segments() -> None:
    exif = b"\xff\xe1" + struct.pack(">H", 2000) + jpeg(1, 1).ljust(1998, b"\0")
    tables = b"\xff\xff\xc4" + struct.pack(">H", 4) + b"\0\0"
    assert shape_of(jpeg(640, 480, before=exif + tables)) == ("image/jpeg", 640, 480)
    assert shape_of(b"\xff\xd8\xff\xda" + jpeg(1, 1)) is None


def test_segments_of_no_length_end() -> None:
    assert shape_of(b"\xff\xd8" + b"\xff\xe0\0\0" * 10_000) is None


@pytest.mark.parametrize(
    "data",
    [b"", b"text", b"<svg/>", png(0, 5), gif(3, 0), b"II*\0" + bytes(20), webp(b"JUNK", bytes(30))],
)
def test_what_is_no_picture(data: bytes) -> None:
    answer = picture_of(Art(data, 3, "image/png\x1b[31m", "x"))
    assert isinstance(answer, Fault)
    assert answer.code == "not-a-picture"
    assert "image/png" in answer.detail and f"{len(data)} bytes" in answer.detail
    assert "\x1b" not in answer.detail


def test_too_many_pixels_and_too_many_bytes() -> None:
    for data, real in ((png(80_000, 801), "80000 x 801"), (png(filling=bytes(MOST_BYTES)), str(MOST_BYTES))):
        answer = picture_of(Art(data, declared="image/png 7 x 5"))
        assert isinstance(answer, Fault)
        assert answer.code == "picture-too-large"
        assert real in answer.detail and "declared as image/png 7 x 5" in answer.detail


def test_equal_pictures_are_given_once() -> None:
    art = [Art(png(), 3), Art(jpeg(), 4), Art(png(), 3, "again")]
    pictures, faults = pictures_of(art)
    assert ([p.media_type for p in pictures], faults) == (["image/png", "image/jpeg"], ())


def test_the_number_and_the_sum_are_bounded() -> None:
    pictures, faults = pictures_of(Art(png(side + 1, 1)) for side in range(100))
    assert (len(pictures), [fault.code for fault in faults]) == (MOST_PICTURES, ["too-many-pictures"])
    filling = bytes(MOST_BYTES - 1000)
    pictures, faults = pictures_of(Art(png(side + 1, 1, filling)) for side in range(6))
    assert sum(len(picture.data) for picture in pictures) <= MOST_TOGETHER
    assert [fault.code for fault in faults] == ["picture-too-large"] * 2


def test_flac_blocks_and_comments(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", sine(0.1), "flac")
    file = FLAC(path)
    back = png(filling=b"2")
    file.add_picture(block(png(), description="cöver", mime="image/jpeg"))
    file["metadata_block_picture"] = base64.b64encode(block(back, 4, "back").write()).decode()
    file.save()
    assert pictures_in(path) == (expected(png()), expected(back, 4, "back"))


def test_opus_comments(tmp_path: Path) -> None:
    path = write(tmp_path / "a.opus", sine(0.1), "libopus")
    file = OggOpus(path)
    old = png(filling=b"2")
    file["METADATA_BLOCK_PICTURE"] = [base64.b64encode(block(png()).write()).decode()]
    file["COVERART"] = [base64.b64encode(old).decode()]
    file.save()
    assert pictures_in(path) == (expected(png()), expected(old, description=""))


def test_garbled_comments_are_faults_each(tmp_path: Path) -> None:
    path = write(tmp_path / "a.opus", sine(0.1), "libopus")
    whole = block(png()).write()
    claims = whole[: -4 - len(png())] + b"\xff\xff\xff\xff" + png()
    file = OggOpus(path)
    file["METADATA_BLOCK_PICTURE"] = [
        "A",
        "ü",
        *(base64.b64encode(data).decode() for data in (whole[:20], claims, whole)),
    ]
    file.save()
    with path.open("rb") as opened:
        _, pictures, faults = read_tags(opened)
    assert [fault.code for fault in faults] == [
        "not-a-picture",
        "not-a-picture",
        "not-a-picture",
        "not-a-picture",
    ]
    assert pictures == (expected(png()),)


def test_comments_that_are_too_long_are_not_taken_apart() -> None:
    found = art_in(None, [("coverart", "ü" * (MOST_BYTES * 4 // 3 + (1 << 18)))])
    assert [fault.code for fault in pictures_of(found)[1]] == ["picture-too-large"]


def test_id3_and_ape_behind_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp3", sine(0.2), "libmp3lame")
    back, ape = png(filling=b"2"), png(filling=b"3")
    file = MP3(path)
    assert file.tags is not None
    file.tags.add(id3.APIC(encoding=3, mime="image/png", type=3, desc="cöver", data=png()))
    file.tags.add(id3.APIC(encoding=3, mime="image/gif", type=99, desc="odd", data=back))
    file.save()
    tags: Any = APEv2()
    tags["Cover Art (Back)"] = APEBinaryValue(b"back.png\0" + ape)
    tags.save(path)
    assert pictures_in(path) == (expected(png()), expected(back, 0, "odd"), expected(ape, 4, "back.png"))


def test_pictures_of_id3_2_2(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp3", sine(0.2), "libmp3lame")
    MP3(path).delete()
    frame = b"\0PNG\x03c\0" + png()
    body = b"PIC" + len(frame).to_bytes(3, "big") + frame
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    path.write_bytes(b"ID3\x02\0\0" + size + body + path.read_bytes())
    assert pictures_in(path) == (expected(png(), description="c"),)


def test_mp4(tmp_path: Path) -> None:
    path = write(tmp_path / "a.m4a", sine(0.2), "aac")
    file = MP4(path)
    assert file.tags is not None
    file.tags["covr"] = [MP4Cover(png(), MP4Cover.FORMAT_JPEG)]  # it lies
    file.save()
    assert pictures_in(path) == (expected(png(), description=""),)


def test_text_frames_stay_where_a_picture_is_broken(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", sine(0.1), "flac")
    file = FLAC(path)
    file["title"] = "Title"
    file.add_picture(block(b"no picture"))
    file.save()
    with path.open("rb") as opened:
        tags, pictures, faults = read_tags(opened)
    assert (tags.title, pictures) == ("Title", ())
    assert faults == (
        Fault(
            "not-a-picture",
            "declared as image/png 999 x 999; 10 bytes that begin 6e 6f 20 70 69 63 74 75 are none",
        ),
    )


def test_pictures_come_before_the_sound(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", sine(0.1), "flac")
    file = FLAC(path)
    file.add_picture(block(png()))
    file.save()
    with path.open("rb") as opened:
        parts = list(examine(opened))
    assert [type(part) for part in parts] == [Tags, Picture, Sound]


def test_large_pictures_pass_the_pipe(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", sine(0.1), "flac")
    large = [png(filling=bytes([number]) * (MOST_BYTES - 200)) for number in range(4)]
    file = FLAC(path)
    for data in large:
        file.add_picture(block(data))
    file.save()
    answer = probe(path)
    assert answer.faults == ()
    assert [picture.data for picture in answer.pictures] == large
    assert answer.sound is not None


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("image.ape", [("image/png", 3), ("image/jpeg", 8)]),
        ("image.flac", [("image/png", 3), ("image/jpeg", 8)]),
        ("image.m4a", [("image/png", 3), ("image/jpeg", 3)]),
        ("image.mp3", [("image/png", 3), ("image/jpeg", 8)]),
        ("image.ogg", [("image/png", 3), ("image/jpeg", 8)]),
        ("image.wma", [("image/png", 3), ("image/jpeg", 8)]),
    ],
)
def test_real_art(name: str, kinds: list[tuple[str, int]]) -> None:
    found = sorted((SHARED / "audio-tags").rglob(name))
    if not found:
        pytest.skip("the shared data set audio-tags is absent")
    pictures = pictures_in(found[0])
    assert sorted((picture.media_type, picture.kind) for picture in pictures) == sorted(kinds)
    assert all(picture.width > 0 and picture.height > 0 for picture in pictures)


def test_real_broken_art() -> None:
    found = sorted((SHARED / "audio-tags").rglob("id3v22_with_image_stray_null.mp3"))
    if not found:
        pytest.skip("the shared data set audio-tags is absent")
    with found[0].open("rb") as file:
        _, pictures, faults = read_tags(file)
    assert pictures == ()
    assert "not-a-picture" in [fault.code for fault in faults]
