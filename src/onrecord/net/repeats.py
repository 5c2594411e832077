# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notices that a list that is read page by page goes round and round (fault 30)."""

import hashlib
from collections import OrderedDict
from typing import Final

from onrecord.errors import SourceFailed

_REMEMBERED: Final = 50_000


class Repeats:
    """Remembers what a list answered; a connector shows it each page or each continuation, never both to one object.

    A repetition within the last `remembered` is noticed when it comes; a longer circle is noticed by its third round
    (Brent's method: one older answer is kept, the one at the last power of two). So memory stays flat: 13 MB at most.
    """

    def __init__(self, source: str, what: str = "page", remembered: int = _REMEMBERED) -> None:
        self._source = source
        self._what = what
        self._recent: OrderedDict[bytes, int] = OrderedDict()
        self._remembered = remembered
        self._milestone = b""
        self._milestone_at = 0
        self._count = 0

    def check(self, content: bytes | str) -> None:
        """SourceFailed where this page or continuation came before; it says which one it repeats."""
        data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
        digest = hashlib.blake2b(data, digest_size=16).digest()
        self._count += 1
        before = self._milestone_at if digest == self._milestone else self._recent.get(digest)
        if before is not None:
            raise SourceFailed(
                f"{self._source}: {self._what} {self._count:,} is {self._what} {before:,} again",
                "its list has a loop",
            )
        self._recent[digest] = self._count
        if len(self._recent) > self._remembered:
            self._recent.popitem(last=False)
        if self._count & (self._count - 1) == 0:
            self._milestone, self._milestone_at = digest, self._count
