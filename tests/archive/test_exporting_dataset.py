# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dataset by license: no row, no field and no value of the canonical view comes from another license."""

import datetime as dt
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.exporting.dataset import export_dataset, wish
from onrecord.archive.harvest import harvest
from onrecord.archive.publishing import publish
from onrecord.archive.withdrawing import withdraw
from onrecord.engine.parquet import column_names, read_rows
from onrecord.errors import NotFound, UsageError
from tests.archive.test_dataset import lines
from tests.archive.test_volumes import say
from tests.archive.withdrawn import blob, sha256, tagged
from tests.conftest import DAY
from tests.pipeline.musicbrainz import recording, save
from tests.pipeline.pieces import answer, onrecord
from tests.tones import write

ZERO = "https://creativecommons.org/publicdomain/zero/1.0/"
NC = "CC-BY-NC-SA-3.0"


def _sounds(folder: Path) -> dict[str, Path]:
    return {
        "by": write(folder / "by.flac", 1, 3.0, tagged("Under BY", genre="Filed as jazz")),
        "zero": write(folder / "zero.flac", 2, 3.0, tagged("Under zero") | {"license": ZERO}),
    }


@pytest.fixture
def sounds(tmp_path: Path) -> dict[str, Path]:
    return _sounds(tmp_path / "in")


def _published(folder: Path) -> None:
    _sounds(folder / "in")
    genres = [{"name": "voted", "count": 1}]
    core = save(folder / "one", a=recording("Core", "Nobody", 1_000, genres=genres))
    shared = save(folder / "two", b=recording("Shared alike", "Else", 2_000))
    with say(Archive.create(folder / "archive", "Test archive", lambda: DAY), commercial=False) as said:
        add(said, [folder / "in"])
        harvest(said, "musicbrainz-json", core)
        harvest(said, "musicbrainz-json", shared, filed_as="somebody", license="CC-BY-SA-4.0")
        publish(said)


@pytest.fixture
def published(
    made_once: Callable[..., Path], sounds: dict[str, Path], clock: Callable[[], dt.datetime]
) -> Iterator[Archive]:
    """Two files, a source under CC0 with a field under another license, and a source under CC BY-SA."""
    with Archive.open(made_once(_published) / "archive", clock) as archive:
        yield archive


def table(folder: Path, name: str) -> list[dict[str, Any]]:
    path = folder / "dataset" / f"{name}.parquet"
    return list(read_rows(path, column_names(path)))


def titles(folder: Path) -> set[str]:
    return {row["title"] for row in table(folder, "recordings")}


