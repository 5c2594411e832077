# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's forms: ids, inclusions, pages, errors, rate, withdrawals, and questions that were made to hurt."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from starlette.applications import Starlette
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.harvest import harvest
from onrecord.archive.last_match import is_matched
from onrecord.archive.matching import rematch
from onrecord.archive.reading import Reader, open_reader
from onrecord.archive.withdrawing import withdraw
from onrecord.archive.ws2 import EntityReader
from onrecord.model.own_ids import own_id
from onrecord.model.rights import Target
from onrecord.web.app import create_app
from onrecord.web.site import site_of
from onrecord.web.ws2.inclusions import Form, shown
from onrecord.web.ws2.rate import Rate
from onrecord.web.ws2.routes import routes
from tests.archive.withdrawn import tune
from tests.conftest import DAY
from tests.pipeline.musicbrainz import mbid, recording, release, save

NS = "{http://musicbrainz.org/ns/mmd-2.0#}"
SINGER = mbid("Singer")


def answers(folder: Path) -> Path:
    album = release("Album", "Singer", [("One", 201_000), ("Two", 202_000)], country="GB", status="Official")
    album["release-group"] = {"id": mbid("group"), "title": "Album", "primary-type": "Album"}
    album["tags"] = [{"name": "not ours", "count": 1}]
    work = {"id": mbid("work"), "title": "Opus", "iswcs": [], "type": "Song"}
    link = {"type": "performance", "target-type": "work", "direction": "forward", "work": work}
    three = recording("Three", "Singer", 203_000, isrcs=["GBAAA2600003"], relations=[link])
    many = {f"more{number}": recording(f"More {number}", "Other", 100_000 + number) for number in range(30)}
    return save(folder, album=album, three=three, **many)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("service")
    with Archive.create(folder / "archive", "Service", lambda: DAY) as archive:
        add(archive, [tune(folder / "music" / "tune.flac").parent], held_as="deposit")
        harvest(archive, "musicbrainz-json", answers(folder / "answers"))
        rematch(archive)
    return folder / "archive"


@pytest.fixture(scope="module")
def client(once: Path) -> Iterator[TestClient]:
    with TestClient(create_app(open_reader(once), site=site_of(once))) as client:
        yield client


def ask(client: TestClient, path: str, **parameters: object) -> Any:
    answer = client.get(f"/ws/2/{path}", params={"fmt": "json", **{k: str(v) for k, v in parameters.items()}})
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(client: TestClient, path: str, **parameters: object) -> tuple[int, str]:
    answer = client.get(f"/ws/2/{path}", params={"fmt": "json", **{k: str(v) for k, v in parameters.items()}})
    return answer.status_code, answer.json()["error"]


# Ids -----------------------------------------------------------------------------------------------------------------


def test_what_musicbrainz_does_not_know_has_an_id_of_its_own_that_stays(
    client: TestClient, once: Path
) -> None:
    [found] = ask(client, "recording", query="recording:tune")["recordings"]
    canonical = Reader(once).search("tune", ("recording",))[0].id
    assert found["id"] == own_id("recording", canonical)
    assert uuid.UUID(found["id"]).version == 8
    again = ask(client, f"recording/{found['id']}", inc="artists releases")
    assert (again["title"], again["artist-credit"][0]["name"]) == ("Tune", "Some Makers")
    assert again["releases"][0]["title"] == "Record"


def test_an_id_of_its_own_leads_to_the_mbid_that_came_later(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "archive", "Later", lambda: DAY) as archive:
        harvest(archive, "musicbrainz-json", answers(tmp_path / "answers"))
        rematch(archive)
        canonical = Reader(archive.folder).search("three", ("recording",))[0].id
    own = own_id("recording", canonical)
    client = TestClient(Starlette(routes=routes(EntityReader(tmp_path / "archive"))))
    assert ask(client, f"recording/{own}")["id"] == mbid("recording Three")
    client.close()


