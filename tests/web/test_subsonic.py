# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenSubsonic: a client that nobody here wrote, each method by plain HTTP, who may, and what is played."""

import hashlib
import importlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import av
import pytest
from lxml import etree
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.reading import open_reader
from onrecord.archive.withdrawing import withdraw
from onrecord.model.rights import Target
from onrecord.web.access.people import Users
from onrecord.web.access.roles import Role, Scope
from onrecord.web.app import create_app
from onrecord.web.listens.keeping import Listening
from onrecord.web.memory import OwnMemory
from onrecord.web.site import site_of
from onrecord.web.subsonic import transcoding
from tests.web.served import served

sonic: Any = importlib.import_module("libopensonic")
errors: Any = importlib.import_module("libopensonic.errors")

NAMESPACE: Final = "{http://subsonic.org/restapi}"
Tree = dict[str, Any]


class Player:
    """Asks by plain HTTP in JSON, as one person."""

    def __init__(self, client: TestClient, password: str, name: str = "ada") -> None:
        self.client = client
        self.own = {"u": name, "p": password, "c": "test", "v": "1.16.1"}

    def __call__(self, method: str, **asked: Any) -> Tree:
        answer = self.raw(method, f="json", **asked)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json"), answer.text
        return dict(answer.json()["subsonic-response"])

    def ok(self, method: str, **asked: Any) -> Any:
        told = self(method, **asked)
        assert told.pop("status") == "ok", told
        assert told.pop("openSubsonic") is True and told.pop("type") == "onrecord"
        rest = {name: value for name, value in told.items() if name not in ("version", "serverVersion")}
        assert len(rest) <= 1, "one thing is told"
        return next(iter(rest.values()), None)

    def error(self, method: str, **asked: Any) -> int:
        told = self(method, **asked)
        assert told["status"] == "failed", told
        return int(told["error"]["code"])

    def raw(self, method: str, headers: dict[str, str] | None = None, **asked: Any) -> Any:
        return self.client.get(f"/rest/{method}", params={**self.own, **asked}, headers=headers or {})

    def song(self, title: str) -> Tree:
        songs = self.ok("search3", query=title, artistCount=0, albumCount=0)["song"]
        return next(dict(song) for song in songs if song["title"] == title)


@pytest.fixture
def people(published: Archive) -> Iterator[Users]:
    with Users(published.folder) as users:
        users.add("ada", Role.LISTENER, "correct horse battery")
        users.add("bob", Role.LISTENER, "correct horse battery")
        yield users


@pytest.fixture
def player(published: Archive, people: Users) -> Iterator[Player]:
    app = create_app(open_reader(published.folder), site=site_of(published.folder))
    with TestClient(app) as client:
        yield Player(client, people.make_app_password("ada", "a player"))


def test_a_client_that_nobody_here_wrote(published: Archive, people: Users) -> None:
    password = people.make_app_password("ada", "a player")
    key = people.issue("ada", [Scope.LISTEN, Scope.SCROBBLE])
    with Listening(published.folder) as listening:
        listening.keep("ada", True)
    with served(published.folder) as address:
        at = urlsplit(address)
        host = {"base_url": f"http://{at.hostname}", "port": at.port}
        with (
            connected(username="ada", password="wrong", **host) as wrong,
            pytest.raises(errors.CredentialError),
        ):
            wrong.ping()
        for way in (
            {"username": "ada", "password": password},
            {"username": "ada", "password": password, "legacy_auth": True, "use_get": True},
            {"api_key": key, "use_views": False},
        ):
            with connected(**way, **host) as client:
                assert client.ping() is True
        with connected(username="ada", password=password, **host) as client:
            _browse(client)
            _own(client)
    with Listening(published.folder) as listening:
        assert listening.count("ada") == 1


@contextmanager
def connected(**how: Any) -> Iterator[Any]:
    client = sonic.Connection(**how)
    try:
        yield client
    finally:
        client.cleanup()
        client._loop.close()  # it leaves that open


