# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records come in: kept verbatim, mapped to claims, committed in batches with the cursor to go on from."""

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import msgspec
from msgspec import Struct

from onrecord.archive.batch import FILE, Batch
from onrecord.archive.census import Census
from onrecord.archive.core import Archive
from onrecord.archive.delivery import Delivery
from onrecord.archive.judging import WORLD
from onrecord.archive.record_pages import RecordPages
from onrecord.archive.refused_before import refused_before
from onrecord.archive.renewing import renew
from onrecord.archive.taken_files import taken_file
from onrecord.archive.terms import find_source, given_to, refuse_unless_allowed
from onrecord.catalog.tables import Row
from onrecord.errors import NotFound, RecordRejected, SourceFailed, SourceRefused, UsageError
from onrecord.model.records import Claims, Page, Record, Whole
from onrecord.model.rights import Evidence, Says, Use
from onrecord.model.words import is_utf8
from onrecord.net import Client
from onrecord.rights import decide
from onrecord.rights.expressions import canonical
from onrecord.sources.loading import load_sources
from onrecord.sources.seam import Delivers, Dumped, Live, Source

#: What a source of somebody's own may be called.
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_COMMIT_RECORDS = 50_000
_COMMIT_SECONDS = 60.0
#: Rejections that a report lists; the table of refusals has them all.
_MOST_LISTED = 1000
#: Whole numbers that other programs still tell apart end here.
_TOO_LARGE: Final = 1 << 53
_ANOTHER = "records that another one with the same id followed at once, which is kept"
#: The digest of a tombstone's payload.
_NOTHING = hashlib.sha256().hexdigest()


class HarvestReport(Struct):
    """What one harvest did. `same` records were known and have not changed; of the rejected ones the first thousand are
    listed, and the archive keeps all.

    passed_over      what was read, is no fault, and makes no record, with its number
    rejected_before  what an earlier run rejected in what this one did not read again, counted and listed alike
    read_before      an earlier run read the place to its end, it has not changed since, and this run read nothing of it
    absent_kept      records that a full dump lacks and that are held all the same; `absent_why` says why, also where it
                     is not known how many there are. Those that were deleted are among `deleted`
    """

    source: str
    new: int = 0
    changed: int = 0
    same: int = 0
    deleted: int = 0
    tracks: int = 0
    rejected_count: int = 0
    rejected: list[tuple[str, str]] = msgspec.field(default_factory=list)
    passed_over: dict[str, int] = msgspec.field(default_factory=dict)
    rejected_before_count: int = 0
    rejected_before: list[tuple[str, str]] = msgspec.field(default_factory=list)
    read_before: bool = False
    absent_kept: int = 0
    absent_why: str = ""


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
    again: bool = False,
    full: bool = False,
    even_most: bool = False,
    settings: Mapping[str, str] = {},
    progress: Callable[[int], None] = lambda _: None,
) -> HarvestReport:
    """Read a local dump or folder in the format of source `name`. Goes on from the cursor of the last committed page,
    or `again` from the start.

    `filed_as` names whose word it is, where somebody else wrote records in that format, and `license` (SPDX) what they
    put it under; only then may it leave in an edition, if the gate says so. `full` is a person's word that the dump
    holds every record there is of the kinds in it; some dumps say it themselves. Then what is held and not in it is
    deleted, once all of it was read and nothing rejected, and not where more than half of it would go, unless
    `even_most` is said. `settings` are the connector's own. Raises
    NotFound where nothing is at `location`, UsageError for an unknown source.
    """
    if not location.exists():
        raise NotFound(f"{location}: no such file or folder")
    location = location.resolve()
    files = _files(location)
    _refuse_taken(files)
    source = _open(archive, name, location, filed_as, settings)
    if isinstance(source, Delivers):
        source = cast(Source, Delivery(archive, source, location, files))  # its terms are the source's own
    # A cursor holds for what was there when it was given: a dump that was fetched anew is read from its start.
    place = f"{location}#{_state_of(location, files, settings)}"
    if not is_utf8(place):
        raise UsageError(f"{location}: expected a name in UTF-8, as it goes into the log", "rename it")
    terms = _filed_under(archive, source, filed_as, license)
    said = source.whole() if isinstance(source, Dumped) else None
    census = None
    if full or said:

        def unchanged() -> bool:
            return place.endswith(f"#{_state_of(location, _files(location), settings)}")

        census = Census(
            archive, source.name, place, said or Whole(()), unchanged, every_kind=full, even_most=even_most
        )
    return _run(archive, source, place, source.pages, terms, progress, again, census=census)


