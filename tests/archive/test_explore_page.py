# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures say what the question beside them answers, and are counted anew when that changes."""

import html
import re
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.exploring import CHARTS, Counted, explore, kept, state
from onrecord.archive.querying import asking
from onrecord.archive.reading import open_reader
from onrecord.archive.withdrawing import withdraw
from onrecord.model.rights import Target
from onrecord.web.app import create_app
from onrecord.web.explore import draw
from onrecord.web.site import site_of


@pytest.fixture
def client(published: Archive) -> Iterator[TestClient]:
    with TestClient(create_app(open_reader(published.folder), site=site_of(published.folder))) as made:
        yield made


def shown(page: str) -> dict[str, tuple[str, list[list[str]]]]:
    """Of each chart its question and its table, as the page has them."""
    found = {}
    for name, body in re.findall(r'<h2 id="chart-(\w+)">(.*?)</figure>', page, re.S):
        rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", body, re.S)
        cells = [[re.sub(r"<[^>]+>", "", cell) for cell in re.split(r"</t[hd]>", row)[:-1]] for row in rows]
        question = "".join(re.findall(r"<pre[^>]*>(.*?)</pre>", body, re.S))
        found[name] = html.unescape(question), [[html.unescape(cell) for cell in row] for row in cells]
    return found


def counted(client: TestClient) -> str:
    """The page with its figures, which are counted beside it."""
    while "being counted" in (page := client.get("/explore").text):
        time.sleep(0.05)
    return page


def test_each_table_is_what_its_question_answers(published: Archive, client: TestClient) -> None:
    charts = shown(counted(client))
    assert charts.keys() >= {"coverage", "published", "licenses", "loudness", "lengths", "identified"}
    for chart in CHARTS:
        with asking(published, 1 if chart.edition else 0) as tables:
            if chart.name not in charts:
                with tables.ask(chart.sql, 60) as (_, reader):
                    assert reader.read_all().num_rows == 0
                continue
            question, told = charts[chart.name]
            with tables.ask(question, 60) as (_, reader):
                rows = [list(row.values()) for row in reader.read_all().to_pylist()]
        assert told == [[str(row[0]), *(f"{number:,}" for number in row[1:])] for row in rows], chart.name


def test_it_is_counted_anew_when_something_changed(published: Archive, client: TestClient) -> None:
    assert kept(published) is None
    counted(client)
    first = kept(published)
    assert first and first.state == state(published)
    client.get("/explore")
    assert kept(published) == first
    [blob, *_] = [row for row in published.ledger.blobs() if row.kind == "sound"]
    withdraw(published, Target("blob", blob.sha256), by="A", text="no")
    assert state(published) != first.state
    second = explore(published)
    [before], [after] = (
        [it.rows for it in made.counted if it.name == "coverage"] for made in (first, second)
    )
    assert after[1][1] == before[1][1] - 1


def test_nothing_to_count_is_said(archive: Archive) -> None:
    with TestClient(create_app(open_reader(archive.folder), site=site_of(archive.folder))) as client:
        page = counted(client)
    assert "There are no figures yet" in page and "nothing was matched yet" in page


@given(st.dictionaries(st.integers(-3_000, 3_000), st.integers(1, 10**9), min_size=1, max_size=50))
def test_columns_hold_all_that_was_counted_within_their_box(numbers: dict[int, int]) -> None:
    [chart] = [it for it in CHARTS if it.name == "years"]
    rows = tuple((str(at), number, 0) for at, number in sorted(numbers.items()))
    columns = draw(chart, Counted("years", ("year", "recordings"), rows)).columns
    assert sum(int(column.says.split(": ")[1].replace(",", "")) for column in columns) == sum(
        numbers.values()
    )
    assert all(
        column.x >= 0 and column.x + column.width <= 720.01 and 0 <= column.height <= 160
        for column in columns
    )
    assert max(column.height for column in columns) == 160
    assert len(columns) <= 241
