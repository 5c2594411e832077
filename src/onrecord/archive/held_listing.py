# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recordings and releases that sound is held of, each with when it changed last: what others harvest from.

A file of SQLite beside what is searched. It can be made again; then everything counts as changed on that day, and what
is gone is known from the log: withdrawals, and ids that lead to another thing.
"""

import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final, Protocol

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.held_renewing import STEP, mark_of, open_list, renew

NAME: Final = "held.sqlite"
#: Things in one piece: as many as a sitemap may name.
PIECE: Final = 50_000
#: Where lots fall on other kinds, so many are drawn for each thing that is wanted.
_LOTS: Final = 8
_FIRST: Final = "(SELECT first FROM places WHERE number=?)"
_COLUMNS: Final = "t.id, t.kind, t.stamp, t.gone, t.parts"
#: How long an answer waits for the list to be made before it says so.
_PATIENCE: Final = 20.0


class Held(Struct, frozen=True):
    """`stamp` is when it changed last, in seconds; `gone` whether it is withdrawn, or leads to another thing. `parts`
    are what it belongs to: its kind, and `shelf:NAME` for each shelf of the volumes that hold it."""

    id: str
    kind: str
    stamp: int
    gone: bool
    parts: tuple[str, ...]


class Renewing(Protocol):
    """Held by whoever brings the list up to date."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool: ...

    def release(self) -> None: ...


class NotYet(Exception):
    """The list is being made."""


