# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Segments: what a file does not say twice is said by the table all the same."""

from pathlib import Path

from onrecord.catalog.tables import Tables, TrackRow
from onrecord.engine.duck import Duck
from onrecord.engine.parquet import read_rows

BLANK = dict.fromkeys(TrackRow.__struct_fields__, "") | dict.fromkeys(("disc", "position", "duration_ms"))


def track(identifier: str, record: str, title: str, release: str, release_id: str) -> TrackRow:
    said = {"id": identifier, "record": record, "title": title, "release": release, "release_id": release_id}
    return TrackRow(**BLANK | {"seq": 0, "source": "x"} | said)  # type: ignore[arg-type]


def test_what_a_file_says_once_the_table_says_twice(tmp_path: Path) -> None:
    rows = [
        track("1", "release:7", "Single", "Single", "7"),
        track("2", "release:7", "Single", "Album", "8"),
        track("3", "recording:3", "", "", ""),
        track("4", "", "Song", "", "9"),
    ]
    tables = Tables(tmp_path)
    segment = tables.append("tracks", 5, rows)
    assert segment is not None
    held = list(read_rows(tmp_path / segment.path, ["release", "record"]))
    assert [row["release"] for row in held] == [None, "Album", None, ""]
    assert [row["record"] for row in held] == [None, "release:7", "recording:3", ""]
    duck = Duck(tmp_path / "spill", "1GB", 1)
    tables.attach(duck, [segment])
    names = TrackRow.__struct_fields__
    read = duck.run(f"SELECT {', '.join(names)} FROM tracks ORDER BY id")
    assert read == [tuple(5 if name == "seq" else getattr(row, name) for name in names) for row in rows]
    duck.close()