def harvest_live(
    archive: Archive,
    name: str,
    query: str,
    *,
    filed_as: str = "",
    license: str = "",
    again: bool = False,
    settings: Mapping[str, str] = {},
    ask: Callable[[Archive], Client] = client,
    progress: Callable[[int], None] = lambda _: None,
) -> HarvestReport:
    """Ask a service for what answers `query`, at its pace, where its terms and the operator allow it.

    Goes on from the cursor of the last committed page, or `again` from the start: then what has changed comes anew, and
    a record page that has not costs no more than the question (see `record_pages`). `filed_as` and `license` are those
    of `harvest`: a format that many services speak has as many speakers. Raises SourceRefused where it may not be
    asked, SourceFailed where it does not answer; what was committed before stays.
    """
    found = find_source(name)
    if not issubclass(found, Live):
        raise UsageError(f"{name}: this source is read from files alone", "name a file or a folder of it")
    refuse_unless_allowed(archive, found)
    source = _open(archive, name, Path(), filed_as, settings)
    assert isinstance(source, Live)
    terms = _filed_under(archive, source, filed_as, license)
    with ask(archive) as asked:
        fetch = RecordPages(archive.ledger, asked, source.name, source.terms)
        return _run(
            archive,
            source,
            f"live:{query}",
            lambda cursor: source.live(fetch, query, cursor),
            terms,
            progress,
            again,
            fetch.noted,
        )


def _run(
    archive: Archive,
    source: Source,
    place: str,
    pages: Callable[[str], Iterator[Page]],
    terms: Mapping[str, Any],
    progress: Callable[[int], None],
    again: bool = False,
    noted: Callable[[str, str], Sequence[Row]] = lambda name, digest: (),
    census: Census | None = None,
) -> HarvestReport:
    report = HarvestReport(source.name)
    with archive.writing():
        last = archive.ledger.cursor(source.name, place)
        cursor = "" if again else last
        if census:
            cursor = census.begin(cursor)
        if cursor and not place.startswith("live:"):
            found = refused_before(archive, source.name, place, _MOST_LISTED)
            report.rejected_before_count, report.rejected_before = found
        data = {"source": source.name, "location": place, **terms}
        run = _Run(archive, source, data, report, noted, cursor, census, anew=bool(last and not cursor))
        report.read_before = bool(cursor) and not place.startswith("live:")
        try:
            for page in pages(cursor):
                report.read_before = False
                run.take(page)
                progress(report.new + report.changed + report.same + report.deleted)
        except SourceFailed:
            run.commit()  # a service that fails on its tenth page has given nine
            raise
        run.commit()
        if census:
            missing = census.bury(data | {"cursor": archive.ledger.cursor(source.name, place)})
            report.deleted += missing.deleted
            report.absent_kept, report.absent_why = missing.kept, missing.why
    return report


