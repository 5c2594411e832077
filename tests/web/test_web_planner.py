# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page would have somebody hold is what the command chooses; histories are shown where they were counted."""

import datetime as dt
import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from onrecord.archive import Archive, mirroring, planning, possession, seeding, swarm
from onrecord.archive.newest_editions import volume_torrents
from onrecord.archive.reading import open_reader
from onrecord.archive.swarm import Count, SwarmDay
from onrecord.mirror.session import Session
from onrecord.web.app import create_app
from onrecord.web.planner import draw
from onrecord.web.site import site_of
from tests.archive.feeds import feed_of
from tests.archive.test_planning import _three_volumes
from tests.web.browser import faults_of, served, watched

_DAY = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


@pytest.fixture
def origin(made_once: Callable[..., Path], clock: Callable[[], dt.datetime]) -> Iterator[Archive]:
    with Archive.open(made_once(_three_volumes) / "archive", clock) as archive:
        yield archive


@pytest.fixture
def client(origin: Archive) -> Iterator[TestClient]:
    with TestClient(create_app(open_reader(origin.folder), site=site_of(origin.folder))) as made:
        yield made


def told(page: str, label: str) -> list[tuple[str, str]]:
    """The volumes of one side of a plan, and why."""
    listed = re.findall(rf'aria-label="{label}">(.*?)</ul>', page, re.S)
    return [
        (name, html.unescape(why.strip()).split("; 1 seeder")[0])
        for name, why in re.findall(
            r"<bdi>(onrecord-.*?)</bdi>.*?class=\"why\">(.*?)</span>", "".join(listed), re.S
        )
    ]


def test_the_page_chooses_as_the_command_does(origin: Archive, client: TestClient, tmp_path: Path) -> None:
    """A mirror that has the papers alone, and its own key, chooses what the page said it would."""
    with Archive.create(tmp_path / "mirror", "Mirror", origin.clock) as mirror, Session() as session:
        mirroring.follow(mirror, feed_of(origin))
        planning.make(mirror, 0)
        seeding.seed(origin, session)
        mirroring.sync(mirror, [("127.0.0.1", session.port)], patience=20)
        key = possession.holder_key(mirror).public.splitlines()[1]
        for asked, space, licenses, shelves in (
            ({"space": "0.02", "unit": "MB"}, 20_000, (), ()),
            ({"space": "2", "unit": "TB", "license": "CC0-1.0"}, 2 * 10**12, ["CC0-1.0"], ()),
            ({"space": "1,5", "unit": "GB", "shelf": "cc-by-4-0"}, 15 * 10**8, (), ["cc-by-4-0"]),
        ):
            made = planning.make(mirror, space, licenses, shelves, commit=False)
            answer = client.get("/editions/plan", params={**asked, "key": key})
            for label, chosen in (("To hold", True), ("Left out", False)):
                expected = [(each.volume, each.why) for each in made.volumes if each.chosen is chosen]
                assert told(answer.text, label) == expected
            assert any(each.chosen for each in made.volumes)
    assert "onrecord mirror plan --space 1.5GB --shelf cc-by-4-0" in answer.text
    assert "onrecord mirror follow http://testserver/feed/feed.json" in answer.text
    assert answer.text == client.get("/editions/plan", params={**asked, "key": key}).text


def test_every_link_to_a_torrent_leads_to_one(client: TestClient) -> None:
    page = client.get("/editions/plan", params={"space": "1"}).text
    links = re.findall(r'href="(/editions/\d+/volumes/[^"]+\.torrent)"', page)
    assert len(links) == 3
    for link in links:
        assert client.get(link).content.startswith(b"d")


def test_what_was_shown_elsewhere_is_needed_less(origin: Archive, client: TestClient) -> None:
    [first, *_] = re.findall(r"<bdi>(onrecord-[^<]*)</bdi>", client.get("/editions").text)
    shown = {"holder": "RWQmadeup", "day": "2026-11-22", "country": "", "volumes": {first: [4, 4]}}
    with origin.writing():
        origin.commit("possession", shown)
    needed = re.findall(r'aria-labelledby="needed".*?</section>', client.get("/editions").text, re.S)[0]
    assert re.findall(r"<bdi>(onrecord-[^<]*)</bdi>", needed)[-1] == first and "1 copies elsewhere" in needed
    plan = told(client.get("/editions/plan", params={"space": "1"}).text, "To hold")
    assert plan[-1] == (first, "1 copies elsewhere") and len(plan) == 3


def test_what_is_no_wish_is_said(client: TestClient) -> None:
    for asked in (
        {"space": "much"},
        {"space": "-1"},
        {"space": "٢"},
        {"space": "2", "unit": "PB"},
        {"space": "2", "license": "Nonsense; rm"},
        {"space": "2", "key": "<script>"},
    ):
        answer = client.get("/editions/plan", params=asked)
        assert answer.status_code == 400 and 'role="alert"' in answer.text and "expected" in answer.text
        body = answer.text.split("</head>")[1]
        assert "onrecord mirror plan" not in body and "<script>" not in body


def test_seeders_are_drawn_day_by_day_where_they_were_counted(origin: Archive, client: TestClient) -> None:
    assert "Seeders since" not in client.get("/editions").text
    name, *_ = volume_torrents(origin)
    for seeders, days in ((4, 0), (0, 1), (9, 3)):
        swarm.put(origin, [Count(name, "tracker", seeders, 1, 2, True)], _DAY + dt.timedelta(days))
    page = client.get("/editions").text
    rows = re.findall(r'<tr><th scope="row">([^<]*)</th><td class="num">(\d+)', page)
    assert rows[:3] == [("2026-11-23", "9"), ("2026-11-21", "0"), ("2026-11-20", "4")]
    assert "9 seeders on 23 November 2026" in page


def test_a_day_on_which_nobody_counted_has_no_bar() -> None:
    days = [SwarmDay("a", day, "tracker", n, 0, None) for day, n in (("2026-11-01", 2), ("2026-11-04", 4))]
    trail = draw(days)
    assert (len(trail.bars), trail.bars[1].x, trail.bars[0].height * 2) == (2, 36, trail.bars[1].height)
    assert draw([SwarmDay("a", "2026-11-01", "session", 0, 0, None)]).bars[0].height == 1.0


def test_the_pages_in_a_browser(origin: Archive, chromium: Any) -> None:
    name, *_ = volume_torrents(origin)
    for days in range(5):
        swarm.put(origin, [Count(name, "session", days, 0, None, True)], _DAY + dt.timedelta(days))
    with (
        served(open_reader(origin.folder), site_of(origin.folder)) as site,
        watched(chromium, site) as open_page,
    ):
        page = open_page("/editions", 390, "dark")
        page.locator(".history summary").first.press("Enter")
        page.get_by_role("columnheader", name="Told by").first.wait_for()
        assert page.get_by_label("I have room for").input_value() == "2"
        page.get_by_label("I have room for").fill("3")
        page.get_by_label("Unit").select_option("GB")
        page.get_by_role("button", name="What should I hold?").press("Enter")
        page.get_by_role("heading", name="3 of 3 volumes").wait_for()
        assert faults_of(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page = open_page("/editions/plan?space=3&unit=GB", script=False)
        assert page.get_by_text("onrecord mirror plan --space 3GB").is_visible()
