# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound from where a source says it is: asked for only where the provider, the terms and the gate say yes.

What is wanted most comes first. Each file is checked against the source's own digest, comes in by the one door, and
every refusal is kept with its reason.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from onrecord import audio
from onrecord.archive.batch import Batch
from onrecord.archive.core import Archive
from onrecord.archive.door import Refused, admit
from onrecord.archive.harvest import client
from onrecord.archive.ingest import Incoming, Ingested, chunk_of, ingest, limits_of
from onrecord.archive.terms import find_source, given_to, refuse_unless_allowed
from onrecord.catalog.tables import FetchedRow
from onrecord.engine.pool import Workers
from onrecord.errors import OnrecordError, RecordRejected, SourceFailed, UsageError
from onrecord.model.records import Claims, Offer, Record
from onrecord.model.rights import Evidence, Use
from onrecord.net import Client, download
from onrecord.rights import RULES, decide
from onrecord.sources.seam import Offers
from onrecord.store import Arrival

_COMMIT_FILES = 32
_COMMIT_SECONDS = 60.0


class FetchReport(Struct):
    """What one run did. `refused` offers were not asked for, or not kept; `held` were fetched before."""

    source: str
    offers: int = 0
    fetched: int = 0
    bytes: int = 0
    held: int = 0
    left_for_space: int = 0
    refused: list[Refused] = msgspec.field(default_factory=list)


class _Wanted(Struct, frozen=True):
    """An offer with the record that makes it and what that record says of its rights."""

    record: str
    offer: Offer
    evidence: Sequence[Evidence]


def fetch_sound(
    archive: Archive,
    name: str,
    *,
    collection: str = "",
    space: int = 0,
    settings: Mapping[str, str] = {},
    ask: Callable[[Archive], Client] = client,
    progress: Callable[[int, int], None] = lambda files, size: None,
) -> FetchReport:
    """Fetch the sound that the harvested records of a source offer: at most `space` bytes in all of it (0: no bound).

    `collection` keeps to records whose id or whose release begins with it. The order: what the source says is wanted
    most, then by track id. Goes on where an earlier run stopped, inside a file too. Raises SourceRefused where the
    service may not be asked; a file that fails is named and the rest goes on.
    """
    found = find_source(name)
    refuse_unless_allowed(archive, found)
    source = found(Path(), given_to(archive, name, settings))
    if not isinstance(source, Offers):
        raise UsageError(f"{name}: this source offers no sound", "`onrecord sources` lists those that do")
    report = FetchReport(source.name)
    with (
        archive.writing(),
        ask(archive) as asked,
        Workers(archive.settings.workers, audio.preload) as workers,
    ):
        run = _Run(archive, source.name, asked, workers, report, space)
        for wanted in _in_order(archive, source, collection, report):
            if not run.take(wanted):
                break
            progress(report.fetched, report.bytes)
        run.commit()
    return report


