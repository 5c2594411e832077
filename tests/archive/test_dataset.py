# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dataset of an edition: where bytes are, verbatim records, licenses by field, and that nothing else is in it."""

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import libtorrent as lt
import msgspec
import pyarrow as pa
import pytest
from msgspec.structs import replace

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.editions import read_manifest
from onrecord.archive.harvest import harvest
from onrecord.archive.notices import receive
from onrecord.archive.people import NAME
from onrecord.archive.proving import prove_absent
from onrecord.archive.publishing import publish
from onrecord.archive.withdrawing import withdraw
from onrecord.catalog.tables import RecordRow, TrackRow
from onrecord.engine.parquet import column_names, read_rows
from onrecord.model.digests import PIECE
from onrecord.model.rights import Target
from onrecord.publish.record_frames import Line
from tests.archive.test_notices import NOTICE, SECRET
from tests.archive.test_volumes import say
from tests.archive.withdrawn import sha256, tagged
from tests.pipeline.musicbrainz import mbid, recording, release, save
from tests.tones import write

NC = "CC-BY-NC-SA-3.0"


def dataset(archive: Archive) -> Path:
    number = archive.ledger.editions()[-1]["number"]
    return archive.folder / "editions" / str(number) / "dataset"


def rows(archive: Archive, table: str) -> list[dict[str, Any]]:
    path = dataset(archive) / f"{table}.parquet"
    return list(read_rows(path, column_names(path)))


def lines(folder: Path) -> list[Line]:
    """What `zstd -dc` gives of the verbatim records."""
    plain = pa.input_stream(folder / "records.jsonl.zst", compression="zstd").read()
    return [msgspec.json.decode(text, type=Line) for text in plain.splitlines()]


def everything(edition: Path) -> bytes:
    """Every byte of an edition, compressed tables and records unpacked beside it."""
    parts = [path.read_bytes() for path in sorted(edition.rglob("*")) if path.is_file()]
    for path in sorted((edition / "dataset").glob("*.parquet")):
        parts.append(repr(list(read_rows(path, column_names(path)))).encode())
    parts.append(pa.input_stream(edition / "dataset" / "records.jsonl.zst", compression="zstd").read())
    return b"\n".join(parts)


# From id to bytes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["hybrid", "v2"])
def test_where_bytes_are_is_what_libtorrent_says(archive: Archive, tmp_path: Path, form: str) -> None:
    """Sizes below, at and above a piece; tag files stand before and behind."""
    for number, seconds in enumerate((2.0, 60.0, 3.0), start=1):
        write(tmp_path / "in" / f"{number}.flac", number, seconds, tagged(f"Piece {number}"))
    with say(archive, torrents=form) as said:
        add(said, [tmp_path / "in"])
        publish(said)
        [entry] = read_manifest(said, 1).volumes
        info = lt.load_torrent_file(str(dataset(said).parent / entry.path)).ti
        assert info is not None
        listed, blobs = info.layout(), {path.name: path for path in (tmp_path / "in").iterdir()}
        found = rows(said, "places")
        assert {row["sha256"] for row in found} == {sha256(path) for path in blobs.values()}
        assert max(row["size"] for row in found) > PIECE > min(row["size"] for row in found)
        by_path = {listed.file_path(number): number for number in range(listed.num_files())}
        for row in found:
            number = by_path[f"{row['volume']}/{row['path']}"]
            assert row["number"] == number
            assert row["offset"] == listed.file_offset(number) == row["first_piece"] * PIECE
            assert row["size"] == listed.file_size(number)
            assert row["v2_root"] == bytes(listed.root(number).to_bytes())
        if form == "hybrid":
            whole = next(path for path in blobs.values() if path.stat().st_size > PIECE)
            [row] = [row for row in found if row["sha256"] == sha256(whole)]
            first = hashlib.sha1(whole.read_bytes()[:PIECE]).digest()
            assert info.hash_for_piece(row["first_piece"]) == first