def _browse(client: Any) -> None:
    assert {each.name for each in client.get_open_subsonic_extensions()} >= {"apiKeyAuthentication"}
    [index] = client.get_artists().index
    [artist] = index.artist
    assert (index.name, artist.name) == ("T", "The Test Tones")
    [album] = client.get_artist(artist.id).album
    whole = client.get_album(album.id)
    assert [song.title for song in whole.song] == ["Piece 1", "Piece 2", "Piece 3", "Piece 4"]
    assert [found.id for found in client.get_album_list2("newest")] == [album.id]
    found = client.search3("Piece 2")
    piece = next(song for song in found.song if song.title == "Piece 2")
    assert (piece.suffix, piece.album, piece.track, piece.sampling_rate) == ("flac", "Tones", 2, 44_100)
    assert {song.title for song in client.get_random_songs(size=50)} <= {
        f"Piece {n}" for n in range(1, 5)
    } | {"NC"}
    assert client.get_song(piece.id).title == "Piece 2"
    with pytest.raises(errors.DataNotFoundError):
        client.get_song("nothing")


def _own(client: Any) -> None:
    song = next(song for song in client.search3("Piece 2").song if song.title == "Piece 2")
    client.star(sids=[song.id])
    assert [each.id for each in client.get_starred2().song] == [song.id]
    client.set_rating(song.id, 4)
    assert client.get_song(song.id).user_rating == 4
    client.unstar(sids=[song.id])
    assert not client.get_starred2().song
    made = client.create_playlist(name="Mine", song_ids=[song.id, song.id])
    [listed] = client.get_playlists()
    assert (listed.name, listed.song_count, listed.duration) == ("Mine", 2, 16)
    client.update_playlist(listed.id, song_indices_to_remove=[0], comment="one less")
    assert len(client.get_playlist(listed.id).entry) == 1 and made
    client.delete_playlist(listed.id)
    assert not client.get_playlists()
    client.scrobble(song.id)
    assert client.get_song(song.id).play_count == 1


def test_each_method_answers_in_both_forms(player: Player) -> None:
    album = player.ok("getAlbumList2", type="newest")["album"][0]
    song, artist = player.song("Piece 1"), album["artistId"]
    asked: dict[str, Tree] = {
        "ping": {},
        "getLicense": {},
        "getOpenSubsonicExtensions": {},
        "getMusicFolders": {},
        "getIndexes": {},
        "getMusicDirectory": {"id": artist},
        "getArtists": {},
        "getArtist": {"id": artist},
        "getArtistInfo": {"id": artist},
        "getArtistInfo2": {"id": artist},
        "getAlbum": {"id": album["id"]},
        "getAlbumInfo2": {"id": album["id"]},
        "getSong": {"id": song["id"]},
        "getAlbumList": {"type": "alphabeticalByName"},
        "getAlbumList2": {"type": "random"},
        "getRandomSongs": {},
        "getSongsByGenre": {"genre": "Ambient"},
        "getGenres": {},
        "getSimilarSongs": {"id": song["id"]},
        "getSimilarSongs2": {"id": song["id"]},
        "getTopSongs": {"artist": "The Test Tones"},
        "search2": {"query": "piece"},
        "search3": {"query": '""'},
        "getStarred": {},
        "getStarred2": {},
        "star": {"id": song["id"], "albumId": album["id"], "artistId": artist},
        "unstar": {"id": song["id"]},
        "setRating": {"id": song["id"], "rating": 5},
        "createPlaylist": {"name": "List", "songId": song["id"]},
        "getPlaylists": {},
        "scrobble": {"id": song["id"], "submission": "false"},
        "getNowPlaying": {},
        "getLyricsBySongId": {"id": song["id"]},
        "getLyrics": {},
        "getUser": {"username": "ADA"},
        "tokenInfo": {},
        "getScanStatus": {},
        "getBookmarks": {},
        "getPlayQueue": {},
        "getPodcasts": {},
        "getInternetRadioStations": {},
    }
    for method, parameters in asked.items():
        told = player.ok(f"{method}.view", **parameters)
        xml = etree.fromstring(player.raw(method, **parameters).content)
        assert (xml.tag, xml.get("status"), xml.get("version")) == (
            f"{NAMESPACE}subsonic-response",
            "ok",
            "1.16.1",
        )
        assert len(xml) == (len(told) if isinstance(told, list) else int(told is not None)), method
    assert player.ok("getPlaylists")["playlist"][0]["songCount"] == 1
    assert [each["id"] for each in player.ok("getNowPlaying")["entry"]] == [song["id"]]
    everything = player.ok("search3", query="", songCount=500)
    assert {each["title"] for each in everything["song"]} == {
        "Piece 1",
        "Piece 2",
        "Piece 3",
        "Piece 4",
        "NC",
    }
    assert not player.ok("search3", query="", songCount=500, songOffset=500)["song"], "a list ends"
    posted = player.client.post("/rest/getSong.view", data={**player.own, "id": song["id"]})
    assert etree.fromstring(posted.content).find(f"{NAMESPACE}song") is not None


