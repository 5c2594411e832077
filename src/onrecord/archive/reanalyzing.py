# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures again what an older analyser measured, and only that. The bytes stay, the newest measurement holds."""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import msgspec
from msgspec import Struct

from onrecord.archive.batch import Batch
from onrecord.archive.core import Archive
from onrecord.archive.door import Refused
from onrecord.archive.filework import FileWork, Result
from onrecord.archive.ingest import stage_pictures
from onrecord.archive.portions import Progress, in_portions, told
from onrecord.audio.analyser import ANALYSER, VERSION
from onrecord.model.sound import Probe
from onrecord.store import Staged


class ReanalyzeReport(Struct):
    """What one run did. `failed` blobs keep their old measurement; `sound` and `elapsed` are seconds."""

    out_of_date: int = 0
    measured: int = 0
    pictures: int = 0
    sound: float = 0.0
    elapsed: float = 0.0
    failed: list[Refused] = msgspec.field(default_factory=list)


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
    with archive.writing(), FileWork(archive, "analyse", io_limit=io_limit) as work:

        def tell(state: Progress) -> None:
            report.sound = state.sound
            progress(state)

        measured = map(partial(_measured, archive), work.over(_whole(archive, report)))
        for results in in_portions(told(measured, tell)):
            _commit(archive, results, report)
    report.elapsed = time.monotonic() - begun
    return report


def _measured(archive: Archive, result: Result) -> list[Measured]:
    """What a chunk's result says; its pictures are staged here, for tasks write nothing into the store."""
    chunk, rows = result
    sizes = {sha256: size for sha256, _, size in chunk.blobs}
    found = []
    for row in rows:
        probe, pictures = stage_pictures(archive.store, msgspec.msgpack.decode(row["probe"], type=Probe))
        found.append(Measured(row["sha256"], sizes[row["sha256"]], probe, pictures))
    return found


def _whole(archive: Archive, report: ReanalyzeReport) -> Iterator[tuple[str, str, int]]:
    with archive.duck() as duck:
        # What is an archive's word is no measurement: `looking` makes one.
        query = (
            "SELECT sha256 FROM current_sounds WHERE (analyser, version) <> (?, ?) AND analyser NOT LIKE 'archive:%'"
            " ORDER BY sha256"
        )
        old = [str(sha256) for (sha256,) in duck.run(query, [ANALYSER, VERSION])]
    report.out_of_date = len(old)
    for sha256 in old:
        blob = archive.ledger.blob(sha256)
        if blob is None or blob.state != "ok":
            report.failed.append(Refused(sha256, "damaged", "it is not whole: add it again"))
            continue
        if not archive.store.is_there(sha256, blob.root):
            report.failed.append(Refused(sha256, "missing", "its bytes are not there: run `onrecord check`"))
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
