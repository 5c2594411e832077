# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An archive's own tables and an edition's as Iceberg tables, also after it was moved."""

import shutil
from pathlib import Path

import pytest
from pyiceberg.catalog.sql import SqlCatalog

from onrecord.archive import Archive
from onrecord.archive.publishing import publish
from onrecord.archive.registering import Registration, register
from onrecord.archive.withdrawing import withdraw
from onrecord.engine.parquet import read_rows
from onrecord.errors import NotFound, UsageError
from onrecord.model.rights import Target
from tests.conftest import DAY
from tests.pipeline.pieces import answer


def changes(made: Registration) -> dict[str, set[str]]:
    return {
        namespace: {each.change for each in made.tables if each.namespace == namespace}
        for namespace in ("archive", "edition")
    }


def test_tables_are_read_back_wherever_the_archive_lies(published: Archive, tmp_path: Path) -> None:
    made = register(published)
    assert made.edition == 1 and changes(made) == {"archive": {"new"}, "edition": {"new"}}
    assert changes(register(published, "1")) == {"archive": {"same"}, "edition": {"same"}}
    with pytest.raises(NotFound, match="edition 7"):
        register(published, "7")

    published.close()
    moved = tmp_path / "elsewhere"
    shutil.move(published.folder, moved)
    with Archive.open(moved, lambda: DAY) as archive:
        assert changes(register(archive)) == {"archive": {"new"}, "edition": {"new"}}
        catalog = SqlCatalog(made.catalog, uri=register(archive).uri)
        recordings = catalog.load_table("edition.recordings").scan().to_arrow()
        dataset = moved / "editions" / "1" / "dataset"
        expected = [row["id"] for row in read_rows(dataset / "recordings.parquet", ["id"])]
        assert sorted(recordings.column("id").to_pylist()) == expected
        with archive.duck() as duck:
            [(tracks,)] = duck.run("SELECT count(*) FROM tracks")
        assert catalog.load_table("archive.tracks").scan().to_arrow().num_rows == tracks > 0

        # The next edition takes the place of the one before, which is still there as a snapshot.
        withdraw(archive, Target("recording", expected[0]), by="A. Singer", text="not mine to give")
        publish(archive)
        changed = register(archive)
        assert changed.edition == 2 and changes(changed)["edition"] == {"other"}
        table = catalog.load_table("edition.recordings")
        assert table.scan().to_arrow().num_rows == len(expected) - 1
        told = {
            each.summary["onrecord.edition"]: each.snapshot_id for each in table.snapshots() if each.summary
        }
        assert table.scan(snapshot_id=told["1"]).to_arrow().num_rows == len(expected)


def test_the_command(published: Archive, tmp_path: Path) -> None:
    place = ("-C", published.folder, "--to", tmp_path / "iceberg")
    made = answer("catalog", "register", *place)
    assert made["schema"] == "onrecord.catalog.register/1" and made["edition"] == 1
    assert {each["name"] for each in made["tables"] if each["namespace"] == "edition"} >= {
        "recordings",
        "works",
    }
    assert (tmp_path / "iceberg" / "catalog.sqlite").exists()
    assert not (published.folder / "catalog" / "iceberg").exists()
    other = shutil.copytree(published.folder / "editions" / "1", tmp_path / "copy")
    manifest = (other / "manifest.json").read_text().replace(published.id, "f" * len(published.id))
    (other / "manifest.json").write_text(manifest)
    with pytest.raises(UsageError, match=f"an edition of archive {'f' * len(published.id)}, expected one of"):
        register(published, str(other))
