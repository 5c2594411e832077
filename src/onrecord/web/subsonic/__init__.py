# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenSubsonic: what music players speak. Only what the rights let be streamed is played."""

from onrecord.web.subsonic.routes import routes

__all__ = ["routes"]
