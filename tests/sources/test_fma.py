# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The FMA dataset: two tables with their headers, titles of licenses, and rows that are damaged."""

import datetime as dt
import gzip
import shutil

import pytest

from onrecord.errors import RecordRejected
from onrecord.model.rights import Says, Use
from onrecord.rights import decide
from onrecord.sources import csv_rows
from onrecord.sources.fma import Fma
from onrecord.sources.seam import Live, Offers
from onrecord.testing import check_source
from tests.sources.answering import MADE, harvest

TRACKS, RAW = MADE / "fma-tracks-made.csv", MADE / "fma-raw-tracks-made.csv"


def read(path):
    source = Fma(path, {})
    found, rejected, _ = harvest(source)
    assert not rejected
    return source, {record.id: record for record in found}


def licenses(path):
    source, records = read(path)
    return {
        id: [fact.license for _, fact in source.claims(record).evidence if fact.says is Says.LICENSE]
        for id, record in records.items()
    }


@pytest.mark.parametrize(("path", "rows"), [(TRACKS, 4), (RAW, 5)])
def test_it_keeps_the_contract(path, rows):
    assert len(check_source(lambda: Fma(path, {}))) == rows


def test_it_is_metadata_alone():
    assert not isinstance(Fma(TRACKS, {}), Live) and not isinstance(Fma(TRACKS, {}), Offers)


def test_a_record_is_the_header_and_one_row_verbatim():
    _, records = read(TRACKS)
    header = b"".join(TRACKS.read_bytes().splitlines(keepends=True)[:3])
    assert (
        b"".join(record.payload.removeprefix(header) for record in records.values())
        == TRACKS.read_bytes()[len(header) :]
    )
    assert all(record.payload.startswith(header) and record.kind == "track" for record in records.values())


def test_a_track_claims_itself_its_artist_and_its_album():
    source, records = read(TRACKS)
    claims = source.claims(records["2"])
    (track,), (artist,), (release,) = claims.tracks, claims.artists, claims.releases
    assert (track.id, track.title, track.artist, track.release) == ("2", "Food", "One", 'Album, the "First"')
    assert (track.position, track.duration_ms, track.genre) == (3, 168_000, "Hip-Hop")
    assert (track.date, track.composer) == ("2008-11-26", "Composer")
    assert [(fact.says, fact.holder) for _, fact in claims.evidence if fact.says is not Says.LICENSE] == [
        (Says.WRITER, "Composer")
    ]
    assert (artist.id, release.id, release.kind, release.tracks) == ("1", "1", "Album", 7)
    assert release.date == "2009-01-05"


def test_minus_one_and_zero_are_nothing():
    source, records = read(TRACKS)
    claims = source.claims(records["5"])
    assert claims.releases == [] and claims.tracks[0].release_id == ""
    assert (claims.tracks[0].position, claims.tracks[0].duration_ms) == (None, None)


def test_a_raw_track_claims_the_same_track():
    (cooked, tracks), (raw, rows) = read(TRACKS), read(RAW)
    one, other = cooked.claims(tracks["2"]).tracks[0], raw.claims(rows["2"]).tracks[0]
    for field in (
        "id",
        "title",
        "artist",
        "artist_id",
        "release",
        "release_id",
        "position",
        "duration_ms",
        "genre",
        "date",
    ):
        assert getattr(one, field) == getattr(other, field), field


def test_titles_of_licenses():
    assert licenses(TRACKS) == {
        "2": ["CC-BY-NC-SA-3.0"],
        "3": ["LicenseRef-CC-BY-NC-SA-3.0-US"],
        "5": [""],
        "10": [""],
    }


def test_title_and_address_must_agree():
    assert licenses(RAW) == {
        "2": ["CC-BY-NC-SA-3.0"],
        "3": ["LicenseRef-CC-BY-NC-SA-3.0-US"],
        "5": [""],
        "10": [""],
        "20": ["CC-BY-4.0", ""],
    }
    source, records = read(RAW)
    ((_, fact),) = source.claims(records["5"]).evidence
    assert fact.text == "FMA-Limited: Download Only\nhttp://freemusicarchive.org/FMA_License"


