# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`Artist/Release/NN Title.ext` out of what sources say: every such path passes `names.check_paths` (fault 42)."""

import itertools
import unicodedata
from collections.abc import Iterable
from typing import Final

from onrecord.errors import EditionRefused
from onrecord.publish.names import check_element

#: UTF-8 bytes of a name, so that three of them stay within what players and Windows take.
LONGEST: Final = 120

_FORBIDDEN: Final = frozenset('/\\<>:"|?*%')
_INVISIBLE: Final = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"))


class PlainNames:
    """Gives each file of one export a path of its own, also where a file system folds case or composed letters.

    The same files in the same order get the same paths. Folders that fall together on some system are one folder,
    spelled as it came first; of files that do, the later ones bear the beginning of their digest.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        """`taken` are names that other files have beside the artists' folders."""
        self._paths = {_folded(name) for name in taken}
        self._folders: dict[str, str] = {}

    def place(
        self, artist: str, release: str, title: str, ending: str, sha256: str, number: str = ""
    ) -> tuple[str, str, str]:
        """The path of a file. `number` is its place on the release; `ending` has no dot."""
        first = self._folder("", plain(artist or "Unknown artist"))
        second = self._folder(f"{first}/", plain(release or "No release"))
        return first, second, self._file(f"{first}/{second}/", title, ending, sha256, number)

    def name(self, title: str, ending: str, sha256: str, number: str = "") -> str:
        """The name of a file beside the folders."""
        return self._file("", title, ending, sha256, number)

    def _folder(self, above: str, name: str) -> str:
        if _folded(above + name) in self._paths:  # a file has it
            name = f"{name} (folder)"
        return self._folders.setdefault(_folded(above + name), name)

    def _file(self, above: str, title: str, ending: str, sha256: str, number: str) -> str:
        title = f"{number} {title}" if number else title
        for count in itertools.count():
            mark = "" if count == 0 else f" [{sha256[:8]}]" if count == 1 else f" [{sha256[:8]} {count}]"
            name = plain(title, f"{mark}.{ending}")
            if _folded(above + name) not in self._paths:
                self._paths.add(_folded(above + name))
                return name
        raise AssertionError("unreachable")


def plain(text: str, tail: str = "") -> str:
    """One name out of text from outside and a tail of ours, the text cut so that both fit LONGEST bytes.

    What is not safe in names everywhere becomes `_`; so does `%`, which readers of bags disagree on (RFC 8493 2.1.3).
    """
    signs = (
        "_" if sign in _FORBIDDEN or unicodedata.category(sign) in _INVISIBLE else sign
        for sign in unicodedata.normalize("NFC", text)
    )
    stem = _cut("".join(signs).strip(), LONGEST - len(tail.encode()) - 1)
    # A leading dot hides a name; a title of nothing but dots and blanks is none.
    name = ("_" if stem[:1] in ("", ".") else "") + stem + tail
    try:
        check_element(name)
    except EditionRefused:
        return f"_{name}"  # a device on Windows
    return name


def _cut(text: str, longest: int) -> str:
    """At most so many bytes of UTF-8, without half a letter, and no end that Windows drops."""
    return text.encode()[:longest].decode(errors="ignore").rstrip(". ")


def _folded(name: str) -> str:
    """As in `names`: equal for names that a file system may hold to be one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
