# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a source still say of rights what it said? It is asked again for each record that held sound rests on.

What was asked is committed in portions: a kill costs at most one of them, and the next run goes on with the rest.
"""

import datetime as dt
import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

import msgspec
from msgspec import Struct

from onrecord.archive.batch import Batch
from onrecord.archive.core import Archive
from onrecord.archive.harvest import client
from onrecord.archive.judging import answers
from onrecord.archive.record_pages import RecordPages
from onrecord.archive.renewing import Renewal, renew
from onrecord.archive.terms import find_source, given_to, refuse_unless_allowed
from onrecord.catalog.tables import RecheckRow
from onrecord.errors import OnrecordError, RecordRejected, SourceFailed, SourceRefused, UsageError
from onrecord.model.records import Page, Record
from onrecord.model.rights import Evidence, Says
from onrecord.net import Client, LeftToLater, RobotsRefused, UnexpectedStatus
from onrecord.sources.seam import Rechecks, Source

PORTION = 100
OLDER_THAN = dt.timedelta(days=30)
_SECONDS = 60.0
#: Names of records that are looked up at a time.
_LOOKED_UP = 10_000
_MOST_LISTED = 1000
_GONE_STATUS = (404, 410)
_AS_BEFORE = ("unchanged", "renewed")


class Moved(Struct, frozen=True, order=True):
    """An answer that is another one than before for so many files. `what` is a use, asked for the whole world and not
    for commerce; or `publish`: may it enter an edition, by the archive's own settings?"""

    what: str
    was: bool
    now: bool
    files: int


