# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service is asked again: what has not changed does not come, and robots.txt holds unless the terms say else."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import msgspec
import pytest

from onrecord.archive import Archive
from onrecord.archive.harvest import HarvestReport, harvest, harvest_live
from onrecord.archive.harvest_sound import fetch_sound
from onrecord.archive.terms import accept_terms
from onrecord.errors import SourceFailed
from onrecord.net import Client, RobotsRefused
from onrecord.net.dialling import Connections, resolve
from onrecord.sources.internet_archive import InternetArchive
from tests.net.serving import Clock, Script, Server, say

SOURCE = "internet-archive"
BY = "https://creativecommons.org/licenses/by/4.0/"


def item(identifier: str, title: str) -> bytes:
    about = {"identifier": identifier, "mediatype": "audio", "title": title, "licenseurl": BY}
    files = [{"name": "one.flac", "source": "original", "format": "Flac", "title": title}]
    return json.dumps({"metadata": about, "files": files}).encode()


class Items(Server):
    """Answers as the service does: a search that lists all items, and an item with its ETag, or 304 to who has it."""

    def __init__(self, items: dict[str, bytes]) -> None:
        self.items = items
        self.tagged = True
        self.bodies = 0
        super().__init__(say(404))

    def _script(self, request: str) -> Script:
        path = request.split(" ")[1]
        if path.startswith("/robots.txt"):
            return super()._script(request)
        self.asked.append(request)
        if path.startswith("/services/search/"):
            listed = {"items": [{"identifier": name} for name in self.items]}
            return say(200, json.dumps(listed).encode(), ETag='"list"')
        body = self.items.get(path.rpartition("/")[2])
        if not path.startswith("/metadata/") or body is None:
            return say(404)
        etag = f'"{hashlib.md5(body).hexdigest()}"'
        if f"if-none-match: {etag}\r\n" in request.lower():
            return say(304, ETag=etag)
        self.bodies += 1
        return say(200, body, **({"ETag": etag} if self.tagged else {}))


