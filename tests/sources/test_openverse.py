# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Openverse: an index says where sound is; its licenses are read, its files are refused until the provider is asked."""

import csv
import datetime as dt
import io
from collections import Counter

import pytest

from onrecord.errors import RecordRejected, SourceFailed, UsageError
from onrecord.model.records import Record
from onrecord.model.rights import Use
from onrecord.rights import decide
from onrecord.sources.openverse import Openverse
from onrecord.sources.seam import Live, Offers
from onrecord.testing import check_source
from tests.sources.answering import MADE, SHARED, Service, goes_on_exactly, harvest, ids

MADE_ANSWER = MADE / "openverse-audio-made.json"
UUID = "8624ba61-57f1-4f98-8a85-ece206c319{}"
COLUMNS = (
    "identifier,provider,license,license_version,title,category,meta_data,audio_set,genre,tags,url,"
    "removed_from_source"
)


@pytest.fixture
def records():
    return {record.id[-2:]: record for record in harvest(Openverse(MADE_ANSWER, {}))[0]}


def gate(source, record, use=Use.SHARE):
    said = [fact for _, fact in source.claims(record).evidence]
    return decide(said, use, "Worldwide", dt.date(2026, 11, 22))


def table(tmp_path, *rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS.split(","))
    writer.writeheader()
    writer.writerows(rows)
    path = tmp_path / "audio.csv"
    path.write_text(text.getvalue(), newline="")
    return path


def test_it_keeps_the_contract():
    assert len(check_source(lambda: Openverse(MADE_ANSWER, {}))) == 4
    assert isinstance(Openverse(MADE_ANSWER, {}), Live)
    assert isinstance(Openverse(MADE_ANSWER, {}), Offers)


def test_a_track_with_its_album_and_its_license(records):
    source = Openverse(MADE_ANSWER, {})
    claims = source.claims(records["cf"])
    (track,) = claims.tracks
    assert (track.title, track.artist, track.release) == ("By address", "One", "Album")
    assert (track.duration_ms, track.genre) == (270_000, "dance")
    assert track.artist_id == claims.artists[0].id and track.release_id == claims.releases[0].id
    ((_, fact),) = claims.evidence
    assert fact.text == "by-nc-sa 3.0 https://creativecommons.org/licenses/by-nc-sa/3.0/"
    assert fact.license == "CC-BY-NC-SA-3.0"
    # An index is a third party: what it says lets a person look, and nothing else.
    assert gate(source, records["cf"]).codes == ("R-INDEX-ONLY",)


def test_every_file_is_refused_with_whom_to_ask(records):
    source = Openverse(MADE_ANSWER, {})
    offers = source.offers(records["cf"])
    assert [(offer.name[-3:], offer.size) for offer in offers] == [("mp3", 7139840), ("ogg", 5)]
    assert all(offer.refused.startswith("ask the provider, jamendo:") for offer in offers)
    assert "source wikimedia-commons" in source.offers(records["d0"])[0].refused


def test_a_public_domain_mark_is_left_to_a_person(records):
    decision = gate(Openverse(MADE_ANSWER, {}), records["d0"])
    assert decision.codes[0] == "R-PUBLIC-DOMAIN" and decision.review


def test_two_licenses_in_one_record_are_none(records):
    ((_, fact),) = Openverse(MADE_ANSWER, {}).claims(records["d1"]).evidence
    assert fact.license == ""


def test_what_is_no_music_is_kept_and_claims_nothing(records):
    source = Openverse(MADE_ANSWER, {})
    claims = source.claims(records["d2"])
    assert not (claims.tracks or claims.evidence or source.offers(records["d2"]))


def test_a_row_of_the_catalog_comes_with_its_header_both_verbatim(tmp_path):
    row = {
        "identifier": UUID.format("aa"),
        "provider": "jamendo",
        "license": "by-nc-nd",
        "license_version": "2.0",
    }
    row |= {
        "title": 'A "b"\nc',
        "meta_data": '{"license_url": "https://creativecommons.org/licenses/by-nc-nd/2.0/jp/", "listens": "12"}',
        "audio_set": '{"set_url": "https://example.org/set", "audio_set": "Set", "set_position": "2"}',
        "url": "https://example.org/x.mp3",
    }
    path = table(tmp_path, row, {**row, "identifier": UUID.format("bb"), "removed_from_source": "true"})
    source = Openverse(path, {})
    found = check_source(lambda: Openverse(path, {}))
    header, _, first = path.read_bytes().partition(b"\r\n")
    assert found[0].payload.startswith(header + b"\r\n") and found[0].payload[len(header) + 2 :] in first
    claims = source.claims(found[0])
    assert (claims.tracks[0].title, claims.tracks[0].release, claims.tracks[0].position) == (
        'A "b"\nc',
        "Set",
        2,
    )
    # The short name leaves out the country that the address names.
    assert claims.evidence[0][1].license == "LicenseRef-CC-BY-NC-ND-2.0-JP"
    assert source.offers(found[0])[0].wanted == 12
    assert gate(source, found[0]).codes == ("R-INDEX-ONLY",)
    assert gate(source, found[1]).codes != ("R-INDEX-ONLY",)


