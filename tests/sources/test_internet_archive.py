# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Internet Archive: items and their files, what may be taken, what words about rights do, and the scrape API."""

import datetime as dt
import json
from collections import Counter

import pytest

from onrecord.errors import SourceFailed
from onrecord.model.records import Answer
from onrecord.model.rights import Use
from onrecord.rights import decide
from onrecord.sources.internet_archive import InternetArchive
from onrecord.sources.seam import Live, Offers
from onrecord.testing import check_source
from tests.sources.answering import MADE, SHARED, Service, goes_on_exactly, harvest, ids

ITEM, ITEMS = MADE / "internet-archive-item-made.json", MADE / "internet-archive-items-made.jsonl"
FIRST, SECOND, PRIVATE = (
    "made-album/01 First.flac",
    "made-album/disc 2/02 Second?.mp3",
    "made-album/03 Private.ogg",
)


@pytest.fixture
def source():
    return InternetArchive(ITEM, {})


@pytest.fixture
def item(source):
    ((record,), rejected, _) = harvest(source)
    assert not rejected
    return record


@pytest.fixture
def items():
    return {record.id: record for record in harvest(InternetArchive(ITEMS, {}))[0]}


def gate(source, record, use=Use.SHARE):
    said = [fact for _, fact in source.claims(record).evidence]
    return decide(said, use, "Worldwide", dt.date(2026, 11, 22))


def test_it_keeps_the_contract(source):
    assert len(check_source(lambda: InternetArchive(ITEMS, {}))) == 5
    assert isinstance(source, Live) and isinstance(source, Offers)


def test_an_item_is_a_release_and_its_uploaded_sound_files_are_tracks(source, item):
    claims = source.claims(item)
    (release,) = claims.releases
    assert (release.id, release.title, release.artist) == ("made-album", "Made Album", "One, Two")
    assert (release.date, release.label, release.tracks) == ("2009-05", "Made Label", 3)
    assert (release.barcode, release.mbid) == ("5099902943527", "b84ee12a-09ef-421b-82de-0441a926375b")
    tracks = {track.id: track for track in claims.tracks}
    assert set(tracks) == {FIRST, SECOND, PRIVATE}
    first, second = tracks[FIRST], tracks[SECOND]
    assert (first.title, first.artist, first.position, first.duration_ms) == ("First", "One, Two", 1, 215_320)
    assert (first.isrc, first.mbid) == ("GBAYE6700001", "83d91898-7763-47d7-b03b-b92132375c47")
    assert (second.title, second.artist, second.disc, second.position) == ("02 Second?", "Two", 2, 2)
    assert (second.duration_ms, second.genre, second.isrc) == (215_000, "Ambient", "")
    assert tracks[PRIVATE].duration_ms == 3_723_500
    assert list(claims.odd) == [(SECOND, "isrc", "NONE")]


def test_the_license_of_an_item_is_that_of_each_track(source, item):
    facts = source.claims(item).evidence
    assert {track for track, _ in facts} == {FIRST, SECOND, PRIVATE}
    assert {fact.license for _, fact in facts} == {"LicenseRef-CC-BY-NC-SA-3.0-US"}
    assert {fact.text for _, fact in facts} == {"http://creativecommons.org/licenses/by-nc-sa/3.0/us/"}
    assert gate(source, item).allow


def test_originals_are_offered_and_what_was_derived_is_refused(source, item):
    offers = {offer.name: offer for offer in source.offers(item)}
    assert set(offers) == {
        "01 First.flac",
        "01 First.mp3",
        "01 First_sample.mp3",
        "disc 2/02 Second?.mp3",
        "03 Private.ogg",
    }
    first, second = offers["01 First.flac"], offers["disc 2/02 Second?.mp3"]
    assert (first.track, first.size, first.refused, first.preview) == (FIRST, 1000, "", False)
    assert first.digest == ("sha1", "0123456789abcdef0123456789abcdef01234567")
    assert first.address == "https://archive.org/download/made-album/01%20First.flac"
    assert second.address == "https://archive.org/download/made-album/disc%202/02%20Second%3F.mp3"
    assert (second.size, second.digest) == (None, ("md5", "2123456789abcdef0123456789abcdef"))
    derived = offers["01 First.mp3"]
    assert derived.track == FIRST and "01 First.flac" in derived.refused and not derived.preview
    assert offers["01 First_sample.mp3"].preview
    assert offers["03 Private.ogg"].refused == "the file is private"


