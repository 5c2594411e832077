# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notices by form and interface, and the queue that only whoever runs the archive can open."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.notice_elements import Counter, Notice
from onrecord.archive.notices import cases, counter, receive
from onrecord.archive.reading import Reader
from onrecord.archive.ruling import rulings
from onrecord.archive.settings import WebSettings
from onrecord.model.rights import Use
from onrecord.web.app import create_app
from onrecord.web.notices import Limit
from onrecord.web.problems import Told
from onrecord.web.site import Site
from tests.archive.withdrawn import recording_of, sha256
from tests.web.conftest import CUSTOM
from tests.web.sample import HOSTILE

KEY = "a key that serve would have made"
ORIGIN = "http://127.0.0.1:8080"


def client_of(archive: Archive, site: Site, peer: str = "127.0.0.1") -> TestClient:
    app = create_app(Reader(archive.folder), site=site)
    return TestClient(
        app, ORIGIN, raise_server_exceptions=False, follow_redirects=False, client=(peer, 50_000)
    )


@pytest.fixture
def client(held: Archive) -> Iterator[TestClient]:
    with client_of(held, Site(folder=held.folder, web=WebSettings(agent="Ada, Box 1"), key=KEY)) as client:
        yield client


@pytest.fixture
def said(held: Archive, paths: dict[str, Path]) -> dict[str, Any]:
    return {
        "work": "Tune, of 1999",
        "material": f"{ORIGIN}/recording/{recording_of(held, paths['tune'])}",
        "name": "Zebulon Quixworthy",
        "email": "z@example.org",
        "good_faith": "yes",
        "accurate": "yes",
        "signature": "Zebulon Quixworthy",
    }


def as_json(said: dict[str, Any]) -> dict[str, Any]:
    return {**said, "material": said["material"].split(), "good_faith": True, "accurate": True}


# Notices ---------------------------------------------------------------------------------------------------------


def test_a_notice_by_form_hides_at_once(
    client: TestClient, held: Archive, paths: dict[str, Path], said: dict[str, Any]
) -> None:
    address = said["material"].removeprefix(ORIGIN)
    assert client.get(address).status_code == 200
    form = client.get("/rights/notice", params={"about": said["material"]})
    assert form.status_code == 200 and "Ada, Box 1" in form.text and said["material"] in form.text
    answer = client.post("/rights/notice", data=said)
    assert answer.status_code == 201 and "It is hidden" in answer.text
    assert "Zebulon" not in answer.text and answer.headers["cache-control"] == "no-store"
    gone = client.get(address)
    assert gone.status_code == 451 and gone.headers["link"] == '</>; rel="blocked-by"'
    assert "R-WITHDRAWN" in gone.text and "Tune" not in gone.text and "/rights/notice" in gone.text
    sound = client.get(f"/sound/{sha256(paths['tune'])}")
    assert sound.status_code == 451 and sound.headers["link"] == '</>; rel="blocked-by"'
    assert [case.channel for case in cases(held)] == ["form"]


def test_a_notice_by_the_interface(client: TestClient, held: Archive, said: dict[str, Any]) -> None:
    answer = client.post("/api/notices", json=as_json(said))
    body = answer.json()
    assert answer.status_code == 201
    assert (body["state"], body["found"], body["missing"]) == ("hidden", 1, [])
    assert body["id"] == cases(held)[0].id


