# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens an index of tantivy, on what is mounted for reading only, too: the engine makes a lock file even to read."""

import os
import tempfile
from pathlib import Path
from typing import Any

import tantivy


def open_index(folder: Path) -> tuple[tantivy.Index, Any]:
    """The index in a folder, and what must be kept as long as it is read. ValueError where there is none."""
    if not folder.is_dir() or not os.statvfs(folder).f_flag & os.ST_RDONLY:
        return tantivy.Index.open(str(folder)), None
    beside = tempfile.TemporaryDirectory(prefix="onrecord-index-")
    for path in folder.iterdir():
        if path.suffix != ".lock":
            (Path(beside.name) / path.name).symlink_to(path.absolute())
    return tantivy.Index.open(beside.name), beside
