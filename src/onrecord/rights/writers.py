# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who wrote the song, beside who performs it or grants a license: names compared without case, accents or signs."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from onrecord.model.rights import Evidence, Says

#: Longer than any list of names.
_LONGEST: Final = 1000
_BETWEEN: Final = re.compile(
    r"[;,&/+|\n\x00]|\s(?:and|und|et|y|with|feat(?:uring|\.)?|ft\.?|vs\.?)(?=\s)|\bfeat(?:uring|\.)\s",
    re.IGNORECASE,
)
_ASIDE: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|<[^<>]*>")
_SIGNS: Final = re.compile(r"[()\[\]<>]")
_ADDRESS: Final = re.compile(r"\b\w+://\S+|\S+@\S+")
_NOTICE: Final = re.compile(
    r"©|℗|\([cp]\)|\bcopyright\b|\ball rights reserved\b|\b(?:music|composed|written|created|made|songs?) by\b|\bby\b"
    r"|\b(?:1[89]|20)\d\d(?:\s*[-–]\s*\d{2,4})?\b",
    re.IGNORECASE,
)
#: Letters that Unicode does not take apart.
_LETTERS: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d"})
#: What programs and people write where they name nobody.
_NOBODY: Final = frozenset(("", "na", "none", "unknown", "unknownartist", "unknowncomposer", "unknownwriter"))


def other_writers(writers: str, artists: str) -> list[str]:
    """The names in a list of writers, all of them where one is not among the artists, else none.

    All, since whoever counts how long a song is protected must know them all.
    """
    performing = _split(artists) | {_key(artists)}
    if _key(writers) in _NOBODY | performing:
        return []
    found = {_key(name): " ".join(name.split()) for name in reversed(_listed(writers))}
    named = {key: name for key, name in found.items() if key not in _NOBODY}
    return sorted(named.values()) if named.keys() - performing else []


def not_granting(said: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """The evidence that names a writer who is not among the holders of the licenses beside it."""
    writers = [item for item in said if item.says is Says.WRITER]
    if not writers:
        return ()
    granting = _holders(item.holder for item in said if item.says is Says.LICENSE)
    return tuple(item for item in writers if not _is_among(item.holder, granting))


def strangers(said: Sequence[Evidence], holders: Iterable[str]) -> tuple[Evidence, ...]:
    """The evidence that names a maker or performer who is not among these holders."""
    granting = _holders(holders)
    return tuple(
        item for item in said if item.says is Says.PERFORMER and not _is_among(item.holder, granting)
    )


def is_of_one_holder(said: Sequence[Evidence]) -> bool:
    """Do these statements name one holder and nobody else?"""
    return all(item.holder for item in said) and len(_names_in(item.holder for item in said)) == 1


def _is_among(writers: str, granting: frozenset[str]) -> bool:
    return (
        _key(writers) in _NOBODY | granting or {_key(name) for name in _listed(writers)} - _NOBODY <= granting
    )


def _listed(text: str) -> list[str]:
    """The names of a list. What stands in brackets behind one is no name: a role, a society."""
    names = _BETWEEN.split(_ASIDE.sub(" ", text[:_LONGEST]))
    return [name for name in names if name.strip()] or [text]


def _split(text: str) -> frozenset[str]:
    """Folded names of a list in which what stands in brackets may be one more name."""
    parts = _BETWEEN.split(_SIGNS.sub(";", text[:_LONGEST]))
    return frozenset(_key(part) for part in parts) - _NOBODY


def _holders(notices: Iterable[str]) -> frozenset[str]:
    """Folded names in copyright notices: without years, signs and addresses; and the notices as they are, for a name
    may hold what parts names elsewhere."""
    every = list(dict.fromkeys(notices))
    whole = {_key(part) for notice in every for part in (*_plain(notice).split(";"), notice)}
    return frozenset((_names_in(every) | whole) - _NOBODY)


def _names_in(notices: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*(_split(_plain(notice)) for notice in notices))


def _plain(notice: str) -> str:
    return _NOTICE.sub(";", _ADDRESS.sub(";", notice[:_LONGEST]))


def _key(name: str) -> str:
    """Letters and digits alone. A name of signs stays as it is."""
    decomposed = unicodedata.normalize("NFKD", name[:_LONGEST]).casefold().translate(_LETTERS)
    return "".join(sign for sign in decomposed if sign.isalnum()) or "".join(name.split())
