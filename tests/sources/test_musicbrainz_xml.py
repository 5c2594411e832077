# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""MusicBrainz answers as XML: what they claim, and that records are the answer's own bytes."""

from pathlib import Path

import pytest

from onrecord.errors import RecordRejected
from onrecord.model.records import Record
from onrecord.sources.musicbrainz_xml import MusicBrainzXml
from onrecord.testing import check_source

DATA = Path(__file__).parents[3] / "shared" / "data" / "musicbrainz-ws2-xml"
ROOT = b'<metadata xmlns="http://musicbrainz.org/ns/mmd-2.0#" xmlns:ext="http://musicbrainz.org/ns/ext#-2.0">'
END = b"</metadata>"


def uuid(number):
    return f"00000000-0000-4000-8000-{number:012d}"


RELEASE = f"""<release ext:score="100" id="{uuid(1)}"><title>A &gt; B</title><date>1973-03</date><country>GB</country>
<barcode>5099902943527</barcode><artist-credit><name-credit joinphrase=" &amp; "><name>Credited</name>
<artist id="{uuid(2)}"><name>One</name><sort-name>One</sort-name></artist></name-credit>
<name-credit><artist id="{uuid(3)}"><name>Two</name></artist></name-credit></artist-credit>
<release-group id="{uuid(4)}" type="Album"/>
<label-info-list><label-info><label id="{uuid(5)}"><name>Label</name></label></label-info></label-info-list>
<genre-list><genre count="2" id="{uuid(5)}"><name>kraut</name></genre></genre-list>
<medium-list count="1"><medium><position>2</position>
<pregap><position>0</position><length>5</length><recording id="{uuid(8)}"><title>Hidden</title></recording></pregap>
<track-list count="1"><track id="{uuid(6)}"><position>1</position><length>1000</length>
<recording id="{uuid(7)}"><title>Piece</title><length>999</length><isrc-list><isrc id="GBAHS1400099"/></isrc-list>
<relation-list target-type="work"><relation type="performance"><work id="{uuid(9)}"><title>W</title>
<relation-list target-type="artist"><relation type="composer"><artist id="{uuid(2)}"><name>One</name></artist>
</relation></relation-list></work></relation></relation-list></recording></track></track-list></medium></medium-list>
</release>""".encode()


def harvest(location):
    pages = list(MusicBrainzXml(location, {}).pages())
    rejected = [reason for page in pages for reason in page.rejected]
    return [record for page in pages for record in page.records], rejected


def test_a_release_claims_its_tracks_artists_and_itself(tmp_path):
    (tmp_path / "r.xml").write_bytes(ROOT + b"\n " + RELEASE + END)
    [record], rejected = harvest(tmp_path)
    assert rejected == []
    assert record.payload == RELEASE
    claims = MusicBrainzXml(tmp_path, {}).claims(record)
    [release] = claims.releases
    assert (release.title, release.artist, release.mbid) == ("A > B", "Credited & Two", uuid(1))
    assert (release.date, release.country, release.barcode) == ("1973-03", "GB", "5099902943527")
    assert (release.label, release.kind, release.tracks) == ("Label", "Album", 1)
    hidden, piece = claims.tracks
    assert (hidden.title, hidden.disc, hidden.position, hidden.duration_ms) == ("Hidden", 2, 0, 5)
    assert (piece.id, piece.title, piece.duration_ms, piece.isrc) == (uuid(6), "Piece", 1000, "GBAHS1400099")
    assert (hidden.genre, piece.genre) == ("kraut", "kraut")
    assert (piece.composer, piece.mbid, piece.artist_id) == ("One", uuid(7), uuid(2))
    assert [artist.name for artist in claims.artists] == ["One", "Two"]


def test_a_list_gives_its_elements_byte_for_byte(tmp_path):
    empty = f"<work  id='{uuid(1)}' note='a > b' />".encode()
    work = f'<work id="{uuid(2)}"><title>é</title><iswc-list><iswc>T-034.524.680-1</iswc></iswc-list></work >'.encode()
    bad = b'<work id="x"/>'
    artist = f'<artist id="{uuid(3)}"><name>A</name></artist>'.encode()
    answer = (
        b"<work-list count='3'>"
        + empty
        + work
        + bad
        + b"</work-list><artist-list>"
        + artist
        + b"</artist-list>"
    )
    (tmp_path / "search.xml").write_bytes(b'<?xml version="1.0" encoding="UTF-8"?>\n' + ROOT + answer + END)
    records, rejected = harvest(tmp_path)
    assert [record.payload for record in records] == [empty, work, artist]
    assert [where for where, _ in rejected] == ["search.xml:2#3"]
    [said] = MusicBrainzXml(tmp_path, {}).claims(records[1]).works
    assert (said.title, said.iswc) == ("é", "T0345246801")


HOSTILE = {
    "document type": b'<!DOCTYPE a [<!ENTITY b "c">]>' + ROOT + RELEASE + END,
    "UTF-16": b'<?xml version="1.0" encoding="UTF-16"?>'.decode().encode("utf-16")
    + (ROOT + END).decode().encode("utf-16-le"),
    "Latin-1": b'<?xml version="1.0" encoding="ISO-8859-1"?>' + ROOT + RELEASE + END,
    "another namespace": b'<metadata xmlns="urn:x">' + RELEASE.replace(b"ext:", b"") + END,
    "cut": ROOT + RELEASE,
    "deep": ROOT + b"<a>" * 5000 + b"</a>" * 5000 + END,
    "nothing": b"",
    "an error": b"<error><text>Not Found</text></error>",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_answer_is_rejected_and_the_next_is_read(tmp_path, what):
    (tmp_path / "a.xml").write_bytes(HOSTILE[what])
    (tmp_path / "b.xml").write_bytes(ROOT + RELEASE + END)
    records, rejected = harvest(tmp_path)
    assert [record.id for record in records] == [uuid(1)]
    assert [where for where, _ in rejected] == ["a.xml"]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        RELEASE * 2,
        RELEASE + b"</metadata><metadata>",
        RELEASE + b"text <a/>",
        b"<artist/>",
        b"<!DOCTYPE a><release/>",
    ],
)
def test_a_payload_that_is_not_one_element_of_its_kind_is_rejected(payload):
    with pytest.raises(RecordRejected):
        MusicBrainzXml(Path("unused"), {}).claims(Record("x", "release", uuid(1), "application/xml", payload))


@pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data/musicbrainz-ws2-xml")
def test_answers_of_the_real_service():
    records = check_source(lambda: MusicBrainzXml(DATA, {}))
    kinds = [record.kind for record in records]
    assert {kind: kinds.count(kind) for kind in ("release", "recording", "artist", "work", "label")} == {
        "release": 54, "recording": 1, "artist": 27, "work": 4, "label": 3,
    }  # fmt: skip
    source = MusicBrainzXml(DATA, {})
    claims = [source.claims(record) for record in records]
    labels = {label.name: label for said in claims for label in said.labels}
    assert labels["EMI Records"].code == "LC00542"
    tracks = [track for said in claims for track in said.tracks]
    assert "J. A. Hummel" in {track.artist for track in tracks}
    assert {"9421021463277", "029156150346"} <= {
        release.barcode for said in claims for release in said.releases
    }
    others = {why.rsplit(" ", 1)[-1] for _, why in harvest(DATA)[1]}
    assert others == {"'event'", "'place'", "'instrument'"}
