# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jamendo: what a track claims, what its flags do to its license and its file, and how the API is walked."""

import datetime as dt
import json
from collections import Counter

import pytest

from onrecord.errors import RecordRejected, SourceFailed, UsageError
from onrecord.model.records import Record
from onrecord.model.rights import Use
from onrecord.rights import decide
from onrecord.sources.jamendo import Jamendo
from onrecord.sources.seam import Live, Offers
from onrecord.testing import check_source
from tests.sources.answering import MADE, SHARED, Service, goes_on_exactly, harvest, ids

TRACKS = MADE / "jamendo-tracks-made.json"
DAY = dt.date(2026, 11, 22)


@pytest.fixture
def records():
    return {record.id: record for record in harvest(Jamendo(TRACKS, {}))[0]}


def gate(source, record, track, use=Use.SHARE):
    said = [fact for about, fact in source.claims(record).evidence if about == track]
    return decide(said, use, "Worldwide", DAY)


def test_it_keeps_the_contract():
    assert len(check_source(lambda: Jamendo(TRACKS, {}))) == 5
    assert isinstance(Jamendo(TRACKS, {}), Live)
    assert isinstance(Jamendo(TRACKS, {}), Offers)


def test_records_are_the_bytes_of_the_answer(records):
    answer = TRACKS.read_bytes()
    assert all(record.payload in answer and record.kind == "track" for record in records.values())


def test_a_track_claims_itself_its_artist_and_its_album(records):
    claims = Jamendo(TRACKS, {}).claims(records["11"])
    (track,), (artist,), (release,) = claims.tracks, claims.artists, claims.releases
    assert (track.title, track.artist, track.artist_id, track.release_id) == ("Allowed", "One", "1", "5")
    assert (track.position, track.duration_ms, track.date, track.genre) == (
        2,
        215_000,
        "2012-03-04",
        "ambient",
    )
    assert (artist.id, artist.name, release.id, release.title) == ("1", "One", "5", "Album")


def test_what_is_nothing_is_not_claimed(records):
    claims = Jamendo(TRACKS, {}).claims(records["13"])
    assert claims.releases == []
    assert (claims.tracks[0].position, claims.tracks[0].date) == (None, "")
    assert Jamendo(TRACKS, {}).claims(records["14"]).tracks[0].duration_ms is None


def test_a_license_is_kept_as_it_stands_and_lets_the_track_be_shared(records):
    source = Jamendo(TRACKS, {})
    ((track, fact),) = source.claims(records["11"]).evidence
    assert (track, fact.text) == ("11", "http://creativecommons.org/licenses/by-sa/3.0/")
    assert fact.license == "CC-BY-SA-3.0"
    assert gate(source, records["11"], "11").allow


def test_a_download_that_is_not_allowed_is_refused_and_its_license_waits_for_a_person(records):
    source = Jamendo(TRACKS, {})
    (offer,) = source.offers(records["12"])
    assert "audiodownload_allowed is false" in offer.refused
    for use in (Use.STREAM, Use.KEEP, Use.SHARE):
        decision = gate(source, records["12"], "12", use)
        assert not decision.allow and decision.review
        assert decision.codes == ("R-NOT-OFFERED",)


def test_flags_that_contradict_the_license_leave_it_to_a_person(records):
    decision = gate(Jamendo(TRACKS, {}), records["13"], "13")
    assert decision.codes[0] == "R-CONTRADICTION" and decision.review


def test_no_license_is_no_evidence(records):
    assert Jamendo(TRACKS, {}).claims(records["14"]).evidence == []


def test_offers(records):
    source = Jamendo(TRACKS, {})
    (offer,) = source.offers(records["11"])
    assert (offer.address, offer.name) == ("https://mp3d.jamendo.com/download/track/11/flac/", "11.flac")
    assert (offer.refused, offer.wanted, offer.preview) == ("", 99, False)
    (silent,) = source.offers(records["15"])
    assert "does not say" in silent.refused


def test_an_address_that_is_none_is_refused():
    track = {"id": 1, "name": "x", "audiodownload": "file:///etc/passwd", "audiodownload_allowed": True}
    record = Record("jamendo", "track", "1", "application/json", json.dumps(track).encode())
    (offer,) = Jamendo(TRACKS, {}).offers(record)
    assert offer.refused and offer.address == ""


def test_an_album_claims_its_tracks_and_an_artist_those_below(tmp_path):
    below = [{"id": "7", "name": "T", "license_ccurl": "https://creativecommons.org/licenses/by/3.0/"}]
    album = {
        "id": "5",
        "name": "A",
        "artist_id": "1",
        "artist_name": "O",
        "releasedate": "2010-01-02",
        "zip": "",
    }
    artist = {"id": "1", "name": "O", "joindate": "2004-01-01", "website": ""}
    (tmp_path / "albums.json").write_text(json.dumps({"results": [{**album, "tracks": below}]}))
    (tmp_path / "artists.json").write_text(
        json.dumps({"results": [{**artist, "tracks": [{**below[0], "album_id": "5", "album_name": "A"}]}]})
    )
    source = Jamendo(tmp_path, {})
    found, rejected, _ = harvest(source)
    assert [(record.kind, record.id) for record in found] == [
        ("album", "5"),
        ("artist", "1"),
    ] and not rejected
    for record in found:
        claims = source.claims(record)
        (track,) = claims.tracks
        assert (track.id, track.artist, track.release, track.release_id) == ("7", "O", "A", "5")
        assert claims.evidence[0][0] == "7" and claims.releases[0].title == "A"


