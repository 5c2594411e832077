# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readers of royalty statements: one declarative table a format (`layout`), one engine that reads them (`table`)."""