@pytest.mark.parametrize(
    ("id", "words"), [("made-lent", "access-restricted-item"), ("made-streamed", "stream_only")]
)
def test_a_closed_item_is_refused_whatever_its_license(items, id, words):
    source = InternetArchive(ITEMS, {})
    assert [words in offer.refused for offer in source.offers(items[id])] == [True]
    decision = gate(source, items[id])
    assert not decision.allow and decision.review


def test_words_beside_the_license_that_are_not_understood_leave_it_to_a_person(items):
    source = InternetArchive(ITEMS, {})
    assert {fact.text for _, fact in source.claims(items["made-worded"]).evidence} == {
        "https://creativecommons.org/licenses/by/4.0/",
        "<b>Not for sale.</b> Ask me first.",
    }
    decision = gate(source, items["made-worded"])
    assert decision.codes[0] == "R-CONTRADICTION" and decision.review


def test_an_item_without_sound_claims_and_offers_nothing(items):
    source = InternetArchive(ITEMS, {})
    claims = source.claims(items["made-film"])
    assert not (claims.releases or claims.tracks or claims.evidence or source.offers(items["made-film"]))


def test_a_dark_item_is_a_tombstone_and_an_empty_answer_is_named(items):
    assert items["made-dark"].deleted
    _, rejected, _ = harvest(InternetArchive(ITEMS, {}))
    assert (
        list(rejected) == ["internet-archive-items-made.jsonl:6"] and "no such item" in rejected.popitem()[1]
    )


