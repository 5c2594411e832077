# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who measures: the name and version that every measurement bears, so that old ones can be found and made again."""

from typing import Final

ANALYSER: Final = "onrecord.audio"
#: Raised whenever what is measured, or a way of measuring it, changes.
VERSION: Final = "2"
