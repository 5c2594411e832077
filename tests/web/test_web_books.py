# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page splits as the command does, by sliders and by address; somebody's own books are read at home alone."""

import html
import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.reading import open_reader
from onrecord.archive.settings import WebSettings
from onrecord.cli import group
from onrecord.royalties.ledgering import Books
from onrecord.royalties.reporting import report
from onrecord.web.app import create_app
from onrecord.web.site import Site, site_of
from tests.royalties.test_report import made as statement
from tests.royalties.test_report import row
from tests.web.browser import faults_of, served, watched

KEY = "a key that serve would have made"
ORIGIN = "http://127.0.0.1:8080"
OWN = {"Origin": ORIGIN}
Visit = Callable[..., TestClient]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An archive in which nothing is: the page of the books needs none of it."""
    Archive.create(tmp_path / "archive", "Test archive").close()
    return tmp_path / "archive"


@pytest.fixture
def visit(folder: Path) -> Iterator[Visit]:
    """A browser on the machine of the server, which is bound on loopback unless told otherwise."""
    clients = []

    def visit(owner: bool = False, **changed: Any) -> TestClient:
        site: Site = replace(site_of(folder, KEY), **{"alone": True, **changed})
        app = create_app(open_reader(folder), site=site)
        client = TestClient(app, ORIGIN, follow_redirects=False, client=("127.0.0.1", 50_000))
        clients.append(client)
        if owner:
            client.get("/sign-in", params={"key": KEY})
        return client

    yield visit
    for client in clients:
        client.close()


def rows(page: str, label: str) -> list[list[str]]:
    """The cells of a table."""
    [table] = re.findall(rf'aria-label="Table: {label}">.*?<tbody>(.*?)</tbody>', page, re.S)
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in table.split("</tr>")[:-1]]
    return [[" ".join(html.unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in row] for row in found]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {
            "listeners": "100", "artists": "40", "correlation": "-0.25", "fee": "9.5", "seed": "3",
            "rule": ["weighted", "threshold", "shapley"], "weighted.alpha": "0.75", "threshold.streams": "500",
        },
    ],
)  # fmt: skip
def test_the_numbers_are_those_of_the_command(visit: Visit, tmp_path: Path, asked: dict[str, Any]) -> None:
    client = visit()
    page = client.get("/books", params=asked).text
    [said] = re.findall(r"<pre tabindex=\"0\" data-copy>(curl.*?)</pre>", page, re.S)
    fetch, compare = html.unescape(said).splitlines()
    (tmp_path / "plays.csv").write_bytes(client.get(shlex.split(fetch)[-1]).content)
    words = ["royalties", "compare", str(tmp_path / "plays.csv"), *shlex.split(compare)[4:], "--json"]
    done = CliRunner().invoke(group, words)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)["models"]
    expected = []
    for name, outcome in found.items():
        parts, change = outcome["concentration"], outcome["change"]
        moved = ["–", "–", "–"]
        if change:
            part = f"{float(change['moved']):,.2f} {100 * change['moved_share']:.1f} %"
            moved = [f"{change['winners']}", f"{change['losers']}", part]
        figures = [f"{parts['gini']:.3f}", f"{100 * parts['top_10']:.1f} %", f"{outcome['payees']}"]
        expected.append([name, *figures, *moved, "–"])
    assert rows(page, "what the rules do") == expected
    tenths = rows(page, "by tenths of the artists")
    others = [name for name in found if name != "pro-rata"]
    for place, cells in enumerate(tenths):
        groups = [found[name]["change"]["deciles"][place] for name in others]
        assert cells[0] == str(place + 1) and cells[1] == f"{float(groups[0]['baseline']):,.2f}"
        assert cells[2:] == [
            f"{float(each['paid']):,.2f}"
            + ("" if each["change"] is None else f" {100 * each['change']:+.1f} %")
            for each in groups
        ]
    assert len(tenths) == 10 and len(others) == (4 if not asked else 3)
    assert client.get("/books", params=asked).text == page


def test_htmx_gets_the_outcome_alone_and_nonsense_is_said(visit: Visit) -> None:
    client = visit()
    small = {"listeners": "50", "artists": "20", "plays": "50"}
    part = client.get("/books", params=small, headers={"HX-Request": "true"})
    assert "<html" not in part.text and "What the rules" in part.text and part.headers["vary"] == "HX-Request"
    for asked in (
        {"listeners": "1e9"},
        {"listeners": "601"},
        {"artists": "25.5"},
        {"fee": "-1"},
        {"correlation": "٢"},
        {"rule": "<script>alert(1)</script>"},
        {"hybrid.lambda": "0.501"},
    ):
        answer = client.get("/books", params=asked)
        assert answer.status_code == 400 and 'role="alert"' in answer.text and "expected" in answer.text
        assert "<script>alert" not in answer.text and "curl" not in answer.text
        assert asked.keys() & {"rule", "fee", "hybrid.lambda"} or (
            client.get("/books/plays.csv", params=asked).status_code == 400
        )


@pytest.fixture
def books(tmp_path: Path) -> Books:
    made = Books.open(tmp_path / "books", make=True)
    lines = [row(units="10", earned="0.03"), row(units="30", earned="0.15", country="SE")]
    statement(tmp_path, made, *lines)
    return made


def send(client: TestClient, path: str, said: Mapping[str, str], headers: Mapping[str, str] = OWN) -> Any:
    page = client.get("/books", params={"listeners": "50", "artists": "20", "plays": "50"}).text
    token = (re.findall('name="token" value="([^"]+)"', page) or [""])[0]
    return client.post(path, data={"token": token, **said}, headers=headers)


def test_a_musician_sees_the_report_at_home(visit: Visit, books: Books) -> None:
    client = visit(owner=True)
    page = send(client, "/books/musician", {"books": str(books.folder)}).text
    shown = rows(page, "what a use brought")
    assert [(cells[0], cells[1], cells[3], cells[4], cells[6]) for cells in shown] == [
        (rate.service, rate.territory, f"{rate.quantity}", f"{rate.amount:.2f} {rate.currency}", rate.id)
        for rate in report(books).rates
    ]
    assert "0.18 USD" in page and "for 40 uses in 2 lines" in page
    for wrong in ("", "books", str(books.folder.parent / "none")):
        answer = send(client, "/books/musician", {"books": wrong})
        assert answer.status_code == 400 and "Nothing was read." in answer.text


def test_a_listener_sees_where_the_money_went_at_home(visit: Visit, tmp_path: Path) -> None:
    lines = [
        {"endTime": f"2024-03-0{day} 10:00", "artistName": artist, "trackName": "One", "msPlayed": 60_000}
        for day, artist in ((1, "Ann"), (2, "Ann"), (3, "Ann"), (4, "<b>Bob</b>"))
    ]
    history = tmp_path / "StreamingHistory_music_0.json"
    history.write_text(json.dumps(lines))
    said = {
        "price": "12",
        "tax_rate": "0.2",
        "share": "0.7",
        "plan": "individual",
        "country": "se",
        "currency": "SEK",
        "history": str(history),
    }
    client = visit(owner=True)
    page = send(client, "/books/listener", said).text
    assert "7.000000 SEK" in page and "<b>Bob" not in page
    table = {name: cells for name, *cells in rows(page, "artists")}
    assert "5.250000" in table["Ann"] and "1.750000" in table["<b>Bob</b>"]
    for wrong in (
        {"price": "much"},
        {"plan": "duo", "persons": "1"},
        {"country": "Sweden"},
        {"idle": "burn"},
    ):
        answer = send(client, "/books/listener", {**said, **wrong})
        assert answer.status_code == 400 and "expected" in answer.text
    answer = send(client, "/books/listener", {**said, "history": str(tmp_path / "none.json")})
    assert answer.status_code == 400 and "no such file" in answer.text


def test_elsewhere_nothing_of_anybody_is_read(visit: Visit, books: Books) -> None:
    """Not on a server that others reach, not through a proxy, not by another name, not without being its owner."""
    place = str(books.folder)
    proxied = WebSettings(trusted_proxies=("127.0.0.1",))
    for client, headers in (
        (visit(owner=True, alone=False), OWN),
        (visit(owner=True, web=proxied), OWN),
        (visit(owner=True), {**OWN, "X-Forwarded-For": "192.0.2.1"}),
        (visit(owner=True), {"Origin": "http://evil.example", "Host": "evil.example"}),
    ):
        answer = send(client, "/books/musician", {"books": place}, headers)
        assert answer.status_code == 403 and "Spotify" not in answer.text
    assert send(visit(), "/books/musician", {"books": place}).status_code == 401
    home = visit(owner=True)
    assert (
        home.post("/books/musician", data={"token": "made up", "books": place}, headers=OWN).status_code
        == 403
    )
    for client, told in (
        (visit(), "that <code>onrecord serve</code> printed"),
        (visit(alone=False), "on your own machine"),
    ):
        page = client.get("/books", params={"listeners": "50", "artists": "20", "plays": "50"}).text
        assert told in page and "onrecord royalties report --books my-books" in page
        assert 'action="/books/musician"' not in page


def test_the_sliders_in_a_browser(folder: Path, chromium: Any, books: Books) -> None:
    with (
        served(open_reader(folder), site_of(folder, KEY)) as site,
        watched(chromium, site) as open_page,
    ):
        page = open_page("/books?listeners=100&artists=40", 390, "dark")
        before = page.get_by_role("row", name=re.compile("^threshold")).first.inner_text()
        page.get_by_label("Plays that it takes").press("End")
        assert page.locator("output[for='threshold.streams']").inner_text() == "5000"
        page.wait_for_url("**threshold.streams=5000**")
        page.wait_for_function(
            "(before) => !document.querySelector('#outcome').innerText.includes(before)", arg=before
        )
        page.get_by_text("--option threshold.streams=5000").wait_for()
        assert faults_of(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.goto(f"/sign-in?key={KEY}&next=/books")
        page.get_by_label("Folder of the books").fill(str(books.folder))
        page.get_by_role("button", name="Show what a use brought").press("Enter")
        page.get_by_role("heading", name="What a use brought", level=1).wait_for()
        assert faults_of(page) == []
        page = open_page("/books?listeners=100&artists=40", script=False)
        page.get_by_label("shapley").check()
        page.get_by_role("button", name="Split the money").press("Enter")
        page.get_by_role("row", name=re.compile("^shapley")).first.wait_for()
        assert "listeners=100" in page.url