def test_places_are_sorted_by_recording(published: Archive) -> None:
    found = [(row["recording"], row["sha256"]) for row in rows(published, "places")]
    assert found == sorted(found) and len(found) == 4
    assert {sha for _, sha in found} == {row["sha256"] for row in rows(published, "files")}


# Verbatim records ------------------------------------------------------------------------------------------------


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    return save(
        tmp_path / "records",
        one=recording("One tune", "Nobody", 100_000),
        two=recording("Two tune", "Nobody", 200_000),
        cover=recording("A cover", "Somebody", 200_000, relations=[{"of": mbid("recording One tune")}]),
        album=release("Album", "Nobody", [("One tune", 100_000)]),
    )


def test_records_leave_as_they_came(archive: Archive, answers: Path) -> None:
    harvest(archive, "musicbrainz-json", answers, filed_as="somebody", license="CC0-1.0")
    publish(archive)
    held = {path.read_bytes() for path in answers.iterdir()}
    found = lines(dataset(archive))
    assert {line.content for line in found} == held
    assert {(line.source, line.license, line.media_type) for line in found} == {
        ("somebody", "CC0-1.0", "application/json")
    }
    assert all(hashlib.sha256(line.content).hexdigest() == line.sha256 for line in found)
    assert [line.record for line in found] == sorted(line.record for line in found)
    assert sum(row["rows"] for row in rows(archive, "record_frames")) == len(found) == 4


def test_the_newest_word_alone_leaves(archive: Archive, answers: Path, tmp_path: Path) -> None:
    harvest(archive, "musicbrainz-json", answers, filed_as="somebody", license="CC0-1.0")
    newer = save(tmp_path / "newer", one=recording("One tune", "Nobody", 123_000))
    harvest(archive, "musicbrainz-json", newer, filed_as="somebody", license="CC0-1.0")
    gone = f"recording:{mbid('recording Two tune')}"
    with archive.writing():
        row = RecordRow("somebody", gone, "application/json", b"", "", deleted=True, version="")
        archive.commit("harvested", _harvested(archive), {"records": [row]})
    publish(archive)
    found = {line.record: line for line in lines(dataset(archive))}
    assert gone not in found and len(found) == 3
    assert b"123000" in found[f"recording:{mbid('recording One tune')}"].content


def _harvested(archive: Archive) -> dict[str, Any]:
    """What the log said of the last harvest, to say it again."""
    return [entry.data for entry in archive.log.entries() if entry.event == "harvested"][-1] | {"records": 1}


def test_a_record_with_a_part_that_stays_stays_whole(archive: Archive, answers: Path) -> None:
    """Genres of MusicBrainz are not for commerce: they cannot be cut out of an answer that is kept verbatim."""
    harvest(archive, "musicbrainz-json", answers)
    publish(archive)
    assert lines(dataset(archive)) == [] and len(rows(archive, "track_claims")) == 4
    with say(archive, commercial=False) as free:
        publish(free)
        assert {line.license for line in lines(dataset(free))} == {f"CC0-1.0 AND {NC}"}


def test_records_of_a_source_that_does_not_let_them_go_stay(archive: Archive, answers: Path) -> None:
    harvest(archive, "musicbrainz-json", answers, filed_as="somebody")
    publish(archive)
    assert archive.ledger.sources()["somebody"][1] is False
    assert lines(dataset(archive)) == []


def test_what_names_something_withdrawn_stays(archive: Archive, answers: Path) -> None:
    """Its own record, the album that lists it, and another that merely names it by its identifier."""
    harvest(archive, "musicbrainz-json", answers, filed_as="somebody", license="CC0-1.0")
    publish(archive)
    ids = {row["title"]: row["id"] for row in rows(archive, "recordings")}
    assert mbid("recording One tune").encode() in everything(dataset(archive).parent)
    withdraw(archive, Target("recording", ids["One tune"]), by="A", text="no")
    second = publish(archive)
    assert [msgspec.json.decode(line.content)["title"] for line in lines(dataset(archive))] == ["Two tune"]
    said = everything(second.folder)
    assert b"One tune" not in said and mbid("recording One tune").encode() not in said
    proof = prove_absent(archive, ids["One tune"], 2)
    assert proof.absent and proof.looked["texts"].entries


