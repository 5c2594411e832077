# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What waits for a person: questions that no rule settles, each once for all files that share it, and bad input.

A question is a profile of evidence: files with exactly the same evidence get one answer. The ledger groups them, so
that many millions of files cost no memory.
"""

import hashlib
import heapq
from collections.abc import Iterator, Sequence

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.judging import publishable
from onrecord.archive.notices import waiting_notices
from onrecord.archive.reading import evidence_view
from onrecord.errors import NotFound, UsageError
from onrecord.model.rights import Decision, Evidence
from onrecord.model.views import EvidenceView, Refusal
from onrecord.rights import RULES
from onrecord.search.rows import Rows


class Example(Struct, frozen=True):
    """A file that shares a question. `recording` and `title` are "" where nothing was matched yet."""

    sha256: str
    name: str
    recording: str
    title: str


class Question(Struct, frozen=True):
    """Evidence that no rule settles, and how many files wait for the answer.

    id            digest of the profile: the same evidence is the same question in every archive
    codes         rule codes, the deciding one first; `sentences` says each of them
    would_change  what would make the answer different
    evidence      side by side, in the order it was logged
    examples      the first and the last file, by digest
    """

    id: str
    codes: tuple[str, ...]
    sentences: tuple[str, ...]
    would_change: str
    evidence: tuple[EvidenceView, ...]
    files: int
    examples: tuple[Example, ...]


class Queue(Struct, frozen=True):
    """`questions` are those that most files wait for; `waiting` and `files` count all of them.

    notices    ids of notices that wait for an answer
    bad_input  what was brought in and could not be taken, the newest word on each
    """

    questions: tuple[Question, ...]
    waiting: int
    files: int
    notices: tuple[str, ...] = ()
    bad_input: tuple[Refusal, ...] = ()


class Profile(Struct, frozen=True):
    """A question as the ledger has it: the numbers of its evidence, and the first and the last file by digest."""

    id: str
    numbers: tuple[int, ...]
    files: int
    first: str
    last: str


def queue(archive: Archive, limit: int) -> Queue:
    """The questions that most files wait for, at most `limit` of them, and as much bad input."""
    waiting = files = 0

    def counted() -> Iterator[tuple[Profile, Decision]]:
        nonlocal waiting, files
        for profile, decision in _open_questions(archive):
            waiting += 1
            files += profile.files
            yield profile, decision

    # Of none at all nothing would be read, and so nothing counted.
    most = heapq.nsmallest(max(limit, 1), counted(), key=lambda found: (-found[0].files, found[0].id))
    chosen = most[:limit]
    names = _names(archive, [sha256 for profile, _ in chosen for sha256 in (profile.first, profile.last)])
    rows = Rows(archive.folder / "search" / "rows.sqlite")
    return Queue(
        questions=tuple(_question(archive, rows, names, profile, decision) for profile, decision in chosen),
        waiting=waiting,
        files=files,
        notices=waiting_notices(archive),
        bad_input=tuple(
            Refusal(recording="", title="", name=name, codes=(code,), sentence=detail)
            for name, code, detail in archive.ledger.refusals(limit)
        ),
    )


#: A ruling on a question may reach millions of files: a slip of the keyboard does not name one.
_SHORTEST_ID = 6


def find_question(archive: Archive, id: str) -> Profile:
    """The question with this id, or whose id alone begins so. Raises NotFound or UsageError."""
    if len(id) < _SHORTEST_ID:
        raise UsageError(
            f"{id!r}: expected {_SHORTEST_ID} or more signs of a question's id", "name more of it"
        )
    fitting = [profile for profile, _ in _open_questions(archive) if profile.id.startswith(id.lower())]
    if not fitting:
        raise NotFound(
            f"{id[:80]!r}: no question in the queue has this id",
            "`onrecord rights queue` lists them; one that has new evidence is a new question",
        )
    if len(fitting) > 1:
        raise UsageError(
            f"{id[:80]!r}: {len(fitting)} questions begin so, expected one", "name more of its id"
        )
    return fitting[0]


def question_id(evidence: Sequence[Evidence]) -> str:
    return hashlib.sha256("\n".join(sorted(fact.id for fact in evidence)).encode()).hexdigest()


def _open_questions(archive: Archive) -> Iterator[tuple[Profile, Decision]]:
    policy, day = archive.settings.publish, archive.today
    for numbers, files, first, last in archive.ledger.profile_counts():
        evidence = archive.ledger.evidence_numbered(numbers)
        decision = publishable(evidence, day, policy)
        if decision.review:
            yield Profile(question_id(evidence), numbers, files, first, last), decision


def _question(
    archive: Archive, rows: Rows, names: dict[str, str], profile: Profile, decision: Decision
) -> Question:
    return Question(
        id=profile.id,
        codes=decision.codes,
        sentences=tuple(RULES[code].sentence for code in decision.codes),
        would_change=decision.would_change,
        evidence=tuple(
            evidence_view(fact, logged) for fact, logged in archive.ledger.evidence(profile.first).values()
        ),
        files=profile.files,
        examples=tuple(
            _example(rows, names, sha256) for sha256 in dict.fromkeys((profile.first, profile.last))
        ),
    )


def _example(rows: Rows, names: dict[str, str], sha256: str) -> Example:
    row = rows.holder(sha256)
    return Example(sha256, names.get(sha256, ""), row.id if row else "", row.title if row else "")


def _names(archive: Archive, blobs: Sequence[str]) -> dict[str, str]:
    """The names under which files were added first."""
    with archive.duck() as duck:
        duck.table("wanted", {"sha256": "VARCHAR"}, [(sha256,) for sha256 in dict.fromkeys(blobs)])
        return dict(
            duck.run(
                "SELECT sha256, arg_min(name, seq) FROM deposits SEMI JOIN wanted USING (sha256) GROUP BY sha256"
            )
        )
