# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles of people, scopes of what they hand to programs, and whoever stands behind one request."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal

from msgspec import Struct
from starlette.requests import Request

#: Where in a request's scope stands its visitor.
VISITOR: Final = "onrecord.visitor"


class Role(StrEnum):
    """What a person is here; each may what those before it may."""

    LISTENER = "listener"
    CURATOR = "curator"
    OWNER = "owner"


class Scope(StrEnum):
    """What a token is for; the least that does is the best."""

    READ = "read"
    LISTEN = "listen"
    SCROBBLE = "scrobble"
    CURATE = "curate"
    OWN = "own"


#: What an app password is good for: players know it, and some keep it in clear.
FOR_PLAYERS: Final = frozenset({Scope.READ, Scope.LISTEN, Scope.SCROBBLE})
SCOPES: Final[Mapping[Role, frozenset[Scope]]] = {
    Role.LISTENER: FOR_PLAYERS,
    Role.CURATOR: FOR_PLAYERS | {Scope.CURATE},
    Role.OWNER: frozenset(Scope),
}
_RANK: Final = {role: rank for rank, role in enumerate(Role)}


def at_least(role: Role, least: Role) -> bool:
    """May `role` what `least` may?"""
    return _RANK[role] >= _RANK[least]


class Person(Struct, frozen=True):
    """Somebody with an account. `name` is "" for whoever has the key that `serve` printed."""

    name: str
    role: Role


class Visitor(Struct, frozen=True):
    """Who stands behind a request, and what the way they came by allows.

    person  None for everybody without an account
    scopes  those of the token; by a session all that the role has
    way     how they showed who they are; "" where they did not
    secret  what their forms are bound to; "" where no form counts
    """

    person: Person | None = None
    scopes: frozenset[Scope] = frozenset({Scope.READ, Scope.LISTEN})
    way: Literal["", "session", "key", "token", "app password", "signature"] = ""
    secret: str = ""

    def may(self, least: Role | None, scope: Scope) -> bool:
        """Is this at least such a person, come by a way that is good for `scope`?"""
        if least is None:
            return True
        return self.person is not None and at_least(self.person.role, least) and scope in self.scopes


#: Somebody of whom nothing is known. What is public is there for them.
NOBODY: Final = Visitor()


def visitor(request: Request) -> Visitor:
    """Who stands behind a request, as the guard found. `NOBODY` for everybody without an account."""
    found = request.scope.get(VISITOR, NOBODY)
    return found if isinstance(found, Visitor) else NOBODY
