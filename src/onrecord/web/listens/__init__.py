# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ListenBrainz's interface: scrobblers hand in what was heard, of those who want it kept, and read it back."""

from onrecord.web.listens.routes import routes

__all__ = ["routes"]
