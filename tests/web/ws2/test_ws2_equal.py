# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers for what MusicBrainz really answered are equal to that, field by field, but for the fields listed here."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lxml import etree
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.harvest import harvest
from onrecord.archive.matching import rematch
from onrecord.archive.reading import open_reader
from onrecord.sources.musicbrainz_json import MusicBrainzJson
from onrecord.sources.musicbrainz_xml import MusicBrainzXml
from onrecord.web.app import create_app
from onrecord.web.site import site_of
from tests.conftest import DAY

DATA = Path(__file__).parents[4] / "shared" / "data"
FOLDERS = {"musicbrainz-json": "musicbrainz-ws2-json", "musicbrainz-xml": "musicbrainz-ws2-xml"}
RELATIONS = "artist area event instrument label place recording release release-group series url work"
COMMON = (
    "aliases media isrcs artist-credits discids recording-level-rels work-level-rels release-group-level-rels"
)
OWN = {
    "artist": "recordings releases release-groups works",
    "release": "artists labels recordings release-groups",
    "release-group": "artists releases",
    "recording": "artists releases release-groups",
    "work": "artists",
    "label": "releases",
}

#: What is left out of JSON answers: supplementary data is not CC0.
LEFT_OUT_OF_JSON = {"tags", "genres", "user-tags", "user-genres", "annotation"}
#: What is left out of XML answers, and what is said otherwise there: a target is the entity's id, a list that is not
#: listed has no count.
LEFT_OUT_OF_XML = {"tag-list", "annotation", "disc-list"}


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    for name in FOLDERS.values():
        if not (DATA / name).is_dir():
            pytest.skip(f"data/{name} is not here")
    folder = tmp_path_factory.mktemp("equal") / "archive"
    with Archive.create(folder, "Equal", lambda: DAY) as archive:
        for source, name in FOLDERS.items():
            harvest(archive, source, DATA / name)
        rematch(archive)
    with TestClient(create_app(open_reader(folder), site=site_of(folder))) as client:
        yield client


def test_json_answers_are_equal(answered: TestClient) -> None:
    different: dict[str, int] = {}
    seen = 0
    for (kind, id), payload in _records("musicbrainz-json").items():
        seen += 1
        ours = answered.get(f"/ws/2/{kind}/{id}", params={"fmt": "json", "inc": _inc(kind)})
        assert ours.status_code == 200, ours.text
        for path in _unequal(kind, msgspec.json.decode(payload), ours.json()):
            different[path] = different.get(path, 0) + 1
    print("\nJSON, fields that are not equal:", different)
    assert seen >= 10
    assert {path.rsplit(".", 1)[-1] for path in different} <= LEFT_OUT_OF_JSON, different


def test_xml_answers_are_equal(answered: TestClient) -> None:
    different: dict[str, int] = {}
    seen = 0
    for (kind, id), payload in _records("musicbrainz-xml").items():
        seen += 1
        ours = answered.get(f"/ws/2/{kind}/{id}", params={"fmt": "xml", "inc": _inc(kind)})
        assert ours.status_code == 200, ours.text
        theirs = etree.fromstring(
            b'<m xmlns="http://musicbrainz.org/ns/mmd-2.0#" xmlns:ext="http://musicbrainz.org/ns/ext#-2.0">'
            + payload
            + b"</m>"
        )[0]
        have = list(_facts(etree.fromstring(ours.content)[0]))
        for fact in _facts(theirs):
            if fact in have:
                have.remove(fact)
            else:
                different[fact[0]] = different.get(fact[0], 0) + 1
    print("\nXML, what is not equal:", different)
    assert seen >= 80
    assert not [path for path in different if not LEFT_OUT_OF_XML & set(re.split("[/@]", path))], different


def _inc(kind: str) -> str:
    return " ".join([COMMON, OWN[kind], *(f"{target}-rels" for target in RELATIONS.split())])


def _records(source: str) -> dict[tuple[str, str], bytes]:
    reader = (MusicBrainzJson if source == "musicbrainz-json" else MusicBrainzXml)(DATA / FOLDERS[source], {})
    return {(record.kind, record.id): record.payload for page in reader.pages() for record in page.records}


def _unequal(path: str, theirs: Any, ours: Any) -> Iterator[str]:
    """Where ours is not what theirs says. What ours says beside that is more, not other."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key, value in theirs.items():
            if key not in ours:
                yield f"{path}.{key}"
            else:
                yield from _unequal(f"{path}.{key}", value, ours[key])
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for one, other in zip(theirs, ours, strict=True):
            yield from _unequal(path, one, other)
    elif theirs != ours:
        yield path


def _facts(element: etree._Element, path: str = "") -> Iterator[tuple[str, str]]:
    path = f"{path}/{etree.QName(element).localname}"
    yield path, (element.text or "").strip()
    for name, value in element.items():
        if etree.QName(name).localname != "score":
            yield f"{path}@{etree.QName(name).localname}", str(value)
    for child in element:
        yield from _facts(child, path)
