# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""OAI-PMH 2.0: what sound is held of, for libraries and aggregators to harvest as Dublin Core."""

from onrecord.web.oai.routes import routes

__all__ = ["routes"]
