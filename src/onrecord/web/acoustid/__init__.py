# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AcoustID's web service, version 2, over the archive: look-ups by sound for everybody, submissions on this machine."""

from onrecord.web.acoustid.routes import routes

__all__ = ["routes"]
