# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""OAI-PMH: harvested by sickle and by our own connector, held to the protocol's grammar, and what is withdrawn."""

import importlib
import urllib.request
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from starlette.applications import Starlette
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.held_listing import HeldListing
from onrecord.archive.reading import open_reader
from onrecord.archive.withdrawing import restore, withdraw
from onrecord.model.records import Answer
from onrecord.model.rights import Target
from onrecord.sources.oai_pmh import OaiPmh
from onrecord.web.oai import routes
from tests.web.served import served

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it is of 2020, and writes its patterns as one did then
    sickle: Any = importlib.import_module("sickle")
    refusals: Any = importlib.import_module("sickle.oaiexceptions")

GRAMMAR = etree.RelaxNG(etree.parse(Path(__file__).parents[1] / "data" / "web" / "oai-pmh.rng"))
OAI = "{http://www.openarchives.org/OAI/2.0/}"
DC = "{http://purl.org/dc/elements/1.1/}"


MISTAKES: list[tuple[dict[str, str], str]] = [
    ({}, "badVerb"),
    ({"verb": "Destroy"}, "badVerb"),
    ({"verb": "Identify", "set": "x"}, "badArgument"),
    ({"verb": "ListRecords"}, "badArgument"),
    ({"verb": "ListRecords", "metadataPrefix": "marc21"}, "cannotDisseminateFormat"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "yesterday"}, "badArgument"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "2026-02-31"}, "badArgument"),
    (
        {"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "2026-01-01", "until": "2025-01-01"},
        "badArgument",
    ),
    (
        {
            "verb": "ListRecords",
            "metadataPrefix": "oai_dc",
            "from": "2026-01-01",
            "until": "2026-01-02T00:00:00Z",
        },
        "badArgument",
    ),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "until": "1990-01-01"}, "noRecordsMatch"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "set": "nothing:here"}, "noRecordsMatch"),
    ({"verb": "ListRecords", "resumptionToken": "bm9uc2Vuc2U"}, "badResumptionToken"),
    ({"verb": "ListRecords", "resumptionToken": "\x00\u202e!"}, "badResumptionToken"),
    ({"verb": "ListRecords", "resumptionToken": "x", "metadataPrefix": "oai_dc"}, "badArgument"),
    ({"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": "oai:x:1"}, "idDoesNotExist"),
    ({"verb": "ListMetadataFormats", "identifier": "oai:x:1"}, "idDoesNotExist"),
]


