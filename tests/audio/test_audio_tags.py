# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One set of fields from every container's tags, and what is left of absurd ones."""

import base64
import io
import struct
from pathlib import Path
from typing import Any

import mutagen.id3 as id3
import pytest
from mutagen.aiff import AIFF
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC
from mutagen.flac import Picture as Block
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4, MP4Cover
from mutagen.oggopus import OggOpus
from mutagen.wave import WAVE

from onrecord.audio.tags import MOST_FRAMES, MOST_TEXT, read_tags, tags_of
from onrecord.audio.text import LONGEST
from onrecord.model.sound import Fault, Picture, Tags
from tests.audio.tones import SHARED, sine, write

MBID = "8b882575-08a5-4452-a7a7-cbb8a1531f9e"
RELEASE = "9e873859-8aa4-4790-b985-5a953e8ef628"
ARTIST = "7cf0ea9d-86b9-4dad-ba9e-2355a64899ea"
BY_SA = "https://creativecommons.org/licenses/by-sa/4.0/"

#: A picture's header, and the rest of it as good as any: pictures are not decoded.
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 7, 5) + bytes(100_000)

#: What every container below is given.
EXPECTED = Tags(
    title="Überall",
    artist="A; B",
    album="Album",
    album_artist="Various",
    track_number=3,
    disc_number=1,
    date="2024-05-06",
    genre="Ambient",
    composer="C",
    isrc="DEA012400001",
    barcode="4006381333931",
    mb_recording=MBID,
    mb_release=RELEASE,
    mb_artist=ARTIST,
    licenses=(BY_SA,),
    copyright="2024 A",
    comment="no comment",
)


def tags_in(path: Path) -> Tags:
    tags, _, faults = read(path)
    assert faults == ()
    return tags


def read(path: Path) -> tuple[Tags, tuple[Picture, ...], tuple[Fault, ...]]:
    with path.open("rb") as file:
        return read_tags(file)


def fields(tags: Tags) -> dict[str, Any]:
    return {name: getattr(tags, name) for name in Tags.__struct_fields__ if name != "frames"}


def vorbis() -> dict[str, Any]:
    return {
        "TITLE": "Überall",
        "ARTIST": ["A", "B"],
        "ALBUM": "Album",
        "ALBUMARTIST": "Various",
        "TRACKNUMBER": "3/12",
        "DISCNUMBER": "1",
        "DATE": "2024-05-06",
        "GENRE": "Ambient",
        "COMPOSER": "C",
        "ISRC": "de-a01-24-00001",
        "BARCODE": "4006381333931",
        "MUSICBRAINZ_TRACKID": MBID,
        "MUSICBRAINZ_ALBUMID": RELEASE,
        "MUSICBRAINZ_ARTISTID": ARTIST,
        "LICENSE": BY_SA,
        "COPYRIGHT": "2024 A",
        "COMMENT": "no comment",
    }


def id3_frames() -> list[Any]:
    return [
        id3.TIT2(encoding=1, text="Überall"),
        id3.TPE1(encoding=3, text=["A", "B"]),
        id3.TALB(encoding=3, text="Album"),
        id3.TPE2(encoding=3, text="Various"),
        id3.TRCK(encoding=0, text="3/12"),
        id3.TPOS(encoding=0, text="1"),
        id3.TDRC(encoding=0, text="2024-05-06"),
        id3.TCON(encoding=0, text="(26)"),
        id3.TCOM(encoding=3, text="C"),
        id3.TSRC(encoding=0, text="DEA012400001"),
        id3.TXXX(encoding=3, desc="BARCODE", text="4006381333931"),
        id3.UFID(owner="http://musicbrainz.org", data=MBID.encode()),
        id3.TXXX(encoding=3, desc="MusicBrainz Album Id", text=RELEASE),
        id3.TXXX(encoding=3, desc="MusicBrainz Artist Id", text=ARTIST),
        id3.WCOP(url=BY_SA),
        id3.TCOP(encoding=3, text="2024 A"),
        id3.COMM(encoding=3, lang="eng", desc="iTunNORM", text="00000A"),
        id3.COMM(encoding=3, lang="eng", desc="", text="no comment"),
        id3.APIC(encoding=0, mime="image/png", data=PNG),
    ]


