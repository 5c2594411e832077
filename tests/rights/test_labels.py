# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate against pieces that two readers labelled before it ran on them (tests/data/rights_labels)."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

import rights_labels as bench  # noqa: E402

#: What both readers leave to a person and the gate allows, with what it does not see.
KNOWN = {
    # Sounds beside it name other makers; the license of everything is one for works.
    "usr/share/games/flare/mods/empyrean_campaign/soundfx/environment/rain.ogg",
    # It nearly sounds like a piece of another license; `match alike` tells, and the gate looks at one file.
    "usr/share/games/warzone2100/music/albums/aftermath_soundtrack/menu_enhanced.opus",
}


@pytest.mark.parametrize("name", bench.SETS)
def test_nothing_is_allowed_that_both_readers_would_refuse(name: str, tmp_path: Path) -> None:
    if not (bench.DATA / name).is_dir():
        pytest.skip(f"no ../shared/data/{name} beside the repository")
    first, second = bench.labels("a", name), bench.labels("b", name)
    assert first.keys() == second.keys()
    answers = bench.decided(name, tmp_path)
    assert answers and answers.keys() <= first.keys()
    allowed = {piece for piece, answer in answers.items() if answer.allow}
    refused = {piece for piece, label in first.items() if label != "yes" and second[piece] != "yes"}
    assert allowed & refused <= KNOWN
    shareable = {piece for piece, label in first.items() if label == second[piece] == "yes"}
    assert len(shareable & allowed) >= 0.9 * len(shareable)
