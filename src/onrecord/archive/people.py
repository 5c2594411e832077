# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`people.sqlite`: what must be erasable, kept apart from the log. Never in an edition; for its owner's eyes alone.

The log holds a salted digest of each statement. Salt and statement lie here and go together: what is left in the log
then says nothing about anybody.
"""

import hashlib
import os
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Self

import apsw

from onrecord.errors import StoreFailed

NAME = "people.sqlite"
_TABLES = """CREATE TABLE IF NOT EXISTS parties (
  notice TEXT NOT NULL, role TEXT NOT NULL, salt BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (notice, role)
) WITHOUT ROWID"""


class People:
    """Statements of the parties to a notice by `role`: `claimant`, or `answer` for whoever counters it."""

    def __init__(self, folder: Path) -> None:
        path = folder / NAME
        # Made before SQLite opens it, so that no moment passes in which others could read it.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        path.chmod(0o600)
        try:
            self._db = apsw.Connection(str(path))
            self._db.set_busy_timeout(10_000)
            # What is deleted is overwritten; no write-ahead log keeps older pages.
            self._db.execute("PRAGMA secure_delete=ON; PRAGMA journal_mode=DELETE").fetchall()
            self._db.execute(_TABLES)
        except apsw.Error as error:
            raise StoreFailed(f"{path}: {error}", "restore it from a copy, or move it away") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def put(self, notice: str, role: str, body: bytes) -> str:
        """Keep a statement, in place of an earlier one of the same role; gives the digest for the log."""
        salt = secrets.token_bytes(16)
        self._db.execute("INSERT OR REPLACE INTO parties VALUES (?,?,?,?)", (notice, role, salt, body))
        return _digest(salt, body)

    def get(self, notice: str, role: str) -> bytes | None:
        """The statement, or None where there was none or it was erased."""
        row = self._db.execute(
            "SELECT body FROM parties WHERE notice=? AND role=?", (notice, role)
        ).fetchone()
        return bytes(row[0]) if row else None

    def digest(self, notice: str, role: str) -> str:
        """What the log must say of a statement that is here; "" where there is none."""
        row = self._db.execute(
            "SELECT salt, body FROM parties WHERE notice=? AND role=?", (notice, role)
        ).fetchone()
        return _digest(bytes(row[0]), bytes(row[1])) if row else ""

    def erase(self, notice: str) -> bool:
        """Everything that anybody said about a notice; tells whether there was something."""
        self._db.execute("DELETE FROM parties WHERE notice=?", (notice,))
        erased = self._db.changes() > 0
        self._db.execute("VACUUM")
        return erased

    def keep(self, notices: Collection[str]) -> None:
        """Erase what belongs to no notice of the log: a run was killed before it was committed."""
        rows = self._db.execute("SELECT DISTINCT notice FROM parties").fetchall()
        for notice in sorted({str(row[0]) for row in rows} - {*notices}):
            self.erase(notice)


def _digest(salt: bytes, body: bytes) -> str:
    return hashlib.sha256(salt + body).hexdigest()
