# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Discogs dumps: what a release claims, and what happens to dumps that are cut, damaged or hostile."""

import gzip
from pathlib import Path

import pytest

from onrecord.errors import RecordRejected
from onrecord.model.records import Record
from onrecord.sources import discogs_records
from onrecord.sources.discogs import Discogs
from onrecord.testing import check_source

DATA = Path(__file__).parents[3] / "shared" / "data" / "discogs-dump-sample"
KINDS = ("artist", "label", "master", "release")
RELEASE = b"""<release id="7" status="Accepted">
<artists><artist><id>1</id><name>One (2)</name><anv>The One</anv><join>Feat.</join></artist>
<artist><id>2</id><name>Two</name><anv/><join>,</join></artist>
<artist><id>3</id><name>Three</name><anv/><join/></artist></artists>
<title>Album &amp; more</title><labels><label name="Label (4)" catno="L 1" id="5"/></labels>
<extraartists><artist><id>9</id><name>Nine</name><anv/><join/><role>Producer, Written-By</role><tracks/></artist>
<artist><id>8</id><name>Eight</name><anv/><join/><role>Composed By</role><tracks>A2</tracks></artist></extraartists>
<formats><format name="Vinyl" qty="2" text=""><descriptions><description>LP</description>
<description>Album</description></descriptions></format></formats>
<genres><genre>Rock</genre><genre>Pop</genre></genres><country>UK</country><released>1999-03-00</released>
<tracklist>
<track><position/><title>This side</title><duration/></track>
<track><position>A1</position><title>First</title><duration>3:45</duration></track>
<track><position>A2</position><title>Second</title><duration>1:02:03</duration>
<artists><artist><id>3</id><name>Three</name><anv/><join/></artist></artists>
<extraartists><artist><id>6</id><name>Six</name><anv>S.</anv><join/><role>Music By</role><tracks/></artist>
</extraartists>
</track>
<track><position>B1</position><title>Third</title><duration>long</duration></track>
<track><position/><title>Suite</title><duration/><sub_tracks>
<track><position>C1</position><title>Suite I</title><duration>0:00</duration></track>
<track><position>CD2-4</position><title>Suite II</title><duration/></track></sub_tracks></track>
<track><position>Video</position><title>Clip</title><duration/></track>
</tracklist>
<identifiers><identifier type="Barcode" value="nonsense"/><identifier type="Barcode" value="5 099902 943527"/>
</identifiers></release>"""


def dump(kind, *records, end=True):
    return b"\n".join([b"<%bs>" % kind.encode(), *records, b"</%bs>\n" % kind.encode() if end else b""])


def artist(number, name="Somebody"):
    return f"<artist><id>{number}</id><name>{name} {number}</name></artist>".encode()


def harvest(location, cursor="", **settings):
    pages = list(Discogs(location, settings).pages(cursor))
    rejected = [reason for page in pages for reason in page.rejected]
    return [record for page in pages for record in page.records], rejected, pages


def only_claims(folder, data):
    (folder / "d.xml").write_bytes(data)
    [record], rejected, _ = harvest(folder)
    assert rejected == []
    return Discogs(folder, {}).claims(record)


def test_a_release_claims_its_tracks_artists_and_itself(tmp_path):
    claims = only_claims(tmp_path, dump("release", RELEASE))
    [release] = claims.releases
    assert (release.id, release.title, release.artist) == ("7", "Album & more", "The One Feat. Two, Three")
    assert (release.barcode, release.label, release.date) == ("5099902943527", "Label", "1999-03")
    assert (release.country, release.kind, release.tracks) == ("UK", "Album", 6)
    said = [(track.title, track.disc, track.position, track.duration_ms) for track in claims.tracks]
    assert said == [
        ("First", 1, 1, 225_000),
        ("Second", 1, 2, 3_723_000),
        ("Third", 1, 3, None),
        ("Suite I", 2, 1, None),
        ("Suite II", 2, 4, None),
        ("Clip", None, None, None),
    ]
    assert [track.composer for track in claims.tracks[:3]] == ["Nine", "S.", "Nine"]
    assert [track.artist for track in claims.tracks[:2]] == [release.artist, "Three"]
    assert {track.genre for track in claims.tracks} == {"Rock"}
    assert {(artist.id, artist.name) for artist in claims.artists} == {
        ("1", "One"),
        ("2", "Two"),
        ("3", "Three"),
    }


