# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever stands in a question to the look-up services is words, or refused in the service's own form."""

import json
from urllib.parse import quote_from_bytes

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.reading import open_reader
from onrecord.archive.ws2 import KINDS, EntityReader
from onrecord.web.acoustid.routes import routes as acoustid
from onrecord.web.app import create_app
from onrecord.web.memory import OwnMemory
from onrecord.web.site import site_of
from onrecord.web.ws2.rate import Rate
from onrecord.web.ws2.routes import routes as ws2
from tests.search.test_text import HOSTILE

#: Forms of Lucene that would cost much where they were taken at their word.
LUCENE = [
    "a* OR b* OR c* OR e* OR i* OR o* OR u*",
    "recording:(" + " OR ".join(f"a{number}~2" for number in range(400)) + ")",
    "(" * 300 + "a" + ")" * 300,
    "NOT " * 300 + "a",
    '"' + "a " * 2_000 + '"~99999999',
    "dur:[* TO 99999999999999999999999]",
    "date:{0000 TO 9999-99-99}^1e308",
    "*:* AND -*:*",
    "arid:* AND tag:? AND isrc:[a TO z]",
    "a^99999999999999 ~9 \\",
]
_RATE = 1_000_000


@pytest.fixture
def client(filled: Archive) -> TestClient:
    """All of it in one app, without the limits that would turn questions away before they are read."""
    services = [
        *ws2(EntityReader(filled.folder), Rate(_RATE)),
        *acoustid(filled.folder, site_of(filled.folder), OwnMemory(), Rate(_RATE)),
    ]
    return TestClient(Starlette(routes=services), raise_server_exceptions=False)


def test_no_question_breaks_the_services(client: TestClient) -> None:
    for query in [*HOSTILE, *LUCENE]:
        written = quote_from_bytes(query[:2_000].encode(errors="surrogatepass"))
        for kind, form in zip(KINDS, ("json", "xml") * 3, strict=True):
            answer = client.get(f"/ws/2/{kind}?query={written}&fmt={form}&limit=100")
            assert answer.status_code in (200, 400), (kind, query[:50], answer.text[:200])
        for path in (f"recording/{written[:300]}", f"isrc/{written[:300]}", f"recording?artist={written}"):
            answer = client.get(f"/ws/2/{path}")
            assert answer.status_code in (200, 400, 404), (path[:50], answer.text[:200])
        for asked in (
            f"fingerprint={written}&duration=20",
            f"trackid={written}",
            f"fingerprint=AQAA&duration={written}",
            f"trackid=x&meta={written}&format={written}",
            f"batch=1&fingerprint.{written}={written}&duration.{written}=1",
        ):
            answer = client.get(f"/v2/lookup?client=x&{asked}")
            assert answer.status_code in (200, 400, 413), (asked[:50], answer.text[:200])


def test_no_row_breaks_a_look_up_of_many(filled: Archive) -> None:
    """Each is answered at its place, or refused with the line it stands in; none hides the others."""
    texts = [query[:1_100].encode(errors="replace").decode() for query in [*HOSTILE, *LUCENE]]
    rows = [{field: text, "artist": text} for text in texts for field in ("title", "words", "identifier")]
    app = create_app(open_reader(filled.folder), site=site_of(filled.folder))
    with TestClient(app, raise_server_exceptions=False) as client:
        body = "".join(json.dumps(row) + "\n" for row in rows)
        answer = client.post("/lookup", content=body, headers={"Content-Type": "application/x-ndjson"})
        assert answer.status_code == 200, answer.text[:300]
        *answers, last = map(json.loads, answer.text.splitlines())
        assert [each["row"] for each in answers] == list(range(1, len(rows) + 1))
        assert last["summary"]["rows"] == len(rows)
        for query in HOSTILE:
            bare = query.encode(errors="surrogatepass")
            for kind in ("application/x-ndjson", "text/csv"):
                answer = client.post("/lookup", content=bare, headers={"Content-Type": kind})
                assert answer.status_code in (200, 400, 413), (kind, query[:50], answer.text[:200])
