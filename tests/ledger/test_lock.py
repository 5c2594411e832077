# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who writes for long is not waited for; who writes for a moment is, and waits itself."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from onrecord.errors import ArchiveLocked
from onrecord.ledger import alone, writing


def begun(task: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=task)
    thread.start()
    return thread


def test_who_writes_for_long_is_not_waited_for(tmp_path: Path) -> None:
    refused = pytest.raises(ArchiveLocked, match="is writing to this archive")
    with writing(tmp_path / "lock"), refused, writing(tmp_path / "lock"):
        pass
    with writing(tmp_path / "lock"):
        pass


@pytest.mark.parametrize(("first", "second"), [(True, False), (False, True), (True, True)])
def test_a_moment_is_waited_for_and_waits(tmp_path: Path, first: bool, second: bool) -> None:
    order: list[str] = []

    def write() -> None:
        with writing(tmp_path / "lock", moment=second):
            order.append("second")

    with writing(tmp_path / "lock", moment=first):
        other = begun(write)
        other.join(0.3)
        assert other.is_alive(), "it waits, and is not refused"
        order.append("first")
    other.join(20)
    assert order == ["first", "second"]


def test_a_run_of_one_kind_lets_others_write(tmp_path: Path) -> None:
    with alone(tmp_path / "part" / "lock", tmp_path, "is fetching"):
        with writing(tmp_path / "lock"):
            pass
        refused = pytest.raises(ArchiveLocked, match=f"{tmp_path}: another process .pid [0-9]+. is fetching")
        with refused, alone(tmp_path / "part" / "lock", tmp_path, "is fetching"):
            pass
