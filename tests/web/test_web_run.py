# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The owner's page says what is so: what came, what is damaged and what mends it, who has an account; and no more."""

import html
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.checking import check
from onrecord.archive.matching import rematch
from onrecord.archive.overview import now
from onrecord.archive.reading import open_reader
from onrecord.ledger import Log
from onrecord.web.access import passwords
from onrecord.web.access.people import Users
from onrecord.web.access.roles import Role, Scope
from onrecord.web.app import create_app
from onrecord.web.site import site_of
from tests.web.browser import faults_of, served, watched

KEY = "a key that serve would have made"
ORIGIN = "http://127.0.0.1:8080"
OWN = {"Origin": ORIGIN}


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_COST", (2**4, 8, 1))


@pytest.fixture
def client(held: Archive) -> Iterator[TestClient]:
    """A browser of whoever runs the server."""
    app = create_app(open_reader(held.folder), site=site_of(held.folder, KEY))
    with TestClient(app, ORIGIN, follow_redirects=False, client=("127.0.0.1", 50_000)) as made:
        assert made.get("/sign-in", params={"key": KEY, "next": "/run"}).headers["location"] == "/run"
        yield made


def section(client: TestClient, name: str) -> str:
    """The words of a part of the page."""
    page = client.get("/run")
    assert page.status_code == 200 and page.headers["cache-control"] == "no-store"
    [found] = re.findall(rf'<section class="block" aria-labelledby="{name}">.*?</section>', page.text, re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found)).split())


def send(client: TestClient, path: str, **said: str) -> Any:
    [token] = set(re.findall('name="token" value="([^"]+)"', client.get("/run").text))
    return client.post(path, data={"token": token, **said}, headers=OWN)


def test_what_is_damaged_is_named_with_what_mends_it(held: Archive, client: TestClient) -> None:
    assert "never checked" in section(client, "wrong")
    check(held)
    rematch(held)
    assert "nothing is damaged" in section(client, "wrong")
    blob = next(iter(held.ledger.blobs()))
    path = held.store.path(blob.sha256, blob.root)
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    check(held)
    said = section(client, "wrong")
    assert f"{blob.sha256} flipped" in said and "onrecord mirror repair --from" in said
    assert "1 file damaged or lost" in section(client, "harvests")
    path.write_bytes(whole)
    check(held)
    assert blob.sha256 not in section(client, "wrong")
    held.log.note_broken("line 2 is not what it was")
    assert "line 2 is not what it was" in section(client, "wrong")


def test_what_came_and_what_was_turned_away(held: Archive, client: TestClient, tmp_path: Path) -> None:
    assert "Whatever was brought in was taken." in section(client, "turned")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "<b>noise.flac").write_bytes(b"fLaC" + bytes(4000))
    report = add(held, [tmp_path / "odd"], held_as="owner")
    [refused] = report.refused
    said = section(client, "turned")
    assert f"{refused.code} 1" in said and "<b>noise.flac" in said
    data = {"source": "made-up", "license": "CC0-1.0", "redistribute": True, "cursor": "1"}
    with held.writing():
        held.commit("harvested", {**data, "location": "/dumps/first.json#3fa9"})
    said = section(client, "harvests")
    assert re.search(r"made-up 0 CC0-1\.0 20\d\d-\d\d-\d\d \d\d:\d\d /dumps/first\.json Blobs", said)
    happened = section(client, "happened")
    assert happened.index("harvested") < happened.index("added") < happened.index("created")
    before = held.ledger.dump()
    held.rebuild_ledger()
    assert held.ledger.dump() == before


def test_whoever_is_signed_in_is_led_there_from_every_page(client: TestClient) -> None:
    for path in ("/", "/editions", "/nothing"):
        page = client.get(path).text
        assert 'href="/run"' in page and 'href="/rights/queue"' in page and "Signed in" in page
    assert client.get("/").headers["cache-control"] == "private, no-cache"
    client.cookies.clear()
    answer = client.get("/")
    assert answer.headers["cache-control"] == "no-cache" and "Sign in" in answer.text
    assert "/rights/queue" not in answer.text and "/run" not in answer.text


def test_it_says_who_writes_and_keeps_nobody_from_writing(held: Archive, client: TestClient) -> None:
    assert "Nothing is being written." in section(client, "now")
    with held.writing():
        assert now(held).writer == os.getpid()
        assert f"Process {os.getpid()} is writing" in client.get("/run/now").text
    assert now(held).writer is None
    with Archive.open(held.folder) as other, other.writing():
        pass