class Change(Struct, frozen=True, forbid_unknown_fields=True):
    """What a record said of rights and what it says now, in its words; and what that changed."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    answers: tuple[Moved, ...] = ()


NO_CHANGE: Final = Change()


class Finding(Struct, frozen=True):
    """A record of which its source says something else than before. `outcome` is `changed`, `gone`, `returned`, or
    `failed` where it could not be asked; so many `files` of held sound rest on it. `found` is when."""

    source: str
    record: str
    outcome: str
    files: int
    detail: str
    change: Change = NO_CHANGE
    found: str = ""


class RecheckReport(Struct):
    """What one run did. Of the findings the first thousand are listed, and the archive keeps all.

    asked     by outcome: `unchanged` (same bytes), `renewed` (other bytes, the same word on rights), `changed`,
              `gone`, `returned` (it was gone before), `failed`
    later     records that were heard on too lately to be asked again now, or that the limit left
    left_out  sources that were not asked, and why
    """

    asked: dict[str, int] = msgspec.field(default_factory=dict)
    later: int = 0
    findings: list[Finding] = msgspec.field(default_factory=list)
    left_out: list[tuple[str, str]] = msgspec.field(default_factory=list)


def recheck(
    archive: Archive,
    name: str = "",
    *,
    older_than: dt.timedelta = OLDER_THAN,
    limit: int = 0,
    settings: Callable[[str], Mapping[str, str]] = lambda _: {},
    ask: Callable[[Archive], Client] = client,
    progress: Callable[[int], None] = lambda _: None,
    portion: int = PORTION,
) -> RecheckReport:
    """Ask source `name` again, or every one that can be asked, for the records that evidence of held sound rests on and
    that it was last heard on longer ago than `older_than`: those first that were not for longest, at most `limit`.

    A newer record is kept, and its word counts, as in a harvest. A record that is gone is put on record as gone; what
    it granted stays. `settings` gives those of a source by its name. Raises SourceRefused and UsageError where the
    named source may not or cannot be asked, and SourceFailed where it does not answer; what was committed before stays.
    """
    report = RecheckReport()
    sources = _askable(archive, name, settings, report)
    before = _written(archive.clock() - older_than)
    if not sources:
        return report
    with archive.writing(), ask(archive) as asked:
        for source in sources:
            run = _Run(archive, source, asked, report, portion)
            try:
                for record in _due(archive, source.name, before):
                    if limit and sum(report.asked.values()) >= limit:
                        break
                    run.take(record)
                    progress(sum(report.asked.values()))
            except (SourceFailed, UsageError) as error:
                run.commit()
                if name:
                    raise
                report.left_out.append((source.name, _said(error)))
            run.commit()
    resting = archive.ledger.resting()
    report.later = sum(resting.get(source.name, 0) for source in sources) - sum(report.asked.values())
    return report


def last_findings(archive: Archive, name: str = "", limit: int = _MOST_LISTED) -> list[Finding]:
    """The last finding on each record, of one source or of all, the newest first."""
    with archive.duck() as duck:
        rows = duck.run(
            "WITH told AS (SELECT *, max(if(outcome = 'failed', 0, seq)) OVER (PARTITION BY source, record) AS heard"
            " FROM rechecks WHERE ? = '' OR source = ?)"
            " SELECT source, record, outcome, files, detail, change, asked FROM told"
            " WHERE outcome NOT IN ('unchanged', 'renewed') AND (outcome <> 'failed' OR seq > heard)"
            " QUALIFY row_number() OVER (PARTITION BY source, record ORDER BY seq DESC) = 1"
            " ORDER BY seq DESC, source, record LIMIT ?",
            [name, name, limit],
        )
    return [
        Finding(
            source=source,
            record=record,
            outcome=outcome,
            files=files,
            detail=detail,
            change=msgspec.json.decode(change, type=Change) if change else NO_CHANGE,
            found=asked,
        )
        for source, record, outcome, files, detail, change, asked in rows
    ]


def _askable(
    archive: Archive, name: str, settings: Callable[[str], Mapping[str, str]], report: RecheckReport
) -> list["_Askable"]:
    """The sources to ask; the one that was named must be among them, others are left out with the reason."""
    found = []
    for each, records in {name: 0}.items() if name else archive.ledger.resting().items():
        try:
            found.append(_open(archive, each, settings(each)))
        except (SourceRefused, UsageError) as error:
            if name:
                raise
            report.left_out.append((each, f"{records:,} records not asked for: {_said(error)}"))
    return found


def _said(error: OnrecordError) -> str:
    return f"{error.message}; {error.hint}" if error.hint else error.message


class _Askable(Source, Rechecks, Protocol):
    """A source that can be asked again."""


def _open(archive: Archive, name: str, settings: Mapping[str, str]) -> "_Askable":
    found = find_source(name)
    if not issubclass(found, Rechecks):
        raise UsageError(
            f"{name}: this source cannot be asked again for single records", "harvest it once more"
        )
    refuse_unless_allowed(archive, found)
    source: _Askable = found(Path(), given_to(archive, name, settings))
    return source


def _due(archive: Archive, source: str, before: str) -> Iterator[str]:
    """What is asked is heard on, so that it is not due any more; a run asks for nothing twice all the same."""
    waiting: set[str] = set()
    while fresh := [name for name in archive.ledger.due(source, before, _LOOKED_UP) if name not in waiting]:
        waiting = {*fresh}
        yield from fresh


class _Run:
    """Asks one source for one record after the other, and commits what came by number or by time."""

    def __init__(
        self, archive: Archive, source: "_Askable", asked: Client, report: RecheckReport, portion: int
    ) -> None:
        self._archive = archive
        self._source = source
        self._fetch = RecordPages(archive.ledger, asked, source.name, source.terms)
        self._report = report
        self._portion = portion
        self._failed = False
        self._begin()

    def _begin(self) -> None:
        self._batch = Batch(self._archive.ledger)
        self._outcomes: Counter[str] = Counter()
        self._since = time.monotonic()

    def take(self, name: str) -> None:
        """Ask for one record. One that fails is named and left to a later run; where the next one fails too, it is the
        service that fails."""
        try:
            finding = self._read(name, self._source.again(self._fetch, name))
            failed = False
        except UnexpectedStatus as error:
            if error.status in _GONE_STATUS:
                finding, failed = self._gone(name, f"the service answered {error.status}"), False
            else:
                finding, failed = self._left(name, error), True
        except (LeftToLater, RobotsRefused):
            raise
        except (SourceFailed, RecordRejected) as error:
            finding, failed = self._left(name, error), isinstance(error, SourceFailed)
        self._failed = failed
        self._note(finding)
        if sum(self._outcomes.values()) >= self._portion or time.monotonic() - self._since >= _SECONDS:
            self.commit()

    def commit(self) -> None:
        if self._outcomes:
            data = {"source": self._source.name, "asked": dict(sorted(self._outcomes.items()))}
            self._archive.commit("rechecked", data, self._batch.rows, self._batch.evidence)
        self._begin()

    def _left(self, name: str, error: SourceFailed | RecordRejected) -> Finding:
        if self._failed and isinstance(error, SourceFailed):
            raise error
        return self._finding(name, "failed", error.message)

    def _read(self, name: str, page: Page) -> Finding:
        """What an answer says of the record that was asked for."""
        record = next((each for each in page.records if f"{each.kind}:{each.id}" == name), None)
        if record is not None and record.deleted:
            return self._gone(name, "the source says that the record is gone")
        if record is None and name not in page.unchanged:
            why = page.rejected[0][1] if page.rejected else "the answer does not hold it"
            raise RecordRejected(f"{name}: {why}")
        digest = hashlib.sha256(record.payload).hexdigest() if record else self._digest(name)
        if record is None or digest == self._digest(name):
            self._batch.rows["validators"] += self._fetch.noted(name, digest)
            return self._as_before(name, "unchanged")
        held = self._archive.ledger.record_version(self._source.name, name) if record.version else ""
        if record.version < held:
            raise RecordRejected(f"{name}: superseded: what is held is of {held}, this of {record.version}")
        return self._newer(name, record, digest)

    def _newer(self, name: str, record: Record, digest: str) -> Finding:
        claims = self._source.claims(record)
        self._batch.keep_record(self._source.name, name, record, digest)
        self._batch.claim(self._source.name, name, claims)
        self._batch.rows["validators"] += self._fetch.noted(name, digest)
        renewals = renew(self._archive, self._batch, self._source, record, name, claims)
        moved = [each for each in renewals if each.moved]
        lost = [each for each in renewals if each.lost]
        detail = f"{len(lost):,} files: {lost[0].lost}" if lost else ""
        if moved or lost:
            change = Change(
                _told(each.before for each in moved),
                _told(each.after for each in moved),
                self._answers(name, moved),
            )
            return self._finding(name, "changed", detail, change, len(renewals), digest)
        return self._as_before(name, "renewed", digest)

    def _gone(self, name: str, why: str) -> Finding:
        """It is put on record, and the record that is held stays as it is: what it granted was granted."""
        return self._finding(name, "gone", why)

    def _as_before(self, name: str, outcome: str, digest: str = "") -> Finding:
        last = self._archive.ledger.recheck(self._source.name, name)
        if last and last[1] == "gone":
            return self._finding(name, "returned", f"it was gone on {last[0][:10]}", digest=digest)
        return self._finding(name, outcome, "", digest=digest)

    def _finding(
        self,
        name: str,
        outcome: str,
        detail: str,
        change: Change = NO_CHANGE,
        files: int | None = None,
        digest: str = "",
    ) -> Finding:
        if files is None:
            files = len(self._archive.ledger.said_by(self._source.name, name))
        asked = _written(self._archive.clock())
        self._batch.rows["rechecks"].append(
            RecheckRow(
                source=self._source.name,
                record=name,
                asked=asked,
                outcome=outcome,
                sha256=digest or self._digest(name),
                files=files,
                detail=detail[:500],
                change=msgspec.json.encode(change).decode() if change != NO_CHANGE else "",
            )
        )
        return Finding(self._source.name, name, outcome, files, detail[:500], change, asked)

    def _note(self, finding: Finding) -> None:
        self._outcomes[finding.outcome] += 1
        self._report.asked[finding.outcome] = self._report.asked.get(finding.outcome, 0) + 1
        if finding.outcome not in _AS_BEFORE and len(self._report.findings) < _MOST_LISTED:
            self._report.findings.append(finding)

    def _digest(self, name: str) -> str:
        return self._archive.ledger.record(self._source.name, name) or ""

    def _answers(self, name: str, renewals: Sequence[Renewal]) -> tuple[Moved, ...]:
        """Which answers are others by the newer word, and for how many files."""
        counts: Counter[tuple[str, bool, bool]] = Counter()
        retracted = self._archive.ledger.retracted() if renewals else {}
        for each in renewals:
            besides = self._archive.ledger.said_besides(each.blob, self._source.name, name)
            was, now = (
                answers(self._archive, [fact for fact in (*besides, *facts) if fact.id not in retracted])
                for facts in (each.before, each.after)
            )
            counts.update((what, was[what], now[what]) for what in was if was[what] != now[what])
        return tuple(Moved(*key, files) for key, files in counts.items())


def _written(time: dt.datetime) -> str:
    """As the log writes times."""
    return time.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _told(said: Iterator[Sequence[Evidence]]) -> tuple[str, ...]:
    """Evidence in a few words, each once."""
    return tuple(sorted({_in_words(fact) for facts in said for fact in facts}))


def _in_words(fact: Evidence) -> str:
    text = " ".join(fact.text.split())[:200]
    if fact.says is Says.LICENSE:
        return f"{fact.license or 'not understood'} ({text})"
    return f"{fact.says.value}: {text}"
