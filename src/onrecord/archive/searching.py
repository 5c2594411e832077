# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of a search that no index can answer: what the rights on record say of a recording's sound today."""

from collections.abc import Collection
from functools import lru_cache

import msgspec

from onrecord.archive.batch import FILE
from onrecord.archive.core import Archive
from onrecord.archive.judging import judge
from onrecord.archive.shelves import on_shelf, shelves
from onrecord.archive.withheld import Withheld
from onrecord.catalog.pages import RecordingBody
from onrecord.model.filters import Filters
from onrecord.model.rights import BESIDE_SOUND, Use
from onrecord.rights.licenses import read_license
from onrecord.rights.territories import UNKNOWN, known
from onrecord.search.entity_finding import KINDS
from onrecord.search.facets import license_forms
from onrecord.search.finding import Finder
from onrecord.search.rows import Rows

#: What a reading of a text says that names no license.
_NO_LICENSE = ("unknown-text", "empty")
#: What has no rows.
NAMED = frozenset(KINDS)
#: So many names are said to choose from.
_SAID = 40


def spelled(filters: Filters) -> Filters:
    """With each license also as SPDX names it, so that “CC BY-SA 4.0” and its address find what CC-BY-SA-4.0 does."""
    if not filters.licenses:
        return filters
    return msgspec.structs.replace(filters, licenses=_spellings(filters.licenses))


@lru_cache(maxsize=256)
def _spellings(licenses: tuple[str, ...]) -> tuple[str, ...]:
    """Kept, since each page of results counts by the same licenses."""
    readings = [(name, read_license(name)) for name in licenses]
    names = [spelling for name, it in readings for spelling in (name, it.license or it.kind) if spelling]
    return tuple(dict.fromkeys(names))


def unknown(archive: Archive, finder: Finder, rows: Rows, filters: Filters) -> list[str]:
    """A sentence on each name of a license, a source, a language, a shelf or a territory that is known nowhere here,
    with those that are, and on years that end before they begin."""
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
    if filters.languages:
        spoken = rows.languages()
        said += [
            f"language: nothing here is in {code[:100]!r}; expected a code of ISO 639-3; there are: {_some(spoken)}"
            for code in filters.languages
            if code.casefold() not in spoken
        ]
    if filters.shelf and filters.shelf not in (there := shelves(archive)):
        said.append(f"shelf: the newest edition has no {filters.shelf[:100]!r}; there are: {_some(there)}")
    if filters.territory and known(filters.territory) == UNKNOWN != filters.territory:
        said.append(
            "territory: expected a country of ISO 3166-1 such as DE, Worldwide or unknown,"
            f" got {filters.territory[:60]!r}"
        )
    first, last = filters.years
    if first is not None and last is not None and first > last:
        said.append(f"years: expected the first and then the last, got {first} to {last}")
    return said


def counted(filters: Filters) -> bool:
    """Can the index of what has rows say how many fit? Not what is asked on the day, nor where works, labels and
    release groups fit as well."""
    asked_on_the_day = filters.territory or filters.shelf
    of_rows = filters.of_recordings or filters.sound or (filters.kinds and NAMED.isdisjoint(filters.kinds))
    return bool(of_rows and not asked_on_the_day)


def _some(names: Collection[str]) -> str:
    """Names to choose from, not all of very many."""
    listed = ", ".join(list(names)[:_SAID]) or "none"
    return f"{listed} and {len(names) - _SAID} more" if len(names) > _SAID else listed


class Holding:
    """Asks about one recording after another, for one search."""

    def __init__(self, archive: Archive, withheld: Withheld, rows: Rows, filters: Filters) -> None:
        self._archive = archive
        self._withheld = withheld
        self._rows = rows
        self._licenses = {form for name in filters.licenses for form in license_forms(name)[:1]}
        self._territory = filters.territory
        self._shelf = filters.shelf
        self._seconds = filters.seconds

    def fit(self, identifier: str) -> bool:
        """Is one of its sounds under such a license and on such a shelf, may one be streamed in that territory, and is
        it so long?

        The territory is asked as the door of `/sound` asks it, of files that are whole.
        """
        if not (self._licenses or self._territory or self._shelf or self._seconds != (None, None)):
            return True
        row = self._rows.get(identifier)
        if row is None or row.kind != "recording":
            return False
        body = msgspec.json.decode(row.body, type=RecordingBody)
        if not self._is_so_long(body.duration_ms):
            return False
        digests = [sound.sha256 for sound in body.sounds if sound.sha256 not in self._withheld.blobs]
        asked = (
            (self._licenses, self._is_licensed),
            (self._territory, self._may_be_streamed),
            (self._shelf, self._is_on_shelf),
        )
        return all(any(map(fits, digests)) for wanted, fits in asked if wanted)

    def _is_so_long(self, length: int | None) -> bool:
        least, most = self._seconds
        if least is None and most is None:
            return True
        return (
            length is not None
            and (least is None or length >= 1000 * least)
            and (most is None or length < 1000 * most)
        )

    def _is_on_shelf(self, sha256: str) -> bool:
        return on_shelf(self._archive.ledger.volume(sha256), self._shelf)

    def _is_licensed(self, sha256: str) -> bool:
        every = (fact for fact, _ in self._archive.ledger.evidence(sha256).values())
        facts = (fact for fact in every if fact.part not in BESIDE_SOUND)
        return any(not self._licenses.isdisjoint(license_forms(fact.license)) for fact in facts)

    def _may_be_streamed(self, sha256: str) -> bool:
        blob = self._archive.ledger.blob(sha256)
        whole = blob is not None and blob.state == "ok"
        return whole and judge(self._archive, sha256, Use.STREAM, self._territory).allow
