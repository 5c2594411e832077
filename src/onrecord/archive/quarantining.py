# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a mirror does with another archive's list of withdrawals (format clause 10): hide what it holds of it.

Nothing is deleted: that is for the operator, who may also overrule an entry with `rights restore`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from onrecord.archive.batch import Batch
from onrecord.archive.core import Archive
from onrecord.archive.targets import reach, withdrawals_that_hold
from onrecord.engine.duck import Duck
from onrecord.errors import SignatureInvalid
from onrecord.model.rights import Evidence, Says, Target
from onrecord.publish.withdrawals import AUDIO, BLOB, DOMAIN, WithdrawalList, entry


class Listed:
    """A list as a mirror obeys it: entries that its operator has overruled do not count."""

    def __init__(self, archive: Archive, listed: WithdrawalList) -> None:
        self.archive = listed.archive
        self.sequence = listed.sequence
        entries = {*listed.blobs, *listed.audio}
        self.entries = frozenset(each for each in entries if not archive.ledger.meta(f"overruled {each}"))

    def has(self, blob: str, audio: str = "") -> bool:
        """Is a file listed, by its digest or by that of its decoded audio?"""
        found = entry(self.archive, BLOB, blob) in self.entries
        return found or (audio != "" and entry(self.archive, AUDIO, audio) in self.entries)


def refuse_older(archive: Archive, followed: str, sequence: int) -> None:
    """SignatureInvalid where a feed names an older list than the one that was read before."""
    known = int(archive.ledger.meta(f"list {followed}") or 0)
    if sequence < known:
        raise SignatureInvalid(
            f"archive {followed}: expected its list of withdrawals from number {known} on, got number {sequence}",
            "an old feed was put in its place; what is hidden stays hidden",
        )


def quarantine(archive: Archive, listed: Listed) -> tuple[int, int]:
    """Hide every held file that the list has, and show again what has left it: (files hidden, withdrawals lifted).

    What is hidden is neither found, streamed, seeded nor published. Only the holder of the write lock may call.
    """
    holding = _holding(archive, f"archive:{listed.archive}")
    lifted = sorted(
        identifier for identifier, entries in holding.items() if listed.entries.isdisjoint(entries)
    )
    known = {each for identifier, entries in holding.items() if identifier not in lifted for each in entries}
    batch, standing = Batch(archive.ledger), list[dict[str, str]]()
    named: list[tuple[Target, Evidence]] = []
    with archive.duck() as duck:
        for entries, blobs in _held(duck, listed):
            if known.isdisjoint(entries):
                fact = _fact(archive, listed, entries)
                named += [(Target("blob", sha256), fact) for sha256 in blobs]
                standing += [{"kind": "blob", "target": sha256, "evidence": fact.id} for sha256 in blobs]
        hidden = reach(archive, duck, batch, named)
    before = archive.ledger.meta(f"list {listed.archive}")
    if standing or lifted or before != str(listed.sequence):
        data: dict[str, Any] = {"archive": listed.archive, "sequence": listed.sequence}
        data |= {"standing": standing, "retracted": lifted}
        archive.commit("list-read", data, batch.rows, batch.evidence)
    return len(hidden), len(lifted)


def _holding(archive: Archive, origin: str) -> dict[str, list[str]]:
    """What an archive's list hides here: the entries that it rests on, by the withdrawal."""
    found = {}
    for _, identifier, fact in withdrawals_that_hold(archive):
        if fact.origin == origin:
            found[identifier] = fact.note.split()
    return found


def _held(duck: Duck, listed: Listed) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Held sound that is listed: (entries, digests), together what one entry joins.

    Hashed by the engine: there may be many millions.
    """
    duck.table("listed", {"entry": "VARCHAR"}, [(each,) for each in sorted(listed.entries)])
    prefix = f"'{DOMAIN}' || chr(10) || '{listed.archive}' || chr(10) || "
    rows = duck.run(
        "SELECT entry, sha256 FROM ("
        f" SELECT sha256({prefix} '{BLOB}' || chr(10) || sha256) AS entry, sha256 FROM current_sounds"
        f" UNION ALL SELECT sha256({prefix} '{AUDIO}' || chr(10) || audio_sha256), sha256 FROM current_sounds"
        " WHERE audio_sha256 <> ''"
        ") SEMI JOIN listed USING (entry) ORDER BY entry, sha256"
    )
    # Files with one decoded audio share an entry, and a file has one of its own beside.
    groups: dict[str, tuple[set[str], set[str]]] = {}
    for each, sha256 in rows:
        group = groups.get(sha256) or groups.get(each) or (set(), set())
        for other in (groups.get(each), groups.get(sha256)):
            if other is not None and other is not group:
                group[0].update(other[0])
                group[1].update(other[1])
        group[0].add(each)
        group[1].add(sha256)
        for member in (*group[0], *group[1]):
            groups[member] = group
    whole = {id(group): group for group in groups.values()}
    yield from sorted((sorted(entries), sorted(blobs)) for entries, blobs in whole.values())


def _fact(archive: Archive, listed: Listed, entries: Sequence[str]) -> Evidence:
    return Evidence(
        says=Says.WITHDRAWN,
        origin=f"archive:{listed.archive}",
        text=f"listed as withdrawn by archive {listed.archive}, list number {listed.sequence}",
        by=f"archive {listed.archive}",
        note=" ".join(entries),
        day=archive.today,
    )
