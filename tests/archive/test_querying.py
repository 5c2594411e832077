# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions by SELECT: what they may read, and that nothing else of the machine can be read or changed by one."""

import csv
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from onrecord.archive import Archive
from onrecord.archive.publishing import publish
from onrecord.archive.querying import Asking, asking, numbered
from onrecord.archive.withdrawing import withdraw
from onrecord.cli.sql import command
from onrecord.engine.parquet import read_rows
from onrecord.engine.portable import portable
from onrecord.errors import NotFound, OnrecordError, StoreFailed, UsageError
from onrecord.publish.dataset import FRAMES
from onrecord.publish.dataset import TABLES as DATASET
from tests.archive.matched_tables import kept_rows
from tests.archive.withdrawn import blob, sha256, tagged, tune
from tests.conftest import DAY, _fill
from tests.pipeline.pieces import answer, onrecord
from tests.tones import Album, write


def rows(held: Asking, sql: str, seconds: float = 60) -> list[dict[str, Any]]:
    with held.ask(sql, seconds) as (_, reader):
        return [row for batch in reader for row in batch.to_pylist()]


@pytest.fixture
def held(filled: Archive) -> Iterator[Asking]:
    with asking(filled) as made:
        yield made


# What can be asked -----------------------------------------------------------------------------------------------


def test_the_archive_as_it_is(held: Asking, filled: Archive) -> None:
    [counted] = rows(held, "SELECT count(*) AS n FROM recordings")
    assert counted["n"] == len(kept_rows(filled, "canonical_recordings")) > 0
    joined = (
        "SELECT c.reason, c.confidence, t.title FROM crosswalk c JOIN track_claims t ON t.id = c.source_id"
    )
    assert {row["confidence"] for row in rows(held, joined)} == {1.0}
    nested = (
        "WITH a AS (SELECT * FROM artists), b AS (SELECT name FROM a) SELECT count(*) AS n FROM b, range(2)"
    )
    assert rows(held, nested)[0]["n"] > 0
    step = "SELECT 1 AS x UNION ALL SELECT x + 1 FROM r WHERE x < 3"
    assert rows(held, f"WITH RECURSIVE r AS ({step}) FROM r SELECT sum(x) AS s") == [{"s": 6}]


def test_every_table_and_column_is_explained(held: Asking) -> None:
    assert {"recordings", "identifiers", "splits", "work_claims"} <= {table.name for table in held.tables}
    for table in held.tables:
        columns = held.schema(table.name)
        assert columns and all(column.about for column in columns), table.name
        with held.ask(f"SELECT * FROM {table.name} LIMIT 1", 60) as (found, _):
            assert [column.name for column in found] == [column.name for column in columns]
    with pytest.raises(NotFound, match="no such table"):
        held.schema("tracks")


def test_an_edition_is_asked_by_its_tables(published: Archive) -> None:
    with asking(published, 1) as held:
        assert {table.name for table in held.tables} == DATASET.keys() - {FRAMES}
        assert rows(held, "SELECT DISTINCT license FROM files") == [{"license": "CC-BY-4.0"}]
        assert all(column.about for table in held.tables for column in held.schema(table.name))
    with pytest.raises(NotFound, match="edition 2"), asking(published, 2):
        pass
    for text in ("0", "-1", "one", "٣"):
        with pytest.raises(UsageError):
            numbered(text)


def test_nothing_was_matched_yet(archive: Archive) -> None:
    with pytest.raises(NotFound, match="nothing was matched"), asking(archive):
        pass