@pytest.mark.parametrize("left_out", ["work", "material", "email", "good_faith", "accurate", "signature"])
def test_what_is_missing_is_named_and_nothing_is_hidden(
    client: TestClient, held: Archive, said: dict[str, Any], left_out: str
) -> None:
    address = said["material"]
    less = {name: value for name, value in said.items() if name != left_out}
    page = client.post("/rights/notice", data=less)
    assert page.status_code == 422 and "512(c)(3)(A)" in page.text
    less = {name: value for name, value in as_json(said).items() if name != left_out}
    answer = client.post("/api/notices", json=less)
    assert answer.status_code == 422
    assert len(answer.json()["missing"]) == 1
    assert client.get(address).status_code == 200
    assert [case.state for case in cases(held)] == ["incomplete", "incomplete"]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"not json", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[1]", "application/json", 400),
        (b'{"work": 5}', "application/json", 400),
        (b'{"wrok": "x"}', "application/json", 400),
        (b"work=x", "application/x-www-form-urlencoded", 415),
        (b'{"work": "' + b"x" * 200_000 + b'"}', "application/json", 413),
        (b'{"material": [' + b'"x",' * 100 + b'"x"]}', "application/json", 400),
    ],
)
def test_what_is_no_notice_is_refused_and_not_kept(
    client: TestClient, held: Archive, content: bytes, kind: str, status: int
) -> None:
    answer = client.post("/api/notices", content=content, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json" and answer.json()["status"] == status
    assert cases(held) == []


def test_a_form_is_bounded_too(client: TestClient, held: Archive, said: dict[str, Any]) -> None:
    assert client.post("/rights/notice", data={**said, "work": "x" * 200_000}).status_code == 413
    assert client.post("/rights/notice", json=said).status_code == 415
    odd = client.post(
        "/rights/notice",
        content=b"work=%ff%fe",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert odd.status_code == 400
    assert client.put("/rights/notice").status_code == 405
    assert cases(held) == []


def test_a_page_of_another_site_sends_no_notice_in_a_visitors_name(
    client: TestClient, held: Archive, said: dict[str, Any]
) -> None:
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    answer = client.post("/rights/notice", data=said, headers=foreign)
    assert answer.status_code == 403 and "another site" in answer.text
    assert cases(held) == []
    own = {
        "Origin": "https://music.example",
        "Sec-Fetch-Site": "same-origin",
    }  # a proxy may change the host's name
    assert client.post("/rights/notice", data=said, headers=own).status_code == 201


def test_only_so_many_notices_come_by_the_web_in_an_hour(held: Archive, said: dict[str, Any]) -> None:
    site = Site(folder=held.folder, web=WebSettings(notices_per_hour=2))
    with client_of(held, site) as client:
        said["signature"] = ""
        assert client.post("/rights/notice", data=said).status_code == 422
        assert client.post("/api/notices", json=as_json(said)).status_code == 422
        for answer in (
            client.post("/rights/notice", data=said),
            client.post("/api/notices", json=as_json(said)),
        ):
            assert answer.status_code == 429 and 3500 < int(answer.headers["retry-after"]) <= 3601
    assert len(cases(held)) == 2


def test_the_hour_passes() -> None:
    now = [0.0]
    limit = Limit(2, lambda: now[0])
    limit.take()
    now[0] = 1800
    limit.take()
    for moment, free in ((3599.0, False), (3600.0, True), (3601.0, False), (5400.0, True)):
        now[0] = moment
        if free:
            limit.take()
        else:
            with pytest.raises(Told):
                limit.take()


def test_none_an_hour_closes_the_form(held: Archive, said: dict[str, Any]) -> None:
    with client_of(held, Site(folder=held.folder, web=WebSettings(notices_per_hour=0))) as client:
        assert "takes no notices" in client.get("/rights/notice").text
        assert client.post("/rights/notice", data=said).status_code == 429
    assert cases(held) == []


def test_a_page_that_only_reads_takes_none(held: Archive, said: dict[str, Any]) -> None:
    with client_of(held, Site()) as client:
        assert client.get("/rights/notice").status_code == 404
        assert client.post("/api/notices", json=as_json(said)).status_code in (404, 405)
        assert "/rights/notice" not in client.get("/").text
    assert cases(held) == []


def test_an_archive_that_is_being_written_to_says_so(
    client: TestClient, held: Archive, said: dict[str, Any]
) -> None:
    with held.writing():
        answer = client.post("/rights/notice", data=said)
    assert (
        answer.status_code == 503
        and "Another program" in answer.text
        and answer.headers["retry-after"] == "10"
    )
    assert str(held.folder) not in answer.text
    assert cases(held) == []


# The queue -------------------------------------------------------------------------------------------------------


def opened(client: TestClient) -> str:
    """Goes in with the key, and gives the page."""
    moved = client.get("/sign-in", params={"key": KEY})
    assert moved.status_code == 303 and moved.headers["location"] == "/rights/queue"
    cookie = moved.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie
    page = client.get("/rights/queue")
    assert page.status_code == 200 and page.headers["cache-control"] == "no-store"
    return page.text


def hidden(page: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return found[1]


def test_without_the_key_the_queue_is_closed(client: TestClient, held: Archive) -> None:
    for way in ("", "another", KEY + "x"):
        client.get("/sign-in", params={"key": way})
        for answer in (
            client.get("/rights/queue"),
            client.get("/rights/queue", params={"key": KEY}),
            client.post("/rights/rule", data={"answer": "yes"}, headers={"Origin": ORIGIN}),
            client.post("/rights/notices/n1", data={"answer": "reject"}, headers={"Origin": ORIGIN}),
            client.get(f"/rights/sound/{'00' * 32}"),
        ):
            assert answer.status_code == 401 and "onrecord users add" in answer.text


def test_the_key_alone_does_not_open_it_from_elsewhere(held: Archive) -> None:
    with client_of(held, Site(folder=held.folder, key=KEY), peer="10.1.2.3") as client:
        assert client.get("/sign-in", params={"key": KEY}).status_code == 200
        assert client.get("/rights/queue").status_code == 401
    with client_of(held, Site(folder=held.folder)) as client:
        client.get("/sign-in", params={"key": ""})
        assert client.get("/rights/queue").status_code == 401
        assert client.post("/rights/rule", data={"answer": "yes"}).status_code == 401


def test_a_person_sees_hears_and_rules_and_the_list_goes_on(
    client: TestClient, held: Archive, paths: dict[str, Path]
) -> None:
    page = opened(client)
    assert CUSTOM in page and "1 question about 1 file" in page
    digest = sha256(paths["odd"])
    assert client.get(f"/sound/{digest}").status_code == 403
    heard = client.get(f"/rights/sound/{digest}")
    assert heard.status_code == 200 and heard.content == paths["odd"].read_bytes()
    ruled = client.post(
        "/rights/rule",
        data={
            "token": hidden(page, "token"),
            "question": hidden(page, "question"),
            "answer": "yes",
            "license": "CC-BY-4.0",
            "by": "Ada",
            "note": "they asked nicely",
        },
        headers={"Origin": ORIGIN},
    )
    assert ruled.status_code == 303
    assert "No question waits" in client.get("/rights/queue").text
    [ruling] = rulings(held)
    assert (ruling.allow, ruling.by, ruling.note, ruling.license) == (
        True,
        "Ada",
        "they asked nicely",
        "CC-BY-4.0",
    )
    assert Reader(held.folder).may(digest, Use.SHARE).allow


def test_uses_may_be_chosen(client: TestClient, held: Archive) -> None:
    page = opened(client)
    said = {"token": hidden(page, "token"), "question": hidden(page, "question"), "answer": "no"}
    said |= {"use-mine": "yes", "use-adapt": "yes", "by": "Ada", "note": "no machines"}
    assert client.post("/rights/rule", data=said, headers={"Origin": ORIGIN}).status_code == 303
    assert rulings(held)[0].uses == (Use.ADAPT, Use.MINE)


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({}, None),
        ({"Origin": "http://evil.example"}, None),
        ({"Origin": "null"}, None),
        ({"Origin": "http://127.0.0.1:9999"}, None),
        ({"Sec-Fetch-Site": "cross-site"}, None),
        ({"Sec-Fetch-Site": "none"}, None),
        ({"Origin": ORIGIN}, "another"),
        ({"Origin": ORIGIN}, ""),
    ],
)
def test_another_page_cannot_rule(
    client: TestClient, held: Archive, headers: dict[str, str], token: str | None
) -> None:
    page = opened(client)
    said = {"token": hidden(page, "token") if token is None else token, "question": hidden(page, "question")}
    said |= {"answer": "yes", "by": "Eve", "note": "x"}
    assert client.post("/rights/rule", data=said, headers=headers).status_code == 403
    assert rulings(held) == []


def test_a_browser_without_origin_rules_from_the_page_itself(client: TestClient, held: Archive) -> None:
    page = opened(client)
    said = {"token": hidden(page, "token"), "question": hidden(page, "question"), "answer": "no"}
    said |= {"by": "Ada", "note": "no"}
    answer = client.post("/rights/rule", data=said, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303 and len(rulings(held)) == 1


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"by": " "}, "who rules"),
        ({"license": "Made-Up-9"}, "Made-Up-9"),
        ({"answer": "maybe"}, "yes or no"),
        ({"question": "ffffff"}, "no question"),
    ],
)
def test_what_cannot_be_ruled_is_told_and_what_was_typed_stays(
    client: TestClient, held: Archive, changed: dict[str, str], told: str
) -> None:
    page = opened(client)
    said = {
        "token": hidden(page, "token"),
        "question": hidden(page, "question"),
        "answer": "yes",
        "by": "Ada",
    }
    said |= {"note": f"typed with care {HOSTILE.encode('ascii', 'ignore').decode()}", **changed}
    answer = client.post("/rights/rule", data=said, headers={"Origin": ORIGIN})
    assert answer.status_code == 400 and told in answer.text and "Nothing was changed" in answer.text
    assert ("typed with care" in answer.text) == ("question" not in changed)
    assert "<script>alert" not in answer.text
    assert rulings(held) == []


