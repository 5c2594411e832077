# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of a search that no index can answer: what the rights on record say of a recording's sound today."""

import msgspec

from onrecord.archive.batch import FILE
from onrecord.archive.core import Archive
from onrecord.archive.judging import judge
from onrecord.archive.withheld import Withheld
from onrecord.catalog.pages import RecordingBody
from onrecord.model.filters import Filters
from onrecord.model.rights import Use
from onrecord.rights.licenses import read_license
from onrecord.search.facets import license_forms
from onrecord.search.finding import Finder
from onrecord.search.rows import Rows

#: What a reading of a text says that names no license.
_NO_LICENSE = ("unknown-text", "empty")


def unknown(archive: Archive, finder: Finder, filters: Filters) -> list[str]:
    """A sentence on each name of a license or a source that is known nowhere here, with those that are."""
    said = [
        f"license: {name[:100]!r} is not known; expected a name of SPDX, with or without its version:"
        " CC0-1.0, CC-PDM-1.0, CC-BY, CC-BY-SA-4.0, MIT, or another that evidence here names"
        for name in filters.licenses
        if read_license(name).reason in _NO_LICENSE and not finder.has(Filters(licenses=(name,)))
    ]
    if filters.sources:
        here = sorted(
            {FILE, *archive.ledger.sources(), *(name for name, _ in archive.ledger.record_counts())}
        )
        said += [
            f"source: nothing here is of {name[:100]!r}; there are: {', '.join(here)}"
            for name in filters.sources
            if name not in here and not finder.has(Filters(sources=(name,)))
        ]
    return said


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