def test_the_questions_of_the_page_are_answered(published: Archive) -> None:
    page = Path(__file__).parents[2] / "docs" / "howto" / "ask-the-catalog.md"
    questions = re.findall(r"^```sql\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    questions += re.findall(r'^onrecord sql (?:--as-of 1 )?"([^"]+)"', page.read_text("utf-8"), re.MULTILINE)
    assert len(questions) == 5
    with asking(published, 1) as held:
        assert all(isinstance(rows(held, question), list) for question in questions)
    with asking(published) as held:
        assert rows(held, questions[2])


# What cannot be done ---------------------------------------------------------------------------------------------

ATTACKS = [
    "SELECT * FROM read_csv('{secret}')",
    "SELECT * FROM read_text('{secret}')",
    "SELECT * FROM read_blob('{secret}')",
    "SELECT * FROM '{secret}'",
    "SELECT * FROM read_parquet('{segment}')",
    "SELECT * FROM '{segment}'",
    "SELECT * FROM parquet_metadata('{segment}')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM recordings WHERE title IN (SELECT content FROM read_text('{secret}'))",
    "WITH x AS (SELECT * FROM read_text('{secret}')) SELECT * FROM x",
    "SELECT (SELECT content FROM read_text('{secret}'))",
    "SELECT * FROM recordings, LATERAL (SELECT * FROM read_text('{secret}'))",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('recordings')",
    "SELECT * FROM json_execute_serialized_sql('{{}}')",
    "FROM held.tracks",
    "SELECT * FROM tracks",
    "SELECT * FROM held.hidden_blobs",
    "WITH tracks AS (SELECT * FROM tracks) SELECT * FROM tracks",
    "SELECT * FROM (WITH duckdb_views AS (SELECT 1) SELECT * FROM duckdb_views), duckdb_views",
    "WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_views",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM deposits",
    "SELECT getenv('HOME')",
    "SELECT current_setting('temp_directory')",
    "SELECT main.current_setting('temp_directory')",
    "SELECT system.main.lower('A')",
    "COPY (SELECT 1) TO '{target}'",
    "COPY recordings TO '{segment}'",
    "EXPORT DATABASE '{target}'",
    "ATTACH '{target}' AS other",
    "ATTACH '{ledger}' AS other (TYPE sqlite)",
    "INSTALL httpfs",
    "LOAD httpfs",
    "PRAGMA database_list",
    "PRAGMA enable_external_access",
    "SET enable_external_access = true",
    "SET GLOBAL allowed_paths = ['/']",
    "RESET lock_configuration",
    "CREATE TABLE x AS SELECT 1",
    "CREATE MACRO m() AS TABLE SELECT 1",
    "INSERT INTO recordings VALUES (1)",
    "DELETE FROM held.now_ids",
    "DROP VIEW recordings",
    "UPDATE recordings SET title = ''",
    "CALL pragma_version()",
    "EXPLAIN ANALYZE SELECT 1",
    "PREPARE p AS SELECT 1",
    "USE held",
    "SELECT 1; SELECT 2",
    "SELECT 1; COPY (SELECT 1) TO '{target}'",
    "SHOW ALL TABLES",
    "SELECT * FROM (SHOW ALL TABLES)",
    "SELECT * FROM (DESCRIBE recordings)",
    "SUMMARIZE recordings",
    "PIVOT recordings ON id",
    "",
    "SELEC",
    "SELECT",
    "SELECT \0",
    "SELECT nope FROM recordings",
    "SELECT CAST(title AS INTEGER) FROM recordings",
    "SELECT error('x')",
]


@pytest.fixture(scope="module")
def attacked(
    _masters: Callable[..., Path], album: Album, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Asking, Archive]]:
    """One archive, asked one thing after the other: what an attack left would be in the way of the next."""
    folder = tmp_path_factory.mktemp("attacked") / "filled"
    shutil.copytree(_masters(_fill, album.folder) / "made" / "filled", folder)
    with Archive.open(folder, lambda: DAY) as archive, asking(archive) as held:
        yield held, archive


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_else_is_read_or_changed(
    attacked: tuple[Asking, Archive], tmp_path: Path, attack: str
) -> None:
    held, filled = attacked
    (secret := tmp_path / "secret.txt").write_text("the secret")
    segment = next((filled.folder / "catalog" / "tracks").glob("*.parquet"))
    before = segment.read_bytes()
    places = {
        "secret": secret,
        "segment": segment,
        "target": tmp_path / "out",
        "ledger": filled.folder / "ledger.sqlite",
    }
    with pytest.raises(UsageError) as said:
        rows(held, attack.format(**places))
    assert said.value.hint and "the secret" not in said.value.message
    assert not (tmp_path / "out").exists() and segment.read_bytes() == before


def test_the_second_wall_stands_without_the_first(held: Asking, filled: Archive, tmp_path: Path) -> None:
    """Were a way around the parser found: the engine itself opens no other file, and changes no setting."""
    import duckdb

    (secret := tmp_path / "secret.txt").write_text("the secret")
    engine = held._duck
    for way in (
        f"SELECT * FROM read_text('{secret}')",
        f"COPY (SELECT 1) TO '{tmp_path / 'out'}'",
        f"ATTACH '{tmp_path / 'other.db'}'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET allowed_paths = ['/']",
    ):
        with pytest.raises((duckdb.Error, OnrecordError)):
            engine.run(way)
    assert [path.name for path in tmp_path.iterdir() if path.name in ("out", "other.db")] == []


def test_no_address_is_asked(held: Asking) -> None:
    asked: list[str] = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET

    server = HTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        for way in ("'{}'", "read_parquet('{}')", "read_csv('{}')", "read_json('{}')"):
            with pytest.raises(UsageError):
                rows(held, f"SELECT * FROM {way.format(f'http://127.0.0.1:{server.server_port}/a.parquet')}")
    finally:
        server.shutdown()
        server.server_close()
    assert asked == []


def test_a_long_question_ends_and_the_next_is_answered(held: Asking) -> None:
    with pytest.raises(StoreFailed, match=r"not answered within 0\.2 s"):
        rows(held, "SELECT count(*) FROM range(10000000000) a, range(1000) b", seconds=0.2)
    assert rows(held, "SELECT 1 AS one") == [{"one": 1}]


def test_an_answer_that_is_read_in_part_is_let_go_of(held: Asking) -> None:
    with held.ask("SELECT range AS n FROM range(1000000)", 60) as (_, reader):
        assert reader.read_next_batch().num_rows > 0
    assert rows(held, "SELECT 1 AS one") == [{"one": 1}]


def test_a_python_value_is_no_table(held: Asking) -> None:
    recordings_of_mine = [{"a": 1}]
    with pytest.raises(UsageError, match="no such table"):
        rows(held, "SELECT * FROM recordings_of_mine")
    assert recordings_of_mine


# What is hidden --------------------------------------------------------------------------------------------------


def test_what_was_withdrawn_is_in_no_answer(archive: Archive, tmp_path: Path) -> None:
    from onrecord.archive.add import add
    from onrecord.archive.matching import rematch

    folder = tmp_path / "in"
    gone = tune(folder / "gone.flac", "Silent tune")
    write(folder / "other.flac", 9, 3.0, tagged("Other"))
    add(archive, [folder], held_as="owner")
    rematch(archive)
    publish(archive)
    with asking(archive) as held:
        [before] = rows(held, "SELECT id FROM recordings WHERE title = 'Silent tune'")
    withdraw(archive, blob(gone), by="A", text="no")
    for edition in (0, 1):
        with asking(archive, edition) as held:
            for table in held.tables:
                told = json.dumps(rows(held, f"SELECT * FROM {table.name}"), default=str)
                allowed = table.name == "withdrawn"
                assert "Silent tune" not in told and sha256(gone) not in told, table.name
                assert allowed or before["id"] not in told, table.name
            assert rows(held, "SELECT title FROM recordings") == [{"title": "Other"}]
    with asking(archive) as held:
        assert rows(held, "SELECT recording, code FROM withdrawn") == [
            {"recording": before["id"], "code": "R-WITHDRAWN"}
        ]


# The command -----------------------------------------------------------------------------------------------------


def test_the_command(filled: Archive, tmp_path: Path) -> None:
    place = ("-C", filled.folder)
    made = answer("sql", "SELECT title FROM recordings ORDER BY title", *place)
    assert made["schema"] == "onrecord.sql/1" and made["columns"] == [{"name": "title", "type": "VARCHAR"}]
    titles = [row[0] for row in made["rows"]]
    assert titles == sorted(titles) and made["more"] is False
    assert answer("sql", "SELECT title FROM recordings", "--rows", 1, *place)["more"] is True
    formula = "SELECT '=1+1' AS f, -3 AS n, [1, 2] AS l, 'ab'::BLOB AS b, NULL AS x"
    for ending in ("csv", "jsonl", "parquet"):
        out = tmp_path / f"out.{ending}"
        assert answer("sql", formula, "--out", out, *place)["rows"] == 1
    with (tmp_path / "out.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["f", "n", "l", "b", "x"], ["'=1+1", "-3", "[1,2]", "6162", ""]]
    assert json.loads((tmp_path / "out.jsonl").read_text()) == {
        "f": "=1+1",
        "n": -3,
        "l": [1, 2],
        "b": "6162",
        "x": None,
    }
    assert list(read_rows(tmp_path / "out.parquet", ["f", "n"])) == [{"f": "=1+1", "n": -3}]
    done = onrecord("sql", "SELECT title FROM recordings ORDER BY title LIMIT 1", *place)
    assert done.stdout.splitlines()[2] == titles[0]
    assert onrecord("sql", "SELECT chr(27) || '[2J' AS t", "--csv", *place).stdout == "t\n'\ufffd[2J\n"


def test_questions_that_are_kept_and_those_for_a_cluster(filled: Archive) -> None:
    def said(*words: str) -> Any:
        obj = {"folder": filled.folder, "as_json": True, "quiet": False}
        return CliRunner().invoke(command, words, obj=obj)

    for job in portable("onrecord.catalog"):
        made = json.loads(said("--job", job).stdout)
        assert made["schema"] == "onrecord.sql/1" and len(made["columns"]) > 4
    compiled = json.loads(said("--job", "top_artists", "--spark").stdout)
    assert compiled["schema"] == "onrecord.sql.spark/1" and "DIV 1000" in compiled["sql"]
    with pytest.raises(UsageError, match="`/` divides in floating point"):
        raise said("SELECT size / 2 FROM files", "--spark").exception
    for wrong in (["--job", "nothing"], ["--job", "dedupe", "SELECT 1"], ["--tables", "--spark"]):
        assert said(*wrong).exit_code == 2, wrong


def test_the_command_refuses_what_is_unclear(filled: Archive, tmp_path: Path) -> None:
    place = ("-C", filled.folder)
    for wrong in (
        [],
        ["--tables", "SELECT 1"],
        ["SELECT 1", "--out", tmp_path / "a.xlsx"],
        ["SELECT 1", "--csv", "--out", tmp_path / "a.csv"],
        ["DROP TABLE x"],
    ):
        assert onrecord("sql", *wrong, *place).returncode == 2, wrong
    assert onrecord("sql", "SELECT nope", "--out", tmp_path / "a.csv", *place).returncode == 2
    assert list(tmp_path.glob("a.csv*")) == []
