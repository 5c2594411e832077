# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was looked up last is kept a while, for any number of threads, without a lock: a read of a dict, and a write."""

from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """At least the last `most` that were put or found are here, and at most twice as many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._fresh: dict[Key, Value] = {}
        self._older: dict[Key, Value] = {}

    def find(self, key: Key) -> Value | None:
        found = self._fresh.get(key)
        if found is None and (found := self._older.get(key)) is not None:
            self.put(key, found)
        return found

    def put(self, key: Key, value: Value) -> None:
        """A value may be anything but None."""
        if len(self._fresh) >= self._most:
            self._older, self._fresh = self._fresh, {}
        self._fresh[key] = value

    def kept(self, key: Key, find: Callable[[], Value]) -> Value:
        """What is here, else what is found now."""
        found = self.find(key)
        if found is None:
            found = find()
            self.put(key, found)
        return found
