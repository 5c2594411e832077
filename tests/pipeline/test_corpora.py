# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other projects' odd and broken files through the real door: no crash, no hang, every refusal has a reason."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.pieces import answer
from tests.pipeline.whole import assert_whole

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
#: One of each kind is enough between two changes; all of them run with the slow tests.
SOME = 24


def corpus(name: str) -> Path:
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"shared/data/{name} is not beside the project")
    return folder


def sample(folder: Path, most: int) -> list[Path]:
    """Files evenly spread over all of them, by name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return files[:: max(1, len(files) // most)]


def added(tmp_path: Path, paths: Sequence[Path], code: int) -> dict[str, Any]:
    archive = tmp_path / "archive"
    answer("init", archive)
    report = answer("-C", archive, "add", "--held-as", "deposit", *paths, code=code)
    assert report["found"] == (
        report["new"] + report["again"] + report["known"] + report["passed_over"] + len(report["refused"])
    ), "nothing is dropped in silence"
    for refused in report["refused"]:
        assert refused["code"]
        assert len(refused["detail"]) > 10, refused
    assert_whole(archive)
    return report


def test_some_malformed_files(tmp_path: Path) -> None:
    report = added(tmp_path, sample(corpus("audio-malformed"), SOME), code=3)
    assert report["refused"]


def test_some_tagged_files(tmp_path: Path) -> None:
    report = added(tmp_path, sample(corpus("audio-tags"), SOME), code=3)
    assert report["new"] >= SOME // 2


@pytest.mark.slow
def test_all_malformed_files(tmp_path: Path) -> None:
    report = added(tmp_path, [corpus("audio-malformed")], code=3)
    assert report["refused"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_all_tagged_files(tmp_path: Path) -> None:
    folder = corpus("audio-tags")
    report = added(tmp_path, [folder], code=3)
    assert report["new"] > 150
    again = answer("-C", tmp_path / "archive", "add", "--held-as", "deposit", folder, code=3)
    assert again["new"] == 0
    assert again["known"] == report["new"] + report["again"]
    assert [item["name"] for item in again["refused"]] == [item["name"] for item in report["refused"]]
    assert answer("-C", tmp_path / "archive", "match")["recordings"] > 50
    assert answer("-C", tmp_path / "archive", "publish")["published"] > 0
    shared = [
        item["name"]
        for item in answer("-C", tmp_path / "archive", "rights", "list")["answers"]
        if item["allow"]
    ]
    assert {name.split("/")[0] for name in shared} == {"tinytag"}, (
        "only there is a document that gives a license"
    )
