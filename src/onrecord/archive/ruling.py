# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rulings: what a person of the archive decided, on a thing or on a whole question, and how it is taken back.

A ruling is evidence like any other; the gate says what it outweighs. Nothing of it is ever lost from the log.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from onrecord.archive.batch import Batch
from onrecord.archive.core import Archive
from onrecord.archive.judging import answers
from onrecord.archive.queueing import find_question
from onrecord.archive.targets import reach
from onrecord.catalog.tables import LinkRow
from onrecord.errors import NotFound, UsageError
from onrecord.ledger import RulingMark
from onrecord.model.rights import BESIDE_SOUND, Evidence, Part, Says, Target, Use
from onrecord.rights.expressions import canonical

#: Files of a question that one commit rules on: so many rows are in memory at once.
_PORTION = 50_000
_LONGEST_NAME = 200
_LONGEST_NOTE = 10_000


class Ruling(Struct, frozen=True):
    """A ruling as it stands. `files` is how many files it reaches, `undone` when it was taken back ("" while it holds).

    `origin` is `ruling`, or `ruling:<archive>` where it was taken over from another archive.
    """

    id: str
    target: Target
    allow: bool
    uses: tuple[Use, ...]
    license: str
    part: str
    by: str
    note: str
    day: dt.date | None
    origin: str
    logged: str
    files: int
    undone: str = ""


class Change(Struct, frozen=True):
    """Of the files that a ruling reaches, how many are allowed before it and after it. `what` is a use, asked of the
    sound (or of the artwork or metadata that was ruled on) for the whole world and not for commerce; or `publish`: may
    it enter an edition, by the archive's own settings?"""

    what: str
    before: int
    after: int


class Ruled(Struct, frozen=True):
    ruling: Ruling
    changes: tuple[Change, ...]


def rule(
    archive: Archive,
    target: Target,
    allow: bool,
    *,
    uses: Sequence[Use] = (),
    license: str = "",
    part: str = "all",
    by: str,
    note: str,
) -> Ruled:
    """Rule yes or no on a recording, a release, an artist or a blob; what comes to it later is reached by every match.

    No uses means all of them. A yes that names a license reaches as far as that license. A ruling on a picture is about
    artwork.
    """
    words = _words(allow, uses, license, _part_of(archive, target, part), by, note)
    with archive.writing():
        fact = _fact(archive, words, str(target))
        batch = Batch(archive.ledger)
        with archive.duck() as duck:
            files = reach(archive, duck, batch, [(target, fact)])
        before = _allowed(archive, files, fact)
        standing = {"kind": target.kind, "target": target.id, "evidence": fact.id}
        archive.commit("ruled", {"rulings": [standing], "standing": [standing]}, batch.rows, [fact])
        return _ruled(archive, fact, len(files), before, _allowed(archive, files, fact))


def rule_question(
    archive: Archive,
    question: str,
    allow: bool,
    *,
    uses: Sequence[Use] = (),
    license: str = "",
    part: str = "all",
    by: str,
    note: str,
) -> Ruled:
    """Rule on every file that has exactly the evidence of a question in the queue, now; `question` may be the beginning
    of its id. A file that comes later is a question of its own.

    It is committed in portions. Where that is cut off, the files that were not reached are in the queue as before.
    """
    words = _words(allow, uses, license, part, by, note)
    with archive.writing():
        found = find_question(archive, question)
        fact = _fact(archive, words, f"every file of question {found.id}")
        mark = {"kind": "question", "target": found.id, "evidence": fact.id}
        before = _allowed(archive, [found.first], fact)
        files, last = 0, ""
        while portion := archive.ledger.sharing(found.numbers, last, _PORTION):
            rows = [
                LinkRow(blob=sha256, source="", record="", track="", evidence=fact.id) for sha256 in portion
            ]
            data = {"rulings": [mark], "files": len(portion), "by": fact.by}
            archive.commit("ruled", data, {"links": rows}, [] if files else [fact])
            files, last = files + len(portion), portion[-1]
        after = _allowed(archive, [found.first], fact)
        # All of them have the same evidence, so all have the answer of one.
        whole = [{what: count * files for what, count in counts.items()} for counts in (before, after)]
        return _ruled(archive, fact, files, *whole)


def undo(archive: Archive, id: str, *, by: str, note: str) -> Ruling:
    """Take a ruling back; `id` may be the beginning of its id. It stays in the log and counts no more.

    Raises NotFound, or UsageError where the beginning fits several.
    """
    _say_who(by, note)
    with archive.writing():
        mark = _find(archive, id)
        archive.commit(
            "ruling-undone", {"retracted": [mark.evidence], "by": by.strip(), "note": note.strip()}
        )
        return next(item for item in rulings(archive) if item.id == mark.evidence)


def rulings(archive: Archive) -> list[Ruling]:
    """Every ruling, those that were undone too, in the order they were logged."""
    marks = archive.ledger.rulings()
    with archive.duck() as duck:
        duck.table("ruled", {"evidence": "VARCHAR"}, [(mark.evidence,) for mark in marks])
        files = dict(
            duck.run(
                "SELECT evidence, count(DISTINCT blob) FROM links SEMI JOIN ruled USING (evidence)"
                " WHERE blob <> '' GROUP BY evidence"
            )
        )
    facts = [(mark, archive.ledger.fact(mark.evidence)) for mark in marks]
    return [
        _ruling(fact, mark.target, mark.logged, files.get(mark.evidence, 0), mark.undone)
        for mark, fact in facts
        if fact is not None
    ]