def test_the_gate_on_both_tables_together():
    (cooked, tracks), (raw, rows) = read(TRACKS), read(RAW)

    def gate(id):
        said = [
            fact
            for source, found in ((cooked, tracks), (raw, rows))
            for _, fact in source.claims(found[id]).evidence
        ]
        return decide(said, Use.SHARE, "Worldwide", dt.date(2026, 11, 22))

    # The license is the artist's, and somebody else is named as the writer of the song.
    assert gate("2").codes[0] == "R-OTHER-WRITER" and gate("2").review
    assert gate("3").allow
    assert not gate("5").allow and gate("5").review


def test_other_tables_are_named_and_not_read(tmp_path):
    shutil.copy(TRACKS, tmp_path / "tracks.csv")
    shutil.copy(RAW, tmp_path / "raw_tracks.csv")
    (tmp_path / "genres.csv").write_text(
        "genre_id,#tracks,parent,title,top_level\n1,8693,38,Avant-Garde,38\n"
    )
    (tmp_path / "features.csv").write_bytes(b"\x00" * 10)
    (tmp_path / "empty.csv").touch()
    found, rejected, pages = harvest(Fma(tmp_path, {}))
    assert len(found) == 9 and set(rejected) == {"empty.csv:1", "features.csv:1", "genres.csv:1"}
    assert not list(Fma(tmp_path, {}).pages(pages[-1].cursor))


def damaged(tmp_path, change):
    """What a damaged table gives; the same packed, where nothing can be sought."""
    path, zipped = tmp_path / "raw_tracks.csv", tmp_path / "packed" / "raw_tracks.csv"
    path.write_bytes(change(RAW.read_bytes()))
    zipped.parent.mkdir()
    zipped.write_bytes(gzip.compress(path.read_bytes()))
    found, rejected, _ = harvest(Fma(path, {}))
    assert harvest(Fma(zipped, {}))[:2] == (found, rejected)
    return [record.id for record in found], rejected


def test_a_cut_table_keeps_what_stands_before(tmp_path):
    found, rejected = damaged(tmp_path, lambda data: data[: data.index(b"\r\n20,") + 12])
    assert found == ["2", "3", "5", "10"] and "cut off" in rejected["raw_tracks.csv:10"]


@pytest.mark.parametrize(
    ("before", "after"), [(b"\r\n3,1,", b'\r\n"3,1,'), (b"2008,1,02:48", b'2008,"1,02:48')]
)
def test_a_stray_quote_costs_its_own_row(tmp_path, before, after):
    whole = RAW.read_bytes()
    at = whole.index(before, whole.index(b"\r\n3,1,"))
    found, rejected = damaged(tmp_path, lambda data: data[:at] + after + data[at + len(before) :])
    assert found == ["2", "5", "10", "20"]
    assert set(rejected) <= {f"raw_tracks.csv:{line}" for line in (4, 5)}


def test_a_line_beyond_reason_and_bytes_that_are_no_text_are_named(tmp_path):
    long = b"7," + b"x" * (csv_rows.LONGEST + 10) + b"\r\n8,\xff\r\n"
    found, rejected = damaged(tmp_path, lambda data: data + long)
    assert found == ["2", "3", "5", "10", "20"]
    assert [why.split(" ")[0] for why in rejected.values()] == ["a", "expected"]


@pytest.mark.parametrize("text", ['a"b,c', '"a"b,c', '"a', "a,\rb"])
def test_what_is_no_csv(text):
    with pytest.raises(RecordRejected):
        csv_rows.rows(text.encode())


def test_cells():
    assert csv_rows.rows(b'\xef\xbb\xbfa,"b ""c""\r\nd",\r\n,,"e"\n') == [
        ["a", 'b "c"\r\nd', ""],
        ["", "", "e"],
    ]
