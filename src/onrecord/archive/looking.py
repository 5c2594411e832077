# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks into files that are held on another archive's word: read and decoded here, by the one door, like all others.

What is as was said is the archive's own from then on, with our measurements in place of what was said. What is not is
set aside, and the archive that vouched for it is on record as one whose word was false (docs/decisions/0012).
"""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct, field

from onrecord import audio
from onrecord.archive.batch import Batch
from onrecord.archive.chunk import Blobs
from onrecord.archive.core import Archive
from onrecord.archive.door import admit
from onrecord.archive.filework import HERE, FileWork, Hands, Pooled, roots_of
from onrecord.archive.foreign import source_of
from onrecord.archive.ingest import Ingested, limits_of, stage_pictures
from onrecord.archive.look_chunk import Looked, look_at_once
from onrecord.archive.vouching import unlike
from onrecord.engine.parquet import read_rows
from onrecord.engine.pool import Workers
from onrecord.errors import ArchiveLocked
from onrecord.ledger import Vouched, alone
from onrecord.model.digests import Digests
from onrecord.model.sound import Probe
from onrecord.sources.sidecars import tag_evidence
from onrecord.store import Staged

_CHUNK: Final = 8
#: As for all that comes in by the door: files of one commit, seconds of the write lock, a pause for who waits for it.
_COMMIT: Final = 1024
_AT_A_TIME: Final = 4.0
_PAUSE: Final = 0.1
#: Why a file could not be looked into now: it may go another time.
_LATER: Final = frozenset({"timeout", "unreadable", "missing"})
#: What our own decoder could not do; no word of the archive was false by that.
_OURS: Final = frozenset({"crashed", "too-much-memory", "taken-set"})

Facts = dict[str, tuple[Digests, bytes]]


class TurnedAway(Struct, frozen=True):
    """A file that was looked into and set aside: on whose word it was held, a code to count by, a sentence to read."""

    sha256: str
    archive: str
    code: str
    detail: str


class LookReport(Struct):
    """What one run did. `files` are as was said of them. `unlike` are not: the archive's word was false. `refused` may
    not be kept, by what they say of themselves. `later` could not be read now; they stay as they are.

    `left` files are still not looked into; `seconds` are those of sound.
    """

    files: int = 0
    bytes: int = 0
    seconds: float = 0.0
    unlike: list[TurnedAway] = field(default_factory=list)
    refused: list[TurnedAway] = field(default_factory=list)
    later: list[TurnedAway] = field(default_factory=list)
    left: int = 0


def look(
    archive: Archive,
    only: Collection[str] | None = None,
    workers: Workers | None = None,
    progress: Callable[[int, int, float], None] = lambda files, size, sound: None,
    hands: Hands | None = None,
) -> LookReport:
    """Look into every file that is held on another archive's word, or those of `only`; the oldest first.

    All of them are file work, done by the engine of the settings (or by `hands`): nobody holds the write lock while
    they are decoded, and a worker that is lost costs its chunk. Whoever comes meanwhile, and who wants some alone,
    works beside that: the write lock is taken for a few seconds at a time, so that several runs share the work. What
    a run that was killed had committed stays.
    """
    report = LookReport()

    def tell() -> None:
        progress(report.files, report.bytes, report.seconds)

    with ExitStack() as stack:
        if only is None and _is_alone(archive, stack):
            _in_chunks(archive, stack, workers, hands, report, tell)
        else:
            workers = workers or stack.enter_context(Workers(archive.settings.workers, audio.preload))
            _beside_others(archive, only, workers, report, tell)
    report.left = archive.ledger.vouched_totals()[0]
    return report


def _is_alone(archive: Archive, stack: ExitStack) -> bool:
    lock = archive.folder / "mirrored" / "looking"
    try:
        stack.enter_context(alone(lock, archive.folder, "looks into what came from mirrors"))
    except ArchiveLocked:
        return False
    return True


def _in_chunks(
    archive: Archive,
    stack: ExitStack,
    workers: Workers | None,
    hands: Hands | None,
    report: LookReport,
    tell: Callable[[], None],
) -> None:
    with archive.writing(
        moment=True
    ):  # what a killed run left is settled, and may anything be written at all?
        if not archive.ledger.vouched():
            return
    # To start a cluster takes longer than to look into a few.
    here = archive.settings.engine.kind == "embedded" or archive.ledger.vouched_totals()[0] <= HERE[0]
    if hands is None and here:
        workers = workers or stack.enter_context(Workers(archive.settings.workers, audio.preload))
        hands = Pooled(workers, archive.settings.workers)
    origins: dict[str, Vouched] = {}
    with FileWork(archive, "look", hands) as work:
        for chunk, rows in work.over(_vouched(archive, origins)):
            looked, done = ((row["sha256"], Looked(**row)) for row in rows), False
            while not done:
                with archive.writing(moment=True):
                    until = time.monotonic() + _AT_A_TIME
                    some: list[tuple[Vouched, Ingested]] = []
                    for sha256, each in looked:
                        # Another run may have looked into it, or a check have found it damaged.
                        if (blob := archive.ledger.blob(sha256)) and blob.state == "vouched":
                            some.append((origins[sha256], _ingested(archive, origins[sha256], each)))
                        if time.monotonic() > until:
                            break
                    else:
                        done = True
                    _commit(archive, some, report)
                tell()
                time.sleep(_PAUSE)  # for who waits to write
            work.drop(chunk)
            for sha256, _, _ in chunk.blobs:
                del origins[sha256]


def _vouched(archive: Archive, origins: dict[str, Vouched]) -> Iterator[tuple[str, str, int]]:
    """Every blob that is to be looked into; `origins` knows those that were given and not taken back."""
    after = (0, "")
    while portion := archive.ledger.vouched(after, _COMMIT):
        for each in portion:
            origins[each.blob.sha256] = each
            yield each.blob.sha256, each.blob.root, each.blob.size
        after = portion[-1].seq, portion[-1].blob.sha256


def _beside_others(
    archive: Archive,
    only: Collection[str] | None,
    workers: Workers,
    report: LookReport,
    tell: Callable[[], None],
) -> None:
    after = (0, "")
    while True:
        with archive.writing(moment=True):
            portion = archive.ledger.vouched(after, _COMMIT)
            if not portion:
                return
            wanted = [each for each in portion if only is None or each.blob.sha256 in only]
            done = _looked_into(archive, wanted, workers)
            _commit(archive, done, report)
            last = done[-1][0] if len(done) < len(wanted) else portion[-1]
            after = last.seq, last.blob.sha256
        tell()
        if done:
            time.sleep(_PAUSE)  # for who waits to write


def _looked_into(
    archive: Archive, wanted: Sequence[Vouched], workers: Workers
) -> list[tuple[Vouched, Ingested]]:
    """As many of them, in their order, as a few seconds allow."""
    limits, until = limits_of(archive), time.monotonic() + _AT_A_TIME
    disks, buckets = roots_of(archive)

    def chunks() -> Iterator[Blobs]:
        for start in range(0, len(wanted), _CHUNK):
            blobs = [each.blob for each in wanted[start : start + _CHUNK]]
            listed = [(blob.sha256, blob.root, blob.size) for blob in blobs]
            yield Blobs("look", listed, disks=disks, buckets=buckets, limits=limits)
            if time.monotonic() > until:
                return

    results = [result for found in workers.map(look_at_once, chunks()) for result in found]
    return [(each, _ingested(archive, each, result)) for each, result in zip(wanted, results, strict=False)]


def _ingested(archive: Archive, each: Vouched, looked: Looked) -> Ingested:
    """A result as the door knows it. Its pictures are staged here, by who holds the write lock."""
    blob = each.blob
    named = Path(blob.sha256)
    if looked.code:
        return Ingested(named, blob.size, None, None, (looked.code, looked.detail))
    digests = msgspec.msgpack.decode(looked.digests, type=Digests)
    probe, pictures = stage_pictures(archive.store, msgspec.msgpack.decode(looked.probe, type=Probe))
    return Ingested(
        named, blob.size, Staged(digests, blob.root, None, blob.size, 0, 0), probe, pictures=pictures
    )


def _commit(archive: Archive, done: Sequence[tuple[Vouched, Ingested]], report: LookReport) -> None:
    if not done:
        return
    batch, kept, liars = Batch(archive.ledger), list[Staged](), set[str]()
    facts: Facts = {}
    for seq in sorted({each.seq for each, _ in done}):
        facts |= _facts(archive, seq, [each.blob.sha256 for each, _ in done if each.seq == seq])
    aside: list[Vouched] = []
    for each, result in done:
        sha256 = each.blob.sha256
        state, code, detail = _judge(archive, sha256, result, facts)
        turned = TurnedAway(sha256, each.archive, code, detail)
        if state == "later":
            report.later.append(turned)
        elif state == "ok" and result.probe is not None:
            batch.look_into(sha256, result.probe, result.pictures)
            # What the edition says is linked as its word; what the bytes say of themselves is ours to read, also where
            # that word has it too.
            batch.link(sha256, tag_evidence(result.probe.tags), anew=True)
            kept += result.pictures
            report.files += 1
            report.bytes += result.size
            report.seconds += result.probe.sound.seconds if result.probe.sound else 0.0
        else:
            batch.looked[sha256] = state
            batch.refuse(f"{source_of(each.archive)}:{sha256}", sha256, code, detail)
            (report.unlike if state == "unlike" else report.refused).append(turned)
            liars |= {each.archive} if state == "unlike" else set()
            aside.append(each)
    if batch.looked:
        data: dict[str, Any] = {"files": len(batch.looked) - len(aside), **batch.repaired_data()}
        archive.commit(
            "looked-into",
            data | ({"liars": sorted(liars)} if liars else {}),
            batch.rows,
            batch.evidence,
            kept,
        )
    for each in aside:
        archive.store.set_aside(each.blob.sha256, each.blob.root)


def _judge(archive: Archive, sha256: str, result: Ingested, facts: Facts) -> tuple[str, str, str]:
    """(state from now on, or `later`; a code; a sentence)"""
    if result.staged is None or result.probe is None or result.probe.sound is None:
        code, detail = result.refused or ("not-sound", "nothing in it can be decoded")
        if code in _LATER:
            return "later", code, detail
        return "refused" if code in _OURS else "unlike", code, detail
    said, fingerprint = facts[sha256]
    if why := unlike(said, fingerprint, result.staged.digests, result.probe.sound):
        return "unlike", "unlike", why
    if archive.ledger.withdrawn_as(sha256, ""):
        return (
            "ok",
            "",
            "",
        )  # it was held when that came: hidden like all that is withdrawn, and may be restored
    # What the edition says of its rights was linked when it came.
    admission = admit(archive, result, ())
    return ("refused", admission.code, admission.detail) if admission.code else ("ok", "", "")


def _facts(archive: Archive, seq: int, blobs: Sequence[str]) -> Facts:
    """What entry `seq` keeps of what was said of these blobs."""

    def read(table: str, *columns: str) -> Iterator[dict[str, Any]]:
        path = archive.folder / "catalog" / table / f"{seq:012}.parquet"
        return read_rows(path, ["sha256", *columns], within=("sha256", blobs))

    prints = {row["sha256"]: row["fingerprint"] for row in read("sounds", "fingerprint")}
    fields = [name for name in Digests.__struct_fields__ if name != "sha256"]
    return {row["sha256"]: (Digests(**row), prints[row["sha256"]]) for row in read("files", *fields)}
