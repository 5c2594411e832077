# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words as they come from a command line or a folder, where any bytes may stand (PEP 383)."""


def is_utf8(words: str) -> bool:
    """Can they be kept? Bytes that were no UTF-8 are lone surrogates, which nothing can be written with."""
    try:
        words.encode()
    except UnicodeEncodeError:
        return False
    return True
