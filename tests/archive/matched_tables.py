# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the matcher left, row by row."""

from typing import Any

from onrecord.archive import Archive


def kept_rows(archive: Archive, name: str) -> list[dict[str, Any]]:
    with archive.duck() as duck:
        columns = [column for column, *_ in duck.run(f"DESCRIBE {archive.canonical_rows(name)}")]
        return [dict(zip(columns, row, strict=True)) for row in duck.run(archive.canonical_rows(name))]
