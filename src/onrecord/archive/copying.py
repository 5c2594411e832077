# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access copies: small files for listening, made of sounds that are much larger, and made again where they are lost."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, groupby
from typing import Any

import msgspec
from msgspec import Struct

from onrecord.archive.batch import Batch
from onrecord.archive.chunk import Source, Sources
from onrecord.archive.core import Archive
from onrecord.archive.door import Refused
from onrecord.archive.filework import FileWork
from onrecord.archive.portions import Progress, in_portions, told
from onrecord.catalog.tables import CopyRow
from onrecord.model.sound import AccessCopy, Fault
from onrecord.rights import attribution
from onrecord.store import Staged


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
    with archive.writing(), FileWork(archive, "copy") as work:

        def tell(state: Progress) -> None:
            report.sound = state.sound
            progress(state)

        results = work.copies(_sources(archive, kilobits, report), kilobits)
        for made in in_portions(told((_taken(archive, work, *result) for result in results), tell)):
            _commit(archive, made, report)
    report.elapsed = time.monotonic() - begun
    return report


def _taken(archive: Archive, work: FileWork, chunk: Sources, rows: Iterator[dict[str, Any]]) -> list[Made]:
    """What a chunk's result holds, staged here, for tasks write nothing into the store."""
    sources = {source.sha256: source for source in chunk.sources}
    found = [
        _one(archive, sources[sha256], pieces) for sha256, pieces in groupby(rows, lambda row: row["sha256"])
    ]
    work.drop(chunk)
    return found


def _one(archive: Archive, source: Source, pieces: Iterator[dict[str, Any]]) -> Made:
    first = next(pieces)
    if first["fault"]:
        return Made(source, None, msgspec.msgpack.decode(first["fault"], type=Fault))

    def write(descriptor: int) -> None:
        with open(descriptor, "wb", closefd=False) as file:
            file.writelines(row["piece"] for row in chain((first,), pieces))

    staged = archive.store.stage_made(write, source.size)
    return Made(source, staged, msgspec.msgpack.decode(first["made"], type=AccessCopy))


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
