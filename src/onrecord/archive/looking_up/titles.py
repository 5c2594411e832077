# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A title taken apart: the piece's own name, and what is added to it in brackets or behind a dash."""

import re
from functools import lru_cache
from typing import Final

from msgspec import Struct

from onrecord.search.fold import fold

#: Words that say of a recording that it is another than the one without them, in some languages.
_WORDS: Final = {
    "live": (
        "live", "unplugged", "in concert", "en concert", "ao vivo", "en vivo", "en directo", "dal vivo", "konzert",
        "концерт", "ライブ", "ライヴ", "现场", "現場", "라이브",
    ),
    "remix": ("remix", "rmx", "remixed", "mix", "dub", "bootleg", "mashup", "rework", "club", "リミックス", "混音",
              "리믹스"),
    "remaster": ("remaster", "remastered", "remastering", "リマスター", "리마스터"),
    "acoustic": ("acoustic", "acústico", "acoustique", "akustik", "アコースティック"),
    "demo": ("demo", "rough", "rehearsal", "outtake", "alternate", "alternative", "take", "デモ"),
    "instrumental": ("instrumental", "karaoke", "backing track", "off vocal", "インストゥルメンタル",
                     "カラオケ", "伴奏"),
    "a cappella": ("acapella", "a cappella", "acappella"),
    "cover": ("cover", "tribute", "in the style of", "made famous by"),
    "edit": ("edit", "radio", "single version", "short version", "extended", "long version", "album version"),
    "re-recording": ("rerecorded", "re recorded", "rerecording", "re recording", "new version", "taylors version"),
    "mono": ("mono",),
    "sped up": ("sped up", "slowed", "nightcore", "reverb"),
    "session": ("session", "sessions", "bbc"),
}  # fmt: skip
_VERSIONS: Final = [(name, f" {' '.join(fold(word))} ") for name, words in _WORDS.items() for word in words]
_IN_BRACKETS: Final = re.compile(r"[(\[（【〔〈]([^()\[\]（）【】〔〕〈〉]*)[)\]）】〕〉]")
_BEHIND_A_DASH: Final = re.compile(r"\s[-–—~]\s+([^-–—~]+)$")
_FEATURED: Final = re.compile(r"\b(?:feat|ft|featuring)\b\.?.*$", re.IGNORECASE | re.DOTALL)


class Title(Struct, frozen=True):
    """Folded words: of the whole, of the piece's own name, and of what is added; with the versions that are said."""

    whole: tuple[str, ...]
    base: tuple[str, ...]
    added: tuple[str, ...] = ()
    versions: frozenset[str] = frozenset()


@lru_cache(maxsize=1024)
def taken_apart(text: str) -> Title:
    """Who is featured counts neither as name nor as addition. What stands in no bracket and behind no dash is name:
    “Live and Let Die” is no concert."""
    text = text[:1000]
    whole = tuple(fold(text))
    added = _IN_BRACKETS.findall(text)
    base = _IN_BRACKETS.sub(" ", text)
    if (behind := _BEHIND_A_DASH.search(base)) and _versions(fold(behind[1])):
        added.append(behind[1])
        base = base[: behind.start()]
    base = _FEATURED.sub("", base)
    words = [word for part in added if not _FEATURED.match(part.strip()) for word in fold(part)]
    return Title(whole, tuple(fold(base)) or whole, tuple(words), _versions(words))


def base(text: str) -> str:
    """A piece's own name, as words to search for."""
    return " ".join(taken_apart(text).base)


def _versions(words: list[str]) -> frozenset[str]:
    said = f" {' '.join(words)} "
    return frozenset(name for name, word in _VERSIONS if word in said)
