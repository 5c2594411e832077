# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs SQL files over Parquet and chunk functions over files: here today, on a cluster when an archive outgrows it."""
