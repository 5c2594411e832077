# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How text becomes tokens, for the index and for queries alike."""

import unicodedata

# Scripts that write without spaces, or whose syllables stand alone: one token a character finds any part of a name.
_ALONE = (
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x3400, 0x4DBF),  # CJK extension A
    (0x4E00, 0x9FFF),  # CJK
    (0xAC00, 0xD7AF),  # Hangul syllables
    (0xF900, 0xFAFF),  # CJK compatibility
    (0x20000, 0x3FFFF),  # CJK extensions
)


def fold(text: str) -> list[str]:
    """Tokens of a text: compatibility forms and accents folded, case folded, one token a CJK or Hangul character.

    At most 200 tokens of at most 60 characters, so that no query and no title is without bound.
    """
    # Composed last, so that a Hangul syllable is one character again after its marks were looked at.
    decomposed = unicodedata.normalize("NFKD", text[:4000]).casefold()
    bare = "".join(char for char in decomposed if not _is_mark(char))
    words: list[str] = []
    word = ""
    for char in unicodedata.normalize("NFC", bare):
        if _stands_alone(char):
            words += [word, char]
            word = ""
        elif char.isalnum():
            word += char
        else:
            words.append(word)
            word = ""
    return [token[:60] for token in [*words, word] if token][:200]


def _is_mark(char: str) -> bool:
    # Kana voicing marks change the letter; they are kept and composed again.
    return unicodedata.category(char) == "Mn" and char not in "\u3099\u309a"


def _stands_alone(char: str) -> bool:
    point = ord(char)
    return any(low <= point <= high for low, high in _ALONE)
