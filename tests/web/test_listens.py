# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ListenBrainz's interface: its own client, opt-in, whose plays they are, erasing, and that nothing of it leaves."""

import importlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.publishing import publish
from onrecord.archive.reading import open_reader
from onrecord.cli.users import command
from onrecord.model.filters import Filters
from onrecord.sources import playlist_entries
from onrecord.web.access.people import Users
from onrecord.web.access.roles import Role, Scope
from onrecord.web.app import create_app
from onrecord.web.listens.keeping import Listening
from onrecord.web.site import site_of
from tests.web.served import served

client_library: Any = importlib.import_module("liblistenbrainz")
MARK = "Zanzibar Foghorn Quartet"


@pytest.fixture
def token(published: Archive) -> Iterator[str]:
    with Users(published.folder) as users:
        users.add("ada", Role.LISTENER, "correct horse battery")
        users.add("bob", Role.LISTENER, "correct horse battery")
        yield users.issue("ada", [Scope.SCROBBLE])


@pytest.fixture
def listening(published: Archive) -> Iterator[Listening]:
    with Listening(published.folder) as listening:
        yield listening


@pytest.fixture
def page(published: Archive, token: str) -> Iterator[TestClient]:
    app = create_app(open_reader(published.folder), site=site_of(published.folder))
    with TestClient(app, headers={"Authorization": f"Token {token}"}) as client:
        yield client


def listen(at: int = 1_700_000_000, kind: str = "single", **info: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"artist_name": MARK, "track_name": "Piece 1", "additional_info": info}
    return {"listen_type": kind, "payload": [{"listened_at": at, "track_metadata": said}]}


def test_a_client_that_nobody_here_wrote(published: Archive, token: str, listening: Listening) -> None:
    listening.keep("ada", True)
    with served(published.folder) as address:
        client = client_library.ListenBrainz(api_base_url=address)
        with pytest.raises(client_library.errors.InvalidAuthTokenException):
            client.set_auth_token("onr_nothing")
        client.set_auth_token(token)
        heard = [
            client_library.Listen(track_name=f"Song {n}", artist_name=MARK, listened_at=1_700_000_000 + n)
            for n in range(3)
        ]
        assert client.submit_single_listen(heard[0])["status"] == "ok"
        assert client.submit_multiple_listens(heard)["status"] == "ok"
        now = client_library.Listen(track_name="Song now", artist_name=MARK)
        assert client.submit_playing_now(now)["status"] == "ok"
        assert client.get_playing_now("ada").track_name == "Song now"
        assert [each.track_name for each in client.get_listens("ada")] == ["Song 2", "Song 1", "Song 0"]
        before = client.get_listens("ada", max_ts=1_700_000_002, count=1)
        assert [each.track_name for each in before] == ["Song 1"]
        assert [each.track_name for each in client.get_listens("ada", min_ts=1_700_000_001)] == ["Song 2"]
        assert client.get_user_listen_count("ada") == 3
        client.delete_listen(client.get_listens("ada")[0])
        assert client.get_user_listen_count("ada") == 2


def test_nothing_is_kept_of_whoever_did_not_say_so(page: TestClient, listening: Listening) -> None:
    refused = page.post("/1/submit-listens", json=listen())
    assert refused.status_code == 403 and "want it" in refused.json()["error"]
    assert listening.count("ada") == 0
    told = page.post("/listening", data={"keep": "yes"}, headers=_bearer(page))
    assert told.json()["plays_are_kept"] is True
    assert page.post("/1/submit-listens", json=listen()).json() == {"status": "ok"}
    assert page.post("/1/submit-listens", json=listen()).json() == {"status": "ok"}
    assert page.get("/1/user/ada/listen-count").json() == {"payload": {"count": 1}}, "the same is there once"
    assert page.post("/listening", data={"keep": "no"}, headers=_bearer(page)).json()["plays"] == 1
    assert page.post("/1/submit-listens", json=listen(1_700_000_001)).status_code == 403
    erased = page.post("/listening", data={"erase": "everything"}, headers=_bearer(page)).json()
    assert (erased["plays"], erased["plays_are_kept"]) == (0, False)
    assert page.post("/listening", data={"keep": "perhaps"}, headers=_bearer(page)).status_code == 422


def test_what_somebody_heard_is_told_to_themselves_alone(page: TestClient, published: Archive) -> None:
    with Users(published.folder) as users:
        bob, reader = users.issue("bob", [Scope.SCROBBLE]), users.issue("ada", [Scope.READ])
    for path in ("listens", "listen-count", "playing-now"):
        address = f"/1/user/ada/{path}"
        assert page.get(address).status_code == 200
        assert page.get(address, headers={"Authorization": f"Token {bob}"}).status_code == 403
        assert page.get(address, headers={"Authorization": f"Token {reader}"}).status_code == 403
        assert page.get(address, headers={"Authorization": ""}).status_code == 401
    assert page.get("/1/latest-import?user_name=bob").status_code == 403
    assert page.post("/1/latest-import", json={"ts": 1_700_000_000}).json() == {"status": "ok"}
    assert page.get("/1/latest-import?user_name=ada").json() == {
        "musicbrainz_id": "ada",
        "latest_import": 1_700_000_000,
    }
    assert page.get("/listening", headers={"Authorization": ""}).status_code == 401
    assert page.get("/1/validate-token").json()["user_name"] == "ada"
    assert page.get("/1/validate-token", headers={"Authorization": "Token x"}).json()["valid"] is False
    assert page.get("/1/stats/user/ada/artists").status_code == 404


