# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A set that was taken is known wherever it begins in a file and however it is packed; all of it here is made up."""

import bz2
import csv
import gzip
import io
import json
import lzma
import os
import sqlite3
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.harvest import harvest
from onrecord.archive.taken_files import taken_file, taken_folders
from onrecord.errors import SourceRefused
from tests.rights.test_taken import API, as_dicts, ids, rows
from tests.tones import write

DATA = Path(__file__).parents[3] / "shared" / "data"
RENAMED = ["key", "what", "who", "code"]


def isrcs(count: int) -> list[str]:
    return [f"USRC1{number:07}" for number in range(count)]


def renamed(count: int) -> list[list[str]]:
    return [
        [id, f"song {at}", "somebody", code]
        for at, (id, code) in enumerate(zip(ids(count), isrcs(count), strict=True))
    ]


def harmless(count: int) -> list[list[str]]:
    return [[str(at), f"song {at}", "somebody", code] for at, code in enumerate(isrcs(count))]


def text_of(cells: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([RENAMED, *cells])
    return text.getvalue().encode()


def lines_of(cells: list[list[str]]) -> bytes:
    return b"\n".join(json.dumps(value).encode() for value in as_dicts(RENAMED, cells))


def document_of(cells: list[list[str]]) -> bytes:
    return json.dumps({"tracks": {"items": as_dicts(RENAMED, cells)}}, indent=1).encode()


def put(tmp_path: Path, name: str, content: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def a_zip(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members:
            packed.writestr(name, content)
    return out.getvalue()


def a_tar(mode: str, *members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as packed:  # type: ignore[call-overload]
        for name, content in members:
            header = tarfile.TarInfo(name)
            header.size = len(content)
            packed.addfile(header, io.BytesIO(content))
    return out.getvalue()


@pytest.mark.parametrize("form", [text_of, lines_of, document_of])
@pytest.mark.parametrize(
    ("before", "behind"), [(0, 0), (40_000, 0), (20_000, 20_000), (0, 40_000), (300, 300)]
)
def test_wherever_in_a_file_it_stands(tmp_path: Path, form: Any, before: int, behind: int) -> None:
    set_of = renamed(20_000 if before + behind > 1000 else 600)
    path = put(tmp_path, "a", form([*harmless(before), *set_of, *harmless(behind)]))
    assert "Spotify's own ids name its rows (column 'key')" in taken_file(path)


@pytest.mark.parametrize("form", [text_of, lines_of, document_of])
def test_a_long_table_of_somebody_s_own_passes(tmp_path: Path, form: Any) -> None:
    assert taken_file(put(tmp_path, "a", form(harmless(60_000)))) == ""


def test_a_long_listening_history_passes(tmp_path: Path) -> None:
    entry = {
        "ts": "2013-03-14T10:44:25Z",
        "username": "x",
        "platform": "y",
        "ms_played": 154902,
        "isrc": "USRC17607839",
    }
    history = [{**entry, "spotify_track_id": id} for id in ids(5000)]
    assert taken_file(put(tmp_path, "a.json", json.dumps(history, indent=1).encode())) == ""


def test_packed_with_bounds(tmp_path: Path) -> None:
    table = text_of(renamed(500))
    readme = ("README", b"what this is\n")
    for number, content in enumerate(
        (
            bz2.compress(table),
            gzip.compress(table),
            lzma.compress(table),
            a_zip(readme, ("tracks.csv", table)),
            a_tar("w", readme, ("tracks.csv", table)),
            a_tar("w:gz", readme, ("tracks.csv", table)),
            a_tar("w:bz2", readme, ("tracks.csv", table)),
            a_tar("w:xz", readme, ("tracks.csv.gz", gzip.compress(table))),
        )
    ):
        path = put(tmp_path, f"{number}.bin", content)
        assert "Spotify's own ids" in taken_file(path), number
        for harmless_bytes in (content[:60], content[:40] + os.urandom(400)):
            assert taken_file(put(tmp_path, "cut", harmless_bytes)) == ""


def test_a_zip_that_streams_has_its_sizes_behind_each_file(tmp_path: Path) -> None:
    class OneWay(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

        def seek(self, *_: int) -> int:
            raise OSError

    out = OneWay()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("README", b"what this is")
        packed.writestr("a.csv", text_of(renamed(300)))
    assert taken_file(put(tmp_path, "a.zip", out.getvalue())).startswith("a.csv: ")


def test_a_bomb_costs_a_mebibyte(tmp_path: Path) -> None:
    zeros = gzip.compress(bytes(200_000_000), 1)
    assert taken_file(put(tmp_path, "a.gz", zeros)) == ""
    assert taken_file(put(tmp_path, "a.zip", a_zip(("zeros", bytes(50_000_000))))) == ""


def test_names_in_a_packed_set(tmp_path: Path) -> None:
    sounds = [(f"songs/{id}.ogg", b"OggS") for id in ids(40)]
    assert "track ids" in taken_file(put(tmp_path, "a.tar", a_tar("w", *sounds)))
    assert "track ids" in taken_file(put(tmp_path, "a.zip", a_zip(*sounds)))


def test_parquet_by_its_footer_and_its_first_rows(tmp_path: Path) -> None:
    path = tmp_path / "set[1]*.parquet"
    for columns, cells in ((API, rows(API, ids(300))), (RENAMED, renamed(300))):
        pq.write_table(pa.Table.from_pylist(as_dicts(columns, cells)), path)
        assert "Spotify" in taken_file(path)
    pq.write_table(pa.Table.from_pylist(as_dicts(RENAMED, harmless(300))), path)
    assert taken_file(path) == ""


def test_parquet_whose_first_rows_are_harmless_is_known_by_its_statistics(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    cells = [*renamed(5000)[1000:], *renamed(1000)]
    table = pa.Table.from_pylist(as_dicts(RENAMED, cells))
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(pa.Table.from_pylist(as_dicts(RENAMED, harmless(100))))
        writer.write_table(table, row_group_size=100)
    assert "Spotify's own ids" in taken_file(path)


def test_what_is_called_parquet_and_is_none(tmp_path: Path) -> None:
    table = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(as_dicts(RENAMED, renamed(300))), table)
    whole = table.getvalue()
    for broken in (b"PAR1", whole[:-20], whole[:-8] + b"\xff\xff\xff\x7fPAR1", whole[:200] + whole[-200:]):
        assert taken_file(put(tmp_path, "a.parquet", broken)) == ""


def database(path: Path, columns: list[str], cells: list[list[str]], before: int = 0) -> Path:
    with sqlite3.connect(path) as made:
        for number in range(before):
            made.execute(
                f"CREATE TABLE notes_{number} (text TEXT, {', '.join(f'c{n} TEXT' for n in range(60))})"
            )
        made.execute(f"CREATE TABLE things ({', '.join(f'[{column}] TEXT' for column in columns)})")
        made.executemany(f"INSERT INTO things VALUES ({', '.join('?' * len(columns))})", cells)
    made.close()
    return path


def test_sqlite_whose_schema_lies_far_behind(tmp_path: Path) -> None:
    columns = ["id", "name", "available_markets_rowid", "external_id_isrc"]
    path = database(tmp_path / "a?mode=rwc.bin", columns, [], before=150)
    assert "a published copy" in taken_file(path)
    assert [other.name for other in tmp_path.iterdir()] == [path.name], "it is opened for reading alone"


def test_sqlite_by_its_rows(tmp_path: Path) -> None:
    assert "Spotify's own ids" in taken_file(database(tmp_path / "a", RENAMED, renamed(300)))
    late = [*harmless(1000), *renamed(300)]
    assert "Spotify's own ids" in taken_file(database(tmp_path / "b", RENAMED, late))
    assert taken_file(database(tmp_path / "c", RENAMED, harmless(1000))) == ""


def test_a_database_that_never_ends_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE a (x, y AS (x + 1))")
        made.execute(
            "CREATE VIEW b AS WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n) SELECT * FROM n"
        )
    made.close()
    assert taken_file(path) == ""
    content = bytearray(path.read_bytes())
    content[100:4096] = b"\x05" * 3996
    assert taken_file(put(tmp_path, "broken", bytes(content))) == ""


def test_folders_by_the_names_in_them(tmp_path: Path) -> None:
    for at, id in enumerate(ids(40)):
        folder = tmp_path / "disk" / "songs" / str(at % 8)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{id}.ogg").touch()
    for number in range(3):
        (tmp_path / "disk" / f"{number:02} own song.ogg").touch()
    assert list(taken_folders(tmp_path)) == [tmp_path / "disk" / "songs"]
    named = tmp_path / "disk" / "annas_archive_spotify_2025_07"
    (named / "x").mkdir(parents=True)
    assert list(taken_folders(tmp_path)) == [tmp_path / "disk" / "songs", named]


def test_add_passes_over_a_folder_by_its_names_and_takes_the_rest(archive: Archive, tmp_path: Path) -> None:
    own = write(tmp_path / "in" / "own.opus", seed=1)
    for id in ids(12):
        (tmp_path / "in" / "songs").mkdir(exist_ok=True)
        (tmp_path / "in" / "songs" / f"{id}.opus").write_bytes(own.read_bytes())
    report = add(archive, [tmp_path / "in"], held_as="owner")
    assert (report.found, report.new) == (1, 1)
    assert [(item.code, Path(item.name).name) for item in report.refused] == [("taken-set", "songs")]
    assert [code for _, code, _ in archive.ledger.refusals(10)] == ["taken-set"]


def test_add_asks_about_files_that_are_named_one_by_one(archive: Archive, tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{id}.opus", seed=1) for id in ids(1)]
    paths += [put(tmp_path, f"{id}.opus", paths[0].read_bytes()) for id in ids(12)[1:]]
    report = add(archive, paths, held_as="owner")
    assert (report.new, {item.code for item in report.refused}) == (0, {"taken-set"})
    assert len(archive.ledger.refusals(20)) == 12


def test_every_door_asks_about_what_is_packed(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    pq.write_table(pa.Table.from_pylist(as_dicts(RENAMED, renamed(300))), folder / "a.parquet")
    put(folder, "b.tar", a_tar("w", ("tracks.csv", text_of(renamed(500)))))
    database(folder / "c.db", RENAMED, renamed(300))
    put(folder, "d.csv", b"\xff\xfe" + text_of(renamed(300)).decode().encode("utf-16-le"))
    report = add(archive, [folder], held_as="owner")
    assert [item.code for item in report.refused] == ["taken-set"] * 4
    for name in ("a.parquet", "b.tar", "c.db", "d.csv"):
        with pytest.raises(SourceRefused, match="Spotify"):
            harvest(archive, "musicbrainz-json", folder / name)


@pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data")
def test_no_file_of_the_real_data_is_refused() -> None:
    paths = [path for path in DATA.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(paths) > 1000
    assert {path.name: why for path in paths if (why := taken_file(path))} == {}
    assert taken_folders(DATA) == {}