def test_what_is_wrong_is_told_by_its_code(player: Player) -> None:
    assert player.error("nonsense") == 0
    assert player.error("getAlbum") == 10
    assert player.error("getAlbumList2") == 10
    assert player.error("getAlbumList2", type="sideways") == 0
    assert player.error("getAlbumList2", type="byYear") == 10
    assert player.error("getRandomSongs", size="many") == 0
    assert player.error("getSong", id="../../etc") == 70
    assert player.error("getCoverArt", id="x") == 70
    assert player.error("star", id="nothing") == 70
    assert player.error("setRating", id=player.song("Piece 1")["id"], rating=9) == 0
    assert player.error("createPlaylist", name="x", songId="nothing") == 70
    assert player.error("getPlaylist", id="nothing") == 70
    assert player.error("deletePlaylist", id="nothing") == 70
    assert player.error("scrobble", id=player.song("Piece 1")["id"], time="noon") == 0
    assert player.error("getUser", username="bob") == 50


def test_who_may(player: Player, people: Users) -> None:
    def code(**asked: str) -> int:
        answer = player.client.get("/rest/ping", params={"f": "json", **asked}).json()["subsonic-response"]
        return int(answer.get("error", {"code": -1})["code"])

    password = player.own["p"]
    salted = hashlib.md5(f"{password}salt".encode(), usedforsecurity=False).hexdigest()
    assert code(u="ada", p=password) == code(u="ada", p=f"enc:{password.encode().hex()}") == -1
    assert code(u="ada", t=salted, s="salt") == -1
    assert code(u="ada", p="correct horse battery") == 40, "a person's own password opens no player"
    assert (
        code(u="bob", p=password) == code(u="nobody", p=password) == code(u="ada", t=salted, s="pepper") == 40
    )
    assert code() == code(u="ada") == code(u="ada", t=salted) == 10
    listen, read = people.issue("ada", [Scope.LISTEN]), people.issue("ada", [Scope.READ])
    assert code(apiKey=listen) == -1
    assert code(apiKey="onr_nothing") == 44
    assert code(apiKey=listen, u="ada") == 43
    assert code(apiKey=read) == 50
    extensions = player.client.get("/rest/getOpenSubsonicExtensions?f=json").json()["subsonic-response"]
    assert extensions["status"] == "ok"


def test_sound_is_sent_as_it_is_in_parts_and_smaller(player: Player, published: Archive) -> None:
    song = player.song("Piece 2")
    whole = player.raw("stream", id=song["id"])
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/flac")
    assert len(whole.content) == song["size"] == int(whole.headers["content-length"])
    part = player.raw("stream", id=song["id"], headers={"Range": "bytes=4-9"})
    assert (part.status_code, part.content) == (206, whole.content[4:10])
    assert player.raw("stream", id=song["id"], format="raw", maxBitRate=32).content == whole.content
    small = player.raw("stream", id=song["id"], maxBitRate=70)
    assert small.headers["content-type"] == "audio/ogg"
    assert int(small.headers["content-length"]) == len(small.content) < len(whole.content) / 2
    file: Any = av.open(io.BytesIO(small.content))
    with file as opened:
        [stream] = opened.streams
        assert stream.codec_context.name in ("opus", "libopus")
        samples = sum(frame.samples for frame in opened.decode(stream))
    assert samples == 8 * 48_000, "as long as the file, to the sample"
    cut = player.raw("stream", id=song["id"], maxBitRate=70, headers={"Range": "bytes=100-"})
    assert (cut.status_code, cut.content) == (206, small.content[100:])
    for most, start, kilobits in ((0, 0, 192), (70, 0, 64), (0, 5, 192)):
        mp3 = player.raw(
            "stream",
            id=song["id"],
            format="mp3",
            estimateContentLength="true",
            maxBitRate=most,
            timeOffset=start,
        )
        assert mp3.headers["content-type"] == "audio/mpeg"
        assert int(mp3.headers["content-length"]) == len(mp3.content)
        file = av.open(io.BytesIO(mp3.content))
        with file as sent:
            [stream] = sent.streams
            assert stream.codec_context.name.startswith("mp3") and stream.bit_rate == kilobits * 1000
            length = sum(frame.samples for frame in sent.decode(stream)) / 48_000
        assert length == pytest.approx(8 - start, abs=0.1)
    assert player.raw("stream", id=song["id"], format="flac").content == whole.content
    lossy = player.song("Piece 1")
    assert (
        player.raw("stream", id=lossy["id"], maxBitRate=256).content
        == player.raw("stream", id=lossy["id"]).content
    )
    saved = player.raw("download", id=song["id"])
    assert saved.content == whole.content and "attachment" in saved.headers["content-disposition"]


