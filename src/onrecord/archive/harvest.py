# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records come in: kept verbatim, mapped to claims, committed in batches with the cursor to go on from."""

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from onrecord.archive.batch import FILE, Batch
from onrecord.archive.core import Archive
from onrecord.archive.judging import WORLD
from onrecord.archive.terms import find_source, refuse_unless_allowed
from onrecord.errors import NotFound, RecordRejected, SourceFailed, SourceRefused, UsageError
from onrecord.model.records import Claims, Page, Record
from onrecord.model.rights import Evidence, Says, Use
from onrecord.net import Client
from onrecord.rights import decide
from onrecord.rights.expressions import canonical
from onrecord.rights.taken import HEAD, taken_head
from onrecord.sources.loading import load_sources
from onrecord.sources.seam import Live, Source

#: What a source of somebody's own may be called.
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_COMMIT_RECORDS = 50_000
_COMMIT_SECONDS = 60.0
#: Rejections that a report lists; the table of refusals has them all.
_MOST_LISTED = 1000
#: The digest of a tombstone's payload.
_NOTHING = hashlib.sha256().hexdigest()


class HarvestReport(Struct):
    """What one harvest did. `same` records were known and have not changed; of the rejected ones the first thousand are
    listed, and the archive keeps all.
    """

    source: str
    new: int = 0
    changed: int = 0
    same: int = 0
    deleted: int = 0
    tracks: int = 0
    rejected_count: int = 0
    rejected: list[tuple[str, str]] = msgspec.field(default_factory=list)


def client(archive: Archive) -> Client:
    """The one that asks services for this archive; close it after use."""
    settings = archive.settings.harvest
    return Client(settings.contact, rate=settings.requests_per_second)


def harvest(
    archive: Archive,
    name: str,
    location: Path,
    *,
    filed_as: str = "",
    license: str = "",
    settings: Mapping[str, str] = {},
    progress: Callable[[int], None] = lambda _: None,
) -> HarvestReport:
    """Read a local dump or folder in the format of source `name`. Goes on from the cursor of the last committed page.

    `filed_as` names whose word it is, where somebody else wrote records in that format, and `license` (SPDX) what they
    put it under; only then may it leave in an edition, if the gate says so. `settings` are the connector's own. Raises
    NotFound where nothing is at `location`, UsageError for an unknown source.
    """
    if not location.exists():
        raise NotFound(f"{location}: no such file or folder")
    location = location.resolve()
    files = _files(location)
    _refuse_taken(files)
    source = _open(archive, name, location, filed_as, settings)
    # A cursor holds for what was there when it was given: a dump that was fetched anew is read from its start.
    place = f"{location}#{_state_of(location, files, settings)}"
    return _run(
        archive, source, place, source.pages, _filed_under(archive, source, filed_as, license), progress
    )


def harvest_live(
    archive: Archive,
    name: str,
    query: str,
    *,
    settings: Mapping[str, str] = {},
    ask: Callable[[Archive], Client] = client,
    progress: Callable[[int], None] = lambda _: None,
) -> HarvestReport:
    """Ask a service for what answers `query`, at its pace, where its terms and the operator allow it.

    Goes on from the cursor of the last committed page. Raises SourceRefused where it may not be asked, SourceFailed
    where it does not answer; what was committed before stays.
    """
    found = find_source(name)
    if not issubclass(found, Live):
        raise UsageError(f"{name}: this source is read from files alone", "name a file or a folder of it")
    refuse_unless_allowed(archive, found)
    source = _open(archive, name, Path(), "", settings)
    assert isinstance(source, Live)
    terms: dict[str, str | bool] = {
        "license": source.terms.license,
        "redistribute": source.terms.redistribute,
    }
    with ask(archive) as asked:
        return _run(
            archive,
            source,
            f"live:{query}",
            lambda cursor: source.live(asked.get, query, cursor),
            terms,
            progress,
        )


def _run(
    archive: Archive,
    source: Source,
    place: str,
    pages: Callable[[str], Iterator[Page]],
    terms: Mapping[str, str | bool],
    progress: Callable[[int], None],
) -> HarvestReport:
    report = HarvestReport(source.name)
    with archive.writing():
        run = _Run(archive, source, {"source": source.name, "location": place, **terms}, report)
        try:
            for page in pages(archive.ledger.cursor(source.name, place)):
                run.take(page)
                progress(report.new + report.changed + report.same + report.deleted)
        except SourceFailed:
            run.commit()  # a service that fails on its tenth page has given nine
            raise
        run.commit()
    return report


