# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tagged copies say what they were told to, and give the original back, byte for byte, or nothing at all."""

import hashlib
import os
import random
import shutil
import struct
from pathlib import Path
from typing import Any

import mutagen.id3 as id3
import pytest
from mutagen.flac import FLAC
from mutagen.flac import Picture as Block
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4, MP4Cover
from mutagen.oggopus import OggOpus

from onrecord.audio import preload, probe
from onrecord.audio.tagged import LARGEST, restore, tagged_copy
from onrecord.errors import DigestMismatch, IntegrityError, NewerFormat, OnrecordError
from onrecord.model.sound import Tags
from tests.audio.tones import SHARED, music, sine, write

TAGS = {
    "title": "Überall",
    "artist": "A",
    "album": "Album",
    "album_artist": "Various",
    "track_number": "3/12",
    "disc_number": "1",
    "date": "2024-05-06",
    "genre": "Ambient",
    "composer": "C",
    "isrc": "DEA012400001",
    "barcode": "4006381333931",
    "mb_recording": "8b882575-08a5-4452-a7a7-cbb8a1531f9e",
    "mb_release": "9e873859-8aa4-4790-b985-5a953e8ef628",
    "mb_artist": "7cf0ea9d-86b9-4dad-ba9e-2355a64899ea",
    "license": "https://creativecommons.org/licenses/by-sa/4.0/",
    "copyright": "2024 A",
    "comment": "no comment",
    "SOURCE_SHA256": "ab" * 32,
}
CODECS = [("a.flac", "flac"), ("a.opus", "libopus"), ("a.mp3", "libmp3lame"), ("a.m4a", "aac")]


@pytest.fixture(scope="module", autouse=True)
def _preloaded() -> None:
    preload()


def picture(size: int = 20_000, seed: int = 1) -> bytes:
    filling = random.Random(seed).randbytes(size)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 7, 5) + filling


def there_and_back(original: Path, tags: dict[str, str], cover: bytes | None) -> tuple[Path, int]:
    """The tagged copy, and how long its patch is."""
    folder = original.parent / "out"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    copy, patch, back = folder / "copy", folder / "patch", folder / "back"
    before = original.read_bytes()
    tagged_copy(original, copy, patch, tags, cover)
    assert original.read_bytes() == before
    assert restore(copy, patch, back) == hashlib.sha256(before).hexdigest()
    assert back.read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == ["back", "copy", "patch"]
    return copy, patch.stat().st_size


def expected() -> dict[str, Any]:
    numbers = {"track_number": 3, "disc_number": 1}
    values: dict[str, Any] = {**TAGS, **numbers, "licenses": (TAGS["license"],)}
    return {name: value for name, value in values.items() if name not in ("license", "SOURCE_SHA256")}


def fields(tags: Tags) -> dict[str, Any]:
    return {name: getattr(tags, name) for name in Tags.__struct_fields__ if name != "frames"}


@pytest.mark.parametrize(("name", "codec"), CODECS)
def test_every_format_there_and_back(tmp_path: Path, name: str, codec: str) -> None:
    original = write(tmp_path / name, music(4, rate=48000), codec)
    copy, size = there_and_back(original, TAGS, picture())
    before, after = probe(original), probe(copy)
    assert after.faults == () and before.sound is not None and after.sound is not None
    assert fields(after.tags) == expected()
    assert ("ab" * 32) in [value for _, value in after.tags.frames]
    assert [(found.kind, found.data) for found in after.pictures] == [(3, picture())]
    assert after.sound.audio_sha256 == before.sound.audio_sha256
    assert size < 2500


@pytest.mark.parametrize(("name", "codec"), CODECS)
def test_the_same_tags_give_the_same_bytes(tmp_path: Path, name: str, codec: str) -> None:
    original = write(tmp_path / name, sine(1), codec)
    made = []
    for tags in (TAGS, dict(reversed(TAGS.items()))):
        copy, _ = there_and_back(original, tags, picture())
        made.append((copy.read_bytes(), copy.with_name("patch").read_bytes()))
    assert made[0] == made[1]


@pytest.mark.parametrize(("name", "codec"), CODECS)
def test_words_for_the_same_field_give_way_and_others_stay(tmp_path: Path, name: str, codec: str) -> None:
    original = write(tmp_path / name, sine(0.5), codec)
    there_and_back(original, {"date": "1999", "genre": "Noise", "MOOD": "odd", "comment": "old"}, None)
    old = tmp_path / f"old-{name}"
    shutil.move(tmp_path / "out" / "copy", old)
    if codec in ("flac", "libopus"):
        file: Any = FLAC(old) if codec == "flac" else OggOpus(old)
        file["year"], file["description"] = "1998", "older"
        file.save()
    copy, _ = there_and_back(old, {"date": "2024", "comment": "", "mood": "fine"}, None)
    tags = probe(copy).tags
    assert (tags.date, tags.genre, tags.comment) == ("2024", "Noise", "")
    values = [value for _, value in tags.frames]
    assert "fine" in values and not {"odd", "1998", "1999", "old", "older"} & set(values)


