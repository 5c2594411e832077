# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan adds up, grows as its size does, and counts with what the records say."""

import math
import runpy
from pathlib import Path

import pytest

from onrecord.capacity.assumptions import MEANINGS, Assumptions, assume
from onrecord.capacity.figures import figures
from onrecord.capacity.planning import Plan, Size, plan
from onrecord.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
THEIRS = Size(tracks=256e6, files=86e6, bytes=300e12, mirrors=40)


def _amount(made: Plan, part: str, name: str) -> float:
    [line] = [line for line in made.lines if (line.part, line.name) == (part, name)]
    return line.amount


def test_the_figures_are_what_the_newest_records_say() -> None:
    written = runpy.run_path(str(ROOT / "bench" / "figures.py"))["written"]
    assert (ROOT / "src/onrecord/capacity/figures.json").read_bytes() == written(), (
        "run python bench/figures.py"
    )


def test_disks_hold_all_that_is_listed() -> None:
    made = plan(THEIRS, assume({"disk": 10e12, "fill": 0.5, "disks": 10}))
    parts = [line for line in made.lines if line.part == "disk"]
    assert _amount(made, "machines", "on disk in all") == math.fsum(line.amount for line in parts)
    assert _amount(made, "disk", "sound") == 300e12
    disks, machines = _amount(made, "machines", "disks"), _amount(made, "machines", "machines")
    assert (disks - 1) * 5e12 < _amount(made, "machines", "on disk in all") <= disks * 5e12
    assert (machines - 1) * 10 < disks <= machines * 10


def test_memory_asks_for_machines_too() -> None:
    made = plan(THEIRS, assume({"memory": 8e9}))
    assert (
        _amount(made, "machines", "machines")
        == math.ceil(_amount(made, "machines", "in memory at once") / 8e9)
        > 1
    )


def test_a_part_that_is_not_asked_for_is_not_there_and_brings_no_figure() -> None:
    made = plan(Size(plays=1e9), Assumptions())
    assert {line.name for line in made.lines if line.part == "hours"} == {"paying out"}
    assert "adding_bytes_a_cpu_s" not in {figure.name for figure in made.measured}
    assert _amount(made, "hours", "paying out") == pytest.approx(
        1e9 / (figures()["paid_plays_a_cpu_s"].value * 16 * 0.9) / 3600
    )


def test_every_measured_figure_that_a_line_names_is_listed() -> None:
    made = plan(THEIRS, Assumptions())
    assert {name for line in made.lines for name in line.figures} == {figure.name for figure in made.measured}


def test_slow_disks_or_few_cores_are_what_bounds_adding() -> None:
    slow_disks = plan(THEIRS, assume({"disk_rate": 1e6, "cores": 64}))
    few_cores = plan(THEIRS, assume({"disk_rate": 1e9, "cores": 1}))
    [by_disks] = [line for line in slow_disks.lines if line.name == "adding all sound"]
    [by_cores] = [line for line in few_cores.lines if line.name == "adding all sound"]
    assert "disks allow" in by_disks.how and "cores allow" in by_cores.how
    disks = _amount(slow_disks, "machines", "disks")
    assert by_disks.amount == pytest.approx(300e12 / (disks * 1e6) / 3600)


def test_a_swarm_is_as_slow_as_the_slowest_of_its_lines() -> None:
    slow_archive = plan(THEIRS, assume({"line": 10e6, "mirror_line": 1e9}))
    assert _amount(slow_archive, "network", "until each mirror has all") == pytest.approx(
        300e12 / 10e6 / 3600
    )
    slow_mirrors = plan(THEIRS, assume({"line": 1e9, "mirror_line": 10e6}))
    assert _amount(slow_mirrors, "network", "until each mirror has all") == pytest.approx(
        300e12 / 10e6 / 3600
    )
    alone = _amount(slow_archive, "network", "the same without a swarm")
    assert alone == pytest.approx(40 * 300e12 / 10e6 / 3600)


def test_more_of_everything_takes_more_of_everything() -> None:
    small, large = (plan(Size(n * 1e6, n * 1e5, n * 1e12, 5, n * 1e7), Assumptions()) for n in (10, 1000))
    names = {(line.part, line.name) for line in small.lines}
    for part, name in names - {
        ("memory", "making volumes"),
        ("memory", "matching"),
        ("memory", "paying out"),
    }:
        assert _amount(small, part, name) <= _amount(large, part, name), (part, name)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"disc": 1.0}, "disc"),
        ({"disk": 0.0}, "more than 0"),
        ({"fill": 1.5}, "share"),
        ({"cores": -1.0}, "more than 0"),
    ],
)
def test_what_cannot_be_assumed_is_named(changed: dict[str, float], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        assume(changed)


def test_every_assumption_says_what_it_is() -> None:
    assert tuple(MEANINGS) == Assumptions.__struct_fields__
