# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ListenBrainz: canonical rows are kept as they stand, and nobody who listened is found anywhere.

The dumps here are made, after the layout that ListenBrainz documents and its server writes; no real one was at hand.
"""

import datetime as dt
import io
import json
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from backports import zstd

from onrecord.errors import RecordRejected
from onrecord.model.records import Record
from onrecord.sources.listenbrainz import ListenBrainz
from onrecord.sources.listenbrainz_listens import Listen, Unreadable, listens
from onrecord.testing import check_source

SHARED = Path(__file__).parents[3] / "shared" / "data"
HEADER = (
    "id,artist_credit_id,artist_mbids,artist_credit_name,release_mbid,release_name,"
    "recording_mbid,recording_name,combined_lookup,score"
)
NOON = 1_700_000_000


def uuid(number):
    return f"00000000-0000-4000-8000-{number:012d}"


def row(number, title="Title", artists=None):
    who = artists or f"{uuid(1)},{uuid(2)}"
    return f'{number},7,"{who}",One & Two,{uuid(3)},Album,{uuid(number)},{title},onetwotitle,{number}'


def listen(number, mapped=True, **more):
    metadata = {
        "artist_name": "typed artist",
        "track_name": "typed title",
        "additional_info": {"recording_mbid": uuid(500), "isrc": "GBAHS1400099", "duration": 190},
    }
    if mapped:
        metadata["mbid_mapping"] = {
            "recording_mbid": uuid(number),
            "recording_name": f"Title {number}",
            "release_mbid": uuid(3),
            "artist_mbids": [uuid(1), uuid(2)],
            "artists": [
                {"artist_credit_name": "One", "join_phrase": " & ", "artist_mbid": uuid(1)},
                {"artist_credit_name": "Two", "join_phrase": "", "artist_mbid": uuid(2)},
            ],
        }
    return {
        "user_id": 987654321,
        "user_name": "somebody-known",
        "listened_at": NOON + number,
        "track_metadata": metadata,
        **more,
    }


def lines(things):
    return "".join(json.dumps(thing) + "\n" for thing in things).encode()


def packed(folder, name, files):
    """A tar in zstd or alone, as the dumps are published."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for inside, content in {
            "TIMESTAMP": b"2026-07-17 08:00:03\n",
            "COPYING": b"CC0 1.0\n",
            **files,
        }.items():
            entry = tarfile.TarInfo(f"{name.partition('.')[0]}/{inside}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    whole = data.getvalue()
    (folder / name).write_bytes(zstd.compress(whole) if name.endswith(".zst") else whole)
    return folder / name


def parquet(rows):
    columns = {
        "listened_at": [dt.datetime.fromtimestamp(NOON + n, dt.UTC) for n, _ in rows],
        "user_id": [987654321 for _ in rows],
        "artist_name": ["somebody-known typed this" if not mapped else "One & Two" for _, mapped in rows],
        "artist_credit_id": [7 if mapped else None for _, mapped in rows],
        "release_name": ["Album" for _ in rows],
        "release_mbid": [uuid(3) for _ in rows],
        "recording_name": [f"Title {n}" for n, _ in rows],
        "recording_mbid": [uuid(n) for n, _ in rows],
        "artist_credit_mbids": [[uuid(1), uuid(2)] for _ in rows],
    }
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, row_group_size=1000)
    return out.getvalue()


def harvest(location, cursor=""):
    pages = list(ListenBrainz(location, {}).pages(cursor))
    rejected = [reason for page in pages for reason in page.rejected]
    return [record for page in pages for record in page.records], rejected, pages


def test_a_canonical_row_claims_a_recording_and_is_kept_with_its_header(tmp_path):
    title = '"A ""title"", in two\nlines"'
    text = f"{HEADER}\r\n{row(9, title)}\r\n"
    packed(
        tmp_path,
        "musicbrainz-canonical-dump-made.tar.zst",
        {"canonical/canonical_musicbrainz_data.csv": text.encode()},
    )
    [record], rejected, _ = harvest(tmp_path)
    assert rejected == []
    assert record.payload == text.encode()
    [track] = ListenBrainz(tmp_path, {}).claims(record).tracks
    assert (track.id, track.mbid, track.title) == (uuid(9), uuid(9), 'A "title", in two\nlines')
    assert (track.artist, track.artist_id, track.release, track.release_id) == (
        "One & Two",
        uuid(1),
        "Album",
        uuid(3),
    )


@pytest.mark.parametrize(
    "name", ["canonical_musicbrainz_data.csv", "musicbrainz-canonical-dump-made.tar.zst"]
)
def test_canonical_rows_hold_the_contract(tmp_path, name):
    text = "\n".join([HEADER, *map(row, range(1, 12_000)), "8,9", row(50_000)]).encode()
    if name.endswith("csv"):
        (tmp_path / name).write_bytes(text)
    else:
        packed(tmp_path, name, {"canonical/canonical_musicbrainz_data.csv": text})
    assert len(check_source(lambda: ListenBrainz(tmp_path, {"name": "somebody-else"}))) == 12_000
    [(where, why)] = harvest(tmp_path)[1]
    assert where.endswith("canonical_musicbrainz_data.csv:12001")
    assert "as many fields" in why


