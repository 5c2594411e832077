# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Works and labels of several sources are canonical things: explained, decided, shown, published, taken by others."""

import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from onrecord.archive import Archive
from onrecord.archive.catalog_diffing import differing
from onrecord.archive.deciding import join, override, undo
from onrecord.archive.explaining import conflicts, why
from onrecord.archive.foreign import claims_in, ids_in
from onrecord.archive.harvest import harvest
from onrecord.archive.last_match import is_matched
from onrecord.archive.matching import rematch
from onrecord.archive.publishing import publish
from onrecord.archive.querying import asking
from onrecord.archive.reading import open_reader
from onrecord.archive.withdrawing import withdraw
from onrecord.catalog import named
from onrecord.catalog.numbered import IDS
from onrecord.catalog.tables import LabelRow, WorkRow
from onrecord.engine.parquet import read_rows
from onrecord.errors import IntegrityError
from onrecord.model.rights import Target
from onrecord.publish.edition import Feed
from onrecord.search.entities import Entities
from onrecord.search.finishing import ENTITIES
from onrecord.search.rows import Rows
from tests.archive.matched_tables import kept_rows
from tests.conftest import DAY
from tests.pipeline.musicbrainz import mbid, recording, release, save

WORK, AIR, LABEL = mbid("work"), mbid("air"), mbid("label")


def _work(id: str, title: str, **said: object) -> dict[str, object]:
    return {"id": id, "title": title, "languages": ["eng"], "type": "Song", **said}


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    label = {"id": LABEL, "name": "Quiet Harbour", "sort-name": "Quiet Harbour", "label-code": None}
    cantata, air = _work(WORK, "Cantata", iswcs=["T-034.524.680-1"]), _work(AIR, "Air")
    link = {
        "type": "performance",
        "target-type": "work",
        "direction": "forward",
        "work": {"id": WORK, "title": "?"},
    }
    sung = recording("Take", "Singer", 203_000, relations=[link])
    archive = Archive.create(tmp_path / "archive", "Works", lambda: DAY)
    harvest(
        archive, "musicbrainz-json", save(tmp_path / "one", sung=sung, work=cantata, air=air, label=label)
    )
    other = save(
        tmp_path / "two", work=_work(WORK, "Cantata for a Lighthouse"), label=label | {"label-code": 193}
    )
    harvest(archive, "musicbrainz-json", other, filed_as="somebody", license="CC0-1.0")
    rematch(archive)
    return archive


def canonical(archive: Archive, name: str) -> dict[str, dict[str, object]]:
    return {row["id"]: row for row in kept_rows(archive, f"canonical_{name}")}


COLUMNS = {"works": ["id", "title", "iswcs", "mbids", "kind"], "labels": ["id", "name", "code", "mbid"]}


def test_persons_decide_about_works_and_labels(archive: Archive) -> None:
    found = why(archive, WORK)
    assert (found.kind, [each.reason for each in found.joins]) == ("work", ["mbid"])
    [work] = found.things
    assert canonical(archive, "works")[work]["iswcs"] == ["T0345246801"]
    [conflict] = conflicts(archive, work)
    assert conflict.field == "title" and {value for *_, value in conflict.said} == {
        "Cantata",
        "Cantata for a Lighthouse",
    }

    undo(archive, found.joins[0].id, by="Ada", why="two works")
    assert len(canonical(archive, "works")) == 3
    air = why(archive, AIR).things[0]
    made = join(archive, work, air, by="Ada", why="the air is the cantata", kind="work")
    [kept] = made.things
    [gone] = {work, air} - {kept}
    reader = open_reader(archive.folder)
    shown = reader.named("work", kept).id
    assert shown == min(WORK, AIR) and reader.named("work", gone).id == shown, (
        "the id that was merged answers"
    )

    label = why(archive, LABEL).things[0]
    assert canonical(archive, "labels")[label]["code"] == "LC00193"
    override(archive, label, "code", "LC 0194", by="Ada", why="on the sleeve")
    assert canonical(archive, "labels")[label]["code"] == "LC00194"
    facts = dict(open_reader(archive.folder).named("label", LABEL).facts)
    assert facts["code"] == "LC00194"


