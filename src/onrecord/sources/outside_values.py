# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads values of an object from outside that was not typed: what has another type than expected counts as absent."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from onrecord.errors import RecordRejected

_LONGEST_ADDRESS: Final = 4000
_WHOLE = re.compile(r"\d{1,15}")


class Values:
    """The values of one object by name. Nothing that stands in it can make a reading fail."""

    def __init__(self, of: Mapping[str, Any]) -> None:
        self._of = of

    def __contains__(self, name: str) -> bool:
        return name in self._of

    def names(self) -> list[str]:
        return list(self._of)

    def text(self, *names: str) -> str:
        """The first text under these names that is not empty, stripped; of a list its first, a number as text."""
        return next((text for name in names for text in self.texts(name)), "")

    def texts(self, name: str) -> list[str]:
        """Every text under a name, where a value may be one text or a list of them."""
        value = self._of.get(name)
        found = (_text(item) for item in (value if isinstance(value, list) else [value]))
        return [text for text in found if text]

    def whole(self, name: str) -> int | None:
        """A whole number from 0 on, also where it is written as text."""
        text = _text(self._of.get(name))
        return int(text) if _WHOLE.fullmatch(text) else None

    def flag(self, name: str) -> bool | None:
        """True or false, also as text; None where nothing, or something else, is said."""
        value = self._of.get(name)
        if isinstance(value, str):
            return {"true": True, "1": True, "false": False, "0": False}.get(value.strip().lower())
        return bool(value) if isinstance(value, bool) or value in (0, 1) else None

    def inner(self, name: str) -> "Values":
        """The object under a name; an empty one where there is none."""
        value = self._of.get(name)
        return Values(value if isinstance(value, dict) else {})

    def objects(self, name: str) -> list["Values"]:
        """The objects in the list under a name."""
        value = self._of.get(name)
        return [Values(item) for item in value if isinstance(item, dict)] if isinstance(value, list) else []

    def with_defaults(self, more: Mapping[str, str]) -> "Values":
        """The same, with what it does not say itself."""
        return Values(
            {**more, **{name: value for name, value in self._of.items() if value not in (None, "")}}
        )


def of_object(value: Any) -> Values:
    """RecordRejected where a value is no object at all."""
    if not isinstance(value, dict):
        raise RecordRejected(f"expected an object, got {type(value).__name__}")
    return Values(value)


def web_address(text: str) -> str:
    """An https address as it stands; "" for anything else that stands where one should."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        good = parts.scheme == "https" and bool(parts.hostname) and not parts.username
    except ValueError:
        return ""
    plain = text.isprintable() and " " not in text and len(text) <= _LONGEST_ADDRESS
    return text if good and plain else ""


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
