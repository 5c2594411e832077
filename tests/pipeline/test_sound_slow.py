# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real music through what `./dev bench sound` measures and what can be wrong: versions, known pairs, mutated files."""

import importlib
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from onrecord.archive.same_sound import SAME_SOUND

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = ROOT / "demo" / "collection"
#: An air, a fanfare, and the one piece of the demo that is all noise: a restaurant.
PIECES = ("gnu_flute.ogg", "lose_theme.ogg", "lenautile_restaurant.ogg")
FILES = 300
CODES = {"not-sound", "no-samples", "crashed", "timeout", "too-much-memory", "unreadable"}

Part = Callable[[str], ModuleType]


@pytest.fixture
def part(monkeypatch: pytest.MonkeyPatch) -> Part:
    """A part of the benchmark by its name: what is measured there is asserted here."""
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    return lambda name: importlib.import_module(f"sound_{name}")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_version_of_a_piece_is_found_and_nothing_else(part: Part, tmp_path: Path) -> None:
    if not shutil.which("ffmpeg"):
        pytest.skip("ffmpeg is not installed")
    music = [path for path in sorted(COLLECTION.rglob("*.ogg")) if path.name in PIECES]
    assert len(music) == len(PIECES)
    versions = part("versions")
    found = versions.re_encodings(music, tmp_path)
    assert found["not_made"] == found["without_a_key"] == []
    assert found["versions"] == len(PIECES) * (1 + len(versions.KINDS))
    assert found["recall"].keys() == versions.KINDS.keys()
    assert [row["missed"] for row in found["recall"].values() if row["missed"]] == []
    assert {row["asked"] for row in found["recall"].values()} == {len(PIECES)}
    assert found["false_matches"] == []
    # Two made of one find each other, too.
    assert found["pairs_of_one_piece"]["found"] == found["pairs_of_one_piece"]["asked"]
    assert found["largest_error_of_one_piece"]["error"] <= SAME_SOUND
    assert found["smallest_error_of_unrelated"] > 0.3


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_known_pairs_of_whole_packages_are_found(part: Part, tmp_path: Path) -> None:
    versions = part("versions")
    if not versions.DATA.is_dir():
        pytest.skip("shared/data/debian-music is not beside the project")
    packages = {
        name: versions.installed(name) or versions.unpacked(name, tmp_path / "debian")
        for name in versions.PACKAGES
    }
    if absent := [name for name, files in packages.items() if not files]:
        pytest.skip(f"neither installed nor to be had: {', '.join(absent)}")
    found = versions.known_pairs(packages, tmp_path)
    assert found["absent"] == 0
    assert found["pieces"] > 50
    assert [pair for pair in found["missed"] if pair["theirs"] <= SAME_SOUND] == []
    assert {pair["kind"] for pair in found["found"]} >= {"near"}, "a menu and the same menu enhanced"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_mutated_files_are_read_or_refused_by_name(part: Part, tmp_path: Path) -> None:
    hostile = part("hostile")
    if absent := [name for name in hostile.CORPORA if not (hostile.DATA / name).is_dir()]:
        pytest.skip(f"not beside the project: shared/data: {', '.join(absent)}")
    music = sorted(path for path in COLLECTION.rglob("*") if path.suffix in {".ogg", ".opus", ".mp3"})
    found = hostile.measure(music, tmp_path, 1, FILES)
    assert found["files"] == FILES == found["decoded"] + found["refused"]
    assert found["decoded_with_faults"] > FILES // 10, "damage that is decoded is noted"
    assert found["refused_by_code"].keys() <= CODES
    assert sum(found["refused_by_code"].values()) == found["refused"] > FILES // 10
    assert found["refused_without_a_reason"] == found["faults_without_a_sentence"] == []
    assert found["beyond_the_limit"] == found["timeouts"] == []
    assert all(reason for reason in found["crashed_by_reason"])


@pytest.mark.slow
def test_a_mutation_can_be_made_again(part: Part) -> None:
    hostile = part("hostile")
    piece = next(COLLECTION.rglob("gnu_flute.ogg"))
    made = [hostile.mutated(piece, number) for number in range(40)]
    assert made == [hostile.mutated(piece, number) for number in range(40)]
    assert len(set(made)) > 36, "hardly two are alike"
    whole = piece.read_bytes()[: hostile.MOST_BYTES]
    assert sum(each != whole for each in made) > 36, "nearly all are damaged"