def test_a_trace_in_the_records_is_found_by_the_proof(archive: Archive, answers: Path) -> None:
    harvest(archive, "musicbrainz-json", answers, filed_as="somebody", license="CC0-1.0")
    publish(archive)
    identifier = next(row["id"] for row in rows(archive, "recordings"))
    path = dataset(archive) / "records.jsonl.zst"
    trace = pa.compress(f'{{"of":"{identifier}"}}\n'.encode(), codec="zstd", asbytes=True)
    path.write_bytes(path.read_bytes() + trace)
    found = prove_absent(archive, identifier, 1).found
    assert "dataset/records.jsonl.zst" in {place.artifact for place in found}


def test_a_record_that_names_a_file_which_stays_stays(archive: Archive, tmp_path: Path) -> None:
    stays = write(tmp_path / "in" / "stays.flac", 1, 3.0, {"title": "Stays", "artist": "Nobody"})
    add(archive, [tmp_path / "in"], held_as="owner")
    answer = recording("Stays", "Nobody", 3_000, file={"sha256": sha256(stays)})
    harvest(
        archive,
        "musicbrainz-json",
        save(tmp_path / "records", a=answer, b=recording("Goes", "Nobody", 1_000)),
        filed_as="somebody",
        license="CC0-1.0",
    )
    _say_whose(archive, "somebody", mbid("recording Stays"), sha256(stays))
    publish(archive)
    assert [msgspec.json.decode(line.content)["title"] for line in lines(dataset(archive))] == ["Goes"]


def _say_whose(archive: Archive, source: str, track: str, blob: str) -> None:
    """The source's claim, with the digest that its record names: what a delivery's record does."""
    with archive.duck() as duck:
        [row] = duck.run("SELECT * FROM tracks WHERE source = ? AND id = ?", [source, track])
        names = [name for name, *_ in duck.run("DESCRIBE SELECT * FROM tracks")]
    claim = TrackRow(**(dict(zip(names, row, strict=True)) | {"blob": blob}))
    with archive.writing():
        archive.commit("harvested", _harvested(archive), {"tracks": [claim]})


# Licenses by field -----------------------------------------------------------------------------------------------


def test_each_field_has_its_license(archive: Archive, tmp_path: Path) -> None:
    genres = [{"name": "krautrock", "count": 2}]
    kept = save(tmp_path / "in", one=recording("One", "Nobody", 1_000, genres=genres))
    harvest(archive, "musicbrainz-json", kept)
    publish(archive)
    said = {
        (row["claims"], row["field"]): row["license"]
        for row in rows(archive, "field_licenses")
        if row["source"] == "musicbrainz-json"
    }
    assert said["track_claims", "title"] == "CC0-1.0" and ("track_claims", "genre") not in said, "it stays"
    with say(archive, commercial=False) as free:
        publish(free)
        said = {
            (row["claims"], row["field"]): row["license"]
            for row in rows(free, "field_licenses")
            if row["source"] == "musicbrainz-json"
        }
        assert said["track_claims", "genre"] == NC and said["artist_claims", "name"] == "CC0-1.0"
        [row] = [row for row in rows(free, "recordings") if row["title"] == "One"]
        assert row["license"] == f"{NC} AND CC0-1.0"


def test_a_canonical_row_names_the_licenses_of_all_its_claims(published: Archive) -> None:
    files = {row["recording"]: row["license"] for row in rows(published, "files")}
    found = {row["id"]: row["license"] for row in rows(published, "recordings")}
    assert files == found and "" not in found.values()


# Readers without any tool of ours --------------------------------------------------------------------------------


