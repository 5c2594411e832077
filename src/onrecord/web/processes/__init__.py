# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server of several processes: one that watches (`parent`), those that answer (`child`), and what these have in
common (`shared`). Each reads the archive itself; they share one socket, and whoever is free takes the next connection.
"""
