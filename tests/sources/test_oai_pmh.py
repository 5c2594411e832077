# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""OAI-PMH: saved answers, and a small repository on loopback that keeps the protocol or breaks it. All answers made."""

import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from onrecord.errors import RecordRejected, SourceFailed, UsageError
from onrecord.model.records import Answer, Claims, Record
from onrecord.sources import oai_answer
from onrecord.sources.oai_pmh import OaiPmh
from onrecord.testing import check_source

MADE = Path(__file__).parents[1] / "data" / "sources" / "oai-made.xml"
BASE = "https://archive.example.org/oai"
FRAME = (
    '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
    "<responseDate>{day}T10:00:00Z</responseDate>{body}</OAI-PMH>"
)


def record(number, title=""):
    return (
        f"<record><header><identifier>oai:x:{number}</identifier></header><metadata>"
        f'<dc xmlns="urn:dc"><title>{title or f"piece {number}"}</title></dc></metadata></record>'
    )


def listed(numbers, token=None, day="2026-11-20"):
    end = "" if token is None else f"<resumptionToken>{token}</resumptionToken>"
    return FRAME.format(day=day, body=f"<ListRecords>{''.join(map(record, numbers))}{end}</ListRecords>")


def wrong(code, day="2026-11-20"):
    return FRAME.format(day=day, body=f'<error code="{code}">so it is</error>')


class Repository:
    """Answers requests by their resumption token, "" for the first; remembers what it was asked."""

    def __init__(self):
        self.answers = {}
        self.asked = []
        repository = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                given = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
                repository.asked.append(given)
                answer = repository.answers[given.get("resumptionToken", "")]
                body = answer.encode() if isinstance(answer, str) else answer
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def fetch(self, address, *, accept="*/*"):
        parts = urlsplit(address)
        assert parts.scheme == "https"
        with urllib.request.urlopen(
            f"http://127.0.0.1:{self.server.server_port}{parts.path}?{parts.query}"
        ) as got:
            return Answer(address, "text/xml", got.read())


@pytest.fixture
def repository():
    made = Repository()
    yield made
    made.server.shutdown()
    made.server.server_close()


def live(repository, query=BASE, cursor=""):
    return list(OaiPmh(Path(), {}).live(repository.fetch, query, cursor))


def ids(pages):
    return [record.id for page in pages for record in page.records]


def harvest(location, cursor=""):
    return list(OaiPmh(location, {}).pages(cursor))


def test_it_holds_the_contract(tmp_path):
    (tmp_path / "a.xml").write_bytes(MADE.read_bytes())
    (tmp_path / "b.xml").write_text(listed(range(2300)))
    (tmp_path / "c.xml").write_text(wrong("badArgument"))
    assert len(check_source(lambda: OaiPmh(tmp_path, {"name": "somebody-s-archive"}))) == 2304


def test_records_are_the_bytes_that_stand_in_the_answer():
    [page] = harvest(MADE)
    first, gone, _, _ = page.records
    assert first.payload in MADE.read_bytes()
    assert first.payload.startswith(b"<record><header><identifier>oai:archive.example.org:1<")
    assert first.payload.endswith(b"</about></record>")
    assert (gone.id, gone.deleted, gone.payload) == ("oai:archive.example.org:2", True, b"")
    assert page.rejected == (("oai-made.xml#5", "a record without an identifier in its header"),)


def test_dublin_core_becomes_claims():
    source = OaiPmh(MADE, {})
    first, gone, third, score = (source.claims(record) for page in source.pages() for record in page.records)
    [track] = first.tracks
    assert (track.title, track.artist, track.date) == (
        "Étude & Tanz <live>",
        "Somebody, Anna, Nobody Quartet",
        "1931-05",
    )
    assert (track.duration_ms, track.isrc, track.mbid) == (
        225_000,
        "USRC17607839",
        "6b9a509f-6907-4a6e-9345-2f12da09ba4b",
    )
    assert [(id, fact.text, fact.license, fact.origin) for id, fact in first.evidence] == [
        (track.id, "https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0", "oai-pmh:dc:rights")
    ]
    [release] = third.releases
    assert (release.barcode, release.label, release.date) == ("4006381333931", "Label", "1999")
    assert (third.tracks[0].duration_ms, third.tracks[0].release_id) == (750_000, release.id)
    assert [(fact.text, fact.license) for _, fact in third.evidence] == [
        ("Ask the choir before you use it", "")
    ]
    assert gone == score == Claims()


def test_a_record_in_another_format_claims_nothing():
    marc = b"<record><metadata><m:record><m:title>x</m:title></m:record></metadata></record>"
    assert OaiPmh(Path(), {}).claims(Record("oai-pmh", "record", "1", "text/xml", marc)) == Claims()


def test_a_list_is_followed_to_its_end(repository):
    repository.answers = {"": listed([1, 2], "a b&amp;c"), "a b&c": listed([3], "z"), "z": listed([4], "")}
    pages = live(repository, f"{BASE}?set=sound&from=2020-01-01&verb=ListRecords")
    assert ids(pages) == ["oai:x:1", "oai:x:2", "oai:x:3", "oai:x:4"]
    assert repository.asked == [
        {"verb": "ListRecords", "metadataPrefix": "oai_dc", "set": "sound", "from": "2020-01-01"},
        {"verb": "ListRecords", "resumptionToken": "a b&c"},
        {"verb": "ListRecords", "resumptionToken": "z"},
    ]
    for at, page in enumerate(pages[:-1]):
        assert ids(live(repository, BASE, page.cursor)) == ids(pages[at + 1 :])