@pytest.mark.parametrize("cells", [{"meta_data": "{", "title": "x"}, {"identifier": "no"}])
def test_a_damaged_row_is_named_and_the_rest_is_read(tmp_path, cells):
    good = {"identifier": UUID.format("aa"), "license": "by", "license_version": "4.0", "title": "good"}
    path = table(
        tmp_path,
        good,
        {**good, "identifier": UUID.format("bb"), **cells},
        {**good, "identifier": UUID.format("cc")},
    )
    found, rejected, _ = harvest(Openverse(path, {}))
    assert [record.id[-2:] for record in found] == ["aa", "cc"] and list(rejected) == ["audio.csv:3"]


def test_a_cut_row_is_rejected():
    payload = (COLUMNS + "\n" + UUID.format("aa") + ",jamendo\n").encode()
    with pytest.raises(RecordRejected, match="cut off"):
        Openverse(MADE_ANSWER, {}).claims(Record("openverse", "audio", "x", "text/csv", payload))


def api(total, size=20):
    def answer(path, parameters):
        assert path == "/v1/audio/" and parameters["category"] == "music"
        number = int(parameters["page"])
        found = [
            {"id": f"00000000-0000-4000-8000-{at:012d}", "title": str(at)}
            for at in range((number - 1) * size, min(number * size, total))
        ]
        return {"result_count": total, "page_count": -(-total // size), "page": number, "results": found}

    return answer


def test_live_walks_by_page_and_goes_on_exactly():
    whole = goes_on_exactly(lambda: Openverse(MADE_ANSWER, {}), api(50), "guitar")
    assert [len(page.records) for page in whole] == [20, 20, 10]


def test_live_finds_what_is_new_on_the_last_page():
    (page,) = Openverse(MADE_ANSWER, {}).live(Service(api(3)), "")
    assert len(ids(Openverse(MADE_ANSWER, {}).live(Service(api(5)), "", page.cursor))) == 2


def test_live_knows_its_parameters():
    service = Service(api(1))
    list(Openverse(MADE_ANSWER, {}).live(service, "q=guitar&license=by"))
    assert service.asked[0][1]["license"] == "by"
    for query, cursor in (("page=2", ""), ("", "here"), ("", '["x", 0]')):
        with pytest.raises(UsageError):
            list(Openverse(MADE_ANSWER, {}).live(service, query, cursor))


def test_the_same_page_for_ever_is_noticed():
    def answer(path, parameters):
        return {**api(3)(path, {**parameters, "page": "1"}), "page_count": 9}

    with pytest.raises(SourceFailed, match="again"):
        list(Openverse(MADE_ANSWER, {}).live(Service(answer), ""))


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data/openverse-audio")
def test_the_recorded_catalog_of_jamendo():
    location = SHARED / "openverse-audio"
    found = check_source(lambda: Openverse(location, {}))
    source = Openverse(location, {})
    read = Counter(fact.license for record in found for _, fact in source.claims(record).evidence)
    assert read == {
        "CC-BY-NC-SA-2.0": 44,
        "LicenseRef-CC-BY-NC-ND-2.0-JP": 28,
        "CC-BY-SA-2.0": 15,
        "LicenseRef-CC-Sampling-Plus-1.0": 10,
        "LicenseRef-CC-NC-Sampling-Plus-1.0": 3,
    }
    tracks = [track for record in found for track in source.claims(record).tracks]
    assert len(tracks) == 100 and all(track.title and track.artist and track.duration_ms for track in tracks)
    assert all(offer.refused for record in found for offer in source.offers(record))


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data/openverse-provider-json")
def test_answers_of_a_provider_are_not_openverses():
    found, rejected, _ = harvest(Openverse(SHARED / "openverse-provider-json", {}))
    assert not found and len(rejected) == 8
