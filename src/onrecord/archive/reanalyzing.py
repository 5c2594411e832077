# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures again what an older analyser measured, and only that. The bytes stay, the newest measurement holds."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec
from msgspec import Struct

from onrecord import audio
from onrecord.archive.batch import Batch
from onrecord.archive.core import Archive
from onrecord.archive.door import Refused
from onrecord.archive.ingest import Limits, limits_of, stage_pictures
from onrecord.archive.portions import Progress, in_portions, told
from onrecord.audio.analyser import ANALYSER, VERSION
from onrecord.engine.pool import Workers
from onrecord.errors import NotFound
from onrecord.model.sound import Probe
from onrecord.store import Pace, Root, Staged, Store

_CHUNK = 8


class ReanalyzeReport(Struct):
    """What one run did. `failed` blobs keep their old measurement; `sound` and `elapsed` are seconds."""

    out_of_date: int = 0
    measured: int = 0
    pictures: int = 0
    sound: float = 0.0
    elapsed: float = 0.0
    failed: list[Refused] = msgspec.field(default_factory=list)


class Held(Struct, frozen=True):
    """Blobs for one worker: (digest, id of the root, bytes)."""

    blobs: Sequence[tuple[str, str, int]]
    roots: Sequence[Root]
    reserve: int
    limits: Limits


class Measured(Struct, frozen=True):
    sha256: str
    size: int
    probe: Probe
    pictures: Sequence[Staged]

    @property
    def seconds(self) -> float:
        """Of sound that was decoded."""
        return self.probe.sound.seconds if self.probe.sound else 0.0


def reanalyze(
    archive: Archive, io_limit: float = 0.0, progress: Callable[[Progress], None] = lambda _: None
) -> ReanalyzeReport:
    """Decode every whole blob again whose measurement is not of this version of the analyser.

    `io_limit` is as for `add`. Each committed batch stays; the next call goes on from there.
    """
    report, begun = ReanalyzeReport(), time.monotonic()
    with archive.writing(), Workers(archive.settings.workers, audio.preload) as workers:

        def tell(state: Progress) -> None:
            report.sound = state.sound
            progress(state)

        for results in in_portions(
            told(workers.map(measure_again, _chunks(archive, io_limit, report)), tell)
        ):
            _commit(archive, results, report)
    report.elapsed = time.monotonic() - begun
    return report


def measure_again(held: Held) -> list[Measured]:
    """Runs in a worker: one decode for each blob."""
    store = Store(held.roots, held.reserve, Pace(held.limits.rate))
    return [
        Measured(
            sha256,
            size,
            *stage_pictures(
                store,
                audio.probe(
                    store.path(sha256, root),
                    seconds=held.limits.seconds_for(size),
                    memory=held.limits.memory,
                ),
            ),
        )
        for sha256, root, size in held.blobs
    ]


def _chunks(archive: Archive, io_limit: float, report: ReanalyzeReport) -> Iterator[Held]:
    limits = limits_of(archive, io_limit)
    with archive.duck() as duck:
        # What is an archive's word is no measurement: `looking` makes one.
        query = (
            "SELECT sha256 FROM current_sounds WHERE (analyser, version) <> (?, ?) AND analyser NOT LIKE 'archive:%'"
            " ORDER BY sha256"
        )
        old = [str(sha256) for (sha256,) in duck.run(query, [ANALYSER, VERSION])]
    report.out_of_date = len(old)
    whole = list(_whole(archive, old, report))
    for start in range(0, len(whole), _CHUNK):
        yield Held(whole[start : start + _CHUNK], archive.store.roots, archive.store.reserve, limits)


def _whole(archive: Archive, old: Iterable[str], report: ReanalyzeReport) -> Iterator[tuple[str, str, int]]:
    for sha256 in old:
        blob = archive.ledger.blob(sha256)
        if blob is None or blob.state != "ok":
            report.failed.append(Refused(sha256, "damaged", "it is not whole: add it again"))
            continue
        try:
            archive.store.path(sha256, blob.root)
        except NotFound as error:
            report.failed.append(Refused(sha256, "missing", error.message))
            continue
        yield sha256, blob.root, blob.size


def _commit(archive: Archive, results: Sequence[Measured], report: ReanalyzeReport) -> None:
    batch = Batch(archive.ledger)
    kept: list[Staged] = []
    for item in results:
        if item.probe.sound is None:
            fault = item.probe.faults[-1]
            report.failed.append(Refused(item.sha256, fault.code, fault.detail))
            continue
        batch.describe(item.sha256, item.probe, item.pictures)
        kept += item.pictures
        report.measured += 1
        report.pictures += len(item.pictures)
    if batch.rows:
        data = {"analyser": ANALYSER, "version": VERSION, **batch.repaired_data()}
        archive.commit("analysed", data, batch.rows, staged=kept)
