# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the rights gate: for one blob at a door, or for all blobs at once by their profiles of evidence."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from onrecord.archive.core import Archive
from onrecord.archive.settings import PublishSettings
from onrecord.ledger import BlobRow
from onrecord.model.rights import Decision, Evidence, Part, Use
from onrecord.rights import decide
from onrecord.rights.bulk import MOST, ask_each

WORLD = "Worldwide"
#: Blobs that the ledger is asked about together.
PORTION: Final = 4096


def judge(
    archive: Archive, sha256: str, use: Use, territory: str = "unknown", commercial: bool = False
) -> Decision:
    """Today's decision on one blob."""
    evidence = [item for item, _ in archive.ledger.evidence(sha256).values()]
    return decide(evidence, use, territory, archive.today, commercial)


def judge_offered(archive: Archive, sha256: str, said: Sequence[Evidence], use: Use = Use.SHARE) -> Decision:
    """Today's decision on a file of another archive's edition, by what that says of its rights and by own evidence."""
    own = [item for item, _ in archive.ledger.evidence(sha256).values()]
    return decide([*said, *own], use, WORLD, archive.today)


def publishable(evidence: Sequence[Evidence], day: dt.date, policy: PublishSettings) -> Decision:
    """May it enter an edition? `share` above all; and what else the archive promises to whoever gets the edition."""
    decision = decide(evidence, Use.SHARE, WORLD, day, policy.commercial)
    if decision.allow and policy.adaptable:
        adapt = decide(evidence, Use.ADAPT, WORLD, day, policy.commercial)
        if not adapt.allow:
            return adapt
    return decision


def answers(
    archive: Archive,
    evidence: Sequence[Evidence],
    uses: Iterable[Use] = tuple(Use),
    part: Part = Part.RECORDING,
) -> dict[str, bool]:
    """What evidence allows today, by use (asked for the whole world and not for commerce), and `publish`: may it enter
    an edition, by the archive's own settings?"""
    day = archive.today
    found = {use.value: decide(evidence, use, WORLD, day, part=part).allow for use in uses}
    return found | {"publish": publishable(evidence, day, archive.settings.publish).allow}


def publishable_blobs(
    archive: Archive, day: dt.date, *, side_by_side: bool = True
) -> Iterator[tuple[str, Decision]]:
    """The decision on every whole sound; the gate is asked once for each distinct profile of evidence.

    Those of one profile come after each other, else (`side_by_side` False) all in the order of their digests.
    """

    def ask(profile: tuple[int, ...]) -> Decision:
        return publishable(archive.ledger.evidence_numbered(profile), day, archive.settings.publish)

    return ask_each(archive.ledger.profiles(side_by_side=side_by_side), ask)


class Sharing:
    """Which blobs may be shared with the whole world on one day, today where none is named.

    The gate is asked once for each distinct profile of evidence, whoever asks how often; the ledger once for many
    blobs, so what was committed since is known of.
    """

    def __init__(self, archive: Archive, day: dt.date | None = None) -> None:
        self.day = day or archive.today
        self._archive = archive
        self._known: dict[tuple[int, ...], bool] = {}

    def allowed(self, blobs: Iterable[str]) -> Iterator[BlobRow]:
        """Those of these digests that are held and may be shared, in the order in which they are asked about."""
        left = iter(blobs)
        while portion := list(islice(left, PORTION)):
            for _, blob, profile in self._archive.ledger.look_up(portion):
                if blob is not None and blob.is_held and self._allows(profile):
                    yield blob

    def _allows(self, profile: tuple[int, ...]) -> bool:
        answer = self._known.get(profile)
        if answer is None:
            if len(self._known) >= MOST:
                self._known.clear()
            evidence = self._archive.ledger.evidence_numbered(profile)
            answer = self._known[profile] = decide(evidence, Use.SHARE, WORLD, self.day).allow
        return answer