def test_behind_the_end_it_asks_for_what_changed_since_the_first_answer(repository):
    repository.answers = {"": listed([1], "a", "2026-11-20"), "a": listed([2], None, "2026-11-21")}
    cursor = live(repository)[-1].cursor
    repository.answers = {"": wrong("noRecordsMatch")}
    repository.asked.clear()
    assert live(repository, BASE, cursor) == []
    assert [asked["from"] for asked in repository.asked] == ["2026-11-20"]
    assert live(repository, f"{BASE}?until=2026-01-01", cursor) == []
    live(repository, f"{BASE}?until=2026-12-01T00:00:00Z", cursor)
    assert [asked["from"] for asked in repository.asked] == ["2026-11-20", "2026-11-20T00:00:00Z"]


def test_a_token_that_expired_between_two_runs_begins_the_list_anew(repository):
    repository.answers = {"": listed([1], "a"), "a": listed([2])}
    cursor = live(repository)[0].cursor
    repository.answers = {"": listed([1], "b"), "a": wrong("badResumptionToken"), "b": listed([2])}
    assert ids(live(repository, BASE, cursor)) == ["oai:x:1", "oai:x:2"]


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"": listed([1], "a"), "a": wrong("badResumptionToken")}, "badResumptionToken"),
        ({"": wrong("cannotDisseminateFormat")}, "cannotDisseminateFormat: so it is"),
        ({"": listed([1], "a"), "a": listed([2], "a")}, "resumption token 2 is resumption token 1 again"),
        (
            {"": listed([1], "a"), "a": listed([2], "b"), "b": listed([3], "a")},
            "resumption token 3 is resumption token 1 again",
        ),
        ({"": listed([1], "a"), "a": listed([1], "b"), "b": listed([1])}, "page 2 is page 1 again"),
        ({"": listed([], "a"), "a": listed([], "b"), "b": listed([], "c")}, "page 2 is page 1 again"),
        ({"": listed([1, 2])[:-90]}, "cut off"),
        ({"": "<html><body>Welcome</body></html>"}, "expected an OAI-PMH 2.0 answer"),
        ({"": '<!DOCTYPE a [<!ENTITY b "c">]>' + listed([1])}, "DOCTYPE"),
    ],
)
def test_what_breaks_the_protocol_is_a_failure_that_is_named(repository, answers, why):
    repository.answers = answers
    with pytest.raises(SourceFailed, match=why):
        live(repository)


def test_what_came_before_a_failure_was_given(repository):
    repository.answers = {"": listed([1], "a"), "a": listed([2, 3])[:-150]}
    pages = OaiPmh(Path(), {}).live(repository.fetch, BASE)
    assert ids([next(pages), next(pages)]) == ["oai:x:1", "oai:x:2"]
    with pytest.raises(SourceFailed, match="cut off"):
        next(pages)


@pytest.mark.parametrize(
    "query", ["", "http://a.example/oai", "ftp://x", f"{BASE}?verb=Identify", f"{BASE}?page=2"]
)
def test_a_query_that_is_none_is_a_usage_error(repository, query):
    with pytest.raises(UsageError):
        live(repository, query)
    assert repository.asked == []


def test_a_saved_answer_that_is_cut_off_keeps_what_stands_before(tmp_path):
    (tmp_path / "a.xml").write_text(listed(range(50))[:-200])
    (tmp_path / "b.xml").write_text(listed([77]))
    pages = harvest(tmp_path)
    assert ids(pages) == [*(f"oai:x:{number}" for number in range(48)), "oai:x:77"]
    assert [where for page in pages for where, _ in page.rejected] == ["a.xml"]


HOSTILE = {
    "doctype": b'<!DOCTYPE a [<!ENTITY b "c">]><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">&b;</OAI-PMH>',
    "utf-16": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode("utf-16"),
    "latin-1": b'<?xml version="1.0" encoding="ISO-8859-1"?>' + listed([1]).encode(),
    "deep": listed([1]).replace("piece 1", "<a>" * 5000).encode(),
    "many": listed([1]).replace("piece 1", "<a/>" * 600_000).encode(),
    "entity": listed([1]).replace("piece 1", "&nope;").encode(),
    "nothing": b"",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_answer_is_rejected_and_the_next_is_read(tmp_path, what):
    (tmp_path / "a.xml").write_bytes(HOSTILE[what])
    (tmp_path / "b.xml").write_text(listed([2]))
    pages = harvest(tmp_path)
    assert ids(pages) == ["oai:x:2"]
    assert [where for page in pages for where, _ in page.rejected] == ["a.xml"]


def test_a_record_element_in_cdata_or_in_the_metadata_is_no_record():
    inner = "<![CDATA[</record><record>]]><record><header/></record>"
    answer = oai_answer.read(listed([1, 2]).replace("piece 1", inner).encode())
    assert [item.identifier for item in answer.items] == ["oai:x:1", "oai:x:2"]
    assert answer.items[0].raw.endswith(b"</metadata></record>")


def test_a_record_with_a_thousand_prefixes_is_rejected():
    many = b"".join(b"<p%d:a/>" % number for number in range(1000))
    payload = b"<record><metadata>%s</metadata></record>" % many
    with pytest.raises(RecordRejected, match="prefixes"):
        OaiPmh(Path(), {}).claims(Record("oai-pmh", "record", "1", "text/xml", payload))
