# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the MusicBrainz web service answers with: entities in the shape that its JSON has; nothing that is withdrawn."""

from onrecord.archive.ws2.answering import BROWSED, KINDS, Answering
from onrecord.archive.ws2.reading import EntityReader
from onrecord.archive.ws2.records import Tree

__all__ = ["BROWSED", "KINDS", "Answering", "EntityReader", "Tree"]
