# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door through which sound leaves: rights first, then exact bytes."""

import pytest
from starlette.testclient import TestClient

from onrecord.model.rights import Use
from onrecord.web.app import create_app
from tests.web.sample import SampleArchive


def test_the_whole_file(client: TestClient, archive: SampleArchive, tone: bytes) -> None:
    answer = client.get(f"/sound/{archive.digest}")
    assert answer.status_code == 200 and answer.content == tone
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"] == f'"{archive.digest}"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-length"] == str(len(tone))
    assert "content-encoding" not in answer.headers and "content-disposition" not in answer.headers


def test_the_access_copy_is_sent_on_the_answer_about_the_sound(
    client: TestClient, archive: SampleArchive, tone: bytes
) -> None:
    answer = client.get(f"/sound/{archive.digest}?copy=1", headers={"Range": "bytes=0-3"})
    assert (answer.status_code, answer.content) == (206, b"OggS")
    assert answer.headers["content-type"] == "audio/ogg"
    assert answer.headers["etag"] == f'"{archive.smaller.name}"'
    assert archive.asked[-1][:2] == (archive.digest, Use.STREAM)
    archive.denied.add(archive.digest)
    assert client.get(f"/sound/{archive.digest}?copy=1").status_code == 403
    archive.denied.clear()
    archive.withdrawn.add(archive.digest)
    assert client.get(f"/sound/{archive.digest}?copy=1").status_code == 451
    archive.withdrawn.clear()
    assert client.get(f"/sound/{'00' * 32}?copy=1").status_code == 404


def test_head_is_get_without_the_body_and_ignores_range(
    client: TestClient, archive: SampleArchive, tone: bytes
) -> None:
    answer = client.head(f"/sound/{archive.digest}", headers={"Range": "bytes=0-9"})
    assert answer.status_code == 200 and answer.content == b""
    assert answer.headers["content-length"] == str(len(tone))
    assert answer.headers["content-type"] == "audio/wav"


def test_one_part(client: TestClient, archive: SampleArchive, tone: bytes) -> None:
    answer = client.get(f"/sound/{archive.digest}", headers={"Range": "bytes=100-199"})
    assert answer.status_code == 206 and answer.content == tone[100:200]
    assert answer.headers["content-range"] == f"bytes 100-199/{len(tone)}"
    suffix = client.get(f"/sound/{archive.digest}", headers={"Range": "bytes=-7"})
    assert suffix.status_code == 206 and suffix.content == tone[-7:]


def test_some_parts(client: TestClient, archive: SampleArchive, tone: bytes) -> None:
    answer = client.get(f"/sound/{archive.digest}", headers={"Range": "bytes=0-4, 1000-1009"})
    assert answer.status_code == 206
    kind, _, boundary = answer.headers["content-type"].partition("; boundary=")
    assert kind == "multipart/byteranges"
    assert int(answer.headers["content-length"]) == len(answer.content)
    pieces = answer.content.split(b"\r\n--" + boundary.encode())
    assert [piece.partition(b"\r\n\r\n")[2] for piece in pieces[1:-1]] == [tone[0:5], tone[1000:1010]]
    assert f"bytes 1000-1009/{len(tone)}".encode() in pieces[2]


@pytest.mark.parametrize("header", ["bytes=9-5", "bytes=x", "lines=1-2", "bytes=" + ",".join(["0-1"] * 2000)])
def test_ranges_that_make_no_sense_or_too_much_work_give_the_file_once(
    client: TestClient, archive: SampleArchive, tone: bytes, header: str
) -> None:
    answer = client.get(f"/sound/{archive.digest}", headers={"Range": header})
    assert answer.status_code == 200 and len(answer.content) == len(tone)


def test_past_the_end(client: TestClient, archive: SampleArchive, tone: bytes) -> None:
    answer = client.get(f"/sound/{archive.digest}", headers={"Range": f"bytes={len(tone)}-"})
    assert answer.status_code == 416 and answer.headers["content-range"] == f"bytes */{len(tone)}"


