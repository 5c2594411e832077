# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs over tables and files on either engine: the same rows, whichever runs them."""

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from onrecord.archive import Archive
from onrecord.archive.engines import answered, compared, place, told
from onrecord.archive.filework import FileWork
from onrecord.archive.judging import publishable
from onrecord.archive.judging_all import Question, counted, judged
from onrecord.cli.rights import command as rights
from onrecord.engine.duck import sql_file
from onrecord.engine.parquet import read_rows
from onrecord.errors import ConfigError, EngineFailed
from onrecord.model.rights import Use
from onrecord.rights import decide
from tests.engine import spark

DAY = dt.date(2026, 11, 28)
DEDUPE = sql_file("onrecord.catalog", "portable/dedupe")
SPARK = '\n[engine]\nkind = "spark"\nmaster = "local[2]"\npython = "{}"\noptions = ["spark.sql.shuffle.partitions=2"]\n'


def on_spark(archive: Archive, python: Path | str) -> Archive:
    settings = archive.folder / "onrecord.toml"
    settings.write_text(settings.read_text("utf-8") + SPARK.format(python), "utf-8")
    return Archive.open(archive.folder, archive.clock)


def rows(archive: Archive, kind: Any) -> list[tuple[Any, ...]]:
    blobs = [(blob.sha256, blob.root, blob.size) for blob in archive.ledger.blobs() if blob.kind == "sound"]
    with archive.writing(checking=True), FileWork(archive, kind) as work:
        found = [tuple(row.values()) for _, listed in work.over(blobs, (2, 1 << 40)) for row in listed]
        assert len((work.folder / "attempts").read_text().splitlines()) == -(-len(blobs) // 2)
    return sorted(found)


def test_an_answer_here_has_the_rows_of_the_question(published: Archive) -> None:
    sums = set()
    for order in ("id", "title DESC"):
        sql = f"SELECT source, id, title FROM track_claims ORDER BY {order}"
        with answered(published, 1, "a question", sql, "embedded") as files:
            sums.add(told(published, files).text)
            assert told(published, files).rows > 3
    assert len(sums) == 1 and not list((published.folder / "search" / "spill").glob("spark_*"))


def test_what_a_killed_run_left_for_an_engine_is_swept(archive: Archive) -> None:
    spill = archive.folder / "search" / "spill"
    (spill / "spark_999999999_ab" / "answer").mkdir(parents=True)
    with place(archive) as folder:
        assert list(spill.iterdir()) == [folder]


def test_an_engine_that_is_not_there_is_named(published: Archive) -> None:
    with on_spark(published, "/nowhere/python") as archive:
        for work in (lambda: compared(archive, 1, "dedupe", DEDUPE), lambda: rows(archive, "verify")):
            with pytest.raises(EngineFailed, match=r"\[engine\] python /nowhere/python"):
                work()
    settings = published.folder / "onrecord.toml"
    settings.write_text(settings.read_text("utf-8").replace('"spark"', '"hadoop"'), "utf-8")
    with pytest.raises(ConfigError, match="hadoop"):
        Archive.open(published.folder)


@pytest.mark.slow
def test_spark_gives_the_same_rows_and_reads_the_same_files(published: Archive) -> None:
    python = spark.python()
    here = rows(published, "analyse")
    with on_spark(published, python) as archive:
        ran = compared(archive, 1, "dedupe", "SELECT source, id, title, duration_ms FROM track_claims")
        assert [each.engine for each in ran] == ["embedded", "spark"] and ran[0].rows > 3
        assert len({(each.rows, each.checksum) for each in ran}) == 1
        assert rows(archive, "analyse") == here
    assert "pyspark" not in sys.modules


@pytest.mark.parametrize(
    "question", [Question(DAY), Question(DAY, "stream", "DE"), Question(DAY, "share", commercial=True)]
)
def test_a_table_of_decisions_is_what_the_gate_says_of_each(published: Archive, question: Question) -> None:
    with judged(published, question, "embedded") as files:
        listed = [row for path in files for row in read_rows(path, ["sha256", "allow", "codes", "license"])]
        made = counted(published, files)
    assert [row["sha256"] for row in listed] == sorted(sha256 for sha256, _ in published.ledger.profiles())
    for row in listed:
        evidence = [item for item, _ in published.ledger.evidence(row["sha256"]).values()]
        if question.use == "publish":
            said = publishable(evidence, DAY, published.settings.publish)
        else:
            said = decide(evidence, Use(question.use), question.territory, DAY, question.commercial)
        assert (row["allow"], row["codes"], row["license"]) == (
            said.allow,
            " ".join(said.codes),
            said.license,
        )
    assert made.rows == len(listed) == sum(count for _, _, count in made.answers) > 3
    assert {allow for allow, _, _ in made.answers} == {row["allow"] for row in listed}


def test_the_command_counts_and_writes_the_decisions(published: Archive, tmp_path: Path) -> None:
    arguments = ["table", "--use", "stream", "--territory", "DE", "--out", str(tmp_path / "may.parquet")]
    base = {"folder": str(published.folder), "as_json": True, "quiet": True}
    done = CliRunner().invoke(rights, arguments, obj=dict(base))
    assert done.exit_code == 0, done.output
    told, rows = json.loads(done.stdout), list(read_rows(tmp_path / "may.parquet", ["sha256", "allow"]))
    assert told["engines"]["embedded"]["rows"] == len(rows) == sum(count for _, _, count in told["answers"])
    assert sum(row["allow"] for row in rows) == sum(count for allow, _, count in told["answers"] if allow)
    refused = CliRunner().invoke(rights, ["table", "--commercial"], obj=dict(base))
    assert refused.exit_code == 2 and "it has its own" in refused.output


@pytest.mark.slow
def test_decisions_are_joined_back_on_spark(published: Archive, archive: Archive) -> None:
    python = spark.python()
    for each in (published, archive):  # the second has no sound at all
        with judged(each, Question(DAY), "embedded") as files:
            here = counted(each, files)
        with on_spark(each, python) as far, judged(far, Question(DAY), "spark") as files:
            assert counted(far, files) == here
