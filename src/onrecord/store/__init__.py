# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blobs named by their SHA-256: put, read, verify, set aside; on one disk or several."""

from onrecord.store.blobs import Arrival, Seen, Staged, Store, see
from onrecord.store.pace import Pace
from onrecord.store.roots import Root, open_roots

__all__ = ["Arrival", "Pace", "Root", "Seen", "Staged", "Store", "open_roots", "see"]