def test_they_are_asked_and_leave_with_an_edition_and_come_elsewhere(
    archive: Archive, tmp_path: Path
) -> None:
    work, label = why(archive, WORK).things[0], why(archive, LABEL).things[0]
    override(archive, label, "country", "GB", by="Ada", why="on the sleeve")
    edition = publish(archive).folder
    told = {
        name: list(read_rows(edition / "dataset" / f"{name}.parquet", columns))
        for name, columns in {
            "works": ["id", "title", "iswcs", "mbids", "license"],
            "labels": ["id", "name", "country", "parent"],
            "work_crosswalk": ["work", "source", "reason"],
            "label_claims": ["source", "id", "code", "license"],
            "ids": ["kind", "id"],
            "identifiers": ["kind", "id", "scheme", "value"],
            "field_licenses": ["source", "claims", "field"],
        }.items()
    }
    assert {row["title"]: row["license"] for row in told["works"]} == {"Cantata": "CC0-1.0", "Air": "CC0-1.0"}
    assert told["labels"] == [{"id": label, "name": "Quiet Harbour", "country": "GB", "parent": ""}]
    assert sorted(row["reason"] for row in told["work_crosswalk"]) == ["", "mbid", "mbid"]
    assert {(row["source"], row["code"]) for row in told["label_claims"]} == {
        ("musicbrainz-json", ""),
        ("somebody", "LC00193"),
    }
    assert {"kind": "work", "id": work} in told["ids"] and {"kind": "label", "id": label} in told["ids"]
    assert {"kind": "work", "id": work, "scheme": "iswc", "value": "T0345246801"} in told["identifiers"]
    assert {"source": "somebody", "claims": "label_claims", "field": "parent"} in told["field_licenses"]

    with (
        asking(archive) as now,
        now.ask("SELECT w.title FROM works w JOIN work_crosswalk x ON x.work = w.id", 60) as (
            _,
            answer,
        ),
    ):
        assert sorted(row["title"] for batch in answer for row in batch.to_pylist()) == [
            "Air",
            "Cantata",
            "Cantata",
        ]
    with differing(archive, "1", "now") as diff:
        counts = {each.kind: (each.before, each.after, each.changed) for each in diff.counts}
    assert counts["work"] == (2, 2, 0)

    feed = Feed(1, archive.id, "Works", 1, DAY.date(), "", "", "1.torrent", "", "")
    rows = claims_in(feed, edition)
    assert {(row.title, row.iswc) for row in rows["works"] if isinstance(row, WorkRow)} == {
        ("Cantata", "T0345246801"),
        ("Air", ""),
    }
    assert [(row.name, row.country) for row in rows["labels"] if isinstance(row, LabelRow)] == [
        ("Quiet Harbour", "GB")
    ]
    assert {row.id for row in ids_in(feed, edition, lambda ids: set()) if row.kind == "work"} >= {work}

    # What is known by something withdrawn alone goes with it.
    dataset = edition / "dataset"
    [take] = (row["id"] for row in read_rows(dataset / "recordings.parquet", ["id"]))
    withdraw(archive, Target("recording", take), by="Singer", text="not mine to give")
    following = publish(archive).folder / "dataset"
    assert [row["title"] for row in read_rows(following / "works.parquet", ["title"])] == ["Air"]
    assert WORK not in {row["value"] for row in read_rows(following / "identifiers.parquet", ["value"])}
    verbatim = [
        pa.input_stream(at / "records.jsonl.zst", compression="zstd").read() for at in (dataset, following)
    ]
    assert [WORK.encode() in records for records in verbatim] == [True, False]
    with (
        asking(archive) as now,
        now.ask("SELECT title FROM works UNION ALL SELECT title FROM work_claims", 60) as (
            _,
            answer,
        ),
    ):
        assert [row["title"] for batch in answer for row in batch.to_pylist()] == ["Air", "Air"]

    for name in ("works", "labels"):
        (edition / "dataset" / f"{name}.parquet").unlink()
    rows = claims_in(feed, edition)
    assert rows["works"] == rows["labels"] == [], "an edition from before there were any"


@pytest.mark.parametrize("many", [False, True])
def test_all_that_search_holds_of_them_is_written_anew_where_an_update_finds_it_damaged(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: bool
) -> None:
    search = archive.folder / "search"
    [recording_id] = [row["id"] for row in kept_rows(archive, "canonical_recordings")]
    found = Rows(search / "rows.sqlite").bearing("iswc", "T0345246801")
    assert found == [recording_id]
    shutil.rmtree(search / Rows(search / "rows.sqlite").text())
    if many:
        monkeypatch.setattr(named, "_MANY", 1)
        shutil.rmtree(search / Entities(search / ENTITIES).fields())
    other = save(tmp_path / "three", other=release("Other", "Somebody", [("One", 100_000)]))
    harvest(archive, "musicbrainz-json", other, filed_as="somebody", license="CC0-1.0")
    assert rematch(archive).why_anew == ""
    assert Rows(search / "rows.sqlite").bearing("iswc", "T0345246801") == found


def test_all_is_matched_anew_where_ids_of_what_was_matched_are_lost(archive: Archive) -> None:
    canonical_folder = archive.canonical("").parent
    before = {path.name: path.read_bytes() for path in canonical_folder.glob("*.parquet")}
    works = kept_rows(archive, "canonical_works")
    [ids] = canonical_folder.glob(f"{IDS}/work-*.parquet")
    ids.unlink()
    assert not is_matched(archive)
    with pytest.raises(IntegrityError, match=ids.name):
        kept_rows(archive, "canonical_works")
    assert rematch(archive).why_anew == "ids of what the last run left are lost"
    assert is_matched(archive) and kept_rows(archive, "canonical_works") == works
    assert {path.name: path.read_bytes() for path in canonical_folder.glob("*.parquet")} == before
