# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads files for their SHA-256 while others still come in: each once, beside the network, and makes them durable."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final, Self

from onrecord.errors import OnrecordError
from onrecord.store import Seen, see
from onrecord.store.roots import refused_write, sync_folder

#: Bytes that may wait for the disk: what was read is written out behind, so that nobody waits for all of it at the end.
_BEHIND: Final = 128 * 1024 * 1024


class Seeing:
    """Files below one folder, by their paths. Hashing lets the other threads run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._threads = ThreadPoolExecutor(1, "seeing")
        self._writing = ThreadPoolExecutor(1, "writing out")
        self._coming: dict[Path, Future[Seen | None]] = {}
        self._behind: list[Future[None]] = []
        self._unwritten = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._writing.shutdown(wait=True, cancel_futures=True)

    def begin(self, path: Path) -> None:
        """Read a file of which all bytes came. It may still be on its way to the disk: then `seen` reads it again."""
        if path not in self._coming:
            self._coming[path] = self._threads.submit(self._see, path)

    def seen(self, path: Path, expected: str) -> Seen | None:
        """What a file is that has come to rest; None where it is not there. It is read again only where it was read too
        soon: it is not what is `expected`, or was touched since."""
        coming = self._coming.pop(path, None)
        found = coming.result() if coming else None
        if found is not None and found.sha256 == expected and found.is_still(path):
            return found
        return self._threads.submit(self._see, path).result()

    def settle(self) -> None:
        """Wait until what was written out behind is on the disk. StoreFailed, StoreFull: a disk says so only once."""
        behind, self._behind = self._behind, []
        for writing in behind:
            try:
                writing.result()
            except OSError as error:
                raise refused_write(error, self._folder) from error

    def _see(self, path: Path) -> Seen | None:
        try:
            found = see(path)
        except (OSError, OnrecordError):
            return None
        self._unwritten += found.size
        if self._unwritten >= _BEHIND:
            self._unwritten = 0
            self._behind.append(self._writing.submit(sync_folder, self._folder))
        return found