class _Run:
    """Downloads one file after the other and lets them in a few at a time."""

    def __init__(
        self,
        archive: Archive,
        source: str,
        asked: Client,
        workers: Workers,
        report: FetchReport,
        space: int,
    ) -> None:
        self._archive = archive
        self._source = source
        self._asked = asked
        self._workers = workers
        self._report = report
        self._space = space
        self._folder = archive.folder / "incoming" / source
        self._folder.mkdir(parents=True, exist_ok=True)
        self._waiting: list[tuple[_Wanted, Path]] = []
        self._refusals: list[Refused] = []
        self._since = time.monotonic()

    def take(self, wanted: _Wanted) -> bool:
        """Fetch one offer, or say why not. Gives False once the space is used up."""
        offer, report = wanted.offer, self._report
        report.offers += 1
        if self._archive.ledger.fetched(self._source, offer.track):
            report.held += 1
            return True
        if why := self._no(wanted):
            self._refuse(offer, *why)
            return True
        if self._space and report.bytes + (offer.size or 0) > self._space:
            report.left_for_space += 1
            return offer.size is None or report.bytes < self._space
        target = self._folder / _file_name(offer)
        try:
            if not target.exists():  # it came whole in a run that was killed before it was let in
                download(self._asked, offer.address, target, size=offer.size, digest=offer.digest)
        except (SourceFailed, OnrecordError) as error:
            if error.exit_code not in (1, 4):
                raise
            self._refuse(offer, "not-fetched", error.message)
            return True
        report.bytes += target.stat().st_size
        self._waiting.append((wanted, target))
        if len(self._waiting) >= _COMMIT_FILES or time.monotonic() - self._since >= _COMMIT_SECONDS:
            self.commit()
        return True

    def commit(self) -> None:
        """Let in what was downloaded, by the one door, and put on record what was refused."""
        limits = limits_of(self._archive)
        incoming = [Incoming(path, path.stat().st_size, maybe_held=True) for _, path in self._waiting]
        chunks = (
            chunk_of(self._archive, [item], Arrival.MOVE, self._whole(item), limits) for item in incoming
        )
        results = [result for found in self._workers.map(ingest, chunks) for result in found]
        batch, kept = Batch(self._archive.ledger), list[Ingested]()
        for (wanted, path), result in zip(self._waiting, results, strict=True):
            if self._keep(batch, wanted, result):
                kept.append(result)
            else:
                path.unlink(missing_ok=True)
        for item in self._refusals:
            batch.refuse(f"{self._source}:{item.name}", "", item.code, item.detail)
        if batch.rows:
            data: dict[str, Any] = {"files": len(kept), "source": self._source, **batch.repaired_data()}
            staged = [part for result in kept for part in result.parts]
            self._archive.commit("added", data, batch.rows, batch.evidence, staged)
        for result in kept:
            result.path.unlink(missing_ok=True)
        self._report.fetched += len(kept)
        self._waiting, self._refusals, self._since = [], [], time.monotonic()

    def _whole(self, item: Incoming) -> dict[str, str]:
        return self._archive.ledger.whole_blobs_of([item.size])

    def _keep(self, batch: Batch, wanted: _Wanted, result: Ingested) -> bool:
        offer, staged, probe = wanted.offer, result.staged, result.probe
        admission = admit(self._archive, result, wanted.evidence)
        if admission.code or staged is None or probe is None:
            self._refuse(offer, admission.code, admission.detail)
            return False
        batch.hold(staged, probe, result.pictures)
        by_record = [fact for fact in admission.said if fact in wanted.evidence]
        batch.link(admission.sha256, by_record, self._source, wanted.record, offer.track)
        batch.link(admission.sha256, [fact for fact in admission.said if fact not in by_record])
        batch.rows["fetched"].append(
            FetchedRow(
                source=self._source,
                record=wanted.record,
                track=offer.track,
                address=offer.address,
                sha256=admission.sha256,
                size=staged.size,
                digest=":".join(offer.digest or ()),
            )
        )
        return True

    def _no(self, wanted: _Wanted) -> tuple[str, str] | None:
        """Why an offer is not asked for: the provider's own flag, then the gate on what is said of its rights."""
        if wanted.offer.refused:
            return "provider-refuses", wanted.offer.refused
        if wanted.offer.preview:
            return "preview", "only a preview is offered; the license may not be that of the whole"
        decision = decide(wanted.evidence, Use.KEEP, "unknown", self._archive.today)
        if decision.allow:
            return None
        return decision.codes[0], RULES[decision.codes[0]].sentence

    def _refuse(self, offer: Offer, code: str, detail: str) -> None:
        item = Refused(offer.track, code, detail)
        self._refusals.append(item)
        self._report.refused.append(item)


def _in_order(archive: Archive, source: Offers, collection: str, report: FetchReport) -> list[_Wanted]:
    wanted = [
        item
        for name, record, claims in _records(archive, source, report)
        if not collection or record.id.startswith(collection) or _is_on(claims, collection)
        for item in _wanted(source, name, record, claims)
    ]
    return sorted(wanted, key=lambda item: (-item.offer.wanted, item.offer.track, item.offer.address))


def _is_on(claims: Claims, collection: str) -> bool:
    return any(track.release_id.startswith(collection) for track in claims.tracks)


def _wanted(source: Offers, name: str, record: Record, claims: Claims) -> Iterator[_Wanted]:
    for offer in source.offers(record):
        said = [fact for track, fact in claims.evidence if track == offer.track]
        yield _Wanted(name, offer, (*said, *offer.evidence))


def _records(archive: Archive, source: Offers, report: FetchReport) -> Iterator[tuple[str, Record, Claims]]:
    """The newest answer on every record of a source."""
    name = source.name  # type: ignore[attr-defined]
    with archive.duck() as duck:
        rows = duck.run(
            "SELECT record, media_type, payload FROM records WHERE source = ? AND NOT deleted"
            " QUALIFY row_number() OVER (PARTITION BY record ORDER BY seq DESC) = 1 ORDER BY record",
            [name],
        )
    for key, media_type, payload in rows:
        kind, _, identifier = str(key).partition(":")
        record = Record(name, kind, identifier, str(media_type), bytes(payload))
        try:
            yield str(key), record, source.claims(record)  # type: ignore[attr-defined]
        except RecordRejected as error:
            report.refused.append(Refused(str(key), "record-rejected", error.message))


def _file_name(offer: Offer) -> str:
    """A name of our own, another for each promise: what a source calls a file becomes neither a path nor a key."""
    promise = (offer.track, offer.address, str(offer.size), *(offer.digest or ()))
    key = hashlib.sha256("\0".join(promise).encode()).hexdigest()[:40]
    ending = re.search(r"\.([A-Za-z0-9]{1,5})$", offer.name)
    return f"{key}.{ending[1].lower() if ending else 'bin'}"
