# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the records of one entity is shown."""

from pathlib import Path

import pytest

from onrecord.engine.duck import Duck, sql_file

ROWS: dict[str, tuple[list[tuple[str, int, str, bool]], tuple[str, int] | None]] = {
    "the newest": ([("a", 1, "application/json", False), ("b", 2, "application/xml", False)], ("b", 2)),
    "a row of a table came later": (
        [("a", 1, "application/json", False), ("b", 2, "text/csv", False)],
        ("a", 1),
    ),
    "there is a row of a table alone": ([("b", 2, "text/csv", False)], ("b", 2)),
    "one source let it go": (
        [
            ("a", 1, "application/json", False),
            ("b", 2, "application/xml", False),
            ("b", 3, "application/xml", True),
        ],
        ("a", 1),
    ),
    "all let it go": ([("a", 1, "application/json", False), ("a", 2, "application/json", True)], None),
    "its source may not be shown": ([("closed", 1, "application/json", False)], None),
}


@pytest.mark.parametrize(("rows", "seat"), ROWS.values(), ids=ROWS)
def test_the_seat_of_an_entity(
    tmp_path: Path, rows: list[tuple[str, int, str, bool]], seat: tuple[str, int] | None
) -> None:
    duck = Duck(tmp_path)
    try:
        duck.table("free_sources", {"source": "VARCHAR"}, [("a",), ("b",)])
        columns = {"source": "VARCHAR", "seq": "BIGINT", "media_type": "VARCHAR", "deleted": "BOOLEAN"}
        duck.table("records", columns | {"record": "VARCHAR"}, [(*row, "recording:x") for row in rows])
        found = duck.run(sql_file("onrecord.catalog", "record_seats"))
    finally:
        duck.close()
    assert found == ([("recording", "x", *seat)] if seat else [])