def test_a_front_cover_is_replaced_and_the_back_stays(tmp_path: Path) -> None:
    front, back, new = picture(seed=2), picture(seed=3), picture(seed=4)
    flac = write(tmp_path / "a.flac", sine(0.5), "flac")
    file = FLAC(flac)
    for data, kind in ((front, 3), (back, 4)):
        block = Block()
        block.data, block.type, block.mime = data, kind, "image/png"
        file.add_picture(block)
    file.save()
    mp3 = write(tmp_path / "a.mp3", sine(0.5), "libmp3lame")
    tagged = MP3(mp3)
    assert tagged.tags is not None
    tagged.tags.add(id3.APIC(encoding=3, mime="image/png", type=3, desc="f", data=front))
    tagged.tags.add(id3.APIC(encoding=3, mime="image/png", type=4, desc="", data=back))
    tagged.save()
    m4a = write(tmp_path / "a.m4a", sine(0.5), "aac")
    atoms = MP4(m4a)
    assert atoms.tags is not None
    atoms.tags["covr"] = [MP4Cover(data, MP4Cover.FORMAT_PNG) for data in (front, back)]
    atoms.save()
    for path in (flac, mp3, m4a):
        copy, _ = there_and_back(path, {}, new)
        assert [found.data for found in probe(copy).pictures] == [new, back]
    opus = write(tmp_path / "a.opus", sine(0.5), "libopus")
    once, _ = there_and_back(opus, {}, front)
    shutil.move(once, tmp_path / "b.opus")
    copy, _ = there_and_back(tmp_path / "b.opus", {}, new)
    assert [found.data for found in probe(copy).pictures] == [new]


def test_id3_2_3_stays_what_its_players_know(tmp_path: Path) -> None:
    original = write(tmp_path / "a.mp3", sine(0.5), "libmp3lame")
    file = MP3(original)
    file.save(v2_version=3)
    copy, _ = there_and_back(original, TAGS, None)
    assert copy.read_bytes()[:4] == b"ID3\x03"
    assert fields(probe(copy).tags) == expected()


def test_mp3_of_a_low_rate_without_tags(tmp_path: Path) -> None:
    original = write(tmp_path / "a.mp3", sine(1, rate=11025), "libmp3lame", rate=11025)
    MP3(original).delete()
    copy, _ = there_and_back(original, {"title": "T"}, None)
    assert probe(copy).tags.title == "T"


def test_other_formats_are_named(tmp_path: Path) -> None:
    original = write(tmp_path / "a.wav", sine(0.1))
    with pytest.raises(OnrecordError, match="WAVE; FLAC"):
        tagged_copy(original, tmp_path / "copy", tmp_path / "patch", {"title": "T"}, None)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_covers_that_are_none(tmp_path: Path) -> None:
    original = write(tmp_path / "a.m4a", sine(0.1), "aac")
    for cover, why in ((b"text", "none"), (picture((15 << 20) + 1), "at most"), (b"GIF89a\1\0\1\0", "JPEG")):
        with pytest.raises(OnrecordError, match=why):
            tagged_copy(original, tmp_path / "copy", tmp_path / "patch", {}, cover)
    assert [path.name for path in tmp_path.iterdir()] == ["a.m4a"]


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    original = tmp_path / "a.flac"
    original.write_bytes(write(tmp_path / "b.flac", sine(0.1), "flac").read_bytes()[:20])
    (tmp_path / "copy").write_bytes(b"an older copy")
    with pytest.raises(OnrecordError, match="no tags can be written"):
        tagged_copy(original, tmp_path / "copy", tmp_path / "patch", {"title": "T"}, None)
    with pytest.raises(OnrecordError, match="not read within"):
        tagged_copy(tmp_path / "b.flac", tmp_path / "copy", tmp_path / "patch", {}, None, seconds=0)
    assert (tmp_path / "copy").read_bytes() == b"an older copy"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.flac", "b.flac", "copy"]


