# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The MusicBrainz web service, version 2, over the archive: look-ups, browsing and search that taggers understand."""

from onrecord.web.ws2.routes import routes

__all__ = ["routes"]
