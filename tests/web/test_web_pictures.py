# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Covers and words on the web: shown where the rights say so, nowhere else, and nothing hidden goes with them."""

import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import pytest
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.reading import Reader, open_reader
from onrecord.archive.ruling import rule
from onrecord.archive.withdrawing import withdraw
from onrecord.model.rights import Target
from onrecord.web.access.people import Users
from onrecord.web.access.roles import Role, Scope
from onrecord.web.app import create_app
from onrecord.web.picture_address import SIZES, path_of
from onrecord.web.site import site_of
from tests.archive.pictured import COVER, HIDDEN, pictured
from tests.conftest import DAY


@pytest.fixture
def shown(made_once: Callable[..., Path]) -> Iterator[Archive]:
    with Archive.open(made_once(pictured) / "archive", lambda: DAY) as archive:
        yield archive


@pytest.fixture
def client(shown: Archive) -> Iterator[TestClient]:
    app = create_app(open_reader(shown.folder), "SE", site_of(shown.folder, "a key"))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def allow(archive: Archive) -> None:
    rule(archive, Target("blob", COVER), True, license="CC-BY-4.0", by="Ada", note="She drew it")


def ids(archive: Archive) -> dict[str, str]:
    hits = Reader(archive.folder).search("Some Makers") + Reader(archive.folder).search(
        "Record", ("release",)
    )
    return {hit.title: hit.id for hit in hits}


def test_a_cover_leaves_small_written_anew_and_only_where_the_rights_say_so(
    shown: Archive, client: TestClient
) -> None:
    refused = client.get(path_of(COVER))
    assert refused.status_code == 403 and "R-NO-EVIDENCE" in refused.text
    allow(shown)
    for size in SIZES:
        sent = client.get(path_of(COVER, size))
        assert (sent.status_code, sent.headers["content-type"]) == (200, "image/jpeg")
        assert sent.headers["x-content-type-options"] == "nosniff"
        assert HIDDEN not in sent.content and b"Lavc" not in sent.content
        picture: Any = av.open(io.BytesIO(sent.content), format="jpeg_pipe")
        with picture as opened:
            [frame] = opened.decode(video=0)
        assert (frame.width, frame.height) == (size, size)
        assert abs(int(frame.to_ndarray(format="gray")[9, 9]) - 128) < 4
    again = client.get(path_of(COVER), headers={"If-None-Match": sent.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, sent.headers["cache-control"])
    for wrong in (path_of("ab" * 32), path_of("x"), path_of(COVER, 700)):
        assert client.get(wrong).status_code in (403, 404)
    withdraw(shown, Target("blob", COVER), by="the painter", text="not any more")
    gone = client.get(path_of(COVER))
    assert gone.status_code == 451 and "R-WITHDRAWN" in gone.text


def test_where_covers_are_named(shown: Archive, client: TestClient) -> None:
    """The same pages before and after: without evidence there is no trace of a picture."""
    known = ids(shown)
    recording, release, artist = known["First"], known["Record"], known["Some Makers"]
    with Users(shown.folder) as users:
        users.add("ada", Role.LISTENER, "correct horse battery")
        own = {"u": "ada", "p": users.make_app_password("ada", "a player"), "c": "test", "f": "json"}
    pages = {
        "/": '<img src="/picture/',
        f"/recording/{recording}": 'alt="Front cover"',
        f"/release/{release}": 'alt="Front cover"',
        f"/artist/{artist}": 'alt="Front cover"',
        "/feeds/sound.atom": "<media:thumbnail ",
        "/feeds/sound.rss": "<media:thumbnail ",
        f"/playlists/release/{release}.xspf": "<image>http://",
        f"/playlists/release/{release}.jspf": '"image":"http://',
        f"/playlists/release/{release}.m3u": "#EXTALBUMARTURL:http://",
    }
    art = {"/rest/getCoverArt": [COVER, recording, release, artist]}
    for page in pages:
        assert COVER not in client.get(page).text, page
    for id in art["/rest/getCoverArt"]:
        assert client.get("/rest/getCoverArt", params={**own, "id": id}).json()["subsonic-response"]["error"]
    allow(shown)
    for page, words in pages.items():
        text = client.get(page).text
        assert words in text and path_of(COVER) in text.replace("?size=256", "?size=600"), page
    linked = re.search(r'ld\+json">(.*?)</script>', client.get(f"/recording/{recording}").text)
    assert linked is not None
    assert json.loads(linked[1])["image"] == {
        "@type": "ImageObject",
        "contentUrl": f"http://testserver{path_of(COVER)}",
        "license": "https://creativecommons.org/licenses/by/4.0/",
    }
    for id in art["/rest/getCoverArt"]:
        sent = client.get("/rest/getCoverArt", params={**own, "id": id, "size": 100})
        assert (sent.status_code, sent.headers["content-type"]) == (200, "image/jpeg"), id
    song = client.get("/rest/getSong", params={**own, "id": recording}).json()["subsonic-response"]["song"]
    assert song["coverArt"] == COVER


def test_words_stand_on_the_page_and_in_players(shown: Archive, client: TestClient) -> None:
    third = ids(shown)["Third"]
    with Users(shown.folder) as users:
        users.add("ada", Role.LISTENER, "correct horse battery")
        own = {"u": "ada", "p": users.make_app_password("ada", "a player"), "c": "test", "f": "json"}

    def asked(method: str, **more: str) -> Any:
        return client.get(f"/rest/{method}", params={**own, **more}).json()["subsonic-response"]

    assert "En rad" not in client.get(f"/recording/{third}").text
    rule(shown, Target("recording", third), True, by="Ada", note="The sound is ours")
    assert asked("getLyricsBySongId", id=third)["lyricsList"] == {"structuredLyrics": []}
    rule(shown, Target("recording", third), True, part="lyrics", by="Ada", note="So are the words")
    page = client.get(f"/recording/{third}").text
    assert (
        'class="words synced" lang="sv"' in page
        and '<span class="num">1:01</span> <bdi>En till</bdi>' in page
    )
    [synced, plain] = asked("getLyricsBySongId", id=third)["lyricsList"]["structuredLyrics"]
    assert synced["synced"] is True and synced["lang"] == "swe"
    assert synced["line"] == [{"start": 500, "value": "En rad"}, {"start": 61_250, "value": "En till"}]
    assert plain["line"] == [{"value": "En rad"}, {"value": ""}, {"value": "En till"}]
    assert asked("getLyrics", artist="Some Makers", title="third")["lyrics"]["value"] == "En rad\nEn till"
    assert asked("getLyrics", title="No such song")["lyrics"] == {}


def test_who_rules_sees_what_is_held(shown: Archive, client: TestClient) -> None:
    recording = ids(shown)["First"]
    review = f"/rights/picture/{COVER}"
    assert client.get(review).status_code == 401 and COVER not in client.get(f"/recording/{recording}").text
    with Users(shown.folder) as users:
        users.add("cleo", Role.CURATOR, "correct horse battery")
        token = users.issue("cleo", [Scope.CURATE])
    mine = {"Authorization": f"Bearer {token}"}
    page = client.get(f"/recording/{recording}", headers=mine).text
    assert review in page and "not shown" in page and "--part lyrics" in page
    sent = client.get(review, headers=mine)
    assert (sent.status_code, sent.headers["content-type"]) == (200, "image/jpeg")
    assert sent.headers["cache-control"] == "private, no-store"
