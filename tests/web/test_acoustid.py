# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AcoustID's service over the archive: forms, faults, what is told of a sound, submissions, and what is hidden."""

import base64
import gzip
import json
import random
import re
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from lxml import etree
from starlette.applications import Starlette
from starlette.testclient import TestClient

from onrecord import audio
from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.harvest import harvest
from onrecord.archive.matching import rematch
from onrecord.archive.reading import open_reader
from onrecord.archive.submitting import NAMESPACE, Name, Submission, said, submit
from onrecord.archive.withdrawing import withdraw
from onrecord.audio.fingerprint_text import compress, first_120_seconds
from onrecord.cli.submissions import command as submissions
from onrecord.errors import UsageError
from onrecord.model.own_ids import own_id
from onrecord.web.acoustid.routes import routes
from onrecord.web.app import create_app
from onrecord.web.memory import OwnMemory
from onrecord.web.site import Site, site_of
from onrecord.web.ws2.rate import Rate
from tests.archive.withdrawn import blob, recording_of, tune
from tests.conftest import DAY
from tests.pipeline.musicbrainz import mbid, release, save
from tests.tones import write

KEY = "the-key-that-serve-prints"
ALBUM, SONG, SINGER, GROUP = mbid("Known Album"), mbid("recording Known Song"), mbid("Singer"), mbid("group")


def sounds(folder: Path) -> dict[str, Path]:
    """Two held tunes, one of which MusicBrainz names; two that are not held."""
    tags = {"title": "Known Song", "artist": "Singer", "musicbrainz_trackid": SONG}
    known = write(folder / "held" / "known.flac", 6, 20.0, tags)
    return {
        "tune": tune(folder / "held" / "tune.flac"),
        "known": known,
        "again": write(folder / "other" / "tune.mp3", 5, 20.0),
        "stranger": write(folder / "other" / "stranger.flac", 77, 20.0),
    }


def text(path: Path) -> str:
    """As fpcalc prints it."""
    probe = audio.probe(path)
    assert probe.sound is not None
    return compress(first_120_seconds(probe.sound.fingerprint))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return sounds(tmp_path_factory.mktemp("sounds"))


@pytest.fixture(scope="module")
def prints(files: dict[str, Path]) -> dict[str, str]:
    return {name: text(path) for name, path in files.items()}


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory, files: dict[str, Path]) -> Path:
    folder = tmp_path_factory.mktemp("acoustid")
    album = release("Known Album", "Singer", [("Known Song", 20_000)], country="GB", date="2026-02-01")
    album["release-group"] = {"id": GROUP, "title": "Known Album", "primary-type": "Album"}
    with Archive.create(folder / "archive", "Sounds", lambda: DAY) as archive:
        add(archive, [files["tune"].parent], held_as="owner")
        harvest(archive, "musicbrainz-json", save(folder / "answers", album=album))
        rematch(archive)
    return folder / "archive"


@pytest.fixture
def folder(once: Path, tmp_path: Path) -> Path:
    return shutil.copytree(once, tmp_path / "archive")


def client_of(folder: Path, site: Site | None = None, host: str = "127.0.0.1") -> TestClient:
    app = create_app(open_reader(folder), site=site or site_of(folder, KEY))
    return TestClient(app, base_url="http://127.0.0.1:8080", client=(host, 5000))


@pytest.fixture(scope="module")
def client(once: Path) -> Iterator[TestClient]:
    """For questions that change nothing, as many in a second as there are."""
    app = Starlette(routes=routes(once, site_of(once, KEY), OwnMemory(), Rate(1_000_000)))
    with TestClient(app, base_url="http://127.0.0.1:8080", client=("127.0.0.1", 5000)) as client:
        yield client


def fields(print_: str, **more: object) -> dict[str, str]:
    return {"client": "x", "duration": "20", "fingerprint": print_, **{k: str(v) for k, v in more.items()}}


def lookup(client: TestClient, print_: str, **more: object) -> Any:
    answer = client.post("/v2/lookup", data=fields(print_, **more))
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(answer: Any) -> tuple[int, int, str]:
    body = answer.json()
    assert body["status"] == "error"
    return answer.status_code, body["error"]["code"], body["error"]["message"]