class _Run:
    """Collects pages, and commits them by number or by time: a kill costs at most that much work."""

    def __init__(
        self,
        archive: Archive,
        source: Source,
        data: Mapping[str, Any],
        report: HarvestReport,
        noted: Callable[[str, str], Sequence[Row]],
        cursor: str,
        census: Census | None,
        anew: bool,
    ) -> None:
        """`noted` gives the rows on the page of a record (by its name and digest) that are committed with it.

        Reading goes on from `cursor`. `anew`: the place was read before, and is begun from its start once more.
        """
        self._archive = archive
        self._source = source
        self._data = data
        self._report = report
        self._noted = noted
        self._census = census
        self._anew = anew
        self._begin(cursor)

    def _begin(self, cursor: str) -> None:
        self._batch = Batch(self._archive.ledger)
        self._taken: dict[str, str] = {}
        self._cursor = cursor
        self._since = time.monotonic()

    def take(self, page: Page) -> None:
        newest: dict[str, Record] = {}
        for record in page.records:
            name = f"{record.kind}:{record.id}"
            if name in newest and newest[name].payload != record.payload:
                self._report.passed_over[_ANOTHER] = self._report.passed_over.get(_ANOTHER, 0) + 1
            newest[name] = record
        for name, record in newest.items():
            digest = "" if record.deleted else hashlib.sha256(record.payload).hexdigest()
            if self._census and not record.deleted:
                self._census.meet(name)
            if self._taken.get(name) == digest:
                self._report.same += 1
                continue
            if name in self._taken:
                self.commit()  # a record twice in a dump: the second is a change of the first
            self._take(name, record, digest)
            if notes := self._noted(name, digest):
                self._batch.rows["validators"] += notes
        self._report.same += len(page.unchanged)
        for where, why in page.rejected:
            self._reject(where, why)
        for what, count in page.passed_over:
            self._report.passed_over[what] = self._report.passed_over.get(what, 0) + count
        self._cursor = page.cursor
        waiting = len(self._taken) + len(self._batch.rows["refusals"])
        if waiting >= _COMMIT_RECORDS or time.monotonic() - self._since >= _COMMIT_SECONDS:
            self.commit()

    def commit(self) -> None:
        if self._census:
            self._census.reach(self._cursor, self._report.rejected_count)
        place = str(self._data["location"])
        moved = self._cursor and self._archive.ledger.cursor(self._source.name, place) != self._cursor
        if self._batch.rows or moved or self._anew:
            data = {**self._data, "cursor": self._cursor} | ({"anew": True} if self._anew else {})
            self._anew = False
            self._archive.commit("harvested", data, self._batch.rows, self._batch.evidence)
        self._begin(self._cursor)

    def _take(self, name: str, record: Record, digest: str) -> None:
        report = self._report
        before = self._archive.ledger.record(self._source.name, name)
        news = isinstance(self._source, Delivery) and self._source.is_news(record)
        if before == digest and not news:
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
        if why := _beyond(claims):
            self._reject(name, why)
            return
        report.deleted += record.deleted
        report.new += before is None and not record.deleted
        report.changed += before is not None and not record.deleted
        report.tracks += len(claims.tracks)
        self._taken[name] = digest
        self._batch.keep_record(self._source.name, name, record, digest or _NOTHING)
        self._batch.claim(self._source.name, name, claims)
        # A delivery names its files, and speaks for itself.
        if before and not isinstance(self._source, Delivery):
            renew(self._archive, self._batch, self._source, record, name, claims)

    def _reject(self, where: str, why: str) -> None:
        self._report.rejected_count += 1
        if len(self._report.rejected) < _MOST_LISTED:
            self._report.rejected.append((where, why))
        self._batch.refuse(where, "", "record-rejected", why)


def _beyond(claims: Claims) -> str:
    """What is said of a number that no table can hold, "" where there is none."""
    numbers = (
        (field, value)
        for track in claims.tracks
        for field, value in (
            ("disc", track.disc),
            ("position", track.position),
            ("length", track.duration_ms),
        )
    )
    counts = (("number of tracks", release.tracks) for release in claims.releases)
    for field, value in (*numbers, *counts):
        if value is not None and abs(value) >= _TOO_LARGE:
            return f"{field}: expected a number below 2^53, got {str(value)[:40]}"
    return ""


def _open(archive: Archive, name: str, location: Path, filed_as: str, settings: Mapping[str, str]) -> Source:
    given = given_to(archive, name, settings)
    return find_source(name)(location, given | {"name": filed_as} if filed_as else given)


def _refuse_taken(files: Sequence[Path]) -> None:
    """SourceRefused where a file is a set that was taken from a service against its terms, whatever it is called."""
    for path in files:
        if why := taken_file(path):
            raise SourceRefused(f"{path}: {why}", "such sets are not read, by no door; see docs/rights.md")


def _files(location: Path) -> list[Path]:
    if location.is_file():
        return [location]
    return sorted(path for path in location.rglob("*") if path.is_file() and not path.is_symlink())


def _filed_under(archive: Archive, source: Source, filed_as: str, license: str) -> dict[str, Any]:
    """License of the records and of parts of them, and whether they may leave: by the source's terms, or by what their
    author said, who speaks for all of it."""
    if not filed_as:
        terms = source.terms
        said = {"license": terms.license, "redistribute": terms.redistribute}
        # As the log gives them back: a list stays one.
        parts = msgspec.json.decode(msgspec.json.encode(terms.parts))
        return said | ({"parts": parts} if parts else {})
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