class ToLoopback(httpx2.BaseTransport):
    """The client's own connections, with every host at the server on loopback."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connections = Connections(resolve, allow_loopback=True)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        return self._connections.handle_request(request)

    def close(self) -> None:
        self._connections.close()


@pytest.fixture
def service() -> Iterator[Items]:
    server = Items({f"item-{number}": item(f"item-{number}", f"Piece {number}") for number in (1, 2, 3)})
    yield server
    server.close()


@pytest.fixture
def asked(tmp_path: Path, clock: Callable[[], dt.datetime]) -> Iterator[Archive]:
    with Archive.create(tmp_path / "archive", "Test archive", clock) as made:
        accept_terms(made, SOURCE, b"The terms, as they were read.")
    settings = tmp_path / "archive" / "onrecord.toml"
    settings.write_text(settings.read_text() + '\n[harvest]\ncontact = "archive@example.org"\n')
    with Archive.open(tmp_path / "archive", clock) as archive:
        yield archive


def live(archive: Archive, server: Items, *, again: bool = True) -> HarvestReport:
    return harvest_live(archive, SOURCE, "", again=again, ask=asking(server))


def asking(server: Items) -> Callable[[Archive], Client]:
    clock = Clock()
    return lambda archive: Client(
        archive.settings.harvest.contact,
        transport=ToLoopback(server.port),
        clock=clock,
        sleep=clock.sleep,
    )


def test_what_has_not_changed_costs_no_body(asked: Archive, service: Items) -> None:
    first = live(asked, service)
    assert (first.new, first.same, service.bodies) == (3, 0, 3)
    service.asked.clear()
    again = live(asked, service)
    assert (again.new, again.changed, again.same, again.rejected) == (0, 0, 3, [])
    assert service.bodies == 3, "not one of them came again"
    searches = [request for request in service.asked if "/services/search/" in request]
    assert searches and not any("if-none-match" in request.lower() for request in searches)


def test_what_has_changed_comes_and_then_no_more(asked: Archive, service: Items) -> None:
    live(asked, service)
    service.items["item-2"] = item("item-2", "Another title")
    report = live(asked, service)
    assert (report.changed, report.same, service.bodies) == (1, 2, 4)
    assert asked.ledger.record(SOURCE, "item:item-2") == hashlib.sha256(service.items["item-2"]).hexdigest()
    report = live(asked, service)
    assert (report.changed, report.same, service.bodies) == (0, 3, 4)


def test_without_again_it_goes_on_from_its_cursor(asked: Archive, service: Items) -> None:
    live(asked, service)
    service.items["item-4"] = item("item-4", "Piece 4")
    service.asked.clear()
    report = live(asked, service, again=False)
    assert (report.new, report.same) == (1, 0)
    assert [request.split(" ")[1] for request in service.asked[1:]] == ["/metadata/item-4"]


def test_a_service_that_says_nothing_of_its_answers_sends_them(asked: Archive, service: Items) -> None:
    service.tagged = False
    live(asked, service)
    report = live(asked, service)
    assert (report.same, service.bodies) == (3, 6)
    service.tagged = True
    assert (live(asked, service).same, service.bodies) == (3, 9)
    assert (live(asked, service).same, service.bodies) == (3, 9), (
        "what it says of an unchanged answer is kept"
    )


def test_what_the_archive_learned_otherwise_is_put_right(
    asked: Archive, service: Items, tmp_path: Path
) -> None:
    """An older answer from a file takes a record's place: the service's word is asked for whole again."""
    live(asked, service)
    (tmp_path / "old.json").write_bytes(item("item-1", "An old title"))
    assert harvest(asked, SOURCE, tmp_path / "old.json").changed == 1
    report = live(asked, service)
    assert (report.changed, report.same, service.bodies) == (1, 2, 4)


def test_what_could_not_be_read_comes_again(asked: Archive, service: Items) -> None:
    service.items["item-2"] = (
        b'{"metadata": {"identifier": "no such name", "mediatype": "audio"}, "files": []}'
    )
    first = live(asked, service)
    assert (first.new, first.rejected_count) == (2, 1)
    again = live(asked, service)
    assert (again.same, again.rejected_count) == (2, 1)
    assert service.bodies == 4, "what was rejected is not held, so it cannot be left away"


def test_what_a_run_learned_counts_with_its_records_or_not_at_all(asked: Archive, service: Items) -> None:
    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        harvest_live(asked, SOURCE, "", ask=asking(service), progress=stop)
    assert asked.ledger.dump()["validators"] == asked.ledger.dump()["records"] == []
    assert (live(asked, service).new, service.bodies) == (3, 6)


def test_the_ledger_is_made_again_with_what_services_said(asked: Archive, service: Items) -> None:
    live(asked, service)
    before = asked.ledger.dump()
    assert len(before["validators"]) == 3
    asked.rebuild_ledger()
    assert asked.ledger.dump() == before
    assert (live(asked, service).same, service.bodies) == (3, 3)


FORBIDS = say(200, b"User-agent: *\nDisallow: /\n")


def test_robots_txt_is_obeyed_unless_terms_that_were_read_say_else(
    asked: Archive, service: Items, monkeypatch: pytest.MonkeyPatch
) -> None:
    service._robots = FORBIDS
    with pytest.raises(SourceFailed, match=r"robots\.txt") as refused:
        live(asked, service)
    assert isinstance(refused.value, RobotsRefused)
    assert service.asked == []
    terms = msgspec.structs.replace(
        InternetArchive.terms, state="read", harvest_live=True, day=dt.date(2026, 11, 1), digest="00" * 32
    )
    monkeypatch.setattr(InternetArchive, "terms", terms)
    with pytest.raises(RobotsRefused):
        live(asked, service)
    monkeypatch.setattr(InternetArchive, "terms", msgspec.structs.replace(terms, robots="api"))
    before = service.robots_asked
    assert (live(asked, service).new, service.robots_asked) == (3, before)
    report = fetch_sound(asked, SOURCE, ask=asking(service))
    assert [why.code for why in report.refused] == ["not-fetched"] * 3, "sound is no API"
    assert all("robots.txt" in why.detail for why in report.refused)
