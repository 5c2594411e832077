# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""File patterns of copyright documents, matched in time bounded by pattern times path, whatever the pattern."""

import re
from functools import lru_cache
from typing import Final

#: Longest pattern that is matched; a longer one matches nothing.
LONGEST: Final = 4096
#: The sign it stands for ("" any), whether it repeats, whether it may be a slash.
_Token = tuple[str, bool, bool]
_TOKEN = re.compile(r"\\(.)|(\*\*/?|\*|\?)|(.)", re.DOTALL)


def matches(pattern: str, path: str, *, crossing: bool) -> bool:
    """`crossing`: `*` and `?` match slashes too (Debian's copyright format 1.0); else `**` does (REUSE 3.3)."""
    if len(pattern) > LONGEST:
        return False
    start, tokens = _compiled(pattern, crossing)
    if not path.startswith(start):
        return False
    at = {len(start)}
    for sign, many, slash in tokens:
        if not many:
            at = {place + 1 for place in at if place < len(path) and _fits(sign, slash, path[place])}
        elif at:
            reached = set()
            place = min(at)
            while place <= len(path):
                if place in at or (place - 1 in reached and _fits(sign, slash, path[place - 1])):
                    reached.add(place)
                place += 1
            at = reached
        if not at:
            return False
    return len(path) in at


def literal(pattern: str) -> str:
    """The one path that a pattern without wildcards matches, "" for one that has them."""
    if len(pattern) > LONGEST:
        return ""
    start, tokens = _compiled(pattern, True)
    return "" if tokens else start


@lru_cache(maxsize=8192)
def _compiled(pattern: str, crossing: bool) -> tuple[str, tuple[_Token, ...]]:
    """The part before the first wildcard, and the tokens from there on."""
    tokens: list[_Token] = []
    for escaped, wild, plain in _TOKEN.findall(pattern):
        if wild in ("?", "*"):
            tokens.append(("", wild == "*", crossing) if crossing or wild == "*" else ("?", False, False))
        elif wild:
            tokens.append(("", True, True))
        else:
            tokens.append((escaped or plain, False, True))
    fixed = next((place for place, (sign, _, _) in enumerate(tokens) if not sign), len(tokens))
    return "".join(sign for sign, _, _ in tokens[:fixed]), tuple(tokens[fixed:])


def _fits(sign: str, slash: bool, char: str) -> bool:
    return char == sign if sign else slash or char != "/"
