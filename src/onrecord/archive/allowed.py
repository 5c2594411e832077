# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What another archive's edition offers of which this archive's own gate allows the sharing. Asked for in portions: an
edition may have more files than memory.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from pathlib import Path

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.foreign import evidence_in
from onrecord.archive.judging import PORTION, WORLD
from onrecord.archive.quarantining import Listed
from onrecord.model.rights import Evidence, Use
from onrecord.rights import decide
from onrecord.rights.bulk import ask_each


class _Offer(Struct, frozen=True):
    digest: str
    said: tuple[Evidence, ...]
    is_held: bool


class Allowed:
    """Files of an edition that may be shared by what it says and by own evidence, on the day that this was made.

    The ledger is asked once for many files, the gate once for each distinct profile of evidence. `look_up` says which
    files are asked about next: what is said of those is kept until it is called again; another is looked up alone.
    `edition` is its folder, which may be moved; `listed` is the archive's list of withdrawals.
    """

    def __init__(self, archive: Archive, edition: Path, listed: Listed | None = None) -> None:
        self._archive = archive
        self.edition = edition
        self._listed = listed
        self._day = archive.today
        self._refused: set[str] = set()
        self._known: dict[str, Sequence[Evidence]] = {}
        self._asked: frozenset[str] = frozenset()

    def look_up(self, digests: Collection[str]) -> None:
        """Look up these files together."""
        self._asked = frozenset(digests)
        self._known = dict(self.each(self._asked))

    def __contains__(self, digest: str) -> bool:
        """Whether a file may be shared."""
        return digest not in self._refused and digest in self._about(digest)

    def get(self, digest: str, default: Sequence[Evidence] = ()) -> Sequence[Evidence]:
        """What the edition says of the rights in a file that may be shared."""
        return self._about(digest).get(digest, default) if digest not in self._refused else default

    def refuse(self, digest: str) -> None:
        """Take a file out: the door did not let it in."""
        self._refused.add(digest)

    def each(self, wanted: Collection[str] | None = None) -> Iterator[tuple[str, Sequence[Evidence]]]:
        """Those that may be shared, of the files `wanted` or of all, with what is said of them, by their digests."""
        for offer, allow in self._judged(wanted):
            if allow:
                yield offer.digest, offer.said

    def believed(self) -> Iterator[tuple[str, Sequence[Evidence]]]:
        """Those that may be shared, and those that are held since they might, by what the edition says, before more was
        known here: what it says of all of these is kept as its word."""
        for offer, allow in self._judged(None):
            if allow or (offer.is_held and self._allows(offer.said) and not self._is_out(offer.digest)):
                yield offer.digest, offer.said

    def refused(self) -> int:
        """How many files of the edition may not be shared."""
        return sum(not allow for _, allow in self._judged(None))

    def _about(self, digest: str) -> dict[str, Sequence[Evidence]]:
        return self._known if digest in self._asked else dict(self.each({digest}))

    def _judged(self, wanted: Collection[str] | None) -> Iterator[tuple[_Offer, bool]]:
        def ask(profile: tuple[tuple[Evidence, ...], tuple[int, ...]]) -> bool:
            said, known = profile
            return self._allows([*said, *self._archive.ledger.evidence_numbered(known)])

        for offer, allow in ask_each(self._profiles(wanted), ask):
            yield offer, allow and not self._is_out(offer.digest)

    def _profiles(
        self, wanted: Collection[str] | None
    ) -> Iterator[tuple[_Offer, tuple[tuple[Evidence, ...], tuple[int, ...]]]]:
        """Files with what is said of them by the edition, and the numbers of what is known of them here."""
        every = evidence_in(self.edition, wanted)
        while portion := dict(islice(every, PORTION)):
            for digest, blob, known in self._archive.ledger.look_up(list(portion)):
                said = portion[digest]
                yield _Offer(digest, said, blob is not None and blob.is_held), (said, known)

    def _allows(self, evidence: Sequence[Evidence]) -> bool:
        return decide(evidence, Use.SHARE, WORLD, self._day).allow

    def _is_out(self, digest: str) -> bool:
        return digest in self._refused or (self._listed is not None and self._listed.has(digest))
