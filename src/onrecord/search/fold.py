# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How text becomes tokens, for the index and for queries alike."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

# Scripts that write without spaces, or whose syllables stand alone: one token a character finds any part of a name.
_ALONE = (
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x3400, 0x4DBF),  # CJK extension A
    (0x4E00, 0x9FFF),  # CJK
    (0xAC00, 0xD7AF),  # Hangul syllables
    (0xF900, 0xFAFF),  # CJK compatibility
    (0x20000, 0x3FFFF),  # CJK extensions
)
#: Letters that Unicode does not take apart, as people type them who lack the key; and forms of one letter.
_LETTERS: Final = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "ŧ": "t",
        "ı": "i",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ى": "ي",
        "ی": "ي",
        "ک": "ك",
        "ة": "ه",
        "ە": "ه",
        "ٱ": "ا",
        "ـ": "",  # Arabic, and its Persian forms
        "ך": "כ",
        "ם": "מ",
        "ן": "נ",
        "ף": "פ",
        "ץ": "צ",  # Hebrew letters at the end of a word
    }
)
#: Letters of ASCII in lower case, digits, and a blank for all else: one look-up a byte.
_ASCII: Final = bytes(
    ord(chr(byte).lower()) if chr(byte).isalnum() and byte < 128 else 32 for byte in range(256)
)
_IS_ALONE: Final = "[" + "".join(f"{chr(low)}-{chr(high)}" for low, high in _ALONE) + "]"
#: Half of a width, or what is taken apart into several, may become such a one.
_HAS_ALONE: Final = re.compile("[\u2e80-\uffff\U00010000-\U0010ffff\u1100-\u11ff]")
_WORDS: Final = re.compile(f"{_IS_ALONE}|(?:(?!{_IS_ALONE})[^\\W_])+")
_MOST: Final = 200
_LONGEST: Final = 60


def fold(text: str) -> list[str]:
    """Tokens of a text: compatibility forms and accents folded, case folded, one token a CJK or Hangul character.

    A text of signs alone is one token: there are a band called “!!!” and an album called “÷”. At most 200 tokens of at
    most 60 characters, so that no query and no title is without bound.
    """
    return _words(text) or _signs(text)


def indexed(text: str) -> str:
    """What is indexed of a name, with blanks between: its tokens, and each two characters that stand beside each other
    in it.

    By pairs a part of a Japanese, Chinese or Korean name is found as such, not each of its characters anywhere.
    """
    if text.isascii():
        if len(text) <= _LONGEST:  # so no token is longer, and there are no more than half as many
            words = text.encode().translate(_ASCII).decode()
            return words if not words.isspace() else " ".join(_signs(text))
        return " ".join(fold(text))
    return _indexed(text)


def asked(query: str) -> list[str]:
    """What is looked for in the index: words, and of characters that stand together the pairs."""
    if query.isascii():
        return fold(query)
    wanted: list[str] = []
    for part in query[:4000].split():
        tokens = _words(part)
        beside = {place for place, two in enumerate(pairwise(tokens)) if _both_alone(two)}
        wanted += [
            tokens[place] for place in range(len(tokens)) if place not in beside and place - 1 not in beside
        ]
        wanted += _pairs(tokens)
    return wanted[:_MOST] or _signs(query)


@lru_cache(maxsize=16_384)
def stands_alone(char: str) -> bool:
    """Is this a character that is a token of its own?"""
    point = ord(char)
    return point >= 0x3040 and any(low <= point <= high for low, high in _ALONE)


def _words(text: str) -> list[str]:
    if text.isascii():  # most titles are: many times as fast
        words = text[:4000].encode().translate(_ASCII).split()
        return [word[:_LONGEST].decode() for word in words[:_MOST]]
    return [word for part in text[:4000].split(" ") for word in _words_of(part)][:_MOST]


@lru_cache(maxsize=16_384)
def _words_of(part: str) -> tuple[str, ...]:
    """Of what has no blank in it; kept, since words come again and again."""
    # Composed last, so that a Hangul syllable is one character again after its marks were looked at.
    bare = unicodedata.normalize("NFKD", part).casefold().translate(_BARE)
    return tuple(word[:_LONGEST] for word in _WORDS.findall(unicodedata.normalize("NFC", bare)))


def _signs(text: str) -> list[str]:
    """What can be seen of a text without words, in one piece."""
    plain = unicodedata.normalize("NFKC", text[:4000])
    seen = "".join(char for char in plain if unicodedata.category(char)[0] in "PS" and char != "_")
    return [seen[:_LONGEST]] if seen else []


@lru_cache(maxsize=4096)
def _indexed(text: str) -> str:
    """Kept, since names beside a name come again: an artist's with each piece."""
    tokens = fold(text)
    return " ".join([*tokens, *_pairs(tokens)] if _HAS_ALONE.search(text) else tokens)


def _pairs(tokens: Sequence[str]) -> list[str]:
    alone = [len(token) == 1 and stands_alone(token) for token in tokens]
    return [
        a + b
        for (a, b), (first, second) in zip(pairwise(tokens), pairwise(alone), strict=True)
        if first and second
    ]


def _both_alone(two: tuple[str, str]) -> bool:
    return all(len(token) == 1 and stands_alone(token) for token in two)


#: Katakana that have a Hiragana.
_KATAKANA: Final = (0x30A1, 0x30F6)
#: More than any catalog is written in, less than there are.
_MOST_KEPT: Final = 50_000


class _Bare(dict[int, str]):
    """What is left of a character: nothing of a mark, another letter of some. Filled as characters are met."""

    def __missing__(self, point: int) -> str:
        char = chr(point)
        # Kana voicing marks change the letter; they are kept and composed again.
        is_mark = unicodedata.category(char) == "Mn" and char not in "\u3099\u309a"
        left = "" if is_mark else char
        if _KATAKANA[0] <= point <= _KATAKANA[1]:  # one sound, two signs: the Hiragana of it
            left = chr(point - 0x60)
        if len(self) < _MOST_KEPT:
            self[point] = left
        return left


_BARE: Final = _Bare(_LETTERS)