def test_sqlite_alone_searches(published: Archive) -> None:
    with sqlite3.connect(f"file:{dataset(published) / 'onrecord.sqlite'}?mode=ro", uri=True) as db:
        title, recording_id = db.execute("SELECT title, id FROM recordings ORDER BY id LIMIT 1").fetchone()
        word = title.split()[0]
        found = db.execute(
            "SELECT r.id FROM search JOIN recordings r ON r.rowid = search.rowid WHERE search MATCH ?",
            (word,),
        ).fetchall()
        assert (recording_id,) in found
        [(sql,)] = db.execute("SELECT sql FROM sqlite_master WHERE name = 'search'").fetchall()
        assert "unicode61" in sql
        # How Datasette finds the search of a table.
        query = """SELECT name FROM sqlite_master WHERE rootpage = 0
            AND sql LIKE '%VIRTUAL TABLE%USING FTS%content="recordings"%'"""
        assert db.execute(query).fetchall() == [("search",)]
        path, volume = db.execute(
            "SELECT path, volume FROM places WHERE recording = ?", (recording_id,)
        ).fetchone()
        assert path.startswith("data/") and volume.startswith("onrecord-")
    db.close()


def test_duckdb_reads_every_table(published: Archive) -> None:
    for name, count in read_manifest(published, 1).tables.items():
        path = str(dataset(published) / f"{name}.parquet")
        assert duckdb.execute(f"SELECT count(*) FROM '{path}'").fetchall() == [(count,)]
    path = str(dataset(published) / "records.jsonl.zst")
    assert duckdb.execute(f"SELECT count(*) FROM read_json('{path}', compression='zstd')").fetchall() == [
        (0,)
    ]


def test_pandas_reads_every_table(filled: Archive) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    publish(filled)
    for name, count in read_manifest(filled, 1).tables.items():
        assert len(pandas.read_parquet(dataset(filled) / f"{name}.parquet")) == count


# What never leaves -----------------------------------------------------------------------------------------------


def test_nothing_of_people_is_in_an_edition(published: Archive, tmp_path: Path) -> None:
    """Neither who gave a notice, nor who listened: that is in `people.sqlite`, and no table of the dataset reads it."""
    receive(published, replace(NOTICE, material=(rows(published, "files")[0]["sha256"],)))
    with sqlite3.connect(published.folder / NAME) as db:
        db.execute("CREATE TABLE IF NOT EXISTS plays (listener TEXT, recording TEXT, time TEXT)")
        db.execute("INSERT INTO plays VALUES ('Listening Lara', ?, '2026-11-22T08:15:00Z')", ("r" * 17,))
    db.close()
    assert SECRET.encode() in (published.folder / NAME).read_bytes()
    second = publish(published)
    assert second.number == 2
    said = everything(second.folder)
    for secret in (SECRET, NOTICE.email, "Listening Lara", "2026-11-22T08:15"):
        assert secret.encode() not in said
    names = set(read_manifest(published, 2).tables)
    with sqlite3.connect(second.folder / "dataset" / "onrecord.sqlite") as made:
        names |= {name for (name,) in made.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    made.close()
    assert not {name for name in names if "play" in name or "listen" in name or "user" in name}


def test_documents_that_came_with_files_are_no_records(archive: Archive, tmp_path: Path) -> None:
    write(tmp_path / "in" / "a.flac", 1, 3.0, {"title": "A"})
    (tmp_path / "in" / "a.flac.license").write_text(
        "SPDX-FileCopyrightText: Somebody <private@example.org>\nSPDX-License-" + "Identifier: CC-BY-4.0\n"
    )
    add(archive, [tmp_path / "in"], held_as="owner")
    with archive.duck() as duck:
        assert duck.run("SELECT count(*) FROM records WHERE source = 'file'") == [(1,)]
    publish(archive)
    assert len(rows(archive, "files")) == 1 and lines(dataset(archive)) == []


def test_the_dataset_and_its_descriptions_are_signed(published: Archive) -> None:
    sums = (published.folder / "editions" / "1" / "SHA256SUMS").read_text()
    for name in ("croissant.json", "datapackage.json", "dataset/records.jsonl.zst", "dataset/places.parquet"):
        assert f"  {name}\n" in sums
    assert json.loads((published.folder / "editions" / "1" / "datapackage.json").read_text())["resources"]
