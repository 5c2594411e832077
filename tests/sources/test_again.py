# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A source is asked once more for one record: it comes as in a harvest, or the source says that it is gone."""

import json
from pathlib import Path

import pytest

from onrecord.errors import RecordRejected, SourceFailed, UsageError
from onrecord.model.records import Answer
from onrecord.sources.internet_archive import InternetArchive
from onrecord.sources.jamendo import Jamendo
from onrecord.sources.oai_pmh import OaiPmh
from onrecord.sources.openverse import Openverse
from onrecord.sources.seam import Rechecks
from onrecord.sources.wikimedia_commons import WikimediaCommons
from tests.sources.answering import MADE, Service, harvest

UUID = "5f8e8bd6-5f2b-4a33-9c4c-9e6c3ba0a1f1"
DC = (
    '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-11-28T00:00:00Z</responseDate>'
    "{}</OAI-PMH>"
)


def jamendo() -> Jamendo:
    return Jamendo(Path(), {"client_id": "made-for-a-test"})


def saved(source, path):
    """The elements of a saved answer, by the name of their record."""
    records = harvest(source(MADE / path, {}))[0]
    return {f"{record.kind}:{record.id}": record.payload for record in records}


def test_a_track_of_jamendo() -> None:
    tracks = saved(Jamendo, "jamendo-tracks-made.json")

    def answer(path, parameters):
        assert path == "/v3.0/tracks/" and parameters["client_id"] == "made-for-a-test"
        found = tracks.get(f"track:{parameters['id']}")
        body = b'{"headers": {"status": "success"}, "results": [%b]}'
        return body % (found or b"")

    assert isinstance(jamendo(), Rechecks)
    service = Service(answer)
    (record,) = jamendo().again(service, "track:11").records
    assert (record.kind, record.id, record.payload) == ("track", "11", tracks["track:11"])
    assert "licenses" in service.asked[0][1]["include"], "it is asked for all that a harvest asks for"
    (gone,) = jamendo().again(service, "track:99999").records
    assert (gone.kind, gone.id, gone.deleted, gone.payload) == ("track", "99999", True, b"")
    with pytest.raises(UsageError, match="client id"):
        Jamendo(Path(), {}).again(service, "track:11")
    with pytest.raises(RecordRejected, match="cannot be asked"):
        jamendo().again(service, "playlist:1")


def test_an_album_of_jamendo_comes_with_its_tracks() -> None:
    album = {"id": "5", "name": "Album", "zip": "", "releasedate": "2012-03-04", "tracks": [{"id": "11"}]}

    def answer(path, parameters):
        assert (path, parameters["id"]) == ("/v3.0/albums/tracks/", "5")
        return {"headers": {"status": "success"}, "results": [album]}

    (record,) = jamendo().again(Service(answer), "album:5").records
    assert (record.kind, json.loads(record.payload)) == ("album", album)
    failed = Service(
        lambda path, asked: {"headers": {"status": "failed", "error_message": "no"}, "results": []}
    )
    with pytest.raises(SourceFailed, match="failed"):
        jamendo().again(failed, "album:5")


def test_an_item_of_the_internet_archive() -> None:
    item = b'{"metadata": {"identifier": "one", "mediatype": "audio"}, "files": []}'
    dark = b'{"is_dark": true, "dir": "/1/items/dark"}'
    answers = {"/metadata/one": item, "/metadata/none": b"{}", "/metadata/dark": dark}
    service = Service(lambda path, _: answers[path])
    source = InternetArchive(Path(), {})
    (record,) = source.again(service, "item:one").records
    assert (record.kind, record.id, record.payload) == ("item", "one", item)
    for name in ("none", "dark"):
        (record,) = source.again(service, f"item:{name}").records
        assert (record.id, record.deleted) == (name, True)

    def unchanged(address, *, accept="*/*", record=""):
        assert record == "item:one", "who asks names the record, so that it need not come"
        return Answer(address, "", b"", unchanged=True)

    page = source.again(unchanged, "item:one")
    assert (page.records, page.unchanged) == ((), ("item:one",))
    for name in ("hit:one", "item:../robots.txt"):
        with pytest.raises(RecordRejected):
            source.again(service, name)


def test_a_file_of_wikimedia_commons() -> None:
    files = saved(WikimediaCommons, "wikimedia-commons-made.json")

    def answer(path, parameters):
        found = files.get(f"file:{parameters['pageids']}")
        page = found or json.dumps({"pageid": int(parameters["pageids"]), "missing": True}).encode()
        return b'{"query": {"pages": [%b]}}' % page

    source, service = WikimediaCommons(Path(), {}), Service(answer)
    (record,) = source.again(service, "file:101").records
    assert record.payload == files["file:101"]
    assert "extmetadata" in service.asked[0][1]["iiprop"]
    (gone,) = source.again(service, "file:4711").records
    assert (gone.id, gone.deleted) == ("4711", True)
    with pytest.raises(SourceFailed, match="maxlag"):
        source.again(Service(lambda path, _: {"error": {"code": "maxlag", "info": "wait"}}), "file:101")


def test_a_record_of_openverse() -> None:
    audio = {"id": UUID, "title": "One", "license": "by", "license_version": "3.0", "provider": "jamendo"}
    service = Service(lambda path, _: audio)
    (record,) = Openverse(Path(), {}).again(service, f"audio:{UUID}").records
    assert (record.id, json.loads(record.payload)) == (UUID, audio)
    assert service.asked == [(f"/v1/audio/{UUID}/", {})]
    with pytest.raises(RecordRejected):
        Openverse(Path(), {}).again(service, "audio:../images")


def test_a_record_of_a_repository() -> None:
    record = "<record><header{}><identifier>oai:a:1</identifier><datestamp>2026-11-01</datestamp></header></record>"
    answers = {
        "oai:a:1": DC.format(f"<GetRecord>{record.format('')}</GetRecord>"),
        "oai:a:2": DC.format('<error code="idDoesNotExist">none</error>'),
        "oai:a:3": DC.format(
            "<GetRecord>" + record.format(' status="deleted"').replace("oai:a:1", "oai:a:3") + "</GetRecord>"
        ),
        "oai:a:4": DC.format('<error code="cannotDisseminateFormat">no</error>'),
    }

    def answer(path, parameters):
        assert (path, parameters["verb"], parameters["metadataPrefix"]) == ("/oai", "GetRecord", "oai_dc")
        return answers[parameters["identifier"]].encode()

    source = OaiPmh(Path(), {"repository": "https://a.example/oai?set=sound"})
    service = Service(answer)
    (found,) = source.again(service, "record:oai:a:1").records
    assert (found.id, found.version, found.payload) == ("oai:a:1", "2026-11-01", record.format("").encode())
    for number in (2, 3):
        (gone,) = source.again(service, f"record:oai:a:{number}").records
        assert (gone.id, gone.deleted) == (f"oai:a:{number}", True)
    with pytest.raises(SourceFailed, match="cannotDisseminateFormat"):
        source.again(service, "record:oai:a:4")
    with pytest.raises(UsageError, match="repository"):
        OaiPmh(Path(), {}).again(service, "record:oai:a:1")