def test_artists_labels_and_masters(tmp_path):
    claims = only_claims(tmp_path, dump("artist", b"<artist><id>4</id><name>Accent (3)</name></artist>"))
    assert [(said.id, said.name, said.mbid) for said in claims.artists] == [("4", "Accent", "")]
    label = (
        b'<label><id>5</id><name>Svek</name><parentLabel id="4711">Goldhead</parentLabel><sublabels><label/>'
        b'<label id="6">Sub</label><label id="7">Other</label></sublabels></label>'
    )
    claims = only_claims(tmp_path, dump("label", label))
    assert [(said.id, said.name, said.parent) for said in claims.labels] == [("5", "Svek", "4711")]
    master = b'<master id="3"><artists><artist><id>1</id><name>One</name></artist></artists><title>x</title></master>'
    claims = only_claims(tmp_path, dump("master", master))
    assert (claims.releases, [artist.id for artist in claims.artists]) == ((), ["1"])


def test_payloads_are_the_dumps_own_bytes(tmp_path):
    first = b"<artist ><id>1</id><name>&#214;  </name ></artist>"
    (tmp_path / "d.xml").write_bytes(
        b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?>\n' + dump("artist", first)
    )
    [record], _, _ = harvest(tmp_path)
    assert record.payload == first
    assert (record.kind, record.id) == ("artist", "1")


@pytest.mark.parametrize("packed", [False, True])
def test_it_holds_the_contract_and_goes_on_behind_any_cursor(tmp_path, packed):
    data = dump("artist", *map(artist, range(1, 1400)), b"<artist><id>x</id></artist>", artist(2000))
    (tmp_path / "a.xml").write_bytes(gzip.compress(data) if packed else data)
    (tmp_path / "b.xml").write_bytes(dump("release", RELEASE))
    records = check_source(lambda: Discogs(tmp_path, {"name": "somebody-else"}))
    assert len(records) == 1401
    _, rejected, pages = harvest(tmp_path)
    assert rejected == [("a.xml#1400", "expected a artist with a number as its id")]
    assert len(pages) == 3


BAD = {
    "not closed": b"<artist><id>3</id><name>x</artist>",
    "entity": b"<artist><id>3</id><name>&foo;</name></artist>",
    "deep": b"<artist><id>3</id>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</artist>",
    "document type": b'<!DOCTYPE a [<!ENTITY b "c">]><artist><id>3</id><name>&b;</name></artist>',
    "latin": b"<artist><id>3</id><name>caf\xe9</name></artist>",
    "no number": b"<artist><name>x</name></artist>",
    "control": b"<artist><id>3</id><name>\x01</name></artist>",
    "another": b"<label><id>3</id></label></artist>",
    "many tags": b"<artist>" + b"<a/>" * 600_000 + b"</artist>",
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_record_is_rejected_with_its_place_and_the_rest_is_read(tmp_path, what):
    (tmp_path / "d.xml").write_bytes(dump("artist", artist(1), BAD[what], artist(4)))
    records, rejected, _ = harvest(tmp_path)
    assert [record.id for record in records] == ["1", "4"]
    assert [where for where, _ in rejected] == ["d.xml#2"]


def test_a_record_without_its_end_takes_nobody_with_it(tmp_path):
    (tmp_path / "d.xml").write_bytes(
        dump("artist", artist(1), b"<artist><id>2</id><na", artist(3), artist(4))
    )
    records, rejected, _ = harvest(tmp_path)
    assert [record.id for record in records] == ["1", "3", "4"]
    assert len(rejected) == 1


BOMB = b'<!DOCTYPE artists [<!ENTITY a "' + b"x" * 1000 + b'">]>'
HOSTILE = {
    "document type": BOMB + dump("artist", artist(1)),
    "after a declaration": b'<?xml version="1.0"?>' + BOMB + dump("artist", artist(1)),
    "in UTF-16": (BOMB + dump("artist", artist(1))).decode().encode("utf-16"),
    "in UTF-16 without a mark": (BOMB + dump("artist", artist(1))).decode().encode("utf-16-be"),
    "in UTF-7": b'<?xml version="1.0" encoding="UTF-7"?>' + dump("artist", artist(1)),
    "another format": b"<html></html>",
    "nothing": b"",
    "noise": bytes(range(256)) * 40,
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_refused_whole_and_the_next_is_read(tmp_path, what):
    (tmp_path / "a.xml").write_bytes(HOSTILE[what])
    (tmp_path / "b.xml").write_bytes(dump("artist", artist(5)))
    records, rejected, _ = harvest(tmp_path)
    assert [record.id for record in records] == ["5"]
    assert [where for where, _ in rejected] == ["a.xml#1"]
    assert "expected <releases>" in rejected[0][1]


def test_a_record_longer_than_any_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr(discogs_records, "LONGEST", 600_000)
    long = b"<artist><id>2</id><name>" + b"x" * 2_000_000 + b"</name></artist>"
    (tmp_path / "d.xml").write_bytes(dump("artist", artist(1), long, artist(3)))
    records, rejected, _ = harvest(tmp_path)
    assert [record.id for record in records] == ["1", "3"]
    assert "longer than 600000 bytes" in rejected[0][1]


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.9])
def test_a_cut_dump_keeps_what_stands_before_and_says_so(tmp_path, cut):
    whole = dump("artist", *map(artist, range(1, 3000)))
    (tmp_path / "d.xml").write_bytes(whole[: int(len(whole) * cut)])
    records, rejected, _ = harvest(tmp_path)
    assert [record.id for record in records] == [str(number) for number in range(1, len(records) + 1)]
    assert len(records) == whole[: int(len(whole) * cut)].count(b"</artist>")
    assert "cut off" in rejected[-1][1]


