# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds blobs: a folder on a disk, or a place in a bucket. The store knows no other difference between them.

A root answers for bytes by their SHA-256. That it has them is what the ledger says: nothing here is ever listed.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol


class Root(Protocol):
    """One root. It may be sent to another process, and used by several threads and processes at a time.

    Raises StoreFailed where a disk or a server refuses or does not answer: that says nothing of a blob.
    """

    @property
    def id(self) -> str:
        """Stays with the bytes, wherever the disk is mounted and whatever the bucket is called."""

    @property
    def path(self) -> Path:
        """A folder on this machine, in which files stand until they are whole: the disk's own, or a bucket's cache."""

    @property
    def place(self) -> str:
        """Where the root is, for messages."""

    @property
    def is_remote(self) -> bool:
        """Whether bytes have to travel: then no file of this machine can be linked into it."""

    @property
    def parts(self) -> Path:
        """Where the store stages files. Swept at the start of every writing command."""

    def free(self) -> int:
        """Bytes that can be staged now."""

    def sweep(self) -> int:
        """Remove what killed runs left behind; gives how much. Only the holder of the write lock may call."""

    def settle(self, parts: Sequence[tuple[Path, str]]) -> None:
        """Give staged files their names, each the SHA-256 of its bytes. They are durable when this returns, and gone
        from `parts`. Repeating it after a kill is harmless."""

    def bring(self, source: Path, sha256: str) -> None:
        """Hold a copy of a file. When this returns it is durable, and was verified where it lies now. DigestMismatch
        where the file itself is not what its digest says."""

    def size(self, sha256: str) -> int | None:
        """Bytes at a blob's name; None where there is nothing. DigestMismatch where it is no plain file."""

    def file(self, sha256: str) -> Path:
        """The whole blob as a file of this machine. NotFound, DigestMismatch.

        From a bucket it is brought first, and stays for a minute at least: `holding` is for whoever needs longer.
        """

    def holding(self, sha256: str) -> AbstractContextManager[Path]:
        """The same, and the file stays as long as the context."""

    def read(self, sha256: str, size: int, start: int, end: int) -> Iterator[bytes]:
        """Bytes of a blob from `start` up to `end`, in pieces, not verified.

        What stands in the way at the beginning is raised by the call itself: NotFound, and IntegrityError where the
        blob has not `size` bytes.
        """

    def verify(self, sha256: str, size: int) -> str:
        """Read a blob whole, where it lies: `ok`, `missing`, `truncated`, `flipped`, `unreadable`."""

    def set_aside(self, sha256: str) -> str | None:
        """Move a damaged blob out of the way, and say where it is now; it is not deleted. None where nothing is."""

    def aside(self, sha256: str) -> Path | None:
        """The last damaged bytes of a blob that were set aside, as a file of this machine."""

    def remove(self, sha256: str) -> None:
        """Delete a blob, for good. Only for one that is held elsewhere, as the ledger says already."""

    def notes(self) -> Sequence[str]:
        """What its keeper should know of it, in sentences."""
