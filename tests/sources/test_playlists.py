# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playlists: what entries claim, what breaks the rules, and that nothing they point to is opened."""

import builtins
import io
import json
import os
from pathlib import Path

import pytest

from onrecord.model.records import Claims, Record
from onrecord.sources.playlists import Playlists
from onrecord.testing import check_source

DATA = Path(__file__).parents[3] / "shared" / "data" / "playlists"
NEEDS_DATA = pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data/playlists")
MBID = "6b9a509f-6907-4a6e-9345-2f12da09ba4b"
ALBUM = f"""#EXTM3U
#PLAYLIST:Made for a test
#EXTALB:Album
#EXTART:Somebody
#EXTGENRE:Waltz
#EXTINF:225,One
../sound/one.flac
#EXTINF:61.5 tvg-id="x, y" group=z,Nobody - Two - live
C:\\Music\\two.mp3
#EXTINF:-1
https://musicbrainz.org/recording/{MBID}
spotify:track:4uLU6hMCjMI75M1A2tKUQC
http://radio.example.org
"""


def xspf(tracks, version="1", more=""):
    return (
        f'<playlist version="{version}" xmlns="http://xspf.org/ns/0/">{more}'
        f"<trackList>{tracks}</trackList></playlist>"
    )


def harvest(location, cursor=""):
    return list(Playlists(location, {}).pages(cursor))


def tracks(location):
    source = Playlists(location, {})
    return [
        track for page in source.pages() for record in page.records for track in source.claims(record).tracks
    ]


def rejected(location):
    return dict(where for page in harvest(location) for where in page.rejected)


def test_they_hold_the_contract(tmp_path):
    (tmp_path / "a.m3u").write_text(ALBUM)
    (tmp_path / "b.xspf").write_text(xspf("<track><title>x</title></track>"))
    (tmp_path / "c.jspf").write_text(json.dumps({"playlist": {"track": [{"title": "x"}]}}))
    (tmp_path / "d.xspf").write_text(xspf("<track><title>x</title></track>", more="<foo/>"))
    for number in range(230):
        (tmp_path / f"e{number}.m3u8").write_text(f"{number}.mp3")
    assert len(check_source(lambda: Playlists(tmp_path, {"name": "somebody"}))) == 233


def test_m3u_entries_are_tracks(tmp_path):
    (tmp_path / "album.m3u").write_text(ALBUM)
    one, two, mb, service, radio = tracks(tmp_path)
    assert (one.id, one.title, one.artist, one.release, one.genre, one.duration_ms) == (
        "album.m3u#1",
        "One",
        "Somebody",
        "Album",
        "Waltz",
        225_000,
    )
    assert (two.title, two.artist, two.duration_ms) == ("Two - live", "Nobody", 61_500)
    assert (mb.mbid, mb.duration_ms) == (MBID, None)
    assert service.title == "spotify:track:4uLU6hMCjMI75M1A2tKUQC"
    assert radio.title == "radio.example.org"


