# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings by chance, and a queue that plays on while pages change, in a real browser."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.reading import open_reader
from onrecord.archive.shuffling import shuffled
from onrecord.ledger import Ledger
from onrecord.web.app import create_app
from onrecord.web.site import site_of
from tests.web.browser import faults_of, served, watched

_TIME = "Math.max(...[...document.querySelectorAll('.dock audio')].map((each) => each.currentTime))"
_PLAYS = "[...document.querySelectorAll('audio')].filter((each) => !each.paused).length"


@pytest.fixture
def client(published: Archive) -> Iterator[TestClient]:
    with TestClient(create_app(open_reader(published.folder), site=site_of(published.folder))) as made:
        yield made


def until(page: Any, expression: str) -> Any:
    deadline = time.monotonic() + 20
    while not (value := page.evaluate(expression)):
        assert time.monotonic() < deadline, f"never true: {expression}"
        page.wait_for_timeout(50)
    return value


# Chance ----------------------------------------------------------------------------------------------------------


def test_all_that_may_be_heard_and_nothing_else_comes(published: Archive, client: TestClient) -> None:
    drawn = client.get("/api/shuffle", params={"limit": 100}).json()["recordings"]
    assert sorted(item["title"] for item in drawn) == [
        "NC",
        *(f"Piece {number}" for number in range(1, 5)),
    ]
    for item in drawn:
        assert client.get(item["address"]).status_code == 200
        assert client.get(f"/api/recording/{item['id']}/sound").json() == item
    page = client.get("/shuffle")
    assert page.headers["cache-control"] == "no-store"
    assert all(item["id"] in page.text for item in drawn)
    assert client.get("/api/shuffle", params={"shelf": "cc-by-4-0"}).json()["recordings"]
    assert client.get("/api/shuffle", params={"shelf": "cc0-1-0"}).json() == {"recordings": []}
    assert (
        "the shelf <strong>cc-by-4-0</strong>" in client.get("/shuffle", params={"shelf": "cc-by-4-0"}).text
    )
    assert client.get("/shuffle", params={"shelf": "no-such-shelf"}).status_code == 404
    assert client.get("/api/shuffle", params={"limit": 0}).status_code == 422


def test_what_may_not_be_heard_is_no_answer(published: Archive, client: TestClient) -> None:
    [closed] = client.get("/api/search", params={"q": "no evidence"}).json()["hits"][:1]
    answer = client.get(f"/api/recording/{closed['id']}/sound")
    assert answer.status_code == 404 and "Its page says why" in answer.json()["detail"]


def test_each_file_is_as_likely_as_any_other(published: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Digests that lie close together are not drawn less often than one that stands alone."""
    monkeypatch.setattr("onrecord.archive.shuffling._FEW", 0)
    chance = random.Random(7)
    reader = open_reader(published.folder)
    firsts = Counter(shuffled(published, reader, 1, "unknown", chance=chance)[0][0].id for _ in range(400))
    assert len(firsts) == 5
    # 80 each are expected; 44 is four and a half standard deviations away.
    assert min(firsts.values()) > 44


def test_a_part_of_the_order_is_what_begins_with_its_bits(published: Archive) -> None:
    ledger: Ledger = published.ledger
    sounds = [row.sha256 for row in ledger.blobs("ok") if row.kind == "sound"]
    assert ledger.sounds_from(0, 0, 100) == sounds
    assert [each for part in range(8) for each in ledger.sounds_from(part, 3, 100)] == sounds
    assert ledger.sounds_from(int(sounds[2], 16), 256, 100) == [sounds[2]]


# The queue -------------------------------------------------------------------------------------------------------


def test_sound_goes_on_while_pages_change(published: Archive, chromium: Any) -> None:
    with (
        served(open_reader(published.folder), site_of(published.folder)) as site,
        watched(chromium, site) as open_page,
    ):
        page = open_page("/shuffle")
        page.evaluate("window.same = true")
        credited = page.locator("[data-recording]:has(.by) .what a")
        titles = credited.all_inner_texts()
        page.get_by_role("button", name=f"Play {titles[0]}", exact=True).click()
        until(page, f"{_TIME} > 0.2")
        assert page.locator(".dock .what").inner_text() == titles[0]
        assert faults_of(page) == []
        credited.nth(1).click()
        page.wait_for_url("**/recording/*")
        page.get_by_role("heading", name=titles[1], level=1).wait_for()
        at = until(page, _TIME)
        until(page, f"{_TIME} > {at}")
        assert page.evaluate("window.same") and titles[1] in page.title()
        # One sound at a time: the page's own player ends the queue's, and goes on when its page is left.
        page.locator(".player .play").click()
        until(page, f"document.querySelector('.player.playing') && {_PLAYS} === 1")
        page.get_by_role("link", name="Explore").click()
        page.get_by_role("heading", name="Explore", level=1).wait_for()
        until(page, f"document.querySelector('.dock .what').textContent === '{titles[1]}' && {_PLAYS} === 1")
        page.go_back()
        page.get_by_role("heading", name=titles[1], level=1).wait_for()
        assert page.evaluate("window.same")
        page.get_by_role("button", name="Stop and close").press("Enter")
        assert page.evaluate(_PLAYS) == 0 and page.locator(".dock").is_hidden()
        page.locator(".head .artist a").click()
        page.get_by_role("button", name="Play all").click()
        first = page.locator("[data-recording] .what a").first.inner_text()
        until(page, f"document.querySelector('.dock .what').textContent === '{first}' && {_PLAYS} === 1")


def test_one_follows_the_other(published: Archive, chromium: Any) -> None:
    with (
        served(open_reader(published.folder), site_of(published.folder)) as site,
        watched(chromium, site) as open_page,
    ):
        page = open_page("/shuffle", width=390, scheme="dark")
        titles = page.locator("[data-recording] .what a").all_inner_texts()
        page.locator(".row-play").first.press("Enter")
        until(page, f"{_TIME} > 0.1")
        for title in titles[1:]:
            until(page, "[...document.querySelectorAll('.dock audio')].every((each) => each.src)")
            page.get_by_role("slider", name="Position").press("End")
            until(page, f"document.querySelector('.dock .what').textContent === '{title}' && {_PLAYS} === 1")
        assert faults_of(page) == []
        # What was asked for and may not be heard is named. The browser notes that it was refused, so nobody watches.
        page = chromium.new_page()
        page.goto(f"{site}/search?q=no+evidence")
        closed = page.locator("[data-recording] .what a").first.inner_text()
        page.get_by_role("button", name=f"Play {closed}", exact=True).click()
        page.locator(".dock .said").get_by_text(
            f"“{closed}”: Nothing of this recording may be heard"
        ).wait_for()
        page.close()
