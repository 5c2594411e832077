# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`POST /lookup`: answers in their order, by rows and as a table; questions that are refused, with what and where."""

import csv
import io
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from onrecord.archive.looking_up import FIELDS, Asked, LookedUp, LookUp
from onrecord.archive.reading import open_reader
from onrecord.web.app import create_app
from onrecord.web.bulk import LONGEST, LONGEST_LINE, MOST_ROWS, Bulk
from onrecord.web.memory import OwnMemory
from onrecord.web.serve import prepare
from onrecord.web.site import site_of
from tests.archive.looking_up.songs import BARCODE, make

JSON = "application/x-ndjson"


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("songs"))


@pytest.fixture(scope="module")
def client(songs: Path) -> Iterator[TestClient]:
    app = create_app(open_reader(songs), site=site_of(songs))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def post(client: TestClient, body: bytes | str, kind: str = JSON, query: str = "", **headers: str) -> Any:
    content = body.encode() if isinstance(body, str) else body
    return client.post(f"/lookup{query}", content=content, headers={"Content-Type": kind, **headers})


def lines(*rows: object) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def problem(answer: Any) -> str:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert answer.json()["status"] == answer.status_code
    return str(answer.json()["detail"])


def test_rows_are_answered_in_their_order(client: TestClient) -> None:
    asked = [
        {"isrc": "GBAAA2600003"},
        {"barcode": int(BARCODE)},
        {"title": "Never Sung", "artist": "Nobody"},
        {"isrc": "broken"},
        {"titel": "x"},
        "花は咲く 歌手",
        {"title": "Echo", "artist": "Singer", "length": 100},
    ]
    answer = post(client, lines(*asked))
    assert answer.status_code == 200 and answer.headers["content-type"] == JSON
    assert answer.headers["cache-control"] == "no-store" and "content-security-policy" in answer.headers
    *rows, last = answer.text.splitlines()
    found = [msgspec.json.decode(row, type=LookedUp) for row in rows]
    assert [it.row for it in found] == [1, 2, 3, 4, 5, 6, 7]
    assert [it.outcome for it in found] == [
        "found",
        "found",
        "nothing found",
        "wrong",
        "wrong",
        "found",
        "found",
    ]
    assert [it.matches[0].title for it in found if it.matches] == [
        "Three Wishes",
        "Album",
        "花は咲く",
        "Echo",
    ]
    assert found[6].matches[0].reasons == ("title equal", "artist equal", "length within 3 s")
    assert "'titel'" in found[4].wrong[0]
    summary = json.loads(last)["summary"]
    assert (summary["rows"], summary["found"], summary["nothing_found"], summary["wrong"]) == (7, 4, 1, 2)


def test_empty_lines_count_as_lines_and_not_as_rows(client: TestClient) -> None:
    first, second, _ = post(client, '\n"Echo Singer"\r\n\n{"title": "Echo"}').text.splitlines()
    assert [(json.loads(it)["row"], json.loads(it)["line"]) for it in (first, second)] == [(1, 2), (2, 4)]


def test_limit(client: TestClient) -> None:
    row = lines({"title": "Three Wishes", "artist": "Singer"})
    counts = [
        len(json.loads(post(client, row, query=f"?limit={n}").text.splitlines()[0])["matches"])
        for n in (1, 2, 20)
    ]
    assert counts == [1, 2, 3]
    assert (
        post(client, row, query="?limit=0").status_code
        == post(client, row, query="?limit=21").status_code
        == 422
    )