def test_notices_wait_on_the_page_and_are_decided_there(
    client: TestClient, held: Archive, paths: dict[str, Path], said: dict[str, Any]
) -> None:
    [artist] = Reader(held.folder).search("some makers", ("artist",))
    wide = {**said, "material": artist.id, "work": HOSTILE.replace("\x00", "").replace("\x1b", "")}
    taken = client.post("/rights/notice", data=wide)
    assert taken.status_code == 201 and "a person looks at it first" in taken.text
    [case] = cases(held)
    assert case.state == "waiting"
    page = opened(client)
    assert case.id in page and "Zebulon Quixworthy" in page and "<script>alert" not in page
    decide = {"token": hidden(page, "token"), "by": "Ada", "note": "all theirs"}
    answer = client.post(
        f"/rights/notices/{case.id}", data={**decide, "answer": "accept"}, headers={"Origin": ORIGIN}
    )
    assert answer.status_code == 303 and cases(held)[0].state == "hidden"
    assert client.get(f"/sound/{sha256(paths['tune'])}").status_code == 451
    again = client.post(
        f"/rights/notices/{case.id}", data={**decide, "answer": "accept"}, headers={"Origin": ORIGIN}
    )
    assert again.status_code == 400 and "it is hidden" in again.text
    answered = Counter(name="A", address="B", phone="1", mistake=True, jurisdiction=True, signature="A")
    counter(held, case.id, answered)
    assert "to be put back from" in client.get("/rights/queue").text
    gone = client.post(
        f"/rights/notices/{case.id}", data={**decide, "answer": "reject"}, headers={"Origin": ORIGIN}
    )
    assert gone.status_code == 303 and cases(held)[0].state == "rejected"
    assert client.get(f"/sound/{sha256(paths['tune'])}").status_code == 200


