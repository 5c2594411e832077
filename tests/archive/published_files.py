# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an edition says that it holds."""

from onrecord.archive import Archive
from onrecord.engine.parquet import read_rows


def published_files(archive: Archive, number: int) -> list[str]:
    """The digests of its files, in order."""
    path = archive.folder / "editions" / str(number) / "dataset" / "files.parquet"
    return [str(row["sha256"]) for row in read_rows(path, ["sha256"])]