def test_a_record_that_musicbrainz_did_not_write_has_no_mbid(tmp_path: Path) -> None:
    made = recording("Made", "Singer", 1000) | {"onrecord:origin": "made for a test"}
    with Archive.create(tmp_path / "archive", "Made", lambda: DAY) as archive:
        harvest(archive, "musicbrainz-json", save(tmp_path / "answers", made=made))
        rematch(archive)
    client = TestClient(Starlette(routes=routes(EntityReader(tmp_path / "archive"))))
    assert refused(client, f"recording/{mbid('recording Made')}")[0] == 404
    [found] = ask(client, "recording", query="made")["recordings"]
    assert uuid.UUID(found["id"]).version == 8
    client.close()


# Look-up, browse, search ---------------------------------------------------------------------------------------------


def test_an_inclusion_is_there_where_it_was_asked_for_and_supplementary_data_never(
    client: TestClient,
) -> None:
    bare = ask(client, f"release/{mbid('Album')}")
    assert not {"media", "artist-credit", "release-group", "label-info", "tags", "relations"} & set(bare)
    assert (bare["title"], bare["country"], bare["status"], bare["barcode"]) == (
        "Album",
        "GB",
        "Official",
        None,
    )
    full = ask(client, f"release/{mbid('Album')}", inc="recordings+artist-credits+release-groups+tags+isrcs")
    assert [track["title"] for track in full["media"][0]["tracks"]] == ["One", "Two"]
    assert full["release-group"]["id"] == mbid("group")
    assert full["tags"] == []
    counted = ask(client, f"release/{mbid('Album')}", inc="media")
    assert counted["media"][0]["track-count"] == 2 and "tracks" not in counted["media"][0]


def test_relations_are_there_by_what_they_lead_to(client: TestClient) -> None:
    three = f"recording/{mbid('recording Three')}"
    assert ask(client, three, inc="work-rels")["relations"][0]["work"]["id"] == mbid("work")
    assert ask(client, three, inc="artist-rels")["relations"] == []
    assert ask(client, f"work/{mbid('work')}") == ask(client, f"work/{mbid('work').upper()}")
    assert ask(client, f"work/{mbid('work')}")["type"] == "Song"


def test_a_search_counts_discs_and_leaves_out_what_a_look_up_says(tmp_path: Path) -> None:
    album = release("Album", "Singer", [("One", 201_000)]) | {"quality": "high"}
    album["media"][0]["discs"] = [{"id": "disc", "sectors": 1, "offsets": [150], "offset-count": 1}]
    with Archive.create(tmp_path / "archive", "Discs", lambda: DAY) as archive:
        harvest(archive, "musicbrainz-json", save(tmp_path / "answers", album=album))
        rematch(archive)
    client = TestClient(Starlette(routes=routes(EntityReader(tmp_path / "archive"))))
    [found] = ask(client, "release", query="album")["releases"]
    assert (found["media"][0]["disc-count"], "discs" in found["media"][0]) == (1, False)
    assert not {"quality", "cover-art-archive", "aliases"} & set(found)
    looked_up = ask(client, f"release/{mbid('Album')}", inc="discids")
    assert looked_up["media"][0]["discs"][0]["id"] == "disc"
    assert "disc-count" not in looked_up["media"][0]
    assert (looked_up["quality"], looked_up["cover-art-archive"]["count"]) == ("high", 0)
    as_xml = etree.fromstring(client.get("/ws/2/release?query=album").content)
    assert [each.get("count") for each in as_xml.iter(f"{NS}disc-list")] == ["1"]
    assert (
        etree.fromstring(client.get(f"/ws/2/release/{mbid('Album')}").content).find(
            f".//{NS}cover-art-archive"
        )
        is None
    )
    client.close()