def test_flac(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", sine(0.2), "flac")
    file = FLAC(path)
    file.update(vorbis())
    picture = Block()
    picture.data = PNG
    file.add_picture(picture)
    file.save()
    tags = tags_in(path)
    assert fields(tags) == fields(EXPECTED)
    assert ("TRACKNUMBER", "3/12") in [(key.upper(), value) for key, value in tags.frames]
    assert max(len(value) for _, value in tags.frames) < 100


def test_opus(tmp_path: Path) -> None:
    path = write(tmp_path / "a.opus", sine(0.2), "libopus")
    file = OggOpus(path)
    file.update({**vorbis(), "COVERART": base64.b64encode(PNG).decode()})
    file.save()
    tags = tags_in(path)
    assert fields(tags) == fields(EXPECTED)
    assert "COVERART" not in {key.upper() for key, _ in tags.frames}


@pytest.mark.parametrize(
    ("name", "codec", "kind"),
    [("a.mp3", "libmp3lame", MP3), ("a.wav", "pcm_s16le", WAVE), ("a.aiff", "pcm_s16be", AIFF)],
)
def test_id3_alone_and_inside_wav_and_aiff(tmp_path: Path, name: str, codec: str, kind: Any) -> None:
    path = write(tmp_path / name, sine(0.2), codec)
    file = kind(path)
    if file.tags is None:
        file.add_tags()
    file.tags.clear()
    for frame in id3_frames():
        file.tags.add(frame)
    file.save()
    assert fields(tags_in(path)) == fields(EXPECTED)


def test_mp4(tmp_path: Path) -> None:
    path = write(tmp_path / "a.m4a", sine(0.2), "aac")
    file = MP4(path)
    own = "----:com.apple.iTunes:"
    file.tags.clear()
    file.tags.update(
        {
            "\xa9nam": ["Überall"],
            "\xa9ART": ["A", "B"],
            "\xa9alb": ["Album"],
            "aART": ["Various"],
            "trkn": [(3, 12)],
            "disk": [(1, 0)],
            "\xa9day": ["2024-05-06"],
            "\xa9gen": ["Ambient"],
            "\xa9wrt": ["C"],
            f"{own}ISRC": [b"DEA012400001"],
            f"{own}BARCODE": [b"4006381333931"],
            f"{own}MusicBrainz Track Id": [MBID.encode()],
            f"{own}MusicBrainz Album Id": [RELEASE.encode()],
            f"{own}MusicBrainz Artist Id": [ARTIST.encode()],
            f"{own}LICENSE": [BY_SA.encode()],
            "cprt": ["2024 A"],
            "\xa9cmt": ["no comment"],
            "covr": [MP4Cover(PNG)],
        }
    )
    file.save()
    assert fields(tags_in(path)) == fields(EXPECTED)


def test_ape_behind_an_mp3(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp3", sine(0.2), "libmp3lame")
    ape = APEv2()
    ape.update({"Title": "Überall", "Artist": ["A", "B"], "Track": "3/12", "License": BY_SA})
    ape.save(path)
    tags = tags_in(path)
    assert (tags.title, tags.artist, tags.track_number, tags.licenses) == ("Überall", "A; B", 3, (BY_SA,))


def chunk(name: bytes, content: bytes, order: str) -> bytes:
    return struct.pack(f"{order}4sI", name, len(content)) + content + bytes(len(content) % 2)


def test_info_chunks_of_wav(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", sine(0.2))
    info = (
        b"INFO"
        + chunk(b"INAM", b"T\xfcr\0", "<")
        + chunk(b"IART", "Ä".encode(), "<")
        + chunk(b"ITRK", b"7", "<")
    )
    path.write_bytes(path.read_bytes() + chunk(b"LIST", info + chunk(b"ICOP", b"CC BY-SA 3.0", "<"), "<"))
    tags = tags_in(path)
    assert (tags.title, tags.artist, tags.track_number, tags.licenses) == ("Tür", "Ä", 7, ("CC BY-SA 3.0",))
    assert ("RIFF:INAM", "Tür") in tags.frames


def test_text_chunks_of_aiff(tmp_path: Path) -> None:
    path = write(tmp_path / "a.aiff", sine(0.2), "pcm_s16be")
    path.write_bytes(path.read_bytes() + chunk(b"NAME", b"Title", ">") + chunk(b"(c) ", b"2024 A", ">"))
    tags = tags_in(path)
    assert (tags.title, tags.copyright) == ("Title", "2024 A")


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("LICENSE", "GPL", True),
        ("licence", "ask me", True),
        ("WCOP", "https://example.org/terms", True),
        ("TXXX:License URL", "x", True),
        (
            "TCOP",
            "2019 Someone. Licensed to the public under http://creativecommons.org/licenses/by/3.0/",
            True,
        ),
        ("copyright", "CC BY-NC-ND 4.0", True),
        ("copyright", "CC0", True),
        ("comment", "Released under the Creative Commons Attribution license", True),
        ("©cmt", "this is public domain", True),
        ("copyright", "(C) 2024 Someone", False),
        ("comment", "http://www.jamendo.com cc_standard", False),
        ("title", "Public Domain", False),
        ("WOAF", "https://www.gnu.org/licenses/gpl-3.0.html", True),
    ],
)
def test_what_counts_as_a_license(key: str, value: str, named: bool) -> None:
    assert tags_of([(key, value)]).licenses == ((value,) if named else ())


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3),
        ("03/12", 3),
        (" 4 / 5", 4),
        ("0", 0),
        ("A1", None),
        ("", None),
        ("3x", None),
        ("9" * 30, None),
    ],
)
def test_track_numbers(text: str, number: int | None) -> None:
    assert tags_of([("TRACKNUMBER", text)]).track_number == number


