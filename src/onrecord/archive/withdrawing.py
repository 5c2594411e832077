# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Withdrawals: a dated no that hides at once, reaches whatever sounds the same, and can be taken back.

A withdrawal is evidence; the gate does the rest at every door. What it reaches is bound when it is made, and again
after every match.
"""

import datetime as dt
from typing import Any

from msgspec import Struct, structs

from onrecord.archive.batch import Batch
from onrecord.archive.core import Archive
from onrecord.archive.editions import refresh_withdrawals
from onrecord.archive.last_match import has_seen_all
from onrecord.archive.matching import rematch_locked
from onrecord.archive.targets import reach, withdrawn_with
from onrecord.errors import NotFound, UsageError
from onrecord.model.rights import Evidence, Says, Target


class Withdrawal(Struct, frozen=True):
    """`blobs` is how many files it reaches: sound, access copies, pictures. `listed` says that the signed list which
    mirrors follow is up to date with it."""

    id: str
    target: Target
    blobs: int
    listed: bool = False


class Withdrawn(Struct, frozen=True):
    """A withdrawal as it stands: `restored` is when it was taken back, "" while it holds."""

    id: str
    targets: tuple[Target, ...]
    by: str
    text: str
    origin: str
    day: dt.date | None
    blobs: int
    restored: str = ""


def withdraw(
    archive: Archive, target: Target, *, by: str, text: str, notice: str = "", undo_of: str = ""
) -> Withdrawal:
    """Withdraw a recording, a release, an artist or a blob, for every use, from now on.

    `notice` is the id of the notice that asks for it; `undo_of` that of a restoration or withdrawal which this one
    answers, put on record with it. Whatever sounds the same goes with it, what arrived since the last match included.
    """
    with archive.writing():
        return withdraw_locked(archive, target, by=by, text=text, notice=notice, undo_of=undo_of)


def withdraw_locked(
    archive: Archive, target: Target, *, by: str, text: str, notice: str = "", undo_of: str = ""
) -> Withdrawal:
    """`withdraw`, for the holder of the write lock."""
    if not text.strip() or not (by.strip() or notice):
        raise UsageError("a withdrawal says who asks for it, and why", "name both")
    fact = Evidence(
        says=Says.WITHDRAWN,
        origin=f"notice:{notice}" if notice else "withdrawal",
        text=text.strip(),
        by=by.strip(),
        # The same words about another thing are another withdrawal.
        note=f"of {target}" + (f", answers {undo_of}" if undo_of else ""),
        day=archive.today,
    )
    if fact.id in archive.ledger.retracted():
        # What was taken back counts no more, so the same words on the same day need to be told from it.
        fact = structs.replace(fact, note=f"{fact.note}, again at log entry {archive.log.next_seq}")
    with archive.duck() as duck:
        batch = Batch(archive.ledger)
        reach(archive, duck, batch, [(target, fact)])
    data = {"withdrawal": fact.id, "standing": [_standing(target, fact.id)]}
    # It holds from here on; what the last match has not seen yet is reached by the next.
    archive.commit("withdrawn", data, batch.rows, [fact])
    if not has_seen_all(archive):  # by other rules all would be matched anew, and mirrors would wait for it
        rematch_locked(archive)
    listed = refresh_withdrawals(archive)
    return Withdrawal(fact.id, target, archive.ledger.reached(fact.id), listed)


def restore(archive: Archive, id: str, *, by: str, note: str) -> Withdrawal:
    """Take a withdrawal back; `id` may be the beginning of its id. Everything is as it was before it.

    Raises NotFound, or UsageError where the beginning fits several.
    """
    with archive.writing():
        return restore_locked(archive, id, by=by, note=note)


def restore_locked(archive: Archive, id: str, *, by: str, note: str) -> Withdrawal:
    """`restore`, for the holder of the write lock."""
    if not by.strip() or not note.strip():
        raise UsageError("a restoration says who takes the withdrawal back, and why", "name both")
    withdrawal = _find(archive, id)
    fact = archive.ledger.fact(withdrawal.id)
    data: dict[str, Any] = {"retracted": [withdrawal.id], "by": by.strip(), "note": note.strip()}
    if fact is not None and fact.origin.startswith("archive:"):
        data["overruled"] = fact.note.split()  # what the other archive lists no longer counts here
    archive.commit("restored", data)
    listed = refresh_withdrawals(archive)
    return Withdrawal(withdrawal.id, withdrawal.targets[0], withdrawal.blobs, listed)


def still_hiding(archive: Archive, target: Target) -> list[str]:
    """Ids of the withdrawals that hold for any file that a withdrawal of a target reaches, or would."""
    with archive.duck() as duck:
        files = frozenset(withdrawn_with(archive, duck, target))
    return sorted({row.evidence for row in archive.ledger.withdrawn() if row.blob in files})


def withdrawals(archive: Archive) -> list[Withdrawn]:
    """Every withdrawal, those that were taken back too, by day and id."""
    found: dict[str, Withdrawn] = {}
    for target, identifier, restored in archive.ledger.stood():
        fact = archive.ledger.fact(identifier)
        if fact is None or fact.says is not Says.WITHDRAWN:
            continue
        before = found.get(identifier)
        found[identifier] = Withdrawn(
            id=identifier,
            targets=(*(before.targets if before else ()), target),
            by=fact.by,
            text=fact.text,
            origin=fact.origin,
            day=fact.day,
            blobs=archive.ledger.reached(identifier),
            restored=restored,
        )
    return sorted(found.values(), key=lambda item: (item.day or dt.date.min, item.id))


def _find(archive: Archive, id: str) -> Withdrawn:
    fitting = [item for item in withdrawals(archive) if id and item.id.startswith(id.lower())]
    holding = [item for item in fitting if not item.restored]
    if len(holding) > 1:
        raise UsageError(
            f"{id!r}: {len(holding)} withdrawals begin so",
            "name more of its id: `onrecord rights withdrawals`",
        )
    if fitting and not holding:
        raise NotFound(f"withdrawal {fitting[0].id[:16]}: it was taken back on {fitting[0].restored[:10]}")
    if not fitting:
        raise NotFound(f"{id[:80]!r}: no withdrawal has this id", "`onrecord rights withdrawals` lists them")
    return holding[0]


def _standing(target: Target, evidence: str) -> dict[str, str]:
    return {"kind": target.kind, "target": target.id, "evidence": evidence}
