# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values as SQL writes them."""

from pathlib import Path


def quoted(text: str | Path) -> str:
    """A text, or the path of a file, as SQL writes it."""
    return "'" + str(text).replace("'", "''") + "'"