def test_relations_lead_one_step_beyond_the_answer(tmp_path: Path) -> None:
    def link(kind: str, target: dict[str, Any]) -> dict[str, Any]:
        return {"type": "any", "target-type": kind, "direction": "forward", kind: target}

    further = {"id": mbid("further"), "title": "Further", "relations": []}
    work = {"id": mbid("work"), "title": "Opus", "relations": [link("work", further)]}
    three = recording("Three", "Singer", 203_000, relations=[link("work", work)])
    with Archive.create(tmp_path / "archive", "Steps", lambda: DAY) as archive:
        harvest(archive, "musicbrainz-json", save(tmp_path / "answers", three=three))
        rematch(archive)
    client = TestClient(Starlette(routes=routes(EntityReader(tmp_path / "archive"))))
    asked = f"recording/{mbid('recording Three')}"
    found = ask(client, asked, inc="work-rels+work-level-rels+aliases")["relations"][0]["work"]
    assert found["relations"][0]["work"]["id"] == mbid("further")
    assert "relations" not in found["relations"][0]["work"] and "aliases" not in found
    assert "relations" not in ask(client, asked, inc="work-rels")["relations"][0]["work"]
    client.close()


def test_an_artist_that_only_a_recording_names_is_told_of_as_that_says(tmp_path: Path) -> None:
    three = recording("Three", "Singer", 203_000)
    three["artist-credit"][0]["artist"] |= {"disambiguation": "the one", "type": "Person"}
    with Archive.create(tmp_path / "archive", "Named", lambda: DAY) as archive:
        harvest(archive, "musicbrainz-json", save(tmp_path / "answers", three=three))
        rematch(archive)
    client = TestClient(Starlette(routes=routes(EntityReader(tmp_path / "archive"))))
    found = ask(client, f"artist/{SINGER}")
    assert (found["disambiguation"], found["type"]) == ("the one", "Person")
    client.close()


def test_browsing(client: TestClient) -> None:
    by_artist = ask(client, "recording", artist=SINGER)
    assert by_artist["recording-count"] == 3
    assert {item["title"] for item in by_artist["recordings"]} == {"One", "Two", "Three"}
    assert ask(client, "release", artist=SINGER)["releases"][0]["id"] == mbid("Album")
    assert ask(client, "release-group", artist=SINGER, type="album|ep")["release-group-count"] == 1
    assert ask(client, "release-group", artist=SINGER, type="single")["release-group-count"] == 0
    assert ask(client, "release", **{"release-group": mbid("group")})["releases"][0]["id"] == mbid("Album")
    assert ask(client, "recording", work=mbid("work"))["recordings"][0]["id"] == mbid("recording Three")
    assert ask(client, "artist", release=mbid("Album"))["artists"][0]["id"] == SINGER


def test_pages_hold_everything_once(client: TestClient) -> None:
    other = mbid("Other")
    first = ask(client, "recording", artist=other, limit=20)
    second = ask(client, "recording", artist=other, limit=20, offset=20)
    assert (first["recording-count"], len(first["recordings"]), len(second["recordings"])) == (30, 20, 10)
    ids = {item["id"] for page in (first, second) for item in page["recordings"]}
    assert len(ids) == 30
    # As MusicBrainz does: a browse never refuses a limit for its size, and takes 0 for none.
    for limit, given in ((1000, 30), (0, 25)):
        assert len(ask(client, "recording", artist=other, limit=limit)["recordings"]) == given
    searched = [
        ask(client, "recording", query="more", limit=20, offset=offset)["recordings"] for offset in (0, 20)
    ]
    assert {item["id"] for page in searched for item in page} == ids
    assert max(item["score"] for item in searched[1]) <= 100


def test_search_by_fields(client: TestClient) -> None:
    def found(kind: str, query: str) -> set[str]:
        return {item.get("title") or item["name"] for item in ask(client, kind, query=query)[f"{kind}s"]}

    assert found("recording", "isrc:GBAAA2600003") == {"Three"}
    assert found("recording", f"arid:{SINGER} AND NOT recording:one") == {"Two", "Three"}
    assert found("recording", "release:album AND dur:[201500 TO 202500]") == {"Two"}
    assert found("release", "release:albm~ AND artist:singer") == {"Album"}
    assert found("release-group", f"rgid:{mbid('group')}") == {"Album"}
    assert found("artist", "sing*") == {"Singer"}
    assert found("work", "opus") == {"Opus"}
    assert found("recording", "catno:1") == set()
    assert ask(client, "isrc/GBAAA2600003")["recordings"][0]["id"] == mbid("recording Three")


