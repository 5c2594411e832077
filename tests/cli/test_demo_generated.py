# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord demo --generate`: its figures are those of the archive that it leaves."""

import json
from pathlib import Path

import pytest

from onrecord.archive.reading import open_reader
from tests.pipeline.pieces import onrecord


def test_the_figures_are_those_of_the_archive(tmp_path: Path) -> None:
    made = onrecord(
        "demo", "--no-serve", "--json", "--generate", "5e3", "--seed", 3, "--into", tmp_path / "made"
    )
    assert made.returncode == 0, made.stderr
    summary = json.loads(made.stdout)
    glance = open_reader(tmp_path / "made" / "archive").glance()
    assert summary["schema"] == "onrecord.demo.generated/1"
    assert summary["claims"]["tracks"] == 5000
    assert summary["archive"]["recordings"] == glance.recordings > 3000
    assert summary["archive"]["name"] == "Generated catalog of 5,000 tracks"
    assert summary["matching"]["kinds"]["recording"]["true"] > 100
    assert "nobody said any of it" in summary["note"]
    assert (tmp_path / "made" / "truth" / "tracks").is_dir()


def test_a_person_reads_that_all_of_it_is_made_up(tmp_path: Path) -> None:
    made = onrecord("demo", "--no-serve", "--generate", 2000, "--into", tmp_path / "made")
    assert made.returncode == 0, made.stderr
    assert "made up by `onrecord demo --generate`: nobody said any of it" in made.stdout
    assert "2,000 tracks" in made.stdout


@pytest.mark.parametrize("tracks", ("0", "-3", "1.5", "many", "1e12", "nan", "inf"))
def test_a_number_that_is_none_is_refused(tmp_path: Path, tracks: str) -> None:
    made = onrecord("demo", "--no-serve", "--generate", tracks, "--into", tmp_path / "made")
    assert made.returncode == 2
    assert "expected a whole number from 1 on" in made.stderr
    assert not (tmp_path / "made").exists()


def test_music_and_made_claims_exclude_each_other(tmp_path: Path) -> None:
    made = onrecord("demo", "--generate", "1e3", "--collection", tmp_path, "--into", tmp_path / "made")
    assert made.returncode == 2
    assert "choose one" in made.stderr