def test_an_open_quotation_mark_costs_its_own_row(tmp_path):
    text = "\n".join([HEADER, row(1), row(2, '"never closed'), *map(row, range(3, 3000))]) + "\n"
    packed(tmp_path, "made.tar.zst", {"canonical/canonical_musicbrainz_data.csv": text.encode()})
    records, rejected, _ = harvest(tmp_path)
    assert [record.id for record in records] == [uuid(1), *map(uuid, range(3, 3000))]
    assert [where.rpartition(":")[2] for where, _ in rejected] == ["3"]


def test_a_cut_dump_keeps_what_stands_before(tmp_path):
    text = "\n".join([HEADER, *map(row, range(1, 20_000))]).encode()
    path = packed(tmp_path, "made.tar.zst", {"canonical/canonical_musicbrainz_data.csv": text})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    records, rejected, _ = harvest(tmp_path)
    assert [record.id for record in records] == list(map(uuid, range(1, len(records) + 1)))
    assert 100 < len(records) < 19_999
    assert "fetch the file again" in rejected[-1][1]


def test_other_tables_are_named_and_left(tmp_path):
    other = b"recording_mbid,canonical_recording_mbid,canonical_release_mbid\na,b,c\n"
    packed(tmp_path, "made.tar.zst", {"canonical/canonical_recording_redirect.csv": other, "notes.bin": b"?"})
    records, rejected, _ = harvest(tmp_path)
    assert records == []
    assert [where for where, _ in rejected] == [
        "made.tar.zst/made/canonical/canonical_recording_redirect.csv:1",
        "made.tar.zst/made/notes.bin",
    ]


@pytest.fixture
def dumps(tmp_path):
    """A JSON dump and a Spark dump; each names its listeners, and holds mapped and unmapped listens."""
    said = [listen(n % 700, mapped=n % 3 > 0) for n in range(1, 9000)]
    packed(tmp_path, "listenbrainz-listens-dump-made.tar.zst", {
        "listens/2023/11.listens": lines(said[:6000]), "listens/2023/12.listens": lines(said[6000:]),
    })  # fmt: skip
    rows = parquet([(n, n % 2 == 0) for n in range(1000, 10_000)])
    packed(
        tmp_path, "listenbrainz-spark-dump-made.tar", {"0.parquet": rows, "1.parquet": parquet([(1, True)])}
    )
    return tmp_path


def test_plays_are_read_without_a_person(dumps):
    read = list(listens(dumps))
    assert len(read) == 8999 + 9000 + 1
    assert all(isinstance(one, Listen) for one in read)
    assert "somebody-known" not in str(read[:8999])
    assert "987654321" not in str(read)
    mapped, typed = read[0], read[2]
    assert mapped == Listen(
        listened_at=NOON + 1, title="Title 1", artist="One & Two", recording_mbid=uuid(1), release_mbid=uuid(3),
        artist_mbids=(uuid(1), uuid(2)), duration_ms=190_000, mapped=True,
    )  # fmt: skip
    assert (typed.title, typed.recording_mbid, typed.isrc, typed.mapped) == (
        "typed title", uuid(500), "GBAHS1400099", False,
    )  # fmt: skip
    assert [one.listened_at for one in read[8999:9002]] == [NOON + 1000, NOON + 1001, NOON + 1002]


def test_listens_claim_the_recordings_that_were_found_and_nobody(dumps):
    records = check_source(lambda: ListenBrainz(dumps, {}))
    assert {record.kind for record in records} == {"listened-recording"}
    everything = b"".join(record.payload for record in records)
    for trace in (b"somebody-known", b"987654321", b"typed", b"listened_at", b"user"):
        assert trace not in everything
    source = ListenBrainz(dumps, {})
    tracks = {track.mbid: track for record in records for track in source.claims(record).tracks}
    assert set(tracks) == {uuid(n) for n in (*range(700), *range(1000, 10_000, 2))}
    found = tracks[uuid(1000)]
    assert (found.id, found.title, found.artist) == (f"listened/{uuid(1000)}", "Title 1000", "One & Two")
    assert (found.artist_id, found.release, found.release_id) == (uuid(1), "Album", uuid(3))


