# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one door for sound: whoever brings bytes in, the same is asked of them before they are kept.

`add`, `harvest --sound` and mirrors each know something else of a file; what its own tags say, and what was said of
these bytes before, counts at all three (docs/decisions/0010). So does a withdrawal: what was withdrawn does not come
back in other bytes.
"""

from collections.abc import Sequence

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.ingest import Ingested
from onrecord.archive.same_sound import all_sounds, similar
from onrecord.model.rights import Evidence, Use
from onrecord.rights import RULES, decide
from onrecord.sources.sidecars import tag_evidence


class Refused(Struct, frozen=True):
    """A file that was not taken: its name, a code to count by, a sentence to read."""

    name: str
    code: str
    detail: str


class Admission(Struct, frozen=True):
    """May a file be kept? `said` is what has to be linked to it if so; else `code` and `detail` say why not.

    `sha256` is "" where the bytes could not be read as sound.
    """

    sha256: str = ""
    said: Sequence[Evidence] = ()
    code: str = ""
    detail: str = ""


def admit(archive: Archive, result: Ingested, said: Sequence[Evidence]) -> Admission:
    """Ask the gate about a file that was staged, by what its bringer, its tags and earlier bringers say of it.

    What is refused is no longer staged.
    """
    staged, probe = result.staged, result.probe
    if staged is None or probe is None or probe.sound is None:
        code, detail = result.refused or ("not-sound", "nothing in it can be decoded")
        return Admission(code=code, detail=detail)
    sha256 = staged.digests.sha256
    held = archive.ledger.blob(sha256)
    if held is not None and held.kind != "sound":
        return _own_copy(sha256)
    if detail := _withdrawn(archive, sha256, probe.sound.audio_sha256, probe.sound.fingerprint):
        _forget(result)
        return Admission(sha256, code="R-WITHDRAWN", detail=detail)
    admission = _asked(archive, sha256, [*said, *tag_evidence(probe.tags)])
    if admission.code:
        _forget(result)
    return admission


def admit_vouched(
    archive: Archive, sha256: str, audio_sha256: str, fingerprint: bytes, said: Sequence[Evidence]
) -> Admission:
    """Ask the gate about a file of which another archive says what it is, before anybody here has looked into it.

    `admit` is asked when that is done, by what is found then.
    """
    held = archive.ledger.blob(sha256)
    if held is not None and held.kind != "sound":
        return _own_copy(sha256)
    if detail := _withdrawn(archive, sha256, audio_sha256, fingerprint):
        return Admission(sha256, code="R-WITHDRAWN", detail=detail)
    return _asked(archive, sha256, said)


def _asked(archive: Archive, sha256: str, said: Sequence[Evidence]) -> Admission:
    # What was said of these bytes when they came before still holds.
    before = [fact for fact, _ in archive.ledger.evidence(sha256).values()]
    decision = decide([*said, *before], Use.KEEP, "unknown", archive.today)
    if decision.allow:
        return Admission(sha256, said)
    rule = RULES[decision.codes[0]]
    return Admission(
        sha256,
        code=rule.code,
        detail=f"{rule.sentence} What would change it: {decision.would_change}",
    )


def _own_copy(sha256: str) -> Admission:
    return Admission(sha256, code="own-copy", detail="an access copy that this archive made itself")


def _forget(result: Ingested) -> None:
    for part in result.parts:
        if part.part:
            part.part.unlink(missing_ok=True)


def _withdrawn(archive: Archive, sha256: str, audio_sha256: str, fingerprint: bytes) -> str:
    """Why sound may not come back: these bytes, the same decoded audio, or the same sound by fingerprint is withdrawn.

    "" where it may.
    """
    ledger = archive.ledger
    if not ledger.has_withdrawn():
        return ""
    found, how = ledger.withdrawn_as(sha256, ""), "these very bytes are"
    if not found:
        found, how = ledger.withdrawn_as(sha256, audio_sha256), "the same audio in other bytes is"
    if not found:
        how = "the same sound in another form is"
        found = [
            identifier
            for held, _ in similar(all_sounds(archive), fingerprint)
            for identifier in ledger.withdrawn_as(held, "")
        ]
    if not found:
        return ""
    return f"{RULES['R-WITHDRAWN'].sentence} By withdrawal {found[0]}, {how} kept out."
