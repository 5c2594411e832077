# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a player asks: its parameters, bounded, and who it says it is. What is wrong is told by the protocol's codes."""

import re
from collections.abc import Sequence
from enum import IntEnum
from typing import Final, Protocol, TypeVar

from onrecord.web.access.roles import Role, Scope, Visitor

#: Things in one answer.
MOST: Final = 500
_LONGEST: Final = 2_000
_HEX: Final = re.compile("enc:((?:[0-9a-fA-F]{2})*)")
_Number = TypeVar("_Number", bound=int | None)


class Code(IntEnum):
    """The protocol's error codes."""

    GENERIC = 0
    MISSING = 10
    WRONG_PERSON = 40
    NO_SUCH_WAY = 42
    TWO_WAYS = 43
    WRONG_KEY = 44
    NOT_ALLOWED = 50
    NOT_FOUND = 70


class Fault(Exception):
    """An answer that is an error."""

    def __init__(self, code: Code, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class Credentials(Protocol):
    """Who is who (`access.people.Users`)."""

    def by_token(self, token: str, /) -> Visitor | None: ...

    def by_app_password(self, name: str, password: str, /) -> Visitor | None: ...

    def by_salted(self, name: str, salt: str, token: str, /) -> Visitor | None: ...


class Asked:
    """The parameters of one request, each perhaps several times."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._given: dict[str, list[str]] = {}
        for name, value in pairs:
            self._given.setdefault(name, []).append(value)

    def get(self, name: str, default: str = "") -> str:
        return self._given.get(name, [default])[-1][:_LONGEST]

    def has(self, name: str) -> bool:
        return name in self._given

    def need(self, name: str) -> str:
        if not self.get(name):
            raise Fault(Code.MISSING, f"the parameter {name} is needed")
        return self.get(name)

    def every(self, name: str, most: int = 10_000) -> list[str]:
        """All that are given, without empty ones."""
        values = [value for value in self._given.get(name, []) if value]
        if len(values) > most:
            raise Fault(Code.GENERIC, f"{len(values)} times {name}: expected at most {most}")
        return [value[:_LONGEST] for value in values]

    def number(self, name: str, default: _Number, low: int = 0, high: int = 2**53) -> int | _Number:
        """A whole number within bounds; what lies beyond them is the bound, as other servers do."""
        given = self.get(name)
        if not given:
            return default
        if not re.fullmatch(r"-?[0-9]{1,16}", given, re.ASCII):
            raise Fault(Code.GENERIC, f"{name}: expected a whole number, got {given[:40]!r}")
        return min(max(int(given), low), high)

    def flag(self, name: str, default: bool) -> bool:
        return {"true": True, "false": False}.get(self.get(name).lower(), default)


def visitor(asked: Asked, users: Credentials) -> Visitor:
    """Who asks. Raises Fault where that is not told, told in two ways, or not right."""
    key, name = asked.get("apiKey"), asked.get("u")
    told_salted = bool(asked.get("t") or asked.get("s"))
    if key and (name or asked.get("p") or told_salted):
        raise Fault(Code.TWO_WAYS, "an apiKey stands alone, without a user name")
    if key:
        found, wrong = (
            users.by_token(key),
            Fault(Code.WRONG_KEY, "this apiKey is not known here, or no longer"),
        )
    elif not name:
        raise Fault(Code.MISSING, "expected an apiKey, or u with t and s, or u with p")
    elif told_salted:
        found = users.by_salted(name, asked.need("s"), asked.need("t"))
        wrong = _unknown()
    else:
        found, wrong = users.by_app_password(name, _password(asked.need("p"))), _unknown()
    if found is None or found.person is None:
        raise wrong
    if not found.may(Role.LISTENER, Scope.LISTEN):
        raise Fault(Code.NOT_ALLOWED, "this token is not good for listening")
    return found


def _password(given: str) -> str:
    """As it is, or `enc:` and its bytes in hexadecimal digits."""
    encoded = _HEX.fullmatch(given)
    return bytes.fromhex(encoded[1]).decode("utf-8", "replace") if encoded else given


def _unknown() -> Fault:
    return Fault(
        Code.WRONG_PERSON,
        "wrong user name or password. Players need an app password (`onrecord users app-password NAME`), not your own",
    )
