# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`listening.sqlite`: what people starred, rated, put on lists and heard. For them alone: never in the log, a dataset,
an edition, an export; readable by whoever runs the archive and nobody else on the machine; gone with one command.

Plays are kept of those alone who said that they want it.
"""

import datetime as dt
import secrets
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Self

import apsw
from msgspec import Struct

from onrecord.archive.core import make_own, own_place
from onrecord.errors import NotFound, StoreFailed, UsageError
from onrecord.ledger.log import utc_now

NAME: Final = "listening.sqlite"
#: A person has at most so many lists, and a list so many entries.
MOST_LISTS: Final = 1_000
MOST_ENTRIES: Final = 10_000
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS keeps (user TEXT PRIMARY KEY COLLATE NOCASE) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stars (
  user TEXT NOT NULL COLLATE NOCASE, kind TEXT NOT NULL, id TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (user, kind, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ratings (
  user TEXT NOT NULL COLLATE NOCASE, id TEXT NOT NULL, rating INT NOT NULL, PRIMARY KEY (user, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lists (
  id TEXT PRIMARY KEY, user TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL, comment TEXT NOT NULL,
  public INT NOT NULL, made TEXT NOT NULL, changed TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (
  list TEXT NOT NULL REFERENCES lists (id) ON DELETE CASCADE, place INT NOT NULL, id TEXT NOT NULL,
  seconds REAL NOT NULL,
  PRIMARY KEY (list, place)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS plays (
  user TEXT NOT NULL COLLATE NOCASE, at INT NOT NULL, said BLOB NOT NULL, thing TEXT NOT NULL, release TEXT NOT NULL,
  PRIMARY KEY (user, at, said)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS imports (user TEXT PRIMARY KEY COLLATE NOCASE, at INT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS plays_thing ON plays (user, thing);
"""


class Play(Struct, frozen=True):
    """`at` in seconds; `said` as it came, JSON. `thing` and `release` are what it is of here, "" where that is not
    known."""

    at: int
    said: bytes
    thing: str = ""
    release: str = ""


class Listed(Struct, frozen=True):
    """A list of recordings with their lengths in seconds, in its owner's order."""

    id: str
    user: str
    name: str
    comment: str
    public: bool
    made: str
    changed: str
    entries: tuple[tuple[str, float], ...]


class Kept(Struct, frozen=True):
    """What is kept of one person, in numbers."""

    plays_are_kept: bool
    plays: int
    stars: int
    ratings: int
    lists: int