# Look-up ------------------------------------------------------------------------------------------------------------


def test_a_held_sound_is_found_by_get_by_post_and_packed(client: TestClient, prints: dict[str, str]) -> None:
    asked = fields(prints["tune"])
    body = "&".join(f"{name}={value}" for name, value in asked.items()).encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answers = [
        client.get("/v2/lookup", params=asked),
        client.post("/v2/lookup", data=asked),
        client.post("/v2/lookup", content=gzip.compress(body), headers={**form, "Content-Encoding": "gzip"}),
    ]
    [result] = answers[0].json()["results"]
    assert result == {"id": result["id"], "score": 1.0}
    assert uuid.UUID(result["id"]).version == 8
    assert [answer.json() for answer in answers] == [{"status": "ok", "results": [result]}] * 3


def test_the_track_is_one_for_every_form_of_a_sound_and_told_by_its_id(
    client: TestClient, once: Path, files: dict[str, Path], prints: dict[str, str]
) -> None:
    [same] = lookup(client, prints["tune"])["results"]
    [other] = lookup(client, prints["again"])["results"]
    assert other["id"] == same["id"]
    assert 0.8 < other["score"] <= 1.0
    with Archive.open(once, lambda: DAY) as archive:
        assert same["id"] == own_id("recording", recording_of(archive, files["tune"]))
    asked = {"client": "x", "trackid": same["id"].upper(), "meta": "recordings"}
    [found] = client.get("/v2/lookup", params=asked).json()["results"]
    assert (found["id"], found["score"], found["recordings"][0]["title"]) == (same["id"], 1.0, "Tune")
    for nothing in (SONG, str(uuid.uuid4())):  # an MBID is no track
        assert client.get("/v2/lookup", params={**asked, "trackid": nothing}).json()["results"] == []


def test_what_is_known_of_a_recording_is_told_as_meta_asks(
    client: TestClient, prints: dict[str, str]
) -> None:
    def told(meta: str) -> Any:
        [result] = lookup(client, prints["known"], meta=meta)["results"]
        return result

    artists = [{"id": SINGER, "name": "Singer"}]
    assert told("1")["recordings"] == [{"id": SONG}]
    assert told("recordingids")["recordings"] == [{"id": SONG}]
    [song] = told("recordings sources")["recordings"]
    assert song == {"id": SONG, "title": "Known Song", "duration": 20.0, "artists": artists, "sources": 1}
    [song] = told("recordings releases tracks")["recordings"]
    [album] = song["releases"]
    assert (album["id"], album["title"], album["country"]) == (ALBUM, "Known Album", "GB")
    assert album["date"] == {"year": 2026, "month": 2, "day": 1}
    [medium] = album["mediums"]
    assert [(track["title"], track["position"]) for track in medium["tracks"]] == [("Known Song", 1)]
    [song] = told("recordings releasegroups releases tracks compress")["recordings"]
    [group] = song["releasegroups"]
    assert (group["id"], group["type"], group["title"]) == (GROUP, "Album", "Known Album")
    assert "artists" not in group
    [album] = group["releases"]
    assert "title" not in album
    assert set(album["mediums"][0]["tracks"][0]) == {"id", "position"}
    assert told("releaseids") == {**told(""), "releases": [{"id": ALBUM}]}
    assert told("releasegroupids releaseids")["releasegroups"] == [{"id": GROUP, "releases": [{"id": ALBUM}]}]
    [track] = told("2")["recordings"][0]["tracks"]
    assert track["medium"]["release"] == {"id": ALBUM, "title": "Known Album"}


def test_a_batch_keeps_its_indexes_and_leaves_out_what_it_cannot_read(
    client: TestClient, prints: dict[str, str]
) -> None:
    asked = {
        "client": "x",
        "batch": "1",
        "duration.0": "20",
        "fingerprint.0": prints["tune"],
        "duration.1": "20",
        "fingerprint.1": "AQAA",
        "duration.12": "20",
        "fingerprint.12": prints["stranger"],
        "trackid.13": own_id("recording", "nothing"),
    }
    found = client.post("/v2/lookup", data=asked).json()["fingerprints"]
    assert [(each["index"], len(each["results"])) for each in found] == [(0, 1), (12, 0), (13, 0)]
    del asked["batch"]
    assert len(client.post("/v2/lookup", data=asked).json()["results"]) == 1


