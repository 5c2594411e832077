# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wikimedia Commons: sound and its license templates, HTML that becomes words, and the API's own continuation."""

import datetime as dt
import json

import pytest

from onrecord.errors import SourceFailed, UsageError
from onrecord.model.rights import Use
from onrecord.rights import decide
from onrecord.sources.html_text import html_text
from onrecord.sources.seam import Live, Offers
from onrecord.sources.wikimedia_commons import WikimediaCommons
from onrecord.testing import check_source
from tests.sources.answering import MADE, Service, goes_on_exactly, harvest, ids

ANSWER = MADE / "wikimedia-commons-made.json"


@pytest.fixture
def source():
    return WikimediaCommons(ANSWER, {})


@pytest.fixture
def records(source):
    return {record.id: record for record in harvest(source)[0]}


def gate(source, record, use=Use.SHARE):
    said = [fact for _, fact in source.claims(record).evidence]
    return decide(said, use, "Worldwide", dt.date(2026, 11, 22))


def test_it_keeps_the_contract(source):
    assert len(check_source(lambda: WikimediaCommons(ANSWER, {}))) == 5
    assert isinstance(source, Live) and isinstance(source, Offers)


def test_a_file_claims_a_track_in_words(source, records):
    ((track,), facts) = source.claims(records["101"]).tracks, source.claims(records["101"]).evidence
    assert (track.title, track.artist) == ("Sonata in C", "One & Two")
    assert (track.date, track.duration_ms) == ("2019-05-06", 123_456)
    ((_, fact),) = facts
    assert fact.text == "CC BY-SA 3.0 de https://creativecommons.org/licenses/by-sa/3.0/de/deed.en"
    assert (fact.license, fact.holder) == ("CC-BY-SA-3.0-DE", "One & Two")
    assert gate(source, records["101"]).allow


def test_the_file_as_it_was_uploaded_is_offered(source, records):
    (offer,) = source.offers(records["101"])
    assert (offer.name, offer.size, offer.refused) == ("Sonata.ogg", 2048, "")
    assert offer.digest == ("sha1", "0123456789abcdef0123456789abcdef01234567")
    assert offer.address == "https://upload.wikimedia.org/wikipedia/commons/a/ab/Sonata.ogg"
    assert source.offers(records["102"])[0].digest is None


def test_public_domain_in_words_is_left_to_a_person(source, records):
    assert source.claims(records["102"]).tracks[0].artist == "Unknown"
    assert gate(source, records["102"]).codes[0] == "R-PUBLIC-DOMAIN"


def test_restrictions_and_what_is_not_free_leave_it_to_a_person(source, records):
    origins = [fact.origin for _, fact in source.claims(records["103"]).evidence]
    assert origins == [
        "wikimedia-commons:extmetadata",
        "wikimedia-commons:Restrictions",
        "wikimedia-commons:NonFree",
    ]
    assert gate(source, records["103"]).codes[0] == "R-CONTRADICTION"
    assert "NonFree" in source.offers(records["103"])[0].refused


def test_a_name_that_contradicts_the_address_is_not_understood(source, records):
    ((_, fact),) = source.claims(records["106"]).evidence
    assert fact.license == ""


def test_pictures_are_named_and_what_is_gone_is_a_tombstone(source, records):
    assert records["105"].deleted
    _, rejected, _ = harvest(source)
    assert (
        list(rejected) == ["wikimedia-commons-made.json:1#query.pages[3]"]
        and "image/png" in rejected.popitem()[1]
    )


def test_the_older_form_of_answers_is_read_too(tmp_path):
    pages = json.loads(ANSWER.read_text())["query"]["pages"]
    old = {str(page["pageid"]): {**page, "missing": ""} if "missing" in page else page for page in pages}
    (tmp_path / "a.json").write_text(json.dumps({"query": {"pages": old}}))
    (tmp_path / "b.json").write_text(json.dumps({"error": {"code": "x", "info": "told off"}}))
    found, rejected, _ = harvest(WikimediaCommons(tmp_path, {}))
    assert [record.id for record in found] == ["101", "102", "103", "105", "106"] and found[3].deleted
    assert "told off" in rejected["b.json:1"]


