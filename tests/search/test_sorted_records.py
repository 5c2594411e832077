# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records that are put in order beside memory: all of them once, and room is given back while they are read."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onrecord.search import sorted_records
from onrecord.search.sorted_records import SortedRecords


def lying(folder: Path) -> int:
    """Bytes of files without a name in a folder that this process has open."""
    found = 0
    for opened in Path("/proc/self/fd").iterdir():
        try:
            if str(opened.readlink()).startswith(f"{folder}/"):
                found += opened.stat().st_size
        except OSError:
            continue  # what listed them
    return found


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.binary(min_size=3, max_size=3) | st.sampled_from([b"\0\0\0", b"a\0\0", b"a\0b"]))),
    st.integers(1, 40),
    st.integers(1, 9),
)
def test_each_comes_once_and_in_order(tmp_path: Path, added: list[list[bytes]], run: int, piece: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorted_records, "_RUN", run)
        patch.setattr(sorted_records, "_PIECE", piece)
        records = SortedRecords(tmp_path, 3)
        for some in added:
            records.add(b"".join(some))
        found = b"".join(part.tobytes() for part in records.parts())
    assert found == b"".join(sorted({record for some in added for record in some}))
    assert lying(tmp_path) == 0


def test_room_is_given_back_while_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorted_records, "_RUN", 10_000)
    monkeypatch.setattr(sorted_records, "_PIECE", 500)
    chance = random.Random(0)
    records = SortedRecords(tmp_path, 12)
    for _ in range(20):
        records.add(
            b"".join(b"\0\0" + chance.randbytes(6) + b"\0\0" + chance.randbytes(2) for _ in range(5_000))
        )
    most = lying(tmp_path)
    assert most < 100_000 * 8.5, "zeros take no room"
    read, left = 0, []
    for part in records.parts():
        read += len(part)
        left.append((read, lying(tmp_path)))
    assert read == 100_000
    assert all(room <= most * (1 - done / read) + 1 for done, room in left)