def test_a_length_that_differs_too_much_is_another_sound(client: TestClient, prints: dict[str, str]) -> None:
    assert len(lookup(client, prints["tune"], duration=27)["results"]) == 1
    assert lookup(client, prints["tune"], duration=28)["results"] == []
    assert len(lookup(client, prints["tune"], duration=28, maxdurationdiff=8)["results"]) == 1


def test_xml_and_jsonp_have_the_forms_of_the_service(client: TestClient, prints: dict[str, str]) -> None:
    plain = lookup(client, prints["known"], meta="recordings")
    answer = client.post("/v2/lookup", data=fields(prints["known"], meta="recordings", format="xml"))
    assert answer.headers["content-type"] == "text/xml; charset=UTF-8"
    root = etree.fromstring(answer.content)
    assert (root.tag, root.findtext("status")) == ("response", "ok")
    assert root.findtext("results/result/recordings/recording/artists/artist/name") == "Singer"
    answer = client.post("/v2/lookup", data=fields("", format="xml"))
    assert etree.fromstring(answer.content).findtext("error/code") == "2"
    for callback, used in (("a.b", "a.b"), ("alert(1)//", "jsonAcoustidApi")):
        asked = fields(prints["known"], meta="recordings", format="jsonp", jsoncallback=callback)
        answer = client.get("/v2/lookup", params=asked)
        assert answer.headers["content-type"] == "application/javascript; charset=UTF-8"
        assert answer.text.startswith(f"{used}(")
        assert json.loads(answer.text[len(used) + 1 : -1]) == plain


# Faults -------------------------------------------------------------------------------------------------------------


def test_each_fault_has_the_number_that_the_service_gives_it(
    client: TestClient, prints: dict[str, str]
) -> None:
    good = fields(prints["tune"])

    def fault(path: str = "lookup", without: str = "", **more: str) -> tuple[int, int]:
        asked = {name: value for name, value in {**good, **more}.items() if name != without}
        return refused(client.post(f"/v2/{path}", data=asked))[:2]

    assert fault(format="yaml") == (400, 1)
    assert [fault(without=name) for name in ("client", "duration", "fingerprint")] == [(400, 2)] * 3
    assert fault(fingerprint="hello") == (400, 3)
    assert fault(trackid="no-uuid") == (400, 7)
    assert fault(maxdurationdiff="31") == (400, 11)
    assert fault("nowhere") == (404, 12)
    assert fault("submit") == (400, 2)
    assert fault("submit", user="x", mbid="no-uuid") == (400, 7)
    assert fault("submit", user="x", mbid=SONG, duration="-3") == (400, 8)
    assert fault("submit", user="x", mbid=SONG, bitrate="-3") == (400, 9)
    assert fault("submit", user="x", mbid=SONG, foreignid="x") == (400, 10)
    assert refused(client.post("/v2/lookup", data={"client": "x"}))[2] == (
        'missing required parameter "fingerprint"'
    )


