# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`swarm.sqlite`: how many hold each torrent, as counted day by day (format 9.11). Numbers alone, never an address.

It is a measurement: nothing hangs on it, and whoever loses it counts anew. It stands outside of log and editions.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Final

import apsw
from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.errors import StoreFailed
from onrecord.model.views import SwarmView

NAME: Final = "swarm.sqlite"
#: Days that `days` gives of a torrent.
MOST_DAYS: Final = 90
_TABLES: Final = """CREATE TABLE IF NOT EXISTS counts (
  torrent TEXT NOT NULL, day TEXT NOT NULL, at INTEGER NOT NULL, source TEXT NOT NULL,
  seeders INTEGER NOT NULL, leechers INTEGER NOT NULL, completed INTEGER, seen INTEGER,
  PRIMARY KEY (torrent, day)
) WITHOUT ROWID"""
# What a tracker said stands for its day: a session sees only who is connected to it.
_PUT: Final = """INSERT INTO counts VALUES (:torrent, :day, :at, :source, :seeders, :leechers, :completed, :seen)
ON CONFLICT DO UPDATE SET at = excluded.at, source = excluded.source, seeders = excluded.seeders,
  leechers = excluded.leechers, completed = excluded.completed
WHERE excluded.source = 'tracker' OR counts.source <> 'tracker'"""
_SEEN: Final = (
    "UPDATE counts SET seen = :seen WHERE torrent = :torrent AND day = :day AND coalesce(seen, 0) < :seen"
)

_LATEST: Final = """SELECT seeders, leechers, completed, at, source, (SELECT max(seen) FROM counts WHERE torrent = ?1)
FROM counts WHERE torrent = ?1 ORDER BY day DESC LIMIT 1"""
_HISTORY: Final = """SELECT torrent, day, source, seeders, leechers, completed FROM counts
ORDER BY day DESC, torrent LIMIT ?"""


_DAYS: Final = f"""SELECT torrent, day, source, seeders, leechers, completed FROM counts
WHERE torrent = ? ORDER BY day DESC LIMIT {MOST_DAYS}"""


class Count(Struct, frozen=True, forbid_unknown_fields=True):
    """What was counted of a torrent at one time. `source` is `tracker` or `session`; `whole` says that a whole copy was
    seen by either."""

    torrent: str
    source: str
    seeders: int
    leechers: int
    completed: int | None
    whole: bool


class SwarmDay(Struct, frozen=True, forbid_unknown_fields=True):
    """A day of a torrent: the last count of it."""

    torrent: str
    day: str
    source: str
    seeders: int
    leechers: int
    completed: int | None


def put(archive: Archive, counts: Iterable[Count], at: dt.datetime) -> None:
    """Write down what was counted, one row a torrent and day."""
    path, moment = archive.folder / NAME, int(at.timestamp())
    try:
        db = apsw.Connection(str(path))
        try:
            db.set_busy_timeout(10_000)
            with db:
                db.execute(_TABLES)
                for each in counts:
                    row = {
                        "torrent": each.torrent,
                        "day": at.astimezone(dt.UTC).date().isoformat(),
                        "at": moment,
                        "source": each.source,
                        "seeders": each.seeders,
                        "leechers": each.leechers,
                        "completed": each.completed,
                        "seen": moment if each.whole else None,
                    }
                    db.execute(_PUT, row)
                    if each.whole:
                        db.execute(_SEEN, row)
        finally:
            db.close()
    except apsw.Error as error:
        raise StoreFailed(f"{path}: {error}", "move it away: it is counted anew") from None


def latest(archive: Archive, torrents: Iterable[str]) -> dict[str, SwarmView]:
    """The last count of each of these torrents; those that were never counted are left out."""
    names, found = list(torrents), {}
    for name, rows in zip(names, _rows(archive, _LATEST, names), strict=False):
        for row in rows:
            found[name] = SwarmView(
                seeders=row[0],
                leechers=row[1],
                completed=row[2],
                counted=_moment(row[3]),
                source=row[4],
                last_seen=None if row[5] is None else _moment(row[5]),
            )
    return found


def history(archive: Archive, limit: int) -> list[SwarmDay]:
    """The newest days of all torrents, oldest first."""
    return [SwarmDay(*row) for rows in _rows(archive, _HISTORY, [limit]) for row in rows][::-1]


def days(archive: Archive, torrents: Iterable[str]) -> dict[str, list[SwarmDay]]:
    """The newest days of each of these torrents, oldest first; those that were never counted are left out."""
    names = list(torrents)
    found = zip(names, _rows(archive, _DAYS, names), strict=False)
    return {name: [SwarmDay(*row) for row in rows][::-1] for name, rows in found if rows}


def holders(archive: Archive) -> dict[str, int]:
    """Holders whose last answer showed all that it was asked of a volume; volumes that nobody was asked about are left
    out."""
    last = {(item.volume, item.holder): item for item in archive.ledger.possessions() if item.asked}
    found: dict[str, int] = {}
    for (volume, _), item in last.items():
        found[volume] = found.get(volume, 0) + (item.proved == item.asked)
    return found


def _rows(archive: Archive, sql: str, values: Sequence[str | int]) -> list[list[tuple[Any, ...]]]:
    """The rows for each value; nothing where nothing was counted yet, or it cannot be read: who asks does without."""
    try:
        db = apsw.Connection(str(archive.folder / NAME), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            db.set_busy_timeout(10_000)
            return [db.execute(sql, (value,)).fetchall() for value in values]
        finally:
            db.close()
    except apsw.Error:
        return []


def _moment(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
