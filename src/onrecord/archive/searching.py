# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of a search that no index can answer: what the rights on record say of a recording's sound today."""

import msgspec

from onrecord.archive.core import Archive
from onrecord.archive.judging import judge
from onrecord.archive.withheld import Withheld
from onrecord.catalog.pages import RecordingBody
from onrecord.model.filters import Filters
from onrecord.model.rights import Use
from onrecord.search.facets import license_forms
from onrecord.search.rows import Rows


class Holding:
    """Asks about one recording after another, for one search."""

    def __init__(self, archive: Archive, withheld: Withheld, rows: Rows, filters: Filters) -> None:
        self._archive = archive
        self._withheld = withheld
        self._rows = rows
        self._licenses = {form for name in filters.licenses for form in license_forms(name)[:1]}
        self._territory = filters.territory

    def fit(self, identifier: str) -> bool:
        """Is one of its sounds under such a license, and may one be streamed in that territory?

        The territory is asked as the door of `/sound` asks it, of files that are whole.
        """
        if not self._licenses and not self._territory:
            return True
        row = self._rows.get(identifier)
        if row is None or row.kind != "recording":
            return False
        sounds = msgspec.json.decode(row.body, type=RecordingBody).sounds
        digests = [sound.sha256 for sound in sounds if sound.sha256 not in self._withheld.blobs]
        licensed = not self._licenses or any(map(self._is_licensed, digests))
        return licensed and (not self._territory or any(map(self._may_be_streamed, digests)))

    def _is_licensed(self, sha256: str) -> bool:
        facts = (fact for fact, _ in self._archive.ledger.evidence(sha256).values())
        return any(not self._licenses.isdisjoint(license_forms(fact.license)) for fact in facts)

    def _may_be_streamed(self, sha256: str) -> bool:
        blob = self._archive.ledger.blob(sha256)
        whole = blob is not None and blob.state == "ok"
        return whole and judge(self._archive, sha256, Use.STREAM, self._territory).allow
