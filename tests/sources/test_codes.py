# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands where a code, a date or a duration belongs and is none is kept as it stood, by every connector alike."""

import json

import pytest

from onrecord.model.records import Record
from onrecord.sources.codes import CODES, Codes
from onrecord.sources.ddex_ern import DdexErn
from onrecord.sources.discogs import Discogs
from onrecord.sources.fma import Fma
from onrecord.sources.internet_archive import InternetArchive
from onrecord.sources.jamendo import Jamendo
from onrecord.sources.listenbrainz import ListenBrainz
from onrecord.sources.mapped_table import MappedTable
from onrecord.sources.oai_pmh import OaiPmh
from onrecord.sources.openverse import Openverse
from onrecord.sources.wikimedia_commons import WikimediaCommons
from tests.sources.answering import MADE, harvest
from tests.sources.test_ddex_ern import RECIPIENT, ern4
from tests.sources.test_discogs import RELEASE, dump
from tests.sources.test_listenbrainz import HEADER, row, uuid

GOOD = {
    "isrc": "GB-AHS-14-00099",
    "iswc": "T-034.524.680-1",
    "mbid": "83d91898-7763-47d7-b03b-b92132375c47",
    "barcode": "5099902943527",
    "isni": "0000 0001 2103 2683",
    "ipi": "00014107338",
    "dpid": "PADPIDA2014120301L",
    "code": "LC 0193",
}


def test_each_code_is_read_and_what_is_none_is_kept_once():
    codes = Codes()
    assert GOOD.keys() == CODES.keys()
    for field, good in GOOD.items():
        assert codes.code("x", field, ["", "none", good, "none", good[:-1] + "?"]) == CODES[field](good) != ""
    assert codes.odd == tuple(
        ("x", field, value) for field, good in GOOD.items() for value in ("none", good[:-1] + "?")
    )


@pytest.mark.parametrize("nothing", ["", "0", "0:00", "00:00:00", "0.0", "-1"])
def test_a_duration_of_nothing_is_not_odd(nothing):
    codes = Codes()
    assert codes.duration("x", nothing) is None and codes.odd == ()


@pytest.mark.parametrize("odd", ["-2", "long", "3:75", "1e9", "99999999999"])
def test_a_duration_that_is_none_is(odd):
    codes = Codes()
    assert codes.duration("x", odd) is None and codes.odd == (("x", "duration_ms", odd),)


def test_dates_of_zeros_are_not_odd_and_others_that_are_none_are():
    codes = Codes()
    assert codes.date("x", "", "0000-00-00", "0000-00-00 00:00:00") == "" and codes.odd == ()
    assert codes.date("x", "circa 1999", "1999-02-30", "1999-02", "2001") == "1999-02"
    assert codes.odd == (("x", "date", "circa 1999"), ("x", "date", "1999-02-30"))


# By connector ---------------------------------------------------------------------------------------------------


def odd_of(connector, record, settings=None):
    return set(connector(MADE, settings or {}).claims(record).odd)


def test_the_free_music_archive():
    [first, *_] = harvest(Fma(MADE / "fma-raw-tracks-made.csv", {}))[0]
    said = first.payload.replace(b"02:48", b"two minutes").replace(b"11/26/2008", b"13/26/2008")
    assert odd_of(Fma, first) == set()
    assert odd_of(Fma, Record("fma", "raw-track", "2", "text/csv", said)) == {
        ("2", "duration_ms", "two minutes"),
        ("2", "date", "13/26/2008"),
    }


def test_jamendo():
    source = Jamendo(MADE / "jamendo-tracks-made.json", {})
    records = {record.id: record for record in harvest(source)[0]}
    assert {id: odd for id, record in records.items() if (odd := odd_of(Jamendo, record))} == {}
    said = json.loads(records["11"].payload) | {"duration": "long", "releasedate": "March 2012"}
    record = Record("jamendo", "track", "11", "application/json", json.dumps(said).encode())
    assert odd_of(Jamendo, record) == {
        ("11", "duration_ms", "long"),
        ("11", "date", "March 2012"),
        ("5", "date", "March 2012"),
    }


def test_openverse():
    [first, second, *_] = harvest(Openverse(MADE / "openverse-audio-made.json", {}))[0]
    assert odd_of(Openverse, first) == odd_of(Openverse, second) == set()
    said = json.loads(first.payload) | {"duration": -5, "meta_data": {"release_date": "soon"}}
    record = Record("openverse", "audio", first.id, "application/json", json.dumps(said).encode())
    assert odd_of(Openverse, record) == {(first.id, "duration_ms", "-5"), (first.id, "date", "soon")}


def test_the_internet_archive():
    said = {
        "metadata": {
            "identifier": "made",
            "mediatype": "audio",
            "title": "Made",
            "date": "circa 1999",
            "external-identifier": ["urn:upc:5099902943528", "urn:mb_release_id:none", "urn:asin:B1"],
        },
        "files": [
            {
                "name": "1.flac",
                "source": "original",
                "length": "3:75",
                "external-identifier": ["urn:isrc:NONE", "urn:mb_recording_id:12"],
            }
        ],
    }
    record = Record("internet-archive", "item", "made", "application/json", json.dumps(said).encode())
    assert odd_of(InternetArchive, record) == {
        ("made", "barcode", "5099902943528"),
        ("made", "mbid", "none"),
        ("made", "date", "circa 1999"),
        ("made/1.flac", "duration_ms", "3:75"),
        ("made/1.flac", "isrc", "NONE"),
        ("made/1.flac", "mbid", "12"),
    }


