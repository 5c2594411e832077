# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an edition will hold: every whole blob is asked about, one of each sound is chosen, the rest has a reason."""

import datetime as dt
from collections.abc import Iterator, Mapping

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.judging import publishable_blobs
from onrecord.catalog.match import SAME
from onrecord.engine.duck import Duck
from onrecord.engine.parquet import read_rows
from onrecord.model.rights import Rule

#: Reasons of the publisher's own, beside those of the rights gate.
SAME_SOUND = Rule(
    code="P-SAME-SOUND",
    sentence="Another file of the same sound is published: of each sound an edition holds the best file once.",
    clause="docs/decisions/0005-one-file-a-sound.md",
    allows=False,
)
DAMAGED = Rule(
    code="P-DAMAGED",
    sentence="The last check found that the stored bytes are not what their digest says.",
    clause="docs/format.md, clause 2.5",
    allows=False,
)
NOT_LOOKED_INTO = Rule(
    code="P-NOT-LOOKED-INTO",
    sentence="It is held on the word of another archive's edition, and was not read and decoded here yet.",
    clause="docs/decisions/0012-kept-on-a-signed-word-looked-into-afterwards.md",
    allows=False,
)


class Choice(Struct, frozen=True):
    """Why a blob is in the edition (`chosen`) or not: `codes` of the gate, or of the publisher, and what would help."""

    chosen: bool
    codes: tuple[str, ...]
    license: str = ""
    would_change: str = ""
    review: bool = False


def choose(archive: Archive, duck: Duck, day: dt.date) -> dict[str, Choice]:
    """The choice on each blob, by digest."""
    choices = {
        sha256: Choice(
            decision.allow, decision.codes, decision.license, decision.would_change, decision.review
        )
        for sha256, decision in sorted(publishable_blobs(archive, day), key=lambda pair: pair[0])
    }
    for row in archive.ledger.bad_blobs("sound"):
        choices[row.sha256] = Choice(False, (DAMAGED.code,), would_change=f"add it again: it is {row.state}")
    for row in archive.ledger.blobs("vouched"):
        choices[row.sha256] = Choice(
            False, (NOT_LOOKED_INTO.code,), would_change="run `onrecord mirror look`"
        )
    allowed = {sha256 for sha256, choice in choices.items() if choice.chosen}
    for sha256, better in _doubled(archive, duck, allowed):
        choices[sha256] = Choice(False, (SAME_SOUND.code,), would_change=f"{better} is published instead")
    return choices


def _doubled(archive: Archive, duck: Duck, allowed: set[str]) -> Iterator[tuple[str, str]]:
    """(blob, better blob of the same sound) among those that are allowed."""
    groups = _groups([pair for pair in _same_sound(archive) if allowed.issuperset(pair)])
    if not groups:
        return
    rank = _ranks(archive, duck, {blob for group in groups for blob in group})
    for group in groups:
        best = min(group, key=lambda blob: rank[blob])
        for blob in sorted(group - {best}):
            yield blob, best


def _same_sound(archive: Archive) -> list[tuple[str, str]]:
    rows = read_rows(archive.canonical("versions"), ["a", "b", "relation"])
    return [(row["a"], row["b"]) for row in rows if row["relation"] in SAME]


def _groups(pairs: list[tuple[str, str]]) -> list[set[str]]:
    member: dict[str, set[str]] = {}
    for a, b in pairs:
        joined = member.get(a, {a}) | member.get(b, {b})
        for blob in joined:
            member[blob] = joined
    return list({id(group): group for group in member.values()}.values())


def _ranks(archive: Archive, duck: Duck, blobs: set[str]) -> Mapping[str, tuple[bool, bool, int, int, str]]:
    """Best first: what others already hold, then what is lossless, then what came first, then the higher bit rate.

    A bit rate alone says little: a re-encoding often has the higher one.
    """
    duck.table("asked", {"sha256": "VARCHAR"}, [(blob,) for blob in sorted(blobs)])
    rows = duck.run(
        "SELECT sha256, bit_depth, seq, bit_rate FROM current_sounds SEMI JOIN asked USING (sha256)"
    )
    return {
        sha256: (archive.ledger.volume(sha256) == "", depth is None, int(seq), -int(rate), sha256)
        for sha256, depth, seq, rate in rows
    }