def test_somebody_is_credited_where_credits_are_asked_for(client: TestClient) -> None:
    album = ask(client, f"release/{mbid('Album')}", inc="artist-credits release-groups")
    assert album["release-group"]["artist-credit"] == album["artist-credit"]
    assert album["artist-credit"][0]["artist"]["id"] == SINGER
    # As a record is that was fetched without its credits.
    bare = {"id": mbid("bare"), "title": "Bare", "release-group": {"id": mbid("group"), "title": "Bare"}}
    made = shown("release", bare, Form(frozenset({"artists", "release-groups"})))
    assert made["artist-credit"][0]["name"] == "[unknown]" and made["artist-credit"][0]["artist"]["id"]
    assert made["release-group"]["artist-credit"] == made["artist-credit"]
    assert "artist-credit" not in shown("release", bare, Form(frozenset({"release-groups"})))
    assert "artist-credit" not in shown("release", bare, Form(frozenset({"artists"}), as_json=False))


def test_media_and_tracks_are_whole_where_a_record_has_them_in_part() -> None:
    tracks = [
        {"title": "One", "recording": {"id": mbid("one"), "title": "One"}},
        {"id": "kept", "position": 9},
    ]
    found = {
        "id": mbid("found"),
        "title": "Found",
        "media": [{"track-count": 3}, {"position": 7, "tracks": tracks}],
    }
    [first, second] = shown("release", found, Form(frozenset({"recordings", "artist-credits"})))["media"]
    assert (first["position"], second["position"]) == (1, 7)
    [one, other] = second["tracks"]
    assert (one["position"], uuid.UUID(one["id"]).version) == (1, 5)
    assert (other["position"], other["id"]) == (9, "kept")
    assert one["artist-credit"][0]["name"] == one["recording"]["artist-credit"][0]["name"] == "[unknown]"


@pytest.mark.parametrize(
    "path",
    [
        # How Picard's web-service code asks, field by field, with its own inclusions and escapes.
        "release/{album}?inc=aliases+artist-credits+artists+collections+discids+genres+isrcs+labels+media+recordings"
        "+release-groups+series-rels+url-rels+work-level-rels+recording-level-rels+artist-rels+work-rels&fmt=json",
        "recording/{three}?inc=aliases+artist-credits+artists+genres+isrcs+media+release-groups+releases&fmt=json",
        "release?query=release%3A%28album%29%20artist%3A%28singer%29%20tracks%3A%282%29&limit=25&fmt=json",
        "recording?query=track%3A%28one%29%20artist%3A%28singer%29%20release%3A%28album%29%20tnum%3A%281%29"
        "%20qdur%3A%28100%29&limit=25&fmt=json",
        "release?artist={artist}&inc=media+labels&limit=100&offset=0&fmt=json",
        "release?release-group={group}&inc=media+labels&limit=100&fmt=json",
        "artist?query=%2A%3A%2A&limit=100&fmt=json",
        "recording/?query=one",
    ],
)
def test_forms_that_taggers_send(client: TestClient, path: str) -> None:
    places = {
        "album": mbid("Album"),
        "three": mbid("recording Three"),
        "artist": SINGER,
        "group": mbid("group"),
    }
    answer = client.get(f"/ws/2/{path.format(**places)}")
    assert answer.status_code == 200, answer.text
    assert SINGER in answer.text or mbid("Album") in answer.text


# XML -----------------------------------------------------------------------------------------------------------------


def test_without_a_word_on_it_the_answer_is_xml(client: TestClient) -> None:
    answer = client.get(f"/ws/2/release/{mbid('Album')}?inc=recordings")
    assert answer.headers["content-type"] == "application/xml; charset=utf-8"
    root = etree.fromstring(answer.content)
    assert root.tag == f"{NS}metadata"
    assert [title.text for title in root.iterfind(f".//{NS}recording/{NS}title")] == ["One", "Two"]
    by_header = client.get(f"/ws/2/release/{mbid('Album')}", headers={"Accept": "application/json"})
    assert by_header.json()["id"] == mbid("Album")