def test_a_dump_cut_in_its_second_gzip_member_keeps_what_stands_before(tmp_path):
    whole = dump("artist", *map(artist, range(1, 40_000)))
    half = whole.index(artist(20_000))
    second = gzip.compress(whole[half:])
    (tmp_path / "d.xml.gz").write_bytes(gzip.compress(whole[:half]) + second[: len(second) // 2])
    records, rejected, _ = harvest(tmp_path)
    assert 20_000 <= len(records) < 40_000
    assert [where for where, _ in rejected] == [f"d.xml.gz#{len(records) + 1}"]
    assert "fetch the file again" in rejected[0][1]
    (tmp_path / "d.xml.gz").write_bytes(gzip.compress(whole[:half]) + second)
    assert len(harvest(tmp_path)[0]) == 39_999


def test_what_follows_the_root_is_named(tmp_path):
    (tmp_path / "d.xml").write_bytes(dump("artist", artist(1)) + b"<more/>")
    records, rejected, _ = harvest(tmp_path)
    assert [record.id for record in records] == ["1"]
    assert "goes on behind" in rejected[0][1]


def test_a_tombstone_claims_nothing_and_an_unknown_kind_is_rejected():
    source = Discogs(Path("unused"), {})
    assert source.claims(Record("discogs", "release", "1", "application/xml", b"", deleted=True)).tracks == ()
    with pytest.raises(RecordRejected, match="planet"):
        source.claims(Record("discogs", "planet", "1", "application/xml", b"<planet/>"))


@pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data/discogs-dump-sample")
def test_the_real_dump_is_read_whole():
    source = Discogs(DATA, {})
    records, rejected, _ = harvest(DATA)
    assert rejected == []
    assert {kind: sum(record.kind == kind for record in records) for kind in KINDS} == dict.fromkeys(
        KINDS, 1000
    )
    for kind in KINDS:
        raw = gzip.decompress((DATA / f"discogs_20200806_{kind}s.xml.gz").read_bytes())
        again = dump(kind, *(record.payload for record in records if record.kind == kind))
        assert again.replace(b"\n", b"") == raw.replace(b"\n", b"")  # two records share a line
    stockholm = source.claims(
        next(record for record in records if (record.kind, record.id) == ("release", "1"))
    )
    assert [track.title for track in stockholm.tracks][:2] == ["Östermalm", "Vasastaden"]
    assert [(track.disc, track.position) for track in stockholm.tracks][2:5] == [(1, 3), (2, 1), (2, 2)]
    assert stockholm.tracks[0].composer == "Jesper Dahlbäck"
    every = [source.claims(record) for record in records]
    assert sum(len(claims.tracks) for claims in every) > 9000
    assert sum(bool(release.barcode) for claims in every for release in claims.releases) > 200
