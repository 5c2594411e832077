# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON interface keeps to the description that it gives of itself."""

import msgspec
import pytest
from starlette.testclient import TestClient

from onrecord.model.filters import Filters
from onrecord.model.views import Glance, RecordingView
from onrecord.web.api import Found
from onrecord.web.problems import Problem
from tests.web.sample import SampleArchive


def test_answers_are_the_values_themselves(client: TestClient, archive: SampleArchive) -> None:
    assert msgspec.json.decode(client.get("/api/glance").content, type=Glance) == archive.glance()
    answer = client.get(f"/api/recording/{archive.playable}")
    assert msgspec.json.decode(answer.content, type=RecordingView) == archive.recordings[archive.playable]


def test_search_by_kind_and_limit(client: TestClient) -> None:
    found = msgspec.json.decode(
        client.get("/api/search?q=o&kind=artist&kind=release&limit=4").content, type=Found
    )
    assert found.query == "o" and len(found.hits) == 4
    assert {hit.kind for hit in found.hits} <= {"artist", "release"}


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "kind=genre"])
def test_what_is_not_understood_is_refused(client: TestClient, query: str) -> None:
    assert client.get(f"/api/search?q=a&{query}").status_code == 422


def test_every_status_that_was_seen_is_described(client: TestClient, archive: SampleArchive) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    sound = f"/sound/{archive.digest}"
    seen = {
        "/api/glance": [client.get("/api/glance")],
        "/api/search": [client.get("/api/search?q=a"), client.get("/api/search?limit=0")],
        "/api/recording/{id}": [
            client.get(f"/api/recording/{archive.playable}"),
            client.get("/api/recording/none"),
            client.get("/api/recording/rmergedaway"),
        ],
        "/sound/{sha256}": [
            client.get(sound),
            client.get(sound, headers={"Range": "bytes=0-1"}),
            client.get(sound, headers={"Range": "bytes=99999999-"}),
            client.get(sound, headers={"If-None-Match": "*"}),
            client.get("/sound/none"),
        ],
        "/livez": [client.get("/livez")],
        "/readyz": [client.get("/readyz")],
    }
    assert set(seen) == set(paths)
    for path, answers in seen.items():
        described = paths[path]["get"]["responses"]
        for answer in answers:
            assert str(answer.status_code) in described, (path, answer.status_code)
    assert {"403", "451", "503"} <= set(paths["/sound/{sha256}"]["get"]["responses"])


def test_the_description_names_only_schemas_that_it_holds(client: TestClient) -> None:
    described = client.get("/api/openapi.json").json()
    held = set(described["components"]["schemas"])
    named: set[str] = set()

    def walk(value: object) -> None:
        if isinstance(value, dict):
            if "$ref" in value:
                named.add(value["$ref"].rsplit("/", 1)[1])
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(described)
    assert {"Glance", "Found", "Hit", "Problem", "RecordingView", "SoundView"} <= named <= held


def test_search_is_narrowed_by_what_the_description_lists(client: TestClient, archive: SampleArchive) -> None:
    address = (
        "/api/search?q=o&year_from=1990&year_to=2000&sound=true&source=a&source=b&license=CC-BY&territory=DE"
        "&language=nor&length_from=120&length_to=300&shelf=cc-by"
    )
    found = msgspec.json.decode(client.get(address).content, type=Found)
    assert found.hits and all(hit.has_sound for hit in found.hits)
    assert archive.filters == [
        Filters(
            years=(1990, 2000),
            sound=True,
            sources=("a", "b"),
            licenses=("CC-BY",),
            territory="DE",
            languages=("nor",),
            seconds=(120, 300),
            shelf="cc-by",
        )
    ]
    described = client.get("/api/openapi.json").json()["paths"]["/api/search"]["get"]["parameters"]
    names = {item["name"] for item in described}
    assert names == {
        "q",
        "kind",
        "limit",
        "year_from",
        "year_to",
        "sound",
        "source",
        "license",
        "territory",
        "language",
        "length_from",
        "length_to",
        "shelf",
    } | {"after"}


def test_without_words_what_fits_is_listed_part_by_part(client: TestClient) -> None:
    found, after, parts = list[str](), "", 0
    while not parts or after:
        address = f"/api/search?q=&sound=true&kind=recording&limit=4&after={after}"
        part = msgspec.json.decode(client.get(address).content, type=Found)
        assert all(hit.has_sound and hit.kind == "recording" for hit in part.hits)
        found, after, parts = [*found, *(hit.id for hit in part.hits)], part.after, parts + 1
    assert parts > 1 and len(found) == len(set(found)) > 4
    assert client.get("/api/search").json()["hits"] == [], "no words and no filters: nothing was asked"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("limit=0", "limit: "),
        ("limit=x", "got 'x'"),
        ("kind=genre", "kind"),
        ("license=Nonsense", "'Nonsense'"),
        ("q=o&sound=true&after=1", "after: "),
        ("sound=true&after=x", "after: 'x'"),
    ],
)
def test_what_is_wrong_with_a_question_is_said_as_problem(client: TestClient, query: str, said: str) -> None:
    answer = client.get(f"/api/search?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    problem = msgspec.json.decode(answer.content, type=Problem)
    assert problem.status == 422 and said in problem.detail


@pytest.mark.parametrize(
    "query",
    [
        "year_from=-1",
        "year_to=99999",
        "sound=perhaps",
        "territory=de",
        "territory=%00",
        "source=a&" * 21,
        "license=" + "&license=" * 21,
    ],
)
def test_a_filter_that_is_not_understood_is_refused(client: TestClient, query: str) -> None:
    assert client.get(f"/api/search?q=a&{query}").status_code == 422
