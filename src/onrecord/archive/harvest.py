# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records come in: kept verbatim, mapped to claims, committed page by page."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from onrecord.archive.batch import Batch
from onrecord.archive.core import Archive
from onrecord.archive.judging import WORLD
from onrecord.errors import NotFound, RecordRejected, UsageError
from onrecord.model.records import Claims, Page, Record
from onrecord.model.rights import Evidence, Says, Use
from onrecord.rights import decide
from onrecord.sources.loading import load_sources
from onrecord.sources.seam import Source


class HarvestReport(Struct):
    """What one harvest did. `same` records were known and have not changed."""

    source: str
    new: int = 0
    changed: int = 0
    same: int = 0
    deleted: int = 0
    tracks: int = 0
    rejected: list[tuple[str, str]] = msgspec.field(default_factory=list)


def harvest(
    archive: Archive,
    name: str,
    location: Path,
    *,
    filed_as: str = "",
    license: str = "",
    progress: Callable[[int], None] = lambda _: None,
) -> HarvestReport:
    """Read a local dump or folder in the format of source `name`. Goes on from the cursor of the last committed page.

    `filed_as` names whose word it is, where somebody else wrote records in that format, and `license` (SPDX) what they
    put it under; only then may it leave in an edition, if the gate says so. Raises NotFound where nothing is at
    `location`, UsageError for an unknown source.
    """
    if not location.exists():
        raise NotFound(f"{location}: no such file or folder")
    location = location.resolve()
    source = _open(archive, name, location, filed_as)
    terms = _filed_under(archive, source, filed_as, license)
    report = HarvestReport(source.name)
    with archive.writing():
        cursor = archive.ledger.cursor(source.name, str(location))
        for page in source.pages(cursor):
            _commit(archive, source, location, page, terms, report)
            progress(report.new + report.changed + report.same + report.deleted)
    return report


def _open(archive: Archive, name: str, location: Path, filed_as: str) -> Source:
    plugins = load_sources()
    found = plugins.loaded.get(name)
    if found is None:
        why = [error.message for error in plugins.left_out]
        raise UsageError(
            f"no source is called {name!r}", "; ".join([f"there are: {', '.join(plugins.loaded)}", *why])
        )
    settings = archive.settings.of_source(name)
    return found(location, settings | {"name": filed_as} if filed_as else settings)


def _filed_under(archive: Archive, source: Source, filed_as: str, license: str) -> dict[str, str | bool]:
    """License of the records, and whether they may leave: by the source's terms, or by what their author said."""
    if not filed_as:
        return {"license": source.terms.license, "redistribute": source.terms.redistribute}
    stated = Evidence(says=Says.LICENSE, origin="operator", text=license, license=license)
    free = bool(license) and decide([stated], Use.SHARE, WORLD, archive.today, commercial=True).allow
    return {"license": license, "redistribute": free}


def _commit(
    archive: Archive,
    source: Source,
    location: Path,
    page: Page,
    terms: dict[str, str | bool],
    report: HarvestReport,
) -> None:
    batch = Batch(archive.log.next_seq, archive.ledger)
    newest = {f"{record.kind}:{record.id}": record for record in page.records}
    for name, record in newest.items():
        _take(archive, source, name, record, batch, report)
    for where, why in page.rejected:
        _reject(batch, report, where, why)
    if batch.rows or archive.ledger.cursor(source.name, str(location)) != page.cursor:
        archive.commit(
            "harvested",
            {"source": source.name, "location": str(location), "cursor": page.cursor, **terms},
            batch.rows,
            batch.evidence,
        )


def _take(
    archive: Archive, source: Source, name: str, record: Record, batch: Batch, report: HarvestReport
) -> None:
    digest = hashlib.sha256(record.payload).hexdigest()
    before = archive.ledger.record(source.name, name)
    if before == ("" if record.deleted else digest):
        report.same += 1
        return
    try:
        claims = Claims() if record.deleted else source.claims(record)
    except RecordRejected as error:
        _reject(batch, report, error.where or name, error.message)
        return
    report.deleted += record.deleted
    report.new += before is None and not record.deleted
    report.changed += before is not None and not record.deleted
    report.tracks += len(claims.tracks)
    batch.keep_record(source.name, name, record, digest)
    batch.claim(source.name, name, claims)


def _reject(batch: Batch, report: HarvestReport, where: str, why: str) -> None:
    report.rejected.append((where, why))
    batch.refuse(where, "", "record-rejected", why)