class _Run:
    """Collects pages, and commits them by number or by time: a kill costs at most that much work."""

    def __init__(
        self, archive: Archive, source: Source, data: Mapping[str, str | bool], report: HarvestReport
    ) -> None:
        self._archive = archive
        self._source = source
        self._data = data
        self._report = report
        self._begin("")

    def _begin(self, cursor: str) -> None:
        self._batch = Batch(self._archive.ledger)
        self._taken: dict[str, str] = {}
        self._cursor = cursor
        self._since = time.monotonic()

    def take(self, page: Page) -> None:
        newest = {f"{record.kind}:{record.id}": record for record in page.records}
        for name, record in newest.items():
            digest = "" if record.deleted else hashlib.sha256(record.payload).hexdigest()
            if self._taken.get(name) == digest:
                self._report.same += 1
                continue
            if name in self._taken:
                self.commit()  # a record twice in a dump: the second is a change of the first
            self._take(name, record, digest)
        for where, why in page.rejected:
            self._reject(where, why)
        self._cursor = page.cursor
        waiting = len(self._taken) + len(self._batch.rows["refusals"])
        if waiting >= _COMMIT_RECORDS or time.monotonic() - self._since >= _COMMIT_SECONDS:
            self.commit()

    def commit(self) -> None:
        place = str(self._data["location"])
        moved = self._cursor and self._archive.ledger.cursor(self._source.name, place) != self._cursor
        if self._batch.rows or moved:
            data = {**self._data, "cursor": self._cursor}
            self._archive.commit("harvested", data, self._batch.rows, self._batch.evidence)
        self._begin(self._cursor)

    def _take(self, name: str, record: Record, digest: str) -> None:
        report = self._report
        before = self._archive.ledger.record(self._source.name, name)
        if before == digest:
            report.same += 1
            return
        held = self._archive.ledger.record_version(self._source.name, name) if record.version else ""
        if record.version < held:
            self._reject(name, f"superseded: what is held is of {held}, this is of {record.version}")
            return
        try:
            claims = Claims() if record.deleted else self._source.claims(record)
        except RecordRejected as error:
            self._reject(error.where or name, error.message)
            return
        report.deleted += record.deleted
        report.new += before is None and not record.deleted
        report.changed += before is not None and not record.deleted
        report.tracks += len(claims.tracks)
        self._taken[name] = digest
        self._batch.keep_record(self._source.name, name, record, digest or _NOTHING)
        self._batch.claim(self._source.name, name, claims)

    def _reject(self, where: str, why: str) -> None:
        self._report.rejected_count += 1
        if len(self._report.rejected) < _MOST_LISTED:
            self._report.rejected.append((where, why))
        self._batch.refuse(where, "", "record-rejected", why)


def _open(archive: Archive, name: str, location: Path, filed_as: str, settings: Mapping[str, str]) -> Source:
    given = {**archive.settings.of_source(name), **settings}
    return find_source(name)(location, given | {"name": filed_as} if filed_as else given)


def _refuse_taken(files: Sequence[Path]) -> None:
    """SourceRefused where a file is a set that was taken from a service against its terms, whatever it is called."""
    for path in files:
        with path.open("rb") as file:
            head = file.read(HEAD)
        if why := taken_head(head):
            raise SourceRefused(f"{path}: {why}", "such sets are not read, by no door; see docs/rights.md")


def _files(location: Path) -> list[Path]:
    if location.is_file():
        return [location]
    return sorted(path for path in location.rglob("*") if path.is_file() and not path.is_symlink())


def _filed_under(archive: Archive, source: Source, filed_as: str, license: str) -> dict[str, str | bool]:
    """License of the records, and whether they may leave: by the source's terms, or by what their author said."""
    if not filed_as:
        return {"license": source.terms.license, "redistribute": source.terms.redistribute}
    before = archive.ledger.sources().get(filed_as)
    if filed_as in (FILE, *load_sources().loaded) or filed_as.startswith("archive:"):
        raise UsageError(f"--as {filed_as}: this is the name of a source of its own", "choose another name")
    if before and before[0] != license:
        raise UsageError(
            f"--as {filed_as}: its records were filed under {before[0] or 'no license'!r}, not {license or 'none'!r}",
            "file these under another name",
        )
    if not _NAME.fullmatch(filed_as):
        raise UsageError(
            f"--as {filed_as[:80]!r}: expected lower case letters, digits and hyphens", "choose a plain name"
        )
    if license and not canonical(license):
        raise UsageError(
            f"--license {license[:80]!r}: expected an SPDX expression", "such as CC0-1.0 or CC-BY-4.0"
        )
    stated = Evidence(says=Says.LICENSE, origin="operator", text=license, license=license)
    free = bool(license) and decide([stated], Use.SHARE, WORLD, archive.today, commercial=True).allow
    return {"license": license, "redistribute": free}


def _state_of(location: Path, files: Sequence[Path], settings: Mapping[str, str]) -> str:
    """What changes when a dump or one file of a folder is replaced (names, sizes, times), or is read otherwise."""
    state = hashlib.sha256(repr(sorted(settings.items())).encode())
    for path in files:
        status = path.stat()
        name = os.fsencode(path.relative_to(location) if path != location else path.name)
        state.update(b"%b\0%d\0%d\n" % (name, status.st_size, status.st_mtime_ns))
    return state.hexdigest()[:16]