def known_license(license: str) -> str:
    """A license as rulings name it, in one spelling; UsageError where it is none that is known."""
    found = canonical(license) if license else ""
    if license and not found:
        raise UsageError(
            f"license {license[:200]!r}: expected an SPDX expression of known licenses, such as CC-BY-4.0",
            "leave it out where no license decides",
        )
    return found


def _words(
    allow: bool, uses: Sequence[Use], license: str, part: str, by: str, note: str
) -> Mapping[str, Any]:
    """What a ruling says, looked at before anything is locked."""
    _say_who(by, note)
    if part != "all" and part not in {each.value for each in Part}:
        parts = ", ".join(each.value for each in Part)
        raise UsageError(
            f"part {part[:80]!r}: expected all, {parts}", "leave it out for the sound as a whole"
        )
    if license and not allow:
        raise UsageError(
            f"a no under the license {license[:80]!r}: a no needs no license", "leave the license out"
        )
    return {
        "says": Says.ALLOWED if allow else Says.REFUSED,
        "uses": tuple(use for use in Use if use in uses),
        "license": known_license(license),
        "part": part,
        "by": by.strip(),
        "note": note.strip(),
    }


def _part_of(archive: Archive, target: Target, part: str) -> str:
    """A picture has one right alone, so that need not be said."""
    blob = archive.ledger.blob(target.id) if target.kind == "blob" else None
    if blob is None or blob.kind != "picture":
        return part
    if part not in ("all", Part.ARTWORK):
        raise UsageError(f"part {part[:80]!r} of a picture: expected artwork", "leave the part out")
    return Part.ARTWORK


def _say_who(by: str, note: str) -> None:
    if not by.strip() or not note.strip():
        raise UsageError("a ruling says who rules, and why", "name both: --by NAME --note TEXT")
    for name, said, most in (("by", by, _LONGEST_NAME), ("note", note, _LONGEST_NOTE)):
        if len(said) > most:
            raise UsageError(f"{name}: expected at most {most:,} characters, got {len(said):,}", "shorten it")


def _fact(archive: Archive, words: Mapping[str, Any], about: str) -> Evidence:
    """The evidence. Its text names the log entry: two rulings are never one fact, so that each is undone alone."""
    uses = " and ".join(use.value for use in words["uses"]) or "every use"
    answer = "yes" if words["says"] is Says.ALLOWED else "no"
    under = f", under {words['license']}" if words["license"] else ""
    if words["part"] != "all":
        about = f"the {words['part']} of {about}"
    return Evidence(
        **words,
        origin="ruling",
        text=f"{answer} to {uses} of {about}{under} (log entry {archive.log.next_seq})",
        day=archive.today,
    )


def _asked(fact: Evidence) -> tuple[Use, ...]:
    """The uses whose answers a ruling may change: a no to one is a no to what goes further, too."""
    return fact.uses if fact.uses and fact.says is Says.ALLOWED else tuple(Use)


def _allowed(archive: Archive, files: Sequence[str], ruled: Evidence) -> dict[str, int]:
    """How many of these files may be used today as a ruling may have changed it, or published. Files with the same
    evidence are asked about once."""
    uses, part = _asked(ruled), Part(ruled.part) if ruled.part in BESIDE_SOUND else Part.RECORDING
    counts = dict.fromkeys([*(use.value for use in uses), "publish"], 0)
    known: dict[tuple[str, ...], dict[str, bool]] = {}
    for sha256 in files:
        evidence = archive.ledger.evidence(sha256)
        profile = tuple(evidence)
        if profile not in known:
            known[profile] = answers(archive, [fact for fact, _ in evidence.values()], uses, part)
        for what, allowed in known[profile].items():
            counts[what] += allowed
    return counts


def _ruled(
    archive: Archive, fact: Evidence, files: int, before: Mapping[str, int], after: Mapping[str, int]
) -> Ruled:
    mark = next(mark for mark in archive.ledger.rulings() if mark.evidence == fact.id)
    changes = tuple(Change(what, before[what], after[what]) for what in before)
    return Ruled(_ruling(fact, mark.target, mark.logged, files, ""), changes)


def _ruling(fact: Evidence, target: Target, logged: str, files: int, undone: str) -> Ruling:
    told = {name: getattr(fact, name) for name in ("uses", "license", "part", "by", "note", "day", "origin")}
    return Ruling(
        id=fact.id,
        target=target,
        allow=fact.says is Says.ALLOWED,
        logged=logged,
        files=files,
        undone=undone,
        **told,
    )


def _find(archive: Archive, id: str) -> RulingMark:
    fitting = [mark for mark in archive.ledger.rulings() if id and mark.evidence.startswith(id.lower())]
    if not fitting:
        raise NotFound(f"{id[:80]!r}: no ruling has this id", "`onrecord rights rulings` lists them")
    if len(fitting) > 1:
        raise UsageError(
            f"{id[:80]!r}: {len(fitting)} rulings begin so, expected one",
            "name more of its id: `onrecord rights rulings` lists them",
        )
    if fitting[0].undone:
        raise NotFound(f"ruling {fitting[0].evidence[:16]}: it was undone on {fitting[0].undone[:10]}")
    return fitting[0]
