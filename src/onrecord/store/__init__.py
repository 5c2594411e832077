# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blobs named by their SHA-256: put, read, verify, set aside; on disks and in buckets."""

from onrecord.store.blobs import Arrival, Kept, Seen, Staged, Store, see
from onrecord.store.pace import Pace
from onrecord.store.roots import Disk, open_roots
from onrecord.store.s3 import S3Settings
from onrecord.store.seam import Root

__all__ = [
    "Arrival",
    "Disk",
    "Kept",
    "Pace",
    "Root",
    "S3Settings",
    "Seen",
    "Staged",
    "Store",
    "open_roots",
    "see",
]