def test_a_larger_file_than_allowed(tmp_path: Path) -> None:
    with (tmp_path / "a.flac").open("wb") as sparse:
        sparse.truncate(LARGEST + 1)
    with pytest.raises(OnrecordError, match="at most"):
        tagged_copy(tmp_path / "a.flac", tmp_path / "copy", tmp_path / "patch", {}, None)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tagged copy and its patch; tests must not change them."""
    folder = tmp_path_factory.mktemp("pair")
    original = write(folder / "a.flac", music(1, rate=48000), "flac")
    tagged_copy(original, folder / "copy", folder / "patch", TAGS, picture())
    return folder


def test_another_copy_is_refused(pair: Path, tmp_path: Path) -> None:
    data = bytearray((pair / "copy").read_bytes())
    for changed in (bytes(data[:-1]), bytes(data) + b"\0", data[:500] + bytes([data[500] ^ 1]) + data[501:]):
        (tmp_path / "copy").write_bytes(changed)
        with pytest.raises(DigestMismatch, match="another copy"):
            restore(tmp_path / "copy", pair / "patch", tmp_path / "back")
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_every_damaged_byte_of_a_patch_is_noticed(pair: Path, tmp_path: Path) -> None:
    patch = (pair / "patch").read_bytes()
    damaged = [patch[:at] + bytes([patch[at] ^ 0x10]) + patch[at + 1 :] for at in range(0, len(patch), 3)]
    cut = [patch[:at] for at in range(0, len(patch), 7)]
    for data in (*damaged, *cut, patch + b"\0", b"", b"text" * 100):
        (tmp_path / "patch").write_bytes(data)
        with pytest.raises((IntegrityError, NewerFormat)):
            restore(pair / "copy", tmp_path / "patch", tmp_path / "back")
    assert [path.name for path in tmp_path.iterdir()] == ["patch"]


def sealed(body: bytes) -> bytes:
    return body + hashlib.sha256(body).digest()


def test_a_whole_patch_of_a_liar(pair: Path, tmp_path: Path) -> None:
    """Its digest is right, so only what comes out of it shows that it is wrong."""
    body = (pair / "patch").read_bytes()[:-32]
    head = struct.calcsize("<8sIQ32sQ32s")
    size = struct.unpack_from("<8sIQ32sQ32s", body)[4]
    lies = {
        "SHA-256": body[: head - 32] + bytes(32) + body[head:],
        "bytes instead of": body[: head - 40] + struct.pack("<Q", size + 1) + body[head - 32 :],
        "more than": body[: head - 40] + struct.pack("<Q", 1 << 50) + body[head - 32 :],
        "cannot be read": body[: head + 4] + bytes(100) + body[head + 104 :],
        "0 bytes instead": body[:head] + struct.pack("<I", 0) + body[head + 4 :],
    }
    (tmp_path / "back").write_bytes(b"what was there")
    for why, lie in lies.items():
        (tmp_path / "patch").write_bytes(sealed(lie))
        with pytest.raises(IntegrityError, match=why):
            restore(pair / "copy", tmp_path / "patch", tmp_path / "back")
    newer = body[:8] + struct.pack("<I", 2) + body[12:]
    (tmp_path / "patch").write_bytes(sealed(newer))
    with pytest.raises(NewerFormat, match="version 2"):
        restore(pair / "copy", tmp_path / "patch", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"what was there"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["back", "patch"]


def test_what_a_killed_run_left_is_in_nobodys_way(pair: Path, tmp_path: Path) -> None:
    (tmp_path / "back.part").write_bytes(b"half")
    os.chmod(tmp_path / "back.part", 0o400)  # noqa: PTH101
    restore(pair / "copy", pair / "patch", tmp_path / "back")
    assert [path.name for path in tmp_path.iterdir()] == ["back"]


def test_long_files_are_taken_in_segments(tmp_path: Path) -> None:
    """Each segment is found where it moved to: a cover of 3 MiB comes before it, and the sound cannot be compressed."""
    original = write(tmp_path / "a.flac", sine(0.5), "flac")
    with original.open("ab") as file:
        for seed in range(70):
            file.write(random.Random(seed).randbytes(1 << 20))
    _, size = there_and_back(original, TAGS, picture(3 << 20))
    assert size < 20_000


def test_real_files(tmp_path: Path) -> None:
    names = [
        "wesnoth-1.16-music__revelation.ogg",
        "warzone2100-music__menu.opus",
        "jamendolyrics__Confession_-_Quesabe.mp3",
    ]
    if not (SHARED / "music-mini").is_dir():
        pytest.skip("the shared data set music-mini is absent")
    for name in names:
        original = tmp_path / f"a{Path(name).suffix}"
        shutil.copyfile(SHARED / "music-mini" / name, original)
        _, size = there_and_back(original, TAGS, None)
        assert size < 1000
        copy, size = there_and_back(original, TAGS, picture())
        assert size < 4000
        before, after = probe(original), probe(copy)
        assert before.sound is not None and after.sound is not None
        assert before.sound.audio_sha256 == after.sound.audio_sha256
