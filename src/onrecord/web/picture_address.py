# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where pictures are shown, and in which sizes."""

from typing import Final

#: Pixels, wide and high at most: for lists, and for a page of its own.
SIZES: Final = (256, 600)


def path_of(picture: str, side: int = SIZES[-1]) -> str:
    """Below the host."""
    return f"/picture/{picture}?size={side}"
