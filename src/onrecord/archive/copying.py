# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access copies: small files for listening, made of sounds that are much larger, and made again where they are lost."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct

from onrecord import audio
from onrecord.archive.batch import Batch
from onrecord.archive.core import Archive
from onrecord.archive.door import Refused
from onrecord.archive.ingest import Limits, limits_of
from onrecord.archive.portions import Progress, in_portions, told
from onrecord.catalog.tables import CopyRow
from onrecord.engine.pool import Workers
from onrecord.model.sound import AccessCopy, Fault
from onrecord.rights import attribution
from onrecord.store import Root, Staged, Store

_CHUNK = 4
#: Encoding takes about as long again as decoding and everything that is measured.
_SLOWER = 5


class CopyReport(Struct):
    """What one run did. `without_gain` are lossy files of less than 1.5 times the bit rate; `failed` are named."""

    kilobits: int
    made: int = 0
    bytes: int = 0
    source_bytes: int = 0
    held: int = 0
    without_gain: int = 0
    sound: float = 0.0
    elapsed: float = 0.0
    failed: list[Refused] = msgspec.field(default_factory=list)


class Source(Struct, frozen=True):
    """A sound to copy: where it lies and what the copy says of itself."""

    sha256: str
    root: str
    size: int
    tags: Mapping[str, str]


class Wanted(Struct, frozen=True):
    """Sounds for one worker."""

    sources: Sequence[Source]
    kilobits: int
    roots: Sequence[Root]
    reserve: int
    limits: Limits


class Made(Struct, frozen=True):
    """One copy, staged; or the fault that stood in its way."""

    source: Source
    staged: Staged | None
    answer: AccessCopy | Fault

    @property
    def size(self) -> int:
        """Bytes of the source."""
        return self.source.size

    @property
    def seconds(self) -> float:
        """Of sound in the copy."""
        answer = self.answer
        return answer.duration_samples / answer.sample_rate if isinstance(answer, AccessCopy) else 0.0


def make_copies(
    archive: Archive, kilobits: int, progress: Callable[[Progress], None] = lambda _: None
) -> CopyReport:
    """Make an access copy of every whole sound that has none at this rate and gains by it.

    Each committed batch stays; the next call goes on from there. A sound whose copy is damaged gets a new one.
    """
    report, begun = CopyReport(kilobits), time.monotonic()
    with archive.writing(), Workers(archive.settings.workers, audio.preload) as workers:

        def tell(state: Progress) -> None:
            report.sound = state.sound
            progress(state)

        for results in in_portions(told(workers.map(copy, _chunks(archive, kilobits, report)), tell)):
            _commit(archive, results, report)
    report.elapsed = time.monotonic() - begun
    return report


def copy(wanted: Wanted) -> list[Made]:
    """Runs in a worker: encodes each source in a confined child, into a part of the store."""
    store = Store(wanted.roots, wanted.reserve)
    return [_copy(store, wanted, source) for source in wanted.sources]


class _NotMade(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.detail)
        self.fault = fault


def _copy(store: Store, wanted: Wanted, source: Source) -> Made:
    from onrecord.audio.access import access_copy

    answer: AccessCopy | None = None

    def make(descriptor: int) -> None:
        nonlocal answer
        with store.holding(source.sha256, source.root) as path:
            made = access_copy(
                path,
                descriptor,
                wanted.kilobits,
                tags=source.tags,
                seconds=wanted.limits.seconds_for(source.size) * _SLOWER,
                memory=wanted.limits.memory,
            )
        if isinstance(made, Fault):
            raise _NotMade(made)
        answer = made

    try:
        staged = store.stage_made(make, source.size)
    except _NotMade as error:
        return Made(source, None, error.fault)
    assert answer is not None
    return Made(source, staged, answer)


def _chunks(archive: Archive, kilobits: int, report: CopyReport) -> Iterator[Wanted]:
    limits = limits_of(archive)
    sources = list(_sources(archive, kilobits, report))
    for start in range(0, len(sources), _CHUNK):
        yield Wanted(
            sources[start : start + _CHUNK], kilobits, archive.store.roots, archive.store.reserve, limits
        )


def _sources(archive: Archive, kilobits: int, report: CopyReport) -> Iterator[Source]:
    with archive.duck() as duck:
        have = dict(
            duck.run(
                "SELECT sha256, arg_max(copy, seq) FROM copies WHERE kilobits = ? GROUP BY sha256", [kilobits]
            )
        )
        rows = duck.run(
            "SELECT s.sha256, s.bit_depth IS NOT NULL OR s.bit_rate >= ? * 1500, any_value(t.title),"
            " any_value(t.artist), any_value(t.release), any_value(t.date) FROM current_sounds s"
            " LEFT JOIN tracks t ON t.source = 'file' AND t.id = s.sha256 GROUP BY ALL ORDER BY s.sha256",
            [kilobits],
        )
    for sha256, gains, title, artist, album, date in rows:
        if archive.ledger.withdrawn_as(sha256, ""):
            continue  # nobody would be sent the copy
        blob, held = archive.ledger.blob(sha256), archive.ledger.blob(have.get(sha256, "") or sha256)
        if sha256 in have and held is not None and held.state == "ok":
            report.held += 1
        elif not gains:
            report.without_gain += 1
        elif blob is None or blob.state != "ok" or archive.store.root(blob.root) is None:
            report.failed.append(
                Refused(sha256, "damaged", "the sound itself is not whole, or its disk is not mounted")
            )
        else:
            evidence = [item for item, _ in archive.ledger.evidence(sha256).values()]
            changes = f"converted to Opus at {kilobits} kbit/s"
            tags = {
                "title": title or "",
                "artist": artist or "",
                "album": album or "",
                "date": date or "",
                "copyright": attribution(title or "", artist or "", evidence, changes=changes),
                "SOURCE_SHA256": sha256,
            }
            yield Source(sha256, blob.root, blob.size, {name: text for name, text in tags.items() if text})


def _commit(archive: Archive, results: Sequence[Made], report: CopyReport) -> None:
    batch = Batch(archive.ledger)
    kept: list[Staged] = []
    for made in results:
        if made.staged is None or isinstance(made.answer, Fault):
            assert isinstance(made.answer, Fault)
            report.failed.append(Refused(made.source.sha256, made.answer.code, made.answer.detail))
            continue
        batch.keep(made.staged, "copy")
        batch.rows["copies"].append(
            CopyRow(
                sha256=made.source.sha256,
                copy=made.staged.digests.sha256,
                **msgspec.structs.asdict(made.answer),
            )
        )
        kept.append(made.staged)
        report.made += 1
        report.bytes += made.staged.size
        report.source_bytes += made.source.size
    if batch.rows:
        archive.commit("copied", batch.repaired_data(), batch.rows, staged=kept)
