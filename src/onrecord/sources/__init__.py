# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connectors: what others say about recorded music, read record by record. One file each, behind `seam.Source`."""