def test_hostile_fingerprints_are_refused_and_never_a_failure(
    client: TestClient, prints: dict[str, str]
) -> None:
    whole = prints["tune"]
    raw = base64.urlsafe_b64decode(whole + "=" * (-len(whole) % 4))

    def packed(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    hostile = [
        "é" * 40,
        whole[: len(whole) // 2],
        whole[:6],
        packed(b"\x02" + raw[1:]),
        packed(b"\x01\xff\xff\xff" + raw[4:]),
        packed(b"\x01\x00\x00\x00"),
        packed(b"\x01\x00\x00\x01" + b"\xff" * 50),
        packed(raw + b"\0" * 40),
        whole + "\0",
        whole.replace(whole[20], "+", 1),
    ]
    for print_ in hostile:
        answer = client.post("/v2/lookup", data=fields(print_))
        assert refused(answer)[:2] == (400, 3), print_[:60]
    random_ = random.Random(5)
    for _ in range(150):
        changed = bytearray(raw)
        for _ in range(random_.randint(1, 6)):
            changed[random_.randrange(len(changed))] = random_.randrange(256)
        answer = client.post("/v2/lookup", data=fields(packed(bytes(changed)), meta="recordings"))
        assert answer.status_code in (200, 400), answer.text
    quiet = packed(b"\x01\x00\x03\xb4" + bytes(948 * 3 // 8 + 1))  # the same word for two minutes
    assert lookup(client, quiet)["results"] == []


def test_what_is_too_large_is_refused_before_it_is_read_whole(
    client: TestClient, prints: dict[str, str]
) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    long = b"client=x&duration=20&fingerprint=" + b"A" * 10_000_000
    assert refused(client.post("/v2/lookup", content=long, headers=form))[:2] == (413, 19)
    bomb = client.post(
        "/v2/lookup", content=gzip.compress(long), headers={**form, "Content-Encoding": "gzip"}
    )
    assert refused(bomb)[:2] == (413, 19)
    assert refused(client.post("/v2/lookup", data=fields("A" * 200_000)))[:2] == (413, 19)
    many = {"client": "x", "batch": "1"}
    for number in range(21):
        many |= {f"fingerprint.{number}": prints["tune"], f"duration.{number}": "20"}
    assert refused(client.post("/v2/lookup", data=many))[:2] == (413, 19)
    flood = "&".join(f"a{number}=1" for number in range(5000)).encode()
    assert refused(client.post("/v2/lookup", content=flood, headers=form))[:2] == (413, 19)


def test_a_body_that_cannot_be_read_is_said_to_be_so(client: TestClient, prints: dict[str, str]) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    whole = gzip.compress(b"client=x")
    for content, encoding in ((b"not gzip", "gzip"), (whole[:-9], "gzip"), (whole, "br")):
        answer = client.post("/v2/lookup", content=content, headers={**form, "Content-Encoding": encoding})
        assert refused(answer)[:2] == (400, 2)
        assert "gzip" in refused(answer)[2]
    answer = client.post("/v2/lookup", content=b"{}", headers={"Content-Type": "application/json"})
    assert "application/x-www-form-urlencoded" in refused(answer)[2]
    answer = client.get("/v2/lookup", params={"client": "x"}, headers={"Host": "["})
    assert answer.status_code == 400


def test_an_archive_without_fingerprints_says_so(tmp_path: Path, prints: dict[str, str]) -> None:
    Archive.create(tmp_path / "empty", "Empty", lambda: DAY).close()
    with client_of(tmp_path / "empty") as client:
        for path in ("lookup", "submit", "submission_status"):
            status, code, sentence = refused(client.post(f"/v2/{path}", data=fields(prints["tune"])))
            assert (status, code) == (503, 13)
            assert "holds no fingerprints yet" in sentence


def test_questions_beyond_the_rate_are_told_to_wait(once: Path, prints: dict[str, str]) -> None:
    app = Starlette(routes=routes(once, site_of(once), OwnMemory(), Rate(1, lambda: 5.0)))
    with TestClient(app) as client:
        assert len(lookup(client, prints["tune"])["results"]) == 1
        answer = client.post("/v2/lookup", data=fields(prints["tune"]))
    assert refused(answer)[:2] == (429, 14)
    assert (answer.headers["Retry-After"], "1.0" in answer.json()["error"]["message"]) == ("1", True)


# Submissions --------------------------------------------------------------------------------------------------------


def send(client: TestClient, print_: str, user: str = "anybody", **more: object) -> Any:
    return client.post("/v2/submit", data=fields(print_, user=user, **more))


def test_a_submission_is_found_as_a_hint_with_who_said_it_and_when(
    folder: Path, prints: dict[str, str]
) -> None:
    other = str(uuid.uuid4())
    with client_of(folder) as client:
        assert lookup(client, prints["stranger"])["results"] == []
        sent = send(client, prints["stranger"], KEY, mbid=other, track="Strange", by="Ada").json()
        [made] = sent["submissions"]
        assert (sent["status"], made["status"]) == ("ok", "imported")
        [found] = lookup(client, prints["stranger"], meta="recordings sources")["results"]
        assert (found["id"], found["score"]) == (made["result"]["id"], 1.0)
        [hint] = found["recordings"]
        assert (hint["id"], hint["sources"], hint["confidence"]) == (other, 1, "low")
        assert re.fullmatch(r"Ada said so on \d{4}-\d\d-\d\d; nobody checked it", hint["reason"])
        asked = {"client": "x", "id": [str(made["id"]), "17", "x"]}
        states = client.get("/v2/submission_status", params=asked).json()["submissions"]
        assert states == [{**made}, {"id": 17, "status": "pending"}]
        [told] = client.get("/v2/lookup", params={"client": "x", "trackid": found["id"]}).json()["results"]
        assert told == {"id": found["id"], "score": 1.0}
    with Archive.open(folder, lambda: DAY) as archive:
        [entry] = [entry for entry in archive.log.entries() if entry.event == "submitted"]
        [item] = said(archive)
    assert entry.data["by"] == "Ada"
    assert KEY not in json.dumps(entry.data)
    assert (item.by, item.mbid, item.name.title) == ("Ada", other, "Strange")
    assert item.track == str(uuid.uuid5(NAMESPACE, item.digest))


def test_a_name_alone_is_told_to_whoever_asks_for_user_data(folder: Path, prints: dict[str, str]) -> None:
    with client_of(folder) as client:
        send(
            client,
            prints["stranger"],
            track="Strange <b>\0\nThing",
            artist="Somebody",
            album="Rec",
            year=1999,
        )
        [without] = lookup(client, prints["stranger"], meta="recordings")["results"]
        [told] = lookup(client, prints["stranger"], meta="recordings releases usermeta")["results"]
    assert "recordings" not in without
    [named] = told["recordings"]
    assert (named["title"], named["artists"]) == ("Strange <b> Thing", ["Somebody"])
    assert named["releases"] == [{"title": "Rec", "date": {"year": 1999}}]
    assert (named["confidence"], "id" in named) == ("low", False)
    assert named["reason"].startswith("somebody on this machine said so on ")


def test_a_submission_about_a_held_sound_joins_its_track(folder: Path, prints: dict[str, str]) -> None:
    other = str(uuid.uuid4())
    with client_of(folder) as client:
        [before] = lookup(client, prints["tune"], meta="recordings")["results"]
        [made] = send(client, prints["again"], mbid=other).json()["submissions"]
        [found] = lookup(client, prints["tune"], meta="recordings sources")["results"]
        by_id = {"client": "x", "trackid": found["id"], "meta": "recordingids"}
        [told] = client.get("/v2/lookup", params=by_id).json()["results"]
    assert found["id"] == before["id"] == made["result"]["id"]
    held, hint = found["recordings"]
    assert (held["title"], "confidence" in held) == ("Tune", False)
    assert (hint["id"], hint["confidence"], hint["sources"]) == (other, "low", 1)
    assert [each["id"] for each in told["recordings"]] == [held["id"], other]


def test_a_submission_that_agrees_with_what_is_held_raises_no_doubt(
    folder: Path, prints: dict[str, str]
) -> None:
    with client_of(folder) as client:
        send(client, prints["known"], mbid=SONG)
        [found] = lookup(client, prints["known"], meta="recordings sources")["results"]
    [song] = found["recordings"]
    assert (song["id"], song["sources"], "reason" in song) == (SONG, 2, False)


def test_several_are_submitted_together_and_what_says_nothing_is_left_out(
    folder: Path, prints: dict[str, str]
) -> None:
    one, two = str(uuid.uuid4()), str(uuid.uuid4())
    asked = {
        "client": "x",
        "user": "x",
        "fingerprint.0": prints["stranger"],
        "duration.0": "20",
        "mbid.0": [one, two],
        "fingerprint.1": prints["tune"],
        "duration.1": "20",
        "fingerprint.2": "broken",
        "duration.2": "20",
        "mbid.2": one,
        "fingerprint.3": prints["again"],
        "duration.3": "20",
        "artist.3": "Somebody",
        "by.3": "Grace",
    }
    with client_of(folder) as client:
        made = client.post("/v2/submit", data=asked).json()["submissions"]
    assert [each["index"] for each in made] == ["0", "0", "3"]
    with Archive.open(folder, lambda: DAY) as archive:
        assert [(item.mbid, item.by) for item in said(archive)] == [
            (one, "Grace"),
            (two, "Grace"),
            ("", "Grace"),
        ]


def test_what_was_submitted_can_be_taken_back_and_said_again(folder: Path, prints: dict[str, str]) -> None:
    one, two = str(uuid.uuid4()), str(uuid.uuid4())

    def onrecord(*arguments: str) -> Any:
        obj = {"folder": folder, "as_json": True, "quiet": True}
        return CliRunner().invoke(
            submissions, [*arguments, "--by", "Ada", "--why", "tagged wrongly"], obj=obj
        )

    def told(client: TestClient) -> list[str]:
        results = lookup(client, prints["stranger"], meta="recordingids")["results"]
        return [link["id"] for result in results for link in result["recordings"]]

    with client_of(folder) as client:
        [first] = send(client, prints["stranger"], mbid=one).json()["submissions"]
        [second] = send(client, prints["stranger"], mbid=two).json()["submissions"]
        assert (
            onrecord("undo", str(first["id"]), "17").exit_code == 1
        )  # one that is none: nothing is taken back
        assert told(client) == [one, two]
        answer = json.loads(onrecord("undo", str(first["id"])).stdout)
        assert [item["mbid"] for item in answer["submissions"]] == [one]
        assert told(client) == [two]
        assert onrecord("undo", str(second["id"]), str(second["id"])).exit_code == 0
        assert told(client) == [] and onrecord("undo", str(second["id"])).exit_code == 1
        asked = {"client": "x", "id": str(first["id"])}
        assert (
            client.get("/v2/submission_status", params=asked).json()["submissions"][0]["status"] == "pending"
        )
        send(client, prints["stranger"], mbid=two)
        assert told(client) == [two]
    for path in folder.glob("ledger.sqlite*"):
        path.unlink()
    shutil.rmtree(folder / "search" / "submitted")
    with Archive.open(folder, lambda: DAY) as archive:
        events = [entry.data for entry in archive.log.entries() if entry.event == "submission-undone"]
        assert [item.mbid for item in said(archive)] == [two], "the log alone says so as well"
    assert [(data["by"], data["why"]) for data in events] == [("Ada", "tagged wrongly")] * 2
    assert [data["submissions"] for data in events] == [[first["id"]], [second["id"]]]
    with client_of(folder) as client:
        assert told(client) == [two]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://example.org"},
        {"Sec-Fetch-Site": "cross-site"},
        {"X-Forwarded-For": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"Host": "archive.example.org"},
        {"Host": "["},
    ],
)
def test_a_page_or_a_proxy_is_nobody_on_this_machine(
    folder: Path, prints: dict[str, str], headers: dict[str, str]
) -> None:
    with client_of(folder) as client:
        asked = fields(prints["stranger"], user="x", mbid=SONG)
        answer = client.post("/v2/submit", data=asked, headers=headers)
        assert refused(answer)[:2] == (400, 6)
        status = client.get("/v2/submission_status", params={"client": "x", "id": "1"}, headers=headers)
        assert refused(status)[:2] == (400, 6)
        with_key = client.post("/v2/submit", data={**asked, "user": KEY}, headers=headers)
        assert with_key.json()["status"] == "ok"


def test_who_is_elsewhere_needs_the_key_and_a_public_server_takes_nothing(
    folder: Path, prints: dict[str, str]
) -> None:
    with client_of(folder, host="192.0.2.7") as client:
        assert refused(send(client, prints["stranger"], mbid=SONG))[:2] == (400, 6)
    with client_of(folder, site_of(folder)) as client:
        for user in ("x", ""):
            answer = send(client, prints["stranger"], user, mbid=SONG)
            assert refused(answer)[1] == (12 if user else 2)
    with client_of(folder) as client:
        got = client.get("/v2/submit", params=fields(prints["stranger"], user="x", mbid=SONG))
        assert refused(got)[1] == 12
    with Archive.open(folder, lambda: DAY) as archive:
        assert said(archive) == []


def test_a_writer_elsewhere_makes_a_submission_wait(folder: Path, prints: dict[str, str]) -> None:
    with client_of(folder) as client, Archive.open(folder, lambda: DAY) as archive:
        with archive.writing():
            answer = send(client, prints["stranger"], mbid=SONG)
        assert refused(answer)[:2] == (503, 13)
        assert answer.headers["Retry-After"]
        assert send(client, prints["stranger"], mbid=SONG).json()["status"] == "ok"


def test_submissions_survive_the_loss_of_all_that_is_derived(folder: Path, prints: dict[str, str]) -> None:
    with client_of(folder) as client:
        send(client, prints["stranger"], mbid=SONG, by="Ada")
        send(client, prints["again"], track="Name")
        before = lookup(client, prints["stranger"], meta="recordings")
    with Archive.open(folder, lambda: DAY) as archive:
        items, dump = said(archive), archive.ledger.dump()
        archive.rebuild_ledger()
        assert archive.ledger.dump() == dump
        assert len(dump["submissions"]) == 2
        assert said(archive) == items
    shutil.rmtree(folder / "search")
    with Archive.open(folder, lambda: DAY) as archive:
        rematch(archive)
    with client_of(folder) as client:
        assert lookup(client, prints["stranger"], meta="recordings") == before


def test_a_submission_is_no_evidence_and_names_no_recording_anywhere_else(
    folder: Path, files: dict[str, Path], prints: dict[str, str]
) -> None:
    with Archive.open(folder, lambda: DAY) as archive:
        before = open_reader(folder).recording(recording_of(archive, files["tune"]))
    with client_of(folder) as client:
        send(client, prints["tune"], mbid=SONG, track="Another name", artist="CC0")
    with Archive.open(folder, lambda: DAY) as archive:
        rematch(archive)
        assert open_reader(folder).recording(recording_of(archive, files["tune"])) == before


def test_what_a_submission_lacks_is_said(folder: Path) -> None:
    words = b"\1\2\3\4" * 40
    wrong = [
        ([], "Ada", "expected 1 to 1,000"),
        ([Submission(words, 3, SONG)], " ", "who submits"),
        ([Submission(b"", 3, SONG)], "Ada", "without a fingerprint"),
        ([Submission(words, 3)], "Ada", "names nothing"),
        ([Submission(words, 3, "x")], "Ada", "expected an MBID"),
        ([Submission(words, 3, "", Name(title="x" * 501))], "Ada", "longer than 500"),
    ]
    with Archive.open(folder, lambda: DAY) as archive:
        for submissions, by, sentence in wrong:
            with pytest.raises(UsageError, match=sentence):
                submit(archive, submissions, by=by)
        assert said(archive) == []


# What is hidden -----------------------------------------------------------------------------------------------------


def test_of_what_is_withdrawn_nothing_is_told_nor_what_was_said_about_it(
    folder: Path, files: dict[str, Path], prints: dict[str, str]
) -> None:
    with client_of(folder) as client:
        [track] = lookup(client, prints["tune"])["results"]
        [made] = send(client, prints["again"], track="Withdrawn Name").json()["submissions"]
        send(client, prints["stranger"], mbid=track["id"])
        with Archive.open(folder, lambda: DAY) as archive:
            withdraw(archive, blob(files["tune"]), by="Its maker", text="no more")
        for print_ in ("tune", "again"):
            answer = lookup(client, prints[print_], meta="recordings releases usermeta")
            assert answer["results"] == []
        by_id = {"client": "x", "trackid": track["id"], "meta": "recordings"}
        assert client.get("/v2/lookup", params=by_id).json()["results"] == []
        asked = {"client": "x", "id": str(made["id"])}
        [state] = client.get("/v2/submission_status", params=asked).json()["submissions"]
        assert state["status"] == "pending"
        # What was said of other sound stands, without the recording that is withdrawn.
        [other] = lookup(client, prints["stranger"], meta="recordings")["results"]
        assert "recordings" not in other
        assert len(lookup(client, prints["known"])["results"]) == 1
