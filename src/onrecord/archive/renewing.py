# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A newer record takes an older one's place: what that does to the evidence about sound that was fetched by it.

The newer word counts. But a license that was granted is not taken back by another word that comes later: where the
newer one is narrower, or is none, the older one stays beside it, the two contradict each other, and a person decides
(`docs/rights.md`, clause 10).
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from onrecord.archive.batch import Batch
from onrecord.archive.core import Archive
from onrecord.model.records import Claims, Offer, Record
from onrecord.model.rights import Evidence, Says
from onrecord.rights.narrowing import as_wide
from onrecord.sources.seam import Offers, Source

#: Stands where a record named a license and names none any more. It reads as no license that is known.
_SILENT: Final = "the newer record says nothing here, where the older one named its terms"
#: Why a newer record does not speak of a track: it is a tombstone, or it is none.
_GONE: Final = {
    True: "the source says that the record is gone",
    False: "the track is no longer in the record",
}


class Renewal(Struct, frozen=True):
    """What one record said of a blob, and what counts from now on because of it. `lost` says why the newer record does
    not speak of these bytes, "" where it does."""

    blob: str
    before: tuple[Evidence, ...]
    after: tuple[Evidence, ...]
    lost: str = ""

    @property
    def moved(self) -> bool:
        """Is another word said than before? Where it stands makes no difference."""
        return _words(self.before) != _words(self.after)


def renew(
    archive: Archive, batch: Batch, source: Source, record: Record, name: str, claims: Claims
) -> list[Renewal]:
    """Rows that tie the evidence of a newer record, and what stays of the older one, to the sound fetched by it.

    To be committed with the record itself, by which the ledger unties all that the older one said.
    """
    held = archive.ledger.said_by(source.name, name)
    if not held:
        return []
    offers = {} if record.deleted else _offers(source, record)
    tracks = defaultdict(list)
    for track in claims.tracks:
        tracks[archive.ledger.fetched(source.name, track.id)].append(track.id)
    digests = _digests(archive, source.name, name) if any(offer.digest for offer in offers.values()) else {}
    renewals = []
    for blob, before in held.items():
        why = [_lost(digests.get(blob, ""), offers.get(track)) for track in tracks[blob]]
        about = [track for track, lost in zip(tracks[blob], why, strict=True) if not lost]
        if about:
            said = [fact for track, fact in claims.evidence if track in about]
            said += [fact for track in about if track in offers for fact in offers[track].evidence]
            after, lost = _counting(source.name, record, before, said), ""
        else:
            after, lost = tuple(before), why[0] if why else _GONE[record.deleted]
        batch.link(blob, after, source.name, name, about[0] if about else "")
        renewals.append(Renewal(blob, tuple(before), after, lost))
    return renewals


def _counting(
    source: str, record: Record, before: Sequence[Evidence], said: Sequence[Evidence]
) -> tuple[Evidence, ...]:
    """What is said now, and each license of before that it does not cover."""
    statements = [fact for fact in said if fact.says is Says.LICENSE]
    kept = [fact for fact in before if fact.says is Says.LICENSE and not as_wide(statements, fact.license)]
    now = [*said]
    if kept and not statements:
        document = hashlib.sha256(record.payload).hexdigest()
        now.append(Evidence(says=Says.LICENSE, origin=f"{source}:silent", text=_SILENT, document=document))
    return tuple({fact.id: fact for fact in [*now, *kept]}.values())


def _lost(fetched: str, offer: Offer | None) -> str:
    """Why a newer record that has the track says nothing of the bytes that are held."""
    now = ":".join(offer.digest or ()) if offer else ""
    if now and fetched and now != fetched and now.partition(":")[0] == fetched.partition(":")[0]:
        return "the source has other bytes in its place"
    return ""


def _offers(source: Source, record: Record) -> dict[str, Offer]:
    """The file of each track as it is offered; where a source offers several, the first that it lets go."""
    found: dict[str, Offer] = {}
    for offer in source.offers(record) if isinstance(source, Offers) else ():
        if offer.track not in found or (found[offer.track].refused and not offer.refused):
            found[offer.track] = offer
    return found


def _digests(archive: Archive, source: str, record: str) -> Mapping[str, str]:
    """The source's own digest of each blob when it was fetched."""
    with archive.duck() as duck:
        return dict(
            duck.run(
                "SELECT sha256, arg_max(digest, seq) FROM fetched WHERE source = ? AND record = ? GROUP BY sha256",
                [source, record],
            )
        )


def _words(facts: Sequence[Evidence]) -> set[str]:
    return {msgspec.structs.replace(fact, document="").id for fact in facts}
