# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an export is written by: plain folders and bags are trees, OCFL is objects."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Protocol

from onrecord.archive.exporting.wanted import File


class Writer(Protocol):
    """Writes one export. `open` comes first, then `write` for the files of each recording, then `close`."""

    def open(self, open_files: ExitStack) -> None: ...

    def write(self, files: Sequence[File]) -> None: ...

    def close(self) -> None: ...
