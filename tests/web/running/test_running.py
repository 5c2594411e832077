# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What whoever runs the server sees of it: counters, lines, and whether it is ready."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.reading import open_reader
from onrecord.web.app import create_app
from onrecord.web.running.logs import REQUESTS, log_to
from onrecord.web.site import Site, site_of
from tests.web.sample import SampleArchive

MACHINE = {"Host": "127.0.0.1"}


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    before = logging.getLogger(REQUESTS).level
    handler = log_to(stream)
    yield stream
    logging.getLogger().removeHandler(handler)
    logging.getLogger(REQUESTS).setLevel(before)


def here(archive: Any, site: Site | None = None) -> TestClient:
    app = create_app(archive, site=site)
    return TestClient(app, "http://127.0.0.1", raise_server_exceptions=False, client=("127.0.0.1", 5000))


def counted(client: TestClient) -> dict[tuple[str, ...], float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith(
        "text/plain; version=0.0.4"
    )
    assert answer.headers["cache-control"] == "no-store"
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_counters_name_routes_and_never_what_was_asked_for(archive: SampleArchive) -> None:
    client = here(archive)
    for _ in range(3):
        client.get(f"/recording/{archive.playable}")
    client.get("/recording/nothing-like-it")
    sound = client.get(f"/sound/{archive.digest}").content
    client.get("/no/such/route/at-all")
    client.request("BREW", "/")
    found = counted(client)
    assert found["onrecord_answers_total", "/recording/{id}", "200", "GET"] == 3
    assert found["onrecord_answers_total", "/recording/{id}", "404", "GET"] == 1
    assert found["onrecord_answers_total", "", "404", "GET"] == 1
    assert found["onrecord_answers_total", "", "405", "OTHER"] == 1
    assert found["onrecord_sent_bytes_total", "/sound/{sha256}"] == len(sound)
    assert found["onrecord_answer_seconds_count", "/recording/{id}"] == 4
    assert found["onrecord_answers_running",] == 1  # this one
    assert found["onrecord_archive_up",] == 1 and found["onrecord_recordings",] == 12_418
    words = client.get("/metrics").text
    assert archive.playable not in words and "nothing-like-it" not in words and "at-all" not in words


def test_it_counts_when_the_archive_fails(archive: SampleArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    client = here(archive)
    monkeypatch.delattr(SampleArchive, "glance")
    assert client.get("/readyz").status_code == 503
    found = counted(client)
    assert found["onrecord_archive_up",] == 0
    assert found["onrecord_answers_total", "/readyz", "503", "GET"] == 1


def test_each_request_is_a_line_without_a_word_on_who_and_what(
    archive: SampleArchive, lines: io.StringIO
) -> None:
    app = create_app(archive)
    with TestClient(app, client=("198.51.100.7", 5000)) as client:
        client.get("/search", params={"q": "a private question"})
        client.get(
            f"/sound/{archive.digest}", headers={"Range": "bytes=0-99", "User-Agent": "private player"}
        )
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [(line["route"], line["status"], line["bytes"] > 0) for line in told] == [
        ("/search", 200, True),
        ("/sound/{sha256}", 206, True),
    ]
    assert told[1]["bytes"] == 100
    assert set(told[0]) == {"time", "level", "logger", "message", "method", "route", "status", "wait_ms", "ms",
                            "bytes", "role"}  # fmt: skip
    for private in ("198.51.100.7", "question", "player", archive.digest):
        assert private not in lines.getvalue()


def test_a_fault_is_told_by_its_kind_and_place(
    archive: SampleArchive, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("private words of a request")

    client = here(archive)
    monkeypatch.setattr(SampleArchive, "recent", fail)
    assert client.get("/").status_code == 500
    logging.getLogger("uvicorn.error").error(
        "Exception in ASGI application", exc_info=ValueError("private words")
    )
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [line["status"] for line in told if line["message"] == "request"] == [500]
    assert [line["fault"] for line in told if "fault" in line] == ["ValueError"]
    assert "private" not in lines.getvalue()


def test_ready_is_an_archive_whose_ledger_and_index_open(held: Archive) -> None:
    site = site_of(held.folder)
    client = here(open_reader(held.folder), site)
    assert client.get("/readyz").json() == {"state": "ready", "bad": 0}
    for damaged in (held.folder / "search").rglob("meta.json"):
        damaged.write_text("no index")
    client = here(open_reader(held.folder), site)
    assert client.get("/readyz").status_code == 503 and client.get("/livez").status_code == 200
