# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files sound alike: candidates from the fingerprint index, each verified by aligned bits.

The index and the pairs are derived. What was compared before is not compared again; without the pairs of the last run
everything is.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path

from onrecord.archive.core import Archive
from onrecord.audio.fingerprint import keys, near
from onrecord.audio.fingerprint_text import first_120_seconds
from onrecord.engine.duck import Duck
from onrecord.engine.parquet import read_rows
from onrecord.search.fingerprints import FingerprintIndex

#: Bit error rate below which two fingerprints are one sound: twice that of the noisiest re-encoding that was met
#: (0.094), half that of the nearest strangers (0.41).
SAME_SOUND = 0.20
#: Sounds that the index takes in at a time.
_PORTION = 16_384
#: Candidates of one sound that are verified, those with the most terms in common first.
CANDIDATES = 100

Pair = tuple[str, str, float]


def open_index(archive: Archive) -> FingerprintIndex:
    return FingerprintIndex(archive.folder / "search" / "fingerprints")


def all_sounds(archive: Archive) -> FingerprintIndex:
    """The index, made again first where it was deleted. Only the holder of the write lock may call."""
    index = open_index(archive)
    if not len(index):
        with archive.duck() as duck:
            _fill(index, duck, set(), 0)
    return index


def similar(index: FingerprintIndex, fingerprint: bytes) -> Iterator[tuple[str, float]]:
    """(digest, bit error) of the sounds that agree with a fingerprint over its first two minutes."""
    words = first_120_seconds(fingerprint)
    for sha256, _ in index.candidates(keys(fingerprint), CANDIDATES):
        error = near(words, index.words(sha256) or b"")
        if error <= SAME_SOUND:
            yield sha256, error


def find_pairs(archive: Archive, duck: Duck, before: Path, since: int) -> list[Pair]:
    """Pairs (smaller digest first) of all sounds. `before` has those among the sounds up to log entry `since`.

    Brings the index up to date. Only the holder of the write lock may call.
    """
    index = open_index(archive)
    if not before.exists():
        since = 0
    fresh = {sha256 for sha256, _ in _sounds(duck, since)} if since else set()
    _fill(index, duck, fresh, since)
    pairs: dict[tuple[str, str], float] = {}
    if since:
        known = read_rows(before, ["a", "b", "error"])
        pairs = {(row["a"], row["b"]): row["error"] for row in known if not fresh & {row["a"], row["b"]}}
    for sha256, fingerprint in _sounds(duck, since):
        for other, error in similar(index, fingerprint):
            if other != sha256:
                pairs[min(sha256, other), max(sha256, other)] = error
    return [(a, b, error) for (a, b), error in sorted(pairs.items())]


def fill_what_was_lost(archive: Archive, duck: Duck, since: int) -> None:
    """Take into the index what it lacks of the sounds up to log entry `since`, as where somebody deleted it. Only the
    holder of the write lock may call."""
    _fill(open_index(archive), duck, set(), since)


def _fill(index: FingerprintIndex, duck: Duck, fresh: set[str], since: int) -> None:
    """Take in what is new; what was measured anew takes the place of what it was; what was lost is made good."""
    index.remove(fresh)
    [(older,)] = duck.run(f"SELECT count(*) FROM current_sounds WHERE seq <= {since}")
    every = _sounds(duck, since if len(index) == older else 0)
    # Each portion stays, whatever happens to the next.
    while portion := list(itertools.islice(every, _PORTION)):
        index.add((sha256, keys(print_), first_120_seconds(print_)) for sha256, print_ in portion)


def _sounds(duck: Duck, since: int) -> Iterator[tuple[str, bytes]]:
    """(digest, fingerprint) of the sounds that were measured after log entry `since`."""
    query = f"SELECT sha256, fingerprint FROM current_sounds WHERE seq > {since} ORDER BY sha256"
    return ((str(sha256), bytes(fingerprint)) for sha256, fingerprint in duck.stream(query))
