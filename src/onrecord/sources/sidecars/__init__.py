# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rights evidence that travels with sound: in documents beside or above a file, and in its own tags."""

from onrecord.sources.sidecars.documents import RefusedDocument, SidecarDocument
from onrecord.sources.sidecars.tags import tag_evidence
from onrecord.sources.sidecars.tree import Sidecars

__all__ = ["RefusedDocument", "SidecarDocument", "Sidecars", "tag_evidence"]