def test_what_is_no_track_is_named_and_the_rest_is_read(tmp_path):
    lines = [
        '{"id": "x", "audio": ""}',
        '{"id": 1, "name": "a", "audio": ""}',
        "[1, NaN]",
        '{"headers": {}}',
        '"x"',
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    found, rejected, _ = harvest(Jamendo(tmp_path, {}))
    assert [record.id for record in found] == ["1"]
    assert set(rejected) == {"a.jsonl:1", "a.jsonl:3", "a.jsonl:4", "a.jsonl:5"}


def track(number):
    return {"id": str(number), "name": f"T{number}", "audio": "", "audiodownload_allowed": True}


def api(total, limit=200):
    def answer(path, parameters):
        assert path == "/v3.0/tracks/"
        start = int(parameters["offset"])
        found = [track(number) for number in range(start, min(start + limit, total))]
        return {"headers": {"status": "success", "code": 0}, "results": found}

    return answer


def made(**more):
    return Jamendo(TRACKS, {"client_id": "s3cr3t", **more})


def test_live_walks_by_offset_and_goes_on_exactly():
    whole = goes_on_exactly(made, api(450))
    assert ids(whole) == [str(number) for number in range(450)]
    assert [len(page.records) for page in whole] == [200, 200, 50]


def test_live_asks_in_a_fixed_order_with_the_license_flags():
    service = Service(api(1))
    list(made(download_format="flac").live(service, "tags=ambient&ccnc=false"))
    _, asked = service.asked[0]
    assert (
        asked["order"] == "id_asc"
        and "licenses" in asked["include"].split()
        and "lyrics" not in asked["include"]
    )
    assert (asked["tags"], asked["ccnc"], asked["audiodlformat"]) == ("ambient", "false", "flac")
    service = Service(api(1))
    list(made().live(service, "sea shanty"))
    assert service.asked[0][1]["search"] == "sea shanty"


def test_live_wants_a_client_id_and_known_parameters():
    with pytest.raises(UsageError, match="client id"):
        list(Jamendo(TRACKS, {}).live(Service(api(1)), ""))
    with pytest.raises(UsageError, match="'client_id'"):
        list(made().live(Service(api(1)), "client_id=other"))
    with pytest.raises(UsageError, match="cursor"):
        list(made().live(Service(api(1)), "", "here"))
    with pytest.raises(UsageError, match="'wav'"):
        made(download_format="wav")


def test_the_client_id_stands_in_no_message():
    with pytest.raises(SourceFailed) as failed:
        list(made().live(Service(lambda path, parameters: None), ""))
    assert "s3cr3t" not in str(failed.value) and "503" in failed.value.message


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"headers": {"status": "failed", "code": 5, "error_message": "bad id"}, "results": []}, "bad id"),
        ({"headers": {"status": "success"}}, "results"),
        (b"<html>", "not JSON"),
        ([], "no status"),
    ],
)
def test_a_failed_answer_is_an_error(answer, words):
    with pytest.raises(SourceFailed, match=words):
        list(made().live(Service(lambda path, parameters: answer), ""))


def test_the_same_page_for_ever_is_noticed():
    same = {"headers": {"status": "success"}, "results": [track(1)]}
    pages = made().live(Service(lambda path, parameters: same), "")
    assert ids([next(pages)]) == ["1"]
    with pytest.raises(SourceFailed, match="again"):
        next(pages)


def test_claims_of_bytes_that_are_none():
    with pytest.raises(RecordRejected):
        Jamendo(TRACKS, {}).claims(Record("jamendo", "track", "1", "application/json", b'{"id": "1"}'))


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data/openverse-provider-json")
def test_a_recorded_track():
    source = Jamendo(SHARED / "openverse-provider-json" / "jamendo", {})
    (record,), rejected, _ = harvest(source)
    claims = source.claims(record)
    assert not rejected and claims.tracks[0].title == "Thoughtful" and claims.tracks[0].duration_ms == 144_000
    assert [fact.license for _, fact in claims.evidence] == ["CC-BY-NC-2.0"]
    assert source.offers(record)[0].refused == ""


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data/jamendo-api-examples")
def test_pages_of_the_reference_are_no_answers():
    found, rejected, _ = harvest(Jamendo(SHARED / "jamendo-api-examples", {}))
    assert not found and len(rejected) == 32
    assert len(Counter(rejected.values())) == 1