def test_text_from_outside_is_inert_in_xml(tmp_path: Path) -> None:
    hostile = recording("<b>&\u0001\uffff]]>", "Singer", 1000)
    with Archive.create(tmp_path / "archive", "Hostile", lambda: DAY) as archive:
        harvest(archive, "musicbrainz-json", save(tmp_path / "answers", hostile=hostile))
        rematch(archive)
    client = TestClient(Starlette(routes=routes(EntityReader(tmp_path / "archive"))))
    root = etree.fromstring(client.get(f"/ws/2/recording/{hostile['id']}").content)
    assert root.findtext(f"{NS}recording/{NS}title") == "<b>&\ufffd\ufffd]]>"
    client.close()


# Errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("artist/none", 400, "Invalid mbid."),
        ("artist/%00", 400, "Invalid mbid."),
        (f"artist/{SINGER}/more", 400, "Invalid mbid."),
        (f"artist/{uuid.UUID(int=0)}", 404, "Not Found"),
        (
            f"artist/{SINGER}?inc=nonsense",
            400,
            "nonsense is not a valid inc parameter for the artist resource.",
        ),
        (
            f"recording/{SINGER}?inc=works",
            400,
            "works is not a valid inc parameter for the recording resource.",
        ),
        ("artist?query=a&limit=1000000000", 400, "limit must be a number between 1 and 100"),
        ("artist?query=a&limit=-1", 400, "limit must be"),
        ("artist?query=a&offset=99999999999999999999", 400, "offset must be"),
        ("artist?query=a&offset=20000", 400, "offset must be"),
        ("artist?query=", 400, "empty"),
        ("artist", 400, "Expected a query"),
        (f"recording?artist={SINGER}&release={SINGER}", 400, "one MBID to browse by"),
        (f"recording?artist={uuid.UUID(int=1)}", 404, "Not Found"),
        ("recording?artist=x", 400, "Invalid mbid."),
        ("isrc/short", 400, "Invalid isrc."),
        ("isrc/GBZZZ2600003", 404, "Not Found"),
        ("place/x", 404, "Not Found"),
        ("", 404, "Not Found"),
        ("artist?query=" + "(" * 100 + "a" + ")" * 99, 400, "deeper"),
        ("artist?query=" + "(" * 1000, 400, "more than 200 parts"),
        ("artist?query=" + "a%20" * 1500, 400, "cannot be read"),
        ("artist?query=" + "a" * 30_000, 400, "longer"),
        ("artist?query=%22", 400, "cannot be read"),
        ("artist?query=%ED%A0%80%00", 400, "cannot be read"),
    ],
)
def test_what_is_wrong_is_said_in_the_form_of_the_service(
    client: TestClient, path: str, status: int, sentence: str
) -> None:
    asked = f"/ws/2/{path}"
    as_xml = client.get(asked)
    as_json = client.get(asked + ("&" if "?" in asked else "?") + "fmt=json")
    assert (as_xml.status_code, as_json.status_code) == (status, status)
    assert sentence in as_json.json()["error"] and as_json.json()["help"]
    root = etree.fromstring(as_xml.content)
    assert root.tag == "error" and sentence in (root.findtext("text") or "")


def test_other_formats_and_methods_are_refused(client: TestClient) -> None:
    assert client.get("/ws/2/artist?query=a&fmt=jspf").status_code == 406
    answer = client.post("/ws/2/release?client=x", content=b"<metadata/>")
    assert answer.status_code == 405 and answer.headers["allow"] == "GET, HEAD"
    assert client.head(f"/ws/2/artist/{SINGER}").status_code == 200


def test_every_answer_says_how_many_more_may_be_asked_for(once: Path) -> None:
    rate = Rate(limit=2, clock=lambda: 1000.5)
    client = TestClient(Starlette(routes=routes(EntityReader(once), rate)))
    first, second, third = (client.get(f"/ws/2/artist/{SINGER}?fmt=json") for _ in range(3))
    assert [answer.headers["x-ratelimit-remaining"] for answer in (first, second, third)] == ["1", "0", "0"]
    assert (first.headers["x-ratelimit-limit"], first.headers["x-ratelimit-reset"]) == ("2", "1001")
    assert (second.status_code, third.status_code, third.headers["retry-after"]) == (200, 503, "1")
    assert "rate limit" in third.json()["error"]
    client.close()


