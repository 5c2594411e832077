# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from inside strangers' files, cut and cleaned."""

import re
from typing import Final

#: Bytes of UTF-8 that are kept of one tag's value.
LONGEST: Final = 64 * 1024


def one_line(text: str) -> str:
    """A library's message made safe for a terminal and short enough for a table."""
    return re.sub(r"[^ -~]+", " ", text).strip()[:200]


def clean(text: str) -> str:
    """A tag's value without NUL and lone surrogates, cut at 64 KiB; everything else stays as it is."""
    data = text.replace("\0", "").strip().encode("utf-8", "replace")
    return data[:LONGEST].decode("utf-8", "ignore")
