# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens an archive and runs the steps in order: only this package knows what comes after what.

A step is a function whose first argument is an open `Archive`.
"""

from onrecord.archive.core import Archive

__all__ = ["Archive"]
