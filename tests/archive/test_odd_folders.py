# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An archive may lie in a folder of any name: none is a pattern, and none a column."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from onrecord.archive import Archive, deciding
from onrecord.archive.alike import list_alike
from onrecord.archive.catalog_diffing import differing
from onrecord.archive.checking import check
from onrecord.archive.explaining import why
from onrecord.archive.exporting.dataset import export_dataset
from onrecord.archive.generating import generate, judge
from onrecord.archive.harvest import harvest
from onrecord.archive.matching import rematch
from onrecord.archive.publishing import publish
from onrecord.archive.querying import asking
from onrecord.archive.reading import Reader
from onrecord.archive.rebuilding import rebuild
from onrecord.engine.checksum import checksum
from onrecord.engine.duck import Duck
from onrecord.engine.quoting import csv_file, parquet, parquet_within
from onrecord.sources.generated.claims import Generated
from tests.conftest import DAY
from tests.pipeline.musicbrainz import recording, save

#: A name that would be a pattern, and one that would fit it.
NAME, NEIGHBOUR = "it's [12]? {a,b} * $1 %s", "it's 1s {a,b} all $1 %s"
MB = "musicbrainz-json"


def walk(folder: Path) -> dict[str, Any]:
    """What an archive in this folder says after an update and another edition; nothing of it names the folder."""
    told: dict[str, Any] = {}
    with Archive.open(folder / "archive", lambda: DAY) as archive:
        more = recording("Third", "Some Band", 70_000)
        harvest(archive, MB, save(folder / "more", c=more))
        told["update"] = rematch(archive)
        publish(archive)
        with differing(archive, "1", "2") as diff:
            told["diff"] = [(each.kind, each.before, each.after, each.added) for each in diff.counts]
        told["rebuilt"] = list(rebuild(archive).tables)
        told["bad"] = check(archive).bad
        told["exported"] = export_dataset(archive, folder / "out", ["CC0-1.0"]).rows
        told["alike"] = len(list_alike(archive))
        for edition in (None, 1):
            with (
                asking(archive, edition) as held,
                held.ask("SELECT count(*) FROM recordings", 60) as (_, rows),
            ):
                told[f"asked {edition}"] = [batch.to_pylist() for batch in rows]
        [song] = [hit.id for hit in Reader(archive.folder).search("song", ("recording",))]
        told["why"] = [join.reason for join in why(archive, song).joins]
        deciding.override(archive, song, "date", "1974", by="Ada", why="so")
        told["found"] = sorted((hit.kind, hit.title) for hit in Reader(archive.folder).search("some band"))
    return told


def _made(folder: Path) -> None:
    one = {"a": recording("Song", "Some Band", 100_000), "b": recording("Other", "Some Band", 50_000)}
    with Archive.create(folder / "archive", "Test archive", lambda: DAY) as archive:
        harvest(archive, MB, save(folder / "one", **one))
        rematch(archive)
        publish(archive)


def test_a_folder_is_no_pattern(made_once: Callable[..., Path], tmp_path: Path) -> None:
    made = made_once(_made) / "archive"
    for place in (tmp_path / "plain", tmp_path / "year=1974" / NAME, tmp_path / "year=1974" / NEIGHBOUR):
        shutil.copytree(made, place / "archive")
    # The neighbour has more, and all of its files have the same names.
    with Archive.open(tmp_path / "year=1974" / NEIGHBOUR / "archive", lambda: DAY) as archive:
        more = {str(at): recording(f"Foreign {at}", "Others", 80_000 + at) for at in range(5)}
        harvest(archive, MB, save(tmp_path / "foreign", **more))
        rematch(archive)
        publish(archive)
    told = walk(tmp_path / "year=1974" / NAME)
    assert told == walk(tmp_path / "plain")
    assert told["update"].recordings == 3 and told["asked 1"] == [[{"count_star()": 2}]]


def test_a_made_catalog_is_judged_by_its_own_truth(tmp_path: Path) -> None:
    agreed = []
    for name in ("plain", "year=1974/[ab]*", "year=1974/a of it"):
        folder = tmp_path / name
        with Archive.create(folder / "archive", "Made", lambda: DAY) as archive:
            generate(archive, Generated(300, seed=len(agreed)), folder / "truth")
            rematch(archive)
    for name in ("year=1974/[ab]*", "plain"):
        folder = tmp_path / name
        with Archive.open(folder / "archive") as archive:
            agreed.append(judge(archive, folder / "truth").kinds["recording"])
    assert all(each.precision > 0.9 and each.recall > 0.9 for each in agreed), agreed


def test_what_reads_files(tmp_path: Path) -> None:
    duck, folder, other = Duck(tmp_path / "spill"), tmp_path / "n=1" / "[xy]", tmp_path / "n=1" / "x"
    for place, rows in ((folder, 1), (other, 2)):
        place.mkdir(parents=True)
        duck.run(f"COPY (FROM range({rows}) t(a)) TO '{place / 'rows.parquet'}'")
        duck.run(f"COPY (FROM range({rows}) t(a)) TO '{place / 'rows.csv'}' (HEADER)")
    path = folder / "rows.parquet"
    for reader in (
        parquet(path),
        parquet([path]),
        parquet_within(folder, "*.parquet"),
        csv_file(folder / "rows.csv"),
    ):
        assert duck.run(f"SELECT * FROM {reader}") == [(0,)]
    assert duck.run(f"SELECT file_row_number FROM {parquet(path, 'file_row_number = true')}") == [(0,)]
    made = checksum(duck, [path])
    assert (made.columns, made.rows) == (("a",), 1)
    assert duck.run(duck.take([path])) == [(0,)]
    assert duck.reader([path]).read_all().num_rows == 1
    duck.close()
