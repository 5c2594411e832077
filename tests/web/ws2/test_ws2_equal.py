# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers are what MusicBrainz really answered to the same question, place by place, but for what is listed here.

Both ways: what ours lacks or says otherwise, and what it says beside. An exception that is not needed fails, too.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from lxml import etree
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.harvest import harvest
from onrecord.archive.matching import rematch
from onrecord.archive.reading import open_reader
from onrecord.model.records import Record
from onrecord.sources.musicbrainz_json import MusicBrainzJson
from onrecord.sources.musicbrainz_xml import MusicBrainzXml
from onrecord.web.app import create_app
from onrecord.web.site import site_of
from tests.conftest import DAY
from tests.web.ws2 import differences, questions

DATA = Path(__file__).parents[4] / "shared" / "data"
JSON = DATA / "musicbrainz-ws2-json"
XML = DATA / "musicbrainz-ws2-xml"
GUIDE = Path(__file__).parents[3] / "docs" / "howto" / "tag-your-files.md"

_NOT_CC0: Final = "supplementary data, which is not CC0"
_ONES_OWN: Final = "what one user of theirs added, for that user"
_NEWER: Final = "MusicBrainz writes it today; the answer is older than that"
_FIRST_ALONE: Final = "one record that names an artist is asked, and for the first artist of a credit alone"

#: `-` is not held, `+` is told beside, `!` is told otherwise.
OF_JSON: Final = {
    "- recording.tags[]": _NOT_CC0,
    "- recording.artist-credit[].artist.tags": _NOT_CC0,
    "- release.annotation": _NOT_CC0,
    "- release.artist-credit[].artist.tags": _NOT_CC0,
    "- release.genres[]": _NOT_CC0,
    "- release.tags[]": _NOT_CC0,
    "- release.user-genres": _ONES_OWN,
    "- release.user-tags": _ONES_OWN,
    "+ release.media[].tracks[].artist-credit": _NEWER,
    "+ release.media[].tracks[].recording.artist-credit": _NEWER,
    "+ release.media[].tracks[].recording.aliases": _NEWER,
    "+ release.release-group.genres": _NEWER,
    "+ release.release-group.tags": _NEWER,
}
OF_XML: Final = {
    "+ release/release-event-list": _NEWER,
    "+ work/language-list": _NEWER,
}
OF_SEARCHES: Final = {
    "- artist/tag-list": _NOT_CC0,
    "! artist@score": "the question is not known: ours is asked by id",
    "! release@score": "the question is not known: ours is asked by id",
    "+ release/release-event-list": _NEWER,
    "+ release/release-group/primary-type": _NEWER,
}
#: Of things that only answers about others name.
OF_NAMED: Final = {"artist.type": _FIRST_ALONE, "artist.type-id": _FIRST_ALONE}

SEARCHED_BY: Final = {"artist": "arid", "release": "reid", "label": "laid"}
KINDS: Final = ("artist", "release", "release-group", "recording", "work", "label")
#: Of an entity within another: what hangs on it is not told of it alone, and tags are not CC0.
NOT_OF_IT: Final = {"relations", "tags", "genres", "releases"}


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    for folder in (JSON, XML):
        if not folder.is_dir():
            pytest.skip(f"data/{folder.name} is not here")
    folder = tmp_path_factory.mktemp("equal") / "archive"
    with Archive.create(folder, "Equal", lambda: DAY) as archive:
        harvest(archive, "musicbrainz-json", JSON)
        harvest(archive, "musicbrainz-xml", XML)
        rematch(archive)
    with TestClient(create_app(open_reader(folder), site=site_of(folder))) as client:
        yield client


def test_json_answers_are_equal(answered: TestClient) -> None:
    different: set[str] = set()
    records = _of_json()
    for record in records:
        theirs = msgspec.json.decode(record.payload)
        ours = _json(answered, record.kind, record.id, questions.of_json(theirs))
        different |= set(differences.of_json(theirs, ours, record.kind))
    assert len(records) == 11
    assert different == set(OF_JSON)


def test_xml_answers_are_equal(answered: TestClient) -> None:
    different: set[str] = set()
    seen = 0
    for file in sorted(XML.glob("*/*.xml")):
        for record in _of_xml(file):
            seen += 1
            theirs = _element(record)
            # What a collection holds was asked for with no more than that.
            words = "" if file.parent.name == "collection" else questions.of_file(file.name)
            ours = _xml(answered, f"{record.kind}/{record.id}", inc=words)
            different |= set(differences.of_xml(theirs, ours, record.kind))
    assert seen == 38
    assert different == set(OF_XML)