BAD = {
    "no title": {"listened_at": NOON, "track_metadata": {"artist_name": "a"}},
    "blank": {"listened_at": NOON, "track_metadata": {"artist_name": " ", "track_name": "b"}},
    "no time": {"track_metadata": {"artist_name": "a", "track_name": "b"}},
    "too early": {"listened_at": 17, "track_metadata": {"artist_name": "a", "track_name": "b"}},
    "no number": {"listened_at": "noon", "track_metadata": {"artist_name": "a", "track_name": "b"}},
    "huge": {"listened_at": 10**30, "track_metadata": {"artist_name": "a", "track_name": "b"}},
    "wrong type": {"listened_at": NOON, "track_metadata": {"artist_name": ["a"], "track_name": "b"}},
    "other": {"maloja": {}, "scrobbles": []},
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_listen_is_named_and_the_next_is_read(tmp_path, what):
    (tmp_path / "1.listens").write_bytes(lines([listen(1), BAD[what], listen(2)]))
    first, bad, last = listens(tmp_path)
    assert (first.listened_at, last.listened_at) == (NOON + 1, NOON + 2)
    assert isinstance(bad, Unreadable)
    assert bad.where == "1.listens:2"


def test_times_as_older_dumps_and_programs_write_them(tmp_path):
    named = {"artist_name": "a", "track_name": "b"}
    times = [{"timestamp": NOON}, {"listened_at": str(NOON)}, {"listened_at": "2023-11-14T22:13:20.000Z"}]
    (tmp_path / "1.listens").write_bytes(lines([{**time, "track_metadata": named} for time in times]))
    assert [one.listened_at for one in listens(tmp_path)] == [NOON] * 3


def test_what_is_no_table_of_listens_is_named(tmp_path):
    out = io.BytesIO()
    pq.write_table(pa.table({"x": [1]}), out)
    (tmp_path / "a.parquet").write_bytes(out.getvalue())
    (tmp_path / "b.parquet").write_bytes(b"PAR1 not at all PAR1")
    (tmp_path / "c.parquet").write_bytes(parquet([(1, True)])[:-100])
    packed(tmp_path, "d.tar.zst", {"0.parquet": parquet([(1, True)])})
    (tmp_path / "e.parquet").write_bytes(parquet([(5, True)]))
    records, rejected, _ = harvest(tmp_path)
    assert [record.id for record in records] == [uuid(5)]
    assert [where.partition("/")[0] for where, _ in rejected] == [
        "a.parquet",
        "b.parquet",
        "c.parquet",
        "d.tar.zst",
    ]
    assert "unpack it first" in rejected[-1][1]


def test_a_table_of_listens_with_a_long_value_for_every_row_is_refused_unread(tmp_path):
    """A dictionary holds it once: a few kilobytes of it unpack to gigabytes."""
    table = pq.read_table(io.BytesIO(parquet([(n, True) for n in range(1000)])))
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int32()), pa.array(["x" * 4_000_000]))
    at = table.schema.get_field_index("recording_name")
    pq.write_table(table.set_column(at, "recording_name", long), tmp_path / "a.parquet", compression="zstd")
    (tmp_path / "b.parquet").write_bytes(parquet([(5, True)]))
    assert (tmp_path / "a.parquet").stat().st_size < 200_000
    records, rejected, _ = harvest(tmp_path)
    assert [record.id for record in records] == [uuid(5)]
    [(where, why)] = rejected
    assert where == "a.parquet" and "values of more than" in why


def test_a_tombstone_claims_nothing_and_rubbish_is_rejected():
    source = ListenBrainz(Path("unused"), {})
    assert (
        source.claims(Record("listenbrainz", "recording", uuid(1), "text/csv", b"", deleted=True)).tracks
        == ()
    )
    with pytest.raises(RecordRejected, match="planet"):
        source.claims(Record("listenbrainz", "planet", uuid(1), "text/csv", b"x"))


@pytest.mark.skipif(not (SHARED / "listenbrainz").is_dir(), reason="needs ../shared/data/listenbrainz")
def test_submissions_of_listenbrainzs_own_tests():
    read = list(listens(SHARED / "listenbrainz"))
    good = [one for one in read if isinstance(one, Listen)]
    bad = {one.where.partition(":")[0] for one in read if isinstance(one, Unreadable)}
    assert ("Fade", "Kanye West") in {(one.title, one.artist) for one in good}
    assert len(good) == 15
    assert bad >= {
        "empty_artist_name.json",
        "empty_track_name.json",
        "invalid_listen_null_listened_at.json",
        "timestamp_before_lfm_founding.json",
        "valid_playing_now.json",  # no listen yet
        "sitewide_top_artists_db.json",
        "maloja.json",
    }


@pytest.mark.skipif(
    not (SHARED / "listenbrainz-multiscrobbler").is_dir(),
    reason="needs ../shared/data/listenbrainz-multiscrobbler",
)
def test_listens_that_listenbrainz_mapped(tmp_path):
    found = sorted((SHARED / "listenbrainz-multiscrobbler").glob("*/*.json"))
    cases = [case for path in found for case in json.loads(path.read_text("utf-8"))]
    (tmp_path / "1.listens").write_bytes(lines([case["data"] for case in cases]))
    read = list(listens(tmp_path))
    assert len(read) == len(cases)
    unmapped = [one for one in read if not one.mapped]
    assert [one.title for one in unmapped] == ["Samba de Avedøre"]
    assert "Dina ögon" in {one.artist for one in read}
    assert "FoxxMD" not in str(read)
    records = harvest(tmp_path)[0]
    assert {record.id for record in records} == {one.recording_mbid for one in read if one.mapped}