@pytest.mark.parametrize("name", ["a.m3u", "a.m3u8"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings(tmp_path, name, encoding):
    (tmp_path / name).write_bytes(
        "#EXTINF:1,Größe – ÿ".replace("–", "-").encode(encoding)
        + "\nx.mp3".encode(encoding)[2 * (encoding == "utf-16") :]
    )
    if name == "a.m3u8" and encoding == "latin-1":
        assert "expected UTF-8, got the byte 0xf6" in rejected(tmp_path)[name]
    else:
        assert [(track.artist, track.title.strip("\ufeff")) for track in tracks(tmp_path)] == [("Größe", "ÿ")]


def test_xspf_and_jspf_say_the_same(tmp_path):
    (tmp_path / "a.xspf").write_text(
        xspf(
            f"<track><location>file:///etc/passwd</location><identifier>https://musicbrainz.org/recording/{MBID}"
            "</identifier><identifier>urn:isrc:USRC17607839</identifier><title> One\n two </title>"
            "<creator>Somebody</creator><album>Album</album><trackNum>3</trackNum><duration>61500</duration></track>",
            more="<license>https://creativecommons.org/licenses/by/4.0/</license>",
        )
    )
    entry = {
        "location": ["file:///etc/passwd"],
        "identifier": [f"https://musicbrainz.org/recording/{MBID}", "urn:isrc:USRC17607839"],
        "title": " One\n two ",
        "creator": "Somebody",
        "album": "Album",
        "trackNum": 3,
        "duration": 61500,
    }
    (tmp_path / "b.jspf").write_text(json.dumps({"playlist": {"title": "x", "track": [entry]}}))
    source = Playlists(tmp_path, {})
    [page] = source.pages()
    one, other = (source.claims(record) for record in page.records)
    [track], [same] = one.tracks, other.tracks
    assert (track.title, track.position, track.duration_ms, track.mbid, track.isrc) == (
        "One two",
        3,
        61_500,
        MBID,
        "USRC17607839",
    )
    assert [getattr(track, name) for name in track.__struct_fields__ if name != "id"] == [
        getattr(same, name) for name in same.__struct_fields__ if name != "id"
    ]
    assert one.evidence == ()  # the license is the playlist's


BAD = {
    "doctype.xspf": '<!DOCTYPE a [<!ENTITY b "c">]>' + xspf(""),
    "namespace.xspf": '<playlist version="1"><trackList/></playlist>',
    "date.xspf": xspf("", more="<date>2005</date>"),
    "html.m3u": "<html></html>",
    "binary.m3u": "a\x00b",
    "hls.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\na.ts",
    "no-list.jspf": '{"playlist": {"track": {}}}',
    "twice.jspf": '{"playlist": {"track": [], "track": []}}',
    "number.jspf": '{"playlist": {"track": [1]}}',
    "empty.m3u": " \n",
}


def test_what_is_no_playlist_is_rejected_and_the_rest_is_read(tmp_path):
    for name, text in BAD.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "link.m3u").symlink_to("/etc/passwd")
    (tmp_path / "notes.txt").write_text("left alone")
    (tmp_path / "z0.xspf").write_text(xspf("<track><title>x</title></track>", "0", "<date>2005-01</date>"))
    assert rejected(tmp_path).keys() == {*BAD, "link.m3u"}
    assert [track.title for track in tracks(tmp_path)] == ["x"]


def test_a_file_that_is_named_is_looked_at_whatever_its_ending(tmp_path):
    (tmp_path / "list").write_text(xspf("<track><title>x</title></track>"))
    (tmp_path / "list.json").write_text('{"playlist": {"track": [{"title": "y"}]}}')
    assert [track.title for name in ("list", "list.json") for track in tracks(tmp_path / name)] == ["x", "y"]


def test_nothing_that_a_playlist_points_to_is_opened(tmp_path, monkeypatch):
    bait = tmp_path / "bait.mp3"
    bait.write_bytes(b"x")
    playlist = tmp_path / "list.m3u"
    playlist.write_text(f"{bait}\nfile://{bait}\nbait.mp3\nhttp://127.0.0.1:9/x\n")
    opened = []
    for module, name in ((builtins, "open"), (io, "open"), (os, "open")):
        real = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda path, *a, real=real, **k: opened.append(str(path)) or real(path, *a, **k)
        )
    assert len(tracks(playlist)) == 4
    assert set(opened) == {str(playlist)}


def test_a_list_of_the_files_of_a_taken_set_is_rejected_and_links_to_a_service_are_not(tmp_path):
    """Sound that is called by a service's own ids lies in no folder but that of such a set."""
    names = [f"{n % 8}Ab{n:019}" for n in range(1000, 1040)]
    (tmp_path / "set.m3u").write_text("".join(f"D:\\x\\{name}.ogg\n" for name in names))
    (tmp_path / "set.xspf").write_text(
        xspf(
            "".join(
                f"<track><location>http://h.example/a/{name}.ogg?t=1</location></track>" for name in names
            )
        )
    )
    (tmp_path / "own.m3u").write_text("".join(f"https://open.spotify.com/track/{name}\n" for name in names))
    (tmp_path / "mixed.m3u").write_text("".join(f"{name}.ogg\nSong of {name}.ogg\n" for name in names))
    wrong = rejected(tmp_path)
    assert set(wrong) == {"set.m3u", "set.xspf"}
    assert all("40 of its 40 sound files" in why for why in wrong.values())


def test_a_tombstone_claims_nothing():
    gone = Record("playlists", "playlist", "a.m3u", "audio/x-mpegurl", b"", deleted=True)
    assert Playlists(Path(), {}).claims(gone) == Claims()


@NEEDS_DATA
def test_the_published_cases_of_xspf():
    cases = DATA / "xspf"
    names = [record.id for page in harvest(cases) for record in page.records]
    assert len(names) == 21
    assert all("/pass/" in name for name in names)
    wrong = rejected(cases)
    assert len(wrong) == 28
    assert all("/fail/" in name for name in wrong)


@NEEDS_DATA
def test_small_m3u_files_of_a_player():
    found = {track.id: track for track in tracks(DATA / "mopidy-m3u")}
    assert found["encoding.m3u#1"].title == found["encoding-ext.m3u#1"].title == "æøå"
    assert (found["two-ext.m3u#2"].title, found["two-ext.m3u#2"].duration_ms) == ("Song #2", 60_000)
    assert found["comment-ext.m3u#1"].title == "Song #1"
    assert rejected(DATA / "mopidy-m3u") == {"empty.m3u": "an empty file"}