def test_only_what_was_asked_for_goes_out(
    published: Archive, sounds: dict[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    report = export_dataset(published, out, ["CC0-1.0"])
    assert (report.edition, report.files, report.left_out) == (1, 1, 1)
    assert titles(out) == {"Core", "Under zero"}
    assert [row["sha256"] for row in table(out, "files")] == [sha256(sounds["zero"])]
    assert {row["license"] for row in table(out, "recordings")} == {"CC0-1.0"}
    assert {row["genre"] for row in table(out, "recordings")} == {""}, (
        "a field under another license is empty"
    )
    assert {row["license"] for row in table(out, "track_claims")} == {"CC0-1.0", "as the file"}
    assert {row["license"] for row in table(out, "field_licenses")} == {"CC0-1.0", "as the file"}
    assert lines(out / "dataset") == [], "a record that holds the other field cannot be cut"
    everything = b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())
    for foreign in (b"Shared alike", b"Under BY", b"Filed as jazz", sha256(sounds["by"]).encode()):
        assert foreign not in everything
    edition = published.folder / "editions" / "1"
    whole = {row["sha256"]: row for row in table(edition, "places")}
    assert table(out, "places") == [whole[sha256(sounds["zero"])]], (
        "its place is that in the edition's volume"
    )


def test_which_claim_founds_an_id_goes_out_with_that_claim_alone(archive: Archive, tmp_path: Path) -> None:
    both = save(tmp_path / "both", a=recording("Both", "Same", 1_000))
    harvest(archive, "musicbrainz-json", both, filed_as="somebody", license="CC-BY-SA-4.0")
    harvest(archive, "musicbrainz-json", both)
    publish(archive)
    assert {row["source"] for row in table(archive.folder / "editions" / "1", "ids")} == {"somebody"}
    export_dataset(archive, tmp_path / "out", ["CC0-1.0"])
    assert titles(tmp_path / "out") == {"Both"} and table(tmp_path / "out", "ids") == []
    everything = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert b"somebody" not in everything


def test_two_licenses_give_what_stands_under_both(published: Archive, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_dataset(published, out, ["CC0-1.0", NC])
    [row] = [row for row in table(out, "track_claims") if row["title"] == "Core"]
    assert (row["genre"], row["license"]) == ("voted", f"CC0-1.0 AND {NC}")
    assert [line.license for line in lines(out / "dataset")] == [f"CC0-1.0 AND {NC}"]


def test_without_a_license_it_is_the_edition(published: Archive, tmp_path: Path) -> None:
    report = export_dataset(published, tmp_path / "out")
    edition = published.folder / "editions" / "1" / "dataset"
    for path in edition.iterdir():
        if path.suffix != ".sqlite":
            assert (tmp_path / "out" / "dataset" / path.name).read_bytes() == path.read_bytes(), path.name
    assert report.left_out == 0


def test_what_was_withdrawn_since_does_not_go_out(
    published: Archive, sounds: dict[str, Path], tmp_path: Path
) -> None:
    withdraw(published, blob(sounds["zero"]), by="A", text="no")
    assert export_dataset(published, tmp_path / "out").left_out == 1
    assert "Under zero" not in titles(tmp_path / "out")


def test_its_checksums_hold(published: Archive, tmp_path: Path) -> None:
    export_dataset(published, tmp_path / "out", ["CC-BY-4.0"])
    done = subprocess.run(
        ["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=tmp_path / "out", capture_output=True, check=False
    )
    assert done.returncode == 0 and done.stdout.count(b"OK") > 15
    assert {path.name for path in tmp_path.iterdir() if path.name.startswith(".out")} == set()


@pytest.mark.parametrize(
    ("asked", "expression", "met"),
    [
        (["CC0-1.0"], "CC0-1.0", True),
        (["CC0-1.0"], "CC0-1.0 AND CC-BY-4.0", False),
        (["CC0-1.0", "CC-BY-4.0"], "CC0-1.0 AND CC-BY-4.0", True),
        (["CC-BY-4.0"], "CC-BY-4.0 OR GPL-3.0-or-later", True),
        (["GPL-3.0-or-later"], "GPL-2.0-or-later", True),
        (["CC0-1.0"], "", False),
        ([], "", True),
    ],
)
def test_an_expression_is_met_by_one_of_its_ways(asked: list[str], expression: str, met: bool) -> None:
    assert wish(asked)(expression) is met


def test_what_cannot_be_is_said(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no edition"):
        export_dataset(archive, tmp_path / "out")
    publish(archive)
    with pytest.raises(UsageError, match="'free': expected an SPDX identifier"):
        export_dataset(archive, tmp_path / "out", ["free"])
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("x")
    with pytest.raises(UsageError, match="something is in it"):
        export_dataset(archive, tmp_path / "full")
    assert not (tmp_path / "out").exists()


def test_the_command(published: Archive, tmp_path: Path) -> None:
    place = ("-C", published.folder)
    out = tmp_path / "out"
    made = answer("export", "--dataset", out, "--license", "CC0-1.0", *place)
    assert made["schema"] == "onrecord.export.dataset/1" and made["rows"]["recordings"] == 2
    assert onrecord("export", "--dataset", out, "--all", *place).returncode == 2
    assert (
        onrecord("export", "--all", "--plain", tmp_path / "p", "--license", "CC0-1.0", *place).returncode == 2
    )
    told = onrecord("export", "--dataset", tmp_path / "again", *place)
    assert told.returncode == 0 and "the dataset of edition 1\n" in told.stdout
