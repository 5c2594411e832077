# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The polite HTTP client."""

from onrecord.net.fetching import fetch

__all__ = ["fetch"]