class Asking:
    """Asks the provider and holds each answer to the grammar."""

    def __init__(self, client: TestClient) -> None:
        self._client = client

    def __call__(self, **arguments: str) -> etree._Element:
        answer = self._client.get("/oai", params=arguments)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
        root = etree.fromstring(answer.content)
        assert GRAMMAR.validate(root), GRAMMAR.error_log
        return root

    def error(self, **arguments: str) -> str:
        root = self(**arguments)
        assert len(root.findall(f"{OAI}error")) == 1, etree.tostring(root)
        return str(root.findall(f"{OAI}error")[0].get("code"))

    def identifiers(self, **arguments: str) -> list[tuple[str, bool]]:
        """(identifier, is it deleted) of a whole list, page by page."""
        found: list[tuple[str, bool]] = []
        given = {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc", **arguments}
        while True:
            root = self(**given)
            headers = root.findall(f".//{OAI}header")
            found += [(_text(it, "identifier"), it.get("status") == "deleted") for it in headers]
            token = root.findtext(f".//{OAI}resumptionToken")
            if not token:
                return found
            given = {"verb": "ListIdentifiers", "resumptionToken": token}


@pytest.fixture
def asking(published: Archive) -> Iterator[Asking]:
    app = Starlette(
        routes=list(
            routes(published.folder, open_reader(published.folder), HeldListing(published.folder), page=3)
        )
    )
    with TestClient(app) as client:
        yield Asking(client)


def test_a_harvester_that_nobody_here_wrote_gets_all_that_is_held(published: Archive) -> None:
    with served(published.folder) as address:
        harvester = sickle.Sickle(f"{address}oai")
        who = harvester.Identify()
        assert (who.repositoryName, who.deletedRecord) == ("Test archive", "persistent")
        assert {each.metadataPrefix for each in harvester.ListMetadataFormats()} == {"oai_dc"}
        parts = {each.setSpec for each in harvester.ListSets()}
        assert {"recording", "release"} < parts
        records = list(harvester.ListRecords(metadataPrefix="oai_dc"))
        told = {record.header.identifier: record.metadata for record in records}
        titles = sorted(title for metadata in told.values() for title in metadata["title"])
        assert titles == ["NC", "No evidence", "Piece 1", "Piece 2", "Piece 3", "Piece 4", "Tones"]
        shelf = next(part for part in parts if part.startswith("shelf:"))
        shelved = harvester.ListRecords(metadataPrefix="oai_dc", set=shelf)
        assert {"NC", "No evidence"}.isdisjoint(record.metadata["title"][0] for record in shelved)
        piece = next(id for id, metadata in told.items() if metadata["title"] == ["Piece 2"])
        one = harvester.GetRecord(identifier=piece, metadataPrefix="oai_dc").metadata
        assert one["creator"] == ["The Test Tones"] and one["type"] == ["Sound"]
        assert one["rights"] == ["https://creativecommons.org/licenses/by/4.0/"]
        assert one["identifier"][0] == f"{address}recording/{piece.rpartition('/')[2]}"
        with pytest.raises(refusals.IdDoesNotExist):
            harvester.GetRecord(identifier="oai:x:1", metadataPrefix="oai_dc")
        with pytest.raises(refusals.NoRecordsMatch):
            harvester.ListRecords(metadataPrefix="oai_dc", until="2001-01-01")


def test_our_own_connector_reads_it(published: Archive) -> None:
    with served(published.folder) as here:

        def fetch(address: str, *, accept: str = "*/*", record: str = "") -> Answer:
            with urllib.request.urlopen(address.replace("https://here.example/", here)) as got:
                return Answer(address, "text/xml", got.read())

        source = OaiPmh(Path(), {})
        records = [it for page in source.live(fetch, "https://here.example/oai") for it in page.records]
    titles = sorted(track.title for record in records for track in source.claims(record).tracks)
    assert [title for title in titles if title.startswith("Piece")] == [
        "Piece 1",
        "Piece 2",
        "Piece 3",
        "Piece 4",
    ]


def test_a_list_goes_on_where_it_was_and_ends(asking: Asking) -> None:
    root = asking(verb="ListRecords", metadataPrefix="oai_dc")
    token = root.find(f".//{OAI}resumptionToken")
    assert token is not None and (token.get("completeListSize"), token.get("cursor")) == ("7", "0")
    assert token.text == asking(verb="ListRecords", metadataPrefix="oai_dc").findtext(
        f".//{OAI}resumptionToken"
    )
    found = asking.identifiers()
    assert len(found) == len(set(found)) == 7
    assert len(asking.identifiers(set="release")) == 1


def test_what_is_wrong_is_told_by_its_code(asking: Asking) -> None:
    for arguments, code in MISTAKES:
        assert asking.error(**arguments) == code, arguments


def test_an_argument_that_comes_twice_and_a_question_by_post(published: Archive) -> None:
    app = Starlette(
        routes=list(routes(published.folder, open_reader(published.folder), HeldListing(published.folder)))
    )
    with TestClient(app) as client:
        twice = client.get("/oai?verb=Identify&verb=Identify")
        assert b'code="badVerb"' in twice.content
        posted = client.post("/oai", data={"verb": "Identify"})
        assert b"<repositoryName>Test archive</repositoryName>" in posted.content


def test_what_is_withdrawn_is_told_as_deleted_from_then_on(asking: Asking, published: Archive) -> None:
    assert not any(deleted for _, deleted in asking.identifiers())
    [piece] = [
        it for it in open_reader(published.folder).search("Piece 1", ("recording",)) if it.title == "Piece 1"
    ]
    named = f"oai:onrecord-{published.id}:recording/{piece.id}"
    said = withdraw(published, Target("recording", piece.id), by="the maker", text="not any more")
    assert [id for id, deleted in asking.identifiers(set="recording") if deleted] == [named]
    record = asking(verb="GetRecord", metadataPrefix="oai_dc", identifier=named)
    assert record.find(f".//{OAI}metadata") is None and b"Piece 1" not in etree.tostring(record)
    # Whoever asks from the stamp of that on gets it, and not what did not change.
    stamp = record.findtext(f".//{OAI}datestamp") or ""
    assert (named, True) in asking.identifiers(**{"from": stamp})
    restore(published, said.id, by="the maker", note="again")
    assert not any(deleted for _, deleted in asking.identifiers())


def _text(element: etree._Element, name: str) -> str:
    return element.findtext(f"{OAI}{name}") or ""