def test_wikimedia_commons():
    said = {
        "pageid": 7,
        "title": "File:A.ogg",
        "imageinfo": [{"mime": "audio/ogg", "mediatype": "AUDIO", "duration": "long"}],
    }
    record = Record("wikimedia-commons", "file", "7", "application/json", json.dumps(said).encode())
    assert odd_of(WikimediaCommons, record) == {("7", "duration_ms", "long")}


@pytest.mark.parametrize(
    ("identifier", "odd"),
    [
        ("urn:isrc:GBAHS1400099", None),
        ("ISRC GB-AHS-14-9", ("isrc", "ISRC GB-AHS-14-9")),
        ("ISRC pending", None),
        ("isrcx-17", None),
        ("ean:5099902943528", ("barcode", "ean:5099902943528")),
        ("upc 036000291452", None),
        ("ISBN 0-306-40615-2", None),
        (
            "https://musicbrainz.org/recording/83d91898",
            ("mbid", "https://musicbrainz.org/recording/83d91898"),
        ),
        ("https://musicbrainz.org/artist/83d91898", None),
        ("shelf mark 17", None),
    ],
)
def test_dublin_core_names_what_says_of_itself_that_it_is_a_code(identifier, odd):
    payload = (
        "<record><header><identifier>oai:x:1</identifier></header><metadata><dc><title>Piece</title>"
        f"<date>2001</date><identifier>{identifier}</identifier></dc></metadata></record>"
    )
    found = odd_of(OaiPmh, Record("oai-pmh", "record", "oai:x:1", "text/xml", payload.encode()))
    assert found == ({("oai:x:1", *odd)} if odd else set())


def test_listenbrainz():
    said = row(7, artists="{" + uuid(1) + ",nobody}").replace(uuid(3), "no-release")
    record = Record("listenbrainz", "recording", uuid(7), "text/csv", f"{HEADER}\n{said}\n".encode())
    assert odd_of(ListenBrainz, record) == {(uuid(7), "mbid", "nobody"), (uuid(7), "mbid", "no-release")}
    good = Record("listenbrainz", "recording", uuid(7), "text/csv", f"{HEADER}\n{row(7)}\n".encode())
    assert odd_of(ListenBrainz, good) == set()


def test_a_mapped_table(tmp_path):
    (tmp_path / "mapping.toml").write_text(
        'id = "n"\nempty = ["NA"]\n[track]\ntitle = "t"\nisrc = "c"\nmbid = "m"\n'
        '[release]\ntitle = "r"\nid = "ri"\nbarcode = "b"\n[artist]\nname = "a"\nisni = "i"\n'
    )
    (tmp_path / "table.csv").write_text(
        "n,t,c,m,r,ri,b,a,i\n"
        "1,One,XX-1,83d91898,Album,R1,5099902943528,Somebody,12\n"
        "2,Two,NA,,Album,R1,036000291452,,\n"
        "3,Three,GBAHS1400099,,,,1234,,\n"
    )
    records = harvest(MappedTable(tmp_path, {}))[0]
    assert [odd_of(MappedTable, record) for record in records] == [
        {("1", "isrc", "XX-1"), ("1", "mbid", "83d91898"), ("R1", "barcode", "5099902943528")}
        | {("Somebody", "isni", "12")},
        set(),
        {("3", "barcode", "1234")},  # the release has no title, so the row is what can be named
    ]


def test_discogs(tmp_path):
    stated = (
        b'<identifiers><identifier type="ISRC" value="none"/><identifier type="ISRC" value="GBAHS1400099"/>'
    )
    stated += (
        b'<identifier type="Label Code" value="LC 0193"/><identifier type="Label Code" value="LC 123456"/>'
    )
    stated += b'<identifier type="Matrix / Runout" value="A-1"/>'
    said = RELEASE.replace(b"<identifiers>", stated).replace(b"1999-03-00", b"spring 1999")
    (tmp_path / "releases.xml").write_bytes(dump("release", said))
    [record] = harvest(Discogs(tmp_path, {}))[0]
    assert odd_of(Discogs, record) == {
        ("7", "barcode", "nonsense"),
        ("7", "isrc", "none"),
        ("7", "code", "LC 123456"),
        ("7", "date", "spring 1999"),
    }


def test_ddex_names_odd_parties_and_works(tmp_path):
    party = "<ISNI>0000000121032683</ISNI>"
    more = f"{party}<DPID>PADPIDA2014120301X</DPID><IpiNameNumber>00014107339</IpiNameNumber>"
    work = "<RelatedWork><MusicalWorkId><ISWC>T0345246802</ISWC></MusicalWorkId></RelatedWork>"
    said = ern4().replace(party, more).replace("</SoundRecording>", f"{work}</SoundRecording>")
    settings = {"party_id": RECIPIENT}
    (tmp_path / "message.xml").write_text(said)
    [record] = harvest(DdexErn(tmp_path, settings))[0]
    assert odd_of(DdexErn, record, settings) == {
        (record.id, "dpid", "PADPIDA2014120301X"),
        (record.id, "ipi", "00014107339"),
        (record.id, "iswc", "T0345246802"),
    }
    good = more.replace("301X", "301L").replace("7339", "7338")
    (tmp_path / "message.xml").write_text(said.replace(more, good).replace("T0345246802", "T0345246801"))
    [record] = harvest(DdexErn(tmp_path, settings))[0]
    assert odd_of(DdexErn, record, settings) == set()