def test_if_range(client: TestClient, archive: SampleArchive, tone: bytes) -> None:
    def ask(if_range: str) -> int:
        headers = {"Range": "bytes=0-9", "If-Range": if_range}
        return client.get(f"/sound/{archive.digest}", headers=headers).status_code

    assert ask(f'"{archive.digest}"') == 206
    assert ask('"another"') == 200
    assert ask(f'W/"{archive.digest}"') == 200
    assert ask("Sun, 22 Nov 2026 10:00:00 GMT") == 200


def test_not_modified_still_asks_the_rights(client: TestClient, archive: SampleArchive) -> None:
    headers = {"If-None-Match": f'"x", W/"{archive.digest}"'}
    answer = client.get(f"/sound/{archive.digest}", headers=headers)
    assert answer.status_code == 304 and answer.content == b""
    archive.denied.add(archive.digest)
    assert client.get(f"/sound/{archive.digest}", headers=headers).status_code == 403
    assert archive.asked == [(archive.digest, Use.STREAM, "unknown")] * 2


def test_the_territory_is_the_operators(archive: SampleArchive) -> None:
    with TestClient(create_app(archive, territory="NO")) as client:
        client.get(f"/sound/{archive.digest}")
    assert archive.asked == [(archive.digest, Use.STREAM, "NO")]


def test_a_download_asks_for_download(client: TestClient, archive: SampleArchive) -> None:
    answer = client.get(f"/sound/{archive.digest}?download=1")
    assert answer.headers["content-disposition"] == f'attachment; filename="{archive.digest[:16]}.wav"'
    assert archive.asked == [(archive.digest, Use.DOWNLOAD, "unknown")]


def test_denied(client: TestClient, archive: SampleArchive) -> None:
    archive.denied.add(archive.digest)
    answer = client.get(f"/sound/{archive.digest}")
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["codes"] == ["N-NO-EVIDENCE"]
    assert answer.json()["would_change"] == "a license that says so"
    page = client.get(f"/sound/{archive.digest}", headers={"Accept": "text/html"})
    assert page.status_code == 403 and "N-NO-EVIDENCE" in page.text and "<html" in page.text


def test_withdrawn(client: TestClient, archive: SampleArchive) -> None:
    archive.withdrawn.add(archive.digest)
    answer = client.get(f"/sound/{archive.digest}")
    assert answer.status_code == 451 and answer.json()["codes"] == ["W-WITHDRAWN"]


def test_a_damaged_blob_is_never_served_and_says_nothing_of_the_machine(
    client: TestClient, archive: SampleArchive
) -> None:
    archive.damaged.add(archive.digest)
    answer = client.get(f"/sound/{archive.digest}")
    assert answer.status_code == 503 and "secret" not in answer.text and b"RIFF" not in answer.content


def test_a_blob_replaced_by_a_link_is_not_followed(
    client: TestClient, archive: SampleArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = archive.root / "link.wav"
    link.unlink(missing_ok=True)
    link.symlink_to("/etc/passwd")
    monkeypatch.setattr(archive, "sound", lambda sha256: (link, "audio/wav"))
    answer = client.get(f"/sound/{archive.digest}")
    assert answer.status_code == 503 and "root:" not in answer.text


@pytest.mark.parametrize("claimed", ["text/html", "image/svg+xml", "audio/x\r\nX-Evil: 1", "audio/<b>", ""])
def test_only_sound_types_are_served_as_such(
    client: TestClient, archive: SampleArchive, monkeypatch: pytest.MonkeyPatch, claimed: str
) -> None:
    monkeypatch.setattr(archive, "sound", lambda sha256: (archive.tone, claimed))
    answer = client.get(f"/sound/{archive.digest}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "x-evil" not in answer.headers


@pytest.mark.parametrize("name", ["0" * 64, "A" * 64, "ab", "%00", "..%2f..%2fetc%2fpasswd", "x" * 5000])
def test_no_such_sound(client: TestClient, name: str) -> None:
    assert client.get(f"/sound/{name}").status_code == 404


def test_nothing_can_be_changed(client: TestClient, archive: SampleArchive) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = client.request(method, f"/sound/{archive.digest}")
        assert answer.status_code == 405 and answer.headers["allow"] == "GET, HEAD"
