# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of files that leave the archive: the same file on Linux, macOS and Windows, or refused (fault 42)."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from onrecord.errors import EditionRefused

#: UTF-8 bytes; the least of what common file systems take.
MAX_ELEMENT: Final = 240
MAX_PATH: Final = 1000
MAX_FOLDERS: Final = 32

_RESERVED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\..*)?", re.I | re.S
)
#: Names of letters and digits in the main: nothing about them can be unsafe but that they may name a device.
_PLAIN = re.compile(r"[A-Za-z0-9_-]([A-Za-z0-9._-]*[A-Za-z0-9_-])?")
_FORBIDDEN: Final = frozenset('/\\<>:"|?*')
#: Controls, invisible formatting, surrogates, private use and line separators.
_INVISIBLE: Final = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))


def check_element(name: str) -> None:
    """One file's or folder's name; raises EditionRefused with the reason."""
    if reason := _reason(name):
        raise EditionRefused(f"name {name[:80]!r} {reason}", "give it a plain name")


def check_paths(paths: Iterable[tuple[str, ...]]) -> None:
    """Every element, and that no two paths can fall together anywhere; raises EditionRefused naming the first."""
    taken: dict[tuple[str, ...], tuple[tuple[str, ...], bool]] = {}
    for path in paths:
        _check_length(path)
        for part in path:
            check_element(part)
        folded = tuple(_folded(part) for part in path)
        for depth in range(1, len(path) + 1):
            this = path[:depth], depth == len(path)
            other = taken.setdefault(folded[:depth], this)
            # A folder is met again with each of its files; whatever else is met twice is a clash.
            if other is not this and (this[1] or other != this):
                raise EditionRefused(
                    f"path {_shown(path)} clashes with {_shown(other[0])}: on some systems they are one name",
                    "rename one of them",
                )


def _check_length(path: tuple[str, ...]) -> None:
    length = sum(len(part.encode("utf-8", "replace")) + 1 for part in path)
    if not 1 <= len(path) <= MAX_FOLDERS + 1 or length > MAX_PATH:
        raise EditionRefused(
            f"path {_shown(path)}: expected 1 to {MAX_FOLDERS + 1} names and at most {MAX_PATH} bytes, "
            f"got {len(path)} names and {length} bytes",
            "shorten it",
        )
    if _folded(path[0]) == ".pad":
        raise EditionRefused(
            f"path {_shown(path)}: '.pad' is where torrents keep their padding (BEP 47)", "rename it"
        )


def _reason(name: str) -> str:
    if name in ("", ".", ".."):
        return "is none"
    for sign in "" if _PLAIN.fullmatch(name) else name:
        if sign in _FORBIDDEN or unicodedata.category(sign) in _INVISIBLE:
            return f"has {sign!r} in it, which is not safe in names everywhere"
    if name[-1] in ". " or name[0] == " ":
        return "begins with a space or ends with a space or a dot, which Windows drops"
    if _RESERVED.fullmatch(name):
        return "is a device on Windows"
    length = len(name.encode())
    return f"has {length} bytes, expected at most {MAX_ELEMENT}" if length > MAX_ELEMENT else ""


def _folded(name: str) -> str:
    """Equal for names that a file system may hold to be one: by case, and by composed or decomposed letters."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def _shown(path: tuple[str, ...]) -> str:
    return repr("/".join(path)[:200])