def test_a_flood_of_notices_does_not_bury_the_one_that_waits(held: Archive, said: dict[str, Any]) -> None:
    for _ in range(25):
        receive(held, Notice(work="flood"), "api")
    [artist] = Reader(held.folder).search("some makers", ("artist",))
    wide = Notice(**{**as_json(said), "material": (artist.id,)})
    waiting = receive(held, wide, "api")
    assert waiting.state == "waiting"
    with client_of(held, Site(folder=held.folder, key=KEY)) as client:
        page = opened(client)
    shown = re.findall(r'id="notice-(n\d+)"', page)
    assert shown[0] == waiting.id and len(shown) == 20
    assert "and 26 notices" in page and "and 6 more" in page


def test_every_field_of_the_forms_has_a_label_of_its_own(client: TestClient, said: dict[str, Any]) -> None:
    client.post("/rights/notice", data={**said, "signature": ""})
    for page in (client.get("/rights/notice").text, opened(client)):
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert len(ids) == len(set(ids))
        named = re.findall(r'<(?:input|textarea) id="([^"]+)"', page)
        assert len(named) > 3 and {*named} == {*re.findall(r'<label[^>]* for="([^"]+)"', page)}
        unnamed = re.findall(r"<(?:input|textarea) (?!id=|type=\"hidden\"|type=\"checkbox\")[^>]*>", page)
        assert unnamed == []
        assert set(re.findall(r'aria-(?:describedby|labelledby)="([^"]+)"', page)) <= {*ids}
        assert "<style" not in page and "style=" not in page and "onclick" not in page


def test_the_interface_describes_notices(client: TestClient) -> None:
    described = client.get("/api/openapi.json").json()
    post = described["paths"]["/api/notices"]["post"]
    assert {"201", "400", "422", "429", "503"} <= {*post["responses"]}
    assert {"work", "material", "good_faith"} <= {*described["components"]["schemas"]["Notice"]["properties"]}
    assert "Received" in described["components"]["schemas"]
