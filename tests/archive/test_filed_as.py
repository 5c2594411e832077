# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose word records are filed as: by `filed_as` alone, which is checked, from files and from a service alike."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import msgspec
import pytest

from onrecord.archive import Archive
from onrecord.archive.harvest import harvest, harvest_live
from onrecord.archive.harvest_sound import fetch_sound
from onrecord.archive.settings import DdexSettings
from onrecord.archive.terms import accept_terms
from onrecord.errors import UsageError
from onrecord.net import Client

MADE = Path(__file__).parents[1] / "data" / "sources" / "oai-made.xml"
DELIVERY = Path(__file__).parents[2] / "demo" / "records" / "ours-ddex"
QUERY = "https://archive.example.org/oai?set=sound"


@pytest.fixture
def asked(tmp_path: Path, clock: Callable) -> Iterator[Archive]:  # type: ignore[type-arg]
    """An archive whose operator has read the terms and left a contact."""
    with Archive.create(tmp_path / "archive", "Test archive", clock) as made:
        for name in ("oai-pmh", "jamendo"):
            accept_terms(made, name, b"The terms, as they were read.")
    settings = tmp_path / "archive" / "onrecord.toml"
    settings.write_text(settings.read_text() + '\n[harvest]\ncontact = "archive@example.org"\n')
    with Archive.open(tmp_path / "archive", clock) as archive:
        yield archive


def repository(archive: Archive) -> Client:
    """A repository that answers with one record, once."""
    body = (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-11-20T10:00:00Z</responseDate>'
        "<ListRecords><record><header><identifier>oai:x:1</identifier></header><metadata>"
        '<dc xmlns="urn:dc"><title>A tape</title></dc></metadata></record></ListRecords></OAI-PMH>'
    )

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/robots.txt":
            return httpx2.Response(404)
        return httpx2.Response(200, stream=httpx2.ByteStream(body.encode()))

    contact = archive.settings.harvest.contact
    return Client(contact, transport=httpx2.MockTransport(answer), sleep=lambda seconds: None)


@pytest.mark.parametrize("name", ["discogs", "file", "blue-room", "../x", ""])
def test_no_setting_files_records_under_another_name(asked: Archive, name: str) -> None:
    settings = {"name": name}
    with pytest.raises(UsageError, match="whose word") as refused:
        harvest(asked, "oai-pmh", MADE, settings=settings)
    assert "--as" in refused.value.hint
    with pytest.raises(UsageError, match="whose word"):
        harvest_live(asked, "oai-pmh", QUERY, settings=settings, ask=repository)
    with pytest.raises(UsageError, match="whose word"):
        fetch_sound(asked, "jamendo", settings=settings, ask=repository)
    assert not asked.ledger.sources()


def test_records_of_a_repository_are_filed_under_a_name_of_its_own(asked: Archive) -> None:
    report = harvest_live(asked, "oai-pmh", QUERY, filed_as="village", license="CC0-1.0", ask=repository)
    assert (report.source, report.new) == ("village", 1)
    assert asked.ledger.sources() == {"village": ("CC0-1.0", True)}
    assert asked.ledger.record("village", "record:oai:x:1")


@pytest.mark.parametrize("name", ["discogs", "file", "../x"])
def test_a_service_is_not_filed_under_a_name_that_is_taken_or_none(asked: Archive, name: str) -> None:
    with pytest.raises(UsageError, match="--as"):
        harvest_live(asked, "oai-pmh", QUERY, filed_as=name, ask=repository)
    assert not asked.ledger.sources()


def test_no_setting_makes_the_archive_another_recipient(asked: Archive, tmp_path: Path) -> None:
    own = "PADPIDA0000000000Y"
    asked.settings = msgspec.structs.replace(asked.settings, ddex=DdexSettings(party_id=own))
    with pytest.raises(UsageError, match="the archive's own, 'PADPIDA0000000000Y', got 'PADPIDA0000000000Z'"):
        harvest(asked, "ddex-ern", DELIVERY, settings={"party_id": "PADPIDA0000000000Z"})
    assert not asked.ledger.sources()
    assert harvest(asked, "ddex-ern", DELIVERY, settings={"party_id": own}).new == 1
