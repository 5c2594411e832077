# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""May each piece of a catalog enter an edition: the whole of it at once, one piece at a time, and the scan alone.

The catalog is made up: twelve pieces an album; an album has a license document of its own, and each piece a depositor's
statement and a license tag, so there are about as many profiles of evidence as albums. One album in twenty has a tag
that contradicts its document, one in fifty a text that no rule understands, one in a hundred was withdrawn. It is kept
by its size and made further where it was left.
"""

import datetime as dt
import hashlib
import itertools
import multiprocessing
import random
import resource
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from measure import progress, spread

from onrecord.archive.core import Archive
from onrecord.archive.judging import publishable, publishable_blobs
from onrecord.catalog.tables import FileRow, LinkRow, Row
from onrecord.model.rights import Decision, Evidence, Says, Use

ALBUM: Final = 12
#: Pieces of one log entry.
PORTION: Final = 60_000
SEED: Final = 2026
#: What the archive is designed for, and how long it may take on two cores.
WHOLE: Final = 86_000_000
#: Pieces that are asked about one at a time.
SINGLE: Final = 20_000
LICENSES: Final = (
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
    "CC-BY-3.0",
    "CC-BY-SA-3.0",
    "CC-BY-NC-SA-4.0",
    "CC-BY-NC-ND-3.0",
    "CC0-1.0",
    "GPL-2.0-or-later",
)


def measure(folder: Path, rounds: int, size: int) -> dict[str, Any]:
    place = folder / f"rights-{size}"
    archive = _catalog(place, size)
    day = archive.today
    archive.close()
    bulk = [_timed(_whole, place, day) for _ in range(rounds)]
    scan = [_timed(_scan, place, day) for _ in range(rounds)]
    answers: dict[str, int] = bulk[0]["answers"]
    single, differ = _single(place, day)
    return {
        "pieces": size,
        "profiles": scan[0]["profiles"],
        "answers": answers,
        "bulk_pieces_s": spread(size / run["cpu_s"] for run in bulk),
        "decisions": "`share` of each piece, and `adapt` where that is allowed, as an edition asks",
        "bulk_decisions_s": spread((size + run["adapt"]) / run["cpu_s"] for run in bulk),
        "scan_rows_s": spread(size / run["cpu_s"] for run in scan),
        "limit": "the bare scan of the same profiles, which no gate can beat",
        "single_pieces_s": round(single),
        "differ_from_single": differ,
        "minutes_for_86_million_on_one_core": round(
            WHOLE / (size / min(run["cpu_s"] for run in bulk)) / 60, 2
        ),
        "peak_memory_mb": max(run["memory_mb"] for run in bulk),
        "wanted": "200,000 a second on one core; 86 million in under 10 minutes on two, measured at 10 million",
    }


def _timed(work: Any, place: Path, day: dt.date) -> dict[str, Any]:
    """In a process of its own, so that memory is that of this work."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)

    def run() -> None:
        start = time.process_time()
        found = work(place, day)
        found["cpu_s"] = time.process_time() - start
        found["memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        theirs.send(found)

    process = context.Process(target=run)
    process.start()
    found: dict[str, Any] = ours.recv()
    process.join()
    return found


def _whole(place: Path, day: dt.date) -> dict[str, Any]:
    with Archive.open(place) as archive:
        answers: Counter[str] = Counter()
        adapt = 0
        for _, decision in publishable_blobs(archive, day):
            answers[decision.codes[0]] += 1
            # The settings ask for `adapt` where `share` is allowed.
            adapt += decision.allow or decision.use is Use.ADAPT
    return {"answers": dict(sorted(answers.items())), "adapt": adapt}


def _scan(place: Path, day: dt.date) -> dict[str, Any]:
    with Archive.open(place) as archive:
        rows, profiles = 0, 0
        last: tuple[int, ...] = ()
        for _, profile in archive.ledger.profiles(side_by_side=True):
            rows, profiles, last = rows + 1, profiles + (profile is not last), profile
        return {"rows": rows, "profiles": profiles}


def _single(place: Path, day: dt.date) -> tuple[float, int]:
    """Decisions a CPU second, one piece at a time, and how many of them differ from those made in bulk."""
    with Archive.open(place) as archive:
        known: dict[str, Decision] = dict(itertools.islice(publishable_blobs(archive, day), SINGLE))
        start, differ = time.process_time(), 0
        for sha256, decision in known.items():
            evidence = [item for item, _ in archive.ledger.evidence(sha256).values()]
            differ += publishable(evidence, day, archive.settings.publish) != decision
        return len(known) / (time.process_time() - start), differ


def _catalog(place: Path, size: int) -> Archive:
    """The made-up catalog, whole: an archive without sound. What an interrupted run left is gone on with."""
    if not (place / "onrecord.toml").exists():
        shutil.rmtree(place, ignore_errors=True)
        Archive.create(place, "made for a measurement").close()
    archive = Archive.open(place)
    for first in range(archive.ledger.blob_totals("sound")[0], size, PORTION):
        last = min(first + PORTION, size)
        with archive.writing():
            _commit(archive, range(first, last))
        progress(f"{last:,} of {size:,} pieces")
    return archive


def _commit(archive: Archive, pieces: range) -> None:
    evidence: dict[str, Evidence] = {}
    files, links = [], []
    for album, listed in itertools.groupby(pieces, lambda piece: piece // ALBUM):
        said = list(_album(album))
        evidence |= {item.id: item for item in said}
        for piece in listed:
            sha256 = hashlib.sha256(b"%d" % piece).hexdigest()
            files.append(
                FileRow(
                    sha256=sha256,
                    size=1_000_000,
                    blake3=b"",
                    v2_root=b"",
                    v2_layer=b"",
                    v1_pieces=b"",
                    v1_tail=b"",
                    root="made",
                    kind="sound",
                )
            )
            links += [LinkRow(blob=sha256, source="", record="", track="", evidence=item.id) for item in said]
    rows: dict[str, Sequence[Row]] = {"files": files, "links": links}
    archive.commit(
        "made", {}, rows, [item for key, item in evidence.items() if not archive.ledger.has_evidence(key)]
    )


def _album(number: int) -> Iterator[Evidence]:
    """What is said of the pieces of one album; the same for the same number."""
    chance = random.Random(SEED * 1_000_003 + number)
    license = chance.choice(LICENSES)
    odd = chance.random()
    tag = chance.choice(LICENSES) if odd < 0.05 else license
    holder = f"Artist {number // 3}"
    yield Evidence(says=Says.HELD, origin="depositor", text="deposit", held_as="deposit")
    yield Evidence(says=Says.LICENSE, origin="tag:LICENSE", text=tag, license=tag)
    if 0.05 <= odd < 0.07:
        yield Evidence(says=Says.LICENSE, origin="license-file", text=f"Ask {holder} first.", holder=holder)
    else:
        text = f"Copyright: {holder}\nLicense: {license}"
        document = hashlib.sha256(text.encode()).hexdigest()
        yield Evidence(
            says=Says.LICENSE,
            origin="debian-copyright",
            text=text,
            document=document,
            license=license,
            holder=holder,
        )
    if odd >= 0.99:
        yield Evidence(says=Says.WITHDRAWN, origin="withdrawal", text=f"album {number}", by=holder)