def test_results_of_a_search_and_a_description_claim_the_release(tmp_path):
    docs = [
        {"identifier": "a", "mediatype": "audio", "title": "A", "creator": "C", "year": 1999},
        {"identifier": "b"},
    ]
    (tmp_path / "1.json").write_text(json.dumps({"response": {"numFound": 2, "docs": docs}}))
    (tmp_path / "2_meta.xml").write_text(
        "<metadata><identifier>c</identifier><mediatype>audio</mediatype><title>T</title>"
        "<creator>X</creator><creator>Y</creator></metadata>"
    )
    (tmp_path / "3.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><metadata>&b;</metadata>')
    source = InternetArchive(tmp_path, {})
    found, rejected, _ = harvest(source)
    assert [(record.kind, record.id) for record in found] == [
        ("hit", "a"),
        ("hit", "b"),
        ("description", "c"),
    ]
    assert list(rejected) == ["3.xml:1"]
    (release,) = source.claims(found[0]).releases
    assert (release.title, release.artist, release.date) == ("A", "C", "1999")
    assert source.claims(found[1]).releases == []
    assert source.claims(found[2]).releases[0].artist == "X, Y"
    assert [source.offers(record) for record in found] == [[], [], []]


def numbered(number):
    return {
        "metadata": {"identifier": f"item-{number}", "mediatype": "audio", "title": f"{number}"},
        "files": [{"name": "a.flac", "source": "original"}],
    }


def site(total, broken=(), limit=30):
    def answer(path, parameters):
        if path.startswith("/metadata/"):
            number = int(path.removeprefix("/metadata/item-"))
            return None if number in broken else numbered(number)
        start = int(parameters.get("cursor", "c0")[1:])
        end = min(start + limit, total)
        page = {"items": [{"identifier": f"item-{number}"} for number in range(start, end)], "total": total}
        return page | ({"cursor": f"c{end}"} if end < total else {})

    return answer


def make():
    return InternetArchive(ITEM, {})


def test_live_follows_the_scrape_cursor_and_goes_on_exactly():
    whole = goes_on_exactly(make, site(75), "collection:netlabels")
    assert ids(whole) == [f"item-{number}" for number in range(75)]
    assert max(len(page.records) for page in whole) == 20


def test_live_asks_for_items_with_sound():
    service = Service(site(1))
    list(make().live(service, "year:2009"))
    path, asked = service.asked[0]
    assert path == "/services/search/v1/scrape" and asked["q"] == "(year:2009) AND mediatype:(audio OR etree)"
    assert service.asked[1][0] == "/metadata/item-0"


def test_items_that_have_not_changed_are_named_and_the_rest_is_read():
    held = {f"item-{number}" for number in range(40) if number % 2}
    service = Service(site(40))

    def fetch(address, *, accept="*/*", record=""):
        kind, _, id = record.partition(":")
        assert not record or (kind == "item" and address.endswith(f"/metadata/{id}")), (
            "the record is the answer"
        )
        return Answer(address, "", b"", unchanged=True) if id in held else service(address, accept=accept)

    pages = list(make().live(fetch, ""))
    assert ids(pages) == [f"item-{number}" for number in range(0, 40, 2)]
    assert [name for page in pages for name in page.unchanged] == [
        f"item:item-{number}" for number in range(1, 40, 2)
    ]
    assert {len(page.records) + len(page.unchanged) for page in pages} <= {20, 10}, "pages stay bounded"


def test_one_item_that_fails_is_named_and_the_rest_is_read():
    pages = list(make().live(Service(site(50, broken={3, 29, 49})), ""))
    assert ids(pages) == [f"item-{number}" for number in range(50) if number not in (3, 29, 49)]
    assert [where for page in pages for where, _ in page.rejected] == ["item-3", "item-29", "item-49"]


def test_a_service_that_fails_stops_it_before_anything_is_lost():
    pages, cursor = [], ""
    with pytest.raises(SourceFailed):
        for page in make().live(Service(site(50, broken=range(24, 50))), ""):
            pages.append(page)
            cursor = page.cursor
    rest = list(make().live(Service(site(50)), "", cursor))
    assert ids(pages) + ids(rest) == [f"item-{number}" for number in range(50)]


def test_a_service_that_fails_at_the_end_of_its_results_loses_nothing():
    for first in (28, 29, 30):
        pages, cursor = [], ""
        with pytest.raises(SourceFailed):
            broken = site(50, broken=range(first, 50))

            def answer(path, parameters, broken=broken):
                return None if parameters.get("cursor") else broken(path, parameters)

            for page in make().live(Service(answer), ""):
                pages.append(page)
                cursor = page.cursor
        rest = list(make().live(Service(site(50)), "", cursor))
        assert ids(pages) + ids(rest) == [f"item-{number}" for number in range(50)]


def test_a_cursor_that_comes_again_is_noticed():
    def answer(path, parameters):
        if path.startswith("/metadata/"):
            return numbered(path.rsplit("-", 1)[1])
        start = 0 if "cursor" not in parameters else 30
        return {
            "items": [{"identifier": f"item-{number}"} for number in range(start, start + 3)],
            "cursor": "c1",
        }

    pages = []
    with pytest.raises(SourceFailed, match="again"):
        pages.extend(make().live(Service(answer), ""))


def test_an_error_answer_is_an_error():
    with pytest.raises(SourceFailed, match="bad query"):
        list(make().live(Service(lambda path, parameters: {"error": "bad query"}), "("))


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data/internet-archive")
def test_recorded_answers():
    location = SHARED / "internet-archive"
    found = check_source(lambda: InternetArchive(location, {}))
    assert Counter(record.kind for record in found) == {"hit": 150, "item": 2, "description": 1}
    _, rejected, _ = harvest(InternetArchive(location, {}))
    assert set(rejected) == {"s3_status_check.json:1"}
    source = InternetArchive(location, {})
    assert not any(source.claims(record).tracks or source.offers(record) for record in found)