def test_what_is_wrong_with_a_submission_is_said(page: TestClient, listening: Listening) -> None:
    listening.keep("ada", True)
    nameless = listen()
    nameless["payload"][0]["track_metadata"]["artist_name"] = " "
    heard_now = listen(kind="playing_now")
    long = listen(padding="x" * 11_000)
    many = {"listen_type": "import", "payload": listen()["payload"] * 1_001}
    two = {"listen_type": "single", "payload": listen()["payload"] * 2}
    bodies: tuple[Any, ...] = (
        nameless,
        heard_now,
        long,
        many,
        two,
        listen(at=5),
        listen(at=int(time.time()) + 10**6),
        {"listen_type": "import", "payload": []},
        {"listen_type": "scrobble", "payload": []},
        [],
    )
    for body in bodies:
        answer = page.post("/1/submit-listens", json=body)
        assert answer.status_code == 400 and answer.json()["code"] == 400, body
    assert page.post("/1/submit-listens", content=b"\xff{").status_code == 400
    assert page.post("/1/latest-import", json={"ts": "noon"}).status_code == 400
    assert page.get("/1/user/ada/listens?count=many").status_code == 400
    assert listening.count("ada") == 0


def test_a_play_is_of_what_its_identifiers_name(
    page: TestClient, listening: Listening, published: Archive
) -> None:
    listening.keep("ada", True)
    [piece] = [
        it for it in open_reader(published.folder).search("Piece 1", ("recording",)) if it.title == "Piece 1"
    ]
    own = f"https://here.example/recording/{piece.id}"
    page.post("/1/submit-listens", json=listen(origin_url=own))
    page.post(
        "/1/submit-listens", json=listen(1_700_000_001, origin_url="https://here.example/recording/nothing")
    )
    page.post("/1/submit-listens", json=listen(1_700_000_002))
    assert [play.thing for play in listening.plays("ada", 10)] == ["", "", piece.id]


def test_nothing_of_what_people_hear_is_in_an_edition(
    published: Archive, page: TestClient, listening: Listening
) -> None:
    listening.keep("ada", True)
    page.post("/1/submit-listens", json=listen())
    listening.star("ada", "recording", "r-star-of-ada")
    listening.make_list("ada", f"List of {MARK}", [])
    publish(published)
    folders = [published.folder / name for name in ("editions", "log", "catalog")]
    for path in (each for folder in folders for each in folder.rglob("*") if each.is_file()):
        content = path.read_bytes()
        assert MARK.encode() not in content and b"r-star-of-ada" not in content, path
    assert MARK.encode() in (published.folder / "listening.sqlite").read_bytes()


def test_one_command_erases_what_is_kept(published: Archive, token: str, listening: Listening) -> None:
    listening.keep("ada", True)
    listening.make_list("ada", f"List of {MARK}", [])
    kept = _run(published.folder, "plays", "ada")
    assert kept["plays_are_kept"] is True and kept["lists"] == 1
    gone = _run(published.folder, "plays", "ada", "--forget")
    assert (gone["lists"], gone["plays_are_kept"]) == (0, False)
    assert MARK.encode() not in (published.folder / "listening.sqlite").read_bytes()
    listening.star("bob", "recording", "r-star-of-bob")
    _run(published.folder, "remove", "bob")
    assert b"r-star-of-bob" not in (published.folder / "listening.sqlite").read_bytes()


def test_playlists_come_in_from_files_and_go_out(
    published: Archive, page: TestClient, tmp_path: Path
) -> None:
    release = next(iter(open_reader(published.folder).browse(("release",), 1, Filters(sound=True)).hits))
    out = page.get(f"/playlists/release/{release.id}.xspf").content
    made = page.post("/listening/playlists?name=All%20of%20it.xspf", content=out, headers=_bearer(page))
    assert made.status_code == 201 and made.json()["found"] == 4 and made.json()["missing"] == []
    again = page.get(made.headers["location"], headers=_bearer(page))
    assert [entry.title for entry in playlist_entries.read(again.content, "application/xspf+xml")] == [
        f"Piece {number}" for number in range(1, 5)
    ]
    with Users(published.folder) as users:
        bob = {"Authorization": f"Bearer {users.issue('bob', [Scope.SCROBBLE])}"}
    assert page.get(made.headers["location"], headers=bob).status_code == 404
    lines = ["#EXTM3U", "#EXTINF:8,The Test Tones - Piece 3", "a.mp3", "#EXTINF:8,Nobody - Nothing", "b.mp3"]
    (tmp_path / "mixed.m3u").write_text("\n".join(lines))
    brought = _run(published.folder, "playlist", "ada", str(tmp_path / "mixed.m3u"), code=3)
    assert (brought["name"], brought["found"]) == ("mixed", 1)
    assert [(entry["place"], entry["title"]) for entry in brought["missing"]] == [(2, "Nothing")]
    for name, content in (("x.pdf", b"%PDF"), ("x.xspf", b"<playlist"), ("", b"")):
        refused = page.post(f"/listening/playlists?name={name}", content=content, headers=_bearer(page))
        assert refused.status_code == 422, name


def _run(folder: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    obj = {"folder": str(folder), "as_json": True, "quiet": False}
    result = CliRunner().invoke(command, list(arguments), obj=obj)
    assert result.exit_code == code, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def _bearer(page: TestClient) -> dict[str, str]:
    return {"Authorization": str(page.headers["Authorization"]).replace("Token", "Bearer")}
