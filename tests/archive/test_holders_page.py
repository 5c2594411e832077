# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of holders: what was shown and when, that it proves no disk, nothing of who asked from where."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from onrecord.archive import Archive, mirroring, possession, seeding
from onrecord.archive.reading import open_reader
from onrecord.mirror.session import Session
from onrecord.web.app import create_app
from onrecord.web.site import site_of
from tests.archive.feeds import feed_of


@pytest.fixture
def origin(published: Archive) -> Archive:
    return published


@pytest.fixture
def mirror(tmp_path: Path, origin: Archive) -> Iterator[Archive]:
    with Archive.create(tmp_path / "mirror", "Mirror", origin.clock) as made, Session() as session:
        mirroring.follow(made, feed_of(origin))
        seeding.seed(origin, session)
        mirroring.sync(made, [("127.0.0.1", session.port)])
        yield made


def client_of(archive: Archive) -> TestClient:
    return TestClient(create_app(open_reader(archive.folder), site=site_of(archive.folder)))


def test_the_page_shows_what_was_shown_and_what_that_does_not_mean(origin: Archive, mirror: Archive) -> None:
    with client_of(origin) as client:
        before = client.get("/holders").text
        assert "never shown elsewhere" in before and "neither a disk of its own" in before
        asked = possession.challenge(origin, [], 20)
        outcome = possession.take(origin, possession.respond(mirror, asked, "SE"))
        after = client.get("/holders").text
        assert "1 copy elsewhere" in after and "(SE)" in after
        assert f"<code>{outcome.holder[-8:]}</code>" in after
        assert 'href="/holders"' in client.get("/editions").text


def test_programs_get_the_history(origin: Archive, mirror: Archive) -> None:
    for blocks in (5, 7):
        possession.take(origin, possession.respond(mirror, possession.challenge(origin, [], blocks)))
    with client_of(origin) as client:
        answer = client.get("/holders.json")
        assert client.head("/holders.json").status_code == 200
    found = json.loads(answer.content)
    assert [proof["asked"] for proof in found["history"]] == [5, 7]
    [volume] = found["volumes"]
    assert (volume["copies"], volume["holders"][0]["asked"]) == (1, 7)
    assert found["history"][0].keys() == {"holder", "volume", "day", "asked", "proved", "country"}


def test_an_archive_without_editions_has_the_page(archive: Archive) -> None:
    with client_of(archive) as client:
        assert "There is no volume yet" in client.get("/holders").text
        assert json.loads(client.get("/holders.json").content)["volumes"] == []