def test_what_may_not_be_heard_is_neither_listed_nor_sent(player: Player, published: Archive) -> None:
    [closed] = open_reader(published.folder).search("No evidence", ("recording",))
    assert closed.title == "No evidence" and closed.has_sound
    assert player.error("stream", id=closed.id) == player.error("download", id=closed.id) == 50
    assert player.error("getSong", id=closed.id) == 70
    song = player.song("Piece 1")
    player.ok("star", id=song["id"])
    player.ok("createPlaylist", name="List", songId=song["id"])
    withdraw(published, Target("recording", song["id"]), by="the maker", text="not any more")
    assert player.error("stream", id=song["id"]) == 70
    assert not player.ok("getStarred2")["song"]
    [listed] = player.ok("getPlaylists")["playlist"]
    assert not player.ok("getPlaylist", id=listed["id"])["entry"]
    assert "Piece 1" not in str(player.ok("search3", query="", songCount=500))


def test_what_is_ones_own_is_nobody_elses(player: Player, people: Users) -> None:
    bob = Player(player.client, people.make_app_password("bob"), "bob")
    song = player.song("Piece 3")
    player.ok("star", id=song["id"])
    [listed] = [player.ok("createPlaylist", name="Mine", songId=song["id"])]
    assert not bob.ok("getStarred2")["song"] and not bob.ok("getPlaylists")["playlist"]
    assert bob.error("getPlaylist", id=listed["id"]) == bob.error("deletePlaylist", id=listed["id"]) == 70
    player.ok("updatePlaylist", playlistId=listed["id"], public="true", name="Ours", songIdToAdd=song["id"])
    [shown] = bob.ok("getPlaylists")["playlist"]
    assert (shown["name"], shown["owner"], shown["songCount"]) == ("Ours", "ada", 2)
    assert bob.error("updatePlaylist", playlistId=listed["id"], name="Bob's") == 70
    assert bob.error("createPlaylist", playlistId=listed["id"], songId=song["id"]) == 70


def test_plays_are_kept_of_those_alone_who_want_it(player: Player, published: Archive) -> None:
    song = player.song("Piece 3")
    player.ok("scrobble", id=song["id"])
    with Listening(published.folder) as listening:
        assert listening.kept("ada").plays == 0
        listening.keep("ada", True)
        player.ok("scrobble", id=song["id"], time="1700000000000")
        assert [(play.at, play.thing) for play in listening.plays("ada", 10)] == [(1_700_000_000, song["id"])]
        assert player.ok("getAlbumList2", type="frequent")["album"][0]["id"] == song["albumId"]
        listening.forget("ada")
        assert not player.ok("getAlbumList2", type="frequent")["album"]
    assert (published.folder / "listening.sqlite").stat().st_mode & 0o077 == 0


def test_what_is_made_smaller_is_made_once_and_goes(tmp_path: Path) -> None:
    made: list[str] = []

    def make(job: transcoding.Job) -> None:
        made.append(job.target.name)
        job.target.write_bytes(bytes(60))

    transcodes = transcoding.Transcodes(OwnMemory(), 100, make)
    wish = transcoding.Wish("opus", 64)
    first = transcodes.get("aa", tmp_path, wish, {})
    assert first is not None and transcodes.get("aa", tmp_path, wish, {}) == first and len(made) == 1
    second = transcodes.get("bb", tmp_path, wish, {})
    assert second is not None and second.exists() and not first.exists(), "the oldest makes room"
    folder = second.parent
    del transcodes
    assert not folder.exists()