def test_a_table_is_asked_and_answered(client: TestClient) -> None:
    table = "Lied;Artist;Code\nEcho;Singer;\n=1+1;Nobody;\nx;y;z;too many\nThree Wishes;Singer;GBAAA2600003\n"
    query = "?column=title=Lied&column=isrc=3"
    rows = post(client, table, "text/csv; charset=utf-8", query).text.splitlines()
    assert [json.loads(row)["outcome"] for row in rows[:4]] == ["several", "nothing found", "wrong", "found"]
    assert [json.loads(row)["line"] for row in rows[:4]] == [2, 3, 4, 5]
    answer = post(client, table, "text/csv", query, Accept="text/csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    found = list(csv.DictReader(io.StringIO(answer.text, newline=""), delimiter=";"))
    assert [row["Lied"] for row in found] == ["Echo", "'=1+1", "x", "Three Wishes"]
    assert [row["onrecord_result"] for row in found] == ["several", "nothing found", "wrong", "found"]
    assert float(found[3]["onrecord_confidence"]) > 0.95


def test_encodings_and_lists_without_a_header(client: TestClient) -> None:
    table = "Titel,Artist\n花は咲く,歌手\n".encode("shift_jis")
    assert (
        json.loads(post(client, table, "text/csv; charset=shift_jis").text.splitlines()[0])["outcome"]
        == "found"
    )
    bare = post(client, "GBAAA2600003\nGBAAA2600004\n", "text/csv").text.splitlines()
    assert [json.loads(row)["outcome"] for row in bare[:2]] == ["found", "found"]
    header = post(client, "Echo,Singer\n", "text/csv", "?header=false&column=title=1&column=artist=2")
    assert json.loads(header.text.splitlines()[0])["outcome"] == "several"


def test_json_rows_may_be_answered_by_a_table(client: TestClient) -> None:
    answer = post(client, lines({"title": "Echo", "artist": "Singer"}, {"isrc": "x"}), Accept="text/csv")
    found = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [(row["row"], row["onrecord_result"]) for row in found] == [("1", "several"), ("2", "wrong")]


@pytest.mark.parametrize(
    ("body", "kind", "query", "status", "said"),
    [
        (b"", JSON, "", 400, "Expected rows, got none"),
        (b"\n\n", JSON, "", 400, "Expected rows, got none"),
        (b'{"title": "x"}\n{"title": ', JSON, "", 400, "Line 2: expected JSON, one object a line"),
        (b'{"title": "x"}\n[1]', JSON, "", 400, "Line 2: expected an object or a text, got list"),
        (b'{"title": "\xff"}', JSON, "", 400, "Line 1: expected JSON"),
        (b"[" * 10_000, JSON, "", 400, "Line 1: expected JSON"),
        (b"", "text/csv", "", 400, "expected a table with a header, got an empty file"),
        (b"title\n", "text/csv", "", 400, "Expected rows, got none"),
        (b"colour,shape\nred,round\n", "text/csv", "", 400, "got 'colour', 'shape'"),
        (b"title\nx\n", "text/csv", "?column=isrc=Code", 400, "no column 'Code' for isrc"),
        (b"title\nx\n", "text/csv", "?column=isrc", 400, "expected FIELD=COLUMN, got 'isrc'"),
        (b"title\nx\n", "text/csv; charset=klingon", "", 400, "no encoding is called 'klingon'"),
        (b"\\ud800\n", "text/csv; charset=raw_unicode_escape", "", 400, "got '?'"),
        (b"title\n\\ud800\n", "text/csv; charset=unicode_escape", "", 400, "not written in unicode_escape"),
        (b"title\n\xe9\n", "text/csv; charset=ascii", "", 400, "not written in ascii"),
        (b"title,onrecord_result\nx,y\n", "text/csv", "", 400, "answered already"),
        (b"PK\x03\x04", "text/csv", "", 400, "a workbook or a zip"),
        (b"x", "text/plain", "", 415, "got text/plain"),
        (b"x", "application/json", "", 415, "got application/json"),
        (b"x", "", "", 415, "got nothing"),
        (b'"x"', f"{JSON}; charset=latin-1", "", 415, "Expected JSON lines in UTF-8, got charset latin-1"),
        (b'"x"\n' + b"a" * (LONGEST_LINE + 1), JSON, "", 413, "Line 2 has more than 16,384 bytes"),
        (b"title\n" + b"a" * (LONGEST_LINE + 1), "text/csv", "", 413, "Line 2 has more than 16,384 bytes"),
        (b'"x"\n' * (MOST_ROWS + 1), JSON, "", 413, "More than 10,000 rows, in line 10,001"),
        (b"title\n" + b"x\n" * (MOST_ROWS + 1), "text/csv", "", 413, "More than 10,000 rows, in line 10,002"),
        (b"\n" * (LONGEST + 1), JSON, "", 413, "8,388,609 bytes, expected at most 8,388,608"),
    ],
)  # fmt: skip
def test_what_is_refused_says_what_and_where(
    client: TestClient, body: bytes, kind: str, query: str, status: int, said: str
) -> None:
    answer = post(client, body, kind, query)
    assert answer.status_code == status and said in problem(answer), answer.text


def test_a_packed_question_is_refused(client: TestClient) -> None:
    answer = post(client, b"\x1f\x8b", JSON, **{"Content-Encoding": "gzip"})
    assert answer.status_code == 415 and "not packed" in problem(answer)


def test_a_question_without_a_length_is_bounded_while_it_comes(client: TestClient) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(LONGEST // 1024 + 1):
            yield b'"x"\n' * 256

    answer = client.post("/lookup", content=endless(), headers={"Content-Type": JSON})
    assert answer.status_code == 413 and "More than 8,388,608 bytes" in problem(answer)


def test_reading_it_is_no_way(client: TestClient) -> None:
    answer = client.get("/lookup")
    assert answer.status_code == 405 and answer.headers["allow"] == "POST"


def test_the_description_holds_what_is_sent_and_answered(client: TestClient) -> None:
    described = client.get("/api/openapi.json").json()
    told = described["paths"]["/lookup"]["post"]
    assert {"200", "400", "413", "415", "422", "503"} <= set(told["responses"])
    assert (
        set(told["requestBody"]["content"]) == set(told["responses"]["200"]["content"]) == {JSON, "text/csv"}
    )
    schemas = described["components"]["schemas"]
    assert set(schemas["Question"]["properties"]) == set(FIELDS)
    assert set(schemas["LookedUp"]["properties"]) == set(LookedUp.__struct_fields__)
    assert {"Done", "Match", "Summary"} <= set(schemas)


class Waiting(LookUp):
    """Answers the first row when it is told to."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.begun, self.go = threading.Event(), threading.Event()

    def answer(self, asked: Asked, row: int, line: int, most: int = 5) -> LookedUp:
        self.begun.set()
        self.go.wait(60)
        return super().answer(asked, row, line, most)


def test_more_than_a_few_at_a_time_are_told_to_wait(songs: Path) -> None:
    from fastapi import FastAPI

    from onrecord.web.problems import Told

    look_up, app, first = Waiting(songs), FastAPI(), []
    app.include_router(Bulk(look_up, OwnMemory(), at_once=1).api())
    with TestClient(app) as client:
        one = threading.Thread(target=lambda: first.append(post(client, lines("Echo Singer"))))
        one.start()
        assert look_up.begun.wait(60)
        with pytest.raises(Told) as told:
            post(client, lines("Echo Singer"))
        assert told.value.problem.status == 503 and told.value.headers["Retry-After"] == "60"
        look_up.go.set()
        one.join(60)
        assert first[0].status_code == 200
        assert post(client, lines("Echo Singer")).status_code == 200


def asked_over_a_socket(address: str, body: str) -> Any:
    """The open answer; asks again while others are answered."""
    request = urllib.request.Request(f"{address}lookup", body.encode(), {"Content-Type": JSON})
    for _ in range(600):
        try:
            return urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            assert error.code == 503
            error.close()
            time.sleep(0.1)
    raise AssertionError("those who left have made no room")


def test_answers_are_sent_while_others_are_looked_for(songs: Path) -> None:
    """Over a real socket: the first rows are here before the last is answered, and whoever leaves holds up nobody."""
    ready = threading.Event()
    address: list[str] = []

    def on_ready(at: str) -> None:
        address.append(at)
        ready.set()

    server = prepare(open_reader(songs), "127.0.0.1", 0, on_ready, site=site_of(songs))
    serving = threading.Thread(target=server.run)
    serving.start()
    try:
        assert ready.wait(60)
        many = lines(*[{"title": "Three Wishes", "artist": "Singer"}] * 2000)
        for _ in range(3):  # more than are answered at one time
            with asked_over_a_socket(address[0], many) as answer:
                assert answer.headers["Transfer-Encoding"] == "chunked"
                assert json.loads(answer.readline())["row"] == 1
        with asked_over_a_socket(address[0], lines("Echo Singer")) as answer:
            assert json.loads(answer.read().splitlines()[-1])["summary"]["rows"] == 1
    finally:
        server.should_exit = True
        serving.join(60)
