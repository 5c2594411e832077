# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signed addresses: a stream for a player that sends no headers. One address, in one person's name, for some hours.

The signature goes with the person's password and role of the day: whoever may no longer hears no longer.
"""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlencode

from onrecord.errors import NotFound, UsageError
from onrecord.web.access.people import Users
from onrecord.web.access.roles import SCOPES, Person, Scope, Visitor

LONGEST: Final = 24 * 3600
#: What may not be streamed is for the person who rules on it, at their desk: for an hour.
LONGEST_REVIEW: Final = 3600


class Signing:
    """Signs and checks with the key of the users' file. `clock` gives seconds since 1970."""

    def __init__(self, users: Users, clock: Callable[[], float] = time.time) -> None:
        self._users = users
        self._clock = clock

    def sign(self, path: str, person: Person, seconds: int) -> tuple[str, int]:
        """The address with its signature, and when it ends. Raises UsageError, NotFound for nobody's name."""
        longest = LONGEST_REVIEW if path.startswith("/rights/") else LONGEST
        if not 1 <= seconds <= longest:
            raise UsageError(f"{seconds} seconds: expected 1 to {longest}")
        if not self._users.stamp(person.name):
            raise NotFound("only somebody with an account signs addresses", "`onrecord users add`")
        ends = int(self._clock()) + seconds
        query = {"for": person.name, "ends": str(ends), "signature": self._signature(path, person.name, ends)}
        return f"{path}?{urlencode(query)}", ends

    def visitor(self, path: str, query: Mapping[str, str], scope: Scope) -> Visitor | None:
        """Whoever signed this address, for it alone; None where the signature is not good, or no longer."""
        name, ends = query.get("for", ""), query.get("ends", "")
        if not (ends.isascii() and ends.isdigit() and len(ends) < 12) or int(ends) <= self._clock():
            return None
        expected = self._signature(path, name, int(ends))
        if not hmac.compare_digest(query.get("signature", "").encode(), expected.encode()):
            return None
        try:
            person = self._users.person(name)
        except NotFound:
            return None
        return Visitor(person, SCOPES[person.role] & {scope}, "signature")

    def _signature(self, path: str, name: str, ends: int) -> str:
        said = "\n".join(("onrecord address", path, name, str(ends), self._users.stamp(name)))
        return hmac.new(self._users.signing_key, said.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