def test_identifiers_that_are_none_stay_in_the_frames_only() -> None:
    tags = tags_of([("ISRC", "unknown"), ("BARCODE", "4006381333930"), ("MUSICBRAINZ_ALBUMID", "none")])
    assert (tags.isrc, tags.barcode, tags.mb_release) == ("", "", "")
    assert len(tags.frames) == 3


def test_text_from_outside_is_kept_but_for_nul(tmp_path: Path) -> None:
    hostile = "<script>\x1b[31m\u202egnp.exe =1+1"
    path = write(tmp_path / "a.flac", sine(0.1), "flac")
    file = FLAC(path)
    file["title"] = f"{hostile}\0\0"
    file.save()
    assert tags_in(path).title == hostile


def test_a_huge_title_is_cut_at_a_whole_character(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", sine(0.1), "flac")
    file = FLAC(path)
    file["title"] = "x" + "ü" * 500_000
    file.save()
    title = tags_in(path).title
    assert LONGEST - 2 <= len(title.encode()) <= LONGEST
    assert title.endswith("ü")


def test_thousands_of_frames_are_bounded(tmp_path: Path) -> None:
    path = write(tmp_path / "a.opus", sine(0.1), "libopus")
    file = OggOpus(path)
    file["x"] = [str(number) for number in range(5 * MOST_FRAMES)]
    file.save()
    assert len(tags_in(path).frames) == MOST_FRAMES


def test_all_text_together_is_bounded(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", sine(0.1), "flac")
    file = FLAC(path)
    file["x"] = ["y" * LONGEST] * (MOST_TEXT // LONGEST + 10)
    file.save()
    assert MOST_TEXT - LONGEST < sum(len(value) for _, value in tags_in(path).frames) <= MOST_TEXT


def test_broken_tags_are_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(b"ID3\x03\0\0\0\0\x7f\x7f" + b"TIT2" + bytes(20))
    tags, _, faults = read(path)
    assert tags == Tags()
    assert {fault.code for fault in faults} == {"unreadable-tags"}
    assert all(fault.detail for fault in faults)


def test_id3_before_a_sound_that_mutagen_does_not_know(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(bytes(3000))
    tags = id3.ID3()
    tags.add(id3.TIT2(encoding=3, text="Title"))
    tags.save(path)
    assert tags_in(path).title == "Title"


def test_a_file_without_tags() -> None:
    assert read_tags(io.BytesIO(bytes(1000))) == (Tags(), (), ())


@pytest.mark.parametrize(
    "ending", ["aiff", "alac.m4a", "ape", "dsf", "flac", "m4a", "mp3", "mpc", "ogg", "opus", "wma", "wv"]
)
def test_the_full_samples_of_others(ending: str) -> None:
    path = SHARED / "audio-tags" / "beets" / f"full.{ending}"
    if not path.exists():
        pytest.skip("the shared data set audio-tags is absent")
    tags = tags_in(path)
    assert (tags.title, tags.artist, tags.album) == ("full", "the artist", "the album")
    assert (tags.track_number, tags.disc_number, tags.date) == (2, 4, "2001")
    assert (tags.genre, tags.composer) == ("the genre", "the composer")
    assert (tags.mb_recording, tags.mb_release, tags.mb_artist) == (MBID, RELEASE, ARTIST)


def test_real_license_tags() -> None:
    path = SHARED / "music-mini" / "wesnoth-1.16-music__revelation.ogg"
    if not path.exists():
        pytest.skip("the shared data set music-mini is absent")
    tags = tags_in(path)
    assert (tags.title, tags.licenses) == ("Revelation", ("GPL",))
    assert tags.copyright == "Joseph G. Toscano (C)2004"