class HeldListing:
    """The list of one archive, brought up to date when it is asked. Any number of threads may ask."""

    def __init__(self, folder: Path, renewing: Renewing | None = None) -> None:
        self._folder = folder
        self._path = folder / "search" / NAME
        self._renewing = renewing or threading.Lock()

    def renew(self) -> None:
        """Bring the list up to date. Whoever asks meanwhile reads the list before; NotYet where there is none."""
        with Archive.open(self._folder) as archive:
            if archive.is_snapshot:  # it came with its list
                return
            mark = mark_of(archive)
            if mark == self._made():
                return
            if not self._renewing.acquire(timeout=0 if self._made() else _PATIENCE):
                if self._made():
                    return
                raise NotYet
            try:
                if mark != self._made():
                    renew(archive, self._path, mark)
            finally:
                self._renewing.release()

    def find(self, id: str) -> Held | None:
        with closing(open_list(self._path)) as db:
            row = db.execute(f"SELECT {_COLUMNS} FROM things t WHERE id=?", (id,)).fetchone()
        return _held(row) if row else None

    def listed(
        self, part: str, first: int, last: int, after: tuple[int, str] | None, limit: int
    ) -> list[Held]:
        """What changed from `first` to `last`, in seconds, oldest first, from behind a (stamp, id) on."""
        stamp, id = after or (first, "")
        with closing(open_list(self._path)) as db:
            rows = db.execute(
                f"SELECT {_COLUMNS} FROM members m JOIN things t ON t.id = m.id"
                " WHERE m.part=? AND (m.stamp, m.id) > (?, ?) AND m.stamp BETWEEN ? AND ?"
                " ORDER BY m.stamp, m.id LIMIT ?",
                (part, stamp, id, first, last, limit),
            ).fetchall()
        return [_held(row) for row in rows]

    def count(self, part: str, first: int, last: int) -> int:
        query = "SELECT count(*) FROM members WHERE part=? AND stamp BETWEEN ? AND ?"
        return self._number(query, (part, first, last))

    def earliest(self) -> int | None:
        """The first stamp of all, None where nothing is listed."""
        found = self._number("SELECT coalesce(min(stamp), -1) FROM members WHERE part=''", ())
        return found if found >= 0 else None

    def parts(self) -> list[str]:
        with closing(open_list(self._path)) as db:
            rows = db.execute(
                # One step along the key for each part, however many members it has.
                "WITH RECURSIVE p(part) AS (SELECT min(part) FROM members WHERE part > ''"
                " UNION ALL SELECT (SELECT min(part) FROM members m WHERE m.part > p.part) FROM p WHERE p.part NOTNULL)"
                " SELECT part FROM p WHERE part NOTNULL"
            )
            return [str(part) for (part,) in rows]

    def newest(self, part: str, limit: int, start: int = 0) -> list[Held]:
        """What is there, the last that changed first."""
        query = (
            f"SELECT {_COLUMNS} FROM members m JOIN things t ON t.id = m.id"
            " WHERE m.part=? AND NOT t.gone ORDER BY m.stamp DESC, m.id DESC LIMIT ? OFFSET ?"
        )
        return self._all(query, (part, limit, start))

    def by_name(self, limit: int, start: int = 0, *, maker: bool = False) -> list[Held]:
        """Releases in the order of the alphabet: of their names, or of whoever made them."""
        order = "maker COLLATE NOCASE, name COLLATE NOCASE, id" if maker else "name COLLATE NOCASE, id"
        query = (
            f"SELECT {_COLUMNS} FROM things t WHERE kind = 'release' AND NOT gone ORDER BY {order}"
            " LIMIT ? OFFSET ?"
        )
        return self._all(query, (limit, start))

    def of_genre(self, genre: str, kind: str, limit: int, start: int = 0) -> list[Held]:
        """What is there of a kind and a genre."""
        query = (
            f"SELECT {_COLUMNS} FROM things t WHERE genre=? AND kind=? AND genre <> '' AND NOT gone"
            " ORDER BY id LIMIT ? OFFSET ?"
        )
        return self._all(query, (genre, kind, limit, start))

    def drawn_of(self, draw: Callable[[int], int], genre: str, kind: str, count: int) -> list[Held]:
        """The same by lot, each as likely as any other, none twice. `draw` gives a number below another."""
        every = "SELECT count(*) FROM things WHERE genre=? AND kind=? AND genre <> '' AND NOT gone"
        total = self._number(every, (genre, kind))
        places: dict[int, None] = {}
        for last in range(max(total - count, 0), total):  # Floyd's sampling: each lot falls on another place
            place = draw(last + 1)
            places[last if place in places else place] = None
        order = list(places)
        for last in range(len(order) - 1, 0, -1):
            other = draw(last + 1)
            order[last], order[other] = order[other], order[last]
        query = (
            f"SELECT {_COLUMNS}, t.place FROM (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place FROM things"
            " WHERE genre=? AND kind=? AND genre <> '' AND NOT gone) t"
            f" WHERE t.place IN ({', '.join('?' * len(order))})"
        )
        with closing(open_list(self._path)) as db:
            found = {int(str(row[-1])): _held(row[:-1]) for row in db.execute(query, (genre, kind, *order))}
        return [found[place] for place in order if place in found]

    def genres(self) -> dict[str, dict[str, int]]:
        """How many things of each kind there are of each genre."""
        found: dict[str, dict[str, int]] = {}
        with closing(open_list(self._path)) as db:
            query = "SELECT genre, kind, count(*) FROM things WHERE genre <> '' AND NOT gone GROUP BY 1, 2"
            for genre, kind, count in db.execute(query):
                found.setdefault(str(genre), {})[str(kind)] = int(str(count))
        return found

    def drawn(self, draw: Callable[[int], int], kind: str, count: int) -> list[Held]:
        """Things of a kind by lot, each as likely as any other, none twice; fewer where lots fell on other kinds.

        `draw` gives a number below another.
        """
        last = self._number("SELECT coalesce(max(number), -1) FROM places", ())
        beyond = f"SELECT count(*) FROM things WHERE NOT gone AND id >= {_FIRST}"
        total = last * STEP + self._number(beyond, (last,)) if last >= 0 else 0
        query = (
            f"SELECT {_COLUMNS} FROM things t WHERE NOT gone AND id >= {_FIRST} ORDER BY id LIMIT 1 OFFSET ?"
        )
        found: dict[str, Held] = {}
        for _ in range(count * _LOTS if total else 0):
            if len(found) >= count:
                break
            for held in self._all(query, divmod(draw(total), STEP)):
                if held.kind == kind:
                    found[held.id] = held
        return list(found.values())

    def pieces(self) -> list[tuple[int, int]]:
        """The list of what is there, cut into pieces of `PIECE`: number of each, and its newest stamp."""
        with closing(open_list(self._path)) as db:
            query = "SELECT number / ?, max(newest) FROM places GROUP BY 1 ORDER BY 1"
            rows = db.execute(query, (PIECE // STEP,)).fetchall()
        return [(int(str(number)), int(str(newest))) for number, newest in rows]

    def piece(self, number: int) -> list[Held]:
        """One piece of what is there, by id; empty where there is none of this number."""
        query = f"SELECT {_COLUMNS} FROM things t WHERE NOT gone AND id >= {_FIRST} ORDER BY id LIMIT ?"
        return self._all(query, (number * (PIECE // STEP), PIECE))

    def _all(self, query: str, values: tuple[str | int, ...]) -> list[Held]:
        with closing(open_list(self._path)) as db:
            return [_held(row) for row in db.execute(query, values)]

    def _number(self, query: str, values: tuple[str | int, ...]) -> int:
        with closing(open_list(self._path)) as db:
            found = db.execute(query, values).fetchone()
        return int(str(found[0])) if found else 0

    def _made(self) -> str:
        with closing(open_list(self._path)) as db:
            row = db.execute("SELECT mark FROM made").fetchone()
        return str(row[0]) if row else ""


def _held(row: tuple[object, ...]) -> Held:
    id, kind, stamp, gone, parts = row
    return Held(str(id), str(kind), int(str(stamp)), bool(gone), tuple(str(parts).split()))
