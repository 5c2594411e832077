# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens an archive for the questions of the MusicBrainz web service."""

import datetime as dt
from pathlib import Path

from onrecord.archive.ws2.answering import Answering
from onrecord.archive.ws2.held import Held


class EntityReader:
    """Reads an archive from any number of threads, while another process may write."""

    def __init__(self, folder: Path) -> None:
        self._held = Held(folder)

    def answering(self) -> Answering:
        """What makes one answer: it reads each thing once, so take a new one for the next."""
        return Answering(self._held)

    def now(self) -> dt.datetime:
        return self._held.now()