# What changes --------------------------------------------------------------------------------------------------------


def test_withdrawn_things_are_nowhere(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "archive", "Gone", lambda: DAY) as archive:
        harvest(archive, "musicbrainz-json", answers(tmp_path / "answers"))
        rematch(archive)
        client = TestClient(Starlette(routes=routes(EntityReader(archive.folder))))
        one = mbid("recording One")
        assert ask(client, f"recording/{one}")["title"] == "One"
        canonical = Reader(archive.folder).search("one", ("recording",))[0].id
        withdraw(archive, Target("recording", canonical), by="Singer", text="No longer")
        said = [
            json.dumps(ask(client, f"release/{mbid('Album')}", inc="recordings")),
            json.dumps(ask(client, "recording", release=mbid("Album"))),
            json.dumps(ask(client, "recording", artist=SINGER)),
            json.dumps(ask(client, "recording", query="*:*", limit=100)),
            json.dumps(ask(client, f"artist/{SINGER}", inc="recordings")),
        ]
        assert all(one not in text and '"One"' not in text for text in said)
        assert all(mbid("recording Two") in text for text in said)
        assert ask(client, "recording", query="recording:one")["count"] == 0
        assert refused(client, f"recording/{one}") == (404, "Not Found")
        # Of works and groups nothing is told either once all that they are known by is gone, as on the page.
        kinds = {"work": mbid("work"), "release-group": mbid("group")}
        for kind, id in kinds.items():
            assert (ask(client, f"{kind}/{id}")["id"], ask(client, kind, query="*:*")["count"]) == (id, 1)
        for kind, name in (("recording", "three"), ("release", "album")):
            [hit] = Reader(archive.folder).search(name, (kind,))
            withdraw(archive, Target(kind, hit.id), by="Singer", text="No longer")
        for kind, id in kinds.items():
            assert refused(client, f"{kind}/{id}")[0] == 404
            assert ask(client, kind, query="*:*")["count"] == 0
            assert ask(client, kind, artist=SINGER)[f"{kind}-count"] == 0
            assert id not in json.dumps(ask(client, f"artist/{SINGER}", inc="works release-groups"))
        client.close()


def test_a_newer_word_is_heard_after_the_next_match_and_the_cache_is_made_again(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "archive", "New", lambda: DAY) as archive:
        harvest(archive, "musicbrainz-json", answers(tmp_path / "answers"))
        rematch(archive)
        client = TestClient(Starlette(routes=routes(EntityReader(archive.folder))))
        renamed = recording("Three", "Singer", 203_000) | {"title": "Third", "disambiguation": "live"}
        harvest(archive, "musicbrainz-json", save(tmp_path / "newer", three=renamed))
        rematch(archive)
        found = ask(client, f"recording/{mbid('recording Three')}")
        assert (found["title"], found["disambiguation"]) == ("Third", "live")
        (archive.folder / "search" / "entities.sqlite").unlink()
        assert ask(client, "recording", query="third")["count"] == 0
        assert not is_matched(archive)
        rematch(archive)
        assert ask(client, "recording", query="third")["count"] == 1
        client.close()


def test_records_under_another_license_are_not_what_an_answer_is_made_of(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "archive", "Other", lambda: DAY) as archive:
        three = recording("Three", "Singer", 203_000) | {"disambiguation": "theirs"}
        folder = save(tmp_path / "answers", three=three)
        harvest(archive, "musicbrainz-json", folder, filed_as="somebody", license="CC-BY-4.0")
        rematch(archive)
        client = TestClient(Starlette(routes=routes(EntityReader(archive.folder))))
        found = ask(client, f"recording/{mbid('recording Three')}")
        assert (found["title"], found["disambiguation"]) == ("Three", "")
        client.close()
