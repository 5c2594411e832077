# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of blobs of a bucket that stay on this machine until they are given up: for whoever reads files for months."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct


class Copies(Struct, frozen=True, forbid_unknown_fields=True):
    """Beside the cache and on its disk, so that a file which is there takes no room twice."""

    folder: Path

    def path(self, sha256: str) -> Path | None:
        found = self._path(sha256)
        return found if found.is_file() else None

    def keep(self, sha256: str, file: Path) -> None:
        """Keep a verified file of the cache under the blob's name; a link is there whole or not at all."""
        path = self._path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.link(file, path)

    def forget(self, sha256: str) -> None:
        """Who has it open reads on."""
        with suppress(FileNotFoundError):
            self._path(sha256).unlink()

    def names(self) -> Iterator[str]:
        for path in self.folder.glob("*/*"):
            yield path.name

    def _path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256