def test_the_end_of_the_log_is_read_whatever_its_length(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    assert log.newest(3) == []
    for number in range(50):
        log.append("noted", {"number": number, "filler": "x" * 500})
    assert [entry.seq for entry in log.newest(3)] == [50, 49, 48]
    assert len(log.newest(100)) == 50
    # Of a line that begins before what is read nothing is told.
    assert [entry.seq for entry in log.newest(100, reach=2000)] == [50, 49]


def test_the_settings_are_shown_with_their_file(held: Archive, client: TestClient) -> None:
    said = section(client, "settings")
    assert str(held.folder / "onrecord.toml") in said
    assert 'name "Test archive"' in said and "requests_per_second 20.0 by default" in said


def test_people_and_tokens_are_made_and_ended(held: Archive, client: TestClient) -> None:
    assert send(client, "/run/people", name="ada", role="curator", password="long enough").status_code == 303
    with Users(held.folder) as users:
        assert users.person("ada").role is Role.CURATOR
        assert send(client, "/run/people/ada", act="role", role="owner").status_code == 303
        assert users.person("ada").role is Role.OWNER
        answer = send(
            client, "/run/tokens", user="ada", kind="token", label="robot", days="30", **{"scope-own": "on"}
        )
        [secret] = re.findall(r"onr_[A-Za-z0-9_-]+", answer.text)
        assert answer.status_code == 200 and secret not in client.get("/run").text
        robot = {"Authorization": f"Bearer {secret}"}
        client.cookies.clear()
        assert client.get("/run", headers=robot).status_code == 200
        # A program proves nothing by a form's token: no page can make it send its own.
        ended = client.post("/run/people/ada", data={"act": "role", "role": "listener"}, headers=robot)
        assert ended.status_code == 400 and "your own account" in ended.text
        client.get("/sign-in", params={"key": KEY})
        [token] = users.tokens()
        assert (token.label, token.scopes) == ("robot", (Scope.OWN,)) and token.ends
        assert send(client, f"/run/tokens/{token.id}").status_code == 303
        assert client.get("/run", headers=robot).status_code == 401
        word = send(client, "/run/tokens", user="ada", kind="app", label="player").text
        [password] = re.findall(r"[a-z2-9]{5}(?:-[a-z2-9]{5}){3}", word)
        assert users.by_app_password("ada", password) is not None
        session = users.begin(users.person("ada"))
        assert "1 session" in section(client, "people")
        assert send(client, "/run/people/ada", act="end").status_code == 303
        assert users.by_session(session) is None
        assert send(client, "/run/people/ada", act="remove").status_code == 303
        assert users.everybody() == [] and users.tokens() == []


def test_a_form_that_is_wrong_or_of_another_page_changes_nothing(held: Archive, client: TestClient) -> None:
    said = {"name": "ada", "role": "owner", "password": "long enough"}
    assert client.post("/run/people", data={**said, "token": "made up"}, headers=OWN).status_code == 403
    for path, wrong in (
        ("/run/people", {**said, "role": "king"}),
        ("/run/people", {**said, "name": "../x"}),
        ("/run/people", {**said, "password": "short"}),
        ("/run/people/nobody", {"act": "end"}),
        ("/run/people/nobody", {"act": "forget"}),
        ("/run/tokens", {"user": "nobody", "scope-read": "on"}),
        ("/run/tokens", {"user": "nobody", "days": "٣"}),
        ("/run/tokens/000000", {}),
    ):
        answer = send(client, path, **wrong)
        assert answer.status_code == 400 and "Nothing was changed." in answer.text, path
    with Users(held.folder) as users:
        assert users.everybody() == []


def test_the_page_in_a_browser(held: Archive, chromium: Any, tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "noise.flac").write_bytes(b"fLaC" + bytes(4000))
    add(held, [tmp_path / "odd"], held_as="owner")
    with Users(held.folder) as users:
        users.add("ada", Role.OWNER, "long enough")
    with (
        served(open_reader(held.folder), site_of(held.folder, KEY)) as site,
        watched(chromium, site) as open_page,
    ):
        page = open_page(f"/sign-in?key={KEY}&next=/run", 390, "dark")
        page.get_by_role("heading", name="Run", level=1).wait_for()
        page.get_by_text("Make a token", exact=True).first.press("Enter")
        page.get_by_label("What uses it").fill("a loudspeaker")
        page.get_by_role("button", name="Make a token").press("Enter")
        page.get_by_text("It is shown this once").wait_for()
        assert faults_of(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        with held.writing():
            page.get_by_text(f"Process {os.getpid()} is writing").wait_for()
        page.get_by_role("button", name="Revoke token a loudspeaker of ada").press("Enter")
        page.get_by_text("Make a token", exact=True).first.wait_for()
        assert "a loudspeaker" not in page.content()
        page = open_page(f"/sign-in?key={KEY}&next=/run", script=False)
        assert page.get_by_role("link", name="Look again").is_visible()