def test_what_a_search_finds_is_equal(answered: TestClient) -> None:
    different: set[str] = set()
    seen = 0
    for file in sorted(XML.glob("search-*.xml")):
        for record in _of_xml(file):
            seen += 1
            [ours] = _xml(answered, record.kind, query=f"{SEARCHED_BY[record.kind]}:{record.id}")
            different |= set(differences.of_xml(_element(record), ours, record.kind))
    assert seen == 51
    assert different == set(OF_SEARCHES)


def test_what_answers_say_of_what_they_name_is_told_of_that_alone(answered: TestClient) -> None:
    """Each field is what one of the answers says that name the thing; what stands in no relation is found."""
    different: set[str] = set()
    records = _of_json()
    own = {(record.kind, record.id) for record in records}
    said: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for record in records:
        for kind, tree in _named(msgspec.json.decode(record.payload)):
            if (kind, tree["id"]) not in own:
                said.setdefault((kind, tree["id"]), []).append(tree)
    for (kind, id), trees in said.items():
        ours = _json(answered, kind, id, "aliases isrcs artist-credits")
        for field in {field for tree in trees for field in tree} - NOT_OF_IT:
            if ours.get(field) not in [tree[field] for tree in trees if field in tree]:
                different.add(f"{kind}.{field}")
    assert {kind for kind, _ in said} == {"artist", "label", "release-group", "recording"}
    assert different == set(OF_NAMED)


def test_what_is_not_held_is_in_the_guide() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    listed = [*OF_JSON, *OF_XML, *OF_SEARCHES]
    assert not [path for path in listed if f"`{path[2:]}`" not in guide]
    assert not [path for path in OF_NAMED if f"`{path}`" not in guide]


def test_a_value_at_another_place_is_a_difference() -> None:
    one = etree.fromstring("<r><t n='1'><title>A</title></t><t n='2'><title>B</title></t></r>")
    other = etree.fromstring("<r><t n='1'><title>B</title></t><t n='2'><title>A</title></t></r>")
    assert list(differences.of_xml(one, other, "r")) == ["! r/t/title", "! r/t/title"]
    assert not list(differences.of_xml(one, one, "r"))
    more = etree.fromstring("<r><t n='1' m='2'><title>A</title></t><u/></r>")
    assert list(differences.of_xml(one, more, "r")) == ["+ r/t@m", "- r/t", "+ r/u"]
    tracks = {"tracks": [{"title": "A"}, {"title": "B"}]}
    assert (
        list(differences.of_json(tracks, {"tracks": tracks["tracks"][::-1]}, "r"))
        == ["! r.tracks[].title"] * 2
    )
    assert list(differences.of_json({"a": 0, "c": []}, {"a": False, "b": 1, "c": [1]}, "r")) == [
        "! r.a",
        "+ r.b",
        "+ r.c[]",
    ]


def _of_json() -> list[Record]:
    """The newest of each entity, as the archive has it."""
    pages = MusicBrainzJson(JSON, {}).pages()
    return list({(record.kind, record.id): record for page in pages for record in page.records}.values())


def _of_xml(file: Path) -> list[Record]:
    return [record for page in MusicBrainzXml(file, {}).pages() for record in page.records]


def _json(client: TestClient, kind: str, id: str, inc: str) -> dict[str, Any]:
    answer = client.get(f"/ws/2/{kind}/{id}", params={"fmt": "json", "inc": inc})
    assert answer.status_code == 200, (kind, id, answer.text)
    tree = answer.json()
    assert isinstance(tree, dict)
    return tree


def _xml(client: TestClient, path: str, **asked: str) -> etree._Element:
    answer = client.get(f"/ws/2/{path}", params={"fmt": "xml", **asked})
    assert answer.status_code == 200, answer.text
    return etree.fromstring(answer.content)[0]


def _element(record: Record) -> etree._Element:
    names = 'xmlns="http://musicbrainz.org/ns/mmd-2.0#" xmlns:ext="http://musicbrainz.org/ns/ext#-2.0"'
    return etree.fromstring(f"<m {names}>".encode() + record.payload + b"</m>")[0]


def _named(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The entities in an answer, without those that relations lead to."""
    if isinstance(value, list):
        for item in value:
            yield from _named(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in KINDS and isinstance(item, dict):
                yield key, item
            if key != "relations":
                yield from _named(item)