@pytest.mark.parametrize(
    ("mime", "kind", "title", "sound"),
    [
        ("audio/midi", "AUDIO", "a.mid", False),
        ("application/ogg", "", "a.ogg", True),
        ("application/ogg", "", "a.ogv", False),
        ("application/ogg", "VIDEO", "a.ogg", False),
        ("video/webm", "AUDIO", "a.webm", True),
        ("text/html", "", "a.html", False),
    ],
)
def test_what_is_sound(tmp_path, mime, kind, title, sound):
    info = {"mime": mime, "url": "https://upload.wikimedia.org/x", **({"mediatype": kind} if kind else {})}
    (tmp_path / "a.json").write_text(json.dumps({"pageid": 1, "title": f"File:{title}", "imageinfo": [info]}))
    found, rejected, _ = harvest(WikimediaCommons(tmp_path, {}))
    assert (bool(found), bool(rejected)) == (sound, not sound)


def page(number, info=True):
    file = {"pageid": number, "title": f"File:{number}.ogg"}
    return file | (
        {"imageinfo": [{"mime": "audio/ogg", "url": "https://upload.wikimedia.org/x.ogg"}]} if info else {}
    )


def api(total, limit=50):
    def answer(path, parameters):
        assert path == "/w/api.php" and parameters["prop"] == "imageinfo"
        start = int(parameters.get("gcmcontinue", "1"))
        end = min(start + limit, total + 1)
        found = {"query": {"pages": [page(number) for number in range(start, end)]}} if end > start else {}
        return found | (
            {"continue": {"gcmcontinue": str(end), "continue": "gcmcontinue||"}} if end <= total else {}
        )

    return answer


def make():
    return WikimediaCommons(ANSWER, {})


def test_live_follows_the_continuation_and_goes_on_exactly():
    whole = goes_on_exactly(make, api(120), "Category:Audio files")
    assert ids(whole) == [str(number) for number in range(1, 121)]
    assert list(make().live(Service(api(0)), "Category:Empty")) == []


def test_live_asks_for_a_category_or_searches_for_sound():
    for query, name, value in (
        ("Category:Audio files", "gcmtitle", "Category:Audio files"),
        ("nocturne", "gsrsearch", "nocturne filetype:audio"),
        ("", "gsrsearch", "filetype:audio"),
    ):
        service = Service(api(1))
        list(make().live(service, query))
        assert service.asked[0][1][name] == value


def test_pages_whose_description_comes_later_are_taken_once():
    def answer(path, parameters):
        if "iicontinue" not in parameters:
            going_on = {"iicontinue": "2", "continue": "||"}
            return {"continue": going_on, "query": {"pages": [page(1), page(2, info=False)]}}
        return {"batchcomplete": True, "query": {"pages": [page(2)]}}

    pages = list(make().live(Service(answer), "x"))
    assert ids(pages) == ["1", "2"] and not any(found.rejected for found in pages)


def test_a_continuation_that_comes_again_is_noticed():
    def answer(path, parameters):
        number = 1 if "gsroffset" not in parameters else 2
        return {"continue": {"gsroffset": "50"}, "query": {"pages": [page(number)]}}

    with pytest.raises(SourceFailed, match="again"):
        list(make().live(Service(answer), "x"))


def test_an_error_answer_is_an_error_and_a_wrong_cursor_a_usage_error():
    with pytest.raises(SourceFailed, match="ratelimited"):
        list(
            make().live(
                Service(lambda path, parameters: {"error": {"code": "ratelimited", "info": "slow"}}), "x"
            )
        )
    for cursor in ("here", '["[]", 0]'):
        with pytest.raises(UsageError):
            list(make().live(Service(api(1)), "x", cursor))


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain  words", "plain words"),
        ("<p>a</p><p>b<br>c</p>", "a b c"),
        ("<style>x{}</style>a<script>b</script>", "a"),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("<a href='javascript:x'>name", "name"),
        ("<<<>>", "<<<>>"),
    ],
)
def test_words_of_html(html, text):
    assert html_text(html) == text


def test_html_beyond_reason_takes_no_time():
    assert len(html_text("<b>" * 100_000 + "x")) < 20_001
