# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo is a real run: its figures are those of the archives that it leaves, and follow the music it is given."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from onrecord.archive import Archive
from onrecord.archive.checking import check
from onrecord.archive.editions import read_manifest
from onrecord.archive.reading import open_reader
from tests.archive.published_files import published_files
from tests.pipeline.pieces import onrecord

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = ROOT / "demo" / "collection"
SOUND = (".ogg", ".opus", ".mp3")
#: Pieces that the licenses of their packages leave to a person: nobody, or somebody else than the holders, is named.
ASKED = {
    "warzone2100-music/music/menu.opus": "R-WHOLE-TREE",
    "warzone2100-music/music/albums/original_soundtrack/track3.opus": "R-OTHER-MAKER",
}
#: The made cases, and the first code that each is refused with.
MADE = {
    "no-evidence/no-evidence.opus": "R-HELD-ONLY",
    "custom-text/custom-text.opus": "R-UNKNOWN-TEXT",
    "non-commercial/non-commercial.opus": "R-NONCOMMERCIAL",
    "no-derivatives/no-derivatives.opus": "R-NO-DERIVATIVES",
    "contradiction/contradiction.opus": "R-CONTRADICTION",
    "re-encoded/gnu_flute.mp3": "P-SAME-SOUND",
}


def demo(*arguments: object) -> dict[str, Any]:
    done = onrecord("demo", "--no-serve", "--json", *arguments, apart=True)
    assert done.returncode == 0, done.stderr
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return demo("--into", tmp_path_factory.mktemp("demo") / "run")


def test_it_says_what_it_is(summary: dict[str, Any]) -> None:
    assert summary["schema"] == "onrecord.demo/1"


def test_every_piece_of_the_collection_may_be_shared_or_is_for_a_person(summary: dict[str, Any]) -> None:
    pieces = {path.name for path in COLLECTION.rglob("*") if path.suffix in SOUND}
    pieces -= {Path(name).name for name in ASKED}
    assert len(pieces) > 10
    allowed = {Path(item["name"]).name for item in summary["rights"] if item["allow"]}
    # The exact copy of a piece is the same blob: which of its names is shown is no matter.
    allowed |= {name.removeprefix("copy-of-") for name in allowed}
    assert pieces <= allowed


def test_every_made_case_is_refused_for_its_reason(summary: dict[str, Any]) -> None:
    refused = {item["name"]: item["codes"][0] for item in summary["rights"] if not item["allow"]}
    assert refused == MADE | ASKED


def test_the_exact_copy_is_held_once(summary: dict[str, Any]) -> None:
    assert summary["again"] == 1


def test_the_figures_are_those_of_the_archives(summary: dict[str, Any]) -> None:
    own, mirror = (Path(summary["folder"]) / name for name in ("archive", "mirror"))
    with Archive.open(own) as archive, Archive.open(mirror) as other:
        assert archive.ledger.blob_totals() == (summary["archive"]["blobs"], summary["archive"]["size"])
        assert other.ledger.blob_totals() == (summary["mirror"]["blobs"], summary["mirror"]["size"])
        manifest = read_manifest(archive, 1)
        assert sum(entry.files for entry in manifest.volumes) == summary["edition"]["files"]
        assert manifest.recordings == summary["edition"]["recordings"]
        shared = {item["sha256"] for item in summary["rights"] if item["allow"]}
        assert shared == set(published_files(archive, 1)) == {row.sha256 for row in other.ledger.blobs()}
        assert check(archive).bad == check(other).bad == []
    assert open_reader(own).glance().recordings == summary["archive"]["recordings"]


@pytest.mark.slow
def test_other_music_gives_other_figures(tmp_path: Path, summary: dict[str, Any]) -> None:
    """Nothing is written into the demo: half of the music is half of the figures."""
    less = tmp_path / "less"
    shutil.copytree(COLLECTION / "colobot-common-sounds", less / "colobot-common-sounds")
    found = demo("--into", tmp_path / "run", "--collection", less)
    files = len([path for path in less.rglob("*") if path.suffix in SOUND])
    assert (found["archive"]["blobs"], found["edition"]["files"], found["mirror"]["blobs"]) == (files,) * 3
    assert found["archive"]["recordings"] != summary["archive"]["recordings"]
    assert found["refused"] == []


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("do not lose")
    done = onrecord("demo", "--no-serve", "--into", tmp_path / "mine")
    assert done.returncode == 2
    assert "expected an empty folder" in done.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]
