# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`users.sqlite`: accounts and what opens them. Readable by its owner alone; never in the log, a dataset, an edition.

Of passwords, tokens and sessions it holds only what checks them. App passwords it holds as they are, because old
players prove by a digest that they know one: so they are made here, and open nothing but listening.
"""

import datetime as dt
import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, Self

import apsw
from msgspec import Struct

from onrecord.archive.core import make_own
from onrecord.errors import NotFound, StoreFailed, UsageError
from onrecord.ledger.log import utc_now
from onrecord.web.access import passwords
from onrecord.web.access.roles import FOR_PLAYERS, SCOPES, Person, Role, Scope, Visitor

NAME: Final = "users.sqlite"
#: What every token begins with, so that one that leaked can be found.
PREFIX: Final = "onr_"
SESSION_DAYS: Final = 14
_PERSON: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS users (
  name TEXT PRIMARY KEY COLLATE NOCASE, role TEXT NOT NULL, password TEXT NOT NULL, stamp TEXT NOT NULL,
  added TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tokens (
  id TEXT PRIMARY KEY, user TEXT NOT NULL COLLATE NOCASE REFERENCES users (name) ON DELETE CASCADE,
  digest BLOB NOT NULL UNIQUE, scopes TEXT NOT NULL, label TEXT NOT NULL, made TEXT NOT NULL, ends TEXT NOT NULL,
  used TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS app_passwords (
  id TEXT PRIMARY KEY, user TEXT NOT NULL COLLATE NOCASE REFERENCES users (name) ON DELETE CASCADE,
  password TEXT NOT NULL, label TEXT NOT NULL, made TEXT NOT NULL, used TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (
  digest BLOB PRIMARY KEY, user TEXT NOT NULL COLLATE NOCASE REFERENCES users (name) ON DELETE CASCADE,
  ends TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""


class Account(Struct, frozen=True):
    """A person as the list shows them. `tokens` counts tokens and app passwords together."""

    name: str
    role: Role
    added: str
    tokens: int


class Token(Struct, frozen=True):
    """A token or an app password, without what opens anything. Days as YYYY-MM-DD, "" for never."""

    id: str
    user: str
    kind: str
    label: str
    scopes: tuple[Scope, ...]
    made: str
    ends: str
    used: str


class Users:
    """The accounts of one archive. From any number of threads and processes at once; changes are seen at once."""

    def __init__(self, folder: Path, clock: Callable[[], dt.datetime] = utc_now) -> None:
        self._path = make_own(folder, NAME)
        self._clock = clock
        self._lock = threading.RLock()
        try:
            self._db = apsw.Connection(str(self._path))
            self._db.set_busy_timeout(10_000)
            self._db.execute(
                "PRAGMA secure_delete=ON; PRAGMA journal_mode=DELETE; PRAGMA foreign_keys=ON"
            ).fetchall()
            self._db.execute(_TABLES)
            self._db.execute(
                "INSERT OR IGNORE INTO secrets VALUES ('signing', ?)", (secrets.token_bytes(32),)
            )
        except apsw.Error as error:
            raise StoreFailed(
                f"{self._path}: {error}", "restore it from a copy, or move it away and add people again"
            ) from None
        self.signing_key: Final = bytes(self._rows("SELECT value FROM secrets WHERE name='signing'")[0][0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    # People ------------------------------------------------------------------------------------------------------

    def add(self, name: str, role: Role, password: str) -> Person:
        """Raises UsageError for a name that is taken or is none, and for a password that will not do."""
        if not _PERSON.fullmatch(name):
            raise UsageError(
                f"{name[:80]!r} is no name: expected up to 64 letters, digits, dots and dashes",
                "for example ada",
            )
        kept = passwords.hashed(password)
        try:
            self._rows(
                "INSERT INTO users VALUES (?,?,?,?,?)",
                (name, role.value, kept, secrets.token_hex(8), self._today),
            )
        except apsw.ConstraintError:
            raise UsageError(
                f"{name} is there already", "`onrecord users list` shows everybody; choose another name"
            ) from None
        return Person(name, role)

    def everybody(self) -> list[Account]:
        counted = "(SELECT count(*) FROM tokens WHERE user=name) + (SELECT count(*) FROM app_passwords WHERE user=name)"
        rows = self._rows(f"SELECT name, role, added, {counted} FROM users ORDER BY name")
        return [Account(name, Role(role), added, tokens) for name, role, added, tokens in rows]

    def person(self, name: str) -> Person:
        """Raises NotFound."""
        for found, role in self._rows("SELECT name, role FROM users WHERE name=?", (name,)):
            return Person(found, Role(role))
        raise NotFound(f"nobody is called {name[:80]!r}", "`onrecord users list` shows everybody")

    def set_role(self, name: str, role: Role) -> Person:
        """Holds at their next request. Raises NotFound."""
        self._rows("UPDATE users SET role=? WHERE name=?", (role.value, self.person(name).name))
        return self.person(name)

    def set_password(self, name: str, password: str) -> None:
        """Ends the sessions and signed addresses of the old one. Raises NotFound, UsageError."""
        kept, known = passwords.hashed(password), self.person(name).name
        self._rows("UPDATE users SET password=?, stamp=? WHERE name=?", (kept, secrets.token_hex(8), known))
        self._rows("DELETE FROM sessions WHERE user=?", (known,))

    def remove(self, name: str) -> None:
        """With all that opens the account. Raises NotFound."""
        self._rows("DELETE FROM users WHERE name=?", (self.person(name).name,))
        self._rows("VACUUM")

    def by_password(self, name: str, password: str) -> Person | None:
        """For the sign-in page alone, which throttles it: it takes a tenth of a second whoever is named."""
        rows = self._rows("SELECT name, role, password FROM users WHERE name=?", (name,))
        known, role, kept = rows[0] if rows else ("", Role.LISTENER, "")
        return Person(known, Role(role)) if passwords.fits(password, kept) else None

    # What programs show ------------------------------------------------------------------------------------------

    def issue(self, name: str, scopes: Iterable[Scope], label: str = "", days: int | None = None) -> str:
        """A new token, which is told this once. Raises NotFound, UsageError for a scope that the role has not."""
        person, wanted = self.person(name), frozenset(scopes)
        if beyond := sorted(wanted - SCOPES[person.role]):
            raise UsageError(
                f"a {person.role.value} has no scope {beyond[0].value}",
                f"expected of {', '.join(sorted(SCOPES[person.role]))}",
            )
        if not wanted:
            raise UsageError("a token without a scope opens nothing", "name at least one")
        token = PREFIX + secrets.token_urlsafe(32)
        digest = _digest(token)
        ends = (self._clock() + dt.timedelta(days=days)).date().isoformat() if days is not None else ""
        self._rows(
            "INSERT INTO tokens VALUES (?,?,?,?,?,?,?,'')",
            (self.id_of(token), person.name, digest, " ".join(sorted(wanted)), label[:80], self._today, ends),
        )
        return token

    def id_of(self, token: str) -> str:
        """What a token is called by, which opens nothing."""
        return _digest(token).hex()[:12]

    def by_token(self, token: str) -> Visitor | None:
        """Whoever handed out this token, with what it is good for today. Notes the day."""
        if not token.startswith(PREFIX) or len(token) > 100:
            return None
        found = self._rows(
            "SELECT id, name, role, scopes, ends, used FROM tokens JOIN users ON name=user WHERE digest=?",
            (_digest(token),),
        )
        if not found or "" < found[0][4] < self._today:
            return None
        id, name, role, scopes, _, used = found[0]
        self._note("tokens", id, used)
        good_for = frozenset(map(Scope, scopes.split())) & SCOPES[Role(role)]
        return Visitor(Person(name, Role(role)), good_for, "token")

    def make_app_password(self, name: str, label: str = "") -> str:
        """A new password for one player, which is told this once. Raises NotFound."""
        made = "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))
        self._rows(
            "INSERT INTO app_passwords VALUES (?,?,?,?,?,'')",
            (secrets.token_hex(6), self.person(name).name, made, label[:80], self._today),
        )
        return made

    def by_app_password(self, name: str, password: str) -> Visitor | None:
        """The person, for a player that sends the name and an app password. Their own password is none."""
        return self._by_app(name, lambda kept: hmac.compare_digest(kept.encode(), password.encode()))

    def by_salted(self, name: str, salt: str, token: str) -> Visitor | None:
        """The same for a player of the old kind, which sends `md5(app password + salt)` in hexadecimal digits."""

        def knows(kept: str) -> bool:
            told = hashlib.md5((kept + salt).encode(), usedforsecurity=False).hexdigest()
            return hmac.compare_digest(told.encode(), token.lower().encode())

        return self._by_app(name, knows)

    def tokens(self, name: str = "") -> list[Token]:
        """Tokens and app passwords of one person, or of all."""
        rows = self._rows(
            "SELECT id, user, 'token', label, scopes, made, ends, used FROM tokens WHERE ?1 IN ('', user)"
            " UNION ALL SELECT id, user, 'app password', label, ?2, made, '', used FROM app_passwords"
            " WHERE ?1 IN ('', user) ORDER BY 2, 6, 1",
            (name, " ".join(sorted(FOR_PLAYERS))),
        )
        return [
            Token(id, user, kind, label, tuple(map(Scope, scopes.split())), made, ends, used)
            for id, user, kind, label, scopes, made, ends, used in rows
        ]

    def revoke(self, id: str) -> None:
        """A token or an app password, at once. Raises NotFound."""
        if id not in {token.id for token in self.tokens()}:
            raise NotFound(f"no token has the id {id[:40]!r}", "`onrecord users list` shows them")
        for table in ("tokens", "app_passwords"):
            self._rows(f"DELETE FROM {table} WHERE id=?", (id,))

    # Sessions ----------------------------------------------------------------------------------------------------

    def begin(self, person: Person) -> str:
        """A new session, for a cookie. Clears those that have ended."""
        secret = secrets.token_urlsafe(32)
        self._rows("DELETE FROM sessions WHERE ends <= ?", (self._now,))
        ends = (self._clock() + dt.timedelta(days=SESSION_DAYS)).astimezone(dt.UTC).isoformat()
        self._rows("INSERT INTO sessions VALUES (?,?,?)", (_digest(secret), person.name, ends))
        return secret

    def by_session(self, secret: str) -> Visitor | None:
        rows = self._rows(
            "SELECT name, role FROM sessions JOIN users ON name=user WHERE digest=? AND ends > ?",
            (_digest(secret), self._now),
        )
        for name, role in rows:
            return Visitor(Person(name, Role(role)), SCOPES[Role(role)], "session", secret)
        return None

    def end(self, secret: str) -> None:
        self._rows("DELETE FROM sessions WHERE digest=?", (_digest(secret),))

    def sessions(self) -> list[tuple[str, str]]:
        """(name, when it ends) of every session that is still good."""
        rows = self._rows("SELECT user, ends FROM sessions WHERE ends > ? ORDER BY user, ends", (self._now,))
        return [(str(user), str(ends)) for user, ends in rows]

    def end_all(self, name: str) -> None:
        """Every session of one person; tokens stay. Raises NotFound."""
        self._rows("DELETE FROM sessions WHERE user=?", (self.person(name).name,))

    def stamp(self, name: str) -> str:
        """Changes with the password; "" where there is nobody. What is signed in a person's name holds as long."""
        rows = self._rows("SELECT stamp FROM users WHERE name=?", (name,))
        return str(rows[0][0]) if rows else ""

    def _by_app(self, name: str, knows: Callable[[str], bool]) -> Visitor | None:
        rows = self._rows(
            "SELECT id, name, role, app_passwords.password, used FROM app_passwords JOIN users ON name=user"
            " WHERE name=?",
            (name,),
        )
        for id, known, role, kept, used in rows:
            if knows(kept):
                self._note("app_passwords", id, used)
                return Visitor(Person(known, Role(role)), FOR_PLAYERS, "app password")
        return None

    def _note(self, table: str, id: str, used: str) -> None:
        if used != self._today:
            self._rows(f"UPDATE {table} SET used=? WHERE id=?", (self._today, id))

    @property
    def _today(self) -> str:
        return self._clock().astimezone(dt.UTC).date().isoformat()

    @property
    def _now(self) -> str:
        return self._clock().astimezone(dt.UTC).isoformat()

    def _rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
