# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search page narrows what it finds, also where no script runs."""

from pathlib import Path
from typing import Any

import pytest
from lxml import html
from starlette.testclient import TestClient

from onrecord.model.filters import EVERYTHING, Filters
from onrecord.model.views import Listing
from onrecord.web.app import create_app
from tests.web.sample import SampleArchive


def test_what_was_chosen_is_asked_and_stays_chosen(client: TestClient, archive: SampleArchive) -> None:
    page = client.get(
        "/search?q=o&sound=held&license=CC-BY&from=1990&to=2000&kind=recording&language=nor&length=2-5&shelf=cc-by"
        "&territory=no"
    )
    tree: Any = html.fromstring(page.content)
    chosen = {
        field.get("name"): field.xpath("string(option[@selected]/@value)") for field in tree.iter("select")
    }
    assert (chosen["kind"], chosen["sound"], chosen["license"]) == ("recording", "held", "CC-BY")
    assert (chosen["language"], chosen["length"], chosen["shelf"]) == ("nor", "2-5", "cc-by")
    assert archive.filters[-1] == Filters(
        years=(1990, 2000),
        sound=True,
        licenses=("CC-BY",),
        territory="NO",
        languages=("nor",),
        seconds=(120, 300),
        shelf="cc-by",
    )
    form = {field.get("form") for field in tree.xpath("//*[@data-narrow]")}
    assert form == {tree.xpath("//form[@role='search']/@id")[0]}, "so they are sent where no script runs"


def test_more_of_a_kind_is_narrowed_as_the_page_is(client: TestClient) -> None:
    page = client.get("/search?q=o&sound=held&from=1990")
    tree: Any = html.fromstring(page.content)
    onward = tree.xpath("//a[@class='onward']/@href")
    assert all("sound=held" in link and "from=1990" in link and "kind=" in link for link in onward)


def test_without_words_what_was_chosen_is_listed(client: TestClient) -> None:
    link = "/search?q=&kind=recording&sound=held"
    page: Any = html.fromstring(client.get("/search?q=&sound=held").content)
    assert page.xpath("//h2[@id='hits-recording']") and not page.xpath("//h2[@id='hits-artist']")
    page = html.fromstring(client.get(link).content)
    seen = page.xpath("//ul[@class='rows']//a/@href")
    assert len(seen) == len(set(seen)) > 10
    assert "the best known first" in page.text_content()
    empty: Any = html.fromstring(client.get("/search").content)
    assert not empty.xpath("//ul[@class='rows']")
    odd: Any = html.fromstring(client.get(f"{link}&after=x").content)
    assert odd.xpath("//ul[@class='rows']//a/@href") == seen, "a place that is none is the beginning"


class Slow(SampleArchive):
    """Gives fewer than were asked for before the end, as a reader may."""

    def browse(
        self, kinds: tuple[str, ...] = (), limit: int = 20, filters: Filters = EVERYTHING, after: str = ""
    ) -> Listing:
        return super().browse(kinds, min(limit, 5), filters, after)


def test_a_long_list_goes_on(tmp_path: Path) -> None:
    archive = Slow(tmp_path)
    seen, link = list[str](), "/search?kind=recording"
    with TestClient(create_app(archive)) as client:
        for _ in range(20):
            page: Any = html.fromstring(client.get(link).content)
            seen += page.xpath("//ul[@class='rows']//a/@href")
            onward = page.xpath("//a[@class='onward']/@href")
            if not onward:
                break
            link = onward[0]
    assert len(seen) == len(set(seen)) == len(archive.recordings)


def test_a_listener_is_asked_about_where_the_listener_is(archive: SampleArchive) -> None:
    with TestClient(create_app(archive, territory="DE")) as client:
        client.get("/search?q=o&sound=playable&kind=recording")
    assert archive.filters == [Filters(territory="DE")]


def _options(page: Any, name: str) -> dict[str, str]:
    return {each.get("value"): each.text for each in page.xpath(f"//select[@name='{name}']/option")}


def test_each_choice_says_how_many_it_leaves_and_what_is_asked_on_the_day_says_nothing(
    client: TestClient,
) -> None:
    page: Any = html.fromstring(client.get("/search?q=marit+oddvik").content)
    assert _options(page, "kind")["recording"] == "Recordings (6)"
    assert _options(page, "sound")["held"] == "Sound is held (3)"
    assert _options(page, "sound")["playable"] == "May be played here"
    assert _options(page, "language") == {"": "any", "eng": "English", "nor": "Norwegian"}
    page = html.fromstring(client.get("/search?q=marit+oddvik&sound=held&kind=recording").content)
    assert _options(page, "kind")["recording"] == "Recordings (3)", "with the others as they are chosen"
    [back] = page.xpath("//p[@class='said']/a/@href")
    assert back == "/search?q=marit%20oddvik"


def test_choices_follow_while_somebody_types_on_the_search_page_alone(client: TestClient) -> None:
    asked = {"HX-Request": "true", "HX-Current-URL": "http://testserver/search?q=slow"}
    beside = client.get("/search?q=kelp&sound=held", headers=asked).text
    assert 'hx-target="#narrow-kind"' in beside and "Recordings (1)" in beside
    assert '<option value="held" selected>Sound is held (1)</option>' in beside
    start = client.get("/search?q=kelp", headers=asked | {"HX-Current-URL": "http://testserver/"}).text
    assert "Kelp Line" in start and "narrow-kind" not in start


@pytest.mark.parametrize(
    "query",
    [
        "sound=x",
        "license=%00",
        "from=1e9",
        "from=-1",
        "kind='",
        "to=%F0%9F%8E%B5",
        "from=" + "9" * 10_000,
        "from=٣",
        "language=%3Cscript%3E",
        "length=3-4",
        "shelf=../x",
        "territory=ZZ",
    ],
)
def test_a_choice_that_is_none_narrows_nothing(
    client: TestClient, archive: SampleArchive, query: str
) -> None:
    assert client.get(f"/search?q=o&{query}").status_code == 200
    assert set(archive.filters) == {Filters()}