class Listening:
    """What is kept of everybody, from any number of threads and processes at once."""

    def __init__(self, folder: Path, clock: Callable[[], dt.datetime] = utc_now) -> None:
        path = make_own(folder, NAME)
        self._clock = clock
        self._lock = threading.RLock()
        try:
            self._db = apsw.Connection(str(path))
            self._db.set_busy_timeout(10_000)
            # What is deleted is overwritten; no write-ahead log keeps older pages.
            self._db.execute(
                "PRAGMA secure_delete=ON; PRAGMA journal_mode=DELETE; PRAGMA foreign_keys=ON"
            ).fetchall()
            self._db.execute(_TABLES)
        except apsw.Error as error:
            raise StoreFailed(f"{path}: {error}", "restore it from a copy, or move it away") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    # Plays -------------------------------------------------------------------------------------------------------

    def keeps(self, user: str) -> bool:
        """Did this person say that their plays are to be kept?"""
        return bool(self._rows("SELECT 1 FROM keeps WHERE user=?", (user,)))

    def keep(self, user: str, wanted: bool) -> None:
        """From now on. What was kept stays until it is erased."""
        sql = "INSERT OR IGNORE INTO keeps VALUES (?)" if wanted else "DELETE FROM keeps WHERE user=?"
        self._rows(sql, (user,))

    def play(self, user: str, plays: Iterable[Play]) -> int:
        """Keep plays of somebody who wants it; gives how many that were. One that is there already is there once."""
        wanted = list(plays) if self.keeps(user) else []
        with self._lock, self._db:
            for each in wanted:
                row = (user, each.at, each.said, each.thing, each.release)
                self._rows("INSERT OR IGNORE INTO plays VALUES (?,?,?,?,?)", row)
        return len(wanted)

    def plays(self, user: str, limit: int, before: int | None = None, since: int | None = None) -> list[Play]:
        """The newest first, of before (not at) a second, or after one."""
        bounds = (before if before is not None else 2**62, since if since is not None else -1)
        # Those that follow a second are the ones that follow it closest.
        order = "ASC" if since is not None and before is None else "DESC"
        rows = self._rows(
            "SELECT at, said, thing, release FROM plays WHERE user=? AND at < ? AND at > ?"
            f" ORDER BY at {order}, said LIMIT ?",
            (user, *bounds, limit),
        )
        return sorted((Play(*row) for row in rows), key=lambda play: -play.at)

    def count(self, user: str) -> int:
        return int(self._rows("SELECT count(*) FROM plays WHERE user=?", (user,))[0][0])

    def span(self, user: str) -> tuple[int, int]:
        """Seconds of the first and the last play; zeros where there are none."""
        row = self._rows(
            "SELECT coalesce(min(at), 0), coalesce(max(at), 0) FROM plays WHERE user=?", (user,)
        )[0]
        return int(row[0]), int(row[1])

    def heard(self, user: str, thing: str) -> tuple[int, int]:
        """How often somebody heard a recording, and when last in seconds."""
        row = self._rows(
            "SELECT count(*), coalesce(max(at), 0) FROM plays WHERE user=? AND thing=?", (user, thing)
        )[0]
        return int(row[0]), int(row[1])

    def most_heard(self, user: str, column: str, limit: int, start: int, *, last: bool = False) -> list[str]:
        """Ids of what somebody heard most often, or last: `column` is `thing` or `release`."""
        assert column in ("thing", "release")
        order = "max(at) DESC" if last else "count(*) DESC, max(at) DESC"
        rows = self._rows(
            f"SELECT {column} FROM plays WHERE user=? AND {column} <> '' GROUP BY 1 ORDER BY {order}, 1"
            " LIMIT ? OFFSET ?",
            (user, limit, start),
        )
        return [str(row[0]) for row in rows]

    def forget_play(self, user: str, at: int, chosen: Callable[[bytes], bool]) -> bool:
        """Erase the plays of one second that are chosen; tells whether there were any."""
        rows = self._rows("SELECT said FROM plays WHERE user=? AND at=?", (user, at))
        wanted = [row[0] for row in rows if chosen(row[0])]
        for said in wanted:
            self._rows("DELETE FROM plays WHERE user=? AND at=? AND said=?", (user, at, said))
        return bool(wanted)

    def imported(self, user: str) -> int:
        """The second up to which a program of theirs brought plays from elsewhere; 0 where none did."""
        rows = self._rows("SELECT at FROM imports WHERE user=?", (user,))
        return int(rows[0][0]) if rows else 0

    def note_import(self, user: str, at: int) -> None:
        self._rows("INSERT OR REPLACE INTO imports VALUES (?,?)", (user, at))

    # Stars and ratings -------------------------------------------------------------------------------------------

    def star(self, user: str, kind: str, id: str) -> None:
        self._rows("INSERT OR IGNORE INTO stars VALUES (?,?,?,?)", (user, kind, id, self._now))

    def unstar(self, user: str, kind: str, id: str) -> None:
        self._rows("DELETE FROM stars WHERE user=? AND kind=? AND id=?", (user, kind, id))

    def starred(self, user: str, kind: str) -> dict[str, str]:
        """When each was starred, the last first."""
        rows = self._rows(
            "SELECT id, at FROM stars WHERE user=? AND kind=? ORDER BY at DESC, id", (user, kind)
        )
        return {str(id): str(at) for id, at in rows}

    def star_of(self, user: str, kind: str, id: str) -> str:
        """When it was starred, "" where it is not."""
        rows = self._rows("SELECT at FROM stars WHERE user=? AND kind=? AND id=?", (user, kind, id))
        return str(rows[0][0]) if rows else ""

    def rate(self, user: str, id: str, rating: int) -> None:
        """From 1 to 5; 0 takes the rating back."""
        if rating:
            self._rows("INSERT OR REPLACE INTO ratings VALUES (?,?,?)", (user, id, rating))
        else:
            self._rows("DELETE FROM ratings WHERE user=? AND id=?", (user, id))

    def rating(self, user: str, id: str) -> int:
        rows = self._rows("SELECT rating FROM ratings WHERE user=? AND id=?", (user, id))
        return int(rows[0][0]) if rows else 0

    def best_rated(self, user: str) -> list[str]:
        rows = self._rows("SELECT id FROM ratings WHERE user=? ORDER BY rating DESC, id", (user,))
        return [str(row[0]) for row in rows]

    # Lists -------------------------------------------------------------------------------------------------------

    def lists(self, user: str) -> list[Listed]:
        """Those of a person, and what others show to everybody with an account."""
        rows = self._rows(
            "SELECT id FROM lists WHERE user=?1 OR public ORDER BY user <> ?1, name COLLATE NOCASE, id",
            (user,),
        )
        return [self.listed(user, str(row[0])) for row in rows]

    def listed(self, user: str, id: str) -> Listed:
        """Raises NotFound, also for a list that another person keeps to themselves."""
        rows = self._rows(
            "SELECT id, user, name, comment, public, made, changed FROM lists WHERE id=? AND (user=? OR public)",
            (id, user),
        )
        if not rows:
            raise NotFound(f"no playlist has the id {id[:80]!r}")
        entries = self._rows("SELECT id, seconds FROM entries WHERE list=? ORDER BY place", (id,))
        id, owner, name, comment, public, made, changed = rows[0]
        listed = tuple((str(entry), float(seconds)) for entry, seconds in entries)
        return Listed(id, owner, name, comment, bool(public), made, changed, listed)

    def make_list(self, user: str, name: str, entries: Sequence[tuple[str, float]]) -> Listed:
        """Raises UsageError where there are too many."""
        with self._lock, self._db:
            [(count,)] = self._rows("SELECT count(*) FROM lists WHERE user=?", (user,))
            if count >= MOST_LISTS:
                raise UsageError(f"{count} playlists: expected at most {MOST_LISTS}", "delete one first")
            id = "p" + secrets.token_hex(8)
            row = (id, user, name[:300], "", 0, self._now, self._now)
            self._rows("INSERT INTO lists VALUES (?,?,?,?,?,?,?)", row)
            self._fill(id, entries)
        return self.listed(user, id)

    def change_list(
        self,
        user: str,
        id: str,
        *,
        name: str | None = None,
        comment: str | None = None,
        public: bool | None = None,
        entries: Sequence[tuple[str, float]] | None = None,
    ) -> Listed:
        """Whatever is given, of one's own list. Raises NotFound, UsageError."""
        with self._lock, self._db:
            listed = self._own(user, id)
            self._rows(
                "UPDATE lists SET name=?, comment=?, public=?, changed=? WHERE id=?",
                (
                    listed.name if name is None else name[:300],
                    listed.comment if comment is None else comment[:2000],
                    listed.public if public is None else public,
                    self._now,
                    id,
                ),
            )
            if entries is not None:
                self._fill(id, entries)
        return self.listed(user, id)

    def delete_list(self, user: str, id: str) -> None:
        """One's own. Raises NotFound."""
        self._rows("DELETE FROM lists WHERE id=?", (self._own(user, id).id,))

    def _own(self, user: str, id: str) -> Listed:
        listed = self.listed(user, id)
        if listed.user.casefold() != user.casefold():
            raise NotFound(f"no playlist of yours has the id {id[:80]!r}")
        return listed

    def _fill(self, id: str, entries: Sequence[tuple[str, float]]) -> None:
        if len(entries) > MOST_ENTRIES:
            raise UsageError(f"{len(entries)} entries: expected at most {MOST_ENTRIES} in a playlist")
        self._rows("DELETE FROM entries WHERE list=?", (id,))
        for place, entry in enumerate(entries):
            self._rows("INSERT INTO entries VALUES (?,?,?,?)", (id, place, *entry))

    # One person --------------------------------------------------------------------------------------------------

    def kept(self, user: str) -> Kept:
        counts = [
            int(self._rows(f"SELECT count(*) FROM {table} WHERE user=?", (user,))[0][0])
            for table in ("plays", "stars", "ratings", "lists")
        ]
        return Kept(self.keeps(user), *counts)

    def erase_plays(self, user: str) -> int:
        """All plays of a person, for good; gives how many that were."""
        count = self.count(user)
        self._rows("DELETE FROM plays WHERE user=?", (user,))
        self._rows("VACUUM")
        return count

    def forget(self, user: str) -> Kept:
        """Everything that is kept of a person, for good; gives what that was."""
        kept = self.kept(user)
        with self._lock, self._db:
            for table in ("plays", "stars", "ratings", "lists", "keeps", "imports"):
                self._rows(f"DELETE FROM {table} WHERE user=?", (user,))
        self._rows("VACUUM")
        return kept

    @property
    def _now(self) -> str:
        return self._clock().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()


def forget(folder: Path, user: str) -> None:
    """Everything that is kept of a person, where anything was ever kept of anybody."""
    if (own_place(folder) / NAME).exists():
        with Listening(folder) as listening:
            listening.forget(user)
